"""A replay brings the change of one commit, and not what its tree has from other commits."""

import pytest
from systems import System, World

from git_fedlearn.core.merge import merge_files
from git_fedlearn.core.record import make_record
from git_fedlearn.core.record_set import canonical_set

SET = "data/patterns/skills-patterns.jsonl"


def lesson(title: str, score: float = 0.5) -> bytes:
    return make_record({"title": title, "value_score": score}).line + b"\n"


@pytest.fixture
def forked(world: World) -> System:
    """`topic` learned one, dropped and picked in three commits, `main` learned ours.

    `both` is `topic` with a merged branch, `side`, that began before picked.
    """
    return world.system("one", _fork)


def _fork(one: System) -> None:
    one.add("skills-patterns", {"title": "base"})
    one.commit("base")
    one.git("branch", "start")
    one.git("checkout", "--quiet", "-b", "topic")
    for title in ("one", "dropped", "picked"):
        one.add("skills-patterns", {"title": title})
        one.commit(title)
    one.git("checkout", "--quiet", "-b", "side", "topic~1")
    one.add("skills-patterns", {"title": "side"})
    one.commit("side")
    one.git("checkout", "--quiet", "-b", "both", "topic")
    one.git("merge", "--quiet", "--no-edit", "side")
    one.git("checkout", "--quiet", "main")
    one.add("skills-patterns", {"title": "ours"})
    one.commit("ours")


def titles(system: System, revision: str = "HEAD") -> set[str]:
    assert system.git("ls-files", "--unmerged").out == ""
    data = system.git("show", f"{revision}:{SET}").out.encode()
    known = ("base", "one", "dropped", "picked", "ours", "unstaged", "side")
    return {title for title in known if f'"title":"{title}"'.encode() in data}


ALL = {"one", "dropped", "picked"}
PATCHES = "format-patch --quiet --output-directory ../patches topic~1..topic"
REPLAYS = {
    "cherry-pick": (["cherry-pick topic"], {"picked"}),
    "cherry-pick of two": (["cherry-pick topic~2 topic"], {"one", "picked"}),
    "rebase --onto": (["rebase --quiet --onto main topic~1 topic"], {"picked"}),
    "rebase --onto, by patches": (["rebase --quiet --apply --onto main topic~1 topic"], {"picked"}),
    "am": ([PATCHES, "am --quiet --3way ../patches/0001-picked.patch"], {"picked"}),
    "revert": (["cherry-pick topic", "revert --no-commit HEAD~1"], {"picked"}),
    "cherry-pick -X ours": (["cherry-pick -X ours topic"], {"picked"}),
    "cherry-pick -X theirs": (["cherry-pick -X theirs topic"], {"picked"}),
    "cherry-pick --strategy": (["cherry-pick --strategy=recursive topic"], {"picked"}),
    "cherry-pick -m 1": (["cherry-pick -m 1 both"], {"side"}),
    "rebase --rebase-merges": (["rebase --quiet -r --onto main topic~1 both"], {"picked", "side"}),
    "rebase --autostash": (
        ["checkout --quiet topic", "rebase --quiet --autostash --onto main topic~1"],
        {"picked"},
    ),
    "rebase --root": (["rebase --quiet --root --onto main topic"], ALL),
    "rebase -X ours": (["rebase --quiet -X ours --onto main topic~1 topic"], {"picked"}),
    "pull --rebase=merges": (["checkout --quiet topic", "pull --quiet --rebase=merges . main"], ALL),
}


@pytest.mark.parametrize(("commands", "brought"), REPLAYS.values(), ids=REPLAYS)
def test_a_replay_brings_its_own_lessons_only(forked: System, commands: list[str], brought: set[str]) -> None:
    for command in commands:
        forked.git(*command.split())
    assert titles(forked) == {"base", "ours"} | brought


@pytest.mark.parametrize("backend", ["--merge", "--interactive"])
@pytest.mark.parametrize("onto", ["start", "main"])
def test_a_dropped_commit_stays_dropped(forked: System, backend: str, onto: str) -> None:
    forked.environment["GIT_SEQUENCE_EDITOR"] = "sed -i -e '/dropped/d'"
    forked.git("checkout", "--quiet", "topic")
    forked.git("rebase", "--quiet", backend, *(["--interactive"] * (backend == "--merge")), onto)
    assert titles(forked) == {"base", "one", "picked"} | ({"ours"} if onto == "main" else set())


def test_a_stash_brings_what_was_not_committed(forked: System) -> None:
    forked.git("checkout", "--quiet", "topic")
    forked.add("skills-patterns", {"title": "unstaged"})
    forked.git("stash", "--quiet")
    forked.git("checkout", "--quiet", "main")
    forked.git("stash", "pop", "--quiet")
    forked.commit("popped")
    assert titles(forked) == {"base", "ours", "unstaged"}


@pytest.mark.parametrize(
    "command",
    [
        "merge --quiet --no-edit topic",
        "merge --quiet --squash topic",
        "pull --quiet --no-rebase --no-edit . topic",
    ],
)
def test_a_merge_brings_everything(forked: System, command: str) -> None:
    forked.git("checkout", "--quiet", "topic")
    forked.write(
        SET, b"".join(line for line in forked.read(SET).splitlines(keepends=True) if b"base" not in line)
    )
    forked.git("commit", "--quiet", "--no-verify", "--all", "--message", "lose one")
    forked.git("checkout", "--quiet", "main")
    forked.git(*command.split())
    if "squash" in command:
        forked.commit("squashed")
    assert titles(forked) == {"base", "one", "dropped", "picked", "ours"}


def test_a_pull_by_rebase_keeps_both_sides(forked: System) -> None:
    forked.git("checkout", "--quiet", "topic")
    forked.git("pull", "--quiet", "--rebase", ".", "main")
    assert titles(forked) == {"base", "one", "dropped", "picked", "ours"}


CONFLICTS = {
    "cherry-pick": ("cherry-pick topic", "cherry-pick --continue"),
    "rebase --onto": ("rebase --quiet --onto main topic~1 topic", "rebase --continue"),
    "rebase --onto, by patches": ("rebase --quiet --apply --onto main topic~1 topic", "rebase --continue"),
    "am": ("am --quiet --3way ../patches/0001-picked.patch", "am --continue"),
    "checkout -m": ("checkout --quiet -m main", "commit --quiet --all --message=x"),
    "stash pop": ("stash pop", "commit --quiet --all --message=x"),
}


@pytest.mark.parametrize(("style", "driver"), [("merge", "false"), ("diff3", "")], ids=["failing", "missing"])
@pytest.mark.parametrize("command", CONFLICTS)
def test_resolve_in_a_replay_brings_its_own_lessons_only(
    forked: System, command: str, style: str, driver: str
) -> None:
    forked.git("config", "merge.conflictStyle", style)
    start, end = CONFLICTS[command]
    if command == "am":
        forked.git(*PATCHES.split())
    if command in ("checkout -m", "stash pop"):
        forked.git("checkout", "--quiet", "topic")
        forked.add("skills-patterns", {"title": "unstaged"})
    if command == "stash pop":
        forked.git("stash", "--quiet")
        forked.git("checkout", "--quiet", "main")
    _undrive(forked, driver)
    forked.git(*start.split(), check=False)
    assert forked.git("ls-files", "--unmerged").out
    forked.fedlearn("resolve")
    forked.git("-c", "core.editor=true", *end.split())
    assert titles(forked) == {"base", "ours"} | ({"unstaged"} if "commit" in end else {"picked"})


def _undrive(system: System, driver: str) -> None:
    """Let the merge driver fail; without one, it is missing."""
    system.git("config", "--remove-section", "merge.fedlearn", check=False)
    if driver:
        system.git("config", "merge.fedlearn.driver", driver)


@pytest.mark.parametrize("driver", [True, False], ids=["driven", "undriven"])
def test_a_dropped_commit_that_made_the_file_stays_dropped(forked: System, driver: bool) -> None:  # noqa: FBT001
    """Git asks what to do with a file that is not there (modify/delete), and `resolve` knows."""
    forked.git("checkout", "--quiet", "-b", "new", "start")
    for title in ("dropped", "picked"):
        forked.add("collections/notes", {"text": title})
        forked.commit(title)
    if not driver:
        _undrive(forked, "")
    assert forked.git("rebase", "--quiet", "--onto", "main", "new~1", check=False).code
    forked.fedlearn("resolve")
    forked.git("-c", "core.editor=true", "rebase", "--continue")
    assert [record.fields["text"] for record in forked.records("collections/notes")] == ["picked"]
    assert titles(forked) == {"base", "ours"}


def test_resolve_in_a_merge_brings_everything(forked: System) -> None:
    _undrive(forked, "")
    forked.git("checkout", "--quiet", "topic")
    forked.git("rebase", "--quiet", "--onto", "main", "topic~1", check=False)
    forked.fedlearn("resolve")
    forked.git("-c", "core.editor=true", "rebase", "--continue")
    assert forked.git("merge", "--no-edit", "side", check=False).code
    forked.fedlearn("resolve")
    forked.commit("merged")
    assert titles(forked) == {"base", "ours", "picked", "one", "dropped", "side"}


def test_the_law_of_replays() -> None:
    """Every line that theirs changed comes along, no other does, and ours keeps all it had."""
    base = canonical_set(lesson("a") + lesson("b") + lesson("c"))
    theirs = canonical_set(lesson("a") + lesson("b", 0.9) + lesson("d"))
    ours = canonical_set(lesson("x"))
    once = merge_files(SET, ours, theirs, base)
    assert once == canonical_set(lesson("x") + lesson("b", 0.9) + lesson("d"))
    assert merge_files(SET, once, theirs, base) == once
    assert merge_files(SET, ours, theirs) == canonical_set(ours + theirs)
    path = "data/metrics/monthly/sys-a/2026-05.json"
    assert (
        merge_files(path, b'{"synced_at":"1"}', b'{"synced_at":"2"}', b'{"synced_at":"2"}')
        == b'{"synced_at":"1"}'
    )
    samples = "data/fine-tuning/snapshots/sys-a/v1.jsonl"
    assert merge_files(samples, b'{"a":1}\n', b'{"b":1}\n{"c":1}\n', b'{"b":1}\n') == b'{"a":1}\n{"c":1}\n'
