"""`git fedlearn doctor`: each check sees what git does, so breaking one thing turns that one red."""

import os
import re
from collections.abc import Callable

import pytest
from installed import snapshot, write_hook
from systems import System, World

from git_fedlearn.repository.repository import Repository
from git_fedlearn.setup.drivers import DRIVER_KEY
from git_fedlearn.setup.hooks import HOOKS
from git_fedlearn.setup.probes import try_driver_line
from git_fedlearn.timers.jobs import tag_of

ID = "sys-abcde23456"


def test_a_healthy_clone_line_by_line_and_nothing_left_behind(world: World) -> None:
    one = world.repository("one")
    one.fedlearn("install", "--id", ID)
    one.fedlearn("init")
    one.commit()
    before = snapshot(world.folder)
    out, _, manual = one.fedlearn("doctor").out.rpartition("ok       man page         ")
    assert "git fedlearn -" in manual
    assert [line.split(None, 2)[1] for line in manual.splitlines() if line.startswith("ok")] == [
        *("framework", "leftovers", "sources", "extras", "index", "schedule")
    ]
    assert snapshot(world.folder) == before
    version = one.git("version").out.split()[2].split(".")
    assert out == (
        f"ok       git              git {version[0]}.{version[1]}; 2.34 or later is needed\n"
        "ok       objects          libgit2 reads them, and git reads the same\n"
        "ok       merge            git merged two record sets with the registered driver\n"
        "ok       attributes       git uses the drivers for data files on every branch\n"
        "ok       diff             git diff shows records, one field per line\n"
        f"ok       system           this is {ID}\n"
        + "".join(
            f"ok       {name:<16} git runs .git/hooks/{name}, which runs git-fedlearn\n" for name in HOOKS
        )
        + "ok       data             data/ is here\n"
        "ok       settings         .fedlearn.toml can be read\n"
        "ok       shared rule      the .gitattributes of this branch does the same in other clones\n"
        "ok       conversion       git stores data files as they are\n"
        "ok       ignored          raw telemetry stays on this machine; lessons can be committed\n"
        "ok       line endings     data files use LF line endings\n"
    )


def test_a_problem_names_the_command_and_fix_runs_it(world: World) -> None:
    world.system("one")
    here = System(world.folder, world.home)
    here.git("clone", "--quiet", "one", "two")
    two = System(world.folder / "two", world.home)
    broken = two.fedlearn("doctor", code=1).out
    assert (
        "problem  pre-commit       does not exist\n                          git fedlearn install\n" in broken
    )
    assert "problem  system           this clone has no system id yet\n" in broken
    fixed = two.fedlearn("doctor", "--fix").out
    assert re.findall(r"^fixed +(\S+)", fixed, re.MULTILINE) == re.findall(
        r"^problem +(\S+)", broken, re.MULTILINE
    )
    assert "fixed" not in two.fedlearn("doctor", "--fix").out


def test_fix_makes_what_init_would(world: World) -> None:
    one = world.repository("one")
    one.fedlearn("doctor", "--fix")
    assert one.fedlearn("init").err == "hint: git fedlearn doctor    (checks that it works)\n"


def test_json_is_versioned(world: World) -> None:
    one = world.system("one")
    one.write(".fedlearn.toml", b"format = 9\n")
    answer = one.fedlearn("doctor", "--json", code=1).json()
    assert answer["schema"] == "fedlearn.doctor/v1"
    assert [check for check in answer["checks"] if not check["ok"]] == [
        {
            "name": "settings",
            "ok": False,
            "detail": ".fedlearn.toml: format 9 is not supported by this version (supported: 1)",
            "hint": "upgrade git-fedlearn",
        }
    ]


def _driver_gone(one: System) -> None:
    one.git("config", DRIVER_KEY, "/gone/python %O %A %B %L %P")


def _driver_takes_ours(one: System) -> None:
    one.git("config", DRIVER_KEY, "true git_fedlearn.plumbing.merge_driver %O %A %B")


def _rule_overridden(one: System) -> None:
    path = one.path / ".git/info/attributes"
    path.write_text(path.read_text() + "data/** merge=union\n")


def _textconv_gone(one: System) -> None:
    one.git("config", "diff.fedlearn.textconv", "cat")


def _hook_dulled(one: System) -> None:
    hook = one.path / ".git/hooks/pre-push"
    hook.write_text("#!/bin/sh\nexit 0\n" + hook.read_text().removeprefix("#!/bin/sh\n"))


def _hook_not_executable(one: System) -> None:
    (one.path / ".git/hooks/post-merge").chmod(0o644)


def _hook_replaced(one: System) -> None:
    write_hook(one.path / ".git/hooks/pre-commit", "#!/bin/sh\ntouch ran\n")


def _hooks_elsewhere(one: System) -> None:
    one.git("config", "core.hooksPath", "empty")


def _interpreter_gone(one: System) -> None:
    hook = one.path / ".git/hooks/pre-commit"
    hook.write_text(re.sub(r"\S+/python\S*", "/gone/python", hook.read_text()))


def _forged_id(one: System) -> None:
    one.git("config", "fedlearn.system", "laptop")


def _rule_of_someone_else(one: System) -> None:
    one.write("data/.gitattributes", b"*.jsonl -text merge=union\n")
    (one.path / ".git/info/attributes").write_text("")


def _filtered(one: System) -> None:
    one.git("config", "filter.pointer.clean", "git hash-object --stdin")
    _add_rule(one, "data/fine-tuning/** filter=pointer")


def _filtered_elsewhere(one: System) -> None:
    one.write(".gitattributes", one.read(".gitattributes") + b"*.json filter=lfs diff=lfs -text\n")
    _add_rule(one, "*.json text")


def _in_utf16(one: System) -> None:
    _add_rule(one, "*.jsonl working-tree-encoding=UTF-16LE")


def _with_keywords(one: System) -> None:
    _add_rule(one, "*.jsonl ident")


def _add_rule(one: System, rule: str) -> None:
    path = one.path / ".git/info/attributes"
    path.write_text(f"{path.read_text()}{rule}\n")


def _windows_lines(one: System) -> None:
    one.write("data/patterns/skills-patterns.jsonl", b'{"a":1}\r\n')


def _raw_data_not_ignored(one: System) -> None:
    one.write(".gitignore", b"")


def _no_data(one: System) -> None:
    (one.path / "data").rename(one.path / "moved")


BREAKS: list[tuple[dict[Callable[[System], None], str], list[str]]] = [
    (
        {
            _driver_gone: "merge",
            _textconv_gone: "diff",
            _forged_id: "system",
            _hook_replaced: "pre-commit",
            _hook_not_executable: "post-merge",
            _hook_dulled: "pre-push",
            _filtered: "conversion",
            _raw_data_not_ignored: "ignored",
            _windows_lines: "line endings",
        },
        [],
    ),
    ({_driver_takes_ours: "merge", _interpreter_gone: "pre-commit", _in_utf16: "conversion"}, []),
    ({_rule_overridden: "merge", _with_keywords: "conversion"}, ["attributes"]),
    ({_rule_of_someone_else: "merge"}, ["attributes", "shared rule"]),
    ({_hooks_elsewhere: "pre-commit", _filtered_elsewhere: "conversion"}, [*HOOKS[1:], "shared rule"]),
    ({_no_data: "data"}, []),
]
"""What is broken at a time, each with a check that turns red, and further ones that it turns red."""


def test_a_filter_that_changes_nothing_is_no_problem(world: World) -> None:
    one = world.system("one")
    one.git("config", "filter.tidy.clean", "cat")
    _add_rule(one, "data/** filter=tidy")
    _add_rule(one, "data/** working-tree-encoding=UTF-8")
    _add_rule(one, "data/evals/** filter=lfs")
    assert "ok       conversion " in one.fedlearn("doctor").out


@pytest.mark.parametrize(("breaks", "others"), BREAKS)
def test_what_is_broken_is_found(
    world: World, breaks: dict[Callable[[System], None], str], others: list[str]
) -> None:
    one = world.system("one")
    for spoil in breaks:
        spoil(one)
    out = one.fedlearn("doctor", code=1).out
    found = [name.strip() for name in re.findall(r"^problem  (.{16}) ", out, re.MULTILINE)]
    assert sorted(found) == sorted([*breaks.values(), *others])
    assert not (one.path / "ran").exists()


def test_an_old_git_runs_the_driver_on_files(world: World) -> None:
    one = world.system("one")
    repository = Repository.discover(one.path, one.environment)
    assert try_driver_line(repository).ok
    _driver_takes_ours(one)
    assert try_driver_line(repository).detail == "merging two record sets gave a wrong result"
    _driver_gone(one)
    assert try_driver_line(repository).detail.startswith("the registered driver failed: ")
    one.git("config", "--unset", DRIVER_KEY)
    assert try_driver_line(repository).detail == "no merge driver is registered"


def test_autocrlf_does_not_reach_record_sets(world: World) -> None:
    one = world.system("one")
    one.git("config", "core.autocrlf", "true")
    one.write("data/patterns/skills-patterns.jsonl", b'{"pattern":"x"}\n')
    one.git("commit", "--quiet", "--no-verify", "-a", "-m", "x")
    one.git("checkout", "--quiet", "HEAD~1")
    one.git("checkout", "--quiet", "main")
    assert one.read("data/patterns/skills-patterns.jsonl") == b'{"pattern":"x"}\n'
    assert "problem" not in one.fedlearn("doctor").out


def test_what_is_disposable_is_mended(world: World) -> None:
    one = world.system("one")
    one.write(".git/fedlearn/lock.holder", b'{"pid": 4194304999, "command": "sync"}')
    one.write("data/patterns/skills-patterns.jsonl.tmp", b"half")
    one.write(".git/fedlearn/checkpoints/0.json", b'{"format": 1')
    one.write(".git/fedlearn/index/shard/x", b"")
    one.write(".git/fedlearn/index/state.json", b"{")
    checks = one.fedlearn("doctor", "--json", code=1).json()["checks"]
    problems = {check["name"]: check for check in checks if not check["ok"]}
    said = {
        "leftovers": "lock.holder and 1 more, from an interrupted run",
        "sources": "the read position of 1 source is damaged; sync starts over",
        "index": "its state.json cannot be read",
    }
    assert problems.keys() == said.keys()
    assert all(said[name] in check["detail"] and check["hint"] for name, check in problems.items())
    fixed = one.fedlearn("doctor", "--fix").out
    assert [name for name in said if f"fixed    {name:<16} " not in fixed] == []
    assert one.git("status", "--porcelain", "--", "data").out == ""


def test_what_lies_elsewhere(world: World) -> None:
    one = world.system("one")
    one.git("config", "fedlearn.qdrantUrl", "http://127.0.0.1:9")
    one.git("config", "fedlearn.embedder", "nonsense")
    old = one.write(".git/index.lock", b"")
    os.utime(old, (1, 1))
    checks = {c["name"]: c for c in one.fedlearn("doctor", "--json", code=1).json()["checks"]}
    assert {name for name, check in checks.items() if not check["ok"]} == {
        *("leftovers", "qdrant", "embedder")
    }
    assert checks["leftovers"]["hint"] == f"rm {old}    (if no git command is running)"


def test_timers_of_an_interpreter_that_is_gone(world: World) -> None:
    one = world.system("one")
    tag = tag_of(one.path)
    folder = world.home / ".config/systemd/user"
    folder.mkdir(parents=True)
    (folder / f"git-fedlearn-sync-{tag}.timer").write_text("[Timer]\nOnCalendar=*-*-* 03:00:00\n")
    (folder / f"git-fedlearn-sync-{tag}.service").write_text("[Service]\nExecStart=/gone/python -m x\n")
    out = one.fedlearn("doctor", code=1).out
    assert "problem  schedule         the sync timer runs /gone/python, which does not exist\n" in out
