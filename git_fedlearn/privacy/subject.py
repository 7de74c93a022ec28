"""One text under inspection, with what several detectors need to know about it, worked out once.

`find_names` decides which names are those of secrets (`password`, `apiKey`, `DB_PASS`) and which only look
like it (`max_tokens`).
"""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from git_fedlearn.core.patterns import lazy_pattern, matcher
from git_fedlearn.privacy.re2_sets import for_gates, for_re2

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Iterator, Sequence


_PASSWORDS = (
    r"pass(?:w(?:or)?d|wort|phrase|code)|(?<!com|tre|sur|ver|der|enc)(?<!by|im)(?<!s)pass(?![a-z])|"
    r"(?<![a-z])pwd|pwd(?![a-z])|(?<![a-z])psw(?:d|(?![a-z]))|(?:(?<![a-z])|(?<=bind)|(?<=root)|(?<=admin)|(?<=user)|(?<=ldap)|(?<=smtp)|(?<=db))pw(?![a-z])|kennwort|contrase[ñn]a|mot_?de_?passe|senha|wachtwoord|lösenord|salasana|"
    r"(?<![a-z])psk(?![a-z])|пароль|密码|パスワード|비밀번호|"
    r"identified (?:(?:with|via) [\w'\"`]{1,40} )?(?:by|as|using)(?![a-z])"
)
_SECRETS = (
    r"secret|token|credentials?|(?<![a-z])creds?(?![a-z])|[_-]auth(?![a-z])|auth[-_]?(?:code|header)|"
    r"bearer|(?<![a-z])sas(?![a-z])|(?<![a-z])otp(?![a-z])|api[-_]?hash"
)
_STEMS = (
    "identified ",
    *"""
    pass psw pw kennwort contrase mot senha wachtwoord lösenord salasana пароль 密码 パスワード 비밀번호 psk
    secret token cred _auth -auth authcode authheader auth_ auth- bearer sas otp apihash api_hash api-hash key
    """.split(),
)
"""A name can only begin at one of these; like all patterns of names, in lower case."""
_NAME = lazy_pattern(
    rf"(?:(?P<password>{_PASSWORDS})|(?P<secret>{_SECRETS})|"
    rf"(?P<key>keys?(?![a-z])))(?P<rest>[a-z0-9_-]{{0,32}})"
)
# `apiKey`, `access-key`, `SIGNING KEY`: keys that are secret whatever the context.
_SECRET_KEY = lazy_pattern(
    r"(?:api|auth|access|account|private|signing|encryption|master|service|client|license|shared|"
    r"webhook|deploy|session|"
    r"admin|root|app|server|bot|write|consumer|storage|cosmos|subscription|ingest|integration|sdk|"
    r"security|hmac|aes|jwt|"
    r"instrumentation|function|product|activation|"
    r"ssh|gpg|pgp|rsa|crypt\w{0,5}|cipher|secret|management|project|team|user|live|prod|license)[-_ .]?keys?$"
)


_NOT_A_SECRET = lazy_pattern(
    r"::|aws:|"
    r"tokeni[sz]|tokens(?![_-]?secret)|(?<![a-z])m(?:ax|in)_?token|token[-_]?(?:count|limit|type|usage|"
    r"budget|len|size|index|"
    r"cost|rate|id_to|ize|window|per|s_|class|s$)|"
    r"next[a-z_-]{0,12}token|(?:page|lock)[_-]?token|web[-_]?socket[-_]?key|"
    r"(?<![A-Za-z])(?:num|n|total|prompt|completion|input|output|cached|eos|bos|pad|unk|mask|stop|sep|"
    r"cls|special|next|first|last|"
    r"end|start|begin|page|continuation|csrf_?form|idempotency|request|lock|"
    r"resume|sync|cancel|change|reservation)_?token|"
    r"public[-_ ]?(?:key|token)|pub_?key|(?:primary|foreign|sort|hash|partition|cache|row|dict|json|map|i18n|"
    r"translation|object|"
    r"lookup|dedup|idempotency|group|index|unique|composite|registry|hot|short|meta|data|field|column|"
    r"record|item|"
    r"restore|s3|bucket|storage_object|config|setting|env|redis|state|query|sort|fingerprint|host|known|"
    r"keyboard)[-_ ]?key|"
    r"key[-_ ]?(?:name|id|path|file|type|size|length|len|prefix|ring|board|word|code|press|down|up|"
    r"frame|point|note|"
    r"stroke|map|event|usage|space|error|pair|s$|in$|on$|to$|for$|of$)|"
    r"(?:secret|password|passwd|token|credential|auth|pwd)s?[-_ ]?(?:name|path|file|dir|url|uri|"
    r"endpoint|ref|arn|ids?|"
    r"key_?ref|field|param|policy|length|len|min|max|type|hint|prompt|label|manager|store|provider|"
    r"service|version|"
    r"scan\w{0,4}|expir\w{0,8}|ttl|reset|strength|rotation|header_?name|regex|pattern|env|var|method|"
    r"class|error|"
    r"required|enabled|validat\w{0,6}|change\w?|input|form|box|exists|valid|invalid|hash_?algo\w{0,8}|"
    r"set)$|(?:secret|password|passwd|token|auth|pwd)s$|"
    r"pass_(?:by|on|to|in|the|rate|count)|(?<![a-z])pw_(?:name|dir|shell|uid|gid|gecos)|"
    r"passwordless|passthrough|pass_?through|passed|secretary|"
    r"(?:passing|passes|passive|passenger|passport|compass|bypass|minipass|keyword|author(?!iz)|monkey|turkey|"
    r"donkey|hockey|whiskey|keynote)s?(?:[-_ ]?keys?)?$",
)
_ENDS_AS_PASSWORD = lazy_pattern(r"[_-](?:pass(?:w(?:or)?d|phrase)?|pwd)$")
_NAME_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789_.:-"
_MAX_KEY_LENGTH: Final = 128
"""A longer key is a text, not a name."""


class Name(NamedTuple):
    """The name of a secret: its sort (`password`, `secret`, `key`), span, and lower-case form."""

    sort: str
    start: int
    end: int
    full: str


def name_of_key(key: str) -> Name | None:
    """The secret name in the key of an object, if there is one."""
    return next(find_names(key.lower()), None) if len(key) <= _MAX_KEY_LENGTH else None


def find_names(lowered: str, stems: Iterable[int] | None = None) -> Iterator[Name]:
    """The names of secrets in a lower-case text, in order; `stems` are its `stem_positions` if known."""
    covered = 0
    for at in stem_positions(lowered) if stems is None else stems:
        if at < covered or (hit := _NAME.match(lowered, at)) is None:
            continue
        name = _beginning(lowered, at) + hit[0]
        if is_name_of_public_value(name):
            continue
        covered = hit.end()
        sort = "password" if hit["password"] or _ENDS_AS_PASSWORD.match(hit["rest"]) else "secret"
        if hit["key"] and not _SECRET_KEY.search(name[: len(name) - len(hit["rest"])]):
            sort = "key"
        yield Name(sort, at, covered, name)


def is_name_of_public_value(name: str) -> bool:
    """Whether a lower-case name only looks like that of a secret, as `max_tokens` and `cache_key` do."""
    return _NOT_A_SECRET.search(name) is not None


@cache
def _stems() -> Callable[[bytes], Sequence[int]]:
    return matcher(map(for_re2, _STEMS))


def stem_positions(lowered: str) -> list[int]:
    """The offsets in a lower-case text at which a name may begin, in order."""
    positions: set[int] = set()
    for number in _stems()(for_gates(lowered)):
        stem = _STEMS[number]
        at = lowered.find(stem)
        while at >= 0:
            positions.add(at)
            at = lowered.find(stem, at + 1)
    return sorted(positions)


def _beginning(lowered: str, at: int) -> str:
    """The part of a name before its stem, including the previous word if a single blank separates them."""
    before = lowered[max(0, at - 64) : at]
    rest = before.rstrip(_NAME_CHARACTERS)
    if rest.endswith(" "):
        rest = rest[:-1].rstrip(_NAME_CHARACTERS)
    return before[len(rest) :].lstrip()


_LONG_RUN_LENGTH: Final = 24
"""Of the shortest token without a distinctive prefix."""
_LONG_RUN = lazy_pattern(rf"[A-Za-z0-9_.$~!:|/+=-]{{{_LONG_RUN_LENGTH},}}")
LONG_WORD_LENGTH: Final = 14
"""Of the shortest token."""
_DIGIT_RUN = lazy_pattern(
    rf"(?<![A-Za-z0-9_-])(?=[A-Za-z_-]{{0,64}}[0-9])[A-Za-z0-9_-]{{{LONG_WORD_LENGTH}}}"
)


def around(
    pattern: re.Pattern[str], text: str, reach: int, before: int | None = None
) -> Iterator[tuple[int, int]]:
    """The spans of a text with `reach` characters after and `before` each match of the pattern, joined.

    So another pattern finds there what it finds in the whole text, if each of its matches touches one of
    this pattern, and if that match and what its look-ahead sees are not longer than that.
    """
    before = reach if before is None else before
    start = end = -1
    for hit in pattern.finditer(text):
        if hit.start() - before > end:
            if end >= 0:
                yield start, end
            start = max(hit.start() - before, 0)
        end = hit.end() + reach
    if end >= 0:
        yield start, min(end, len(text))


class Subject:
    """A text without invisible characters, and the nearest key above it (empty if there is none)."""

    def __init__(self, text: str, key: str = "") -> None:
        self.text = text
        self.key = key

    @cached_property
    def lowered(self) -> str:
        """The text in lower case, character by character, so that offsets stay valid."""
        lowered = self.text.lower()
        if len(lowered) == len(self.text):
            return lowered
        return "".join(low if len(low := char.lower()) == 1 else char for char in self.text)

    @cached_property
    def long_words(self) -> list[tuple[int, int]]:
        """The spans of what stands between blanks and is long enough for a token, in order."""
        found: list[tuple[int, int]] = []
        at = 0
        for word in [word for word in self.text.split() if len(word) >= LONG_WORD_LENGTH]:
            start = self.text.index(word, at)
            at = start + len(word)
            found.append((start, at))
        return found

    @cached_property
    def long_runs(self) -> list[tuple[int, int]]:
        """The spans of long runs of token characters."""
        return [
            hit.span()
            for start, end in self.long_words
            if end - start >= _LONG_RUN_LENGTH
            for hit in _LONG_RUN.finditer(self.text, start, end)
        ]

    @cached_property
    def stem_positions(self) -> list[int]:
        """The offsets at which the name of a secret may begin, in order."""
        return stem_positions(self.lowered)

    @cached_property
    def has_digit_run(self) -> bool:
        """Whether a long word has a digit near its beginning, as all generated tokens do."""
        return any(_DIGIT_RUN.search(self.text, *span) for span in self.long_words)

    def has_any(self, words: tuple[str, ...]) -> bool:
        """Whether the text contains one of these lower-case words, in any case."""
        lowered = self.lowered
        return any(word in lowered for word in words)
