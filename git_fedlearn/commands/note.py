"""`git fedlearn note`: write down a lesson in one line."""

import shlex
from collections import Counter
from typing import Final

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.repeats import print_repeats, repeats_to_json
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import COMMIT_HINT, SHORT_ID, kinds, marked_headline
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import NotARecordError, Record
from git_fedlearn.core.scoring import UNSOLVED, Skipped
from git_fedlearn.core.supersession import superseding
from git_fedlearn.errors import FedlearnError, UsageError
from git_fedlearn.learn.notes import NoteOptions, route_note
from git_fedlearn.learn.repeats import find_repeats
from git_fedlearn.repository.files import write_file
from git_fedlearn.repository.ledger import Ledger
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import NOTE
from git_fedlearn.repository.supersession import find_superseded

ADDED: Final = "added"
UPDATED: Final = "updated"
KNOWN: Final = "known"
RETRACTED: Final = "retracted"
"""What became of a note: its lesson is new, known with older metadata, known, or was retracted earlier."""

TEMPLATE: Final = b"""\
Write down a lesson. One line is enough:

  ERROR MESSAGE => what solves it
  When this is the case, do that
  Topic: what to do

git-fedlearn redacts secrets and personal data. An empty note is not saved.
"""


@click.command("note", short_help="Write down a lesson in one line.")
@click.argument("words", metavar="[TEXT]...", nargs=-1)
@click.option("--error", metavar="ERROR", default="", help="The text solves this error.")
@click.option("--practice", is_flag=True, help="The text is a practice, whatever it looks like.")
@click.option("--supersedes", metavar="ID", multiple=True, help="A lesson that it replaces; may be repeated.")
@ANSWER_AS_JSON
@click.pass_obj
def command(
    context: Context,
    words: tuple[str, ...],
    error: str,
    supersedes: tuple[str, ...],
    *,
    practice: bool,
) -> int:
    """Write down a lesson: an error and what solves it, or a practice.

    TEXT can be `ERROR => SOLUTION`, `When X, do Y`, `Topic: what to do`, or a plain sentence. Without TEXT
    your editor opens, as for `git commit`; `-` reads standard input. Secrets and personal data are redacted
    first.

    Exits with 1 if the text is not a lesson.
    """
    if error and practice:
        raise UsageError("--error and --practice cannot be used together", hint="git fedlearn note -h")
    repository = context.data_repository
    repository.system()
    older = find_superseded(repository, supersedes)
    text = _read(context, repository, words)
    routed = route_note(text, NoteOptions(error, practice), repository.settings.weights)
    if isinstance(routed, Skipped):
        return _refuse(context, routed.reason, edited=not words)
    try:
        record, redacted = context.admit(superseding(routed.content, older))
    except NotARecordError as refused:
        return _refuse(context, str(refused), edited=not words)
    status = _join(repository, routed.set_name, record)
    if not words:
        repository.state.path(NOTE).unlink(missing_ok=True)
    repeats = find_repeats(repository, routed.set_name, [record.id] if status == ADDED else [])
    context.answer(
        "note/v1",
        {
            "status": status,
            "set": routed.set_name,
            "id": record.id,
            "redacted": redacted,
            "near_duplicates": repeats_to_json(repeats),
        },
    )
    if not context.is_json:
        _say(context, routed.set_name, record, status, redacted)
        print_repeats(context, routed.set_name, repeats)
        if status in (ADDED, UPDATED):
            context.note(COMMIT_HINT)
    return 1 if status == RETRACTED else 0


def _read(context: Context, repository: Repository, words: tuple[str, ...]) -> str:
    if words == ("-",):
        text = context.read_input("the note")
    elif words:
        text = " ".join(words)
    elif context.stdin.isatty():
        return _edit(repository)
    else:
        text = ""
    if not text.strip():
        raise UsageError("nothing to note", hint="git fedlearn note 'ERROR => SOLUTION'")
    return text


def _edit(repository: Repository) -> str:
    """What the user writes in the editor, without comment lines. The file stays until the note is saved."""
    git, path = repository.git, repository.state.path(NOTE)
    write_file(path, b"\n" + git.run("stripspace", "--comment-lines", stdin=TEMPLATE))
    if git.edit(path):
        raise FedlearnError("the editor failed; nothing was noted", hint="git fedlearn note 'TEXT'")
    text = git.run("stripspace", "--strip-comments", stdin=path.read_bytes()).decode("utf-8", "replace")
    if not text.strip():
        path.unlink()
        raise FedlearnError("the note is empty; nothing was noted")
    write_file(path, text.encode("utf-8"))
    return text


def _join(repository: Repository, name: SetName, record: Record) -> str:
    """Add the record to its set. Returns what became of it."""
    with repository.lock("note"):
        Ledger(repository).add([record.line])
        joined = repository.sets.join(name, [record.line])
    if any(known.is_tombstone for known in repository.sets.pick(name, {record.id})):
        return RETRACTED
    if record.id in joined.added:
        return ADDED
    return UPDATED if record.id in joined.changed else KNOWN


def _refuse(context: Context, reason: str, *, edited: bool) -> int:
    if context.is_json:
        context.say_json("note/v1", {"status": "refused", "reason": reason})
        return 1
    context.print_error(f"error: not a lesson: {reason}")
    if edited:
        path = shlex.quote(str(context.repository.state.path(NOTE)))
        context.print_error(f"hint: git fedlearn note - < {path}    (your text; change it first)")
    elif reason == UNSOLVED:
        context.print_error("hint: git fedlearn note 'ERROR => SOLUTION'")
    else:
        context.print_error("hint: say what to do, and when")
    return 1


def _say(context: Context, name: SetName, record: Record, status: str, redacted: Counter[str]) -> None:
    identifier = record.id[:SHORT_ID]
    if status == RETRACTED:
        context.print_error(f"error: {identifier}: this lesson was retracted")
        context.print_error(f"hint: git fedlearn restore {identifier}")
        return
    known = {ADDED: "", UPDATED: "already known, updated: ", KNOWN: "already known: "}[status]
    context.say(f"{name}: {known}{identifier}  {marked_headline(record.fields)}{kinds(redacted)}")
