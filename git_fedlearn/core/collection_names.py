"""Names of collections as names of files: any name that Qdrant allows, on any file system, and back again.

A *plain* name is its own file name. Any other is written as `x--` and its escaped form, in which a-z and 0-9
stand for themselves, a capital letter is `_` and its small letter, any other ASCII character `_` and two
hexadecimal digits, and a character beyond ASCII `_8` and four digits, or `_9` and six. So two names never
become one file, also where letter case does not count, and each can be read back. An escaped form that is too
long is cut and ends in a hash: only who knows the name can find it.
"""

import re
from typing import Final

from git_fedlearn.core.patterns import lazy_pattern

ESCAPED: Final = "x--"
"""The beginning of the file name of a collection whose name is not plain."""

MAX_NAME: Final = 255
"""Characters of a name that Qdrant accepts."""

_MAX_FILE_NAME: Final = 201
_CUT_LENGTH: Final = 160
_HASH_BYTES: Final = 10
_FILE_NAME: Final = lazy_pattern(r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}")
_PLAIN: Final = lazy_pattern(r"[a-z0-9][a-z0-9._-]{0,200}(?<!\.)")
_DEVICE: Final = lazy_pattern(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
"""File names that mean a device on Windows."""
_FORBIDDEN: Final = lazy_pattern(
    "[/\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]"
)
"""What Qdrant does not accept, and control, bidirectional and tag characters, which would fake output."""
_BASIC_PLANE: Final = lazy_pattern("[\0-\uffff]")
_SNAPSHOTS: Final = "snapshots"
"""A folder of ours next to the files."""
_COPY: Final = lazy_pattern(r".*conflict.*-\d{8}-\d{6}.*", re.IGNORECASE)
"""How file synchronizers rename a file."""
_CUT: Final = lazy_pattern(rf"{ESCAPED}[a-z0-9_]{{{_CUT_LENGTH}}}--[0-9a-f]{{{2 * _HASH_BYTES}}}")
_ESCAPE: Final = lazy_pattern(r"_(?:([a-z])|([0-7][0-9a-f])|8([0-9a-f]{4})|9((?:0[0-9a-f]|10)[0-9a-f]{4}))")
_IN_FILE_NAME: Final = lazy_pattern(rf"({ESCAPED}[a-z0-9_]+)(?:--[0-9a-f]+)?(?:-\d{{4}}-\d\d-\d\d)?(?:\..*)?")


def is_plain(name: str) -> bool:
    """Whether a collection has a file of its own name."""
    return bool(
        _PLAIN.fullmatch(name)
        and not name.startswith(ESCAPED)
        and name != _SNAPSHOTS
        and not _DEVICE.fullmatch(name)
        and not _COPY.fullmatch(name)
    )


def is_collection_name(name: str) -> bool:
    """Whether a collection with this name can be shared."""
    return 0 < len(name) <= MAX_NAME and not _FORBIDDEN.search(name)


def escape_name(name: str) -> str:
    """The file name of a collection, without an ending. A file name that is cut is its own."""
    if is_plain(name) or is_cut(name):
        return name
    escaped = "".join(map(_escape, name))
    if len(ESCAPED) + len(escaped) <= _MAX_FILE_NAME:
        return ESCAPED + escaped
    from hashlib import blake2b  # noqa: PLC0415  the merge driver hardly ever needs it

    digest = blake2b(name.encode("utf-8"), digest_size=_HASH_BYTES).hexdigest()
    return f"{ESCAPED}{escaped[:_CUT_LENGTH]}--{digest}"


def unescape_name(file_name: str) -> str | None:
    """The name of the collection that a file (without its ending) is of; None if no collection is.

    A cut name stays as it is. Earlier versions wrote names with capital letters unescaped.
    """
    if is_cut(file_name):
        return file_name
    if file_name.startswith(ESCAPED):
        name = _unescape(file_name.removeprefix(ESCAPED))
        return name if is_collection_name(name) and escape_name(name) == file_name else None
    is_sound = _FILE_NAME.fullmatch(file_name) and file_name != _SNAPSHOTS
    return file_name if is_sound and not _COPY.fullmatch(file_name) else None


def known_name(name: str) -> str:
    """The name that `unescape_name` gives for the file of this collection: cut if it is too long."""
    escaped = escape_name(name)
    return escaped if is_cut(escaped) else name


def is_cut(file_name: str) -> bool:
    """Whether a file name ends in the hash of a name that is too long."""
    return file_name.startswith(ESCAPED) and _CUT.fullmatch(file_name) is not None


def readable_name(file_name: str) -> str:
    """A file name with the name of its collection unescaped, for people and for the scan of names."""
    match = _IN_FILE_NAME.fullmatch(file_name)
    return _unescape(match[1].removeprefix(ESCAPED)) + file_name[match.end(1) :] if match else file_name


def _escape(char: str) -> str:
    if char.isascii():
        if char.islower() or char.isdigit():
            return char
        return f"_{char.lower()}" if char.isupper() else f"_{ord(char):02x}"
    return f"_8{ord(char):04x}" if _BASIC_PLANE.match(char) else f"_9{ord(char):06x}"


def _unescape(escaped: str) -> str:
    return _ESCAPE.sub(_character, escaped)


def _character(match: re.Match[str]) -> str:
    if match[1]:
        return match[1].upper()
    return chr(int(match[2] or match[3] or match[4], 16))
