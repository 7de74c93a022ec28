"""Which samples an export takes: samples of the set or made of lessons, whole ones, near copies once."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import BEST_PRACTICES, ERROR_SOLUTIONS, FINE_TUNING, SKILLS_PATTERNS, SetName
from git_fedlearn.core.record import Record, score_of, seen_by
from git_fedlearn.core.wholeness import CUT_OFF, is_cut_off
from git_fedlearn.errors import UsageError
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.supersession import find_successors
from git_fedlearn.training.dataset import Sample, trained_fields
from git_fedlearn.training.samples import is_pair, is_undesired
from git_fedlearn.training.split import find_groups, words_in
from git_fedlearn.training.worth import find_answer_refusal, last_turn

NEAR_COPY: Final = "nearly the same as another sample"
NO_ANSWER: Final = "a lesson without a question and an answer"
SUPERSEDED: Final = "a lesson that another replaces"

COPY_LIKENESS: Final = 0.85
"""The share of their words that two near copies have in common; their numbers are the same."""

MAX_COMPARED_COPIES: Final = 50
"""Samples of one group that each further one is compared with."""

_QUESTIONS: Final[dict[SetName, tuple[str, ...]]] = {
    ERROR_SOLUTIONS: ("error_message", "error_type"),
    BEST_PRACTICES: ("title", "category"),
    SKILLS_PATTERNS: ("query", "pattern", "skill_name"),
}
LESSON_SETS: Final = (*_QUESTIONS,)
"""The sets of whose lessons samples can be made."""

_ANSWERS: Final[dict[SetName, tuple[str, ...]]] = {
    ERROR_SOLUTIONS: ("solution",),
    BEST_PRACTICES: ("description",),
    SKILLS_PATTERNS: ("response", "usage_pattern", "solution_approach", "generalizable_pattern"),
}


class Selection(NamedTuple):
    """The samples to export, sorted by id, and how many were left out by reason."""

    samples: tuple[Sample, ...]
    left_out: Counter[str]


def lesson_sets(names: str) -> list[SetName]:
    """The sets in a list with commas. Raises UsageError for one that has no questions and answers."""
    known = [*_QUESTIONS, FINE_TUNING]
    chosen = [SetName(name.strip()) for name in names.split(",") if name.strip()]
    for name in chosen:
        if name not in known:
            raise UsageError(f"{name}: no samples can be made of it", hint=f"one of {', '.join(known)}")
    return list(dict.fromkeys(chosen))


def samples_of_lessons(repository: Repository, names: Iterable[SetName]) -> Selection:
    """Samples made of the living lessons: the error or title asks, the solution or description answers.

    Nothing else of a lesson goes in: not who learned it, when, and where. Lessons that are not worth training
    on and those that this clone believes to be replaced are left out.
    """
    samples: dict[RecordId, Sample] = {}
    left_out: Counter[str] = Counter()
    for name in names:
        records = (record for record in repository.sets.read(name) if not record.is_tombstone)
        made = {record.id: _sample_of(name, record) for record in records}
        replaced = find_successors(repository, made.keys())
        for identifier, sample in made.items():
            if any(one.share == 1.0 for one in replaced.get(identifier, ())):
                left_out[SUPERSEDED] += 1
            elif isinstance(sample, Sample):
                samples[identifier] = sample
            else:
                left_out[sample] += 1
    return Selection(tuple(samples[one] for one in sorted(samples)), left_out)


def select_samples(samples: Sequence[Sample]) -> Selection:
    """The samples without those that are cut off, and of near copies the one with the highest score."""
    left_out: Counter[str] = Counter()
    whole = [
        one
        for one in samples
        if is_pair(one.content) or is_undesired(one.content) or not is_cut_off(last_turn(one.content)[1])
    ]
    if len(whole) < len(samples):
        left_out[CUT_OFF] = len(samples) - len(whole)
    kept: list[Sample] = []
    for group in find_groups(whole):
        best: list[tuple[Sample, frozenset[str]]] = []
        for sample in sorted(group, key=lambda one: (-(one.score or 0.0), one.id)):
            words = frozenset(words_in(trained_fields(sample.content)).split())
            if any(_is_copy(sample, words, *other) for other in best[:MAX_COMPARED_COPIES]):
                left_out[NEAR_COPY] += 1
            else:
                best.append((sample, words))
        kept += [sample for sample, _ in best]
    return Selection(tuple(sorted(kept, key=lambda one: one.id)), left_out)


def _sample_of(name: SetName, record: Record) -> Sample | str:
    """The sample that a lesson becomes, or why it becomes none."""
    asks = [text for field in _QUESTIONS[name] if (text := _text(record.fields, field))]
    answer = next((text for field in _ANSWERS[name] if (text := _text(record.fields, field))), "")
    if not asks or not answer:
        return NO_ANSWER
    if refusal := find_answer_refusal({}, asks[0], answer):
        return refusal
    messages: JsonObject = {
        "messages": [{"role": "user", "content": asks[0]}, {"role": "assistant", "content": answer}]
    }
    score = score_of(record.fields)
    return Sample(record.id, score if score >= 0 else None, tuple(seen_by(record.fields)), messages)


def _text(fields: JsonObject, name: str) -> str:
    value = fields.get(name)
    return value.strip() if isinstance(value, str) else ""


def _is_copy(one: Sample, words: frozenset[str], other: Sample, its_words: frozenset[str]) -> bool:
    """Whether two samples say the same: nearly the same words, the same numbers, and answers of one kind."""
    kinds = [(is_pair(sample.content), is_undesired(sample.content)) for sample in (one, other)]
    different = words ^ its_words
    if kinds[0] != kinds[1] or any(word.isdigit() for word in different):
        return False
    return len(words & its_words) >= COPY_LIKENESS * len(words | its_words)
