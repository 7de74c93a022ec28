"""The two readers of objects give the same answers, in every repository that both can read."""

import hashlib
import os
import random
import signal
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from systems import EPOCH, System, World

from git_fedlearn.errors import GitError
from git_fedlearn.repository.git import Git
from git_fedlearn.repository.git_objects import GitObjects
from git_fedlearn.repository.libgit_objects import LibgitObjects
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.repository import Repository

READERS = ["libgit2", "git"]
NAMES = [
    "README.md",
    "data/a.jsonl",
    "data/b/c.jsonl",
    "data/b/d/é ü.jsonl",
    "data/b/d/e/f/g.jsonl",
    "data.x",
]


def reader_of(kind: str, system: System) -> Objects:
    repository = Repository.discover(system.path, system.environment)
    if kind == "git":
        return GitObjects(repository.git, repository.common_dir)
    return LibgitObjects(repository.git_dir, repository.environment)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> System:
    """Forty commits with merges, modes, links, a submodule, tags, a peer's branch and no data/ at first."""
    system = World(tmp_path_factory.mktemp("objects")).repository("one")
    chance = random.Random(7)  # noqa: S311  a seed makes a history
    stream = b""
    for number in range(40):
        stream += f"commit refs/heads/main\nmark :{number + 1}\n".encode()
        stream += f"author Zoë <z@example.org> {EPOCH} +0530\n".encode()
        stream += f"committer A <a@example.org> {EPOCH + number * 40_000} -0330\n".encode()
        text = f"\nsubject {number}\n\nbödy\n".encode()
        stream += b"data %d\n%s\n" % (len(text), text)
        if number:
            stream += f"from :{number}\n".encode()
            if number > 9 and chance.random() < 0.3:
                stream += f"merge :{chance.randint(1, number - 1)}\n".encode()
        for name in chance.sample(NAMES, 2 if number else 1):
            mode = chance.choice(["100644", "100644", "100755", "120000"])
            if chance.random() < 0.2:
                stream += f'D "{name}"\n'.encode()
            else:
                stream += f'M {mode} inline "{name}"\ndata 9\nrandom {chance.randint(0, 9)}\n\n'.encode()
        if number == 20:
            stream += b"M 160000 %s data/module\n" % (b"1" * 40)
    system.git("fast-import", "--quiet", stdin=stream)
    system.git("tag", "--annotate", "--message", "a tag", "v1", "HEAD~3")
    system.git("tag", "blob", "HEAD:data/b/c.jsonl", check=False)
    system.git("update-ref", "refs/fedlearn/peer/main", "HEAD~2")
    system.git("branch", "side", "HEAD~1")
    return system


@pytest.fixture
def both(history: System) -> Iterator[tuple[Objects, Objects]]:
    readers = tuple(reader_of(kind, history) for kind in READERS)
    yield readers[0], readers[1]
    for reader in readers:
        reader.close()


def revisions(system: System, *arguments: str) -> list[Oid]:
    return [Oid(line) for line in system.git("rev-list", *arguments).out.split()]


def test_revisions_and_tips(history: System, both: tuple[Objects, Objects]) -> None:
    names = [
        *(
            "HEAD",
            "main",
            "v1",
            "HEAD~5",
            "v1^{commit}",
            "main@{0}",
            "nothing",
            "",
            "HEAD:data",
            ":/subject 7",
        ),
        *("0" * 40, "1" * 40, "0" * 64, "a b", "HEAD\nHEAD", "-", "--all", "main~99", "blob", "é"),
        *(history.git("rev-parse", "main").out.strip()[:length] for length in (3, 7, 12)),
    ]
    libgit, git = ([reader.find_commit(name) for name in names] for reader in both)
    assert dict(zip(names, git, strict=True)) == dict(zip(names, libgit, strict=True))
    assert git[0] != git[2]
    assert git[6] is None
    assert both[0].all_tips() == both[1].all_tips()
    assert both[0].own_tips() == both[1].own_tips() != both[1].all_tips()


def test_commits(history: System, both: tuple[Objects, Objects]) -> None:
    for commit in revisions(history, "--all"):
        assert both[0].parents(commit) == both[1].parents(commit)
        assert both[0].facts(commit) == both[1].facts(commit)
    assert both[1].facts(revisions(history, "main")[0]).author == "Zoë"


def test_trees(history: System, both: tuple[Objects, Objects]) -> None:
    libgit, git = both
    commits = revisions(history, "--all")
    seen = (set[Oid](), set[Oid]())
    for commit in commits:
        for folder in ("data", "data/b", "data/b/d/e", "data.x", "README.md", "nothing", "data/module"):
            assert libgit.files(commit, folder) == git.files(commit, folder)
        assert libgit.tree_oid(commit, "data") == git.tree_oid(commit, "data")
        assert libgit.blobs_at(commit, NAMES) == git.blobs_at(commit, NAMES)
        found = [
            {*reader.fresh_entries(commit, "data", names)} for reader, names in zip(both, seen, strict=True)
        ]
        assert found[0] == found[1]
        for depth in (1, 2, 9):
            shallow = [reader.some_files(commit, "data", depth=depth, most=99) for reader in both]
            assert shallow[0] == shallow[1]
    assert seen[0] == seen[1]
    for old, new in [*pairwise(commits), (None, commits[0])]:
        assert libgit.changed_files(old, new, "data") == git.changed_files(old, new, "data")
    for reader in both:
        with pytest.raises(GitError, match="more than 1 entries"):
            reader.some_files(commits[0], "data", depth=9, most=1)


def test_walks(history: System, both: tuple[Objects, Objects]) -> None:
    tips, without = revisions(history, "-1", "main"), revisions(history, "-1", "main~20")
    for reader in both:
        assert list(reader.walk([])) == []
        for hidden in ([], without):
            children_first = list(reader.walk(tips, without=hidden))
            parents_first = list(reader.walk(tips, without=hidden, oldest_first=True))
            expected = revisions(history, *tips, *(f"^{oid}" for oid in hidden))
            assert sorted(children_first) == sorted(parents_first) == sorted(expected)
            for order in (children_first, parents_first[::-1]):
                place = {commit: number for number, commit in enumerate(order)}
                assert all(
                    place[parent] > place[commit]
                    for commit in order
                    for parent in reader.parents(commit)
                    if parent in place
                )
        assert next(reader.walk(tips)) == tips[0]


def test_blobs(history: System, both: tuple[Objects, Objects]) -> None:
    (tip,) = revisions(history, "-1", "main")
    entries = both[0].files(tip, "data").values()
    for entry in entries:
        has = [reader.has(entry.oid) for reader in both]
        assert has[0] == has[1] == (entry.mode != 0o160000)
        if has[0]:
            assert both[0].read(entry.oid) == both[1].read(entry.oid)
            assert both[0].size(entry.oid) == both[1].size(entry.oid) == len(both[1].read(entry.oid))
    for reader in both:
        for missing in ("0" * 40, "1" * 40):
            assert not reader.has(Oid(missing))
            for call in (reader.read, reader.size):
                with pytest.raises(GitError, match=f"object {missing} is missing"):
                    call(Oid(missing))
        with pytest.raises(GitError, match="is not a blob"):
            reader.read(tip)
        assert reader.find_commit("HEAD") == tip
    names = ["HEAD", "v1", "blob", "HEAD:data", "HEAD:data/b", "HEAD:data.x", "1" * 40]
    oids = [history.git("rev-parse", name, check=False).out.strip() for name in names]
    libgit, git = ([sorted(reader.files_without_commit(oid)) for oid in oids] for reader in both)
    assert git == libgit


def test_ancestors(history: System, both: tuple[Objects, Objects]) -> None:
    chosen = revisions(history, "--all")[::6]
    for newer in chosen:
        for older in (*chosen, "v1", "1" * 40, "nothing"):
            assert both[0].is_ancestor(older, newer) == both[1].is_ancestor(older, newer)


def test_writing(history: System, both: tuple[Objects, Objects]) -> None:
    data = b"one\r\nline\n\x00"
    (blob,) = {reader.write_blob(data) for reader in both}
    assert both[1].read(blob) == data
    modes = set[int]()
    for tip in revisions(history, "main")[:20:9]:
        here = both[0].files(tip, "data").items()
        files = {path: blob for path, entry in here if entry.is_file}
        files |= {"data/new/x.jsonl": blob, "data/zz.jsonl": blob, "top": blob}
        (tree,) = {reader.write_tree(tip, files) for reader in both}
        modes |= {int(line[:6], 8) for line in history.git("ls-tree", "-r", tree).out.splitlines()}
        assert history.git("show", f"{tree}:data/new/x.jsonl").out.encode() == data
        wrong = {
            "data": "data: not a regular file",
            **{f"{path}/x": f"{path}: not a folder" for path, _ in here},
        }
        for reader in both:
            for path, error in wrong.items():
                with pytest.raises(GitError, match=error):
                    reader.write_tree(tip, {path: blob})
    assert modes == {0o100644, 0o100755, 0o120000, 0o160000}


@pytest.mark.parametrize("kind", READERS)
def test_a_disk_that_takes_nothing_is_an_error_of_git(world: World, kind: str) -> None:
    system = world.repository("full")
    system.write("data/a", b"0")
    system.commit()
    reader = reader_of(kind, system)
    blob = reader.write_blob(b"fits")
    for number in range(256):
        folder = system.path / ".git" / "objects" / f"{number:02x}"
        if not folder.exists():
            folder.write_bytes(b"")
    full = [number for number in range(256) if (system.path / ".git" / "objects" / f"{number:02x}").is_file()]
    data = next(data for data in map(str.encode, map(str, range(999))) if int(_blob_id(data)[:2], 16) in full)
    with pytest.raises(GitError), closing(reader):
        reader.write_blob(data)
    reader = reader_of(kind, system)
    names = {str(number): blob for number in range(8)}
    with pytest.raises(GitError), closing(reader):
        reader.write_tree(None, names)


def _blob_id(data: bytes) -> str:
    """https://git-scm.com/book/en/v2/Git-Internals-Git-Objects."""
    return hashlib.sha1(b"blob %d\0%s" % (len(data), data), usedforsecurity=False).hexdigest()


def test_new_objects_and_refs_are_seen(world: World) -> None:
    system = world.repository("one")
    readers = [reader_of(kind, system) for kind in READERS]
    assert [reader.find_commit("HEAD") for reader in readers] == [None, None]
    for number in range(3):
        system.write("data/a", str(number).encode())
        tip = system.commit()
        for reader in readers:
            assert reader.find_commit("HEAD") == tip
            assert [reader.read(entry.oid) for entry in reader.files(Oid(tip), "data").values()] == [
                str(number).encode()
            ]
        system.git("gc", "--quiet", "--prune=now")


@pytest.mark.parametrize("kind", READERS)
def test_a_shallow_clone_ends_at_its_boundary(history: System, world: World, kind: str) -> None:
    clone = System(world.folder / "clone", world.home)
    history.git("clone", "--quiet", "--depth=3", "--no-checkout", f"file://{history.path}", str(clone.path))
    reader = reader_of(kind, clone)
    here = revisions(clone, "main")
    assert sorted(reader.walk([here[0]])) == sorted(here)
    assert [oid for oid in here if not reader.parents(oid)] != []
    assert all(parent in here for oid in here for parent in reader.parents(oid))
    clone.git("fetch", "--quiet", "--unshallow")
    assert sorted(reader_of(kind, clone).walk([here[0]])) == sorted(revisions(history, "main"))


def test_replaced_objects_are_read_as_they_are_pushed(world: World) -> None:
    system = world.repository("one")
    system.write("data/a", b"pushed")
    tip = Oid(system.commit())
    old, new = (
        system.git("hash-object", "-w", "--stdin", stdin=data).out.strip() for data in (b"pushed", b"x")
    )
    system.git("replace", old, new)
    assert {reader_of(kind, system).read(Oid(old)) for kind in READERS} == {b"pushed"}
    assert {*reader_of("git", system).files(tip, "data")} == {"data/a"}


def test_processes_end_with_their_reader(history: System) -> None:
    """Also after an interruption, after git ended on its own, and in a fork."""
    before = children()
    reader = GitObjects(Git(history.path, history.environment), history.path / ".git")
    assert children() == before
    tip = reader.find_commit("HEAD")
    assert tip is not None
    assert reader.parents(tip)
    first = children() - before
    assert len(first) == 2
    if os.fork() == 0:
        reader.close()
        os._exit(0)
    os.wait()
    for process in first:
        os.kill(process, signal.SIGKILL)
    with pytest.raises(GitError, match=f"object {'2' * 40} is missing: git cat-file failed"):
        reader.read(Oid("2" * 40))
    with pytest.raises(GitError, match="git cat-file failed"):
        reader.find_commit("HEAD")
    assert reader.find_commit("HEAD") == tip
    next(iter(reader.walk([tip])))
    assert children() - first - before != set()
    reader.close()
    assert children() <= before
    assert reader.find_commit("HEAD") == tip
    del reader
    assert children() <= before


def children() -> set[int]:
    """The processes that this one started and that have not been waited for."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            number, _, rest = stat.read_text().partition(" ")
        except OSError:
            continue
        if int(rest.rpartition(")")[2].split()[1]) == os.getpid():
            found.add(int(number))
    return found


@pytest.mark.parametrize("damage", ["empty", "gone"])
@pytest.mark.parametrize("revision", ["HEAD~1", "HEAD:", "HEAD:data", "HEAD:data/a.jsonl"])
@pytest.mark.parametrize("kind", READERS)
def test_a_damaged_object_is_an_error_that_leads_to_fsck(
    world: World, kind: str, revision: str, damage: str
) -> None:
    """As after a power failure: the file of an object is there, and empty."""
    one = world.repository("one")
    for text in (b"1\n", b"2\n"):
        one.write("data/a.jsonl", text)
        one.commit()
    head, found = (one.git("rev-parse", name).out.strip() for name in ("HEAD", revision))
    path = one.path / ".git/objects" / found[:2] / found[2:]
    path.unlink()
    if damage == "empty":
        path.touch()
    with closing(reader_of(kind, one)) as objects, pytest.raises(GitError) as raised:
        read_all(objects, Oid(head))
    assert raised.value.hint == "git fsck" or "git rev-list failed: " in raised.value.message


def read_all(objects: Objects, head: Oid) -> list[bytes]:
    trees = [objects.files(commit, "data") for commit in objects.walk([head])]
    return [objects.read(entry.oid) for tree in trees for entry in tree.values()]
