r"""Reads what a name is given, in the syntaxes of many languages and of people.

`password = "…"`, `let token: string = '…'`, `os.environ["KEY"] = "…"`, `--token …`, `<key>…</key>`,
`name: KEY` / `value: …`, `| token | … |`, "the password is …". A place can be read in more than one way
(`token: string = "…"` gives the word `string` or the literal), so all readings are offered, best first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from git_fedlearn.privacy.lazy_pattern import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

_QUOTE = r"(?:\"\"\"|'''|\\{0,3}[\"'`]|&quot;|&#39;|&apos;)"
_CLOSE = rf"(?:\[[\w\"']{{0,24}}\])?(?P<close>{_QUOTE}?[ \t]{{0,2}}[\])]{{1,2}}|{_QUOTE}|\*\*|__|%(?==))?"
_WAYS = tuple(
    lazy_pattern(rf"{_CLOSE}{way}")
    for way in (
        # let token: &str = "…", var token string = "…", public string Token { get; set; } = "…"
        (
            r"(?P<typed>\??\s{0,2}(?::\s{0,2}|\s)(?:[A-Za-z&*][\w.<>\[\]*&?|, ]{0,40}?)\s{0,2}:?=\s{0,2}"
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
        (
            r"(?P<assign>[ \t]{0,8}(?::{1,3}=|[?+.|]{1,2}=|=>|={1,3}~?|:|!==?|<-|->|%3[dD]|=3[dD])"
            r"[ \t]{0,8}(?:[|>][-+]?(?=\s))?(?:\\?\r?\n[ \t]{1,24})?)"
        ),
        r"(?P<element>(?:\s[\w:-]{1,24}=[\"'][^\"'<>]{0,48}[\"']){0,3}>\s{0,24}(?:<!\[CDATA\[)?)",
        r"(?P<cell>[ \t]{0,24}\|[ \t]{0,24})",
        r"(?P<comma>\s{0,4},\s{0,4})",
        (
            r"(?P<prose>(?:\s(?:for|of|on|to|in)\s(?:the\s|my\s|our\s)?[\w.@-]{1,40}){0,2}[ \t]{1,2}"
            r"(?:is|was|are|will be|has been|set to|changed to|reset to|to|as|equals)"
            r"(?: now| still| currently)?(?: set to| changed to)?[ \t]{0,2}:?\s{1,2})"
        ),
        r"(?P<space>[ \t]{1,4})",
        r"(?P<call>\(\s{0,4})",
    )
)
_VALUE = lazy_pattern(
    r"(?:[rbfuRBFUL@$]{1,2}(?=[\"'`\\]))?"
    rf"(?:(?P<quote>{_QUOTE})(?P<quoted>[^\r\n]{{1,512}}?)(?P=quote)"
    rf"|{_QUOTE}?(?P<bare>[^\s\"'`,;<>(){{}}\[\]|\\]{{4,512}}))"
)
_NEXT_PARAMETER = lazy_pattern(r"&(?:amp;)?[\w.-]{1,40}=")


class Given(NamedTuple):
    """A value, where it starts, how it was given (the name of the way), whether in quotes."""

    value: str
    start: int
    how: str
    quoted: bool


def read_given(text: str, at: int) -> Iterator[Given]:
    """The readings of what follows a name that ends at `at`."""
    for way in _WAYS:
        operator = way.match(text, at)
        if operator is not None and (found := _VALUE.match(text, operator.end())) is not None:
            yield _given(found, operator.lastgroup or "")


def _given(found: re.Match[str], how: str) -> Given:
    if found["quoted"] is not None:
        return Given(found["quoted"], found.start("quoted"), how, quoted=True)
    value = found["bare"].rstrip(".:*!?" if how in {"prose", "space"} else ".:*")
    if parameter := _NEXT_PARAMETER.search(value):
        value = value[: parameter.start()]
    return Given(value, found.start("bare"), how, quoted=False)
