"""The merge of two versions of a file under data/, by the kind of file that its path names.

Every merge is commutative, associative and idempotent; a replayed change is joined once or twice with the
same result. Files of no kind, and content that is not JSON lines,
are left to git.
"""

from git_fedlearn.core.canonical import parse_object
from git_fedlearn.core.fast_join import Data, Piece
from git_fedlearn.core.foreign_content import find_foreign_content
from git_fedlearn.core.layout import FileKind, kind_of
from git_fedlearn.core.outcomes import join_outcomes
from git_fedlearn.core.record_set import canonical_set, join_pieces, split_lines


class UnmergeableError(ValueError):
    """The file is not ours to merge; the message says what it is, if that is not clear from its path."""


def merge_files(path: str, ours: bytes, theirs: bytes, replayed: bytes = b"") -> bytes:
    """The join of both versions; `path` is relative to the top of the repository, with `/`.

    `replayed` is the base of a change that git applies elsewhere (rebase, cherry-pick, revert, am, stash):
    lines that theirs has unchanged since then are not part of the change, and are not joined. A merge has no
    such base. Raises UnmergeableError.
    """
    return b"".join(merge_pieces(path, ours, theirs, replayed))


def merge_pieces(path: str, ours: Data, theirs: Data, replayed: Data = b"") -> list[Piece]:
    """`merge_files` in pieces to be written in turn. Raises UnmergeableError."""
    kind = kind_of(path)
    if kind is FileKind.OTHER:
        raise UnmergeableError
    foreign = find_foreign_content(ours) or find_foreign_content(theirs)
    if foreign:
        raise UnmergeableError(foreign)
    if replayed[:1]:
        theirs = _change(kind, theirs[:], replayed[:])
    if kind in (FileKind.TRAINING, FileKind.MODELS):
        return [join_training_lines(ours[:], theirs[:])]
    if kind is FileKind.OUTCOMES:
        return [join_outcomes(ours[:], theirs[:])]
    if kind is FileKind.METRICS:
        return [join_month_files(ours[:], theirs[:])]
    return join_pieces(ours, theirs)


def _change(kind: FileKind, theirs: bytes, base: bytes) -> bytes:
    """What theirs has that its base lacks; the sides of a conflict inside count as its lines."""
    if kind is FileKind.METRICS:
        return b"" if theirs == base else theirs
    if find_foreign_content(base):
        return theirs
    old = set(split_lines(base))
    return b"".join([line + b"\n" for line in split_lines(theirs) if line not in old])


def canonical_file(path: str, data: bytes) -> bytes:
    """A file of records or outcomes in canonical form."""
    return join_outcomes(data) if kind_of(path) is FileKind.OUTCOMES else canonical_set(data)


def join_training_lines(ours: bytes, theirs: bytes) -> bytes:
    """The union of the lines, sorted: training-ready lines and models have no ids to join by."""
    return b"".join([line + b"\n" for line in sorted({*split_lines(ours), *split_lines(theirs)})])


def join_month_files(ours: bytes, theirs: bytes) -> bytes:
    """The version of a monthly file with the later `synced_at`; of equal ones, the larger bytes.

    Two branches of one system may both have written it. It is a snapshot, so the later one wins:
    docs/metrics.md, "Monthly file". A version that is not a JSON object loses.
    """
    return max(ours, theirs, key=_order)


def _order(data: bytes) -> tuple[bool, str, bytes]:
    fields = parse_object(data)
    when = fields.get("synced_at") if fields else None
    return fields is not None, when if isinstance(when, str) else "", data
