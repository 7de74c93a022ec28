"""Shell completion: the metavar of a parameter decides what it completes to.

So ID means the same in the help and on <TAB>, in every command. Completion never prints an error: outside a
repository there is simply nothing to complete.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Final, TypeAlias

import click
from click.shell_completion import CompletionItem, get_completion_class

from git_fedlearn.console.context import Context
from git_fedlearn.console.words import SHORT_ID
from git_fedlearn.core.record import headline
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.record_sets import find_record

VARIABLE: Final = "_GIT_FEDLEARN_COMPLETE"
"""The environment variable by which the scripts in git_fedlearn/completions request an answer."""

MAX_COMPLETED_IDS: Final = 200
MAX_COMPLETION_WIDTH: Final = 60
"""Characters of a lesson shown next to its id."""

Completion: TypeAlias = "CompletionItem[str]"
Finder = Callable[[click.Context, str], Iterator[Completion]]


class Completing(click.types.StringParamType):
    """Any string, with a finder of its completions."""

    def __init__(self, find: Finder) -> None:
        self.find = find

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Completion]:
        """Completions with this prefix that are not on the command line yet."""
        given = ctx.params.get(param.name or "") or ()
        with suppress(FedlearnError, OSError):
            return [
                item
                for item in self.find(ctx, incomplete)
                if item.type != "plain" or (item.value.startswith(incomplete) and item.value not in given)
            ]
        return []


def answer(cli: click.Group, instruction: str, context: Context) -> int:
    """Print the answer to a completion script; returns the exit code."""
    shell, _, what = instruction.partition("_")
    maker = get_completion_class(shell)
    if maker is None or what != "complete":
        return 1
    try:
        context.say(maker(cli, {"obj": context}, "git-fedlearn", VARIABLE).complete())
    except (LookupError, ValueError):  # variables of the script are missing or invalid
        return 1
    return 0


def add_completion(command: click.Command) -> click.Command:
    """Add completion to the parameters of a command and its subcommands, in place; returns the command."""
    for parameter in command.params:
        words = re.findall(r"[A-Z]+", parameter.metavar or (parameter.name or "").upper())
        found = [_FINDERS[word] for word in words if word in _FINDERS]
        if found and parameter.type is click.STRING:
            parameter.type = Completing(found[0])
    if isinstance(command, click.Group):
        for below in command.commands.values():
            add_completion(below)
    return command


def _context(ctx: click.Context) -> Context:
    """The context of the command line, in the folder that its -C names."""
    context = ctx.find_root().ensure_object(Context)
    directories = ctx.find_root().params.get("directories") or ()
    return context.moved(context.directory.joinpath(*directories))


def _record_ids(ctx: click.Context, start: str) -> Iterator[Completion]:
    wanted = {"retract": False, "restore": True}.get(ctx.info_name or "")
    lines = _context(ctx).data_repository.sets.beginning(start.lower())
    if wanted is not None:
        lines = (found for found in lines if _is_tombstone(found[1]) is wanted)
    for name, line in islice(lines, MAX_COMPLETED_IDS):
        identifier, record = line[8:40].decode("ascii"), find_record(line)
        title = headline(record.fields, MAX_COMPLETION_WIDTH) if record else "not a record"
        yield CompletionItem(
            identifier if len(start) >= SHORT_ID else identifier[:SHORT_ID], help=f"{name}: {title}"
        )


def _is_tombstone(line: bytes) -> bool:
    record = find_record(line) if b'"_retracted":' in line else None
    return record is not None and record.is_tombstone


def _set_names(ctx: click.Context, _start: str) -> Iterator[Completion]:
    return map(CompletionItem, _context(ctx).data_repository.sets.names())


def _peers(ctx: click.Context, _start: str) -> Iterator[Completion]:
    from git_fedlearn.federation.peers import read_peers  # noqa: PLC0415  costs start-up time

    for peer in read_peers(_context(ctx).repository):
        yield CompletionItem(str(peer.name), help=peer.shown_url)


def _pending_keys(ctx: click.Context, _start: str) -> Iterator[Completion]:
    from git_fedlearn.repository import inbox as kinds  # noqa: PLC0415

    inbox = kinds.Inbox(_context(ctx).repository)
    for record in inbox.pending(kinds.QuarantinedRecord):
        yield CompletionItem(record.key[:SHORT_ID], help=f"{record.peer}: {record.reason}")
    for sample in inbox.pending(kinds.DoubtfulSample):
        yield CompletionItem(sample.key[:SHORT_ID], help=f"sample of {sample.since}")
    for proposed in inbox.pending(kinds.ProposedRetraction):
        yield CompletionItem(proposed.id[:SHORT_ID], help=f"retraction: {ascii(proposed.reason)[1:-1]}")
    for drafted in inbox.pending(kinds.DraftedLesson):
        yield CompletionItem(drafted.id[:SHORT_ID], help=f"draft of {drafted.since}")


def _collections(ctx: click.Context, _start: str) -> Iterator[Completion]:
    from git_fedlearn.qdrant.connect import read_qdrant_settings  # noqa: PLC0415
    from git_fedlearn.qdrant.expected import local_collections  # noqa: PLC0415

    repository = _context(ctx).data_repository
    chosen = read_qdrant_settings(repository.top).collections
    return map(CompletionItem, local_collections(repository, chosen))


def _sources(ctx: click.Context, start: str) -> Iterator[Completion]:
    """The tools whose homes are on this machine, configured sources, and folders where one may be given."""
    from git_fedlearn.learn.known_tools import find_homes  # noqa: PLC0415

    repository = _context(ctx).data_repository
    homes = {home.profile for home, _ in find_homes(repository.environment)}
    yield from map(CompletionItem, sorted({*homes, *repository.settings_table.get("sources", {})}))
    if ctx.info_name == "test":
        yield CompletionItem(start, type="dir")


def _intervals(_ctx: click.Context, _start: str) -> Iterator[Completion]:
    from git_fedlearn.timers.jobs import EVERY  # noqa: PLC0415

    return map(CompletionItem, EVERY)


def _git_words(*arguments: str) -> Finder:
    def find(ctx: click.Context, _start: str) -> Iterator[Completion]:
        return map(CompletionItem, _context(ctx).repository.git.text(*arguments).splitlines())

    return find


def _commands(ctx: click.Context, _start: str) -> Iterator[Completion]:
    """The commands, or the subcommands of the commands already given to `help`."""
    above: click.Command | None = ctx.find_root().command
    given: Sequence[str] = ctx.params.get("names") or ()
    for name in given:
        above = above.get_command(ctx, name) if isinstance(above, click.Group) else None
    if isinstance(above, click.Group):
        yield from above.shell_complete(click.Context(above), "")


def _path(kind: str) -> Finder:
    def find(_ctx: click.Context, start: str) -> Iterator[Completion]:
        yield CompletionItem(start, type=kind)

    return find


_REFS = _git_words("for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags", "refs/remotes")

_FINDERS: Final[dict[str, Finder]] = {
    "ID": _record_ids,
    "SET": _set_names,
    "PEER": _peers,
    "KEY": _pending_keys,
    "COLLECTION": _collections,
    "EVERY": _intervals,
    "SOURCE": _sources,
    "REV": _REFS,
    "RANGE": _REFS,
    "A": _REFS,
    "B": _REFS,
    "REMOTE": _git_words("remote"),
    "NAME": _git_words("remote"),
    "COMMAND": _commands,
    "DIR": _path("dir"),
    "FILE": _path("file"),
    "PATH": _path("file"),
}
"""The finder of each metavar."""
