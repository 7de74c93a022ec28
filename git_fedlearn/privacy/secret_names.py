"""Which names hold secrets: `password`, `apiKey`, `DB_PASS`; and which only sound like it: `max_tokens`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from git_fedlearn.privacy.lazy_pattern import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PASSWORDS = (  # lower case
    r"pass(?:w(?:or)?d|wort|phrase|code)|(?<!com|tre|sur|ver|der|enc)(?<!by|im)(?<!s)pass(?![a-z])|"
    r"(?<![a-z])pwd|pwd(?![a-z])|(?<![a-z])psw(?:d|(?![a-z]))|(?<![a-z])pw(?![a-z])|kennwort|contrase[ñn]a|mot_?de_?passe|senha|wachtwoord|lösenord|salasana|"
    r"(?<![a-z])psk(?![a-z])|пароль|密码|パスワード|비밀번호|identified by"
)
_SECRETS = (
    r"secret|token|credentials?|(?<![a-z])creds?(?![a-z])|[_-]auth(?![a-z])|auth[-_]?(?:code|header)|"
    r"bearer|(?<![a-z])sas(?![a-z])|(?<![a-z])otp(?![a-z])|api[-_]?hash"
)
# Where these stand in a text in lower case, a name may stand; everything below starts with one of them.
STEMS = (
    *(
        "pass",
        "psw",
        "pw",
        "kennwort",
        "contrase",
        "mot",
        "senha",
        "wachtwoord",
        "lösenord",
    ),
    *(
        "salasana",
        "пароль",
        "密码",
        "パスワード",
        "비밀번호",
        "secret",
        "token",
        "cred",
        "_auth",
        "-auth",
        "authcode",
    ),
    *(
        "authheader",
        "auth_",
        "auth-",
        "identified by",
        "bearer",
        "psk",
        "sas",
        "otp",
        "key",
        "apihash",
        "api_hash",
        "api-hash",
    ),
)
_NAME = lazy_pattern(
    rf"(?:(?P<password>{_PASSWORDS})|(?P<secret>{_SECRETS})|"
    rf"(?P<key>keys?(?![a-z])))(?P<rest>[a-z0-9_-]{{0,32}})"
)
# `apiKey`, `access-key`, `SIGNING KEY`: keys that are secrets whatever else the text says.
_SECRET_KEY = lazy_pattern(
    r"(?:api|auth|access|account|private|signing|encryption|master|service|client|license|shared|"
    r"webhook|deploy|session|"
    r"admin|root|app|server|bot|write|consumer|storage|cosmos|subscription|ingest|integration|sdk|"
    r"security|hmac|aes|jwt|"
    r"instrumentation|function|product|activation|"
    r"ssh|gpg|pgp|rsa|crypt\w{0,5}|cipher|secret|management|project|team|user|live|prod|license)[-_ .]?keys?$"
)


class Name(NamedTuple):
    """A name that may hold a secret: its sort (`password`, `secret`, `key`), place, and lower case form."""

    sort: str
    start: int
    end: int
    full: str


def find_names(lowered: str, stems: Iterable[int] | None = None) -> Iterator[Name]:
    """Names that hold secrets, in order, in a text in lower case; `stems` are its stem positions if known."""
    covered = 0
    for at in stem_positions(lowered) if stems is None else stems:
        if at < covered or (hit := _NAME.match(lowered, at)) is None:
            continue
        name = _beginning(lowered, at) + hit[0]
        if _NOT_A_SECRET.search(name):
            continue
        covered = hit.end()
        yield Name(_sort(hit, name[: len(name) - len(hit["rest"])]), at, hit.end(), name)


def _beginning(lowered: str, at: int) -> str:
    """What of the name stands before its stem, with the word before where one blank parts them."""
    before = lowered[max(0, at - 64) : at]
    rest = before.rstrip(_NAME_CHARACTERS)
    if rest.endswith(" "):
        rest = rest[:-1].rstrip(_NAME_CHARACTERS)
    return before[len(rest) :].lstrip()


def stem_positions(lowered: str) -> list[int]:
    """Where one of STEMS begins in a text in lower case, in order."""
    positions: set[int] = set()
    for stem in STEMS:
        at = lowered.find(stem)
        while at >= 0:
            positions.add(at)
            at = lowered.find(stem, at + 1)
    return sorted(positions)


def _sort(hit: re.Match[str], name: str) -> str:
    if hit["password"]:
        return "password"
    return "secret" if hit["secret"] or _SECRET_KEY.search(name) else "key"


def name_of_key(key: str) -> Name | None:
    """The secret name that a dict key is, if it is one."""
    return next(find_names(key.lower()), None) if len(key) <= 128 else None  # noqa: PLR2004 -- a name, not a text


_NOT_A_SECRET = lazy_pattern(
    r"::|aws:|"
    r"tokeni[sz]|tokens(?![_-]?secret)|(?<![a-z])m(?:ax|in)_?token|token[-_]?(?:count|limit|type|usage|"
    r"budget|len|size|index|"
    r"cost|rate|id_to|ize|window|per|s_|class|s$)|"
    r"next[a-z_-]{0,12}token|(?:page|lock)[_-]?token|"
    r"(?<![A-Za-z])(?:num|n|total|prompt|completion|input|output|cached|eos|bos|pad|unk|mask|stop|sep|"
    r"cls|special|next|first|last|"
    r"end|start|begin|page|continuation|csrf_?form|idempotency|request|lock|"
    r"resume|sync|cancel|change|reservation)_?token|"
    r"public[-_ ]?key|pub_?key|(?:primary|foreign|sort|hash|partition|cache|row|dict|json|map|i18n|"
    r"translation|object|"
    r"lookup|dedup|idempotency|group|index|unique|composite|registry|hot|short|meta|data|field|column|"
    r"record|item|"
    r"s3|bucket|storage_object|config|setting|env|redis|state|query|sort|fingerprint|host|known|"
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
    r"passwordless|passthrough|pass_?through|passed|passing|passes|passive|passenger|passport|compass|"
    r"bypass|minipass|secretary|"
    r"keyword|author(?!iz)|monkey|turkey|donkey|hockey|whiskey|keynote",
)
_NAME_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789_.:-"
