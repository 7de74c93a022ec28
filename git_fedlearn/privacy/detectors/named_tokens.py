"""Generated values behind a word that says what they are: `acme ACCESS …`, `<secret>{acme …}`, `mailgun-…`.

The value is found first, by its shape. The few words before it decide: the name of a secret (`key`, `login`,
`ACCESS`), the name of a service, or a word for what people publish (`sha256`, `commit`, `id`), which wins.
Hex and UUIDs, of which most are ids and hashes, need a service, or a name in front of the word: `quillbee
key …` is a secret, `cache key …` and `key …` are not.
"""

from __future__ import annotations

from operator import add
from typing import TYPE_CHECKING, Final

from git_fedlearn.core.patterns import lazy_pattern
from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.detectors.services import SERVICES
from git_fedlearn.privacy.model import Match
from git_fedlearn.privacy.shapes import (
    entropy,
    is_certificate,
    is_damaged_hex,
    is_hex,
    is_identifier_like,
    is_random,
    is_stand_in,
)
from git_fedlearn.privacy.subject import is_name_of_public_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from git_fedlearn.privacy.subject import Subject

WINDOW_LENGTH: Final = 64
"""The characters before a value that are looked at."""
_MIN_HEX_LENGTH = 20
_FINGERPRINT_LENGTH = 40
"""Of an OpenPGP key, written in capitals."""
_MIN_LENGTH = 16
_MIN_UNCAPITALIZED_LENGTH = 24
_MIN_TURNS = 5
_ODD_LENGTHS = frozenset((27, 39, 43))
"""Of 20, 29 and 32 bytes in base64."""
_RUN = lazy_pattern(
    r"(?<![A-Za-z0-9_/@#%&+\\-])(?<![A-Za-z0-9][?!^*$;])(?<![\"'][?=@])"
    r"(?!(?<=\.)[a-z]{2,12}/)[A-Za-z0-9][A-Za-z0-9_+/-]{15,511}={0,2}"
    r"(?![A-Za-z0-9_(@/+\\-]|[.?!^*$#][A-Za-z0-9]|%(?![0-9A-F]{2}))"
)
_UUID = lazy_pattern(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_ADDRESS = lazy_pattern(r"0x[0-9a-fA-F]{40}\Z")
"""Of an account of Ethereum."""
_LEAD = lazy_pattern(r"(?:[A-Za-z]{2,24}[0-9]{0,3}[-_.])+(?=[A-Za-z0-9])")
_WORDS = lazy_pattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\x00-\x7f]+")
_IN_ELEMENT = lazy_pattern(r"<(?i:\w{0,24}(?:secret|password|token|apikey|privatekey))>[^\n<>]{0,48}[ {]$")
_ALONE = lazy_pattern(r"[ \t\"'`]*(?:value[\"']?:[ \t\"'`]*)?")
_SEGMENT = lazy_pattern(r"[^-_.]+[-_.]")
_DIGIT = lazy_pattern(r"\d")
_TURN = lazy_pattern(r"[0-9][A-Za-z]|[A-Za-z][0-9]")

_SURE_KEYWORDS = frozenset(("key", "apikey", "token", "secret", "tok", "login"))
_KEYWORDS = _SURE_KEYWORDS | frozenset(
    """
    auth authorization credential credentials bearer pat passwd password access private keys tokens secrets
    custom
    """.split()
)
_SERVICES = SERVICES.union(*([name + ending for name in SERVICES] for ending in ("api", "io")))
_ENDINGS = ("token", "secret", "apikey", "password", "access")
_PUBLISHED = frozenset(
    """
    sha sha1 sha256 sha384 sha512 md hash hashes digest checksum sum sums crc commit commits rev revision
    ref refs tree blob parent branch tag uuid guid id ids uid gid oid cid pid etag integrity fingerprint fpr
    thumbprint version build image layer trace span request session correlation container pod public pub
    object node device disk partition volume serial inode boot machine gpg pgp openpgp ssh rsa dsa ecdsa ed
    host signing store path file filename url href src drv nix narhash hex test nonce state alias salt iv
    cursor page next previous offset signature sig cert certificate subject issuer block tx txid transaction
    address contract account user project team org organization mock fake dummy
    """.split()
)
_NO_NAMES = frozenset(
    """
    the a an this that these those your my our his her their its new old first last any each every with for
    from in of to and or is was are be as on at by use using get set value values string str int bytes var
    let const def return if else not no one two same private access api auth secret token key cache sort
    primary foreign row hash map dict json default group lookup dedup unique composite record item field
    column data meta test expected actual input output result error invalid missing wrong valid unknown
    random generated encoded decoded hex base second third fourth fifth other another left right start end
    main parent child nested root local global current
    """.split()
)


def find_named_tokens(subject: Subject) -> Iterator[Match]:
    """Generated values behind the name of a secret or of a service."""
    if not subject.has_digit_run:
        return
    text = subject.text
    words = [span for span in subject.long_words if _DIGIT.search(text, *span) is not None]
    for hit in (hit for span in words for hit in _RUN.finditer(text, *span)):
        start, end = hit.span()
        lead = _LEAD.match(text, start, end)
        if lead is not None:
            start = _after_name(text, start, lead.end())
        value = text[start:end]
        if _is_announced(text, start, value) and _may_be_generated(value) and f"/commit/{value}" not in text:
            yield Match(start, end, kinds.SECRET, "named-token", 0.65)


def _is_announced(text: str, start: int, value: str) -> bool:
    """Whether the words before say that this is a secret, if it is generated."""
    words = _words_before(text, start)
    if not _is_named(words, value):
        return _IN_ELEMENT.search(text, max(0, start - 64), start) is not None
    # With too few digits to be sure of it, both words must be there.
    return _is_generated(value) or (
        len(value) >= _MIN_HEX_LENGTH
        and any(map(_is_keyword, words[-3:]))
        and any(_is_service(words[: i + 1]) for i in range(len(words)))
    )


def _after_name(text: str, start: int, end: int) -> int:
    """Where the value begins in `acme-secret-key-…`: behind the last telling word of the lead."""
    at = start
    for segment in _SEGMENT.finditer(text, start, end):
        word = segment[0][:-1]
        if word.lower() in SERVICES or any(map(_is_keyword, _split(word))):
            at = segment.end()
    return at


def _may_be_generated(value: str) -> bool:
    return (
        any(map(str.isdigit, value))
        and any(map(str.isalpha, value))
        and (_is_id_like(value) or is_random(value, min_length=_MIN_LENGTH))
        and not is_damaged_hex(value)
        and not is_certificate(value)
        and _ADDRESS.match(value) is None
        and not is_stand_in(value)
        and not _is_path(value)
    )


def _is_generated(value: str) -> bool:
    if _UUID.match(value) is not None:
        return True
    if is_hex(value):
        if value.isupper() and len(value) == _FINGERPRINT_LENGTH:
            return False
        return len(value) >= _MIN_HEX_LENGTH and entropy(value) > 2.7  # noqa: PLR2004 -- measured on hashes
    return _is_mixed(value)


def _is_path(value: str) -> bool:
    """Whether words stand between slashes."""
    return "/" in value and any(is_identifier_like(part) and len(part) > 3 for part in value.split("/"))  # noqa: PLR2004


def _is_mixed(value: str) -> bool:
    classes = any(map(str.isupper, value)) + any(map(str.islower, value))
    turns = len(_TURN.findall(value))
    return (classes == 2 and turns >= 3) or (  # noqa: PLR2004 -- both cases, and digits in between
        len(value) >= _MIN_UNCAPITALIZED_LENGTH and turns >= _MIN_TURNS
    )


def _is_of_usual_length(value: str) -> bool:
    """Whether services give out keys of this length: whole bytes in hex or base64, or a round number."""
    size = len(value.rstrip("="))
    if is_hex(value):
        return size % 8 == 0
    return size >= _MIN_HEX_LENGTH and (size % 2 == 0 or size in _ODD_LENGTHS)


def _is_id_like(value: str) -> bool:
    return is_hex(value) or _UUID.match(value) is not None


def _words_before(text: str, start: int) -> list[str]:
    """The last words before a value on its line, or on the line before if it stands alone, in order."""
    window = text[max(0, start - WINDOW_LENGTH) : start]
    before, _, line = window.rpartition("\n")
    if _ALONE.fullmatch(line) is not None:
        line = before.rstrip(" \t\"'`\r\n").rpartition("\n")[2]
    return _split(line, 5)


def _split(line: str, last: int = 0) -> list[str]:
    """The last words of a line, all if it is 0, and of names in any style: `scrapeKEY` is two."""
    return [word.lower() for word in _WORDS.findall(line)[-last:]]


def _with_numbers(words: list[str]) -> Iterator[str]:
    """The words, each with the number behind it, which belongs to a name: `ai21`."""
    for word, after in zip(words, (*words[1:], ""), strict=False):
        yield word + after if after.isdigit() and len(word) > 1 else word


def _is_keyword(word: str) -> bool:
    return word in _KEYWORDS or (len(word) > 6 and word.endswith(_ENDINGS))  # noqa: PLR2004 -- a name and an ending


def _is_service(words: list[str]) -> bool:
    """Whether the last of these words end with the name of a service, written as one word or as two."""
    return not _SERVICES.isdisjoint((words[-1], "".join(words[-2:]), "".join(words[-3:])))


def _has_name(words: list[str]) -> bool:
    """Whether the name of a secret or of a service is among the words, and none of what people publish."""
    if not _PUBLISHED.isdisjoint(words[-3:]):
        return False
    pairs = [*map(add, words, words[1:])]
    return any(map(_is_keyword, words[-3:])) or not _SERVICES.isdisjoint(
        (*words[-4:], *pairs, *map(add, pairs, words[2:]))
    )


def _is_named(words: list[str], value: str) -> bool:
    if not _has_name(words) or is_name_of_public_value("_".join(words[-3:])):
        return False
    last = range(1, 1 + len(words))
    keyword = next((i for i in last[:3] if _is_keyword(words[-i])), 0)
    service = next((i for i in last[:4] if _is_service(words[: 1 - i or None])), 0)
    if not _is_id_like(value):
        return bool(keyword) or (0 < service <= 3 and _is_of_usual_length(value))  # noqa: PLR2004 -- `acme x value`
    if len(value) % 2:
        return False  # no bytes
    if service and (keyword or (service == 1 and _is_of_usual_length(value))):
        return True
    if not 0 < keyword <= 2 or words[-keyword] not in _SURE_KEYWORDS:  # noqa: PLR2004
        return False
    before = [word for word in _with_numbers(words[:-keyword]) if not word.isdigit()]
    return any(word not in _NO_NAMES and len(word) > 2 for word in before[-2:])  # noqa: PLR2004 -- a name
