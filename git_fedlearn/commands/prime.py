"""`git fedlearn prime`: the lessons worth knowing at the start of an agent's session."""

import click

from git_fedlearn.agents.prime import DEFAULT_BUDGET_TOKENS, MIN_BUDGET_TOKENS, Digest, make_digest
from git_fedlearn.agents.recall_index import KnownLesson, index_path, open_recall_index
from git_fedlearn.agents.recall_refresh import refresh_recall_index
from git_fedlearn.console.context import Context
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.errors import UsageError


@click.command("prime", short_help="Show the lessons worth knowing for a project.")
@click.option(
    "--budget",
    metavar="TOKENS",
    default=DEFAULT_BUDGET_TOKENS,
    type=click.IntRange(MIN_BUDGET_TOKENS, 100_000),
    help=f"Print at most this many tokens (default: {DEFAULT_BUDGET_TOKENS}).",
)
@click.option(
    "--for", "project", metavar="DIR", default=".", help="The project (default: the current directory)."
)
@ANSWER_AS_JSON
@click.pass_obj
def command(context: Context, *, budget: int, project: str) -> int:
    """Show the lessons most worth knowing for the project in DIR, for the start of an agent's session.

    The languages and tools of the project are recognized by its files. Lessons about them come first, by
    score, outcomes and age. Superseded ones and those that read like instructions are left out. A token is
    counted as four characters. Prints nothing if there is no lesson.
    """
    repository = context.data_repository
    folder = context.named_path(project).resolve()
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such directory", hint="git fedlearn prime --for DIR")
    refresh_recall_index(repository)
    with open_recall_index(index_path(repository.state)) as index:
        digest = make_digest(index, folder, context.now().date(), budget) if index else Digest("", (), ())
    lessons = [_to_json(lesson) for lesson in digest.lessons]
    facts = {"budget": budget, "tokens": digest.tokens, "tags": digest.tags, "lessons": lessons}
    context.answer("prime/v1", facts)
    if digest.text:
        context.say(digest.text)
    return 0


def _to_json(lesson: KnownLesson) -> JsonObject:
    return {
        "id": lesson.id,
        "set": lesson.set_name,
        "title": lesson.title,
        "gist": lesson.gist,
        "tags": [*sorted(lesson.tags)],
        "effective_score": round(lesson.score, 4),
        "worked": lesson.worked,
        "failed": lesson.failed,
        "first_seen": lesson.first_seen,
    }
