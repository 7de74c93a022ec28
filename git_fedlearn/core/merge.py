"""The merge of two versions of one file under data/, by what kind of file its path says it is.

The join of two versions of a monthly metrics file, which two branches of one system may both have written.

The file says how things stood when it was written, so the later one holds: docs/metrics.md, "Monthly file".
"""

from git_fedlearn.core.canonical import InvalidJsonError, parse_value
from git_fedlearn.core.fast_join import Data, Piece
from git_fedlearn.core.layout import FileKind, kind_of
from git_fedlearn.core.outcomes import join_outcomes
from git_fedlearn.core.record_set import canonical_set, join_pieces, split_lines


def join_month_files(ours: bytes, theirs: bytes) -> bytes:
    """The version with the later `synced_at`, of equal ones the larger bytes; one that is no object loses."""
    return max(ours, theirs, key=_order)


def _order(data: bytes) -> tuple[bool, str, bytes]:
    try:
        value = parse_value(data)
    except InvalidJsonError:
        return False, "", data
    when = value.get("synced_at") if isinstance(value, dict) else None
    return isinstance(value, dict), when if isinstance(when, str) else "", data


def merge_files(path: str, ours: bytes, theirs: bytes) -> bytes:
    """The join of both versions; `path` is relative to the top of the repository, with `/`."""
    return b"".join(merge_pieces(path, ours, theirs))


def merge_pieces(path: str, ours: Data, theirs: Data) -> list[Piece]:
    """The same join in pieces to be written one after the other."""
    kind = kind_of(path)
    if kind is FileKind.TRAINING:
        return [join_training_lines(ours[:], theirs[:])]
    if kind is FileKind.OUTCOMES:
        return [join_outcomes(ours[:], theirs[:])]
    if kind is FileKind.METRICS:
        return [join_month_files(ours[:], theirs[:])]
    return join_pieces(ours, theirs)


def canonical_file(path: str, data: bytes) -> bytes:
    """The one form of a file of records or outcomes."""
    return join_outcomes(data) if kind_of(path) is FileKind.OUTCOMES else canonical_set(data)


def join_training_lines(ours: bytes, theirs: bytes) -> bytes:
    """The union of the lines, sorted: training-ready lines carry no ids to join by."""
    return b"".join([line + b"\n" for line in sorted({*split_lines(ours), *split_lines(theirs)})])
