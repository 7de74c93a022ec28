"""`git fedlearn clone`."""

import re
import shlex
from typing import Final

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.installation import installation_facts, say_installation
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.core.layout import DATA
from git_fedlearn.errors import GitError, UsageError
from git_fedlearn.qdrant.connect import is_configured
from git_fedlearn.repository.git import Git
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.work_tree import find_unborn_choices
from git_fedlearn.setup.install import install

_GIT_OPTIONS: Final = "git-fedlearn.clone.git-options"


class _CloneCommand(click.Command):
    """Passes everything after `--` to git clone."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        end = args.index("--") if "--" in args else len(args)
        ctx.meta[_GIT_OPTIONS] = args[end + 1 :]
        return super().parse_args(ctx, args[:end])


@click.command(
    "clone",
    cls=_CloneCommand,
    short_help="Clone a repository of lessons and set it up.",
    options_metavar="",
    epilog="Options after -- are passed to git clone: git fedlearn clone URL -- --depth 1",
)
@click.argument("url")
@click.argument("directory", metavar="[DIR]", required=False)
@ANSWER_AS_JSON
@click.pass_context
def command(ctx: click.Context, url: str, directory: str | None) -> int:
    """Clone a repository of lessons and run `install` in it.

    If a vector store is configured ($QDRANT_URL, or fedlearn.qdrantUrl in your git config), the lessons are
    imported into it; exits with 1 if that fails.
    """
    context: Context = ctx.obj
    directory = directory or find_name(url)
    if not directory:
        raise UsageError(
            f"{url}: no folder name can be derived from this URL", hint="git fedlearn clone URL DIR"
        )
    git = Git(context.directory, context.environment)
    code = git.stream("clone", *ctx.meta[_GIT_OPTIONS], "--", url, directory)
    if code:
        raise GitError(f"git clone failed (exit code {code})", hint="see the message of git above")
    repository = Repository.discover(context.directory / directory, context.environment)
    done = install(repository)
    code = say_installation(context, repository, done)
    imported = None
    if not repository.is_bare and not (repository.top / DATA).is_dir():
        _note_no_data(context, repository, directory)
    elif not repository.is_bare and is_configured(repository):
        from git_fedlearn.console.store import bring_in  # noqa: PLC0415  few clones have a store

        imported = bring_in(context.moved(repository.top)) == 0
    path = str(repository.common_dir if repository.is_bare else repository.top)
    context.answer("clone/v1", {"path": path, "imported": imported, **installation_facts(done)})
    if not repository.is_bare and (repository.top / DATA).is_dir():
        context.note(f"hint: cd {shlex.quote(directory)} && git fedlearn status")
    return 1 if imported is False else code


def _note_no_data(context: Context, repository: Repository, directory: str) -> None:
    """Print what to do; a remote whose HEAD refers to a nonexistent branch only looks empty."""
    branches = find_unborn_choices(repository)
    if branches:
        context.warn(f"remote HEAD refers to a nonexistent branch; there is {', '.join(branches)}")
        context.print_error(f"hint: cd {shlex.quote(directory)} && git checkout {branches[0]}")
    else:
        context.note(f"note: no data/ in {directory}; run `git fedlearn init` there to create it")


def find_name(url: str) -> str | None:
    """The folder git would clone into: the last part of the URL, without `.git`."""
    path = re.sub(r"^[a-z+]+://([^/]*@)?", "", url).rstrip("/ ")
    path = re.sub(r"/\.git$", "", path).rstrip("/")
    name = re.split(r"[/:]", path)[-1]
    name = name.removesuffix(".git") if name.endswith(".git") else name.removesuffix(".bundle")
    return " ".join(re.sub(r"[\x00-\x20]", " ", name).split()) or None
