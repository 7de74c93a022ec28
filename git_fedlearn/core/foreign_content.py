"""Content that is not JSON lines although its path says so: pointers, encrypted and binary files, UTF-16.

Joining it line by line would destroy it. Only the start of a file is read, as git does to find binary files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from git_fedlearn.core.fast_join import Data

_START_BYTES: Final = 8000
"""The start of a file in which git looks for a NUL byte (`buffer_is_binary` in xdiff-interface.c)."""

_STARTS: Final = (
    (b"version https://git-lfs.github.com/spec/", "a Git LFS pointer"),
    (b"version http://git-media.io/", "a Git LFS pointer"),
    (b"version https://hawser.github.com/", "a Git LFS pointer"),
    (b"\0GITCRYPT\0", "encrypted by git-crypt"),
    (b"Salted__", "encrypted"),
    (b"U2FsdGVkX1", "encrypted"),
    (b"age-encryption.org/", "encrypted by age"),
    (b"-----BEGIN AGE ENCRYPTED FILE-----", "encrypted by age"),
    (b"-----BEGIN PGP MESSAGE-----", "encrypted by GnuPG"),
    (b"$ANSIBLE_VAULT;", "encrypted by ansible-vault"),
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
    (b"\x1f\x8b", "compressed"),
    (b"\x28\xb5\x2f\xfd", "compressed"),
    (b"\xfd7zXZ\0", "compressed"),
    (b"BZh", "compressed"),
    (b"PK\x03\x04", "compressed"),
)
_MIN_UTF16_SHARE: Final = 0.3
"""The share of NUL bytes at even or odd offsets, of all bytes, in UTF-16 text that is mostly ASCII."""


def find_foreign_content(data: Data) -> str | None:
    """What the content is instead of JSON lines, as a phrase; None for JSON lines and for an empty file.

    Text that is not JSON is no foreign content: a record set keeps such lines.
    """
    if data[:2] == b'{"':
        return None
    start = data[:_START_BYTES]
    for magic, what in _STARTS:
        if start.startswith(magic):
            return what
    if b"\0" not in start:
        return None
    if max(start[0::2].count(0), start[1::2].count(0)) >= _MIN_UTF16_SHARE * len(start):
        return "UTF-16"
    has_json_line = b'\n{"' in start
    return None if has_json_line else "binary"
