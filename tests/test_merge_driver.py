"""The merge driver as git runs it, and every way it can fail."""

import os
import shlex
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from installed import write_hook
from systems import System, World

from git_fedlearn.core.conflict_markers import format_conflict
from git_fedlearn.core.record import make_record
from git_fedlearn.core.record_set import canonical_set, join_sets
from git_fedlearn.plumbing import merge_driver
from git_fedlearn.setup.drivers import format_driver
from git_fedlearn.setup.launcher import Launcher

SET = "data/patterns/skills-patterns.jsonl"
COMMAND = [sys.executable, "-I", "-m", "git_fedlearn.plumbing.merge_driver"]
BROKEN = [
    *(sys.executable, "-I", "-c"),
    "import sys; sys.modules['xxhash'] = None; from git_fedlearn.plumbing.merge_driver import main; main()",
]
"""The driver in an installation that lost a library."""


def lesson(title: str, score: float = 0.5) -> bytes:
    return make_record({"title": title, "value_score": score}).line + b"\n"


def lines(*found: bytes) -> bytes:
    return canonical_set(b"".join(found))


COMMON = [lesson(f"common {number}") for number in range(9)]
BASE = lines(*COMMON)
OURS = lines(*COMMON, lesson("ours"), lesson("common 1", 0.7), lesson("common 2", 0.9))
MIDWAY = lines(*COMMON, lesson("theirs"))
THEIRS = lines(*COMMON, lesson("theirs"), lesson("common 1", 0.8), lesson("common 2", 0.6))
BOTH = join_sets(OURS, THEIRS)


class Forked(NamedTuple):
    """A repository on `main` with OURS, and a branch `topic` with THEIRS in two commits."""

    system: System

    def git(self, *arguments: str) -> str:
        return self.system.git(*arguments).out

    def commit(self, data: bytes, path: str = SET) -> None:
        self.system.write(path, data)
        self.system.commit()

    def merged(self, revision: str = "HEAD", path: str = SET) -> bytes:
        assert self.git("ls-files", "--unmerged") == ""
        return self.git("show", f"{revision}:{path}").encode()


def configure(system: System, command: list[str] = COMMAND) -> None:
    system.git("config", "merge.fedlearn.driver", f"{shlex.join(command)} %O %A %B %L %P")
    system.write(".gitattributes", b"data/**/*.jsonl text eol=lf merge=fedlearn\n")


@pytest.fixture
def empty(world: World) -> Forked:
    system = world.repository("one")
    configure(system)
    system.commit("start")
    return Forked(system)


@pytest.fixture
def forked(empty: Forked) -> Forked:
    empty.commit(BASE)
    return fork(empty)


def fork(start: Forked) -> Forked:
    start.git("switch", "--quiet", "--create", "topic")
    start.commit(MIDWAY)
    start.commit(THEIRS)
    start.git("switch", "--quiet", "main")
    start.commit(OURS)
    return start


# where git runs the driver


@pytest.mark.parametrize(
    "commands",
    [
        ["merge --no-edit topic"],
        ["merge --squash topic", "commit --message squashed"],
        ["merge --no-edit --strategy ort --strategy-option ours topic"],
        ["switch topic", "rebase --merge main"],
        ["switch topic", "rebase --apply main"],
        ["switch topic", "rebase --interactive main"],
        ["cherry-pick topic~1 topic"],
        ["format-patch --output-directory ../patches main..topic", "am --3way ../patches/0001-learn.patch"],
        ["pull --no-rebase --no-edit . topic"],
        ["pull --rebase . topic"],
    ],
    ids=lambda commands: commands[-1],
)
def test_git_gets_the_join_without_a_conflict(
    forked: Forked, commands: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_SEQUENCE_EDITOR", "true")
    forked.system.environment["GIT_SEQUENCE_EDITOR"] = "true"
    for command in commands:
        forked.git(*command.split())
    expected = join_sets(OURS, MIDWAY) if "am" in commands[-1] else BOTH
    assert forked.merged() == expected == forked.system.read(SET)


def test_merge_tree_without_a_work_tree(forked: Forked) -> None:
    tree = forked.git("merge-tree", "--write-tree", "main", "topic").strip()
    assert forked.merged(tree) == BOTH


def test_stash_pop(forked: Forked) -> None:
    forked.git("switch", "--quiet", "--detach", "topic~2")
    forked.system.write(SET, THEIRS)
    forked.git("stash")
    forked.git("switch", "--quiet", "main")
    forked.git("stash", "pop")
    assert forked.system.read(SET) == BOTH
    assert forked.git("ls-files", "--unmerged") == ""


def test_checkout_that_carries_changes_over(forked: Forked) -> None:
    forked.git("switch", "--quiet", "--detach", "main~1")
    forked.system.write(SET, THEIRS)
    forked.git("checkout", "--merge", "main")
    assert forked.system.read(SET) == BOTH


def test_revert_takes_no_record_away(forked: Forked) -> None:
    """Absence is not deletion: what a reverted commit added stays until it is retracted."""
    forked.commit(BOTH)
    forked.git("revert", "--no-commit", "HEAD~1")
    assert forked.system.read(SET) == BOTH
    assert forked.git("ls-files", "--unmerged") == ""


def test_both_sides_add_the_file(empty: Forked) -> None:
    fork(empty).git("merge", "--no-edit", "topic")
    assert empty.merged() == BOTH


def test_renamed_here_and_changed_there(empty: Forked) -> None:
    old, new = "data/collections/notes.jsonl", "data/collections/texts.jsonl"
    empty.commit(BASE, old)
    empty.git("switch", "--quiet", "--create", "topic")
    empty.commit(THEIRS, old)
    empty.git("switch", "--quiet", "main")
    empty.git("mv", old, new)
    empty.commit(OURS, new)
    empty.git("merge", "--no-edit", "topic")
    assert empty.merged(path=new) == BOTH


def test_unrelated_histories(forked: Forked) -> None:
    forked.git("checkout", "--quiet", "--orphan", "stranger")
    forked.commit(THEIRS)
    forked.git("switch", "--quiet", "main")
    forked.git("merge", "--no-edit", "--allow-unrelated-histories", "stranger")
    assert forked.merged() == BOTH


def test_linked_worktree(forked: Forked) -> None:
    forked.git("worktree", "add", "--quiet", "--detach", "../linked", "main")
    forked.git("-C", "../linked", "merge", "--no-edit", "topic")
    assert forked.git("-C", "../linked", "show", f"HEAD:{SET}").encode() == BOTH


def test_path_outside_a_sparse_checkout(forked: Forked) -> None:
    forked.git("sparse-checkout", "set", "--no-cone", "/*", "!/data/")
    forked.git("merge", "--no-edit", "topic")
    assert forked.merged() == BOTH


def test_criss_cross_merges(forked: Forked) -> None:
    forked.git("branch", "first", "main")
    forked.git("merge", "--no-edit", "topic")
    forked.git("switch", "--quiet", "topic")
    forked.git("merge", "--no-edit", "first")
    left, right = lines(BOTH, lesson("left")), lines(BOTH, lesson("right"))
    forked.commit(right)
    forked.git("switch", "--quiet", "main")
    forked.commit(left)
    assert len(forked.git("merge-base", "--all", "main", "topic").split()) == 2
    forked.git("merge", "--no-edit", "topic")
    assert forked.merged() == join_sets(left, right)


def test_paths_with_spaces_and_other_letters(empty: Forked) -> None:
    path = "data/telemetry/snapshots/sys-aaaaaaaaaa/a b'é\".jsonl"
    empty.commit(BASE, path)
    empty.git("switch", "--quiet", "--create", "topic")
    empty.commit(THEIRS, path)
    empty.git("switch", "--quiet", "main")
    empty.commit(OURS, path)
    empty.git("merge", "--no-edit", "topic")
    assert empty.merged(path=path) == BOTH


# how it fails


class Sides:
    """The three files git hands to the driver."""

    def __init__(self, folder: Path, ours: bytes = OURS, theirs: bytes = THEIRS) -> None:
        self.base, self.ours, self.theirs = (folder / name for name in ("base", "ours", "theirs"))
        for path, data in ((self.base, BASE), (self.ours, ours), (self.theirs, theirs)):
            path.write_bytes(data)

    def arguments(self, size: str = "7") -> list[str]:
        return [str(self.base), str(self.ours), str(self.theirs), size, SET]

    def run(self, command: list[str] = COMMAND) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([*command, *self.arguments()], capture_output=True, check=False)

    def leftovers(self) -> set[str]:
        return {path.name for path in self.base.parent.iterdir()} - {"base", "ours", "theirs", "home"}


@pytest.fixture
def sides(tmp_path: Path) -> Sides:
    return Sides(tmp_path)


def test_result_replaces_ours_and_keeps_its_mode(sides: Sides) -> None:
    sides.ours.chmod(0o640)
    assert sides.run().returncode == 0
    assert sides.ours.read_bytes() == BOTH
    assert stat.S_IMODE(sides.ours.stat().st_mode) == 0o640
    assert sides.theirs.read_bytes() == THEIRS
    assert sides.leftovers() == set()


@pytest.mark.parametrize(("ours", "theirs"), [(b"", b""), (b"", THEIRS), (OURS, b""), (b"\n", b"\xff\n{}")])
def test_empty_and_odd_sides(tmp_path: Path, ours: bytes, theirs: bytes) -> None:
    sides = Sides(tmp_path, ours, theirs)
    assert merge_driver.run(sides.arguments()) == 0
    assert sides.ours.read_bytes() == join_sets(ours, theirs)


def test_broken_installation_keeps_both_sides(sides: Sides) -> None:
    done = sides.run(BROKEN)
    assert done.returncode == merge_driver.KEPT_BOTH
    assert sides.ours.read_bytes() == format_conflict(OURS, THEIRS)
    assert canonical_set(sides.ours.read_bytes()) == BOTH
    assert done.stderr.decode() == (
        f"error: {SET}: the merge failed (ModuleNotFoundError); both sides are kept in the file\n"
        "hint: run `git fedlearn resolve`, then commit\n"
    )


def test_git_sees_a_conflict_with_both_sides_when_the_driver_fails(forked: Forked) -> None:
    configure(forked.system, BROKEN)
    assert forked.system.git("merge", "--no-edit", "topic", check=False).code == 1
    assert forked.git("ls-files", "--unmerged") != ""
    assert canonical_set(forked.system.read(SET)) == BOTH


def test_side_that_cannot_be_read_leaves_ours_and_tells_git_to_give_up(sides: Sides) -> None:
    sides.theirs.unlink()
    done = sides.run()
    assert done.returncode == merge_driver.GAVE_UP > 128
    assert sides.ours.read_bytes() == OURS
    assert done.stderr.startswith(
        f"error: {SET}: the merge failed (No such file or directory); the file".encode()
    )
    sides.theirs.mkdir()
    assert sides.run().returncode == merge_driver.GAVE_UP
    assert sides.ours.read_bytes() == OURS


def test_full_disk_leaves_ours_and_tells_git_to_give_up(tmp_path: Path) -> None:
    ours, theirs = (lines(*(lesson(f"{side} {'x' * 99} {n}") for n in range(40))) for side in "ab")
    sides = Sides(tmp_path, ours, theirs)
    done = sides.run(["sh", "-c", 'ulimit -f 4; exec "$@"', "sh", *COMMAND])
    assert done.returncode == merge_driver.GAVE_UP, done.stderr
    assert sides.ours.read_bytes() == ours
    assert sides.leftovers() == set()
    assert b"File too large" in done.stderr


def test_interrupt_does_not_stop_a_merge(sides: Sides) -> None:
    """Their side is a pipe: once it is open, the driver surely waits for it."""
    sides.theirs.unlink()
    os.mkfifo(sides.theirs)
    with subprocess.Popen([*COMMAND, *sides.arguments()]) as driver:
        with sides.theirs.open("wb") as pipe:
            driver.send_signal(signal.SIGINT)
            pipe.write(THEIRS)
        assert driver.wait() == 0
    assert sides.ours.read_bytes() == BOTH


def test_kill_leaves_ours_as_it_was(sides: Sides) -> None:
    sides.theirs.unlink()
    os.mkfifo(sides.theirs)
    with subprocess.Popen([*COMMAND, *sides.arguments()]) as driver, sides.theirs.open("wb"):
        driver.kill()
        assert driver.wait() == -signal.SIGKILL
    assert sides.ours.read_bytes() == OURS


def link(path: Path) -> None:
    path.symlink_to("elsewhere")


def make_null(path: Path) -> None:
    """Not /dev/null itself: a driver that fails this test would replace it."""
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("only root can make devices")


@pytest.mark.parametrize(
    "make", [link, os.mkfifo, Path.mkdir, make_null], ids=["symlink", "pipe", "folder", "device"]
)
def test_what_is_no_plain_file_is_never_replaced(sides: Sides, make: Callable[[Path], None]) -> None:
    elsewhere = sides.ours.with_name("elsewhere")
    elsewhere.write_bytes(OURS)
    sides.ours.unlink()
    make(sides.ours)
    before = sides.ours.lstat()
    done = sides.run()
    assert (done.returncode, b"not a regular file" in done.stderr) == (merge_driver.GAVE_UP, True)
    assert sides.ours.lstat().st_ino == before.st_ino
    assert elsewhere.read_bytes() == OURS


def test_wrong_usage_touches_nothing(sides: Sides) -> None:
    done = subprocess.run([*COMMAND, str(sides.ours)], capture_output=True, check=False)
    assert done.returncode == merge_driver.GAVE_UP
    assert done.stderr == b"usage: git-fedlearn-merge-driver %O %A %B %L %P\n"


def test_driver_imports_nothing_that_costs_start_up_time() -> None:
    code = "import sys, git_fedlearn.plumbing.merge_driver, git_fedlearn.core.merge; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"],
        capture_output=True,
        check=True,
    )
    heavy = {
        "click",
        "rich",
        "pygit2",
        "detect_secrets",
        "filelock",
        "msgspec",
        "dataclasses",
        "pathlib",
        "subprocess",
    }
    assert not heavy & set(loaded.stdout.decode().split())


def test_one_driver_joins_all_files_of_a_merge(world: World) -> None:
    """Files with the same blobs and of another kind, too; what nobody took goes with the next merge."""
    one, log = world.repository("one"), world.folder / "log"
    wrapper = write_hook(world.folder / "python", f'#!/bin/sh\necho x >>{log}\nexec {sys.executable} "$@"\n')
    one.write(".git/info/attributes", b"data/**/*.jsonl merge=fedlearn\n")
    one.write(".git/fedlearn/place.json", b"{}")
    one.git("config", "merge.fedlearn.driver", format_driver(Launcher((str(wrapper), "-I"))))
    paths = [f"data/collections/set-{number}.jsonl" for number in range(6)]
    paths.append("data/fine-tuning/snapshots/sys-aaaaaaaaaa/2026-01-01.jsonl")
    for branch, data in (("main", BASE), ("side", THEIRS), ("main", OURS)):
        if branch != one.git("branch", "--show-current").out.strip():
            one.git("checkout", "--quiet", *(["-b"] if branch == "side" else []), branch)
        for path in paths:
            one.write(path, data)
        one.commit()
    one.git("merge", "--quiet", "--no-edit", "side")
    assert {one.read(path) for path in paths[:-1]} == {BOTH}
    assert one.read(paths[-1]) == b"".join(
        sorted({*OURS.splitlines(keepends=True), *THEIRS.splitlines(keepends=True)})
    )
    assert log.read_text().split() == ["x"]
    one.git("reset", "--quiet", "--hard", "HEAD^")
    first = {path.name for path in (one.path / ".git/fedlearn").glob("joined-*")}
    one.git("rebase", "--quiet", "side")
    one.git("reset", "--quiet", "--hard", "ORIG_HEAD")
    one.git("merge", "--quiet", "--no-edit", "side")
    second = {path.name for path in (one.path / ".git/fedlearn").glob("joined-*")}
    assert len(first) == len(second) == 1
    assert first != second


@pytest.mark.parametrize("left", ["nothing", "half", "other"])
def test_a_join_ahead_counts_for_its_blobs_alone(world: World, left: str) -> None:
    """A driver that was killed may leave a file without its name, or results of other blobs."""
    one = world.repository("one")
    one.write("ours", OURS)
    one.write("theirs", THEIRS)
    names = {
        "nothing": [],
        "half": ["unnamed", f"{SET}.tmp"],
        "other": [f"{SET}.{'0' * 40}-{'1' * 40}", f"{SET}.-"],
    }
    folder = '".git/fedlearn/joined-$PPID"'
    script = f"mkdir -p {folder}/data/patterns\n"
    script += "".join(f"echo rubbish >{folder}/{name}\n" for name in names[left])
    line = format_driver(Launcher((sys.executable, "-I")))
    for placeholder, value in {"%O": "/dev/null", "%A": "ours", "%B": "theirs", "%L": "7", "%P": SET}.items():
        line = line.replace(placeholder, value)
    program = (
        f"import subprocess; raise SystemExit(subprocess.run(['sh', '-c', {script + line!r}]).returncode)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=one.path, check=False)
    assert done.returncode == 0
    assert one.read("ours") == BOTH
