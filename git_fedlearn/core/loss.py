"""What a version of a record set lacks of an earlier one: the shrink check.

A record set only ever grows, so whatever the join with the earlier version would bring back is a loss.
"""

from collections.abc import Iterable
from typing import NamedTuple

from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.record import Record, claimed_id, parse_record
from git_fedlearn.core.record_set import join_into, split_lines


class Losses(NamedTuple):
    """What is missing, as sorted ids, and the lines that would bring all of it back.

    `lost` are gone without a tombstone, `revived` lost their tombstone, and of the `weakened` a lower
    score or less metadata is left.
    """

    lost: tuple[RecordId, ...] = ()
    revived: tuple[RecordId, ...] = ()
    weakened: tuple[RecordId, ...] = ()
    lines: tuple[bytes, ...] = ()

    @property
    def is_shrunk(self) -> bool:
        """Whether a lesson or a tombstone disappeared."""
        return bool(self.lost or self.revived)


def find_losses(before: Iterable[bytes], after: Iterable[bytes]) -> Losses:
    """Compare all files of a set before with all files after, whichever shards the records lie in.

    `before` may be all versions in history: one is held in memory at a time.
    """
    after = list(after)
    kept = {line for data in after for line in split_lines(data)}
    missing = {line for data in before for line in split_lines(data) if line not in kept}
    if not missing:
        return Losses()
    now = set(join_into(after, ()).records)
    back = [parse_record(line) for line in join_into(after, missing).records if line not in now]
    ids = {record.id for record in back}
    held = [parse_record(line) for line in now if claimed_id(line) in ids]
    live = {record.id for record in held if not record.is_tombstone}
    found: dict[str, set[RecordId]] = {"lost": set(), "revived": set(), "weakened": set()}
    known = {record.id for record in held}
    for record in back:
        found[_kind(record, live, known)].add(record.id)
    lines = tuple(record.line for record in back)
    return Losses(**{kind: tuple(sorted(of)) for kind, of in found.items()}, lines=lines)


def _kind(record: Record, live: set[RecordId], known: set[RecordId]) -> str:
    if record.id not in known:
        return "lost"
    return "revived" if record.is_tombstone and record.id in live else "weakened"
