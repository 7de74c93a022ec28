"""Short hashes by which an allow-list knows a value without holding it.

The hash has no key, so that every clone computes the same. What a generator made (keys, tokens) gets 64
bits. What can be guessed by trying all values (addresses, phone numbers, passwords) gets 20 bits only:
among the 2^32 IPv4 addresses some four thousand share each fingerprint, so it confirms a guess weakly and
identifies nobody.
"""

from __future__ import annotations

import hashlib

from git_fedlearn.privacy import kinds

_STRONG = frozenset((kinds.PRIVATE_KEY, kinds.API_KEY, kinds.JWT, kinds.WEBHOOK_URL))


def fingerprint(kind: str, text: str) -> str:
    """16 hex digits for high-entropy kinds, 5 for the others; depends on kind and exact text."""
    digest = hashlib.sha256(f"git-fedlearn/1\0{kind}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()
    return digest[:16] if kind in _STRONG else digest[:5]
