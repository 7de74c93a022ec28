"""`git fedlearn init`."""

import shlex

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.installation import installation_facts, report_unextended, say_installation
from git_fedlearn.console.older_layout import say_older_files
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import count
from git_fedlearn.errors import NotARepositoryError
from git_fedlearn.repository.older_layout import find_older_files
from git_fedlearn.repository.repository import Repository
from git_fedlearn.setup.install import install
from git_fedlearn.setup.readmes import FOLDER_READMES
from git_fedlearn.setup.scaffold import (
    ExistingFiles,
    Scaffold,
    find_existing,
    refuse_left_out,
    write_scaffold,
)

MAX_LISTED_FILES = 5


@click.command("init", short_help="Set up this repository to share lessons.")
@ANSWER_AS_JSON
@click.pass_obj
def command(context: Context) -> int:
    """Set up this repository to share lessons.

    Creates the files under data/ and the rules that git needs for them, then runs `install`. Existing files
    are kept, and extended where needed; running it again changes nothing. Other files under data/ stay yours:
    git-fedlearn uses only the paths in data/README.md.
    """
    repository = context.repository
    if repository.is_bare:
        raise NotARepositoryError(
            f"{repository.top}: a bare repository has no working tree",
            hint="clone it and run `git fedlearn init` in the clone",
        )
    existing, older = find_existing(repository.top), find_older_files(repository)
    with repository.lock("init"):
        refuse_left_out(repository)
        done = write_scaffold(repository.top)
    _say_scaffold(context, done)
    if done.made:
        _say_existing(context, existing, {file.path for file in older})
    say_older_files(context, older)
    installed = install(repository)
    code = say_installation(context, repository, installed)
    facts = {
        "created": [*done.made],
        "extended": [*done.extended],
        "left": [path for path, _ in done.left],
        **installation_facts(installed),
    }
    context.answer("init/v1", facts)
    _say_next(context, repository, done, mixed=bool(existing.others))
    if installed.is_unchanged and not (done.made or done.extended or done.left):
        context.note("hint: git fedlearn doctor    (checks that it works)")
    return 1 if done.left else code


def _say_scaffold(context: Context, done: Scaffold) -> None:
    readmes = [path for path in done.made if path in FOLDER_READMES]
    for path in done.made:
        if path not in readmes:
            context.say(f"created   {path}")
    if readmes:
        context.say(f"created   README.md in {count(len(readmes), 'folder')} of data/")
    for path in done.extended:
        context.say(f"extended  {path}")
    report_unextended(context, done)


def _say_existing(context: Context, existing: ExistingFiles, older: set[str]) -> None:
    """Name the files under data/, except those of an older layout."""
    ours, others = ([path for path in paths if path not in older] for paths in existing)
    if ours:
        context.say(f"uses      {_some(ours)} (existing; from now on a data file of git-fedlearn)")
        context.note("note: from now on, git refuses commits that add lines of another format to them")
        context.note(
            "hint: git fedlearn verify    (shows such lines; files that are something else: move away)"
        )
    if others:
        context.say(f"leaves    {_some(others)} (yours; git-fedlearn does not touch other files)")


def _some(paths: list[str]) -> str:
    """The first paths, and the number of the others."""
    rest = len(paths) - MAX_LISTED_FILES
    return ", ".join([*paths[:MAX_LISTED_FILES], *[count(rest, "more file")] * (rest > 0)])


def _say_next(context: Context, repository: Repository, done: Scaffold, *, mixed: bool) -> None:
    """Print the commit to make, and the first step after it.

    `data` is added as a whole only if all of it is ours (not `mixed`).
    """
    paths = (*done.made, *done.extended)
    ignored = repository.git.attempt("check-ignore", "--", *paths).out.decode().splitlines() if paths else []
    for path in ignored:
        context.note(f"note: {path} is ignored by a .gitignore rule, so git will not commit it")
    if paths:
        files = dict.fromkeys("data" if not mixed and path.startswith("data/") else path for path in paths)
        context.say(f"next: git add {shlex.join(files)} && git commit -m 'Set up git-fedlearn'")
        context.say("then: git fedlearn sources detect    (or write a lesson down: git fedlearn note)")
