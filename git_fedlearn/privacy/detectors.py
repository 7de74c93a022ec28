"""The detectors, in one list. Each takes a subject and yields matches; none keeps state or does I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_fedlearn.privacy.addresses import find_emails, find_ips, find_macs
from git_fedlearn.privacy.assignments import find_assignments
from git_fedlearn.privacy.detect_secrets_rules import find_with_detect_secrets
from git_fedlearn.privacy.home_paths import find_home_paths
from git_fedlearn.privacy.structures import (
    find_headers,
    find_jwts,
    find_private_keys,
    find_url_passwords,
    find_webhooks,
)
from git_fedlearn.privacy.tokens import find_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from git_fedlearn.privacy.model import Match
    from git_fedlearn.privacy.subject import Subject

DETECTORS: tuple[Callable[[Subject], Iterable[Match]], ...] = (
    find_private_keys,
    find_jwts,
    find_url_passwords,
    find_webhooks,
    find_headers,
    find_tokens,
    find_with_detect_secrets,
    find_assignments,
    find_emails,
    find_ips,
    find_macs,
    find_home_paths,
)
