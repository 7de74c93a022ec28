"""`git fedlearn add`: add records from a file or standard input to a record set."""

from collections import Counter
from datetime import date
from functools import partial
from io import BufferedReader
from itertools import chain, islice
from os import fstat
from pathlib import Path
from shlex import quote
from typing import BinaryIO, Final, NamedTuple, TypeAlias

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.repeats import print_repeats, repeats_to_json
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import (
    kinds,
    note_memory,
    note_size,
    say_faults,
    say_folds,
    updates,
    what_is_new,
)
from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.folding import find_folds
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import FINE_TUNING, SetName
from git_fedlearn.core.record import NotARecordError
from git_fedlearn.core.supersession import superseding
from git_fedlearn.errors import FedlearnError
from git_fedlearn.learn.documents import HEAD_BYTES
from git_fedlearn.learn.intake import WAITS, Intake, find_hold, sample_key
from git_fedlearn.learn.lines import MAX_LINE, parse_line
from git_fedlearn.learn.repeats import find_repeats
from git_fedlearn.learn.sources import UTF16
from git_fedlearn.repository.inbox import DoubtfulSample, Inbox
from git_fedlearn.repository.ledger import Ledger
from git_fedlearn.repository.supersession import find_superseded

JoinCounts: TypeAlias = dict[str, list[RecordId]]
"""Record ids by what became of the records: added, raised, updated, retracted."""


class ReadRecords(NamedTuple):
    """Record lines, their ids, what was redacted in them, and number and reason of each invalid line."""

    lines: list[bytes]
    ids: set[RecordId]
    redacted: Counter[str]
    faults: list[tuple[int, str]]
    skipped: Counter[str]
    """Skipped samples, by reason."""
    waiting: list[DoubtfulSample]
    """Those of them that a person must decide on."""


MEMORY_SHARE: Final = 3
"""The memory that it takes to add a file, as a multiple of its bytes."""

_BATCH_LINES: Final = 250
_MIN_SHARED_LINES: Final = 2000
"""Fewer lines take less time than other processes to start."""


class _Reader(NamedTuple):
    """How to read records; `decided` are decisions on samples, None for sets that need no decisions."""

    intake: Intake
    decided: dict[str, str] | None
    today: date
    place: str
    older: list[RecordId]
    """The lessons that each of the records replaces."""


@click.command("add", short_help="Add records from a file.")
@click.argument("name", metavar="SET")
@click.argument("file", default="-", type=click.Path(allow_dash=True))
@click.option(
    "--supersedes", metavar="ID", multiple=True, help="A lesson that the records replace; may be repeated."
)
@ANSWER_AS_JSON
@click.pass_obj
def command(context: Context, name: str, file: str, supersedes: tuple[str, ...]) -> int:
    """Add records from FILE (one JSON object per line; default: standard input) to SET.

    SET is skills-patterns, error-solutions, best-practices, fine-tuning or collections/NAME. Secrets and
    personal data are redacted first. Invalid lines are reported and skipped.

    A superseded lesson stays, but ranks below the new one in searches, which name the new one.
    """
    repository = context.data_repository
    sets = repository.sets
    sets.check_name(SetName(name))
    context.refuse_private_name(name)
    intake = Intake(context.privacy, repository.system(), repository.settings.record_bytes)
    decided = Inbox(repository).decisions(DoubtfulSample) if name == FINE_TUNING else None
    place = "standard input" if file == "-" else file
    older = find_superseded(repository, supersedes)
    read = _read_all(context, file, _Reader(intake, decided, context.now().date(), place, older))
    with repository.lock("add"):
        Ledger(repository).add(read.lines)
        joined = sets.join(SetName(name), (), made=read.lines)
        Inbox(repository).add(read.waiting)
    say_faults(context, [(f"{place}:{number}", reason) for number, reason in read.faults], "skipped")
    updated = set(joined.changed).difference(joined.raised, joined.retracted)
    outcome = {
        "added": [i for i in joined.added if i in read.ids],
        "raised": [i for i in joined.raised if i in read.ids],
        "updated": [i for i in joined.changed if i in read.ids & updated],
        "retracted": [i for i in joined.retracted if i in read.ids],
    }
    repeats = find_repeats(repository, SetName(name), outcome["added"])
    known = len(read.ids) - sum(map(len, outcome.values()))
    folds = find_folds(read.lines)
    if context.is_json:
        more = {"folds": folds.to_json(), "near_duplicates": repeats_to_json(repeats)}
        context.say_json("add/v1", _to_json(name, outcome, known, read) | more)
    else:
        skipped = "".join(f"; skipped {number}: {reason}" for reason, number in sorted(read.skipped.items()))
        context.say(f"{name}: {_describe(outcome, known)}{kinds(read.redacted)}{skipped}")
        say_folds(context, folds)
        if read.waiting:
            context.note("hint: git fedlearn review")
        print_repeats(context, SetName(name), repeats)
    note_size(context, sets, SetName(name))
    return 1 if read.faults else 0


def _describe(outcome: JoinCounts, known: int) -> str:
    raised, updated = len(outcome["raised"]), len(outcome["updated"])
    news = {"added": len(outcome["added"]), **updates(raised, raised + updated)}
    return what_is_new({**news, "retracted": len(outcome["retracted"])}, known, "record")


def _to_json(name: str, outcome: JoinCounts, known: int, read: ReadRecords) -> dict[str, object]:
    return {
        "set": name,
        **{what: [*ids] for what, ids in outcome.items()},
        "known": known,
        "redacted": dict(read.redacted),
        "held": dict(read.skipped),
        "faults": [{"line": number, "reason": reason} for number, reason in read.faults],
    }


def _read_all(context: Context, file: str, reader: _Reader) -> ReadRecords:
    """Read before the lock is taken: standard input may be slow."""
    if file != "-":
        with _open(context.named_path(file), file) as source:
            note_memory(context, MEMORY_SHARE * fstat(source.fileno()).st_size)
            return _read(source, reader)
    if context.stdin.isatty():
        context.note("reading records from standard input, end with Ctrl-D")
    return _read(context.stdin, reader)


def _open(path: Path, named: str) -> BufferedReader:
    """Open a file of JSON lines. Raises FedlearnError if it cannot be read, or is something else."""
    try:
        file = path.open("rb")
        head = file.peek(HEAD_BYTES)[:HEAD_BYTES]
    except OSError as error:
        raise FedlearnError(f"{named}: cannot be read: {error.strerror}") from error
    if UTF16.match(head):
        what, convert = "is UTF-16, not UTF-8", "iconv -f UTF-16 -t UTF-8"
    elif head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
        what, convert = "a JSON array, not one object per line", "jq -c '.[]'"
    else:
        return file
    file.close()
    raise FedlearnError(f"{named}: {what}", hint=f"{convert} {quote(named)} > new.jsonl")


def _read(source: BinaryIO, reader: _Reader) -> ReadRecords:
    """The records of all lines, in their order; many are read by all cores, some at a time."""
    lines = ((number, data) for number, data in enumerate(source, 1) if data.strip())
    first = [*islice(lines, _MIN_SHARED_LINES)]
    if len(first) < _MIN_SHARED_LINES:
        return _read_batch(reader, (0, first))[1]
    from git_fedlearn.repository.workers import cores, spread  # noqa: PLC0415  most files are short

    rest = chain(first, lines)
    batches = enumerate(iter(lambda: [*islice(rest, _BATCH_LINES)], []))
    parts = dict(spread(partial(_read_batch, reader), batches, cores()))
    read = ReadRecords([], set(), Counter(), [], Counter(), [])
    for number in range(len(parts)):
        part = parts.pop(number)
        read.lines.extend(part.lines)
        read.ids.update(part.ids)
        read.redacted.update(part.redacted)
        read.faults.extend(part.faults)
        read.skipped.update(part.skipped)
        read.waiting.extend(part.waiting)
    return read


def _read_batch(reader: _Reader, batch: tuple[int, list[tuple[int, bytes]]]) -> tuple[int, ReadRecords]:
    """The records of some numbered lines, with the number of the batch."""
    at, lines = batch
    read = ReadRecords([], set(), Counter(), [], Counter(), [])
    for number, data in lines:
        _read_line(read, reader, number, data)
    return at, read


def _read_line(read: ReadRecords, reader: _Reader, number: int, data: bytes) -> None:
    if len(data) > MAX_LINE:
        read.faults.append((number, "line too long"))
        return
    fields, reason = parse_line(data.rstrip(b"\r\n"))
    if fields is None:
        read.faults.append((number, reason if data.endswith(b"\n") else "incomplete last line"))
        return
    if reader.decided is not None:
        hold = find_hold(reader.intake.engine, fields, reader.decided)
        if hold:
            read.skipped[hold] += 1
            read.waiting.extend([_waiting(fields, number, reader)] if hold == WAITS else [])
            return
    try:
        admitted = reader.intake.admit(superseding(fields, reader.older), reader.today)
    except NotARecordError as error:
        read.faults.append((number, str(error)))
    else:
        read.lines.append(admitted.record.line)
        read.ids.add(admitted.record.id)
        read.redacted.update(admitted.redacted)


def _waiting(fields: JsonObject, number: int, reader: _Reader) -> DoubtfulSample:
    place = f"{reader.place}:{number}"
    return DoubtfulSample(sample_key(fields), place, reader.today.isoformat(), fields)
