"""What to do with each kind of private data; plain values, parsed elsewhere.

`redact` replaces, `block` replaces too and tells the caller to refuse the record, `allow` leaves alone.
Findings of an allowed kind or with an allowed fingerprint are neither reported nor replaced.

The policy of a repository from the table `[privacy]` of its settings file. Pure.

A word that is not known is an error, never ignored: a misspelt `allow` must not look like one, and a misspelt
`block` must not let anything through.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any, Final, Literal, get_args

from git_fedlearn.errors import SettingsError
from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.detectors.personal import DEFAULT_MODEL

Action = Literal["redact", "block", "allow"]


@dataclass(frozen=True, slots=True)
class Allowed:
    """One value that may stay, known only by its fingerprint. On the day of `expires` it no longer holds."""

    fingerprint: str
    reason: str
    expires: date | None = None


@dataclass(frozen=True, slots=True)
class CustomRule:
    """A rule of this repository. `pattern` is in RE2's syntax; a group named `secret` narrows the span.

    With `keywords`, the pattern is only tried on text that holds one of them (in any case).
    """

    name: str
    pattern: str
    kind: str = "SECRET"
    keywords: tuple[str, ...] = ()


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile the pattern of a rule with RE2, which takes linear time on any text. Raises ValueError.

    Used as a pattern of `re`, but matches know their groups by number only.
    """
    import re2  # noqa: PLC0415 -- 10 ms that a repository without rules need not pay

    options = re2.Options()
    options.log_errors = False
    try:
        compiled: re.Pattern[str] = re2.compile(pattern, options)
    except re2.error as error:
        raise ValueError(error.args[0].decode(errors="replace")) from None
    return compiled


@dataclass(frozen=True, slots=True)
class Policy:
    """The decisions for one repository; the caller gives `today`, so that expiry needs no clock."""

    actions: dict[str, Action] = field(default_factory=dict)
    allowed: tuple[Allowed, ...] = ()
    rules: tuple[CustomRule, ...] = ()
    today: date | None = None
    names: str = ""
    """The spaCy pipeline that finds names of people; none unless asked for."""

    def action(self, kind: str) -> Action:
        """What to do with this kind; redact unless said otherwise."""
        return self.actions.get(kind, "redact")

    def find_blocked(self, found: Iterable[str]) -> str | None:
        """The first of these kinds for whose sake a record is refused, not redacted."""
        return next((kind for kind in sorted(set(found)) if self.action(kind) == "block"), None)

    def allowed_fingerprints(self) -> frozenset[str]:
        """Those that hold today; without a date, only those that never expire."""
        return frozenset(a.fingerprint for a in self.allowed if self._holds(a))

    def _holds(self, entry: Allowed) -> bool:
        return entry.expires is None or (self.today is not None and self.today < entry.expires)


DEFAULT_POLICY = Policy()

_FINGERPRINT: Final = re.compile(r"[0-9a-f]{5}|[0-9a-f]{16}")
_MODEL: Final = re.compile(r"[a-z]{2,3}_\w{1,60}")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_KEYS: Final = {
    "privacy": ("kinds", "allow", "rules", "names"),
    "privacy.allow": ("fingerprint", "reason", "expires"),
    "privacy.rules": ("name", "pattern", "kind", "keywords"),
}


def parse_policy(table: dict[str, Any], today: date, file: str = ".fedlearn.toml") -> Policy:
    """The policy in the whole settings table; `today` decides what has expired. Raises SettingsError."""
    return _Reader(file).policy(table.get("privacy", {}), today)


def is_fingerprint(text: str) -> bool:
    """Whether a text has the form of a fingerprint."""
    return _FINGERPRINT.fullmatch(text) is not None


def format_allowed(entry: Allowed) -> str:
    """An entry of the allow-list as TOML (toml.io, v1.0: a basic string is JSON's, but for DEL)."""
    reason = json.dumps(entry.reason, ensure_ascii=False).replace("\x7f", "\\u007f")
    lines = ["[[privacy.allow]]", f'fingerprint = "{entry.fingerprint}"', f"reason = {reason}"]
    if entry.expires:
        lines.append(f"expires = {entry.expires.isoformat()}")
    return "".join(f"{line}\n" for line in lines)


class _Reader:
    """Reads one table; errors name the file and the key."""

    def __init__(self, file: str) -> None:
        self._file = file

    def policy(self, table: object, today: date) -> Policy:
        privacy = self._table("privacy", table)
        self._only_known("privacy", "privacy", privacy)
        rules = tuple(self._rule(*item) for item in self._rows("privacy.rules", privacy.get("rules", [])))
        own = {rule.kind for rule in rules}
        actions = {
            self._kind("privacy.kinds", kind, own): self._action(kind, action)
            for kind, action in self._table("privacy.kinds", privacy.get("kinds", {})).items()
        }
        allowed = tuple(
            self._allowed(*item) for item in self._rows("privacy.allow", privacy.get("allow", []))
        )
        return Policy(actions, allowed, rules, today, self._names(privacy.get("names", False)))

    def _names(self, names: object) -> str:
        if isinstance(names, bool):
            return DEFAULT_MODEL if names else ""
        if not isinstance(names, str) or not _MODEL.fullmatch(names):
            raise self._error(
                "privacy.names", "neither true nor the name of a spaCy pipeline", "write names = true"
            )
        return names

    def _allowed(self, place: str, row: dict[str, Any]) -> Allowed:
        self._only_known("privacy.allow", place, row)
        fingerprint = self._text(place, row, "fingerprint")
        if not is_fingerprint(fingerprint):
            raise self._error(
                f"{place}.fingerprint",
                "not a fingerprint (5 or 16 hexadecimal digits)",
                "git fedlearn scan prints them in brackets",
            )
        reason = self._text(place, row, "reason")
        expires = row.get("expires")
        if expires is not None and (not isinstance(expires, date) or isinstance(expires, datetime)):
            raise self._error(f"{place}.expires", "not a date", "write expires = 2027-01-31, without quotes")
        return Allowed(fingerprint, reason, expires)

    def _rule(self, place: str, row: dict[str, Any]) -> CustomRule:
        self._only_known("privacy.rules", place, row)
        name, pattern = self._text(place, row, "name"), self._text(place, row, "pattern")
        if not _NAME.fullmatch(name):
            raise self._error(f"{place}.name", "not a name (a-z, 0-9 and -)")
        try:
            compiled = compile_pattern(pattern)
        except ValueError as error:
            raise self._error(
                f"{place}.pattern",
                f"RE2 cannot compile rule {name}: {error}",
                "RE2 has no lookaround and no backreferences: https://github.com/google/re2/wiki/Syntax",
            ) from None
        if compiled.search("") is not None:
            raise self._error(f"{place}.pattern", "matches the empty text, so it would match everywhere")
        kind = row.get("kind", kinds.SECRET)
        if not isinstance(kind, str) or not kinds.KIND_NAME.fullmatch(kind) or kind in kinds.FIXED:
            raise self._error(f"{place}.kind", "not a kind that can be a placeholder (as in PROJECT_NAME)")
        words = row.get("keywords", [])
        if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
            raise self._error(f"{place}.keywords", "not a list of texts")
        return CustomRule(name, pattern, kind, tuple(words))

    def _action(self, kind: str, action: object) -> Action:
        known: tuple[Action, ...] = get_args(Action)
        for name in known:
            if name == action and not (name == "allow" and kind == kinds.INVISIBLE_TEXT):
                return name
        if action == "allow":
            raise self._error(f"privacy.kinds.{kind}", "what nobody can see is always removed")
        raise self._error(f"privacy.kinds.{kind}", f"must be one of {', '.join(known)}")

    def _kind(self, place: str, kind: str, own: set[str]) -> str:
        if kind not in kinds.KINDS and kind not in own:
            close = get_close_matches(kind, (*kinds.KINDS, *own), n=1, cutoff=0.5)
            raise self._error(
                f"{place}.{kind}",
                "no such kind",
                f"did you mean {close[0]}?" if close else f"one of {', '.join(kinds.KINDS)}",
            )
        return kind

    def _rows(self, place: str, rows: object) -> list[tuple[str, dict[str, Any]]]:
        if not isinstance(rows, list):
            raise self._error(place, "not a list of tables", f"write [[{place}]] on a line of its own")
        return [
            (f"{place}[{number}]", self._table(f"{place}[{number}]", row))
            for number, row in enumerate(rows, 1)
        ]

    def _table(self, place: str, table: object) -> dict[str, Any]:
        if not isinstance(table, dict):
            raise self._error(
                place, "not a table", f"write [{place.split('[', maxsplit=1)[0]}] on a line of its own"
            )
        return table

    def _text(self, place: str, row: dict[str, Any], key: str) -> str:
        value = row.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self._error(f"{place}.{key}", "missing" if value is None else "not a text")
        return value

    def _only_known(self, section: str, place: str, table: dict[str, Any]) -> None:
        for key in table:
            if key not in _KEYS[section]:
                raise self._error(f"{place}.{key}", "no such key", f"one of {', '.join(_KEYS[section])}")

    def _error(self, key: str, what: str, hint: str = "") -> SettingsError:
        return SettingsError(f"{self._file}: `{key}`: {what}", hint=hint or f"correct {self._file}")
