"""`git fedlearn outcome`: record whether lessons worked here."""

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import SHORT_ID, evidence, redactions
from git_fedlearn.core.effective_score import effective_score, tally
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import Record
from git_fedlearn.errors import FedlearnError, UsageError
from git_fedlearn.privacy.record_fields import clean_note
from git_fedlearn.repository.lookup import select
from git_fedlearn.repository.outcomes import UseResult, count_outcomes, read_outcomes
from git_fedlearn.repository.record_sets import RecordSets
from git_fedlearn.repository.trust import read_trust


@click.command("outcome", short_help="Record that lessons worked or failed here.")
@click.argument("identifiers", metavar="ID...", nargs=-1, required=True)
@click.option("--worked", is_flag=True, help="They worked.")
@click.option("--failed", is_flag=True, help="They failed.")
@click.option("--note", default="", metavar="TEXT", help="Why, in one line; everybody can read it.")
@ANSWER_AS_JSON
@click.pass_obj
def command(context: Context, identifiers: tuple[str, ...], note: str, *, worked: bool, failed: bool) -> None:
    """Record that the lessons ID worked or failed when this system used them.

    Outcomes are shared with data/. They raise or lower the score by which every system ranks a lesson. The
    author's score in the record does not change.
    """
    if worked == failed:
        raise UsageError(
            "say whether it worked: --worked or --failed",
            hint=f"git fedlearn outcome {identifiers[0]} --worked",
        )
    repository = context.data_repository
    clean, redacted = clean_note(context.privacy, note)
    if redacted:
        context.note(f"note: {redactions(redacted)} in the note")
    sets = repository.sets
    with repository.lock("outcome"):
        found = _living(sets, identifiers)
        before, trust_before = read_outcomes(repository, found), read_trust(repository, found)
        counted = count_outcomes(repository, [*found], UseResult(worked, clean), context.now().date())
        after, trust_after = read_outcomes(repository, found), read_trust(repository, found)
    rows = []
    for name, record in found.values():
        score_before = effective_score(record, trust_before, before.get(record.id))
        score = effective_score(record, trust_after, after[record.id])
        outcomes = tally(after[record.id].values())
        change = f"score {score_before:.2f} → {score:.2f}"
        context.say(f"{record.id[:SHORT_ID]}  {name}  {evidence(outcomes)}, {change}")
        rows.append(
            {
                "id": record.id,
                "set": name,
                "outcomes": outcomes._asdict(),
                "effective_score_before": round(score_before, 4),
                "effective_score": round(score, 4),
            }
        )
    context.answer("outcome/v1", {"worked": worked, "note": clean, "lessons": rows})
    if not context.is_json:
        context.note(f"hint: git add {repository.relative(counted.path)} && git commit")


def _living(sets: RecordSets, identifiers: tuple[str, ...]) -> dict[RecordId, tuple[SetName, Record]]:
    """The lessons with these ids, each once. Raises FedlearnError for one that is retracted."""
    found: dict[RecordId, tuple[SetName, Record]] = {}
    for start in identifiers:
        name, record = select(sets, start)[0]
        if record.is_tombstone:
            raise FedlearnError(
                f"{start}: is retracted; outcomes are only recorded for lessons",
                hint=f"git fedlearn show {start}",
            )
        found[record.id] = name, record
    return found
