"""The vectors that come with docs/format.md, and the document itself, against the code."""

import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from git_fedlearn.core import canonical, identity, record
from git_fedlearn.core.canonical import InvalidJsonError, format_value, parse_value
from git_fedlearn.core.identity import MARKS, normal_form
from git_fedlearn.core.layout import distribute
from git_fedlearn.core.record import NotARecordError, parse_record
from git_fedlearn.core.record_set import canonical_set, join_sets, settle, split_lines

DOCS = Path(__file__).parent.parent.parent / "docs"
TEXT = (DOCS / "format.md").read_text(encoding="utf-8")
VECTORS: dict[str, Any] = json.loads((DOCS / "format-vectors.json").read_bytes())
CLAIMS = re.findall(r"^\| (.+) \| `(tests/[^`:]+)::([^`]+)` \|$", TEXT, re.MULTILINE)


def test_document_and_vectors_are_of_one_version() -> None:
    assert VECTORS["format"] == 1
    assert "\nFormat version: **1**" in TEXT


@pytest.mark.parametrize("vector", VECTORS["canonical"], ids=lambda vector: vector["text"])
def test_canonical_json(vector: dict[str, str]) -> None:
    assert format_value(parse_value(vector["text"].encode())) == vector["canonical"].encode()


@pytest.mark.parametrize("text", VECTORS["refused"])
def test_refused_json(text: str) -> None:
    with pytest.raises(InvalidJsonError):
        parse_value(text.encode())


@pytest.mark.parametrize("vector", VECTORS["normal_form"], ids=lambda vector: vector["message"])
def test_normal_form(vector: dict[str, str]) -> None:
    assert normal_form(vector["message"]) == vector["normal"]


@pytest.mark.parametrize("vector", VECTORS["records"], ids=lambda vector: vector["line"])
def test_records(vector: dict[str, str]) -> None:
    found = parse_record(vector["line"].encode())
    assert (found.form.decode(), found.id, found.line.decode()) == (
        vector["identity_form"],
        vector["id"],
        vector["canonical"],
    )


@pytest.mark.parametrize("vector", VECTORS["tombstones"], ids=lambda vector: vector["line"])
def test_tombstones(vector: dict[str, str]) -> None:
    found = parse_record(vector["line"].encode())
    assert (found.is_tombstone, found.id, found.line.decode()) == (True, vector["id"], vector["canonical"])


@pytest.mark.parametrize("line", VECTORS["not_records"])
def test_lines_that_are_no_records(line: str) -> None:
    with pytest.raises(NotARecordError):
        parse_record(line.encode())


@pytest.mark.parametrize("vector", VECTORS["joins"], ids=lambda vector: vector["name"])
def test_joins(vector: dict[str, str]) -> None:
    ours, theirs, joined = (vector[name].encode() for name in ("ours", "theirs", "joined"))
    assert join_sets(ours, theirs) == join_sets(theirs, ours) == joined
    assert canonical_set(joined) == joined


@pytest.mark.parametrize(
    "vector", VECTORS["shards"], ids=lambda vector: f"{vector['level']}-{vector['limit']}"
)
def test_shards(vector: dict[str, Any]) -> None:
    settled = settle([], split_lines(vector["set"].encode()))
    level, files = distribute(settled, vector["level"], vector["limit"], ())
    assert level == vector["result_level"]
    assert {name: data.decode() for name, data in files.items()} == vector["files"]


# the document


def block(heading: str) -> str:
    """The first fenced block below a heading of the document."""
    return TEXT.split(f"{heading}\n", 1)[1].split("```", 2)[1].split("\n", 1)[1]


def test_table_of_the_normal_form_is_the_code() -> None:
    rows = [line.split("\t") for line in block("### Normal form of error messages").splitlines()]
    assert [(pattern, mark) for _number, pattern, mark in rows] == [
        (pattern, mark or "") for pattern, mark in MARKS
    ]


def test_lists_of_keys_are_the_code() -> None:
    assert set(block("### Volatile keys").split()) == identity.VOLATILE_KEYS
    metadata = TEXT.split("* **Metadata** are exactly these keys: ", 1)[1].split(".", 1)[0]
    assert set(re.findall(r"`(\w+)`", metadata)) == identity.METADATA_KEYS
    assert set(block("### Error keys").split()) == identity.ERROR_KEYS


def test_limits_are_the_code() -> None:
    for limit in (
        f"{canonical.MAX_DEPTH} levels",
        f"{canonical.MAX_DIGITS} digits",
        f"{record.MAX_SEEN_BY} smallest",
        f"{record.MAX_GEN}",
        f"{record.MAX_POINT_ID}",
    ):
        assert limit in TEXT


@pytest.mark.parametrize(("claim", "path", "name"), CLAIMS, ids=[name for _claim, _path, name in CLAIMS])
def test_every_claim_names_a_test_that_exists(claim: str, path: str, name: str) -> None:
    module = path.removeprefix("tests/").removesuffix(".py").replace("/", ".")
    assert callable(getattr(importlib.import_module(module), name)), claim


def test_there_are_claims() -> None:
    assert len(CLAIMS) >= 25
