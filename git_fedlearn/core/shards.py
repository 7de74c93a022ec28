"""Sharding of a record set that outgrows one file. docs/format.md, "Shards".

Level 0 is the root file alone, level 1 has shards of one hexadecimal digit of the record id, level 2
of two. A level is never left: files are emptied, not deleted, so a clone that still writes to the
root file and one that has sharded converge as soon as one of them writes again.
"""

import re
from collections.abc import Collection
from typing import Final

from git_fedlearn.core.aligned import Settled

ROOT: Final = ""
"""The name of the root file among the shards of its set."""

MAX_LEVEL: Final = 2
SHARD_NAME: Final = re.compile(r"[0-9a-f]{1,2}")


def level_of(names: Collection[str]) -> int:
    """The level that a set's files stand for, given its shard names (ROOT among them or not)."""
    return max((len(name) for name in names), default=0)


def shard_of(line: bytes, level: int) -> str:
    """The name of the shard a record line belongs in."""
    return line[8 : 8 + level].decode("ascii")


def distribute(
    settled: Settled, level: int, limit: int, files: Collection[str]
) -> tuple[int, dict[str, bytes]]:
    """Spread records over the lowest level, `level` or above, at which no file passes `limit` bytes.

    Returns that level and the bytes of each file; `files` are those read, empty where all moved on.
    Opaque lines stay in the root file.
    """
    spread = _spread(settled, level)
    while level < MAX_LEVEL and any(len(data) > limit for data in spread.values()):
        level += 1
        spread = _spread(settled, level)
    return level, {name: spread.get(name, b"") for name in {ROOT, *files, *spread}}


def _spread(settled: Settled, level: int) -> dict[str, bytes]:
    if level == 0:
        return {ROOT: settled.format()}
    shards: dict[str, list[bytes]] = {}
    for line in settled.records:
        shards.setdefault(shard_of(line, level), []).append(line)
    spread = {name: Settled(lines, []).format() for name, lines in shards.items()}
    return {ROOT: Settled([], settled.opaque).format(), **spread}
