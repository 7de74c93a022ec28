"""The format check of one data file: what `verify` reports line by line. Never quotes the lines."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from git_fedlearn.core.canonical import InvalidJsonError, parse_value
from git_fedlearn.core.foreign_content import find_foreign_content
from git_fedlearn.core.identity import is_metadata_key
from git_fedlearn.core.layout import MAX_LEVEL, ROOT, FileKind, find_set, kind_of, owner_of
from git_fedlearn.core.outcomes import NotAnOutcomeError, join_outcomes, parse_outcome
from git_fedlearn.core.record import RAW_EVENT, Record, claimed_id
from git_fedlearn.core.record_set import NumberedLine, canonical_set, is_canonical_line, parse_record_set


class Problem(NamedTuple):
    """A problem with a file; `line` is 0 if it concerns the whole file."""

    path: str
    line: int
    kind: str
    message: str
    fixable: bool
    """Whether `verify --fix` repairs it without losing anything."""

    @property
    def place(self) -> str:
        """`PATH:LINE`, as editors read it."""
        return f"{self.path}:{self.line}" if self.line else self.path


KINDS_OF_A_LINE = frozenset({"opaque", "id", "form", "shard", "record-size"})
"""Problems that a line has wherever it is."""


CONTENT = "content"
"""The kind of problem of a whole file that is never joined: a pointer, encrypted, binary, UTF-16."""


class SizeLimits(NamedTuple):
    """Sizes in bytes, and the system whose own files may be repaired here."""

    record: int
    record_set: int
    system: str = ""


def inspect_file(
    path: str, data: bytes, limits: SizeLimits, known: AbstractSet[bytes] = frozenset()
) -> Iterator[Problem]:
    """Every way in which a file departs from the format of its kind.

    Of lines that are `known` to be records, as a join trusts them, only the order is inspected.
    """
    content = find_foreign_content(data)
    if content and kind_of(path) is not FileKind.OTHER:
        yield Problem(path, 0, CONTENT, f"{content}, not JSON lines", fixable=False)
        return
    foreign = owner_of(path) not in (None, limits.system) and kind_of(path) is not FileKind.OUTCOMES
    for problem in _inspect(path, data, limits, known):
        yield problem._replace(fixable=False) if foreign else problem


def _inspect(path: str, data: bytes, limits: SizeLimits, known: AbstractSet[bytes]) -> Iterator[Problem]:
    kind = kind_of(path)
    if kind in (FileKind.RECORD_SET, FileKind.SNAPSHOT):
        yield from _inspect_records(path, data, limits, known)
    elif kind is FileKind.TRAINING:
        yield from _inspect_lines(path, data, "a training sample")
    elif kind is FileKind.MODELS:
        yield from _inspect_lines(path, data, "a model")
    elif kind is FileKind.METRICS:
        yield from _inspect_object(path, 0, data, "metrics")
    elif kind is FileKind.OUTCOMES:
        yield from _inspect_outcomes(path, data)


def _inspect_records(
    path: str, data: bytes, limits: SizeLimits, known: AbstractSet[bytes]
) -> Iterator[Problem]:
    found = find_set(path)
    shard = found[1] if found else ROOT
    order = _Order()
    for line in parse_record_set(data, known):
        if line.record or line.reason:
            yield from _inspect_line(path, line, limits, shard)
        order.take(line)
    yield from order.judge(path, data)
    if found and len(data) > limits.record_set:
        more = len(shard) < MAX_LEVEL
        message = f"larger than {limits.record_set} bytes"
        yield Problem(path, 0, "size", message + ("" if more else ", and cannot be sharded further"), more)


class _Order:
    """Watches whether lines come in canonical order: records, then opaque lines, each ascending."""

    def __init__(self) -> None:
        self.previous: tuple[bool, bytes, bytes] = (False, b"", b"")
        self.number = 0
        self.disorder = 0
        """The first line out of order; 0 if there is none."""
        self.repeated = 0
        """The first line with same id as the line before it: a duplicate, or a hash collision."""

    def take(self, line: NumberedLine) -> None:
        self.number = line.number
        start = b"" if line.reason else line.line[:41]
        key = (bool(line.reason), start, line.line)
        if key <= self.previous:
            self.disorder = self.disorder or line.number
        elif start and start == self.previous[1]:
            self.repeated = self.repeated or line.number
        self.previous = key

    def judge(self, path: str, data: bytes) -> Iterator[Problem]:
        if self.disorder:
            yield Problem(path, self.disorder, "order", "out of order", fixable=True)
        elif self.repeated and canonical_set(data) != data:
            yield Problem(path, self.repeated, "duplicate", "same id as the line before", fixable=True)
        elif data and not data.endswith(b"\n"):
            yield Problem(path, self.number, "end", "no line feed at the end of the file", fixable=True)


def _inspect_line(path: str, line: NumberedLine, limits: SizeLimits, shard: str) -> Iterator[Problem]:
    record = line.record
    if record is None:
        # Whole events in the root file of a set are adopted (docs/howto/migrate.md).
        is_adopted = line.reason == RAW_EVENT and (find_set(path) or ("", None))[1] == ROOT
        fixable = is_adopted or _is_marker(line.line)
        yield Problem(path, line.number, "opaque", line.reason, fixable=fixable)
        return
    form = _form_problem(line.line, record)
    if form:
        yield Problem(path, line.number, *form, fixable=True)
    elif not record.id.startswith(shard):
        message = f"a record that belongs in {record.id[: len(shard)]}.jsonl"
        yield Problem(path, line.number, "shard", message, fixable=True)
    if len(record.line) > limits.record:
        message = f"a record larger than {limits.record} bytes"
        yield Problem(path, line.number, "record-size", message, fixable=False)


def _form_problem(line: bytes, record: Record) -> tuple[str, str] | None:
    if claimed_id(line) not in (None, record.id):
        return "id", f"wrong id: the content belongs to {record.id}"
    if is_canonical_line(line, record):
        return None
    return "form", "CR at the end of a record" if line.endswith(b"\r") else "a record not in canonical form"


def _is_marker(line: bytes) -> bool:
    return line[:7] in (b"<<<<<<<", b"=======", b">>>>>>>", b"|||||||")


def _inspect_lines(path: str, data: bytes, what: str) -> Iterator[Problem]:
    for number, line in enumerate(data.removesuffix(b"\n").split(b"\n") if data else (), 1):
        yield from _inspect_object(path, number, line, what)


def _inspect_outcomes(path: str, data: bytes) -> Iterator[Problem]:
    is_sound = True
    for number, line in enumerate(data.removesuffix(b"\n").split(b"\n") if data else (), 1):
        try:
            is_canonical = parse_outcome(line).line == line
        except NotAnOutcomeError as error:
            reason = "a blank line" if not line.strip() else str(error)
            yield Problem(path, number, "opaque", reason, fixable=_is_marker(line))
            is_sound = False
            continue
        if not is_canonical:
            yield Problem(path, number, "form", "an outcome not in canonical form", fixable=True)
            is_sound = False
    if is_sound and join_outcomes(data) != data:
        yield Problem(path, 0, "order", "outcomes out of order, or two for one record", fixable=True)


def _inspect_object(path: str, number: int, data: bytes, what: str) -> Iterator[Problem]:
    try:
        value = parse_value(data)
    except InvalidJsonError as error:
        yield Problem(path, number, "opaque", str(error), fixable=False)
        return
    if not isinstance(value, dict):
        yield Problem(path, number, "opaque", f"{what} that is not an object", fixable=False)
    elif any(map(is_metadata_key, value)):
        yield Problem(path, number, "form", f"{what} with keys of the record format", fixable=False)
