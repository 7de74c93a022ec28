"""The format check of one data file: what `verify` reports line by line. Never quotes what a line holds."""

from collections.abc import Iterator
from typing import NamedTuple

from git_fedlearn.core.canonical import InvalidJsonError, parse_value
from git_fedlearn.core.identity import is_ours
from git_fedlearn.core.layout import FileKind, find_set, kind_of
from git_fedlearn.core.record import claimed_id
from git_fedlearn.core.record_set import NumberedLine, canonical_set, is_canonical_line, parse_record_set
from git_fedlearn.core.shards import MAX_LEVEL


class Problem(NamedTuple):
    """Something wrong with a file: `line` is 0 where it concerns the whole file."""

    path: str
    line: int
    kind: str
    message: str
    fixable: bool
    """Whether `verify --fix` mends it without losing anything."""


class Limits(NamedTuple):
    """Sizes in bytes."""

    record: int
    record_set: int


def inspect_file(path: str, data: bytes, limits: Limits) -> Iterator[Problem]:
    """Every departure of a file from the format of its kind."""
    kind = kind_of(path)
    if kind in (FileKind.RECORD_SET, FileKind.SNAPSHOT):
        yield from _inspect_records(path, data, limits)
    elif kind is FileKind.TRAINING:
        yield from _inspect_training(path, data)
    elif kind is FileKind.METRICS:
        yield from _inspect_object(path, 0, data, "metrics")


def _inspect_records(path: str, data: bytes, limits: Limits) -> Iterator[Problem]:
    problems = [problem for line in parse_record_set(data) for problem in _inspect_line(path, line, limits)]
    yield from problems
    if not any(problem.fixable for problem in problems) and canonical_set(data) != data:
        yield Problem(path, 0, "order", "lines are not in canonical order, or two have one id", fixable=True)
    found = find_set(path)
    if found and len(data) > limits.record_set:
        more = len(found[1]) < MAX_LEVEL
        message = f"larger than {limits.record_set} bytes" + (
            "" if more else ", and cannot be sharded further"
        )
        yield Problem(path, 0, "size", message, fixable=more)


def _inspect_line(path: str, line: NumberedLine, limits: Limits) -> Iterator[Problem]:
    record = line.record
    if record is None:
        yield Problem(path, line.number, "opaque", line.reason, fixable=_is_marker(line.line))
    elif claimed_id(line.line) not in (None, record.id):
        yield Problem(path, line.number, "id", f"wrong id: the content is that of {record.id}", fixable=True)
    elif not is_canonical_line(line.line, record):
        yield Problem(path, line.number, "form", "a record that is not in canonical form", fixable=True)
    if record and len(record.line) > limits.record:
        yield Problem(path, line.number, "size", f"a record larger than {limits.record} bytes", fixable=False)


def _is_marker(line: bytes) -> bool:
    return line[:7] in (b"<<<<<<<", b"=======", b">>>>>>>", b"|||||||")


def _inspect_training(path: str, data: bytes) -> Iterator[Problem]:
    for number, line in enumerate(data.removesuffix(b"\n").split(b"\n") if data else (), 1):
        yield from _inspect_object(path, number, line, "a training sample")


def _inspect_object(path: str, number: int, data: bytes, what: str) -> Iterator[Problem]:
    try:
        value = parse_value(data)
    except InvalidJsonError as error:
        yield Problem(path, number, "opaque", str(error), fixable=False)
        return
    if not isinstance(value, dict):
        yield Problem(path, number, "opaque", f"{what} that is not an object", fixable=False)
    elif any(map(is_ours, value)):
        yield Problem(path, number, "form", f"{what} with keys of the record format", fixable=False)
