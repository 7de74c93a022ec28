"""What our programs import before they answer: a command, a merge or a hook waits for each module."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from systems import System, World

PROGRAM: Final = {
    "cli": "git_fedlearn.cli",
    "driver": "git_fedlearn.plumbing.merge_driver",
    "hook": "git_fedlearn.plumbing.hook",
    "agent hook": "git_fedlearn.plumbing.agent_hook",
}

COMMAND_LINE: Final = {
    "",
    "app",
    "cli",
    "command_table",
    "console",
    "console.context",
    "console.usage",
    "core",
    "core.canonical",
    "core.patterns",
    "core.weights",
    "errors",
    "repository",
    "repository.checkout",
    "repository.environment",
    "repository.files",
    "repository.git",
    "repository.lock",
    "repository.repository",
    "repository.settings",
    "repository.state",
}
"""What every run of `git fedlearn` loads; a command adds its own."""

DRIVER: Final = {
    "",
    "core",
    "core.canonical",
    "core.collection_names",
    "core.conflict_markers",
    "core.fast_join",
    "core.foreign_content",
    "core.identity",
    "core.join",
    "core.layout",
    "core.merge",
    "core.outcomes",
    "core.patterns",
    "core.record",
    "core.record_set",
    "plumbing",
    "plumbing.merge_driver",
}

HOOK: Final = {"", "errors", "plumbing", "plumbing.hook", "repository", "repository.environment"}

OURS: Final = re.compile(r"git_fedlearn(\.|$)")

CASE: Final = Path(__file__).parent / "data" / "merge" / "both-sides-add"


def loaded(
    program: str,
    *arguments: str,
    environment: dict[str, str] | None = None,
    stdin: str = "",
    of_ours: bool = True,
    folder: Path | None = None,
) -> set[str]:
    """The modules that a run of a program loads: those of git_fedlearn, without the first part, or all."""
    done = subprocess.run(
        [
            sys.executable,
            "-X",
            "importtime",
            "-c",
            f"from {PROGRAM[program]} import main; main()",
            *arguments,
        ],
        cwd=folder,
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.findall(r"^import time:.*\| +(\S+)$", done.stderr, re.MULTILINE)
    ours = {name.removeprefix("git_fedlearn").removeprefix(".") for name in found if OURS.match(name)}
    assert ours, done
    return ours if of_ours else {*found}


@pytest.mark.parametrize("argument", ["-h", "--version"])
def test_help_and_version_load_no_command(argument: str) -> None:
    assert loaded("cli", argument) == COMMAND_LINE


def test_the_merge_driver_loads_nothing_but_core(tmp_path: Path) -> None:
    sides = [str(shutil.copy(CASE / f"{name}.jsonl", tmp_path)) for name in ("ancestor", "ours", "theirs")]
    assert loaded("driver", *sides, "7", "data/patterns/skills-patterns.jsonl") == DRIVER


def test_a_probed_hook_loads_nothing_else() -> None:
    assert loaded("hook", "pre-commit", environment={"FEDLEARN_PROBE": "token"}) == HOOK


@pytest.mark.parametrize("hook", ["pre-commit", "pre-merge-commit", "post-merge", "commit-msg"])
def test_a_hook_loads_neither_libgit2_nor_what_makes_dataclasses(
    system: System, hook: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    system.add("error-solutions", {"error_message": "disk full", "solution": "empty the store"})
    system.git("add", ".")
    message = system.write("message", b"learn about disks\n")
    monkeypatch.chdir(system.path)
    modules = loaded("hook", hook, str(message), environment=system.environment, of_ours=False)
    assert "git_fedlearn.repository.git" in modules
    parts = {name.partition(".")[0] for name in modules}
    assert not parts.intersection(("pygit2", "dataclasses", "inspect", "socket", "click"))


def test_a_push_of_what_was_checked_before_loads_no_detector(world: World) -> None:
    hub, one = world.bare("hub"), world.system("one")
    one.git("remote", "add", "hub", str(hub.path))
    one.git("push", "--quiet", "hub", "main")
    one.git("fetch", "--quiet", "hub")
    one.add("error-solutions", {"error_message": "disk full", "solution": "empty the store"})
    one.git("add", ".")
    one.git("commit", "--quiet", "--message", "learn about disks")
    tip, old = (one.git("rev-parse", name).out.strip() for name in ("HEAD", "hub/main"))
    first, second = (
        loaded(
            "hook",
            *("pre-push", "hub", str(hub.path)),
            environment=one.environment,
            stdin=f"refs/heads/main {tip} refs/heads/main {old}\n",
            folder=one.path,
        )
        for _ in range(2)
    )
    assert "privacy.registry" in first
    assert "console.push_checks" in second
    assert not {module for module in second if module.startswith("privacy.detectors")}


def test_a_merge_that_adds_neither_a_line_nor_a_name_loads_no_detector(world: World) -> None:
    hub, one = world.bare("hub"), world.system("one")
    one.git("remote", "add", "hub", str(hub.path))
    one.add("error-solutions", {"error_message": "disk full", "solution": "empty the store"})
    one.git("add", ".")
    one.git("commit", "--quiet", "--message", "learn about disks")
    one.git("push", "--quiet", "hub", "main")
    two = world.clone(hub, "two")
    for system, error in ((one, "out of memory"), (two, "no such file")):
        system.add("error-solutions", {"error_message": error, "solution": "look again"})
        system.git("add", ".")
        system.git("commit", "--quiet", "--message", "learn more")
    one.git("push", "--quiet", "hub", "main")
    two.git("pull", "--quiet", "--no-commit")
    modules = loaded("hook", "pre-merge-commit", environment=two.environment, folder=two.path)
    assert "console.findings" in modules
    assert not {module for module in modules if module.startswith("privacy.detectors")}


def test_a_federate_without_logs_and_stores_loads_nothing_that_reads_them(system: System) -> None:
    modules = loaded("cli", "-C", str(system.path), "federate", environment=system.environment, of_ours=False)
    assert "git_fedlearn.federation.upstream" in modules
    others = ("git_fedlearn.learn.sync", "git_fedlearn.qdrant.server", "git_fedlearn.qdrant.export")
    assert not modules.intersection((*others, "urllib.request", "yaml", "importlib.metadata"))
    unused = ("training", "statistics", "search.embedders.choose", "setup.scaffold")
    assert not {
        module for module in modules if module.startswith(tuple(f"git_fedlearn.{name}" for name in unused))
    }


def test_a_search_loads_nothing_that_only_other_commands_need(system: System) -> None:
    system.add("error-solutions", {"error_message": "disk full", "solution": "empty the store"})
    modules = loaded("cli", "-C", str(system.path), "search", "disk full", environment=system.environment)
    assert "search.search" in modules
    others = ("learn.", "qdrant.", "federation.pull", "privacy.engine", "scanning.", "training.", "report.")
    assert not {module for module in modules if module.startswith(others)}


def test_a_search_by_meaning_loads_no_numpy_and_no_workers(system: System) -> None:
    system.add("error-solutions", {"error_message": "disk full", "solution": "empty the store"})
    arguments = ("-C", str(system.path), "search", "no room on the disk is left")
    modules = loaded("cli", *arguments, environment=system.environment, of_ours=False)
    parts = {name.partition(".")[0] for name in modules}
    assert "tokenizers" in parts
    assert not parts & {"numpy", "safetensors", "multiprocessing", "concurrent"}


def test_the_hook_of_a_failed_command_loads_no_git_no_model_and_no_privacy_engine(system: System) -> None:
    lesson = {"error_message": "zorp: flux gate jammed", "solution": "Oil it.", "value_score": 0.9}
    system.add("error-solutions", lesson)
    system.fedlearn("prime")
    event = {"tool_name": "Bash", "tool_input": {"command": "zorp"}, "error": "zorp: flux gate jammed"}
    modules = loaded(
        "agent hook",
        *("PostToolUseFailure", str(system.path)),
        environment=system.environment,
        stdin=json.dumps(event),
    )
    assert "search.failures" in modules
    others = ("repository.git", "repository.repository", "search.embedders", "search.index", "app", "console")
    assert not {module for module in modules if module.startswith(others)}
