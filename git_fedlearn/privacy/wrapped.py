r"""Private data in wrapping: base64 and hex, escapes, terminal colors, strings in pieces, look-alike letters.

Escapes (`\u0061`, `%61`, `&#97;`, folded lines, `'a' + 'b'`) are decoded in a copy of the text whose offsets
lead back to the original. Base64 and hex are decoded on their own, base64 up to twice and also if it is
broken into lines; the whole run is private.
"""

from __future__ import annotations

import base64
import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

from git_fedlearn.core.patterns import lazy_pattern
from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.detectors.ids import find_numbers
from git_fedlearn.privacy.detectors.network import find_emails
from git_fedlearn.privacy.detectors.phones import find_phones
from git_fedlearn.privacy.gates import ENCODED_TEXT
from git_fedlearn.privacy.model import Match
from git_fedlearn.privacy.re2_sets import LOOKALIKES
from git_fedlearn.privacy.registry import DETECTORS, SECRET_DETECTORS, Prefilter
from git_fedlearn.privacy.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from git_fedlearn.privacy.registry import Detector

MAX_LAYERS: Final = 2
"""Of base64 around base64."""
_BASE64 = lazy_pattern(rf"(?<![A-Za-z0-9+/_=-])(?=A|{ENCODED_TEXT})[A-Za-z0-9+/_-]{{22,65536}}={{0,2}}")
"""What begins as text does, or with the zero byte of a login of SASL."""
_BASE64_LINES = lazy_pattern(
    r"(?<![A-Za-z0-9+/_=-])(?:[A-Za-z0-9+/]{16,128}\r?\n[ \t]{0,16}){1,400}[A-Za-z0-9+/]{2,128}={0,2}"
    r"(?![A-Za-z0-9+/=_-])"
)
_WHOLE_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{24,65536}={0,2}\s*")
_HEX = lazy_pattern(r"(?<![A-Za-z0-9])(?:[2-7][0-9a-fA-F]){16,8192}(?![A-Za-z0-9])")
_ENCODED_TEXT = lazy_pattern(ENCODED_TEXT)
_TEXT_BYTES = re.compile(rb"[\t\n\r\x20-\x7e\x80-\xff]{12,}")
_SASL_LOGIN = re.compile(rb"[\x20-\x7e]{0,64}\0[\x20-\x7e]{1,64}\0[\x20-\x7e]{4,128}")


def find_in_base64(subject: Subject) -> Iterator[Match]:
    """Runs of base64 that decode to text with a secret or a mail address, or to a login of SASL."""
    for start, end in subject.long_runs:
        for run in _BASE64.finditer(subject.text, start, end):
            yield from _in_run(run, run[0])


def find_in_base64_lines(subject: Subject) -> Iterator[Match]:
    """The same for base64 that is broken into lines."""
    if "\n" in subject.text and subject.has_digit_run:
        for run in _BASE64_LINES.finditer(subject.text):
            yield from _in_run(run, "".join(run[0].split()))


def _in_run(run: re.Match[str], digits: str) -> Iterator[Match]:
    plain = decode_base64(digits)
    layers = 1
    while plain is not None and layers < MAX_LAYERS and _WHOLE_BASE64.fullmatch(plain) is not None:
        inner = decode_base64(plain.strip())
        if inner is None:
            break
        plain, layers = inner, layers + 1
    if plain is not None:
        yield from _whole(run, plain, "base64")
    elif digits[0] == "A" and _is_sasl_login(digits):
        yield Match(*run.span(), kinds.PASSWORD, "base64:sasl-login", 0.8)


def find_in_hex(subject: Subject) -> Iterator[Match]:
    """Runs of hex that decode to text with a secret or a mail address."""
    for start, end in subject.long_runs:
        # One character more, for the lookahead.
        for run in _HEX.finditer(subject.text, start, end + 1):
            yield from _whole(run, bytes.fromhex(run[0]).decode("ascii"), "hex")


def _whole(run: re.Match[str], plain: str, rule: str) -> Iterator[Match]:
    """The run as one match, if the text that it decodes to is private."""
    inner = Subject(plain)
    found = min(
        (match for detector in _INNER_PREFILTER.choose(plain) for match in detector(inner)),
        key=lambda match: (kinds.RANK[match.kind], match.rule),
        default=None,
    )
    if found is not None:
        yield Match(*run.span(), found.kind, f"{rule}:{found.rule}", 0.9)


def decode_base64(run: str) -> str | None:
    """The text in a run of base64, or None. Most runs fail at their first 16 characters."""
    if _ENCODED_TEXT.match(run) is None:
        return None
    digits = run.rstrip("=").replace("-", "+").replace("_", "/")
    data = b""
    for size in (min(16, len(digits)), len(digits)):
        usable = digits[: size - (size % 4 == 1)]
        try:
            data = base64.b64decode(usable + "=" * (-len(usable) % 4))
        except ValueError:
            return None
        if _TEXT_BYTES.fullmatch(data) is None:
            return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _is_sasl_login(run: str) -> bool:
    """Whether it decodes to a user and a password between zero bytes (RFC 4616)."""
    digits = run.rstrip("=")
    try:
        data = base64.b64decode(digits[: len(digits) - (len(digits) % 4 == 1)] + "=" * (-len(digits) % 4))
    except ValueError:
        return False
    return _SASL_LOGIN.fullmatch(data) is not None


_ESCAPE = lazy_pattern(
    r"(?=[\\%&^\"'])(?:(?P<color>(?:\^\[|(?<!\\)\\{1,4}(?:u001[bB]|x1[bB]|033|e))\[[0-9;]{0,16}[A-Za-z])"
    r"|(?<!\\)\\+(?:u00(?P<u>[2-7][0-9a-fA-F])|x(?P<x>[2-7][0-9a-fA-F])|(?P<slash>/)|"
    r"(?P<fold>\r?\n[ \t]{0,32}))"
    r"|%(?:25)?(?P<p>[2-7][0-9a-fA-F])|&#(?P<d>[0-9]{2,3});|&#x(?P<h>[2-7][0-9a-fA-F]);"
    r"|(?<=[\w+/=-])(?P<quote>[\"'])\s{0,32}(?P<joint>\+|\.|&|\\)\s{0,32}(?P=quote)(?=[\w+/=-]))"
)
_ESCAPE_SIGNS = ("\\", "%", "&#", "^[")
_JOINT = lazy_pattern(r"[\"']\s{0,32}[+.&]\s{0,32}[\"']")
_LETTER_ESCAPE = lazy_pattern(r"\\(?<!\\\\)\\*[nrtfvb0](?=[A-Za-z0-9+(_])")


def find_behind_escapes(subject: Subject) -> Iterator[Match]:
    r"""What only shows once escapes are decoded: a key after a written `\n`, an escaped letter in a token."""
    text = subject.text
    spaced, count = _LETTER_ESCAPE.subn(_white_space, text)
    if count:
        inner = Subject(spaced)
        for detector in _LETTER_ESCAPE_PREFILTER.choose(inner.text):
            yield from detector(inner)
    decoded = _decode_escapes(text)
    if decoded is not None:
        yield from _in_decoded(decoded, subject.key)


def _white_space(escape: re.Match[str]) -> str:
    """As many characters as the escape, the last of which ends the line if the escape does."""
    return " " * (len(escape[0]) - 1) + ("\n" if escape[0][-1] in "nr" else " ")


def _in_decoded(decoded: DecodedText, key: str) -> Iterator[Match]:
    """What a decoded text has around the places that were decoded, by its place in the original."""
    inner = Subject(decoded.text, key)
    for detector in _PLAIN_PREFILTER.choose(decoded.text, key):
        for match in detector(inner):
            at = bisect_left(decoded.changed, match.start)
            if at < len(decoded.changed) and decoded.changed[at] < match.end:
                start, end = decoded.span(match.start, match.end)
                yield match._replace(start=start, end=end)


class DecodedText(NamedTuple):
    """A text without its escapes."""

    text: str
    changed: list[int]
    """The offsets at which an escape was decoded, in order."""
    escapes: list[tuple[int, int, int]]
    """Each escape: its span in the original, and how many characters it became, one or none."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original for a span that is not empty."""
        return self._origin(start)[0], self._origin(end - 1)[1]

    def _origin(self, at: int) -> tuple[int, int]:
        """What one character covers in the original."""
        last = bisect_right(self.changed, at) - 1
        if last < 0:
            return at, at + 1
        start, end, size = self.escapes[last]
        behind = at - self.changed[last] - size
        return (start, end) if behind < 0 else (end + behind, end + behind + 1)


def _decode_escapes(text: str) -> DecodedText | None:
    """The text with character escapes decoded and what is in pieces joined; None if it has neither."""
    if not any(sign in text for sign in _ESCAPE_SIGNS) and _JOINT.search(text) is None:
        return None
    pieces: list[str] = []
    changed: list[int] = []
    escapes: list[tuple[int, int, int]] = []
    at = size = 0
    for hit in _ESCAPE.finditer(text):
        start, end = hit.span()
        char = _escaped_character(hit)
        pieces += (text[at:start], char)
        changed.append(size + start - at)
        escapes.append((start, end, len(char)))
        size += start - at + len(char)
        at = end
    if not changed:
        return None
    pieces.append(text[at:])
    return DecodedText("".join(pieces), changed, escapes)


def _escaped_character(hit: re.Match[str]) -> str:
    """The character that an escape stands for; empty for a color, a folded line, and between two pieces."""
    if hit["slash"]:
        return "/"
    if hit["d"]:
        number = int(hit["d"])
        return chr(number) if 32 <= number < 127 else "?"  # noqa: PLR2004 -- printable ASCII
    code = hit["u"] or hit["x"] or hit["p"] or hit["h"]
    return chr(int(code, 16)) if code else ""


_LOOKALIKE = lazy_pattern(
    rf"(?<=[A-Za-z0-9_-])[{''.join(LOOKALIKES)}]|[{''.join(map(re.escape, LOOKALIKES))}](?=[A-Za-z0-9_-])"
)


def find_behind_lookalikes(subject: Subject) -> Iterator[Match]:
    """Tokens in which letters of another script stand for ASCII."""
    text = subject.text
    if text.isascii():
        return
    changed = [hit.start() for hit in _LOOKALIKE.finditer(text)]
    if not changed:
        return
    letters = list(text)
    for at in changed:
        letters[at] = LOOKALIKES[text[at]]
    escapes = [(at, at + 1, 1) for at in changed]
    yield from _in_decoded(DecodedText("".join(letters), changed, escapes), subject.key)


ALL_DETECTORS: tuple[Detector, ...] = (
    *DETECTORS,
    find_in_base64,
    find_in_base64_lines,
    find_in_hex,
    find_behind_escapes,
    find_behind_lookalikes,
)
_PLAIN_PREFILTER = Prefilter(DETECTORS)
_INNER_PREFILTER = Prefilter((*SECRET_DETECTORS, find_emails))
_LETTER_ESCAPE_PREFILTER = Prefilter((*SECRET_DETECTORS, find_emails, find_numbers, find_phones))
