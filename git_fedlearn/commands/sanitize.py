"""`git fedlearn sanitize`: redact secrets and personal data in data files."""

import os

import click

from git_fedlearn.commands.context import Context
from git_fedlearn.commands.wording import count, kinds
from git_fedlearn.errors import UsageError
from git_fedlearn.learn.sanitizing import sanitize_files
from git_fedlearn.repository.repository import Repository


@click.command("sanitize", short_help="Redact secrets and personal data in data files.")
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option("--check", is_flag=True, help="Only say what would be redacted.")
@click.pass_obj
def command(context: Context, paths: tuple[str, ...], *, check: bool) -> int:
    """Rewrite data files (all of them without PATH) without secrets and personal data.

    A record that was committed with private data is retracted and its clean version added; what a
    commit holds stays in history until that is rewritten.
    """
    repository = context.data_repository
    chosen = [data_path(context, repository, path) for path in paths] or None
    with repository.lock("sanitize"):
        cleaned = sanitize_files(repository, context.privacy, chosen, write=not check)
    for path in cleaned.paths:
        context.say(f"{'would sanitize' if check else 'sanitized'} {path}")
    context.say(f"{count(len(cleaned.paths), 'file')} with private data{kinds(cleaned.redacted)}")
    return 1 if check and cleaned.paths else 0


def data_path(context: Context, repository: Repository, path: str) -> str:
    """A path given on the command line as the repository knows it. Raises UsageError outside data/."""
    absolute = os.path.normpath(context.directory / path)
    relative = os.path.relpath(os.path.realpath(absolute), os.path.realpath(repository.top))
    if not relative.startswith("data" + os.sep):
        raise UsageError(f"{path}: not under data/")
    if not os.path.isfile(absolute):  # noqa: PTH113
        raise UsageError(f"{path}: no such file")
    return relative.replace(os.sep, "/")
