"""Strategies for record lines and files that collide on purpose: few lessons, many versions of each."""

import json
from dataclasses import dataclass
from random import Random
from typing import Any

from hypothesis import strategies as st

from git_fedlearn.core.record import make_record
from git_fedlearn.core.record_set import canonical_set

SYSTEMS = tuple(f"sys-{letter * 10}" for letter in "abcdefghijklmnopqrstuvwxyz234567")
CROWD = tuple(f"sys-{a}{b * 9}" for a in "abcd" for b in "abcdefghijklmnopqrstuvwxyz")
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Spelled:
    """A number written the way it is spelled here, so that equal numbers can look different."""

    text: str


CONTENTS: tuple[dict[str, Any], ...] = (
    {"title": "a"},
    {"title": "b", "n": 1},
    {"n": Spelled("1.0"), "title": "b"},
    {"title": "b", "n": True},
    {"title": "b", "_n": ["\ud800"]},
    {"title": "b", "_point": 7},
    {"title": "b", "_point": "7"},
    {"error_message": "attempt 1 failed", "solution": "x"},
    {"error_message": "attempt 27 failed", "solution": "x"},
    {"s": "\ud800"},
    {"s": "\u00e9\U0001f600\u2028\x00\x7f"},
    {"deep": [[{"k": [1, None, {"": Spelled("1E2")}]}]], "huge": 10**400},
    {"x": Spelled("1e-7"), "Upper": "sorts before _id", "zero": Spelled("-0.0")},
    {"text": '<<<<<<< "ours\n=======\n>>>>>>> theirs'},
)

Choices = dict[str, list[Any]]
"""Values that a field can have; it can always be missing too."""

METADATA: Choices = {
    "_gen": [0, 1, 1, 2, Spelled("1.0"), Spelled("0.0"), 2**53 - 1],
    "_seen_by": [
        [],
        [*SYSTEMS[:2]],
        [SYSTEMS[1], SYSTEMS[1], SYSTEMS[0]],
        [SYSTEMS[9]],
        [*CROWD[:66]],
        [*CROWD[40:]],
    ],
    "_first_seen": ["2026-05-28", "2026-05-29", "1999-12-31"],
    "_point_id": [0, 2**64 - 1, "b7c1", "a0"],
}
VOLATILE: Choices = {
    "value_score": [
        0,
        1,
        Spelled("1.0"),
        Spelled("1e0"),
        Spelled("-0.0"),
        0.5,
        0.7,
        2,
        -1,
        "high",
        True,
        None,
        10**300,
    ],
    "confidence_score": [0.5, 0.7, 1],
    "usage_count": [1, 10**30, "many"],
    "timestamp": ["2026-05-28T10:00:00Z", 0],
}
RETRACTION: Choices = {
    "at": ["2026-05-28", "2026-05-27T00:00:00Z", 5, None],
    "by": [*SYSTEMS[:3]],
    "reason": ["wrong", "\u00e9", "\udfff"],
}


def spell(value: Any, *, ascii_only: bool, gap: str) -> str:
    """JSON text of a value, with its numbers as spelled and white space after every token."""
    if isinstance(value, Spelled):
        return value.text
    if isinstance(value, dict):
        members = (
            f"{json.dumps(key)}:{gap}{spell(item, ascii_only=ascii_only, gap=gap)}"
            for key, item in value.items()
        )
        return "{" + gap + f",{gap}".join(members) + gap + "}"
    if isinstance(value, list):
        return "[" + f"{gap},".join(spell(item, ascii_only=ascii_only, gap=gap) for item in value) + "]"
    lone = isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value)
    return json.dumps(value, ensure_ascii=ascii_only or lone)


def plain(value: Any) -> Any:
    """The value with spelled numbers as numbers."""
    if isinstance(value, Spelled):
        return float(value.text)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


IDS = tuple(sorted({make_record(plain(content)).id for content in CONTENTS}))
SHORT_IDS = tuple("0" * 31 + digit for digit in "0123")


def _pick(random: Random, choices: Choices) -> dict[str, Any]:
    return {key: random.choice(values) for key, values in choices.items() if random.random() < 0.4}


def _lesson(random: Random) -> dict[str, Any]:
    fields = random.choice(CONTENTS) | _pick(random, VOLATILE) | _pick(random, METADATA)
    claimed = random.choice([None, None, *IDS, "f" * 32, "no id", 5])
    return fields if claimed is None else {**fields, "_id": claimed}


def _tombstone(random: Random) -> dict[str, Any]:
    named = random.choice([*IDS, *IDS, *SHORT_IDS])
    return {"_id": named, "_retracted": _pick(random, RETRACTION)} | _pick(random, METADATA)


def _record_line(random: Random) -> bytes:
    """A lesson, its id missing, right or forged, or a retraction, in any spelling."""
    fields = _tombstone(random) if random.random() < 0.25 else _lesson(random)
    keys = random.sample(sorted(fields), len(fields))
    gap = random.choice(["", "", " ", "\t "])
    return spell({key: fields[key] for key in keys}, ascii_only=random.random() < 0.5, gap=gap).encode()


_RANDOM = Random(1)  # noqa: S311  the same lines in every run
LINES = tuple(_record_line(_RANDOM) for _ in range(1500))
record_lines = st.sampled_from(LINES)

OPAQUE = (
    *(b"", b" ", b"null", b"[1]", b'"text"', b"{}", b"\x00", b"\xff\xfe", b"not json", b"{'a':1}"),
    *(b"<<<<<<< ours", b"=======", b"||||||| base", b">>>>>>> theirs", b"<<<<<<<<< nested", b"<<<<<<<x"),
    *(
        b'{"a":NaN}',
        b'{"a":1e400}',
        b'{"a":1,"a":2}',
        b'{"_gen":1}',
        b'{"a":1,"_gen":-1}',
        b'{"a":1,"_gen":true}',
    ),
    *(
        b'{"a":1,"_seen_by":["laptop"]}',
        b'{"a":1,"_first_seen":"today"}',
        b'{"a":1,"_point_id":[]}',
        b'{"a":1,"_point":{}}',
    ),
    b'{"_id":"' + IDS[0].encode() + b'","_retracted":{},"title":"content"}',
    b'{"_retracted":{}}',
    b'{"_id":"' + IDS[0].encode() + b'","title":"trunc',
    b'{"_id":"' + b"f" * 32 + b'","title":"trunc',
    b'{"_id":"' + b"0" * 32 + b'"',
    b'{"deep":' + b"[" * 200 + b"]" * 200 + b"}",
    b'{"digits":' + b"9" * 641 + b"}",
)
opaque_lines = st.sampled_from(OPAQUE)
lines = st.one_of(record_lines, record_lines, opaque_lines)


@st.composite
def conflicts(draw: st.DrawFn) -> list[bytes]:
    """The lines of a whole conflict; without a base section, as the base is not kept."""
    size = draw(st.sampled_from([7, 9]))
    ours = draw(st.lists(lines, max_size=3))
    theirs = draw(st.lists(record_lines, min_size=1, max_size=3))
    return [b"<" * size + b" HEAD", *ours, b"=" * size, *theirs, b">" * size + b" topic"]


@st.composite
def raw_files(draw: st.DrawFn) -> bytes:
    """A file as people, editors and old writers leave it."""
    parts = draw(st.lists(st.one_of(lines.map(lambda line: [line]), conflicts()), max_size=6))
    found = [line for part in parts for line in part]
    if draw(st.booleans()):
        found += found[:2]
    ends = draw(st.sampled_from([b"\n", b"\n", b"\r\n"]))
    data = b"".join(line + ends for line in found)
    if draw(st.booleans()):
        data = data.removesuffix(ends)
    return BOM + data if draw(st.integers(0, 5)) == 0 else data


canonical_files = st.lists(lines, max_size=8).map(
    lambda found: canonical_set(b"".join(line + b"\n" for line in found))
)
"""Files in the one form that every writer of the project leaves."""


@st.composite
def clones(draw: st.DrawFn, count: int = 3) -> list[bytes]:
    """Canonical files that grew from one file, so that they hold lines in common."""
    start = draw(st.lists(record_lines, max_size=5))
    grown = [[*start, *draw(st.lists(lines, max_size=3))] for _ in range(count)]
    return [canonical_set(b"".join(line + b"\n" for line in found)) for found in grown]
