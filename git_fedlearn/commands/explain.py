"""`git fedlearn explain`: where a record came from."""

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.selection import select
from git_fedlearn.core.canonical import Json
from git_fedlearn.core.headline import printable
from git_fedlearn.core.record import FIRST_SEEN, RETRACTED, SEEN_BY
from git_fedlearn.federation.origins import Origin, explain_record


@click.command("explain", short_help="Say where a record came from.")
@click.argument("identifier", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
@click.pass_obj
def command(context: Context, identifier: str, *, as_json: bool) -> None:
    """Say which systems learned the record ID, when, through which peer and commit it came, and who has it.

    ID is the record's id or its first characters.
    """
    repository = context.data_repository
    found = select(repository.sets, identifier)
    origin = explain_record(repository, found[0][1], tuple(name for name, _ in found))
    if as_json:
        context.say_json("explain/v1", _to_json(origin))
    else:
        _say(context, origin, str(repository.system()))


def _say(context: Context, origin: Origin, own: str) -> None:
    record = origin.record
    context.say(f"{record.id}  {', '.join(origin.sets)}")
    seen = record.fields.get(SEEN_BY)
    systems = [f"{system} (this system)" if system == own else str(system) for system in _listed(seen)]
    if systems:
        context.say(f"  learned by    {', '.join(systems)}")
    if FIRST_SEEN in record.fields:
        context.say(f"  first seen    {record.fields[FIRST_SEEN]}")
    if record.is_tombstone:
        retracted = record.fields[RETRACTED]
        by = retracted.get("by") if isinstance(retracted, dict) else None
        reason = retracted.get("reason") if isinstance(retracted, dict) else None
        context.say(f"  retracted by  {ascii(by or 'unknown')[1:-1]}: {ascii(reason or 'no reason')[1:-1]}")
    if origin.introduced_by:
        context.say(f"  first through {origin.introduced_by}")
    if origin.held_by:
        context.say(f"  also held by  {', '.join(origin.held_by)}")
    for change in origin.changes:
        through = f"  through {', '.join(change.peers)}" if change.peers else ""
        context.say(
            f"  {change.what:<12}  {change.date}  {change.commit[:12]}  {printable(change.subject)}{through}"
        )
    if not origin.changes:
        context.say("  not committed yet")


def _to_json(origin: Origin) -> dict[str, Json]:
    return {
        "id": origin.record.id,
        "sets": [*origin.sets],
        "retracted": origin.record.is_tombstone,
        "learned_by": [*_listed(origin.record.fields.get(SEEN_BY))],
        "first_seen": origin.record.fields.get(FIRST_SEEN),
        "introduced_by": origin.introduced_by,
        "held_by": [*origin.held_by],
        "changes": [{**change._asdict(), "peers": [*change.peers]} for change in origin.changes],
    }


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
