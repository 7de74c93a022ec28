"""What a hostile or broken line does: it is kept or read, and reported. No case takes long."""

import pytest

from git_fedlearn.core.record import make_record, parse_record
from git_fedlearn.core.record_set import canonical_set, join_sets, parse_record_set, split_lines

GOOD = make_record({"title": "a"}).line
MEGABYTE = 1024 * 1024
REFUSED = {
    "nested 10,000 deep": (b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "nested deeper than 100 levels"),
    "never closed": (b"[" * MEGABYTE, "nested deeper than 100 levels"),
    "NaN": (b'{"a":NaN}', "NaN or Infinity, which is not JSON"),
    "-Infinity": (b'{"a":-Infinity}', "NaN or Infinity, which is not JSON"),
    "1e400": (b'{"a":1e400}', "a number out of the range of a double"),
    "a million digits": (b'{"a":' + b"9" * MEGABYTE + b"}", "a number of more than 640 digits"),
    "duplicate keys": (b'{"a":1,"a":2}', "a key that occurs twice"),
    "NUL": (b'{"a":"\x00"}', "not JSON: invalid control character at at column 7"),
    "NUL bytes": (b"\x00" * 9, "not JSON: expecting value at column 1"),
    "invalid UTF-8": (b'{"a":"\xff"}', "not valid UTF-8"),
    "UTF-16": ('{"a":1}'.encode("utf-16-le"), None),
    "BOM inside": (b'{"a":\xef\xbb\xbf1}', "not JSON: expecting value at column 6"),
    "CR inside": (b'{"a":"\r"}', "not JSON: invalid control character at at column 7"),
    "truncated": (GOOD[:-3], None),
    "two objects": (GOOD + GOOD, None),
    "metadata of a wrong kind": (b'{"a":1,"_gen":"high"}', "`_gen` is not a whole number"),
}
READ = {
    "-0.0": (b'{"a":-0.0}', b'"a":0}'),
    "huge integer": (b'{"a":1' + b"0" * 600 + b"}", b'"a":1' + b"0" * 600 + b"}"),
    "lone surrogate": (b'{"a":"\\ud800"}', b'"a":"\\ud800"}'),
    "escaped NUL": (b'{"a":"\\u0000"}', b'"a":"\\u0000"}'),
    "BOM before": (b'\xef\xbb\xbf{"a":1}', b'"a":1}'),
    "CR LF": (b'{"a":1}\r', b'"a":1}'),
    "forged id": (b'{"_id":"' + b"0" * 32 + b'","a":1}', b'"a":1}'),
    "wide": (b'{"a":[' + b"[]," * 100_000 + b"1]}", b'"a":[' + b"[]," * 100_000 + b"1]}"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_line_is_kept_and_reported(name: str) -> None:
    line, reason = REFUSED[name]
    joined = join_sets(GOOD + b"\n", line + b"\n" + GOOD + b"\n")
    assert joined == GOOD + b"\n" + line + b"\n"
    assert joined == canonical_set(joined) == join_sets(line, GOOD)
    _good, found = parse_record_set(joined)
    assert (found.number, found.line, found.record) == (2, line, None)
    assert found.reason == reason or (reason is None and found.reason)


@pytest.mark.parametrize("name", READ)
def test_odd_line_is_read_as_what_it_says(name: str) -> None:
    line, canonical = READ[name]
    [found] = split_lines(canonical_set(line))
    assert found[40:] == b'",' + canonical
    assert join_sets(line, b"") == join_sets(b"", line) == canonical_set(line)


def test_line_of_100_megabytes_is_a_record_like_any_other() -> None:
    text = b"x" * (100 * MEGABYTE)
    assert len(parse_record(b'{"text":"' + text + b'"}').line) == len(text) + 52


def test_half_a_line_of_100_megabytes_is_kept() -> None:
    line = b'{"text":"' + b"x" * (100 * MEGABYTE)
    assert join_sets(line, b"") == line + b"\n"


@pytest.mark.parametrize(
    "unit", [b"<<<<<<< a\n", b">>>>>>> b\n=======\n", b"\n", b"\r\n", b"{}\n", b"[\n", b'{"_id":"\n']
)
def test_many_hostile_lines_are_kept_once(unit: bytes) -> None:
    data = unit * 20_000
    assert canonical_set(data) == b"".join(line + b"\n" for line in sorted({*split_lines(unit)}))
