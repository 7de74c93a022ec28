r"""Secrets given to a name: `password = "…"`, `--token …`, `PGPASSWORD=…`, "the password is …".

A value counts when it holds a secret: not a variable, a call, a type, a stand-in or (a bare word) plain
language. How much is asked of it depends on the name: a quoted value of `password` may be any word, a value
of `key` must look generated.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.model import Match
from git_fedlearn.privacy.secret_names import STEMS, Name, find_names, name_of_key
from git_fedlearn.privacy.shapes import (
    is_code,
    is_hash_like,
    is_hex,
    is_identifier_like,
    is_random,
    is_stand_in,
    is_strong_password,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from git_fedlearn.privacy.subject import Subject

_QUOTE = r"(?:\\{0,3}[\"'`]|&quot;)"
_OPERATOR = re.compile(
    rf"(?:\[[\w\"']{{0,24}}\])?(?P<close>{_QUOTE}|\*\*|\]|\))?(?:"
    rf"(?P<pair>\s{{0,16}}[,;]?\s{{0,16}}(?:/?>\s{{0,16}}<|</\w{{1,16}}>\s{{0,16}}<)?{_QUOTE}?"
    rf"[vV]alue{_QUOTE}?\s{{0,4}}(?:[=:>]|\\?=)\s{{0,4}})"
    r"|(?P<assign>[ \t]{0,8}(?::{1,3}=|[?+.|]{1,2}=|=>|={1,3}~?|:|!==?|<-|->|%3[dD])"
    r"[ \t]{0,8}(?:[|>][-+]?(?=\s))?(?:\\?\r?\n[ \t]{1,24})?)"
    r"|(?P<typed>\??(?:\s{0,2}:)?\s{1,2}[A-Za-z][\w.<>\[\]*&?]{0,24}\s{0,2}:?=\s{0,2}(?=[\"'`@]))"
    r"|(?P<element>>\s{0,24})"
    r"|(?P<comma>\s{0,4},\s{0,4})"
    r"|(?P<prose>(?:\s(?:for|of|on)\s(?:the\s|my\s)?[\w.@-]{1,40})?[ \t]{1,2}"
    r"(?:is|was|are|will be|set to|changed to|reset to|to|as|equals)[ \t]{0,2}:?\s{1,2})"
    r"|(?P<space>[ \t]{1,4})"
    r"|(?P<call>\(\s{0,4}))"
)
_VALUE = re.compile(
    rf"@?(?:(?P<quote>{_QUOTE})(?P<quoted>[^\r\n]{{1,512}}?)(?P=quote)"
    r"|(?P<bare>[^\s\"'`,;<>(){}\[\]|\\]{4,512}))"
)
_NEXT_PARAMETER = re.compile(r"&(?:amp;)?[\w.-]{1,40}=")
_REVERSED = re.compile(
    r"(?<![^\s\"'`(/*#;])(?P<value>[^\s\"'`,;<>()]{8,256})[\"'`]? (?:is|as) (?:the|my|your|our|a|his|"
    r"her|their) "
    r"(?:[\w-]{1,20} ){0,3}?(?P<name>pass(?:word|phrase|code)|token|secret|key)\b",
    re.IGNORECASE,
)


_ARGUMENT = re.compile(r"[a-z_]{1,24}=[A-Za-z_]")
_PLACEHOLDER = re.compile(r"<[A-Z]{2,16}(?:_[A-Z0-9]{1,16}){0,4}>")
_API_KEY = re.compile(r"(?:api|access|secret)[-_ ]?key$")
_SETTING = re.compile(r"[A-Za-z][a-z]{1,12}(?:[-_]?[A-Za-z][a-z]{1,12}){0,3}=[A-Za-z]{1,16}$|--[a-z]")


class _Given(NamedTuple):
    """A value and how it was given."""

    value: str
    start: int
    how: str
    quoted: bool
    closed: bool


def find_assignments(subject: Subject) -> Iterator[Match]:
    """Values given to a secret name in the text, then the text itself when its key is such a name."""
    if subject.has_any(STEMS):
        yield from _in_text(subject)
        yield from _reversed(subject)
    if subject.key:
        yield from _by_key(subject)


def _in_text(subject: Subject) -> Iterator[Match]:
    text = subject.text
    covered = 0
    for name in find_names(_without_placeholders(subject)):
        if name.start < covered or (given := _read(text, name)) is None or not _is_secret(given, text, name):
            continue
        covered = given.start + len(given.value)
        kind = kinds.PASSWORD if name.sort == "password" else kinds.SECRET
        yield Match(given.start, covered, kind, "assignment", 0.6 if name.sort == "key" else 0.8)


def _without_placeholders(subject: Subject) -> str:
    """The text in lower case with placeholders blanked: `<PASSWORD>` is no name."""
    if "<" not in subject.text:
        return subject.lowered
    pieces: list[str] = []
    at = 0
    for hit in _PLACEHOLDER.finditer(subject.text):
        pieces += (subject.lowered[at : hit.start()], " " * len(hit[0]))
        at = hit.end()
    return "".join((*pieces, subject.lowered[at:]))


def _read(text: str, name: Name) -> _Given | None:
    operator = _OPERATOR.match(text, name.end)
    if operator is None or (found := _VALUE.match(text, operator.end())) is None:
        return None
    quoted = found["quoted"] is not None
    value = found["quoted"] if quoted else found["bare"].rstrip(".:*")
    if not quoted and (parameter := _NEXT_PARAMETER.search(value)):
        value = value[: parameter.start()]
    start = found.start("quoted" if quoted else "bare")
    closed = bool(operator["close"])
    return _Given(value, start, operator.lastgroup or "", quoted=quoted, closed=closed)


def _is_secret(given: _Given, text: str, name: Name) -> bool:
    value = given.value
    if not given.quoted and (given.how == "call" or text.startswith("(", given.start + len(value))):
        return False
    if given.how in {"space", "prose"}:
        return _is_said(given, text, name)
    if given.how == "comma":
        plain = name.sort == "key" or _ARGUMENT.match(value) is not None
        return not plain and is_secret_value(value) and (is_random(value) or name.sort == "password")
    if name.sort == "password":
        return is_password_value(value, quoted=given.quoted)
    if name.sort == "key":
        return is_random(value) and not is_hash_like(value) and not is_hex(value) and is_secret_value(value)
    return is_secret_value(value)


def _is_said(given: _Given, text: str, name: Name) -> bool:
    """Of a value that follows its name in a sentence, or as the argument of an option."""
    value = given.value
    word_before = text[max(0, name.start - 24) : name.start].rsplit(None, 1)[-1:]
    option = bool(word_before) and word_before[0].startswith("-")
    if text[name.start : name.end].lower() == "pass" and not option:
        return False
    if given.how == "prose" or option:
        return not _is_plain(value) and (
            is_strong_password(value) if name.sort == "password" else is_secret_value(value)
        )
    if name.full.endswith("identified by") and given.quoted:
        return is_password_value(value, quoted=True)
    named = _API_KEY.search(name.full) is not None
    return (
        name.sort != "key"
        and is_random(value)
        and (named or not is_hash_like(value))
        and is_secret_value(value)
    )


def _is_plain(value: str) -> bool:
    return is_stand_in(value) or is_code(value) or _SETTING.match(value) is not None


def is_password_value(value: str, *, quoted: bool) -> bool:
    """Whether a value of a password name is one. A quoted literal may be a plain word, a bare one may not."""
    if _is_plain(value):
        return False
    if quoted:
        return len(value) >= 4 and " " not in value.strip()  # noqa: PLR2004 -- shorter ones are flags
    return is_strong_password(value)


def is_secret_value(value: str) -> bool:
    """Whether a value of a secret or token name is one: no words, no sentence, random."""
    value = value.strip()
    if " " in value or _is_plain(value) or is_identifier_like(value):
        return False
    return is_random(value, least=10) or is_hash_like(value)


def _reversed(subject: Subject) -> Iterator[Match]:
    """`… is the password`: the value stands first."""
    if not (" is " in subject.text or " as " in subject.text):
        return
    for hit in _REVERSED.finditer(subject.text):
        value = hit["value"].lstrip("/#*;")
        if not _is_plain(value) and is_random(value, least=8):
            kind = kinds.PASSWORD if hit["name"].lower().startswith("pass") else kinds.SECRET
            yield Match(hit.end("value") - len(value), hit.end("value"), kind, "assignment", 0.7)


def _by_key(subject: Subject) -> Iterator[Match]:
    value = subject.text.strip()
    if not 4 <= len(value) <= 4096 or (name := name_of_key(subject.key)) is None:  # noqa: PLR2004 -- a value
        return
    start = subject.text.index(value)
    if name.sort == "password" and is_password_value(value, quoted=True):
        yield Match(start, start + len(value), kinds.PASSWORD, "password-field", 0.85)
    elif name.sort == "secret" and is_secret_value(value):
        yield Match(start, start + len(value), kinds.SECRET, "secret-field", 0.85)
