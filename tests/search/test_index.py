"""The search index follows the record sets, embedding only what changed."""

import json
import shutil
from collections.abc import Sequence
from typing import Any

import pytest
from qdrant.holder import held_elsewhere
from systems import System
from xxhash import xxh3_64_hexdigest

from git_fedlearn.core.layout import SKILLS_PATTERNS
from git_fedlearn.core.record import make_record
from git_fedlearn.errors import LockedError
from git_fedlearn.repository.record_sets import RecordSets
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import INDEX
from git_fedlearn.search.embedders.base import Vector
from git_fedlearn.search.embedders.wordllama import WordLlamaEmbedder
from git_fedlearn.search.index import Refreshed, open_index
from git_fedlearn.search.search import Query, find_lessons


class Counting:
    """The offline model, counting the texts it embeds."""

    name = "counting"

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._model = WordLlamaEmbedder()

    def embed(self, texts: Sequence[str]) -> list[Vector | None]:
        self.texts += texts
        return self._model.embed(texts)


class Backwards(Counting):
    """Another model of the same name and size."""

    def embed(self, texts: Sequence[str]) -> list[Vector | None]:
        return [vector and vector[::-1] for vector in super().embed(texts)]


LESSONS = [
    {"error_message": "permission denied opening the lock file", "solution": "move the lock file to /tmp"},
    {"error_message": "port 6333 is already in use", "solution": "stop the other vector database"},
    {"query": "how do I pin a nix channel", "response": "use a flake with a lock file"},
]


@pytest.fixture
def learned(system: System) -> System:
    learn(system, "error-solutions", *LESSONS[:2])
    learn(system, "skills-patterns", LESSONS[2])
    return system


def repository_of(system: System) -> Repository:
    return Repository.discover(system.path, system.environment)


def learn(system: System, name: str, *records: dict[str, Any]) -> None:
    """Add records and leave the index as it was, as a pull does; `add` alone would refresh it."""
    index = repository_of(system).state.path(INDEX)
    kept = index.with_name("kept-index")
    if index.exists():
        index.rename(kept)
    system.add(name, *records)
    shutil.rmtree(index, ignore_errors=True)
    if kept.exists():
        kept.rename(index)


def refresh(system: System, model: Counting) -> Refreshed:
    repository = repository_of(system)
    with open_index(repository.state.path(INDEX), model) as index:
        return index.refresh(repository)


def held(system: System, model: Counting) -> int:
    with open_index(repository_of(system).state.path(INDEX), model) as index:
        return index.shard.count()


def test_only_what_changed_is_embedded(learned: System) -> None:
    model = Counting()
    assert refresh(learned, model) == Refreshed(embedded=3, updated=0, dropped=0)
    assert refresh(learned, model) == Refreshed(embedded=0, updated=0, dropped=0)
    model.texts.clear()
    learn(learned, "error-solutions", {"error_message": "disk full", "solution": "empty the store"})
    assert refresh(learned, model) == Refreshed(embedded=1, updated=0, dropped=0)
    assert [text for text in model.texts if "disk full" in text] == ["disk full\nempty the store"]
    assert held(learned, model) == 4


def test_many_lessons_at_once_are_arranged_and_stay_up_to_date(learned: System) -> None:
    names = [f"{number:03}".translate(str.maketrans("0123456789", "klmnopqrst")) for number in range(1_000)]
    many = [{"error_message": f"cannot load the table {name}", "solution": "retry"} for name in names]
    learn(learned, "error-solutions", *many)
    model = Counting()
    assert refresh(learned, model).embedded == 1_003
    learn(learned, "error-solutions", {"error_message": "the alpaca hums", "solution": "shear it"})
    assert refresh(learned, model) == Refreshed(embedded=1, updated=0, dropped=0)
    assert held(learned, model) == 1_004
    for question in ("the alpaca hums", "permission denied opening the lock file"):
        assert question in str(find_lessons(repository_of(learned), Query(question, 1))[0].fields)


def test_a_raised_score_is_updated_without_embedding(learned: System) -> None:
    model = Counting()
    refresh(learned, model)
    model.texts.clear()
    learn(learned, "error-solutions", {**LESSONS[0], "value_score": 0.9})
    assert refresh(learned, model) == Refreshed(embedded=0, updated=1, dropped=0)
    assert not [text for text in model.texts if "lock" in text]
    assert find_lessons(repository_of(learned), Query("lock file", 1))[0].claimed == 0.9


def test_a_retracted_lesson_is_not_found(learned: System) -> None:
    model = Counting()
    refresh(learned, model)
    lesson = next(one for one in learned.records("error-solutions") if "port" in str(one.fields))
    learned.fedlearn("retract", lesson.id, "--reason", "wrong")
    assert refresh(learned, model) == Refreshed(embedded=0, updated=0, dropped=1)
    assert lesson.id not in {hit.id for hit in find_lessons(repository_of(learned), Query("port in use"))}


def test_a_set_that_went_away_is_dropped(learned: System) -> None:
    model = Counting()
    learn(learned, "collections/notes", {"text": "a note about llamas"})
    assert refresh(learned, model).embedded == 4
    (learned.path / "data/collections/notes.jsonl").unlink()
    assert refresh(learned, model) == Refreshed(embedded=0, updated=0, dropped=1)


def indexed(system: System, model: Counting) -> set[str]:
    """The digests of the lines of `skills-patterns` in the index."""
    with open_index(repository_of(system).state.path(INDEX), model) as index:
        return {*index.shard.known(SKILLS_PATTERNS, "")}


def test_an_index_follows_records_from_file_to_file(system: System) -> None:
    root = system.path / "data/patterns/skills-patterns.jsonl"
    shard = root.with_suffix("").joinpath
    lines = [make_record({"query": f"how to knit {n}", "response": "with wool"}).line for n in range(60)]
    sets, model = RecordSets(system.path, 2_000), Counting()

    def embedded() -> int:
        found = refresh(system, model).embedded
        assert indexed(system, model) == {*map(xxh3_64_hexdigest, sets.read_lines(SKILLS_PATTERNS))}
        return found

    sets.join(SKILLS_PATTERNS, lines[:40])
    assert sets.level(SKILLS_PATTERNS) == 1
    assert embedded() == 40
    sets.join(SKILLS_PATTERNS, lines[40:41])
    assert embedded() == 1
    strayed, other = lines[0], "1.jsonl" if lines[0][8:9] != b"1" else "2.jsonl"
    home, away = shard(f"{strayed[8:9].decode()}.jsonl"), shard(other)
    for path in (away, home):  # first in both files, then in the wrong one alone
        here = {*path.read_bytes().splitlines()} ^ {strayed}
        path.write_bytes(b"".join(line + b"\n" for line in sorted(here)))
        assert embedded() == 0
    assert strayed in sets.read_lines(SKILLS_PATTERNS)
    sets.join(SKILLS_PATTERNS, lines[41:42])
    assert embedded() == 1
    away.write_bytes(b"".join(line + b"\n" for line in away.read_bytes().splitlines() if line != strayed))
    assert embedded() == 0
    assert strayed not in sets.read_lines(SKILLS_PATTERNS)
    root.write_bytes(strayed + b"\n" + lines[42] + b"\n")
    assert embedded() == 2
    sets.join(SKILLS_PATTERNS, ())
    assert embedded() == 0
    RecordSets(system.path, 300).join(SKILLS_PATTERNS, lines)
    assert sets.level(SKILLS_PATTERNS) == 2
    assert embedded() == 17
    shutil.rmtree(shard())
    root.write_bytes(b"".join(line + b"\n" for line in lines[:3]))
    assert embedded() == 0
    root.write_bytes(b"")
    shard().mkdir()
    shard(f"{lines[3][8:9].decode()}.jsonl").write_bytes(lines[3] + b"\n")
    assert embedded() == 1


def test_another_model_builds_the_index_again(learned: System) -> None:
    refresh(learned, Counting())
    assert refresh(learned, Backwards()) == Refreshed(embedded=3, updated=0, dropped=0)


def test_a_query_whose_words_leave_no_doubt_needs_no_model(learned: System) -> None:
    model = Counting()
    refresh(learned, model)
    model.texts.clear()
    error = "segmentation fault in worker process while flushing buffers"
    learn(learned, "error-solutions", {"error_message": error, "solution": "update the driver"})
    refresh(learned, model)
    model.texts.clear()
    hits = find_lessons(repository_of(learned), Query(error), embedder=model)
    assert hits[0].fields["error_message"] == error
    assert model.texts == []
    assert find_lessons(repository_of(learned), Query("who locked it"), embedder=model)
    assert "who locked it" in model.texts


def test_vectors_of_another_model_are_not_compared(learned: System) -> None:
    refresh(learned, Counting())
    model = Backwards()
    assert find_lessons(repository_of(learned), Query("port 6333 taken"), embedder=model)
    assert len([text for text in model.texts if "port" in text]) == 2


@pytest.mark.parametrize("damage", ["state.json", "shard/edge_config.json"])
def test_a_damaged_index_is_built_again(learned: System, damage: str) -> None:
    refresh(learned, Counting())
    (repository_of(learned).state.path(INDEX) / damage).write_bytes(b"{")
    assert refresh(learned, Counting()).embedded == 3
    assert held(learned, Counting()) == 3


def test_a_second_process_is_told_who_holds_the_index(learned: System) -> None:
    folder = repository_of(learned).state.path(INDEX)
    with (
        held_elsewhere(folder) as pid,
        pytest.raises(LockedError, match=rf"git fedlearn import \(pid {pid}\)"),
        open_index(folder, Counting(), timeout=0.05),
    ):
        pass


def test_a_refresh_killed_before_its_state_was_written_is_repeated(learned: System) -> None:
    model = Counting()
    refresh(learned, model)
    state = repository_of(learned).state.path(INDEX) / "state.json"
    facts = json.loads(state.read_bytes())
    state.write_text(json.dumps({**facts, "files": {}}))
    assert refresh(learned, model) == Refreshed(embedded=0, updated=0, dropped=0)
    assert held(learned, model) == 3


def test_one_lesson_in_two_sets_is_one_hit(learned: System) -> None:
    learn(learned, "collections/errors", LESSONS[0])
    hits = find_lessons(repository_of(learned), Query("permission denied lock file"))
    assert [hit.sets for hit in hits if hit.fields.get("solution") == LESSONS[0]["solution"]] == [
        ("collections/errors", "error-solutions")
    ]


def test_fine_tuning_samples_are_searched_only_when_named(learned: System) -> None:
    learn(learned, "fine-tuning", {"prompt": "about alpacas", "completion": "they hum"})
    repository = repository_of(learned)
    assert find_lessons(repository, Query("alpacas hum")) == []
    named = find_lessons(repository, Query("alpacas hum", sets=(SKILLS_PATTERNS, "fine-tuning")))  # type: ignore[arg-type]
    assert [hit.sets for hit in named] == [("fine-tuning",)]


def test_linked_worktrees_share_the_index_of_the_clone(learned: System) -> None:
    learned.commit()
    learned.git("worktree", "add", "--quiet", "../beside")
    beside = System(learned.path.parent / "beside", learned.path.parent / "home")
    assert [hit.id for hit in find_lessons(repository_of(beside), Query("port in use"))] == [
        hit.id for hit in find_lessons(repository_of(learned), Query("port in use"))
    ]
