"""What a version of a record set lacks of an earlier one: the shrink check.

A record set only ever grows, so whatever the join with the earlier version would bring back is a loss.
"""

from collections.abc import Iterable
from typing import NamedTuple

from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.record import parse_record
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
    """Compare all files of a set before with all files after, whichever shards the records lie in."""
    after = list(after)
    kept = {line for data in after for line in split_lines(data)}
    missing = [line for data in before for line in split_lines(data) if line not in kept]
    if not missing:
        return Losses()
    now = set(join_into(after, ()).records)
    back = [line for line in join_into(after, missing).records if line not in now]
    live = {
        line[8:40]: not parse_record(line).is_tombstone
        for line in now
        if line[8:40] in {b[8:40] for b in back}
    }
    found: dict[str, set[RecordId]] = {"lost": set(), "revived": set(), "weakened": set()}
    for line in back:
        record = parse_record(line)
        was_live = live.get(line[8:40])
        kind = "lost" if was_live is None else "revived" if record.is_tombstone and was_live else "weakened"
        found[kind].add(record.id)
    return Losses(**{kind: tuple(sorted(ids)) for kind, ids in found.items()}, lines=tuple(back))
