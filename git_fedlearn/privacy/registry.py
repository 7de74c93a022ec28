"""The list of detectors, and which of them a text is for (`gates`).

A detector takes a subject and yields matches; it keeps no state and does no I/O. So clean text costs little
more than the pass of the gates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from git_fedlearn.privacy.detectors import ids, phones
from git_fedlearn.privacy.detectors.assignments import find_assignments
from git_fedlearn.privacy.detectors.credentials_in_text import find_command_lines, find_credentials
from git_fedlearn.privacy.detectors.detect_secrets_rules import find_with_detect_secrets
from git_fedlearn.privacy.detectors.hosts import find_internal_hosts, find_logins
from git_fedlearn.privacy.detectors.ids import find_numbers
from git_fedlearn.privacy.detectors.local_identity import find_home_paths
from git_fedlearn.privacy.detectors.named_tokens import find_named_tokens
from git_fedlearn.privacy.detectors.network import find_emails, find_ips, find_macs
from git_fedlearn.privacy.detectors.personal import find_births, find_positions, is_birth_key, is_position_key
from git_fedlearn.privacy.detectors.phones import find_phones
from git_fedlearn.privacy.detectors.structures import (
    find_basic_pairs,
    find_cookies,
    find_headers,
    find_jwts,
    find_manifests,
    find_private_keys,
    find_url_passwords,
    find_webhooks,
)
from git_fedlearn.privacy.detectors.tables import find_columns
from git_fedlearn.privacy.detectors.tokens import (
    find_aws_secrets,
    find_marked_tokens,
    find_shaped_tokens,
    find_tokens,
    find_unknown_tokens,
)
from git_fedlearn.privacy.detectors.wallets import find_wallets
from git_fedlearn.privacy.gates import BITS, open_gates
from git_fedlearn.privacy.model import Match
from git_fedlearn.privacy.re2_sets import for_gates
from git_fedlearn.privacy.subject import Subject, name_of_key

if TYPE_CHECKING:
    from collections.abc import Sequence

Detector = Callable[[Subject], Iterable[Match]]

SECRET_DETECTORS: tuple[Detector, ...] = (
    find_private_keys,
    find_jwts,
    find_url_passwords,
    find_webhooks,
    find_headers,
    find_basic_pairs,
    find_manifests,
    find_tokens,
    find_marked_tokens,
    find_shaped_tokens,
    find_aws_secrets,
    find_unknown_tokens,
    find_named_tokens,
    find_with_detect_secrets,
    find_assignments,
    find_command_lines,
    find_credentials,
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
    find_wallets,
    find_logins,
    find_internal_hosts,
)
DETECTORS = SECRET_DETECTORS + PERSONAL_DETECTORS


MAX_CACHED_CHOICES: Final = 4096


class Prefilter:
    """Chooses the detectors whose gate a text opens."""

    def __init__(self, detectors: Sequence[Detector]) -> None:
        self._by_bit = {BITS[detector.__name__]: detector for detector in detectors}
        self._mask = sum(self._by_bit)
        self._chosen = lru_cache(maxsize=MAX_CACHED_CHOICES)(self._behind)

    def choose(self, text: str, key: str = "") -> tuple[Detector, ...]:
        """The detectors that may find something in this text under this key, in the order of the list."""
        asked, announced = _asked_by_key(key) if key else (0, 0)
        opened = (open_gates(for_gates(text), announced) | asked) & self._mask
        return self._chosen(opened) if opened else ()

    def _behind(self, mask: int) -> tuple[Detector, ...]:
        return tuple(detector for bit, detector in self._by_bit.items() if bit & mask)


@lru_cache(maxsize=4096)
def _asked_by_key(key: str) -> tuple[int, int]:
    """The bits of the detectors that such a key asks about every text, and of those that it makes curious."""
    asked = announced = 0
    if name_of_key(key) is not None:
        asked |= BITS["find_assignments"]
    if is_birth_key(key):
        asked |= BITS["find_births"]
    if is_position_key(key):
        asked |= BITS["find_positions"]
    if ids.is_announced_by(key):
        announced |= BITS["find_numbers"]
    if phones.is_announced_by(key):
        announced |= BITS["find_phones"]
    return asked, announced
