r"""Secrets given to a name: `password = "…"`, `--token …`, `PGPASSWORD=…`, "the password is …".

The name is read whole, backwards too, so that `max_tokens = 4096` or `token_count` are no secrets. A value
counts when it holds a secret: not a variable, a call, a type, a stand-in or (for a bare word) plain
language.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.model import Match
from git_fedlearn.privacy.shapes import (
    is_code,
    is_hash_like,
    is_identifier_like,
    is_random,
    is_stand_in,
    is_strong_password,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from git_fedlearn.privacy.subject import Subject

_NAMES_A = r"pass(?:w(?:or)?d|phrase|code)|pwd|contraseña|contrasena|passwort|kennwort|mot_de_passe|senha"
_NAMES_B = (
    r"secret|token|api[-_ ]?key|apikey|auth[-_]?key|access[-_]?key|account[-_]?key|private[-_]?key|"
    r"signing[-_]?key|encryption[-_]?key|master[-_]?key|service[-_]?key|"
    r"client[-_]?key|license[-_]?key|shared[-_]?key|credential|"
    r"_auth\b|webhook[-_]?key|db[-_]?pass|key[-_]?pass|\bsas\b"
)
_GATE = (
    "pass", "pwd", "secret", "token", "key", "contrase", "kennwort", "senha", "credential", "_auth", "sas",
    "identified by",
)  # fmt: skip
_ASSIGNMENT = re.compile(
    rf"(?:(?P<password>{_NAMES_A})|(?P<secret>{_NAMES_B}|identified[ ]by))"
    r"(?P<rest>[A-Za-z0-9_-]{0,32})"
    r"(?:\[[0-9]{0,4}\])?(?P<close>\\{0,3}[\"'`]|\*\*|\]|>)?\)?"
    r"(?P<op>[ \t]{0,8}(?::=|=>|={1,3}|:|!=|<-)[ \t]{0,8}(?:\\?\r?\n[ \t]{1,16})?"
    r"|[ \t]{1,2}(?:is|was|to)[ \t]{0,2}:?[ \t]{1,2}|[ \t]{1,4}|(?<=>))"
    r"(?:(?P<quote>\\{0,3}[\"'`])(?P<quoted>[^\r\n]{1,256}?)(?P=quote)"
    r"|(?P<bare>[^\s\"'`,;<>(){}\[\]|\\]{4,256}))",
    re.IGNORECASE,
)
_NAME_BEFORE = re.compile(r"[A-Za-z0-9_.-]{0,48}\Z")
_NOT_SECRET_NAME = re.compile(
    r"tokeni[sz]|tokens(?![_-]?secret)|max_?token|min_?token|token_?(?:count|limit|type|usage|budget|len|size|index|"
    r"cost|rate|id_to|ize|window|per|s_)|(?:num|n|total|prompt|completion|input|output|cached|eos|bos|pad|unk|mask|"
    r"stop|sep|cls|special|next|first|last|end|start|begin)_?token|public_?key|(?:primary|foreign|sort|hash|partition|"
    r"cache|row|dict|json|map|i18n|translation)_?key|key_?(?:name|id|path|file|type|size|length|prefix|ring|board)|"
    r"(?:secret|password|passwd|token|credential)s?_?(?:name|path|file|dir|url|uri|endpoint|ref|arn|id|key_?ref|"
    r"field|param|policy|length|len|min|max|type|hint|prompt|label|manager|store|provider|service|version|scan|"
    r"expir\w{0,8}|ttl|reset|strength|rotation|header|regex|pattern|env|var)\b|passwordless|passed|passing|passes|"
    r"secretary|keyboard|keyword",
    re.IGNORECASE,
)


def find_assignments(subject: Subject) -> Iterator[Match]:
    """Values given to a secret name in the text, then the text itself when its key is such a name."""
    if any(word in subject.lowered for word in _GATE):
        yield from _in_text(subject.text)
    if subject.key:
        yield from _by_key(subject)


def _in_text(text: str) -> Iterator[Match]:
    at = 0
    while (hit := _ASSIGNMENT.search(text, at)) is not None:
        at = hit.end("rest")
        group = "quoted" if hit["quoted"] is not None else "bare"
        value = hit[group]
        if group == "bare":
            value = value.rstrip(".:!?*")
        name = _full_name(text, hit)
        if _NOT_SECRET_NAME.search(name) or not _is_secret(value, hit, quoted=group == "quoted"):
            continue
        at = hit.start(group) + len(value)
        kind = kinds.PASSWORD if hit["password"] else kinds.SECRET
        yield Match(hit.start(group), at, kind, "assignment", 0.8)


def _full_name(text: str, hit: re.Match[str]) -> str:
    before = _NAME_BEFORE.search(text[max(0, hit.start() - 48) : hit.start()])
    return (before[0] if before else "") + text[hit.start() : hit.end("rest")]


def _is_secret(value: str, hit: re.Match[str], *, quoted: bool) -> bool:
    operator = hit["op"].strip().lower()
    if operator in {"is", "was", "to", "is:", "was:", "to:", ""} and not quoted and not hit["close"]:
        flag = hit.string[max(0, hit.start() - 24) : hit.start()].rsplit(" ", 1)[-1].startswith("-")
        return _is_bare_secret(value) and (flag or bool(operator) or is_random(value))
    if hit["password"]:
        return is_password_value(value, quoted=quoted)
    return is_secret_value(value)


def _is_bare_secret(value: str) -> bool:
    return not is_stand_in(value) and not is_code(value) and is_strong_password(value)


def is_password_value(value: str, *, quoted: bool) -> bool:
    """Whether a value of a password name is one. A quoted literal may be a plain word, a bare one may not."""
    if is_stand_in(value) or is_code(value):
        return False
    if quoted:
        return len(value) >= 4 and " " not in value.strip()  # noqa: PLR2004 -- shorter ones are flags
    return is_strong_password(value)


def is_secret_value(value: str) -> bool:
    """Whether a value of a secret or token name is one: no words, no sentence, random."""
    value = value.strip()
    if " " in value or is_stand_in(value) or is_code(value) or is_identifier_like(value):
        return False
    return is_random(value, least=10) or is_hash_like(value)


_PASSWORD_KEY = re.compile(rf"(?:{_NAMES_A})", re.IGNORECASE)
_SECRET_KEY = re.compile(rf"(?:{_NAMES_B})", re.IGNORECASE)


def _by_key(subject: Subject) -> Iterator[Match]:
    value = subject.text.strip()
    if not 4 <= len(value) <= 4096 or _NOT_SECRET_NAME.search(subject.key):  # noqa: PLR2004 -- a value, not a text
        return
    start = subject.text.index(value)
    if _PASSWORD_KEY.search(subject.key):
        if is_password_value(value, quoted=True):
            yield Match(start, start + len(value), kinds.PASSWORD, "password-field", 0.85)
    elif _SECRET_KEY.search(subject.key) and is_secret_value(value):
        yield Match(start, start + len(value), kinds.SECRET, "secret-field", 0.85)
