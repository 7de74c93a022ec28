"""Repositories that are not plain: synchronized, sparse, in a subtree, git elsewhere, odd commits."""

import json
from pathlib import Path
from typing import Any

import pytest
from systems import System, World

from git_fedlearn.core.layout import find_original
from git_fedlearn.core.record import make_record

PRACTICES = "data/patterns/best-practices.jsonl"
SAMPLES = "data/fine-tuning/dataset.jsonl"


def practice(title: str) -> dict[str, Any]:
    return {"category": "operations", "title": title, "description": f"{title}, always."}


def titles(system: System, name: str = "best-practices") -> set[object]:
    return {record.fields["title"] for record in system.records(name)}


# copies of file synchronizers

COPIES = [
    "best-practices.sync-conflict-20260304-120000-ABCDEFG.jsonl",
    "best-practices (conflicted copy 2026-03-04).jsonl",
    "best-practices (wren's conflicted copy 2026-03-04).jsonl",
    "best-practices_conflict-20260304-120000.jsonl",
    "best-practices (1).jsonl",
    "best-practices.jsonl.orig",
    "best-practices 2.jsonl",
    "best-practices_1.jsonl",
    "best-practices - Copy (2).jsonl",
    "Copy of best-practices.jsonl",
    "best-practices-DESKTOP-K3J.jsonl",
    "best-practices-laptop-conflict.jsonl",
    "best-practices_DiskStation_Mar-04-1200-2026_Conflict.jsonl",
    "best-practices (copie en conflit de wren 2026-03-04).jsonl",
    "best-practices.sync-conflict-20260304-120000-ABCDEFG.jsonl~",
]


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_is_one_of_the_file_that_its_name_begins_with(name: str) -> None:
    assert find_original(f"data/patterns/{name}") == PRACTICES


@pytest.mark.parametrize("name", COPIES[::5])
def test_a_copy_is_told_of_and_merged(system: System, name: str) -> None:
    copy = f"data/patterns/{name}"
    system.add("best-practices", practice("kept"))
    own = system.read(PRACTICES)
    system.write(copy, own + make_record(practice("only in the copy")).line + b"\n<<<<<<< lone\n")
    assert system.fedlearn("verify", code=1).out == (f"{copy}: a copy of {PRACTICES} that is not read\n")
    assert "copies       1 data file copied by a file synchronizer" in system.fedlearn("status").out
    assert system.read(PRACTICES) == own
    done = system.fedlearn("verify", "--fix", code=1)
    assert f"merged {copy} into {PRACTICES} and removed it\n" in done.out
    assert titles(system) == {"kept", "only in the copy"}
    assert b"<<<<<<< lone\n" in system.read(PRACTICES)
    assert not (system.path / copy).exists()
    assert "copies" not in system.fedlearn("status").out


@pytest.mark.parametrize(
    "path",
    [
        "data/patterns/best-practices.jsonl~",
        "data/patterns/best-practices-draft.jsonl",
        "data/patterns/notes-conflict.jsonl",
        "data/collections/dataset-2.jsonl",
        "data/collections/garden-conflict.jsonl",
        "data/train/dataset-2.jsonl",
    ],
)
def test_what_is_no_copy(path: str) -> None:
    assert find_original(path) is None


def test_copies_of_other_kinds(system: System) -> None:
    own = system.git("config", "fedlearn.system").out.strip()
    system.add("collections/notes", {"text": "a"})
    mark = "sync-conflict-20260304-120000-ABCDEFG"
    system.write(f"data/collections/notes.{mark}.jsonl", make_record({"text": "b"}).line + b"\n")
    system.write(f"data/telemetry/snapshots/{own}/2026-05-01.{mark}.jsonl", b"")
    system.write(f"data/telemetry/snapshots/sys-bbbbbbbbbb/2026-05-01.{mark}.jsonl", b"")
    system.write(f"data/patterns/best-practices.{mark}.jsonl", '{"title":"x"}'.encode("utf-16"))
    system.write(f"data/train/labels.{mark}.jsonl", b"{}\n")
    system.fedlearn("verify", "--fix", code=1)
    assert {record.fields["text"] for record in system.records("collections/notes")} == {"a", "b"}
    left = sorted(path.parent.name for path in (system.path / "data").rglob(f"*{mark}*"))
    assert left == ["patterns", "sys-bbbbbbbbbb", "train"]
    assert system.read(f"data/telemetry/snapshots/{own}/2026-05-01.jsonl") == b""


# sparse checkouts


@pytest.fixture
def sparse(world: World) -> System:
    """A clone that checks out only data/patterns, of a repository with records in three sets."""
    one = world.system("one")
    one.add("best-practices", practice("first"))
    one.add("fine-tuning", {"prompt": "p", "completion": "a whole answer"})
    one.add("collections/notes", {"text": "a"})
    one.commit()
    two = System(world.folder / "two", world.home)
    one.git("clone", "--quiet", "--sparse", str(one.path), str(two.path))
    two.git("sparse-checkout", "set", "data/patterns")
    two.fedlearn("install")
    assert not (two.path / SAMPLES).exists()
    return two


def test_a_sparse_checkout_misses_nothing(sparse: System) -> None:
    assert sparse.fedlearn("verify").out == "3 records in 6 files, no problems found\n"
    sparse.fedlearn("verify", "--fix", "--history")
    assert not (sparse.path / SAMPLES).exists()
    assert sparse.git("status", "--short").out == ""
    assert "uncommitted" not in sparse.fedlearn("status").out


@pytest.mark.parametrize(("name", "path"), [("fine-tuning", SAMPLES), ("collections/notes", None)])
def test_adding_to_a_set_outside_the_cone_keeps_its_records(
    sparse: System, name: str, path: str | None
) -> None:
    path = path or "data/collections/notes.jsonl"
    before = sparse.git("show", f"HEAD:{path}").out.encode()
    sparse.add(name, {"prompt": "q", "completion": "another whole answer", "text": "b"})
    assert before.splitlines()[0] in sparse.read(path)
    sparse.git("add", "--sparse", path)
    sparse.git("commit", "--quiet", "--message", "learn")
    assert sparse.git("show", f"HEAD:{path}").out.count("\n") == 2
    sparse.fedlearn("verify")


def test_outcomes_outside_the_cone_are_counted_on(world: World) -> None:
    one = world.system("one")
    one.add("best-practices", practice("first"))
    (record,) = one.records("best-practices")
    one.fedlearn("outcome", record.id, "--worked")
    one.commit()
    one.git("sparse-checkout", "set", "data/patterns")
    (one.path / ".git/fedlearn/outcomes.jsonl").unlink(missing_ok=True)
    one.fedlearn("outcome", record.id, "--failed")
    own = one.git("config", "fedlearn.system").out.strip()
    assert b'"worked":1' in one.read(f"data/outcomes/{own}.jsonl").replace(b" ", b"")


SOLUTIONS = "data/patterns/error-solutions.jsonl"


@pytest.mark.parametrize("marks", ["assume-unchanged", "skip-worktree", "assume-unchanged skip-worktree"])
def test_lessons_in_a_file_that_git_takes_for_unchanged_are_told_of(system: System, marks: str) -> None:
    event = {
        "error_message": "disk full",
        "solution": "remove the old logs below /var/log",
        "value_score": 0.9,
    }
    system.write("stack/telemetry/agents-events.jsonl", f"{json.dumps(event)}\n".encode())
    system.add("error-solutions", {"error_message": "first", "solution": "a whole answer"})
    system.commit()
    for mark in marks.split():
        system.git("update-index", f"--{mark}", SOLUTIONS)
    assert "git takes" not in system.fedlearn("doctor").out
    told = system.fedlearn("sync", "--source", "stack", "--commit", code=3).err
    command = " && ".join(f"git update-index --no-{mark} {SOLUTIONS}" for mark in marks.split())
    assert f"error: {SOLUTIONS}: changed, but git takes it for unchanged" in told
    assert told.endswith(f"hint: {command}\n")
    assert command in system.fedlearn("status").out
    assert command in system.fedlearn("doctor", code=1).out
    for step in command.split(" && "):
        system.git(*step.split()[1:])
    system.fedlearn("sync", "--source", "stack", "--commit")
    assert "disk full" in system.git("show", f"HEAD:{SOLUTIONS}").out
    assert "ignored" not in system.fedlearn("status").out


# repositories in a subfolder of another


@pytest.fixture
def mono(world: World) -> tuple[System, System]:
    """A repository with lessons of its own, and another that it will take into knowledge/."""
    lessons = world.system("lessons")
    lessons.add("best-practices", practice("theirs"))
    lessons.commit()
    one = world.system("mono")
    one.add("best-practices", practice("ours"))
    one.commit()
    one.git("fetch", "--quiet", str(lessons.path), "main:lessons")
    one.git(
        "merge", "--strategy", "ours", "--no-commit", "--allow-unrelated-histories", "lessons", check=False
    )
    one.git("read-tree", "--prefix=knowledge/", "-u", "lessons")
    done = one.git("commit", "--message", "Take in lessons")
    assert "lost" not in done.err
    return one, lessons


def test_a_merge_into_a_subfolder_loses_nothing(mono: tuple[System, System], world: World) -> None:
    one, lessons = mono
    one.fedlearn("verify")
    lessons.add("best-practices", practice("newer"))
    lessons.commit()
    done = one.git(
        "pull", "--quiet", "--no-rebase", "--no-edit", "-X", "subtree=knowledge", str(lessons.path), "main"
    )
    assert "lost" not in done.err
    assert one.read(f"knowledge/{PRACTICES}") == lessons.read(PRACTICES)
    assert titles(one) == {"ours"}
    hub = world.bare("hub")
    one.git("push", "--quiet", str(hub.path), "HEAD:refs/heads/main")


def test_a_merge_that_drops_a_side_is_still_told_of(mono: tuple[System, System]) -> None:
    one, lessons = mono
    lessons.add("best-practices", practice("newer"))
    lessons.commit()
    one.git("fetch", "--quiet", str(lessons.path), "main")
    done = one.git("merge", "--quiet", "--strategy", "ours", "--no-edit", "FETCH_HEAD")
    assert "warning: this merge lost 1 record of best-practices" in done.err


# a git directory elsewhere


@pytest.mark.parametrize("kind", ["plain", "relative", "bare", "worktree"])
def test_a_git_directory_named_by_the_environment(world: World, kind: str) -> None:
    one = world.system("one")
    git_dir, work_tree = str(one.path / ".git"), str(one.path)
    folder = one.path
    if kind == "bare":
        git_dir = str(world.folder / "dotfiles.git")
        (one.path / ".git").rename(git_dir)
        one.git("--git-dir", git_dir, "config", "core.bare", "true")
    elif kind == "worktree":
        work_tree = str(world.folder / "linked")
        one.git("worktree", "add", "--quiet", "--detach", work_tree)
        folder = Path(work_tree)
        git_dir = one.git("-C", work_tree, "rev-parse", "--absolute-git-dir").out.strip()
    elif kind == "relative":
        folder = one.path / "data"
        git_dir, work_tree = "../.git", ".."
    bent = System(folder, world.home)
    bent.environment |= {"GIT_DIR": git_dir, "GIT_WORK_TREE": work_tree}
    if kind == "bare":
        bent.fedlearn("install")
    out = bent.fedlearn("doctor").out
    assert "problem" not in out
    bent.add("best-practices", practice("bent"))
    bent.git("add", "--all", *(["."] if kind != "relative" else []))
    bent.git("commit", "--quiet", "--message", "learn")
    assert "1 record" in bent.fedlearn("verify").out


# commits that other programs made

ODD_PEOPLE = {
    "milliseconds": (b"Wren <wren@example.org> 1780000000000 +0000", "9999-12-31"),
    "the first second after the calendar": (b"Wren <wren@example.org> 253402300800 +0000", "9999-12-31"),
    "beyond its end by the zone": (b"Wren <wren@example.org> 253402300799 +0200", "9999-12-31"),
    "a zone of months": (b"Wren <wren@example.org> 1780000000 +051800", "2026-"),
    "raw bytes": (b"Wr\xe9n \xff <wren@example.org> 1780000000 +0000", "2026-05-28"),
    "no date": (b"Wren <wren@example.org>", ""),
}


@pytest.mark.parametrize(("person", "day"), ODD_PEOPLE.values(), ids=ODD_PEOPLE)
def test_commits_with_odd_people_and_dates(system: System, person: bytes, day: str) -> None:
    system.add("best-practices", practice("late"))
    system.commit()
    (record,) = system.records("best-practices")
    tree, parent = (system.git("rev-parse", name).out.strip().encode() for name in ("HEAD^{tree}", "HEAD^"))
    raw = b"tree %s\nparent %s\nauthor %s\ncommitter %s\n\nlearn\n" % (tree, parent, person, person)
    odd = system.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=raw).out.strip()
    system.git("update-ref", "refs/heads/main", odd)
    assert day in system.fedlearn("log").out
    system.fedlearn("show", record.id, "--origin")
    system.fedlearn("verify", "--history")


# formats that libgit2 does not read


@pytest.mark.parametrize("kind", ["sha256", "partial"])
def test_git_reads_what_libgit2_cannot(world: World, kind: str) -> None:
    one = world.folder_system("one")
    one.git("init", "--quiet", *(["--object-format=sha256"] if kind == "sha256" else []))
    one.fedlearn("init")
    one.add("best-practices", practice("first"))
    one.commit()
    if kind == "partial":
        one.git("config", "remote.origin.promisor", "true")
    assert (
        "ok       objects          git itself reads them, because libgit2 cannot"
        in one.fedlearn("doctor").out
    )
    (record,) = one.records("best-practices")
    one.fedlearn("retract", record.id, "--reason", "wrong")
    one.commit()
    assert "learn" in one.fedlearn("log", record.id).out
    one.fedlearn("restore", record.id)
    one.fedlearn("verify", "--history")


def test_a_partial_clone_fetches_history_at_once(world: World) -> None:
    hub, one = world.bare("hub"), world.system("one")
    for number in range(12):
        one.add("best-practices", practice(f"lesson {number}"))
        one.commit()
    one.git("push", "--quiet", str(hub.path), "main")
    hub.git("config", "uploadpack.allowFilter", "true")
    hub.git("config", "uploadpack.allowAnySHA1InWant", "true")
    two = world.folder_system("two")
    two.git("clone", "--quiet", "--filter=blob:none", f"file://{hub.path}", ".")
    trace = world.folder / "trace"
    two.environment["GIT_TRACE2_EVENT"] = str(trace)
    whole = two.fedlearn("scan", "--history").out
    assert whole == one.fedlearn("scan", "--history").out
    fetches = [line for line in trace.read_text().splitlines() if '"start"' in line and '"fetch"' in line]
    assert len(fetches) == 1
