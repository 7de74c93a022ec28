"""What to do with each kind of private data; plain values, parsed elsewhere.

`redact` replaces, `block` replaces too and tells the caller to refuse the record, `allow` leaves alone.
Findings of an allowed kind or with an allowed fingerprint are neither reported nor replaced.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

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
