"""`git fedlearn add`: join records from a file or standard input into a record set."""

from collections import Counter
from pathlib import Path
from typing import BinaryIO

import click
import jsonlines

from git_fedlearn.commands.context import Context
from git_fedlearn.commands.wording import count, kinds
from git_fedlearn.core.canonical import Json, JsonObject, parse_value
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import NotARecordError
from git_fedlearn.errors import FedlearnError
from git_fedlearn.learn.intake import Intake
from git_fedlearn.repository.record_sets import RecordSets


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
    with repository.lock("add"):
        source = context.stdin if file == "-" else _open(context.directory / file)
        lines, redacted, faults = _read(source, intake, context)
        joined = sets.join(SetName(name), lines)
    for number, reason in faults:
        context.note(f"error: {'standard input' if file == '-' else file}:{number}: {reason}; not added")
    known = len(set(lines)) - len(joined.added) - len(joined.changed)
    if as_json:
        context.say_json(
            "add/v1",
            {
                "set": name,
                "added": [*joined.added],
                "raised": [*joined.changed],
                "known": known,
                "redacted": dict(redacted),
                "faults": [{"line": number, "reason": reason} for number, reason in faults],
            },
        )
    else:
        news = (
            f"{count(len(joined.added), 'record')} added, {len(joined.changed)} raised, {known} known already"
        )
        context.say(f"{name}: {news}{kinds(redacted)}")
    return 1 if faults else 0


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise FedlearnError(f"{path}: cannot be read: {error.strerror}") from error


def _read(
    source: BinaryIO, intake: Intake, context: Context
) -> tuple[list[bytes], Counter[str], list[tuple[int, str]]]:
    """Record lines, what was redacted, and (line number, reason) of every line that is no record."""
    lines: list[bytes] = []
    redacted: Counter[str] = Counter()
    faults: list[tuple[int, str]] = []
    for number, raw in enumerate(source, 1):
        if not raw.strip():
            continue
        try:
            admitted = intake.admit(_parse(raw), context.now().date())
        except (NotARecordError, jsonlines.InvalidLineError) as error:
            faults.append((number, str(error).partition(" (line")[0]))
        else:
            lines.append(admitted.record.line)
            redacted += admitted.redacted
    return lines, redacted, faults


def _parse(raw: bytes) -> JsonObject:
    """One line as an object, by the strict parser of the record format."""
    value = jsonlines.Reader([raw.removeprefix(b"\xef\xbb\xbf")], loads=_loads).read(type=dict)
    return dict(value)


def _loads(line: str | bytes) -> Json:
    return parse_value(line if isinstance(line, bytes) else line.encode("utf-8"))
