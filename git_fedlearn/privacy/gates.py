"""What must occur in a text before a detector can find anything: one pattern each, in RE2's syntax.

A gate may open for nothing, but never stay shut before a finding: tests ask every detector behind its gate.
Gates are asked about ASCII text only, where lower case means the same to everybody.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from git_fedlearn.privacy import command_lines, detect_secrets_rules, structures
from git_fedlearn.privacy.token_formats import MARKED, PREFIXED

if TYPE_CHECKING:
    from collections.abc import Iterable

SHORTEST_REST = 8
"""Every token has at least as many characters after its prefix; a test counts them."""


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(set(words)) if word.isascii())


def _tokens() -> str:
    prefixes = _any(prefix for row in PREFIXED for prefix in row.prefixes.split())
    return rf"(?:^|[^A-Za-z0-9])(?:{prefixes})\S{{{SHORTEST_REST}}}"


OPENED_BY_LONG_RUN = frozenset(("find_shaped_tokens", "find_unknown_tokens", "find_in_base64"))
"""What needs a long run of token characters, which RE2's sets are slow at: counting far takes many states."""

_NAMES = (
    r"(?i:pass(?:w(?:or)?d|wort|phrase|code|[^a-z]|$)|pwd|psw(?:d|[^a-z]|$)|pw(?:[^a-z]|$)|kennwort|contrase|"
    r"mot_?de_?passe|senha|wachtwoord|salasana|identified by|secret|token|credential|creds?(?:[^a-z]|$)|"
    r"[_-]auth(?:[^a-z]|$)|auth[-_]?(?:code|header)|bearer|(?:psk|sas|otp)(?:[^a-z]|$)|api[-_]?hash|"
    r"keys?(?:[^a-z]|$))"
)

GATES: dict[str, str] = {
    "find_private_keys": "PRIVATE KEY|PuTTY-User-Key-File",
    "find_jwts": "eyJ",
    "find_url_passwords": "@",
    "find_webhooks": _any(structures.WEBHOOK_SIGNS),
    "find_headers": r"(?i:bearer|basic|token|digest|apikey|negotiate)[ \t]{1,4}[A-Za-z0-9._~+/=-]{12}",
    "find_basic_pairs": r"auth[\"']?\s{0,4}[:=]",
    "find_tokens": _tokens(),
    "find_marked_tokens": _any(mark for row in MARKED for mark in row.marks),
    "find_aws_secrets": "AKIA|ASIA",
    "find_with_detect_secrets": rf"(?i:{_any(w for row in detect_secrets_rules.PLUGINS for w in row[2])})",
    "find_assignments": _NAMES,
    "find_command_lines": _any(command_lines.PROGRAMS),
    "find_told_secrets": r"machine|:(?:[0-9]{4,5}|\*):[A-Za-z*][\w*-]*:|"
    r"(?i:\bpin(?:[ -]?(?:code|number))?(?: is|:|=)\s{0,2}[\"'`]?\d{4}|mnemonic|"
    r"(?:seed|recovery|backup|secret)[-_ ]?(?:phrase|words)|"
    r"\b(?:log ?in|sign ?in|credentials|creds|auth)\b[\s\S]*[:/])",
    "find_cookies": r"(?i:cookie[\"']?[\s:=]|sess\w*=|connect\.sid=|auth=|token=|__)",
    "find_columns": _NAMES,
    "find_emails": "@|%40",
    "find_ips": r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|"
    r"(?i:(?:[23][0-9a-f]{3}|f[cd][0-9a-f]{2}|fe[89ab][0-9a-f]):)",
    "find_macs": r"[0-9a-fA-F]{2}[:-](?:[0-9a-fA-F]{2}[:-]){4}|"
    r"[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}",
    "find_home_paths": r"(?i:(?:home|users|documents and settings)(?:[\\/]|%2f|%5c))|~[a-z]",
    "find_numbers": r"[0-9](?:[ .-]?[0-9A-Z]){5}",
    "find_phones": r"[0-9](?:[ ./()-]{0,2}[0-9]){5}",
    "find_births": r"(?i:d.?o.?b|birth|born|gebor|geburt|naiss|naci|nasci|nat[oa] il|urodz|ur\.)[^\n]*[0-9]",
    "find_positions": r"[0-9]\.[0-9]{3}",
    "find_logins": r"@|ssh[^\n]* -l|(?i:host)[^\n]*\n",
    "find_internal_hosts": r"\.(?i:local|lan|internal|intranet|corp|home|private|ts\.net)",
    "find_behind_escapes": r"\\|%|&#",
}
