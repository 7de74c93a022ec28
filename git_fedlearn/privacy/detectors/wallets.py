"""Addresses of wallets for cryptocurrencies: by their check digits, of Ethereum by a word before.

Bitcoin, Litecoin, Dogecoin and Dash in base58 with a checksum, and bech32 (BIP 173, BIP 350).
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from git_fedlearn.core.patterns import lazy_pattern
from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.model import Match

if TYPE_CHECKING:
    from collections.abc import Iterator

    from git_fedlearn.privacy.subject import Subject

_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VERSIONS: Final = frozenset((0x00, 0x05, 0x30, 0x32, 0x1E, 0x16, 0x4C, 0x10))
"""First bytes of addresses of the four currencies."""
_PAYLOAD_LENGTH: Final = 25
_CHECKSUMS: Final = frozenset((1, 0x2BC830A3))
"""Of bech32 and of bech32m."""
_GENERATORS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)

_BASE58_ADDRESS = lazy_pattern(r"(?<![A-Za-z0-9])[13LMDAX9][1-9A-HJ-NP-Za-km-z]{25,34}(?![A-Za-z0-9])")
_BECH32_ADDRESS = lazy_pattern(r"(?<![A-Za-z0-9])(?:bc1|ltc1)[02-9ac-hj-np-z]{11,87}(?![A-Za-z0-9])")
_ETHEREUM_ADDRESS = lazy_pattern(r"(?<![A-Za-z0-9])0x[0-9a-fA-F]{40}(?![A-Za-z0-9])")
ADDRESSES = (_BASE58_ADDRESS, _BECH32_ADDRESS, _ETHEREUM_ADDRESS)
_WALLET_BEFORE = lazy_pattern(
    r"(?:wallet|ethereum|\beth\b|metamask|donat\w{1,4}|payout|deposit)[^\n]{0,40}$", re.IGNORECASE
)


def find_wallets(subject: Subject) -> Iterator[Match]:
    """Addresses with the right check digits, and those of Ethereum behind a word such as `wallet`."""
    text = subject.text
    for start, end in subject.long_runs:
        # One character more, for the lookahead.
        for hit in _BASE58_ADDRESS.finditer(text, start, end + 1):
            if _is_base58_address(hit[0]):
                yield Match(*hit.span(), kinds.CRYPTO_WALLET, "wallet-base58", 0.95)
        for hit in _BECH32_ADDRESS.finditer(text, start, end + 1):
            if _is_bech32_address(hit[0]):
                yield Match(*hit.span(), kinds.CRYPTO_WALLET, "wallet-bech32", 0.95)
        for hit in _ETHEREUM_ADDRESS.finditer(text, start, end + 1):
            is_zero = len(set(hit[0][2:])) <= 2  # noqa: PLR2004 -- addresses of contracts that nobody owns
            before = max(0, hit.start() - 64)
            if not is_zero and _WALLET_BEFORE.search(text, before, hit.start()) is not None:
                yield Match(*hit.span(), kinds.CRYPTO_WALLET, "wallet-ethereum", 0.75)


def _is_base58_address(address: str) -> bool:
    number = 0
    for char in address:
        number = number * 58 + _BASE58.index(char)
    if number >= 1 << (8 * _PAYLOAD_LENGTH):
        return False
    data = number.to_bytes(_PAYLOAD_LENGTH, "big")
    checksum = hashlib.sha256(hashlib.sha256(data[:-4]).digest()).digest()[:4]
    return data[0] in _VERSIONS and data[-4:] == checksum


def _is_bech32_address(address: str) -> bool:
    prefix, _, digits = address.partition("1")
    values = [ord(char) >> 5 for char in prefix] + [0] + [ord(char) & 31 for char in prefix]
    values += [_BECH32.index(char) for char in digits]
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATORS):
            check ^= generator if (top >> bit) & 1 else 0
    return check in _CHECKSUMS
