r"""Values assigned to the name of a secret: `password = "…"`, `--token …`, "the password is …".

A value counts if it may be a secret: not a variable, a call, a type, a placeholder, or an unquoted plain
word. How strict the check is depends on the name: a quoted value of `password` may be any word, a value of
`key` must look generated.

Assignments are read in the syntax of many languages and of prose: `let token: string = '…'`,
`os.environ["KEY"] = "…"`, `<key>…</key>`, `name: KEY` / `value: …`, `| token | … |`. Some can be read in
several ways (`token: string = "…"` as the word `string` or as the literal), so all readings are tried, best
first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from git_fedlearn.core.patterns import lazy_pattern
from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.model import Match
from git_fedlearn.privacy.shapes import (
    is_certificate,
    is_chosen_word,
    is_code,
    is_damaged_hex,
    is_escaped_bytes,
    is_full_of_signs,
    is_generated_with_brackets,
    is_hash_like,
    is_hex,
    is_identifier_like,
    is_passphrase,
    is_random,
    is_stand_in,
    is_strong_password,
    is_version,
)
from git_fedlearn.privacy.subject import Name, find_names, name_of_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from git_fedlearn.privacy.subject import Subject

_MIN_VALUE_LENGTH = 4
_MAX_EQUALS_SIGNS = 5
"""An unquoted value with more is a row of settings."""
_MAX_VALUE_LENGTH = 512
_MAX_REVERSED_LENGTH = 257
"""With a quotation mark."""
_MIN_PROSE_VALUE_LENGTH = 8
_MIN_ISSUED_LENGTH = 16
"""Of the keys and tokens that services give out."""
_MORE = lazy_pattern(r"[\w.+/=~:%-]*")
_ARGUMENT = lazy_pattern(r"[a-z_]{1,24}=[A-Za-z_]")
_PLACEHOLDER = lazy_pattern(rf"<({'|'.join(kinds.KINDS)})(?:_[0-9]{{1,4}})?>")
_LINE_START = lazy_pattern(r"[+-]?[ \t]*(?:(?:[-+*#;]|//|export|ENV|ARG|set|setx|SET)[ \t]+)?[\w.-]*")
_LINE_END = lazy_pattern(r"[ \t]*(?:[ \t]#[^\r\n]*)?(?:\r?\n|$)")
_OPTION = lazy_pattern(r"(?:^|\s)--?[\w.-]*$")
_API_KEY = lazy_pattern(r"(?:api|access|secret)[-_ ]?key$")
_SETTING = lazy_pattern(
    r"[A-Za-z][a-z]{1,12}(?:[-_]?[A-Za-z][a-z]{1,12}){0,3}=(?:[A-Za-z]{1,16}|[0-9]{1,6})\.?$|--[a-z]|"
    r"0[xX][0-9a-fA-F]{1,16}[uUlL]{0,3}$|\d[\d.]{0,15}[*/][A-Za-z_]{3,64}$"
)
_SETTINGS = lazy_pattern(r"[A-Za-z][A-Za-z_.-]{0,24}=|[^=]{0,8}=(?!=|$)")
_CHOSEN = lazy_pattern(r"secret|crypt|cipher|sign|salt|hmac|jwt|session|master|psk|wifi|wpa|pass|app[-_]?key")
_MADE_UP = lazy_pattern(r"(?:^|[_.-])(?:mock|fake|dummy)[_.-]")
"""What tests call a secret that is none."""
_FIELD_LABEL = lazy_pattern(r"[^\W\d_a-z][^\W\d_A-Z]*:")
_AFTER_TYPE = lazy_pattern(r"[ \t]*(?:=|\?:|[),{])")
_ODD_START = lazy_pattern(r"[=?@][A-Za-z0-9_-]{15,512}={0,2}")
_NEVER_IN_KEYS = lazy_pattern(r"[$#@!^*?,;<>(){}\[\]\"'`\s&]|%(?![0-9A-F]{2})")
_NEVER_IN_TOKENS = lazy_pattern(r"[\^*?,;<>]")
_MAX_WORDS_IN_CELL = 4
"""Before the name of a secret, which heads a column or a row."""
_PIPED = lazy_pattern(r"\$\{?[\w.]*$|\{[{%](?:(?![}%]\}).)*$|<%[^%]*$")
"""What is before a name whose pipe is no border of a cell: a variable of a shell, the code of a template."""
_FINGERPRINT = lazy_pattern(r"(?:SHA(?:1|256|384|512):[A-Za-z0-9+/]{20,86}={0,2}|MD5:[0-9a-f:]{32,47})")
"""Of a key, as ssh prints it."""
_LAST_ESCAPES = lazy_pattern(r"(?:\\+(?:x[0-9a-fA-F]{2}|[0-7]{1,3}|[nrt]))+$")
_COUNTRY = lazy_pattern(r"PW[\"']?\s{0,4}(?::|=>?|,)\s{0,4}[\"']?Pala[^\W\d]{1,4}\b")
"""The code of Palau in a list of countries (ISO 3166), the only one that is also a name of passwords."""
_LABEL = lazy_pattern(r"^[a-z]{1,12}:")
_WEAK = lazy_pattern(r"[0-9]{8,16}|(?=[a-z]{0,4}[0-9!@#$%^&*+?])[a-z][a-z0-9!@#$%^&*+?]{3,4}")
"""A password of digits, or a short word with one of them or a sign."""
_WORD_AND_NUMBER = lazy_pattern(r"[A-Z][a-z]{4,12}[0-9]{2,4}[!?.#$]?|[a-z]{7,20}[0-9]{2,4}")
_USER = lazy_pattern(r"(?i:\b(?:user(?: ?id|name)?|uid|login)\s?=\s?)[^;&\n\"']{1,64}(?:;|&(?:amp;)?)")
_NO_NAME_BEFORE = lazy_pattern(r"(?:\btype=|[?|][ \t]{0,2})[\"'`]$|</$")
_NO_VALUE = lazy_pattern(
    r"[,;][^\n]*[:=]|[a-z]{2,16}:\\?\"[^\n]*|"
    r"(?:[a-z0-9-]{2,24}\.){1,4}[a-z]{2,6}(?:/(?:[a-z][a-z_-]{1,30}|v[0-9]{1,2})){1,8}|"
    r"(\\x[0-9a-f]{2}|\\[0-7]{1,3})\1*|#[a-z]{2,24}(?:[-_][a-z]{2,24}){1,4}|(?:[a-z_]{3,24}/){1,5}[a-z_]{3,24}(?:#[a-z_]{2,24})?"
)
"""What stands between two strings, the tag of a field (`json:"token"`), the path of a module, one byte, the
name of an element of a page, a path or route of words."""
_REVERSED = lazy_pattern(
    r" (?:is|as) (?:the|my|your|our|a|his|her|their) (?:[\w-]{1,20} ){0,3}?"
    r"(?P<name>pass(?:word|phrase|code)|token|secret|key)\b",
    re.IGNORECASE,
)
_VALUE_BEFORE = lazy_pattern(r"(?<![^\s\"'`(/*#;])(?P<value>[^\s\"'`,;<>()]{8,256})[\"'`]?\Z")


def find_assignments(subject: Subject) -> Iterator[Match]:
    """Values assigned to a secret name in the text, then the text itself if its key is such a name."""
    if subject.stem_positions:
        yield from _assigned(subject)
        yield from _reversed(subject)
    if subject.key:
        yield from _under_key(subject)


def _assigned(subject: Subject) -> Iterator[Match]:
    text = subject.text
    covered = 0
    lowered = _without_placeholders(subject)
    for name in find_names(lowered, subject.stem_positions if lowered is subject.lowered else None):
        if name.start < covered or _is_no_name(text, name):
            continue
        assigned = next((one for one in _readings(text, name.end) if _is_secret(one, text, name)), None)
        if assigned is None:
            continue
        covered = _end_of(assigned, text)
        kind = kinds.PASSWORD if name.sort == "password" else kinds.SECRET
        yield Match(assigned.start, covered, kind, "assignment", 0.6 if name.sort == "key" else 0.8)


def _end_of(assigned: AssignedValue, text: str) -> int:
    """Where the value ends: one that fills its pattern goes on as long as a token does."""
    end = assigned.start + len(assigned.value)
    if len(assigned.value) < _MAX_VALUE_LENGTH or (rest := _MORE.match(text, end)) is None:
        return end
    return rest.end()


def _without_placeholders(subject: Subject) -> str:
    """The text in lower case, placeholders blanked: `<PASSWORD>` is a name only if it is an XML element."""
    if "<" not in subject.text:
        return subject.lowered
    pieces: list[str] = []
    at = 0
    elements = {kind for kind in kinds.KINDS if f"</{kind}>" in subject.text} if "</" in subject.text else ()
    for hit in _PLACEHOLDER.finditer(subject.text):
        if hit[1] not in elements:
            pieces += (subject.lowered[at : hit.start()], " " * len(hit[0]))
            at = hit.end()
    return "".join((*pieces, subject.lowered[at:]))


def _reversed(subject: Subject) -> Iterator[Match]:
    """`… is the password`: the value comes first."""
    text = subject.text
    for at in (at for verb in (" is ", " as ") for at in _offsets(text, verb)):
        hit = _REVERSED.match(text, at)
        before = hit and _VALUE_BEFORE.search(text, max(0, at - _MAX_REVERSED_LENGTH), at)
        if not hit or not before:
            continue
        value = before["value"].lstrip("/#*;")
        if not _is_plain(value) and is_random(value, min_length=8):
            kind = kinds.PASSWORD if hit["name"].lower().startswith("pass") else kinds.SECRET
            yield Match(before.end("value") - len(value), before.end("value"), kind, "assignment", 0.7)


def _offsets(text: str, part: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _under_key(subject: Subject) -> Iterator[Match]:
    value = subject.text.strip()
    if not 4 <= len(value) <= 4096 or (name := name_of_key(subject.key)) is None:  # noqa: PLR2004 -- a value
        return
    start = subject.text.index(value)
    if name.sort == "password" and is_password_value(value, quoted=True):
        yield Match(start, start + len(value), kinds.PASSWORD, "password-field", 0.85)
    elif name.sort == "secret" and is_secret_value(value):
        yield Match(start, start + len(value), kinds.SECRET, "secret-field", 0.85)


_QUOTE = r"(?:\"\"\"|'''|\\{0,3}[\"'`]|&quot;|&#39;|&apos;)"
_CLOSE = rf"(?:\[[\w\"']{{0,24}}\])?(?P<close>{_QUOTE}?[ \t]{{0,2}}[\])]{{1,2}}|{_QUOTE}|\*\*|__|%(?==))?"
_ASSIGN = (
    r"(?P<assign>[ \t]{0,8}(?::{1,3}=|[?+.|]{1,2}=|=>|={1,3}~?|:|!==?|<-|->(?=[ \t]{0,4}[\"'`])|"
    r"%3[dD]|=3[dD]|-(?=[ \t][\"'`]))"
    r"[ \t]{0,32}(?:[|>][-+]?(?=\s))?(?:\\?\r?\n[ \t]{1,24})?)"
)
_WAYS = tuple(
    lazy_pattern(rf"{_CLOSE}{way}")
    for way in (
        # let token: &str = "…", var token string = "…", public string Token { get; set; } = "…"
        (
            r"(?P<typed>(?<![\"'])\??[ \t]{0,2}(?::\s{0,2}|[ \t])"
            r"(?:[A-Za-z&*][\w.<>\[\]*&?|, ]{0,40}?)\s{0,2}:?=\s{0,2}"
            rf"(?=[A-Za-z@$]{{0,2}}{_QUOTE})|\s{{0,2}}\{{[^{{}}\r\n]{{0,48}}\}}\s{{0,2}}=\s{{0,2}})"
        ),
        # process.env.TOKEN || "…", getenv("TOKEN") or "…", ${TOKEN:-…}
        rf"(?P<fallback>\s{{0,2}}(?:\|\||\?\?|\?:|\bor\b)\s{{0,2}}(?={_QUOTE})|:[-=](?=[^\s=-]))",
        # variable "db_password" { default = "…" }
        rf"(?P<block>\s{{0,4}}\{{[^{{}}]{{0,200}}?\b(?:default|value)\s{{0,8}}=\s{{0,8}}(?={_QUOTE}))",
        # name: KEY / value: …, name="key" value="…", <key>name</key><string>…
        (
            r"(?P<pair>\s{0,16}[,;]?\s{0,16}(?:-\s)?(?:/?>\s{0,16}<|</\w{1,16}>\s{0,16}<)?"
            rf"{_QUOTE}?(?:[vV]alue|string|default){_QUOTE}?\s{{0,4}}(?:\\?=|[=:>])\s{{0,4}})"
        ),
        _ASSIGN,
        r"(?P<element>(?:\s[\w:-]{1,24}=[\"'][^\"'<>]{0,48}[\"']){0,3}>\s{0,24}(?:<!\[CDATA\[)?(?!=))",
        r"(?P<cell>[ \t]{0,24}\|[ \t]{0,24})",
        r"(?P<comma>\s{0,4},\s{0,4})",
        (
            r"(?P<prose>(?:\s(?:for|of|on|to|in)\s(?:the\s|my\s|our\s)?[\w.@-]{1,40}){0,2}[ \t]{1,2}"
            r"(?:is|was|are|will be|has been|set to|changed to|reset to|to|as|equals)"
            r"(?: now| still| currently)?(?: set to| changed to)?[ \t]{0,2}:?\s{1,2})"
        ),
        # Please use the following password to proceed to installation: …
        r"(?P<told>(?:[ \t]{1,2}[a-z]{1,14}){1,8}:\s{0,8})",
        r"(?P<space>[ \t]{1,4})",
    )
)
_ASSIGN_ONLY = (lazy_pattern(rf"{_CLOSE}{_ASSIGN}"),)
"""No other way begins with an equals sign."""
_VALUE = lazy_pattern(
    r"(?:[rbfuRBFUL@$]{1,2}(?=[\"'`\\]))?"
    rf"(?:(?P<quote>{_QUOTE})(?!(?P=quote))(?P<quoted>[^\r\n]{{1,{_MAX_VALUE_LENGTH}}}?)(?P=quote)"
    rf"|{_QUOTE}?(?P<bare>[^\s\"'`,;<>(){{}}\[\]|\\]{{4,{_MAX_VALUE_LENGTH}}}))"
)
_WHOLE = lazy_pattern(rf"[^\s\"'`,<>\\]{{20,{_MAX_VALUE_LENGTH}}}(?=\r?(?:\n|\Z))")
"""What fills the rest of a line, brackets, too."""
_NEXT_PARAMETER = lazy_pattern(r"&(?:amp;)?[\w.-]{1,40}=|%26[\w.-]{1,40}%3[dD]")


class AssignedValue(NamedTuple):
    """A value, its offset, how it was assigned (the name of a group in _WAYS), and whether it is quoted."""

    value: str
    start: int
    how: str
    quoted: bool


def _readings(text: str, at: int) -> Iterator[AssignedValue]:
    """The values that a name which ends at `at` may be assigned."""
    for way in _ASSIGN_ONLY if text.startswith("=", at) else _WAYS:
        operator = way.match(text, at)
        if operator is None or (found := _VALUE.match(text, operator.end())) is None:
            continue
        how = operator.lastgroup or ""
        if found["quoted"] is not None:
            yield AssignedValue(found["quoted"], found.start("quoted"), how, quoted=True)
            continue
        whole = _WHOLE.match(text, found.start("bare")) if how == "assign" else None
        if whole is not None and is_full_of_signs(whole[0]):
            yield AssignedValue(whole[0], whole.start(), how, quoted=True)
        value = found["bare"].rstrip(".:*!?" if how in {"prose", "told", "space"} else ".:*")
        if parameter := _NEXT_PARAMETER.search(value):
            value = value[: parameter.start()]
        yield AssignedValue(value, found.start("bare"), how, quoted=False)


def _is_secret(assigned: AssignedValue, text: str, name: Name) -> bool:
    value, _, how, quoted = assigned
    if value.lower() == name.full or _is_said_to_be_none(assigned, text, name):
        return False
    if how in {"space", "prose", "told"}:
        return _is_secret_in_prose(assigned, text, name)
    if how == "cell" and _is_no_cell(text, name):
        return False
    if how == "comma":
        return _is_secret_after_comma(assigned, name)
    if name.sort == "password":
        return is_password_value(value, quoted=quoted) or (
            how == "assign"
            and not quoted
            and (_is_whole_line(assigned, text, name) or _is_of_connection(text, name))
            and (is_chosen_word(value) or _WEAK.fullmatch(value) is not None)
            and not _is_plain(value)
        )
    return _is_generated(assigned, text, name)


def _is_said_to_be_none(assigned: AssignedValue, text: str, name: Name) -> bool:
    """Whether name or syntax say that it is no secret: `mock_token`, the label of a field, a type, a call."""
    value = assigned.value
    end = assigned.start + len(value)
    if assigned.quoted:
        return _FIELD_LABEL.fullmatch(value) is not None or _MADE_UP.search(name.full) is not None
    is_name = value.endswith(("?", "!")) and value[0].isupper() and value[:-1].isalpha()
    is_type = is_name and ":" in text[name.end : assigned.start]
    return (
        text.startswith("(", end)
        or (value.endswith(("$", "#", "@")) and text.startswith("{", end))
        or (is_type and _AFTER_TYPE.match(text, end) is not None)
        or value.count("=") > _MAX_EQUALS_SIGNS
        or ("==" in text[max(name.end, assigned.start - 4) : assigned.start] and value.isidentifier())
        or _MADE_UP.search(name.full) is not None
    )


def _is_no_cell(text: str, name: Name) -> bool:
    """Whether the pipe behind a name is one of a shell or a template, or ends a sentence in a table."""
    before = text[max(0, name.start - 128) : name.start].rpartition("\n")[2]
    return _PIPED.search(before) is not None or len(before.rpartition("|")[2].split()) > _MAX_WORDS_IN_CELL


def _is_no_name(text: str, name: Name) -> bool:
    """Whether it is the type of an input field, a result (`passed ? "pass" : "fail"`), or ends an element.

    `PW: Palau` is a country.
    """
    is_country = name.full == "pw" and _COUNTRY.match(text, name.start) is not None
    return is_country or _NO_NAME_BEFORE.search(text, max(0, name.start - 12), name.start) is not None


def _is_generated(assigned: AssignedValue, text: str, name: Name) -> bool:
    """Of the value of a name that is none of a password."""
    value = assigned.value
    # Of so many generated characters some would be digits.
    is_name_in_code = not assigned.quoted and value.lstrip(":").isalpha()
    if is_name_in_code or _is_not_issued(name.full, value):
        return False
    is_in_query = text[name.start - 1 : name.start] in {"?", "&"}
    unlabelled = _LABEL.sub("", value)
    if _is_chosen(assigned, text, name):
        return True
    if name.sort == "key" and (
        not is_random(value)
        or ((is_hash_like(unlabelled) or is_hex(unlabelled)) and not is_in_query)
        or _SETTINGS.match(value) is not None
    ):
        return False
    return is_secret_value(value)


def _is_chosen(assigned: AssignedValue, text: str, name: Name) -> bool:
    """Whether it is a secret that people choose as they choose passwords: `Summer2024`."""
    return (
        _WORD_AND_NUMBER.fullmatch(assigned.value) is not None
        and assigned.how == "assign"
        and _CHOSEN.search(name.full) is not None
        and (assigned.quoted or _is_whole_line(assigned, text, name))
    )


def _is_not_issued(name: str, value: str) -> bool:
    """Whether no service would give out such a key or token: it has characters that no alphabet has.

    People choose the value of a `secret_key` themselves, and short values.
    """
    if _ODD_START.fullmatch(value) is not None:
        return True
    if len(value) < _MIN_ISSUED_LENGTH or _CHOSEN.search(name) is not None or is_full_of_signs(value):
        return False
    return (_NEVER_IN_KEYS if "key" in name else _NEVER_IN_TOKENS).search(value) is not None


def _is_secret_after_comma(assigned: AssignedValue, name: Name) -> bool:
    """Of a value that follows its name after a comma, as an argument, in a pair, in a cell."""
    value = assigned.value
    if name.sort == "key" or " " in value or _ARGUMENT.match(value) is not None or _is_plain(value):
        return False
    if assigned.quoted and name.sort == "password":
        return is_strong_password(value) and (not is_identifier_like(value) or value[-2:].isdigit())
    return is_secret_value(value)


def _is_whole_line(assigned: AssignedValue, text: str, name: Name) -> bool:
    """Whether the line has nothing but name and value, as in settings files."""
    start = text.rfind("\n", 0, name.start) + 1
    end = assigned.start + len(assigned.value)
    return (
        _LINE_START.fullmatch(text, start, name.start) is not None and _LINE_END.match(text, end) is not None
    )


def _is_of_connection(text: str, name: Name) -> bool:
    """Whether it is part of a connection string: `…;User ID=app;Password=…;`, `?user=app&password=…`."""
    before = text[max(0, name.start - 128) : name.start]
    return before.endswith((";", "&", "user")) and _USER.search(before) is not None


def _is_secret_in_prose(assigned: AssignedValue, text: str, name: Name) -> bool:
    """Of a value that follows its name in a sentence, or as the argument of an option or a declaration."""
    value = assigned.value
    if _is_plain(value) or (" " in value and not is_passphrase(value)):
        return False
    if assigned.how == "told":
        return name.sort == "password" and is_random(value, min_length=_MIN_PROSE_VALUE_LENGTH)
    before = text[max(0, name.start - 48) : name.start]
    is_option = _OPTION.search(before) is not None
    is_stated = assigned.how == "prose" or is_option
    if name.sort == "password":
        if text[name.start : name.end].lower() == "pass" and not is_option:
            # More often what somebody does than a password.
            return is_random(value, min_length=8 if assigned.quoted else 10)
        return _is_password_in_prose(assigned, is_stated=is_stated)
    if is_stated:
        return is_secret_value(value)
    is_marked = assigned.quoted or _API_KEY.search(name.full) is not None
    return (
        name.sort != "key"
        and is_secret_value(value)
        and (is_random(value) or is_marked)
        and (is_marked or not is_hash_like(value))
    )


def _is_password_in_prose(assigned: AssignedValue, *, is_stated: bool) -> bool:
    value = assigned.value
    strong = is_strong_password(value)
    if is_stated:
        return strong or (assigned.quoted and is_chosen_word(value))
    return (assigned.quoted and strong) or (is_random(value, min_length=8) and not is_hash_like(value))


def is_password_value(value: str, *, quoted: bool) -> bool:
    """Whether the value of a password name is a password. In quotes it may be a plain word."""
    if quoted and is_passphrase(value):
        return True
    fits = (
        len(value) >= _MIN_VALUE_LENGTH and " " not in value.strip() if quoted else is_strong_password(value)
    )
    return fits and not _is_plain(value)


def is_secret_value(value: str) -> bool:
    """Whether the value of a secret or token name is a secret: random, no words, no sentence."""
    if is_escaped_bytes(value):
        return True
    value = _LAST_ESCAPES.sub("", value.strip())
    is_plain_mix = value.isalnum() and not value.isalpha() and value.upper() != value != value.lower()
    if " " in value or not (is_random(value, min_length=8 if is_plain_mix else 10) or is_hash_like(value)):
        return False
    is_public = _FINGERPRINT.fullmatch(value) is not None
    return not (
        is_public or _is_plain(value) or is_identifier_like(value.rstrip("!?.")) or is_damaged_hex(value)
    )


def _is_plain(value: str) -> bool:
    """Whether it is a placeholder, code or a setting instead of a secret."""
    is_expression = is_code(value) and not (is_generated_with_brackets(value) or is_full_of_signs(value))
    is_syntax = (
        is_version(value)
        or is_certificate(value)
        or _SETTING.match(value) is not None
        or _NO_VALUE.fullmatch(value) is not None
    )
    return is_stand_in(value.strip("'\"\\")) or is_expression or is_syntax
