r"""Which detectors a text is for: the gates, which cost little, in front of the detectors, which cost more.

A few passes of RE2 over a text look for the signs of all groups. Where one finds a sign, a second pass tries
what the detectors of that group look for, as far as RE2 can say it: without look-around, and without the
upper bounds of long repeats. RE2 builds its automata while it reads, with a state for each set of signs that
were seen: so signs are short, have no counted repeats, and are in a pass with few others that are as common.

Law: a gate may be open for nothing, but is never shut before a finding (tests ask every detector behind its
gate).
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from git_fedlearn.core.patterns import matcher
from git_fedlearn.privacy.detectors import (
    credentials_in_text,
    detect_secrets_rules,
    hosts,
    ids,
    local_identity,
    network,
    personal,
    phones,
    structures,
    tokens,
    wallets,
)
from git_fedlearn.privacy.detectors.marked_formats import MARKED, SHAPED
from git_fedlearn.privacy.detectors.token_formats import PREFIXED
from git_fedlearn.privacy.re2_sets import FOREIGN, for_re2, relaxed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

MIN_REST_LENGTH: Final = 8
"""Every token has at least this many characters after its prefix; a test counts them."""
MIN_RUN_LENGTH: Final = 14
"""A shorter text has no run of token characters."""
MIN_LONG_RUN_LENGTH: Final = 24
"""A shorter text has nothing that any of RUN_GATES finds."""
_NO_LETTER_BEFORE: Final = "(?:^|[^A-Za-z0-9])"


class Gate(NamedTuple):
    """Patterns, one of which matches wherever the detector of this name finds something."""

    detector: str
    patterns: Callable[[], Iterable[re.Pattern[str] | str]] | None = None
    """None if the sign of the group says it all."""
    for_key: bool = False
    """Whether it is open only under a key that announces what the detector looks for."""


class Group(NamedTuple):
    """Gates behind one sign."""

    sign: str
    gates: tuple[Gate, ...]


def _of(*patterns: re.Pattern[str]) -> Callable[[], Iterable[re.Pattern[str]]]:
    """The patterns of the detector itself."""
    return lambda: patterns


def _any_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(set(words)) if word.isascii())


_REST = re.compile(r"(?P<chars>\[[^\]^]+\])\{(?P<least>\d+)")
_MAX_COUNTED: Final = 24
"""Characters behind a prefix that the gate counts."""


def _tokens(most: int) -> str:
    """A prefix of the table and what must follow it, of which at most this many characters are counted."""
    rests: dict[str, list[str]] = {}
    for row in PREFIXED:
        head = None if "|" in row.rest else _REST.match(row.rest)
        if head and int(head["least"]) >= MIN_REST_LENGTH:
            chars = head["chars"].replace(tokens.ALPHANUMERIC, tokens.WITH_MARKS)
            rest = f"{chars}{{{min(int(head['least']), most)}}}"
        elif most < MIN_REST_LENGTH or row.rest.startswith(tokens.ALPHANUMERIC):
            rest = rf"\S{{{min(MIN_REST_LENGTH, most)}}}"
        else:
            rest = f"(?:{row.rest})"
        rests.setdefault(rest, []).extend(row.prefixes.split())
    ways = (f"(?:{_any_of(prefixes)}){rest}" for rest, prefixes in rests.items())
    return f"{_NO_LETTER_BEFORE}(?:{'|'.join(ways)})"


def _numbers() -> Iterator[re.Pattern[str] | str]:
    numbers = "|".join(f"(?:{number.pattern})" for number in ids.unannounced_numbers())
    # None stands behind a digit and a dot or hyphen, as decimals do.
    yield rf"(?:(?:^|[^0-9])[.,_-]|^|[^A-Za-z0-9.,_-])(?:{numbers})(?:\z|[^A-Za-z0-9])"
    yield from ids.announcing_words()


_NAMES = (
    r"(?i:pass(?:w(?:or)?d|wort|phrase|code|[^a-z]|\z)|pwd|psw(?:d|[^a-z]|\z)|pw(?:[^a-z]|\z)|kennwort|contrase|"
    r"mot_?de_?passe|senha|wachtwoord|salasana|identified (?:by|with|via)|secret|token|credential|"
    r"creds?(?:[^a-z]|\z)|"
    r"[_-]auth(?:[^a-z]|\z)|auth[-_]?(?:code|header)|bearer|(?:psk|sas|otp)(?:[^a-z]|\z)|api[-_]?hash|"
    rf"keys?(?:[^a-z]|\z)|l[{FOREIGN}]senord|[{FOREIGN}]{{2}})"
)
_PHRASES = r"(?i:mnemonic|(?:seed|recovery|backup|secret)[-_ ]?(?:phrase|words))"
_PHONE_DIGITS = r"[0-9](?:[ ./()-]{0,2}[0-9]){5}"
_ADDRESSES = (
    r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|"
    r"(?i:(?:[23][0-9a-f]{3}|f[cd][0-9a-f]{2}|fe[89ab][0-9a-f]):|[0-9a-f]{4}::?[0-9a-f]{4}:[0-9a-f]{4}:)"
)
_HARDWARE = r"[0-9a-fA-F]{2}[:-](?:[0-9a-fA-F]{2}[:-]){4}|[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}"
_ESCAPES = (
    r"\\(?:u00[2-7][0-9a-fA-F]|x[2-7][0-9a-fA-F]|/|\r?\n|[nrtfvb0][A-Za-z0-9+(_]|(?:u001[bB]|x1[bB]|033|e)\[)|"
    r"\^\[\[|%(?:25)?[2-7][0-9a-fA-F]|&#[0-9]{2,3};|&#x[2-7][0-9a-fA-F];|"
    r"[\"']\s{0,32}[+.&\\]\s{0,32}[\"']"
)
ENCODED_TEXT: Final = r"[CDI-Za-f][AC-HM-QS-Xc-gi-ns-wyz0-389+/_-]|[w-z0-9][I-LYZabo-r4-7]"
"""In base64, one of ASCII and the beginning of the next, or a lead of UTF-8 and that of a continuation."""
_BASE64_TEXT = rf"(?:^|[^A-Za-z0-9+/_=])(?:A|{ENCODED_TEXT})[A-Za-z0-9+/_-]{{20}}"
_BIRTHS = (
    "d.?o.?b|birth|born|gebor|geburt|naiss|naci|nasci|nat[oa] il|urodz|ur\\.|"
    f"[nf][{FOREIGN}]|[{FOREIGN}]{{2}}"
)

WORD_GROUPS: Final = (
    Group(
        r"ssh|(?i:host(?:name)?[ \t])|(?:Accepted|Failed) |[Ii]nvalid user |for user |uthenticating |"
        r"isconnected from |of user ",
        (Gate("find_logins", _of(*hosts.SEPARATE_LOGINS)),),
    ),
    Group("PRIVATE KEY|PuTTY-User-Key-File", (Gate("find_private_keys"),)),
    Group("eyJ", (Gate("find_jwts", _of(structures.JWT)),)),
    Group(_any_of(structures.WEBHOOK_SIGNS), (Gate("find_webhooks", _of(structures.WEBHOOKS)),)),
    Group(
        r"(?i:bearer|basic|token|digest|apikey|negotiate)[ \t]|(?i:authorization)[\"']?[ \t]*:",
        (Gate("find_headers", _of(structures.HEADER)),),
    ),
    Group(r"auth[\"']?\s*[:=]", (Gate("find_basic_pairs", _of(structures.PAIR_BASE64)),)),
    Group(r"kind[\"']?:[ \t]*[\"']?[Ss]ecret", (Gate("find_manifests"),)),
    Group(_tokens(1), (Gate("find_tokens", lambda: (_tokens(_MAX_COUNTED),)),)),
    Group(
        _any_of(mark for row in MARKED for mark in row.marks if mark != "==") + "|[0-9]:[A-Za-z0-9+/]+==",
        (Gate("find_marked_tokens"),),
    ),
    Group("AKIA|ASIA", (Gate("find_aws_secrets", _of(tokens.AWS_KEY_ID)),)),
    Group(
        rf"(?i:{_any_of(word for row in detect_secrets_rules.PLUGINS for word in row[2])})",
        (Gate("find_with_detect_secrets", lambda: detect_secrets_rules.FORMS),),
    ),
    Group(
        _NAMES,
        (
            Gate("find_assignments"),
            Gate("find_columns", lambda: (r"[|\t;,][^\n]*\n|(?i:insert)",)),
        ),
    ),
    Group(
        _any_of(credentials_in_text.PROGRAMS),
        (Gate("find_command_lines", _of(*credentials_in_text.COMMANDS)),),
    ),
    Group(
        r"machine|:(?:\d{4}|\*)|(?i:pin(?:[ -]?(?:code|number))?(?: is|[:=])|mnemonic|phrase|words|"
        r"log ?in|sign ?in|creds|credentials|auth)",
        (Gate("find_credentials", lambda: (*credentials_in_text.FORMS, _PHRASES)),),
    ),
    Group(
        r"(?i:cookie[\"']?[\s:=]|sess|connect\.sid|auth=|token=|__)",
        (Gate("find_cookies", _of(*structures.COOKIES)),),
    ),
    Group(
        r"(?i:(?:home|users|documents and settings)(?:[\\/]|%2f|%5c))|~[a-z]",
        (Gate("find_home_paths", _of(*local_identity.HOMES)),),
    ),
    Group(f"(?i:{_BIRTHS})", (Gate("find_births", lambda: (f"(?i:{_BIRTHS})[^\\n]*\\d",)),)),
    Group(
        r"\.(?i:local|lan|internal|intranet|intra|corp|home|private|priv|ts\.net|svc|mgmt|int)",
        (Gate("find_internal_hosts", _of(*hosts.INTERNAL_NAMES)),),
    ),
)
NUMBER_GROUPS: Final = (
    Group(
        "@|%40",
        (
            Gate("find_emails", _of(network.EMAIL)),
            Gate("find_url_passwords", _of(*structures.URL_LOGINS)),
            Gate("find_logins", _of(*hosts.joined_logins())),
        ),
    ),
    Group(
        ids.DIGITS,
        (Gate("find_numbers", _numbers), Gate("find_numbers", for_key=True)),
    ),
    Group(
        _PHONE_DIGITS,
        (Gate("find_phones", _of(*phones.signs())), Gate("find_phones", for_key=True)),
    ),
    Group(r"\d\.\d{3}|\x82", (Gate("find_positions", _of(*personal.POSITIONS)),)),
    Group(_ADDRESSES, (Gate("find_ips"),)),
    Group(_HARDWARE, (Gate("find_macs"),)),
    Group(_ESCAPES, (Gate("find_behind_escapes"),)),
    Group(r"[A-Za-z0-9_-]\x81|\x81[A-Za-z0-9_-]", (Gate("find_behind_lookalikes"),)),
)

# Runs have passes of their own: counting that far multiplies the states of all other signs.
RUN_GATES: Final = (
    Gate("find_shaped_tokens", lambda: (f"{_NO_LETTER_BEFORE}(?:{row.pattern})" for row in SHAPED)),
    Gate("find_unknown_tokens", _of(tokens.UNKNOWN)),
    Gate("find_wallets", _of(*wallets.ADDRESSES)),
    Gate("find_in_hex", lambda: (rf"{_NO_LETTER_BEFORE}(?:[2-7][0-9a-fA-F]){{16}}",)),
    Gate("find_in_base64", lambda: (_BASE64_TEXT,)),
)
"""Without a sign: most texts have a run that long."""
RUN_GROUPS: Final = (
    Group(
        # A word of 14 characters or more, with a digit in it or right behind that many.
        "(?:^|[^A-Za-z0-9_-])(?:"
        + "".join(f"[A-Za-z_-]{{{n}}}[0-9][A-Za-z0-9_-]{{{13 - n}}}|" for n in range(13))
        + "[A-Za-z_-]{13,}[0-9])",
        (
            Gate("find_named_tokens"),
            Gate("find_with_detect_secrets"),
        ),
    ),
    Group(r"[A-Za-z0-9+/]{16}\r?\n", (Gate("find_in_base64_lines"),)),
)
_NEED_DIGITS: Final = frozenset(("find_with_detect_secrets",))
"""Detectors that need both their own sign and a run with a digit."""

_IN_GROUPS = (gate for group in (*WORD_GROUPS, *NUMBER_GROUPS, *RUN_GROUPS) for gate in group.gates)
NAMES: Final = tuple(dict.fromkeys(gate.detector for gate in (*_IN_GROUPS, *RUN_GATES)))
"""Of all detectors that have gates; the index is the number of the bit in a mask."""
BITS: Final = {name: 1 << index for index, name in enumerate(NAMES)}
_KEY_SHIFT: Final = len(NAMES)


def _bit(gate: Gate) -> int:
    return BITS[gate.detector] << (_KEY_SHIFT if gate.for_key else 0)


class _Pass:
    """A set of patterns and the bits that each sets, compiled at the first text."""

    def __init__(self, gates: tuple[Gate, ...]) -> None:
        self._sure = 0
        tried: list[Gate] = []
        for gate in gates:
            if gate.patterns is None:
                self._sure |= _bit(gate)
            else:
                tried.append(gate)
        self._bits = [_bit(gate) for gate in tried]
        self._tried = tried

    @cached_property
    def _match(self) -> Callable[[bytes], Sequence[int]]:
        return matcher("|".join(map(for_re2, gate.patterns())) for gate in self._tried if gate.patterns)

    def open(self, data: bytes) -> int:
        """The bits of the gates that are open for this text."""
        mask = self._sure
        if self._tried:
            for number in self._match(data):
                mask |= self._bits[number]
        return mask


class _Sieve:
    """Groups whose signs are looked for in one pass."""

    def __init__(self, groups: tuple[Group, ...]) -> None:
        self._groups = groups
        self._passes = [_Pass(group.gates) for group in groups]

    @cached_property
    def _match(self) -> Callable[[bytes], Sequence[int]]:
        return matcher(relaxed(group.sign) for group in self._groups)

    def open(self, data: bytes) -> int:
        """The bits of the gates that are open for this text."""
        mask = 0
        for number in self._match(data):
            mask |= self._passes[number].open(data)
        return mask


_WORDS: Final = _Sieve(WORD_GROUPS)
_NUMBERS: Final = _Sieve(NUMBER_GROUPS)
_RUNS: Final = _Pass(RUN_GATES)
_WORD_RUNS: Final = _Sieve(RUN_GROUPS)


def open_gates(data: bytes, for_key: int) -> int:
    """The bits of the detectors that may find something in this text, as `for_gates` has it.

    `for_key` has the bits of those that the key of the text announces.
    """
    if _ODD_LETTER in data:
        return _ALL
    mask, runs = _WORDS.open(data) | _NUMBERS.open(data), 0
    if len(data) >= MIN_RUN_LENGTH:
        runs = _WORD_RUNS.open(data) | (_RUNS.open(data) if len(data) >= MIN_LONG_RUN_LENGTH else 0)
    if not mask | runs:
        return 0
    mask = (mask & ~_NEEDING_DIGITS) | (runs & ~_NEEDING_DIGITS) | (mask & runs)
    return (mask & _ALL) | (mask >> _KEY_SHIFT & for_key)


_ALL: Final = (1 << _KEY_SHIFT) - 1
_ODD_LETTER: Final = 0x83
_NEEDING_DIGITS: Final = sum(BITS[name] for name in _NEED_DIGITS)
