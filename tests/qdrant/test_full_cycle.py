"""Learn, export, push, reinstall, import: the same search finds the same lessons, also after kills."""

import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from coordinator_store import answers, contents, fill
from systems import System, World

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.identity import is_metadata_key
from git_fedlearn.qdrant.store import PointId

NOUNS = "socket disk kernel container certificate token cache queue index vector".split()
VERBS = "fails stalls overflows expires refuses leaks restarts blocks disappears corrupts".split()


def payloads(number: int) -> dict[PointId, JsonObject]:
    """Lessons under every kind of id, with every kind of value."""
    made: dict[PointId, JsonObject] = {}
    for n in range(number):
        kinds: list[PointId] = [n, 2**64 - 1 - n, str(uuid.UUID(int=2**100 + n))]
        sign = chr(0x4E00 + n // 100)
        made[kinds[n % 3]] = {
            "error_message": f"the {NOUNS[n % 10]} {VERBS[n // 10 % 10]} größer 🦙 case{sign}",
            "solution": f"{NOUNS[n // 10 % 10]} first, then {NOUNS[n % 10]} number {n}",
            "nested": {"null": None, "list": [n, 2**64 - 1, -(2**63), 0.5, {"deep": []}]},
            "beyond": [2.0**64, -1e19, 1.5e300],
            "access_count": n,
        }
    return made


QUESTIONS = [f"{noun} {verb}" for noun, verb in zip(NOUNS, VERBS, strict=True)]


@pytest.mark.parametrize("number", [240, pytest.param(25_000, marks=pytest.mark.soak)])
def test_the_same_search_finds_the_same_lessons_after_a_reinstall(world: World, number: int) -> None:
    origin = world.bare("origin.git")
    one = world.system("one")
    fill(one, "error-solutions", payloads(number))
    before = [answers(one, "error-solutions", question) for question in QUESTIONS]
    assert f"{number} lessons added; {number} points read" in one.fedlearn("export").out
    searched = found_by_search(one)
    one.commit("export")
    one.git("push", "--quiet", str(origin.path), "main")
    two = world.clone(origin, "two")
    assert f"error-solutions: {number} added" in two.fedlearn("import").out
    assert [answers(two, "error-solutions", question) for question in QUESTIONS] == before
    assert found_by_search(two) == searched
    found = contents(two, "error-solutions")
    assert {
        point: {k: v for k, v in found[point].items() if not is_metadata_key(k)} for point in found
    } == payloads(number)
    assert f"nothing new ({number} points)" in two.fedlearn("import").out
    assert two.git("status", "--porcelain").out == ""
    assert f"nothing new ({number} already known); {number} points read" in two.fedlearn("export").out


def found_by_search(system: System) -> list[list[str]]:
    """The ids that `search` finds for the first questions, in order."""
    asked = [system.fedlearn("search", question, "--json").json()["hits"] for question in QUESTIONS[:2]]
    return [[hit["id"] for hit in hits] for hits in asked]


_KILLED = """
import os, signal, sys
from pathlib import Path
from git_fedlearn.cli import main
from git_fedlearn.qdrant import embedded
left = int(sys.argv[1])
original = embedded.EdgeCollection.upsert
def upsert(self, points):
    global left
    original(self, points)
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
embedded.EdgeCollection.upsert = upsert
sys.argv = ["git-fedlearn", "import", "notes"]
main()
"""


@pytest.mark.parametrize("batches", [1, 3])
def test_an_import_that_is_killed_goes_on_where_it_was(system: System, batches: int) -> None:
    system.add("collections/notes", *({"text": f"note number {n}"} for n in range(450)))
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(batches)], cwd=system.path, env=system.environment, check=False
    )
    assert done.returncode == -signal.SIGKILL
    answer = system.fedlearn("import", "notes", "--json").json()["collections"][0]
    assert (answer["added"], answer["present"]) == (450 - batches * 100, batches * 100)
    assert len(contents(system, "notes")) == 450


_KILLED_EXPORT = """
import os, signal, sys
from git_fedlearn.cli import main
from git_fedlearn.qdrant import export
export.write_snapshot = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
sys.argv = ["git-fedlearn", "export", "notes"]
main()
"""


def test_an_export_that_is_killed_is_repeated(system: System) -> None:
    fill(system, "notes", payloads(30))
    done = subprocess.run(
        [sys.executable, "-c", _KILLED_EXPORT], cwd=system.path, env=system.environment, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert "nothing new (30 already known); 30 points read" in system.fedlearn("export", "notes").out
    assert len(system.records("collections/notes")) == 30
    assert system.fedlearn("verify").code == 0


@pytest.mark.parametrize(("limit", "verb"), [(100_000, "search"), (100_000, "import"), (3000, "export")])
def test_a_full_disk_is_an_error_and_all_is_there_afterwards(system: System, limit: int, verb: str) -> None:
    """By a limit on the size of files, which fails a write as a full disk does."""
    system.add(
        "error-solutions",
        *({"error_message": f"the pump e{n}x reports no pressure", "solution": "s" * 90} for n in range(30)),
    )
    if verb == "export":
        fill(system, "error-solutions", payloads(30))
    before = system.git("status", "--porcelain", "--untracked-files=all").out
    arguments = (
        ["search", "the pump e1x reports no pressure"] if verb == "search" else [verb, "error-solutions"]
    )
    program = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        f"from git_fedlearn.cli import main\nsys.argv = ['x', *{arguments!r}]\nmain()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=system.path,
        env=system.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("error: ")
    assert "bug" not in done.stderr
    assert "\nhint: " in done.stderr, done.stderr
    assert system.git("status", "--porcelain", "--untracked-files=all").out == before
    assert system.fedlearn(*arguments).out


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A file system of its own at a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder), capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a disk that is nearly full was not tried: no tmpfs can be mounted here")
    try:
        yield
    finally:
        subprocess.run(("umount", folder), check=True)


def test_a_disk_that_is_nearly_full_is_noticed_before_the_engine_would_be_killed(system: System) -> None:
    system.add("error-solutions", {"error_message": "disk full", "solution": "empty the store"})
    store, index = (system.path / ".git/fedlearn" / name for name in ("qdrant", "index"))
    with small_disk(store, "20m"), small_disk(index, "20m"):
        for verb, folder in (("import", f"{store}/.new/best-practices"), ("search", f"{index}/shard")):
            assert system.fedlearn(verb, *(["disk"] * (verb == "search")), code=3).err == (
                f"error: {folder}: 20 MB free on this disk, 48 MB needed\n"
                "hint: free space, then run it again; nothing is lost\n"
            )
    assert system.fedlearn("search", "disk full").out


def test_a_clone_that_is_mounted_read_only_is_searched_by_an_index_in_the_cache(system: System) -> None:
    system.add("error-solutions", {"error_message": "disk full", "solution": "empty the store"})
    shutil.rmtree(system.path / ".git/fedlearn")
    with small_disk(system.path / ".git/fedlearn", "1m,ro"):
        assert "empty the store" in system.fedlearn("search", "disk full").out
        assert system.fedlearn("import", "error-solutions", code=3).err == (
            f"error: {system.path}/.git/fedlearn/qdrant: cannot be locked: Read-only file system\n"
            "hint: free space or fix permissions\n"
        )
    assert [*(Path(system.environment["HOME"]) / ".cache/git-fedlearn").glob("*/index/state.json")]
