"""The privacy engine: finds what is private in a decoded JSON value, and returns the value without it.

Laws: `sanitize` is deterministic and idempotent, does not depend on the order of keys, keeps that order, and
loses no value. A value found once goes wherever the record has it. A finding never contains the private
value. Top-level keys of the record format (`_id`, `_seen_by` …) and their values are neither read nor
changed.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from git_fedlearn.privacy.model import Finding, LocalIdentity, Sanitized
from git_fedlearn.privacy.policy import DEFAULT_POLICY

if TYPE_CHECKING:
    from git_fedlearn.core.canonical import Json
    from git_fedlearn.privacy.policy import Policy
    from git_fedlearn.privacy.value_scanner import ValueScanner

__all__ = ["CleanValues", "Finding", "LocalIdentity", "PrivacyEngine", "Sanitized"]

_NO_IDENTITY = LocalIdentity()


class CleanValues(Protocol):
    """Values in which an engine of the same program, identity and policy found nothing."""

    def has(self, value: Json) -> bool:
        """Whether the value is known to be clean."""

    def add(self, value: Json) -> None:
        """Learn that the value is clean."""


class PrivacyEngine:
    """Scans and sanitizes values for one identity and one policy.

    The detectors are loaded for the first value that is not known to be clean.
    """

    def __init__(
        self,
        identity: LocalIdentity = _NO_IDENTITY,
        policy: Policy = DEFAULT_POLICY,
        clean: CleanValues | None = None,
    ) -> None:
        self.policy = policy
        self._identity = identity
        self._clean = clean

    def __reduce__(self) -> tuple[type[PrivacyEngine], tuple[LocalIdentity, Policy]]:
        """For other processes, which learn nothing."""
        return PrivacyEngine, (self._identity, self.policy)

    @cached_property
    def _scanner(self) -> ValueScanner:
        from git_fedlearn.privacy.value_scanner import ValueScanner  # noqa: PLC0415  costs start-up time

        return ValueScanner(self._identity, self.policy)

    def scan(self, value: Json) -> tuple[Finding, ...]:
        """All findings, ordered by pointer and offset, keys before values."""
        if self._clean is None:
            return self._scanner.scan(value)
        if self._clean.has(value):
            return ()
        found = self._scanner.scan(value)
        if not found:
            self._clean.add(value)
        return found

    def sanitize(self, value: Json) -> Sanitized:
        """The redacted value and the findings of the original. A clean value is returned as it is."""
        return self._scanner.sanitize(value)
