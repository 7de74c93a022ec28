"""`git fedlearn add`: join records from a file or standard input into a record set."""

from collections import Counter
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeAlias

import click

from git_fedlearn.commands.context import Context
from git_fedlearn.commands.wording import count, kinds
from git_fedlearn.core.canonical import Json
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import NotARecordError
from git_fedlearn.errors import FedlearnError
from git_fedlearn.learn.intake import Intake
from git_fedlearn.learn.lines import BrokenLine, SkimmedLines, SourceEvent, parse_lines, read_lines
from git_fedlearn.repository.record_sets import RecordSets

Outcome: TypeAlias = dict[str, list[RecordId]]
"""Record ids by what became of the records: added, raised, retracted."""


class Given(NamedTuple):
    """What was read: record lines, their ids, what was redacted, and number and reason of broken lines."""

    lines: set[bytes]
    ids: set[RecordId]
    redacted: Counter[str]
    faults: list[tuple[int, str]]


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
    sets = RecordSets(repository.top, repository.settings.record_set_bytes)
    sets.check_name(SetName(name))
    intake = Intake(context.privacy, repository.system(), repository.settings.record_bytes)
    given = _read_all(context, file, intake)
    with repository.lock("add"):
        joined = sets.join(SetName(name), given.lines)
    for number, reason in given.faults:
        context.complain(f"error: {'standard input' if file == '-' else file}:{number}: {reason}; not added")
    retracted = set(joined.retracted)
    outcome = {
        "added": [i for i in joined.added if i in given.ids],
        "raised": [i for i in joined.changed if i in given.ids - retracted],
        "retracted": [i for i in joined.retracted if i in given.ids],
    }
    known = len(given.ids) - sum(map(len, outcome.values()))
    if as_json:
        context.say_json("add/v1", _to_json(name, outcome, known, given))
    else:
        context.say(f"{name}: {_describe(outcome, known)}{kinds(given.redacted)}")
    return 1 if given.faults else 0


def _describe(outcome: Outcome, known: int) -> str:
    news = f"{count(len(outcome['added']), 'record')} added, {len(outcome['raised'])} raised"
    buried = f", {len(outcome['retracted'])} retracted" if outcome["retracted"] else ""
    return f"{news}{buried}, {known} known already"


def _to_json(name: str, outcome: Outcome, known: int, given: Given) -> dict[str, Json]:
    return {
        "set": name,
        **{what: [*ids] for what, ids in outcome.items()},
        "known": known,
        "redacted": dict(given.redacted),
        "faults": [{"line": number, "reason": reason} for number, reason in given.faults],
    }


def _read_all(context: Context, file: str, intake: Intake) -> Given:
    """Read before the lock is taken: standard input may be slow."""
    if file != "-":
        with _open(context.directory / file) as source:
            return _read(source, intake, context)
    if context.stdin.isatty():
        context.note("reading records from standard input; Ctrl-D ends it")
    return _read(context.stdin, intake, context)


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise FedlearnError(f"{path}: cannot be read: {error.strerror}") from error


def _read(source: BinaryIO, intake: Intake, context: Context) -> Given:
    given = Given(set(), set(), Counter(), [])
    today = context.now().date()
    for line in parse_lines(read_lines(source)):
        if isinstance(line, SkimmedLines):
            continue
        if not isinstance(line, SourceEvent):
            reason = line.reason if isinstance(line, BrokenLine) else "the file ends in the middle of it"
            given.faults.append((line.number, reason))
            continue
        try:
            admitted = intake.admit(line.fields, today)
        except NotARecordError as error:
            given.faults.append((line.number, str(error)))
        else:
            given.lines.add(admitted.record.line)
            given.ids.add(admitted.record.id)
            given.redacted.update(admitted.redacted)
    return given
