r"""Secrets given to a name: `password = "…"`, `--token …`, `PGPASSWORD=…`, "the password is …".

A value counts when it holds a secret: not a variable, a call, a type, a stand-in or (a bare word) plain
language. How much is asked of it depends on the name: a quoted value of `password` may be any word, a value
of `key` must look generated.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.given_values import Given, read_given
from git_fedlearn.privacy.lazy_pattern import lazy_pattern
from git_fedlearn.privacy.model import Match
from git_fedlearn.privacy.secret_names import Name, find_names, name_of_key
from git_fedlearn.privacy.shapes import (
    is_chosen_word,
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

_REVERSED = lazy_pattern(
    r"(?<![^\s\"'`(/*#;])(?P<value>[^\s\"'`,;<>()]{8,256})[\"'`]? (?:is|as) (?:the|my|your|our|a|his|"
    r"her|their) "
    r"(?:[\w-]{1,20} ){0,3}?(?P<name>pass(?:word|phrase|code)|token|secret|key)\b",
    re.IGNORECASE,
)


_SHORTEST = 4
_SHORTEST_SAID = 8
_ARGUMENT = lazy_pattern(r"[a-z_]{1,24}=[A-Za-z_]")
_PLACEHOLDER = lazy_pattern(rf"<({'|'.join(kinds.KINDS)})(?:_[0-9]{{1,4}})?>")
_LINE_START = lazy_pattern(r"[+-]?[ \t]*(?:(?:[-+*#;]|//|export|ENV|ARG|set|setx|SET)[ \t]+)?[\w.-]*")
_LINE_END = lazy_pattern(r"[ \t]*(?:\r?\n|$)")
_OPTION = lazy_pattern(r"(?:^|\s)--?[\w.-]*$")
_DECLARED = lazy_pattern(
    r"(?:\b(?:define|ENV|ARG|setx?|SET|setenv|SetEnv|export|setq|declare|readonly|config:set|configure set|"
    r"config set|"
    r"secret put|add)\s+)(?:-\S+\s+)?[\"']?[\w.-]*$"
)
_IN_SQL = lazy_pattern(r"identified by$|(?:with|encrypted|user|role|\w+) password$")
_API_KEY = lazy_pattern(r"(?:api|access|secret)[-_ ]?key$")
_SETTING = lazy_pattern(
    r"[A-Za-z][a-z]{1,12}(?:[-_]?[A-Za-z][a-z]{1,12}){0,3}=[A-Za-z]{1,16}$|--[a-z]|"
    r"[~^=<>v]{0,2}\d{1,4}(?:\.\w{1,8}){1,3}$"
)


def find_assignments(subject: Subject) -> Iterator[Match]:
    """Values given to a secret name in the text, then the text itself when its key is such a name."""
    if subject.stem_positions:
        yield from _in_text(subject)
        yield from _reversed(subject)
    if subject.key:
        yield from _by_key(subject)


def _in_text(subject: Subject) -> Iterator[Match]:
    text = subject.text
    covered = 0
    lowered = _without_placeholders(subject)
    for name in find_names(lowered, subject.stem_positions if lowered is subject.lowered else None):
        if name.start < covered:
            continue
        given = next((g for g in read_given(text, name.end) if _is_secret(g, text, name)), None)
        if given is None:
            continue
        covered = given.start + len(given.value)
        kind = kinds.PASSWORD if name.sort == "password" else kinds.SECRET
        yield Match(given.start, covered, kind, "assignment", 0.6 if name.sort == "key" else 0.8)


def _without_placeholders(subject: Subject) -> str:
    """The text in lower case with placeholders blanked: `<PASSWORD>` is no name, unless it is an element."""
    if "<" not in subject.text:
        return subject.lowered
    pieces: list[str] = []
    at = 0
    for hit in _PLACEHOLDER.finditer(subject.text):
        if f"</{hit[1]}>" not in subject.text:
            pieces += (subject.lowered[at : hit.start()], " " * len(hit[0]))
            at = hit.end()
    return "".join((*pieces, subject.lowered[at:]))


def _is_secret(given: Given, text: str, name: Name) -> bool:
    value = given.value
    if not given.quoted and (given.how == "call" or text.startswith("(", given.start + len(value))):
        return False
    if given.how in {"space", "prose"}:
        return _is_said(given, text, name)
    if given.how == "comma":
        return _is_next(given, name)
    if name.sort == "password":
        return is_password_value(value, quoted=given.quoted) or (
            given.how == "assign"
            and not given.quoted
            and _is_line(given, text, name)
            and is_chosen_word(value)
            and not _is_plain(value)
        )
    if name.sort == "key":
        return is_random(value) and not is_hash_like(value) and not is_hex(value) and is_secret_value(value)
    return is_secret_value(value)


def _is_next(given: Given, name: Name) -> bool:
    """Of a value that follows its name after a comma: an argument, a pair, a cell."""
    value = given.value
    if name.sort == "key" or _ARGUMENT.match(value) is not None or _is_plain(value):
        return False
    if given.quoted and name.sort == "password":
        return is_strong_password(value) and (not is_identifier_like(value) or value[-2:].isdigit())
    return is_secret_value(value) and (given.quoted or is_random(value) or name.sort == "password")


def _is_line(given: Given, text: str, name: Name) -> bool:
    """Whether name and value are all there is on the line, as in settings files."""
    start = text.rfind("\n", 0, name.start) + 1
    end = given.start + len(given.value)
    return (
        _LINE_START.fullmatch(text, start, name.start) is not None and _LINE_END.match(text, end) is not None
    )


def _is_said(given: Given, text: str, name: Name) -> bool:
    """Of a value that follows its name in a sentence, as the argument of an option or of a declaration."""
    value = given.value
    if _is_plain(value):
        return False
    before = text[max(0, name.start - 48) : name.start]
    declared = _OPTION.search(before) is not None or _DECLARED.search(before) is not None
    if name.sort == "password":
        is_verb = text[name.start : name.end].lower() == "pass" and not declared
        return _is_said_password(given, name, given.how == "prose" or declared, is_verb=is_verb)
    if given.how == "prose" or declared:
        return is_secret_value(value)
    named = given.quoted or _API_KEY.search(name.full) is not None
    return (
        name.sort != "key"
        and is_secret_value(value)
        and (is_random(value) or named)
        and (named or not is_hash_like(value))
    )


def _is_said_password(given: Given, name: Name, told: bool, *, is_verb: bool) -> bool:  # noqa: FBT001 -- of one caller
    """Whether what is said after a password's name is it; `pass` is more often a verb."""
    value = given.value
    strong = is_strong_password(value)
    if is_verb:
        return strong and is_random(value, least=8 if given.quoted else 10)
    if told:
        return strong or (given.quoted and len(value) >= _SHORTEST_SAID and is_chosen_word(value))
    if strong and is_random(value, least=8):
        return True
    return given.quoted and (
        _IN_SQL.search(name.full) is not None or (strong and not is_identifier_like(value))
    )


def _is_plain(value: str) -> bool:
    return is_stand_in(value) or is_code(value) or _SETTING.match(value) is not None


def is_password_value(value: str, *, quoted: bool) -> bool:
    """Whether a value of a password name is one. A quoted literal may be a plain word, a bare one may not."""
    fits = len(value) >= _SHORTEST and " " not in value.strip() if quoted else is_strong_password(value)
    return fits and not _is_plain(value)


def is_secret_value(value: str) -> bool:
    """Whether a value of a secret or token name is one: no words, no sentence, random."""
    value = value.strip()
    if " " in value or not (is_random(value, least=10) or is_hash_like(value)):
        return False
    return not _is_plain(value) and not is_identifier_like(value)


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
