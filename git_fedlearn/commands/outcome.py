"""`git fedlearn outcome`: say whether a lesson worked here."""

from typing import NamedTuple

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.words import SHORT_ID, evidence, kinds
from git_fedlearn.core.canonical import Json
from git_fedlearn.core.effective_score import SystemWeights, effective_score, tally
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.outcomes import Outcome
from git_fedlearn.core.record import Record
from git_fedlearn.errors import FedlearnError, UsageError
from git_fedlearn.privacy.record_fields import clean_note
from git_fedlearn.repository.lookup import select
from git_fedlearn.repository.outcomes import UseResult, count_outcomes, read_outcomes, read_trust
from git_fedlearn.repository.record_sets import RecordSets


class RatedLesson(NamedTuple):
    """A lesson that was named, and the outcomes of all systems before and after the count."""

    set_name: SetName
    record: Record
    before: dict[str, Outcome]
    after: dict[str, Outcome]


@click.command("outcome", short_help="Say whether lessons worked here.")
@click.argument("identifiers", metavar="ID...", nargs=-1, required=True)
@click.option("--worked/--failed", "worked", default=None, help="What became of it; one of them is needed.")
@click.option("--note", default="", metavar="TEXT", help="Why, in a line; it travels with the count.")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
@click.pass_obj
def command(
    context: Context, identifiers: tuple[str, ...], note: str, *, worked: bool | None, as_json: bool
) -> None:
    """Count that the lessons ID worked, or failed, when this system used them.

    The count travels with data/ and raises or lowers the score by which every system ranks the lesson. The
    score in the record, which is a claim and can only rise, stays as it is.
    """
    if worked is None:
        raise UsageError("did it work?", hint=f"git fedlearn outcome {identifiers[0]} --worked, or --failed")
    repository = context.data_repository
    clean, redacted = clean_note(context.privacy, note)
    if redacted:
        context.note(f"note: the note is kept without private data{kinds(redacted)}")
    sets = repository.sets
    with repository.lock("outcome"):
        found = _living(sets, identifiers)
        before = read_outcomes(repository.top, found)
        counted = count_outcomes(repository, [*found], UseResult(worked, clean), context.now().date())
        after = read_outcomes(repository.top, found)
    lessons = [
        RatedLesson(name, record, before.get(record.id, {}), after[record.id])
        for name, record in found.values()
    ]
    trust = read_trust(repository)
    if as_json:
        rows: list[Json] = [_to_json(lesson, trust) for lesson in lessons]
        context.say_json("outcome/v1", {"worked": worked, "note": clean, "lessons": rows})
        return
    for lesson in lessons:
        context.say(_describe(lesson, trust))
    context.note(f"hint: git add {repository.relative(counted.path)} && git commit")


def _living(sets: RecordSets, identifiers: tuple[str, ...]) -> dict[RecordId, tuple[SetName, Record]]:
    """The lessons that were named, each once. Raises FedlearnError for one that was retracted."""
    found: dict[RecordId, tuple[SetName, Record]] = {}
    for start in identifiers:
        name, record = select(sets, start)[0]
        if record.is_tombstone:
            raise FedlearnError(
                f"{start}: was retracted, so its outcomes do not count", hint=f"git fedlearn show {start}"
            )
        found[record.id] = name, record
    return found


def _scores(lesson: RatedLesson, trust: SystemWeights) -> tuple[float, float]:
    fields = lesson.record.fields
    return effective_score(fields, trust, lesson.before), effective_score(fields, trust, lesson.after)


def _describe(lesson: RatedLesson, trust: SystemWeights) -> str:
    before, after = _scores(lesson, trust)
    said = evidence(tally(lesson.after.values()))
    return f"{lesson.record.id[:SHORT_ID]}  {lesson.set_name}  {said}, score {before:.2f} → {after:.2f}"


def _to_json(lesson: RatedLesson, trust: SystemWeights) -> dict[str, Json]:
    before, after = _scores(lesson, trust)
    return {
        "id": lesson.record.id,
        "set": lesson.set_name,
        "outcomes": dict(tally(lesson.after.values())._asdict()),
        "effective_score_before": round(before, 4),
        "effective_score": round(after, 4),
    }
