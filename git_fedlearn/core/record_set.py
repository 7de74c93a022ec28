"""A record set as bytes, and the join of two of them. docs/format.md, "Record sets" and "Join".

Record lines come first, sorted, then opaque lines, sorted, each once. Lines that both sides have, in
order, pass through as bytes; every other line is parsed and its id recomputed. Nothing is ever dropped:
a line that is not a record stays as an opaque line.

A record set only grows, so anything that a join with an earlier version would bring back is a loss.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from git_fedlearn.core.canonical import parse_object
from git_fedlearn.core.conflict_markers import join_conflict_sides
from git_fedlearn.core.fast_join import Data, Piece, Settled, align, splice
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.join import join_records
from git_fedlearn.core.record import CANONICAL_START, NotARecordError, Record, claimed_id, parse_record

BOM = b"\xef\xbb\xbf"


class Sections(NamedTuple):
    """The lines of a file: `placed` are record lines in order, `loose` must be parsed."""

    placed: list[bytes]
    loose: list[bytes]


class NumberedLine(NamedTuple):
    """One line of a file with its number (from 1) and its record, or the reason why it is not one."""

    number: int
    line: bytes
    record: Record | None
    reason: str


def join_sets(ours: bytes, theirs: bytes) -> bytes:
    """The join of two versions of a record set."""
    return b"".join(join_pieces(ours, theirs))


def join_pieces(ours: Data, theirs: Data) -> list[Piece]:
    """The join in pieces to be written in turn, so that large files are not copied."""
    return _join_aligned(ours, theirs) or [_join_split(ours[:], theirs[:])]


def _join_aligned(ours: Data, theirs: Data) -> list[Piece] | None:
    """The fast path. A file that ends in a record has no opaque lines, because those come last."""
    if not all(map(is_record_line, (_last_line(ours), _last_line(theirs)))):
        return None
    aligned = align(ours, theirs)
    return splice(ours, aligned, settle([], aligned.loose)) if aligned else None


def _last_line(data: Data) -> bytes:
    return data[data.rfind(b"\n", 0, max(len(data) - 1, 0)) + 1 : -1]


def _join_split(ours: bytes, theirs: bytes) -> bytes:
    left, right = split_sections(ours), split_sections(theirs)
    common = set(left.placed).intersection(right.placed)
    loose = {line for lines in (*left, *right) for line in lines if line not in common}
    return settle(sorted(common), loose).format()


def join_into(ours: Iterable[bytes], theirs: Iterable[bytes], made: Iterable[bytes] = ()) -> Settled:
    """Join the files of one of our sets with lines from elsewhere and with lines of records made here.

    Lines of ours that are in order, and lines made here, are trusted unless another line has the same id.
    """
    sections = [split_sections(data) for data in ours]
    loose = {line for section in sections for line in section.loose}
    loose.update(theirs)
    placed = sorted({line for section in sections for line in section.placed}.union(made))
    return settle(placed, loose)


def canonical_set(data: bytes) -> bytes:
    """A record set in canonical form: every line parsed, every id recomputed."""
    return settle([], split_lines(data)).format()


def parse_record_set(data: bytes, known: AbstractSet[bytes] = frozenset()) -> Iterator[NumberedLine]:
    """Every line of a file, unchanged, with its number; conflicts are not resolved.

    Lines that are `known` to be placed records are not parsed: those have neither a record nor a reason.
    """
    for number, raw in enumerate(_raw_lines(data), 1):
        if raw in known:
            yield NumberedLine(number, raw, None, "")
            continue
        line = _clean(raw)
        try:
            yield NumberedLine(number, raw, parse_record(line), "")
        except NotARecordError as error:
            yield NumberedLine(number, raw, None, "a blank line" if not line.strip() else str(error))


def split_lines(data: bytes) -> list[bytes]:
    """The lines without BOM, line endings and the markers of whole conflicts."""
    lines = _raw_lines(data)
    if b"\r" in data or BOM in data:
        lines = [_clean(line) for line in lines]
    if b"<<<<<<<" in data:
        lines = join_conflict_sides(lines, _is_object)
    return lines


def split_sections(data: bytes) -> Sections:
    """Split off the sorted run of record lines at the start of a file.

    A broken line that looks like a record can end the run, so its last line is parsed.
    """
    lines = split_lines(data)
    end = len(lines) if _is_sorted_run(lines) else _end_of_run(lines)
    while end and not is_record_line(lines[end - 1]):
        end -= 1
    return Sections(lines[:end], lines[end:])


def has_only(data: bytes, start: str) -> bool:
    """Whether a file is in order and has nothing but records whose ids begin with `start`, once each."""
    lines, loose = split_sections(data)
    first = b'{"_id":"%s' % start.encode("ascii")
    ends = (lines[0], lines[-1]) if lines else ()
    return not loose and all(line.startswith(first) for line in ends) and not _repeated_ids(lines)


def _is_sorted_run(lines: list[bytes]) -> bool:
    return lines == sorted(lines) and all(map(CANONICAL_START.match, lines)) and len(set(lines)) == len(lines)


def _end_of_run(lines: list[bytes]) -> int:
    end, previous = 0, b""
    for line in lines:
        if not (previous < line and CANONICAL_START.match(line)):
            break
        previous = line
        end += 1
    return end


def settle(placed: list[bytes], loose: Iterable[bytes]) -> Settled:
    """Join loose lines into sorted record lines; ids of loose lines are recomputed."""
    by_id: dict[RecordId, list[Record]] = {}
    opaque: set[bytes] = set()
    for line in loose:
        try:
            record = parse_record(line)
        except NotARecordError:
            opaque.add(line)
        else:
            by_id.setdefault(record.id, []).append(record)
    taken = _take_clashing(placed, by_id, opaque)
    joined = [record.line for records in by_id.values() for record in join_records(records)]
    kept = [line for line in placed if line not in taken] if taken else placed
    return Settled(sorted([*kept, *joined]), sorted(opaque))


def _take_clashing(
    placed: list[bytes], by_id: dict[RecordId, list[Record]], opaque: set[bytes]
) -> set[bytes]:
    """Move placed lines to the loose records with the same id, until no more share one."""
    taken: set[bytes] = set()
    pending = [*by_id, *_repeated_ids(placed)]
    while pending:
        for line in _lines_of(placed, pending.pop()):
            if line in taken:
                continue
            taken.add(line)
            try:
                record = parse_record(line)
            except NotARecordError:
                opaque.add(line)
                continue
            if record.id not in by_id:
                pending.append(record.id)
            by_id.setdefault(record.id, []).append(record)
    return taken


def _repeated_ids(placed: list[bytes]) -> list[RecordId]:
    ids = [line[8:40] for line in placed]
    if len(set(ids)) == len(ids):
        return []
    return [RecordId(ids[i].decode("ascii")) for i in range(1, len(ids)) if ids[i - 1] == ids[i]]


def _lines_of(placed: list[bytes], identifier: RecordId) -> Iterator[bytes]:
    start = b'{"_id":"%s"' % identifier.encode("ascii")
    index = bisect_left(placed, start)
    while index < len(placed) and placed[index].startswith(start):
        yield placed[index]
        index += 1


def is_record_line(line: bytes) -> bool:
    """Whether the line is a record."""
    try:
        parse_record(line)
    except NotARecordError:
        return False
    return True


def is_canonical_line(line: bytes, record: Record) -> bool:
    """Whether the line is the record's canonical form, with the right id."""
    return claimed_id(line) == record.id and record.line == line


def _is_object(line: bytes) -> bool:
    if not line.lstrip().startswith(b"{"):
        return False
    return parse_object(line) is not None


def _raw_lines(data: bytes) -> list[bytes]:
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return lines


def _clean(line: bytes) -> bytes:
    while line.startswith(BOM):
        line = line[len(BOM) :]
    return line.rstrip(b"\r")


class Losses(NamedTuple):
    """What is missing, as sorted ids, and the lines that would restore it.

    `lost` disappeared without a tombstone, `revived` lost their tombstone, `weakened` have a lower score
    or less metadata.
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
    """Compare all files of a set before with all files after, whatever shard a record is in.

    `before` may be all versions in history: only one is in memory at a time.
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
