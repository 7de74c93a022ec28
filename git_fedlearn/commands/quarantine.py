"""`git fedlearn quarantine`: what peers sent that did not pass."""

import re

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.wording import count
from git_fedlearn.core.canonical import Json
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import Record
from git_fedlearn.errors import UsageError
from git_fedlearn.federation.memory import write_introduced
from git_fedlearn.federation.peers import RemoteName, check_name
from git_fedlearn.federation.quarantine import Held, mended, read_held, remove_held, shown_line
from git_fedlearn.repository.repository import Repository

KEY_LENGTH = 8
"""Characters of a key that people are shown; any unambiguous start is accepted."""

PEER = click.option("--peer", metavar="PEER", help="Of this peer only.")


@click.group("quarantine", short_help="Look at what peers sent that did not pass.")
def command() -> None:
    """Records of peers that did not pass the check wait here until they are accepted or dropped.

    They are kept in this clone only. What is shown is redacted and escaped.
    """


@command.command("list", short_help="List what waits.")
@PEER
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
@click.pass_obj
def list_held(context: Context, *, peer: str | None, as_json: bool) -> None:
    """List what waits: key, peer, record set, day and reason."""
    found = _read(context, peer)
    if as_json:
        context.say_json("quarantine-list/v1", {"held": [_to_json(context, held) for held in found]})
        return
    for held in found:
        context.say(f"{held.key[:KEY_LENGTH]}  {held.peer}  {held.set}  {held.since}  {held.reason.value}")
    if found:
        context.note("hint: git fedlearn quarantine show KEY, then accept or drop")
    else:
        context.note("nothing is in quarantine")


@command.command("show", short_help="Look at records.")
@click.argument("keys", nargs=-1, required=True, metavar="KEY...")
@click.pass_obj
def show(context: Context, keys: tuple[str, ...]) -> None:
    """Show records, redacted and escaped, with the reason and what accepting would do."""
    for held in _select(_read(context, None), keys):
        context.say(f"key     {held.key}\npeer    {held.peer}\nset     {held.set}\nsince   {held.since}")
        context.say(f"reason  {held.reason.value}\nline    {shown_line(held, context.privacy)}")
        record = mended(held, context.privacy)
        context.say(
            f"accept  {f'as record {record.id}' if record else 'not possible: it can only be dropped'}"
        )


@command.command("accept", short_help="Join records after all.")
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@PEER
@click.pass_obj
def accept(context: Context, keys: tuple[str, ...], *, peer: str | None) -> int:
    """Join records into the work tree: those named, or with --peer all of a peer.

    Private data is redacted, a wrong id corrected and a false score left out. What is no record stays.
    """
    repository = context.data_repository
    with repository.lock("quarantine accept"):
        chosen = _choose(context, keys, peer)
        records = {held: mended(held, context.privacy) for held in chosen}
        taken = {held: record for held, record in records.items() if record}
        sets = repository.sets
        for name in sorted({held.set for held in taken}):
            joined = sets.join(name, [record.line for held, record in taken.items() if held.set == name])
            _credit(repository, [held for held in taken if held.set == name], taken, set(joined.added))
        remove_held(repository, taken)
    context.say(f"accepted {count(len(taken), 'record')}")
    for held in (held for held in chosen if held not in taken):
        context.complain(f"error: {held.key[:KEY_LENGTH]}: {held.reason.value}; it cannot be accepted")
    if taken:
        context.note("hint: git add data && git commit")
    return 0 if len(taken) == len(chosen) else 1


def _credit(
    repository: Repository, chosen: list[Held], taken: dict[Held, Record], added: set[RecordId]
) -> None:
    """Remember the peer through which a record came first: `remote remove --retract` takes it back."""
    for peer in {held.peer for held in chosen}:
        ids = {taken[held].id for held in chosen if held.peer == peer}
        write_introduced(repository, peer, ids & added)


@command.command("drop", short_help="Throw records away.")
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@PEER
@click.pass_obj
def drop(context: Context, keys: tuple[str, ...], *, peer: str | None) -> None:
    """Throw records away for good: the same lines are not put into quarantine again."""
    repository = context.repository
    with repository.lock("quarantine drop"):
        chosen = _choose(context, keys, peer)
        remove_held(repository, chosen)
    context.say(f"dropped {count(len(chosen), 'record')}")


def _read(context: Context, peer: str | None) -> list[Held]:
    return read_held(context.repository, check_name(peer) if peer else None)


def _choose(context: Context, keys: tuple[str, ...], peer: str | None) -> list[Held]:
    if not keys and not peer:
        raise UsageError("which records?", hint="name their keys, or --peer NAME for all of a peer")
    found = _read(context, peer)
    return _select(found, keys) if keys else found


def _select(found: list[Held], keys: tuple[str, ...]) -> list[Held]:
    chosen: dict[tuple[RemoteName, SetName, str], Held] = {}
    for key in keys:
        matching = (
            [held for held in found if held.key.startswith(key)] if re.fullmatch("[0-9a-f]+", key) else []
        )
        if len({held.key for held in matching}) != 1:
            what = f"{len(matching)} records begin so" if matching else "nothing in quarantine has this key"
            raise UsageError(f"{key}: {what}", hint="git fedlearn quarantine list")
        chosen.update({(held.peer, held.set, held.key): held for held in matching})
    return list(chosen.values())


def _to_json(context: Context, held: Held) -> dict[str, Json]:
    return {
        "key": held.key,
        "peer": held.peer,
        "set": held.set,
        "since": held.since,
        "reason": held.reason.value,
        "line": shown_line(held, context.privacy),
        "acceptable": mended(held, context.privacy) is not None,
    }
