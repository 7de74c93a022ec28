"""Tokens of known formats.

First, runs of token characters long enough for one are found; only in those, at boundaries, the prefixes of
the table are looked up; only behind a prefix, its patterns are tried. Text without a long run costs one
pass.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.detectors.marked_formats import MARKED, SHAPED, MarkedFormat
from git_fedlearn.privacy.detectors.token_formats import PREFIXED
from git_fedlearn.privacy.model import Match
from git_fedlearn.privacy.shapes import entropy, is_hex, is_identifier_like, is_marked_example, is_random

if TYPE_CHECKING:
    from collections.abc import Iterator

    from git_fedlearn.privacy.subject import Subject

_MIN_TOKEN_LENGTH = 14
_MIN_ENTROPY = 2.6
"""Bits per character; a row of one letter has none."""
_RUN = re.compile(rf"[A-Za-z0-9_.$~!:|/+-]{{{_MIN_TOKEN_LENGTH},}}")
_DIGIT = re.compile(r"[0-9]")
AWS_KEY_ID = re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])")
_FORTY = re.compile(r"[A-Za-z0-9/+]{40}")
_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9/+=_.-])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_-])")
_REST = re.compile(r"[A-Za-z0-9_-]{0,4096}")
# Vendors widen their alphabets: after a prefix of this length, `_` and `-` are accepted in what looks random.
_MIN_DISTINCTIVE_PREFIX = 4
ALPHANUMERIC = "[A-Za-z0-9]"
WITH_MARKS = "[A-Za-z0-9_-]"
UNKNOWN = re.compile(
    r"(?<![A-Za-z0-9_.$/%+=@#-])(?P<prefix>[a-z][a-z0-9]{1,11}(?:[._-][a-z0-9]{1,10}){0,2})[_-]"
    r"(?P<rest>[A-Za-z0-9][A-Za-z0-9_-]{25,254})(?!\w|[/+=(-]|[.?!^*$]\w)"
)
_WORDY = re.compile(r"[A-Za-z]{20}|(?:^|[_-])[a-z]{4,16}(?:[_-]|$)")
_PREFIX_BREAK = re.compile(r"[._-]")
_HEX_KEY_LENGTHS = frozenset((32, 40, 48, 64))
_MAX_MADE_UP_LENGTH = 4
_WORDY_PREFIXES = frozenset(
    ("api_", "key_", "key-", "live_", "test_", "api-", "secret_", "access_", "app-", "dataset-")
)
"""Prefixes of the table that tokens of other vendors have, too."""
_FILE_ENDING = re.compile(r"\.(?:png|jpe?g|gif|svg|ico|webp|avif|css|m?js|map|woff2?|ttf|mp4)(?![A-Za-z0-9])")
_FILLED = re.compile(r"([B-Za-z0-9])\1{11}")
"""A sample; zero bytes are `A` in base64."""
_IDS = frozenset(
    """
    asst batch call chatcmpl chunk cmpl conv evt event file ft gen id item job msg node org pi prod proj req
    request resp response run sess session span step sub task thread toolu trace user vs
    sha sha1 sha224 sha256 sha384 sha512 md5 crc hash etag img file tmp chunk cache commit rev ref blob tree
    build uuid guid nix drv layer image pkg lib test mod asset css js page node pod vol disk boot vendor
    bundle diff
    """.split()
)


class _Row(NamedTuple):
    """A format to try; `pattern` is compiled when first needed, which most never are."""

    rule: str
    kind: str
    pattern: str
    random: bool


_compiled = cache(re.compile)


@cache
def _rows_by_prefix() -> dict[str, tuple[_Row, ...]]:
    """The rows to try behind each prefix: its own, then those of shorter ones that it begins with."""
    rows: dict[str, list[_Row]] = {}
    for row in PREFIXED:
        for prefix in row.prefixes.split():
            pattern = f"{re.escape(prefix)}(?:{row.rest})"
            rows.setdefault(prefix, []).append(_Row(row.rule, row.kind, pattern, row.random))
            if len(prefix) >= _MIN_DISTINCTIVE_PREFIX and row.rest.startswith(ALPHANUMERIC):
                wider = pattern.replace(ALPHANUMERIC, WITH_MARKS, 1)
                rows[prefix].append(_Row(row.rule, row.kind, wider, random=True))
    return {
        prefix: tuple(row for size in range(len(prefix), 0, -1) for row in rows.get(prefix[:size], ()))
        for prefix in rows
    }


@cache
def _heads() -> re.Pattern[str]:
    """Where a prefix may begin: not inside of a Latin word. Chinese has no blanks before a token.

    A pattern of all prefixes takes long to compile.
    """
    heads = sorted({prefix[0] for prefix in _rows_by_prefix()})
    return re.compile(rf"(?<![A-Za-z0-9À-ÖØ-öø-ɏ\u1e00-\u1eff])[{''.join(map(re.escape, heads))}]")


def _prefix_at(text: str, at: int = 0, stop: int | None = None) -> str:
    """The longest prefix of the table that stands there and ends before `stop`; empty if none does."""
    lengths, table = _prefixes()
    for length in lengths.get(text[at : at + 2], ()):
        prefix = text[at : at + length]
        if prefix in table and (stop is None or at + length <= stop):
            return prefix
    return ""


@cache
def _rows(formats: tuple[MarkedFormat, ...]) -> tuple[tuple[tuple[str, ...], _Row], ...]:
    """The marks of each format, with the row to try."""
    return tuple(
        (row.marks, _Row(row.rule, row.kind, rf"(?<![A-Za-z0-9])(?:{row.pattern})", random=False))
        for row in formats
    )


def find_tokens(subject: Subject) -> Iterator[Match]:
    """Tokens recognized by their prefix, whole."""
    text = subject.text
    heads, rows = _heads(), _rows_by_prefix()
    for run in (run for span in subject.long_words for run in _RUN.finditer(text, *span)):
        at, stop = run.span()
        while (hit := heads.search(text, at, stop)) is not None:
            start = hit.start()
            prefix = _prefix_at(text, start, stop)
            at = start + (len(prefix) or 1)
            for row in rows.get(prefix, ()):
                if (token := _compiled(row.pattern).match(text, start)) is None:
                    continue
                is_key_id = AWS_KEY_ID.match(text, start) is not None
                if _counts(token[0], token[0][len(prefix) :], row, is_exact=is_key_id):
                    end = extend_token(text, token.end())
                    if _FILE_ENDING.match(text, end) is None:
                        yield Match(start, end, row.kind, row.rule, 0.99)
                    at = min(max(end, at), stop)
                    break


def find_marked_tokens(subject: Subject) -> Iterator[Match]:
    """Tokens recognized by a mark inside, whole."""
    text = subject.text
    if len(text) >= _MIN_TOKEN_LENGTH:
        for marks, row in _rows(MARKED):
            if any(mark in text for mark in marks):
                yield from _find_row(text, row, 0, len(text))


def find_shaped_tokens(subject: Subject) -> Iterator[Match]:
    """Tokens recognized by their shape alone, whole."""
    for start, end in subject.long_runs:
        run = subject.text[start:end]
        for marks, row in _rows(SHAPED):
            if any(mark in run for mark in marks):
                yield from _find_row(subject.text, row, start, end)


def begins_token(text: str) -> bool:
    """Whether this text begins with a distinctive prefix of tokens, or is the beginning of one."""
    if prefix := _prefix_at(text):
        return _prefixes()[1][prefix]
    return len(text) >= 2 and text in _distinctive_beginnings()  # noqa: PLR2004 -- one letter is too little


@cache
def _distinctive_beginnings() -> frozenset[str]:
    """All beginnings of the prefixes that are distinctive, not marked `random`."""
    prefixes = (p for row in PREFIXED if not row.random for p in row.prefixes.split())
    return frozenset(prefix[:end] for prefix in prefixes for end in range(len(prefix) + 1))


@cache
def _prefixes() -> tuple[dict[str, list[int]], dict[str, bool]]:
    """The lengths of prefixes by their first two characters, longest first; whether each is distinctive.

    It also is if it only begins with a distinctive one. All have two characters or more.
    """
    rows = [(prefix, row.random) for row in PREFIXED for prefix in row.prefixes.split()]
    distinctive = tuple({prefix for prefix, is_ordinary in rows if not is_ordinary})
    table = {prefix: prefix.startswith(distinctive) for prefix, _ in rows}
    lengths: dict[str, set[int]] = {}
    for prefix in table:
        lengths.setdefault(prefix[:2], set()).add(len(prefix))
    return {head: sorted(sizes, reverse=True) for head, sizes in lengths.items()}, table


def whole_token(text: str, min_length: int) -> str | None:
    """The rule of a token with a distinctive prefix at the start of the text, None if there is none.

    Only tokens longer than `min_length` count.
    """
    prefix = _prefix_at(text)
    for row in _rows_by_prefix().get(prefix, ()):
        token = None if row.random else _compiled(row.pattern).match(text)
        if token is not None and token.end() > min_length and is_random(text[len(prefix) :], min_length=8):
            return row.rule
    return None


def _counts(token: str, rest: str, row: _Row, *, is_exact: bool) -> bool:
    """Whether it is a token, not words; one of an exact length may be all letters, as 1 key id in 28 is."""
    has_digit = _DIGIT.search(rest) is not None
    if row.random and not (has_digit and is_random(rest, min_length=8)):
        return False
    is_wordy = not has_digit and not is_exact and is_identifier_like(rest)
    is_monotone = len(rest) >= _MIN_TOKEN_LENGTH and entropy(rest) < _MIN_ENTROPY
    return not (is_wordy or is_monotone or is_marked_example(token))


def _find_row(text: str, row: _Row, at: int, stop: int) -> Iterator[Match]:
    pattern = _compiled(row.pattern)
    # One character more, for the lookahead.
    while (hit := pattern.search(text, at, stop + 1)) is not None:
        start, end = hit.span("secret" if "secret" in pattern.groupindex else 0)
        at = end = extend_token(text, end)
        if not is_marked_example(text[start:end]) and _FILLED.search(text, start, end) is None:
            yield Match(start, end, row.kind, row.rule, 0.97)


def extend_token(text: str, end: int) -> int:
    """The end of the token that reaches `end`, so that no part of it is left."""
    rest = _REST.match(text, end)
    return rest.end() if rest else end


def find_unknown_tokens(subject: Subject) -> Iterator[Match]:
    """Tokens of vendors that the table does not have: a short name, then generated characters."""
    for start, end in subject.long_runs:
        # One character more, for the lookahead.
        for hit in UNKNOWN.finditer(subject.text, start, end + 1):
            rest = hit["rest"]
            if (
                hit["prefix"] not in _IDS
                and (_is_generated(rest) or _is_hex_key(hit["prefix"], rest))
                and not is_marked_example(hit[0])
                and not _has_known_prefix(subject.text, hit.start())
            ):
                yield Match(*hit.span(), kinds.API_KEY, "unknown-token", 0.6)


def _has_known_prefix(text: str, at: int) -> bool:
    """Whether the format is known, so that what does not match it is no token."""
    prefix = _prefix_at(text, at)
    return len(prefix) >= _MIN_DISTINCTIVE_PREFIX and prefix not in _WORDY_PREFIXES


def _is_hex_key(prefix: str, rest: str) -> bool:
    """Hex of the length of a key behind a short made-up prefix: `ab_live_`, `xy-main-`."""
    parts = _PREFIX_BREAK.split(prefix)
    return (
        len(rest) in _HEX_KEY_LENGTHS
        and (len(parts) > 1 or len(rest) < max(_HEX_KEY_LENGTHS))
        and is_hex(rest)
        and is_random(rest)
        and len(parts[0]) <= _MAX_MADE_UP_LENGTH
        and _IDS.isdisjoint(parts)
    )


def _is_generated(rest: str) -> bool:
    digits, uppers, lowers = (sum(map(f, rest)) for f in (str.isdigit, str.isupper, str.islower))
    is_mixed = digits > 1 and uppers > 2 and lowers > 2  # noqa: PLR2004 -- of at least thirty characters
    return is_mixed and _WORDY.search(rest) is None


def find_aws_secrets(subject: Subject) -> Iterator[Match]:
    """AWS secret keys in a text that also contains an AWS key id, whatever their names."""
    text = subject.text
    if AWS_KEY_ID.search(text) is not None:
        for hit in _AWS_SECRET.finditer(text):
            if is_aws_secret(hit[0]):
                yield Match(*hit.span(), kinds.API_KEY, "aws-secret-key", 0.85)


def is_aws_secret(value: str) -> bool:
    """Whether it looks like an AWS secret access key: 40 characters of base64, well mixed."""
    classes = any(map(str.islower, value)) + any(map(str.isupper, value)) + any(map(str.isdigit, value))
    return _FORTY.fullmatch(value) is not None and classes == 3 and is_random(value)  # noqa: PLR2004
