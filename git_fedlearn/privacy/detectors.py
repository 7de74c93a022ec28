"""The detectors, in one list. Each takes a subject and yields matches; none keeps state or does I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from git_fedlearn.privacy.addresses import find_emails, find_ips, find_macs
from git_fedlearn.privacy.assignments import find_assignments
from git_fedlearn.privacy.command_lines import find_command_lines
from git_fedlearn.privacy.cookies import find_cookies
from git_fedlearn.privacy.coordinates import find_positions, is_position_key
from git_fedlearn.privacy.detect_secrets_rules import find_with_detect_secrets
from git_fedlearn.privacy.home_paths import find_home_paths
from git_fedlearn.privacy.logins import find_logins
from git_fedlearn.privacy.model import Match
from git_fedlearn.privacy.national_ids import find_numbers
from git_fedlearn.privacy.personal import find_births, find_internal_hosts, is_birth_key
from git_fedlearn.privacy.phones import find_phones
from git_fedlearn.privacy.secret_names import name_of_key
from git_fedlearn.privacy.structures import (
    find_basic_pairs,
    find_headers,
    find_jwts,
    find_private_keys,
    find_url_passwords,
    find_webhooks,
)
from git_fedlearn.privacy.subject import Subject
from git_fedlearn.privacy.tables import find_columns
from git_fedlearn.privacy.tokens import (
    find_aws_secrets,
    find_marked_tokens,
    find_shaped_tokens,
    find_tokens,
    find_unknown_tokens,
)
from git_fedlearn.privacy.told_secrets import find_told_secrets

Detector = Callable[[Subject], Iterable[Match]]

SECRET_DETECTORS: tuple[Detector, ...] = (
    find_private_keys,
    find_jwts,
    find_url_passwords,
    find_webhooks,
    find_headers,
    find_basic_pairs,
    find_tokens,
    find_marked_tokens,
    find_shaped_tokens,
    find_aws_secrets,
    find_unknown_tokens,
    find_with_detect_secrets,
    find_assignments,
    find_command_lines,
    find_told_secrets,
    find_cookies,
    find_columns,
)
PERSONAL_DETECTORS: tuple[Detector, ...] = (
    find_emails,
    find_ips,
    find_macs,
    find_home_paths,
    find_numbers,
    find_phones,
    find_births,
    find_positions,
    find_logins,
    find_internal_hosts,
)
DETECTORS = SECRET_DETECTORS + PERSONAL_DETECTORS


@lru_cache(maxsize=4096)
def by_key(key: str) -> frozenset[Detector]:
    """The detectors that such a key tells to look at any text under it."""
    asked: list[Detector] = []
    if name_of_key(key) is not None:
        asked.append(find_assignments)
    if is_birth_key(key):
        asked.append(find_births)
    if is_position_key(key):
        asked.append(find_positions)
    return frozenset(asked)
