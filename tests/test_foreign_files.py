"""A repository of code that has a data/ of its own: its files are the user's and git's."""

import itertools
from pathlib import Path

import pytest
from systems import System, World

from git_fedlearn.core.layout import ATTRIBUTE_PATTERNS, FileKind, find_original, in_subtree, kind_of
from git_fedlearn.core.record import make_record

MAIL = "jane.roe" + "@" + "corp-mail.net"
OTHERS = {
    "data/table.csv": b"width,height\n1,2\n",
    "data/train/labels.jsonl": b'{"n":3,"label":"oak"}\n{"n":1,"label":"elm"}\n',
    "data/evals/results.jsonl": b'{"run":1,"score":0.5}\n',
    "data/metrics/monthly/2026-11.json": b'{\n  "month": "2026-11",\n  "runs": 4\n}\n',
    "data/patterns/own.jsonl": b'{"b":1}\n{"a":2}\n',
    "data/collections/notes.txt": b"words\n",
    "data/notes.md": f"write to {MAIL}\n".encode(),
    "data/model.bin": b"\0\1\2",
    "data/train/half.tmp": b"half\n",
}
PARTS = (
    ("data", "x/data", "src"),
    ("patterns", "collections", "fine-tuning", "telemetry/snapshots", "collections/snapshots", "outcomes"),
    ("", "skills-patterns", "notes", "sys-abcde23456", "dataset", "snapshots", "a/b"),
    (
        "skills-patterns.jsonl",
        "0.jsonl",
        "af.jsonl",
        "G.jsonl",
        "abc.jsonl",
        "dataset.jsonl",
        "n.json",
        "m.txt",
    ),
)


@pytest.fixture
def code(world: World) -> System:
    """A repository of code with other files under data/, set up with git-fedlearn."""
    one = world.repository("one")
    for path, data in OTHERS.items():
        one.write(path, data)
    one.git("add", "--all", "--force")
    one.git("commit", "--quiet", "--message", "code")
    return one


def test_init_says_what_it_takes_and_what_it_leaves(code: System) -> None:
    code.write("data/fine-tuning/dataset.jsonl", b'{"prompt":"p","completion":"c"}\n')
    before = {path: code.read(path) for path in OTHERS}
    done = code.fedlearn("init")
    assert (
        "uses      data/fine-tuning/dataset.jsonl (existing; from now on a data file of git-fedlearn)\n"
        "leaves    data/collections/notes.txt, data/evals/results.jsonl, data/metrics/monthly/2026-11.json,"
        " data/model.bin, data/notes.md, 4 more files (yours; git-fedlearn does not touch other files)\n"
    ) in done.out
    assert (
        "note: from now on, git refuses commits that add lines of another format to them\n"
        "hint: git fedlearn verify    (shows such lines; files that are something else: move away)\n"
    ) in done.err
    assert " data/README.md data/patterns/" in done.out.splitlines()[-2]
    assert {path: code.read(path) for path in OTHERS} == before
    assert "yours" not in code.fedlearn("init").out


def test_other_files_are_committed_pushed_and_repaired_around(code: System, world: World) -> None:
    code.fedlearn("init")
    code.commit("Set up git-fedlearn")
    for path, data in OTHERS.items():
        code.write(path, data + b"more\n")
    (code.path / "data/link.csv").symlink_to("table.csv")
    code.commit("more")
    assert code.git("status", "--short").out == ""
    hub = world.bare("hub")
    code.git("push", "--quiet", str(hub.path), "HEAD:refs/heads/main")
    code.fedlearn("verify", "--fix")
    code.fedlearn("sanitize")
    assert code.fedlearn("scan").out == "no findings in 5 files\n"
    assert {path: code.read(path) for path in OTHERS} == {
        path: data + b"more\n" for path, data in OTHERS.items()
    }


def test_other_files_do_not_count_as_changed(code: System) -> None:
    code.fedlearn("init")
    code.commit("Set up git-fedlearn")
    code.write("data/table.csv", b"half edited")
    code.write("data/new.csv", b"half edited")
    answer = code.fedlearn("status", "--json").json()
    assert next(item for item in answer["items"] if item["item"] == "uncommitted")["files"] == []


@pytest.mark.parametrize("rules", ["own", "broad"])
@pytest.mark.parametrize("path", ["data/train/labels.jsonl", "data/metrics/monthly/2026-11.json"])
def test_a_merge_of_other_files_is_that_of_git(code: System, path: str, rules: str) -> None:
    code.fedlearn("init")
    if rules == "broad":
        code.write("data/.gitattributes", b"* merge=fedlearn\n")
    lines = [b'{"line": %d}\n' % number for number in range(20)]
    code.write(path, b"".join(lines))
    code.commit("start")
    code.git("checkout", "--quiet", "-b", "topic")
    code.write(path, b"".join([b'{"line": "first"}\n', *lines[1:]]))
    code.commit("topic")
    code.git("checkout", "--quiet", "main")
    code.write(path, b"".join([*lines[:10], *lines[11:]]))
    code.commit("main")
    code.git("merge", "--quiet", "--no-edit", "topic")
    assert code.read(path) == b"".join([b'{"line": "first"}\n', *lines[1:10], *lines[11:]])
    code.git("checkout", "--quiet", "topic")
    code.write(path, b"".join([b'{"line": "second"}\n', *lines[1:]]))
    code.commit("second")
    code.git("checkout", "--quiet", "main")
    code.write(path, b'{"line": "third"}\n' + b"".join(lines[1:]))
    code.commit("third")
    assert code.git("merge", "--no-edit", "topic", check=False).code == 1
    assert code.git("ls-files", "--unmerged").out.count("\n") == 3
    merged = code.read(path)
    assert merged.startswith(b"<<<<<<< ")
    assert merged.count(b"\n") == 20 - 1 + 2 + 3
    done = code.fedlearn("resolve", code=1)
    assert f"{path}: not a record set or snapshot; resolve it by hand\n" in done.out
    assert code.read(path) == merged


@pytest.mark.parametrize(
    "content",
    [b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 7\n", b"\0GITCRYPT\0%s"],
    ids=["pointer", "git-crypt"],
)
def test_a_set_of_foreign_content_conflicts_and_is_left_alone(world: World, content: bytes) -> None:
    one = world.system("one")
    path = "data/patterns/best-practices.jsonl"
    for branch, mark in (("start", b"00"), ("topic", b"1"), ("main", b"2")):
        one.git("checkout", "--quiet", "-B", branch, *(["start"] * (branch != "start")))
        one.write(path, content % (mark * 64))
        one.git("add", path)
        one.git("commit", "--quiet", "--no-verify", "--message", branch)
    done = one.git("merge", "--no-edit", "topic", check=False)
    assert done.code == 1
    assert f"note: {path}: " in done.err + done.out
    assert one.git("ls-files", "--unmerged").out.count("\n") == 3
    one.git("checkout", "--ours", "--", path)
    assert one.read(path) == content % (b"2" * 64)
    refused = one.fedlearn("add", "best-practices", "-", stdin=b'{"title":"a"}\n', code=3)
    assert "not JSON lines" in refused.err
    out = one.fedlearn("verify", "--fix", code=1).out
    assert f"{path}: " in out
    assert "not JSON lines" in out
    assert one.read(path) == content % (b"2" * 64)


def test_rules_name_the_layout_and_nothing_else(world: World) -> None:
    one = world.system("one")
    paths = {"/".join(filter(None, parts)) for parts in itertools.product(*PARTS)} | OTHERS.keys()
    paths |= {"data/metrics/monthly/sys-abcde23456/2026-11.json", "data/README.md"}
    found = one.git("check-attr", "-z", "--stdin", "merge", stdin="\0".join(sorted(paths)).encode()).out
    fields = found.split("\0")
    ruled = {path for path, value in zip(fields[::3], fields[2::3], strict=False) if value == "fedlearn"}
    ours = {path for path in paths if kind_of(path) is not FileKind.OTHER}
    assert len(ours) > 20
    assert all(path.startswith("data/collections/snapshots") for path in ruled - ours)
    assert ours <= ruled
    assert not any("**" in pattern for pattern in ATTRIBUTE_PATTERNS)


@pytest.mark.parametrize("folder", ["knowledge", "a/data/b", "data"])
def test_a_subtree_is_joined_by_the_rules_it_brings(world: World, folder: str) -> None:
    one = world.repository("mono")
    inner = world.system("lessons")
    path = f"{folder}/data/patterns/best-practices.jsonl"
    one.fedlearn("install")
    one.write(f"{folder}/.gitattributes", inner.read(".gitattributes"))
    one.write(path, b"")
    one.commit("start")
    sides = [make_record({"title": name}).line + b"\n" for name in ("main", "topic")]
    one.git("branch", "topic")
    for branch, data in zip(("main", "topic"), sides, strict=True):
        one.git("checkout", "--quiet", branch)
        one.write(path, data)
        one.commit(branch)
    one.git("merge", "--quiet", "--no-edit", "main")
    assert one.read(path) == b"".join(sorted(sides))
    assert in_subtree(path) == "data/patterns/best-practices.jsonl"


@pytest.mark.parametrize(
    ("copy", "original"),
    [
        ("data/patterns/best-practices.sync-conflict-20260304-120000-ABCDEFG.jsonl", "best-practices.jsonl"),
        ("data/patterns/best-practices (conflicted copy 2026-03-04).jsonl", "best-practices.jsonl"),
        ("data/patterns/best-practices (Ann's conflicted copy 2026-03-04).jsonl", "best-practices.jsonl"),
        ("data/patterns/best-practices (conflicted copy 2026-03-04 120000).jsonl", "best-practices.jsonl"),
        ("data/patterns/best-practices (SFConflict ann 2026-03-04-12-00-00).jsonl", "best-practices.jsonl"),
        ("data/patterns/best-practices (Case Conflict).jsonl", "best-practices.jsonl"),
        ("data/patterns/best-practices_conflict-20260304-120000.jsonl", "best-practices.jsonl"),
        ("data/patterns/best-practices (1).jsonl", "best-practices.jsonl"),
        ("data/patterns/best-practices.jsonl.orig", "best-practices.jsonl"),
        ("data/collections/notes.sync-conflict-20260304-120000-ABCDEFG.jsonl", "notes.jsonl"),
        ("data/patterns/error-solutions/0f (conflicted copy 2026-03-04).jsonl", "0f.jsonl"),
        ("data/metrics/monthly/sys-a/2026-11.sync-conflict-20260304-120000-ABCDEFG.json", "2026-11.json"),
        ("data/collections/merge-conflicts.jsonl", None),
        ("data/collections/conflict.jsonl", None),
        ("data/train/labels.sync-conflict-20260304-120000-ABCDEFG.jsonl", None),
        ("data/patterns/own (conflicted copy 2026-03-04).jsonl", None),
        ("data/patterns/best-practices.jsonl", None),
    ],
)
def test_copies_of_file_synchronizers_are_told_by_their_names(copy: str, original: str | None) -> None:
    found = find_original(copy)
    assert found == (str(Path(copy).parent / original) if original else None)
    if original:
        assert kind_of(copy) is FileKind.OTHER
