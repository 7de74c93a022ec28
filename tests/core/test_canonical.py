"""Canonical JSON: what parses, what does not, and the one form of each value."""

import json
import math
import sys

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from git_fedlearn.core.canonical import (
    MAX_DEPTH,
    MAX_DIGITS,
    InvalidJsonError,
    Json,
    JsonObject,
    format_value,
    is_parsed,
    parse_value,
)

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**MAX_DIGITS) + 1, 10**MAX_DIGITS - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec=None), max_size=8),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
)


@given(VALUES)
def test_canonical_bytes_are_a_fixed_point(value: Json) -> None:
    text = format_value(parse_value(json.dumps(value).encode()))
    assert format_value(parse_value(text)) == text


@given(st.dictionaries(st.text(max_size=3), SCALARS | st.lists(SCALARS, max_size=3), max_size=4))
@example({"small": 0.00001})
@example({"large": 1e15 + 0.5, "larger": 1e22})
@example({"whole": 2**64, "zero": -0.0})
@example({"b": ["\ud83d\ude00", "\ud83d"], "a": "\x7f\u2028\x00"})
def test_both_libraries_write_the_same(value: JsonObject) -> None:
    del sys.modules["msgspec"]
    try:
        slowly = format_value(value)
    finally:
        sys.modules["msgspec"] = msgspec
    assert format_value(value) == slowly


@given(VALUES)
def test_spelling_does_not_matter(value: Json) -> None:
    spellings = [
        json.dumps(value, indent=1, ensure_ascii=True),
        json.dumps(value, separators=(" ,\t", ":\n "), sort_keys=True),
    ]
    assert len({format_value(parse_value(text.encode())) for text in spellings}) == 1


@given(VALUES)
def test_canonical_bytes_hold_no_line_end_and_read_as_the_same_value(value: Json) -> None:
    text = format_value(parse_value(json.dumps(value).encode()))
    assert not {b"\n"[0], b"\r"[0]} & set(text)
    assert json.loads(text) == json.loads(json.dumps(value))


ODD = st.sampled_from(
    [
        1.0,
        -0.0,
        1e22,
        math.nan,
        math.inf,
        10**MAX_DIGITS,
        -(10**MAX_DIGITS),
        "\ud83d\ude00",
        "\udc80",
        (1,),
        b"x",
    ]
)
ODD_VALUES = st.recursive(
    SCALARS | ODD,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3) | st.sampled_from(["\ud83d\ude00", 1]), inner, max_size=3)
    ),
)


@given(ODD_VALUES)
def test_what_is_taken_for_parsed_is_the_same_when_written_and_read(value: Json) -> None:
    if is_parsed(value):
        assert repr(sorted_keys(value)) == repr(parse_value(format_value(value)))


@given(VALUES)
def test_what_is_parsed_is_taken_for_parsed(value: Json) -> None:
    parsed = parse_value(json.dumps(value).encode())
    assert is_parsed(parsed) or "\\ud" in json.dumps(parsed)


@pytest.mark.parametrize(("levels", "is_held"), [(MAX_DEPTH, True), (MAX_DEPTH + 1, False)])
def test_what_is_taken_for_parsed_is_no_deeper_than_what_parses(levels: int, *, is_held: bool) -> None:
    value: Json = 1
    for _ in range(levels):
        value = [value]
    assert is_parsed(value) is is_held


def sorted_keys(value: Json) -> Json:
    """The value with its keys in order, as text shows it."""
    if isinstance(value, dict):
        return {key: sorted_keys(value[key]) for key in sorted(value)}
    return [sorted_keys(item) for item in value] if isinstance(value, list) else value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_equal_numbers_have_equal_bytes(number: float) -> None:
    spellings = {repr(number), f"{number:.17e}", f"{number:.1200f}" if abs(number) < 1e300 else repr(number)}
    assert len({format_value(parse_value(text.encode())) for text in spellings}) == 1


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("1.0", "1"),
        ("1e0", "1"),
        ("-0.0", "0"),
        ("-0", "0"),
        ("1E2", "100"),
        ("0.1", "0.1"),
        ("1e-7", "1e-07"),
        ("0.00001", "1e-05"),
        ("0.0001", "0.0001"),
        ("4503599627370495.5", "4503599627370495.5"),
        ("1e23", "99999999999999991611392"),
        ("100000000000000000000000", "100000000000000000000000"),
        ("5e-324", "5e-324"),
        ("1e-400", "0"),
        ("9" * 640, "9" * 640),
        ("-" + "9" * 640, "-" + "9" * 640),
        (r'"\u00e9\/\u000A\u001F\u007f\u2028"', '"é/\\n\\u001f\x7f\u2028"'),
        (r'"\ud83d\ude00"', '"😀"'),
        (r'"\ud83d x \ude00"', r'"\ud83d x \ude00"'),
        (r'"\uDFFF\ud83d\ud83d\ude00"', '"\\udfff\\ud83d😀"'),
        ('{"b":1,"B":2,"_":3,"é":4,"":5}', '{"":5,"B":2,"_":3,"b":1,"é":4}'),
        (' { "a" : [ 1 , true , null ] } ', '{"a":[1,true,null]}'),
    ],
)
def test_value_has_one_form(text: str, canonical: str) -> None:
    assert format_value(parse_value(text.encode())) == canonical.encode()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not JSON: expecting value at column 1"),
        (b"{", "not JSON: expecting property name enclosed in double quotes at column 2"),
        (b'{"a":1}x', "not JSON: extra data at column 8"),
        (b'{"a":NaN}', "NaN or Infinity, which is not JSON"),
        (b"-Infinity", "NaN or Infinity, which is not JSON"),
        (b"1e400", "a number out of the range of a double"),
        (b"-1e400", "a number out of the range of a double"),
        (b"9" * 641, "a number of more than 640 digits"),
        (b'{"a":1,"a":1}', "a key that occurs twice"),
        (rb'{"a":1,"\u0061":2}', "a key that occurs twice"),
        (b'{"a":{"b":{"c":1,"c":1}}}', "a key that occurs twice"),
        (b'"\xff"', "not valid UTF-8"),
        (b'"\xed\xa0\x80"', "not valid UTF-8"),
        (b'\xef\xbb\xbf"a"', "not JSON: expecting value at column 1"),
        (b'"a\x00"', "not JSON: invalid control character at at column 3"),
        (b"\x00", "not JSON: expecting value at column 1"),
        (b"[" * 101 + b"]" * 101, "nested deeper than 100 levels"),
        (b"[" * 10_000 + b"]" * 10_000, "nested deeper than 100 levels"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "nested deeper than 100 levels"),
        (b"[" * 100_000, "nested deeper than 100 levels"),
        (b"01", "not JSON: extra data at column 2"),
        (b"'a'", "not JSON: expecting value at column 1"),
    ],
)
def test_what_is_not_this_format_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(InvalidJsonError) as error:
        parse_value(data)
    assert str(error.value) == reason


def test_reason_never_quotes_the_text() -> None:
    for text in (b'{"password":hunter2}', b'{"hunter2":1,"hunter2":2}', b'"hunter2\xff"', b'{"a":"hunter2'):
        with pytest.raises(InvalidJsonError) as error:
            parse_value(text)
        assert "hunter2" not in str(error.value)


def test_depth_counts_containers_not_brackets_in_text() -> None:
    assert parse_value(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    assert parse_value(json.dumps("[{" * 500).encode()) == "[{" * 500
    assert parse_value(json.dumps([[]] * 500).encode()) == [[]] * 500


@given(st.binary(max_size=40))
def test_any_bytes_parse_or_are_refused(data: bytes) -> None:
    try:
        value = parse_value(data)
    except InvalidJsonError:
        return
    assert format_value(value)


@given(st.floats())
def test_no_float_that_json_lacks_is_ever_parsed(number: float) -> None:
    if math.isfinite(number):
        assert parse_value(repr(number).encode()) == number
    else:
        with pytest.raises(InvalidJsonError):
            parse_value(json.dumps(number).encode())
