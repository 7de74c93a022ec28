"""A split into training and validation that keeps near copies on one side. Pure."""

import re
from array import array
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from xxhash import xxh3_64_intdigest

from git_fedlearn.core.canonical import iter_strings
from git_fedlearn.training.dataset import Sample, is_for_training, question_of, trained_fields
from git_fedlearn.training.worth import last_turn

SKETCH_SIZE: Final = 24
"""Hashes of word pairs that stand for a sample: the lowest ones."""

PROBED: Final = 6
"""Hashes of a sketch by which near copies are looked up."""

MIN_LIKENESS: Final = 0.6
"""The share of their word pairs that near copies have in common."""

MIN_ANSWER_WORDS: Final = 10

_WORD = re.compile(r"\w+")


def split_samples(samples: Sequence[Sample], share: float) -> tuple[list[Sample], list[Sample]]:
    """The samples to train on and those to validate with; only one group of them is for training.

    With two groups or more, neither side is empty. A group is what is alike: the same question, or nearly the
    same answer. The lowest id of a group decides its side, whatever other groups there are.
    """
    groups = find_groups(samples)
    train = [group for group in groups if is_for_training(group[0].id, share)]
    validate = [group for group in groups if not is_for_training(group[0].id, share)]
    if not train and validate:
        train.append(validate.pop())
    if not validate and len(train) > 1:
        validate.append(train.pop())
    return _flat(train), _flat(validate)


def find_groups(samples: Sequence[Sample]) -> list[list[Sample]]:
    """The groups of near copies, each sorted by id, in the order of their first ids."""
    ordered = sorted(samples, key=lambda sample: sample.id)
    parents = [*range(len(ordered))]

    def root(at: int) -> int:
        while parents[at] != at:
            parents[at] = parents[parents[at]]
            at = parents[at]
        return at

    sketches: list[array[int]] = []
    by_question: dict[int, int] = {}
    by_hash: dict[int, list[int]] = defaultdict(list)
    for at, sample in enumerate(ordered):
        question, sketch = _hash(words_in(question_of(sample.content))), _sketch(sample)
        near = [by_question.setdefault(question, at)]
        candidates = {other for key in sketch[:PROBED] for other in by_hash[key][:SKETCH_SIZE]}
        near += [other for other in candidates if _likeness(sketch, sketches[other]) >= MIN_LIKENESS]
        for other in near:
            low, high = sorted((root(at), root(other)))
            parents[high] = low
        for key in sketch[:PROBED]:
            by_hash[key].append(at)
        sketches.append(sketch)
    groups: dict[int, list[Sample]] = defaultdict(list)
    for at, sample in enumerate(ordered):
        groups[root(at)].append(sample)
    return [*groups.values()]


def _flat(groups: list[list[Sample]]) -> list[Sample]:
    return [sample for group in groups for sample in group]


def words_in(value: object) -> str:
    """The words of all strings in a value, case-folded, with a space between them."""
    return " ".join(_WORD.findall(" ".join(iter_strings(value)).casefold()))  # type: ignore[arg-type]  # JSON


def _sketch(sample: Sample) -> "array[int]":
    """The lowest hashes of the word pairs of its last answer, of the whole sample if that is short."""
    answer = words_in(last_turn(sample.content)[1]).split()
    words = answer if len(answer) >= MIN_ANSWER_WORDS else words_in(trained_fields(sample.content)).split()
    pairs = {" ".join(pair) for pair in pairwise(words)} or set(words)
    return array("Q", sorted(map(_hash, pairs))[:SKETCH_SIZE])


def _hash(text: str) -> int:
    return xxh3_64_intdigest(text.encode("utf-8", "replace"))


def _likeness(one: Sequence[int], other: Sequence[int]) -> float:
    """An estimate of the Jaccard index, from the lowest hashes of both."""
    lowest = sorted({*one, *other})[: min(SKETCH_SIZE, max(len(one), len(other)))]
    if not lowest:
        return 1.0
    if len(one) < SKETCH_SIZE and len(other) < SKETCH_SIZE:
        lowest = sorted({*one, *other})
    return len({*one}.intersection(other, lowest)) / len(lowest)
