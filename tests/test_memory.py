"""Whole sets are read file by file: what is in memory at once is far less than the set."""

import gc
import tracemalloc
from collections.abc import Callable

import pytest
from systems import System, World, prepared

from git_fedlearn.console import words
from git_fedlearn.core.fast_join import Settled
from git_fedlearn.core.layout import ERROR_SOLUTIONS, MAX_LEVEL, distribute
from git_fedlearn.core.record import make_record
from git_fedlearn.repository.history import losses_by_set
from git_fedlearn.repository.own_lessons import find_own_changes
from git_fedlearn.repository.record_sets import RecordSets
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.trees import committed_tree, work_files

RECORDS = 600
BYTES = 4_000
"""Of one record."""


def lesson(number: int, score: float) -> bytes:
    text = f"{number} " * (BYTES // len(f"{number} "))
    return make_record({"error_message": f"fault {number}", "solution": text, "value_score": score}).line


@prepared
def large(system: System) -> None:
    """A committed set in about 256 files, of which some records have a higher score in the work tree."""
    sets = RecordSets(system.path, limit=4 * RECORDS * BYTES // 256)
    sets.join(ERROR_SOLUTIONS, [lesson(number, 0.5) for number in range(RECORDS)])
    system.git("add", "--all")
    system.git("commit", "--quiet", "--no-verify", "--message", "all")
    sets.join(ERROR_SOLUTIONS, [lesson(number, 0.9) for number in range(16)])
    assert len(sets.shards(ERROR_SOLUTIONS)) > 200


def holds_less(limit: float, run: Callable[[], object]) -> bool:
    """Whether a function holds less than some bytes at once, measured after a run that loads modules.

    What other threads of the test process allocate meanwhile counts, too: more is measured again.
    """
    run()
    return any(peak(run) < limit for _ in range(2))


def peak(run: Callable[[], object]) -> int:
    """The bytes that a function holds at most at once."""
    gc.collect()
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("command", ["verify", "report --terminal"])
def test_a_command_that_reads_every_record(large: System, command: str) -> None:
    assert holds_less(RECORDS * BYTES / 2, lambda: large.fedlearn(*command.split()))


def test_the_checks_of_a_merge(large: System) -> None:
    repository = Repository.discover(large.path, large.environment)
    head = repository.objects.find_commit("HEAD")
    assert head
    before = committed_tree(repository.objects, head)
    after = work_files(repository)
    assert holds_less(RECORDS * BYTES / 2, lambda: losses_by_set([before], after))
    assert holds_less(RECORDS * BYTES / 2, lambda: find_own_changes(repository, before, after))


def test_the_files_of_a_set_are_made_once() -> None:
    lines = sorted(lesson(number, 0.5) for number in range(RECORDS))
    size = sum(map(len, lines))
    assert distribute(Settled(lines, []), 0, size // 100, ())[0] == MAX_LEVEL
    assert holds_less(size * 1.5, lambda: distribute(Settled(lines, []), 0, size // 100, ()))


@pytest.mark.parametrize(
    "command", ["add error-solutions new.jsonl", "dataset export --format openai", "report --json"]
)
def test_a_command_that_needs_much_memory_says_so_first(
    world: World, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    system = world.system("one")
    system.write("new.jsonl", lesson(1, 0.5) + b"\n")
    system.add(
        "fine-tuning", {"prompt": "which port does the store use?", "completion": "6333, see its docs"}
    )
    assert "memory" not in system.fedlearn(*command.split()).err
    monkeypatch.setattr(words, "NOTED_MEMORY", 100)
    assert "note: this takes about 0.0 GB of memory\n" in system.fedlearn(*command.split()).err
