"""`git fedlearn log`: the history of one record, or of all, commit by commit."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

import click

from git_fedlearn.console.context import Context, paint
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import (
    SHORT_ID,
    change_json,
    describe_changes,
    marked_headline,
    summarize,
    what_happened,
)
from git_fedlearn.core.changes import RecordChange, compare_sets
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import Record, printable
from git_fedlearn.errors import UsageError
from git_fedlearn.repository.history import CommitChanges, all_changes, log_changes
from git_fedlearn.repository.lookup import FoundRecord, find_anywhere, get_range
from git_fedlearn.repository.names import read_names
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.record_log import LogEntry, Versions, trace_record
from git_fedlearn.repository.work_tree import read_trailers


@click.command("log", short_help="Show the history of records.")
@click.argument("identifier", metavar="[ID]", required=False)
@click.option(
    "-n", "--max-count", "most", type=click.IntRange(0), metavar="N", help="Show at most N commits."
)
@click.option(
    "--rev", metavar="REV", default="HEAD", help="Commit to start from, or a range A..B (default: HEAD)."
)
@click.option(
    "--records",
    "listed",
    metavar="N",
    type=click.IntRange(0),
    default=10,
    help="Records listed per commit (default: 10).",
)
@click.option("--full", is_flag=True, help="With ID: read every version, also lost and restored ones.")
@ANSWER_AS_JSON
@click.pass_obj
def command(
    context: Context,
    identifier: str | None,
    most: int | None,
    rev: str,
    listed: int,
    *,
    full: bool,
) -> None:
    """Show which commits changed the record ID, and how, newest first; without ID, for all records.

    Like `git log PATH`, it follows the side of a merge the record came from. The first characters of an ID
    are enough.
    """
    objects = context.repository.objects
    if full and identifier is None:
        raise UsageError("--full needs an ID", hint="git fedlearn log ID --full")
    is_empty = rev == "HEAD" and objects.find_commit("HEAD") is None
    start, tip = (None, None) if is_empty else get_range(context.repository, objects, rev)
    if identifier is not None:
        _log_record(context, identifier, _Revisions(start, tip, most, full, is_open=rev == "HEAD"))
        return
    if tip is None:
        context.note("no commits yet")
        return
    found = islice(log_changes(objects, tip, without=(start,) if start else ()), most)
    if context.is_json:
        commits = [_to_json(objects, one.commit, one.sets) for one in found]
        context.say_json("log/v1", {"commits": commits})
        return
    with context.paging():
        _say_commits(context, objects, found, listed)


class _Revisions(NamedTuple):
    """The commits to look at, newest first: `tip` without `start`, at most `most`, each version if `full`."""

    start: Oid | None
    tip: Oid | None
    most: int | None
    full: bool
    is_open: bool
    """Whether they end with the work tree."""


def _say_commits(context: Context, objects: Objects, found: Iterable[CommitChanges], listed: int) -> None:
    names = read_names(context.repository)
    has_changes = False
    for commit in found:
        has_changes = True
        context.say(_commit_line(objects, commit.commit))
        context.say(f"  {summarize(all_changes(commit.sets))}")
        left = listed
        for name, changes in commit.sets.items():
            lines = describe_changes(changes[:left], names)
            left -= len(lines)
            if lines:
                context.say("\n".join([f"  {paint('set', name)}", *(f"    {line}" for line in lines)]))
        number = sum(map(len, commit.sets.values()))
        if number > listed > 0:
            context.say(f"    and {number - listed} more    (--records {number})")
    if not has_changes:
        context.note("no changes to records in these commits")


def _log_record(context: Context, identifier: str, asked: _Revisions) -> None:
    repository = context.repository
    objects, (start, tip, most, full, is_open) = repository.objects, asked
    found = find_anywhere(repository, objects, identifier)
    names = found.sets
    inside = set(objects.walk([tip], without=[start])) if start and tip else None
    histories = {}
    for name in names:
        steps = trace_record(objects, tip, name, found.id, full=full) if tip else []
        histories[name] = [step for step in steps if inside is None or step.commit in inside][:most]
    is_asked = is_open and not repository.is_bare
    pending = {name: _uncommitted(objects, found, name) if is_asked else [] for name in names}
    if context.is_json:
        context.say_json(
            "log/v1",
            {
                "id": found.id,
                "commits": [
                    _to_json(objects, step.commit, {name: step.changes})
                    for name in names
                    for step in histories[name]
                ],
                "uncommitted": [change_json(name, change) for name in names for change in pending[name]],
            },
        )
        return
    with context.paging():
        for name in names:
            _say_record(context, objects, (name, found.id), (pending[name], histories[name]))


def _uncommitted(objects: Objects, found: FoundRecord, name: SetName) -> list[RecordChange]:
    """The changes of a record from HEAD to the work tree."""
    head = objects.find_commit("HEAD")
    committed = Versions(objects, name, found.id).at(head) if head else ()
    return compare_sets(committed, [record.line for of, record in found.here if of == name])


def _say_record(
    context: Context,
    objects: Objects,
    record: tuple[SetName, RecordId],
    history: tuple[list[RecordChange], list[LogEntry]],
) -> None:
    (name, identifier), (pending, steps) = record, history
    names = read_names(context.repository)
    title = _title_of([*pending, *(change for step in steps for change in step.changes)])
    parts = (paint("id", identifier), paint("set", name), title)
    context.say("  ".join(part for part in parts if part))
    for change in pending:
        context.say(f"  {'not committed':<24}  {what_happened(change, names)}")
    for step in steps:
        facts = objects.facts(step.commit)
        what = ", ".join(what_happened(change, names) for change in step.changes)
        origin = _origin(objects, step.commit)
        commit = paint("id", step.commit[:SHORT_ID])
        context.say(f"  {facts.date}  {commit}  {what}  ({printable(facts.subject)}{origin})")
    if not (pending or steps):
        context.say("  no changes in these commits")


def _title_of(changes: list[RecordChange]) -> str:
    """The headline of the newest version that is not a retraction."""
    records: Iterator[Record] = (
        record for change in changes for record in (change.after, change.before) if record and record.form
    )
    return next((marked_headline(record.fields) for record in records), "")


def _commit_line(objects: Objects, commit: Oid) -> str:
    facts = objects.facts(commit)
    shown = paint("id", commit[:SHORT_ID])
    return f"{shown}  {facts.date}  {printable(facts.subject)}{_origin(objects, commit)}"


def _origin(objects: Objects, commit: Oid) -> str:
    peers = read_trailers(objects.facts(commit).message).peers
    return f"; from {', '.join(map(printable, peers))}" if peers else ""


def _to_json(objects: Objects, commit: Oid, sets: Mapping[SetName, Sequence[RecordChange]]) -> object:
    facts = objects.facts(commit)
    trailers = read_trailers(facts.message)
    return {
        "commit": commit,
        "date": facts.date,
        "author": facts.author,
        "subject": facts.subject,
        "system": trailers.system or None,
        "peers": [*trailers.peers],
        "changes": [change_json(name, change) for name, changes in sets.items() for change in changes],
    }
