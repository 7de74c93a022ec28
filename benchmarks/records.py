"""Record sets of any size with the make-up of real ones: about 1 KB of prose a record."""

import random
from collections.abc import Iterator

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.record import make_record

_WORDS = random.Random(7)
WORDS = ["".join(_WORDS.choices("abcdefghijklmnopqrstuvwxyz", k=_WORDS.randint(3, 9))) for _ in range(3000)]


def record_fields(number: int) -> JsonObject:
    """A lesson that is the same for the same number."""
    chance = random.Random(number)
    return {
        "query": " ".join(chance.choices(WORDS, k=40)),
        "response": " ".join(chance.choices(WORDS, k=90)),
        "tags": chance.sample(WORDS, 3),
        "value_score": round(chance.uniform(0.7, 0.9), 3),
        "_seen_by": ["sys-" + "".join(chance.choices("abcdefghijklmnopqrstuvwxyz234567", k=10))],
        "_first_seen": "2026-05-28",
    }


def record_line(fields: JsonObject) -> bytes:
    return make_record(fields).line


def base_set(count: int) -> list[JsonObject]:
    return [record_fields(number) for number in range(count)]


def changed_side(base: list[JsonObject], seed: int, share: float) -> Iterator[JsonObject]:
    """A side of a merge: this share of records changed, half of it raised scores, half new records."""
    chance = random.Random(seed)
    for fields in base:
        yield {**fields, "value_score": 0.95} if chance.random() < share / 2 else fields
    for number in range(int(len(base) * share / 2)):
        yield record_fields(1_000_000 * (seed + 1) + number)


def format_set(records: Iterator[JsonObject] | list[JsonObject]) -> bytes:
    return b"".join(line + b"\n" for line in sorted(record_line(fields) for fields in records))
