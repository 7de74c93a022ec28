"""Our hooks under the real pre-commit framework, with the configuration that `init` writes."""

import json
import sys
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]
from systems import Result, System

from git_fedlearn.setup.scaffold import LOCAL_HOOKS

SET = "data/patterns/skills-patterns.jsonl"
MAIL = "jane.roe" + "@" + "corp-mail.net"
MANIFEST = Path(__file__).parent.parent / ".pre-commit-hooks.yaml"


def run(system: System, *options: str) -> Result:
    return system.git(
        "-c", f"alias.run=!{sys.executable} -m pre_commit run {' '.join(options)}", "run", check=False
    )


def verdicts(result: Result) -> list[str]:
    """`Passed`, `Failed` or `Skipped` for sanitize, scan and verify, in this order."""
    lines = [line for line in result.out.splitlines() if ".." in line]
    return [line.rsplit(".", 1)[-1].removeprefix("(no files to check)") for line in lines]


def stage(system: System, data: bytes, path: str = SET) -> None:
    system.write(path, data)
    system.git("add", "--force", path)


def test_a_leak_is_redacted_stops_once_and_goes_through_then(system: System) -> None:
    system.add("skills-patterns", {"title": "first"})
    system.write(SET, system.read(SET) + json.dumps({"title": f"ask {MAIL}"}).encode() + b"\n")
    system.git("add", SET)
    first = run(system)
    assert verdicts(first) == ["Failed", "Failed", "Failed"]
    assert "files were modified by this hook" in first.out
    assert f"sanitized {SET}" in first.out
    assert f"error: {SET}:2: EMAIL_ADDRESS" in first.out
    system.git("add", SET)
    assert verdicts(run(system)) == ["Passed"] * 3


def test_lost_sets_are_stopped_and_other_files_are_not(system: System) -> None:
    stage(system, b"SQLite format 3", "data/lessons.sqlite")
    assert verdicts(run(system)) == ["Passed"] * 3
    system.add("skills-patterns", {"title": "a"})
    system.commit()
    system.git("rm", "--quiet", SET)
    assert verdicts(run(system)) == ["Skipped", "Skipped", "Failed"]


def test_all_files_are_judged_whole(system: System) -> None:
    stage(system, f"write to {MAIL}\n".encode(), "data/README.md")
    system.git("commit", "--quiet", "--no-verify", "-m", "careless")
    assert verdicts(run(system)) == ["Skipped", "Skipped", "Passed"]
    assert verdicts(run(system, "--all-files")) == ["Failed", "Failed", "Passed"]
    assert system.read("data/README.md") == b"write to <EMAIL_ADDRESS>\n"


def test_what_was_judged_sound_is_judged_again_when_anything_changes(system: System) -> None:
    stage(system, b"see CUST-1234\n", "data/README.md")
    assert verdicts(run(system)) == ["Passed"] * 3
    first, second = system.read(".git/fedlearn/judged").decode().splitlines()[-2:]
    assert first.replace(" scan", " verify") == second
    settings = "[[privacy.rules]]\nname = 'customer'\npattern = 'CUST-[0-9]{4}'\n"
    system.write(".fedlearn.toml", settings.encode())
    system.git("add", ".fedlearn.toml")
    assert verdicts(run(system)) == ["Failed", "Failed", "Passed"]


@pytest.mark.parametrize("number", range(4))
def test_the_manifest_offers_what_init_writes(number: int) -> None:
    shown = yaml.safe_load(MANIFEST.read_bytes())[number]
    written = yaml.safe_load(LOCAL_HOOKS)[0]["hooks"][number]
    del shown["description"]
    assert {**shown, "language": "system"} == written
