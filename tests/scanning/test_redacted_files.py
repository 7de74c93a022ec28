"""Any bytes at all: scanned and redacted without a fault, twice is once, and what is clean stays as it is."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.scanning.files import expects_json, parse_json_line, read_passages, text_of
from git_fedlearn.scanning.findings import scan_passages
from git_fedlearn.scanning.sanitize import redact_file

ENGINE = PrivacyEngine()
MAIL = "jane.roe" + "@" + "corp-mail.net"
TOKEN = "gh" + "p_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
BEGIN, END = f"-----BEGIN {'PRIVATE'} KEY-----", f"-----END {'PRIVATE'} KEY-----"

TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [MAIL, TOKEN, f"a {MAIL} é", BEGIN, END, "$ANSIBLE_VAULT;1.1;AES256", "6162", "\u200b", ""]
    ),
)
VALUES = st.recursive(
    st.one_of(TEXTS, st.integers(), st.floats(), st.none(), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(TEXTS, st.sampled_from(["_id", "_note", "password"])), inner, max_size=3),
    ),
    max_leaves=6,
)
LINES = st.one_of(
    TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")),
    VALUES.map(lambda value: json.dumps(value).encode()),
    VALUES.map(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")[:-1]),
    st.binary(max_size=12),
)
FILES = st.tuples(st.lists(LINES, max_size=5), st.sampled_from([b"\n", b"\r\n"])).map(
    lambda made: made[1].join(made[0])
)
NAMES = st.sampled_from(["a.jsonl", "a.txt", "a.json", "data/a.json", "-"])


@given(FILES, NAMES)
@settings(max_examples=80)
@example(b"\xef\xbb\xbf\r\n", "a.jsonl")
@example(f'{{"a":NaN,"b":"{MAIL}"}}'.encode(), "a.jsonl")
@example(b"[" * 5000 + MAIL.encode(), "a.json")
def test_any_bytes(data: bytes, name: str) -> None:
    is_json = expects_json(name)
    once = redact_file(ENGINE, name, data, is_json=is_json)
    twice = redact_file(ENGINE, name, once.data, is_json=is_json)
    assert (twice.data, twice.kinds) == (once.data, {})
    assert MAIL.encode() not in once.data
    assert TOKEN.encode() not in once.data
    passages = [*read_passages(name, data.split(b"\n"), is_json=is_json)]
    found = [*scan_passages(ENGINE, passages)]
    if not once.kinds:
        assert once.data == data
    assert all(0 <= item.finding.start < item.finding.end for item in found)
    assert sum(passage.data.count(b"\n") + 1 for passage in passages) == data.count(b"\n") + 1


@given(VALUES)
@settings(max_examples=50)
def test_an_offset_leads_to_what_was_found(value: object) -> None:
    line = json.dumps({"top": value}).encode()
    for item in scan_passages(ENGINE, read_passages("a.jsonl", [line], is_json=True)):
        if item.finding.kind == "API_KEY" and not item.finding.in_key and "…" not in item.finding.pointer:
            text = at_pointer(parse_json_line(line), item.finding.pointer)
            assert text[item.finding.start : item.finding.end] == TOKEN


def at_pointer(value: object, pointer: str) -> str:
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        value = value[int(name)] if isinstance(value, list) else value[name]  # type: ignore[index]
    return str(value)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        (f"a\n{BEGIN}\nAAAA\n{END}\nb\n", [1, 2, 5, 6]),
        (f"{BEGIN}\nAAAA", [1]),
        (f"a {BEGIN}\\nAAAA\\n{END}\nb", [1, 2]),
        ("$ANSIBLE_VAULT;1.1;AES256\n6162\n6364\nok\n", [1, 4, 5]),
        ("", [1]),
    ],
)
def test_blocks_stay_together(text: str, numbers: list[int]) -> None:
    passages = [*read_passages("a.log", text.encode().split(b"\n"), is_json=False)]
    assert [passage.number for passage in passages] == numbers
    assert "\n".join(text_of(passage.data) for passage in passages) == text
