"""`git fedlearn add`: join records from a file or standard input into a record set."""

from collections import Counter
from datetime import date
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeAlias

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.words import count, kinds
from git_fedlearn.core.canonical import Json
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import FINE_TUNING, SetName
from git_fedlearn.core.record import NotARecordError
from git_fedlearn.errors import FedlearnError
from git_fedlearn.learn.intake import WAITS, Intake, find_hold, sample_key
from git_fedlearn.learn.lines import BrokenLine, SkimmedLines, SourceEvent, read_lines
from git_fedlearn.repository.inbox import DoubtfulSample, Inbox

JoinCounts: TypeAlias = dict[str, list[RecordId]]
"""Record ids by what became of the records: added, raised, updated, retracted."""


class ReadRecords(NamedTuple):
    """What was read: record lines, their ids, what was redacted, and number and reason of broken lines."""

    lines: set[bytes]
    ids: set[RecordId]
    redacted: Counter[str]
    faults: list[tuple[int, str]]
    held: Counter[str]
    """Samples that were kept back, by reason."""
    waiting: list[DoubtfulSample]
    """Those of them that a person has to decide on."""


class _Door(NamedTuple):
    """What records come in through; `decided` are decisions on samples, None where none are asked for."""

    intake: Intake
    decided: dict[str, str] | None
    today: date
    place: str


@click.command("add", short_help="Join records from a file into a record set.")
@click.argument("name", metavar="SET")
@click.argument("file", default="-", type=click.Path(allow_dash=True))
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
@click.pass_obj
def command(context: Context, name: str, file: str, *, as_json: bool) -> int:
    """Join records from FILE (one JSON object a line; `-` is standard input) into SET.

    SET is skills-patterns, error-solutions, best-practices, fine-tuning or collections/NAME. Secrets and
    personal data are redacted first. Lines that are no records are reported and not added; the rest is.
    """
    repository = context.data_repository
    sets = repository.sets
    sets.check_name(SetName(name))
    context.refuse_private_name(name)
    intake = Intake(context.privacy, repository.system(), repository.settings.record_bytes)
    decided = Inbox(repository).sample_decisions() if name == FINE_TUNING else None
    place = "standard input" if file == "-" else file
    given = _read_all(context, file, _Door(intake, decided, context.now().date(), place))
    with repository.lock("add"):
        joined = sets.join(SetName(name), given.lines)
        Inbox(repository).add_samples(given.waiting)
    for number, reason in given.faults:
        context.complain(f"error: {place}:{number}: {reason}; not added")
    updated = set(joined.changed).difference(joined.raised, joined.retracted)
    outcome = {
        "added": [i for i in joined.added if i in given.ids],
        "raised": [i for i in joined.raised if i in given.ids],
        "updated": [i for i in joined.changed if i in given.ids & updated],
        "retracted": [i for i in joined.retracted if i in given.ids],
    }
    known = len(given.ids) - sum(map(len, outcome.values()))
    if as_json:
        context.say_json("add/v1", _to_json(name, outcome, known, given))
    else:
        held = "".join(f"; {number} {reason}" for reason, number in sorted(given.held.items()))
        context.say(f"{name}: {_describe(outcome, known)}{kinds(given.redacted)}{held}")
        if given.waiting:
            context.note("hint: git fedlearn review")
    return 1 if given.faults else 0


def _describe(outcome: JoinCounts, known: int) -> str:
    news = f"{count(len(outcome['added']), 'record')} added, {len(outcome['raised'])} raised"
    rest = "".join(f", {len(outcome[what])} {what}" for what in ("updated", "retracted") if outcome[what])
    return f"{news}{rest}, {known} known already"


def _to_json(name: str, outcome: JoinCounts, known: int, given: ReadRecords) -> dict[str, Json]:
    return {
        "set": name,
        **{what: [*ids] for what, ids in outcome.items()},
        "known": known,
        "redacted": dict(given.redacted),
        "held": dict(given.held),
        "faults": [{"line": number, "reason": reason} for number, reason in given.faults],
    }


def _read_all(context: Context, file: str, door: _Door) -> ReadRecords:
    """Read before the lock is taken: standard input may be slow."""
    if file != "-":
        with _open(context.directory / file) as source:
            return _read(source, door)
    if context.stdin.isatty():
        context.note("reading records from standard input; Ctrl-D ends it")
    return _read(context.stdin, door)


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise FedlearnError(f"{path}: cannot be read: {error.strerror}") from error


def _read(source: BinaryIO, door: _Door) -> ReadRecords:
    given = ReadRecords(set(), set(), Counter(), [], Counter(), [])
    for line in read_lines(source):
        if isinstance(line, SkimmedLines):
            continue
        if not isinstance(line, SourceEvent):
            reason = line.reason if isinstance(line, BrokenLine) else "the file ends in the middle of it"
            given.faults.append((line.number, reason))
            continue
        if door.decided is not None:
            hold = find_hold(door.intake.engine, line.fields, door.decided)
            if hold:
                given.held[hold] += 1
                given.waiting.extend([_waiting(line, door)] if hold == WAITS else [])
                continue
        try:
            admitted = door.intake.admit(line.fields, door.today)
        except NotARecordError as error:
            given.faults.append((line.number, str(error)))
        else:
            given.lines.add(admitted.record.line)
            given.ids.add(admitted.record.id)
            given.redacted.update(admitted.redacted)
    return given


def _waiting(line: SourceEvent, door: _Door) -> DoubtfulSample:
    place = f"{door.place}:{line.number}"
    return DoubtfulSample(sample_key(line.fields), place, door.today.isoformat(), line.fields)
