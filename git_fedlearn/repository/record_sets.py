"""Record sets on disk: read, join, write. The caller holds the repository's lock to join."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from itertools import chain, groupby, product
from pathlib import Path
from string import hexdigits
from typing import Final, NamedTuple

from git_fedlearn.core.fast_join import Settled
from git_fedlearn.core.foreign_content import find_foreign_content
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import (
    MAX_LEVEL,
    ROOT,
    SHARD_NAME,
    SHARED_SETS,
    SetName,
    distribute,
    find_set,
    level_of,
    may_share,
    older_stem_of,
    path_of,
    shard_of,
    stem_of,
)
from git_fedlearn.core.record import RETRACTED, NotARecordError, Record, claimed_id, parse_record, score_of
from git_fedlearn.core.record_set import has_only, is_record_line, join_into, settle, split_lines
from git_fedlearn.errors import FedlearnError, UsageError
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.trees import SparseFiles

_TOMBSTONE_KEY: Final = b'"%s":' % RETRACTED.encode("ascii")


class Joined(NamedTuple):
    """What a join changed in a set: ids in order, and the paths that were written.

    Of the changed ones, `raised` have a higher score and `retracted` became tombstones; the others have new
    metadata, for example who learned them.
    """

    name: SetName
    added: tuple[RecordId, ...] = ()
    changed: tuple[RecordId, ...] = ()
    raised: tuple[RecordId, ...] = ()
    retracted: tuple[RecordId, ...] = ()
    written: tuple[str, ...] = ()


class RecordSets:
    """The record sets under the top of a work tree; `limit` is the size limit of a file in bytes."""

    def __init__(self, top: Path, limit: int, sparse: SparseFiles | None = None) -> None:
        """`sparse` are files that git has although they are not in the work tree."""
        self.top = top
        self.limit = limit
        self._sparse = sparse
        self._known: dict[SetName, list[str]] = {}

    def names(self) -> list[SetName]:
        """The shared sets, and one for each collection that has a file."""
        folder = self.top / "data" / "collections"
        files = [*folder.glob("*.jsonl"), *folder.glob("*/*.jsonl")]
        paths = [*(path.relative_to(self.top).as_posix() for path in files), *self._left_out()]
        found = set(map(find_set, paths))
        return [*SHARED_SETS, *sorted({of[0] for of in found if of and of[0] not in SHARED_SETS})]

    def check_name(self, name: SetName) -> None:
        """Raise UsageError for an invalid set name."""
        self._stems(name)

    def size(self, name: SetName) -> int:
        """The bytes of all files of a set."""
        paths = [self.top / path for shard in self.shards(name) for path in self._paths(name, shard)]
        return sum(path.stat().st_size for path in paths if path.is_file())

    @property
    def max_bytes(self) -> int:
        """The bytes of a set whose shards cannot be divided further and are all at the limit of a file."""
        return self.limit * 16**MAX_LEVEL

    def read(self, name: SetName) -> Iterator[Record]:
        """The records of a set, tombstones too, sorted by line."""
        return map(parse_record, self.read_lines(name))

    def read_lines(self, name: SetName) -> Iterator[bytes]:
        """The lines of the records of a set, tombstones too, sorted.

        If each record is in the file of its id, only one file is in memory at a time.
        """
        every = self.shards(name)
        level = level_of(every)
        if level and all(self.is_in_place(name, shard) for shard in every):
            parts = sorted(shard for shard in every if len(shard) == level)
            return chain.from_iterable(self.read_shards(name, {shard}) for shard in parts)
        return iter(self.read_shards(name, every))

    def read_shards(self, name: SetName, shards: Collection[str]) -> list[bytes]:
        """The lines of the records in some files of a set, joined and sorted."""
        return join_into(self._read_files(name, shards).values(), ()).records

    def find_lines(
        self, name: SetName, has: Callable[[bytes], bool], in_file: Callable[[bytes], bool] | None = None
    ) -> Iterator[bytes]:
        """The lines of the records of a set, tombstones too, for which `has` is true, in files of their ids.

        Only files for which `in_file` is true are split into lines; of a file with such a line it must be.
        """
        every = self.shards(name)
        level = level_of(every)
        above = {shard for shard in every if len(shard) < level}
        if any(data.strip() for data in self._read_files(name, above).values()):
            yield from filter(has, self.read_lines(name))
            return
        for shard in sorted(every - above):
            (data,) = self._read_files(name, {shard}).values()
            if in_file is None or in_file(data):
                yield from filter(has, join_into([data], ()).records)

    def find_living(self, has: Callable[[bytes], bool]) -> list[Record]:
        """The living records of all sets whose lines `has` is true for; of their files it must be, too."""
        lines = (line for name in self.names() for line in self.find_lines(name, has, has))
        return [record for line in lines if not (record := parse_record(line)).is_tombstone]

    def read_parts(self, name: SetName) -> Iterator[tuple[str, list[bytes]]]:
        """Each part of a set at its level, also empty ones: the start of its ids, and its lines."""
        level = self.level(name)
        part_of = partial(shard_of, level=level)
        parts = ((start, [*lines]) for start, lines in groupby(self.read_lines(name), part_of))
        part = next(parts, None)
        for digits in product(hexdigits[:16], repeat=level):
            start = "".join(digits)
            if part and part[0] == start:
                yield part
                part = next(parts, None)
            else:
                yield start, []

    def level(self, name: SetName) -> int:
        """The level of a set; see core/layout.py."""
        return level_of(self.shards(name))

    def is_in_place(self, name: SetName, shard: str) -> bool:
        """Whether a file has only records that belong into it, in order and once each.

        A file above the level of the set must not have any record, but may have other lines.
        """
        (data,) = self._read_files(name, {shard}).values()
        if len(shard) < self.level(name):
            return not any(map(is_record_line, split_lines(data)))
        return has_only(data, shard)

    def pick(self, name: SetName, ids: Collection[RecordId]) -> list[Record]:
        """The records of a set with one of these ids, tombstones too, in files of their ids."""
        every = self.shards(name)
        starts = {identifier[:MAX_LEVEL] for identifier in ids}
        shards = {shard for start in starts for shard in _matching_shards(start, every)}
        lines = self.read_shards(name, shards)
        return [parse_record(line) for line in lines if claimed_id(line) in ids]

    def find(self, identifier: str) -> Iterator[tuple[SetName, Record]]:
        """Every record, tombstones too, whose id begins with these characters, in a file of its id."""
        for name in self.names():
            shards = _matching_shards(identifier, self.shards(name))
            for line in self.read_shards(name, shards):
                if line[8 : 8 + len(identifier)] == identifier.encode("ascii", "replace"):
                    yield name, parse_record(line)

    def beginning(self, identifier: str) -> Iterator[tuple[SetName, bytes]]:
        """Every line whose claimed id begins with these characters: fast, unchecked and not joined."""
        if not re.fullmatch("[0-9a-f]*", identifier):
            return
        pattern = re.compile(rb'^\{"_id":"%s[0-9a-f]*".*' % identifier.encode(), re.MULTILINE)
        for name in self.names():
            for shard in sorted(_matching_shards(identifier, self.shards(name))):
                (data,) = self._read_files(name, {shard}).values()
                for match in pattern.finditer(data):
                    yield name, match[0]

    def replace(self, name: SetName, old: Collection[bytes], new: Iterable[bytes]) -> Joined:
        """Remove some lines of a set and join others into it.

        The only way a line leaves a set; a record that other clones may have needs a tombstone among `new`.
        """
        files = self._read_files(name, self.shards(name))
        kept = {shard: _without(data, old) for shard, data in files.items()}
        _level, spread, settled = self._settle(kept, list(new), level_of(files), recompute=False)
        return _report(name, files.values(), settled.records, self._write(name, files, spread))

    def join(
        self,
        name: SetName,
        lines: Iterable[bytes],
        *,
        made: Iterable[bytes] = (),
        recompute: bool = False,
        write: bool = True,
    ) -> Joined:
        """Join record lines (or any lines) into a set; records of the root file move to their shards.

        Lines of the set that are in order are trusted, and so are lines of records `made` here; with
        `recompute` every id is recomputed. Without `write` it only reports what would change. Shards are
        written before the root file is emptied, so a crash in between loses nothing.
        """
        lines, made = list(lines), list(made)
        every = self.shards(name)
        level, files = level_of(every), dict[str, bytes]()
        unread = every if recompute else self._touched(name, every, lines, made)
        while unread:
            files |= self._read_files(name, unread)
            level, spread, settled = self._settle(files, lines, level, made=made, recompute=recompute)
            # A record may be in the wrong shard, so a shard is read before it is written.
            unread = (every if level > level_of(every) else every & spread.keys()) - files.keys()
        written = self._write(name, files, spread) if write else ()
        return _report(name, files.values(), settled.records, written)

    def _settle(
        self,
        files: dict[str, bytes],
        lines: list[bytes],
        level: int,
        *,
        made: Iterable[bytes] = (),
        recompute: bool,
    ) -> tuple[int, dict[str, bytes], Settled]:
        if recompute:
            held = (line for data in files.values() for line in split_lines(data))
            settled = settle([], {*lines, *made, *held})
        else:
            settled = join_into(files.values(), lines, made)
        return *distribute(settled, level, self.limit, files), settled

    def _touched(self, name: SetName, every: set[str], lines: list[bytes], made: list[bytes]) -> set[str]:
        """The shards that a join must read: the root, and every shard that may contain one of the new ids.

        Shards below the level of the set count as root: old clones may have written to them.
        """
        if every == {ROOT}:
            return every
        inboxes = {shard for shard in every if len(shard) < level_of(every)} | {ROOT}
        arriving = [line for data in self._read_files(name, inboxes).values() for line in split_lines(data)]
        found = [record.id for line in (*lines, *arriving) if (record := find_record(line))]
        starts = {identifier[:MAX_LEVEL] for identifier in (*found, *filter(None, map(claimed_id, made)))}
        return inboxes | {shard for start in starts for shard in _matching_shards(start, every)}

    def _write(self, name: SetName, before: dict[str, bytes], after: dict[str, bytes]) -> tuple[str, ...]:
        written = []
        for shard in sorted(after, key=lambda shard: (shard == ROOT, shard)):
            path, *older_paths = self._paths(name, shard)
            is_missing = shard == ROOT and not (self.top / path).exists() and path not in self._left_out()
            if after[shard] != before.get(shard, b"") or is_missing:
                write_file(self.top / path, after[shard])
                written.append(path)
                for older in older_paths:
                    if read_file(self.top / older):
                        write_file(self.top / older, b"")
                        written.append(older)
        return tuple(written)

    def _stems(self, name: SetName) -> list[str]:
        """The path of a set without `.jsonl`, and the one that earlier versions wrote.

        That one is still read, and emptied at the next write.
        """
        found = self._known.get(name)
        if found is None:
            stem = stem_of(name)
            if stem is None:
                known = ", ".join(SHARED_SETS)
                meant = name.rpartition("/")[2].removesuffix(".jsonl").lower()
                hint = f"one of {known}, or collections/NAME"
                raise UsageError(
                    f"{name}: no such record set", hint=f"use {meant}" if meant in SHARED_SETS else hint
                )
            found = self._known[name] = [*filter(None, (stem, older_stem_of(name)))]
        return found

    def _paths(self, name: SetName, shard: str) -> list[str]:
        return [path_of(stem, shard) for stem in self._stems(name)]

    def _left_out(self) -> Collection[str]:
        return self._sparse.entries if self._sparse else ()

    def _refuse_links(self, shards: Path) -> None:
        """Raise FedlearnError if a folder on the path is a link: writes would leave the repository."""
        for folder in (shards, *shards.parents):
            if folder == self.top:
                break
            if folder.is_symlink():
                raise FedlearnError(f"{folder}: a symlink in place of a directory", hint="move it away")

    def shards(self, name: SetName) -> set[str]:
        """The shards of a set that have a file, and ROOT."""
        folders = [self.top / stem for stem in self._stems(name)]
        names = {path.stem for folder in folders if folder.is_dir() for path in folder.glob("*.jsonl")}
        names |= {found[1] for path in self._left_out() if (found := find_set(path)) and found[0] == name}
        return {ROOT, *(shard for shard in names if SHARD_NAME.fullmatch(shard))}

    def _read_files(self, name: SetName, shards: Iterable[str]) -> dict[str, bytes]:
        self._refuse_links(self.top / self._stems(name)[0])
        return {shard: b"".join(map(self._read_file, self._paths(name, shard))) for shard in shards}

    def _read_file(self, path: str) -> bytes:
        """The bytes of a file. Raises FedlearnError if they are not JSON lines."""
        data = read_file(self.top / path) or (self._sparse.read(path) if self._sparse else b"")
        foreign = find_foreign_content(data)
        if foreign:
            raise FedlearnError(f"{path}: {foreign}, not JSON lines", hint=f"git check-attr --all {path}")
        return data


def find_record(line: bytes) -> Record | None:
    """The record on a line, None if it is not one."""
    try:
        return parse_record(line)
    except NotARecordError:
        return None


def is_tombstone_line(line: bytes) -> bool:
    """Whether a line is a tombstone; only lines that may be one are parsed."""
    record = find_record(line) if _TOMBSTONE_KEY in line else None
    return record is not None and record.is_tombstone


def _without(data: bytes, lines: Collection[bytes]) -> bytes:
    return b"".join([line + b"\n" for line in split_lines(data) if line not in lines])


def _matching_shards(identifier: str, shards: set[str]) -> set[str]:
    """The shards that may contain records whose ids begin with these characters."""
    return {shard for shard in shards if may_share(shard, identifier)}


def _report(name: SetName, before: Iterable[bytes], after: list[bytes], written: tuple[str, ...]) -> Joined:
    old = {line for data in before for line in split_lines(data)}
    kept = old.intersection(after)
    gone = [record for line in old - kept if (record := find_record(line))]
    known = {claimed_id(line) for line in kept} | {record.id for record in gone}
    fresh = {line: claimed_id(line) for line in after if line not in kept}
    changed = [record for line, i in fresh.items() if i in known and (record := find_record(line))]
    score: dict[RecordId, float] = {}
    for record in gone:
        score[record.id] = max(score_of(record.fields), score.get(record.id, -1.0))
    raised = (i.id for i in changed if not i.is_tombstone and score_of(i.fields) > score.get(i.id, 1.0))
    return Joined(
        name,
        added=tuple(dict.fromkeys(i for i in fresh.values() if i and i not in known)),
        changed=tuple(dict.fromkeys(record.id for record in changed)),
        raised=tuple(dict.fromkeys(raised)),
        retracted=tuple(record.id for record in changed if record.is_tombstone),
        written=written,
    )
