"""`git fedlearn proposals`: retractions that an agent proposed."""

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.wording import SHORT_ID, count
from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import Record
from git_fedlearn.errors import UsageError
from git_fedlearn.repository.proposals import Proposal, read_proposals, remove_proposals
from git_fedlearn.repository.retraction import retract_records

IDS = click.argument("identifiers", nargs=-1, required=True, metavar="ID…")


@click.group("proposals", short_help="Decide on retractions that agents proposed.")
def command() -> None:
    """Agents (`git fedlearn mcp`) cannot retract; what they propose waits here until you decide.

    Proposals are kept in this clone only.
    """


@command.command("list", short_help="List what was proposed.")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
@click.pass_obj
def list_proposals(context: Context, *, as_json: bool) -> None:
    """List the records that agents would retract, with day and reason."""
    found = read_proposals(context.repository)
    if as_json:
        rows: list[Json] = [{"id": one.id, "at": one.at, "reason": one.reason} for one in found]
        context.say_json("proposals-list/v1", {"proposals": rows})
        return
    for one in found:
        context.say(f"{one.id[:SHORT_ID]}  {one.at[:10]}  {ascii(one.reason)[1:-1]}")
    if found:
        context.note("hint: git fedlearn show ID, then git fedlearn proposals accept ID, or drop ID")
    else:
        context.note("nothing is proposed")


@command.command("accept", short_help="Retract the records.")
@IDS
@click.pass_obj
def accept(context: Context, identifiers: tuple[str, ...]) -> None:
    """Retract the records, for every system, with the reasons that were given."""
    repository = context.data_repository
    sets = repository.sets
    with repository.lock("proposals accept"):
        chosen = _select(read_proposals(repository), identifiers)
        for proposal in chosen:
            living = [found for found in sets.find(proposal.id) if not found[1].is_tombstone]
            retract_records(repository, living, _tombstone_facts(context, proposal))
            _say(context, proposal, living)
        remove_proposals(repository, {proposal.id for proposal in chosen})
    context.note("hint: git add data && git commit    (git fedlearn restore ID brings a record back)")


@command.command("drop", short_help="Leave the records as they are.")
@IDS
@click.pass_obj
def drop(context: Context, identifiers: tuple[str, ...]) -> None:
    """Forget the proposals; the records stay."""
    repository = context.repository
    with repository.lock("proposals drop"):
        chosen = _select(read_proposals(repository), identifiers)
        remove_proposals(repository, {proposal.id for proposal in chosen})
    context.say(f"dropped {count(len(chosen), 'proposal')}")


def _say(context: Context, proposal: Proposal, living: list[tuple[SetName, Record]]) -> None:
    for name, _ in living:
        context.say(f"retracted {proposal.id[:SHORT_ID]} from {name}")
    if not living:
        context.note(f"{proposal.id[:SHORT_ID]} is gone or retracted already")


def _tombstone_facts(context: Context, proposal: Proposal) -> JsonObject:
    return {
        "at": context.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "by": context.repository.system(),
        "reason": proposal.reason,
    }


def _select(found: list[Proposal], identifiers: tuple[str, ...]) -> list[Proposal]:
    chosen: dict[str, Proposal] = {}
    for start in identifiers:
        matching = [one for one in found if one.id.startswith(start.lower())]
        if len(matching) != 1:
            what = f"{len(matching)} proposals begin so" if matching else "no proposal has this id"
            raise UsageError(f"{start}: {what}", hint="git fedlearn proposals list")
        chosen[matching[0].id] = matching[0]
    return list(chosen.values())
