"""`git fedlearn doctor`."""

import click

from git_fedlearn.commands.context import Context
from git_fedlearn.commands.init import report_left
from git_fedlearn.commands.install import report_hooks
from git_fedlearn.core.canonical import Json
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.setup.diagnosis import Check, diagnose
from git_fedlearn.repository.setup.installation import install
from git_fedlearn.repository.setup.scaffold import write_scaffold


@click.command("doctor", short_help="Test that git really joins, shows and checks records here.")
@click.option("--fix", is_flag=True, help="Run `init` and `install` for what is missing, then test again.")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
@click.pass_obj
def command(context: Context, *, fix: bool, as_json: bool) -> int:
    """Test that git really joins, shows and checks records here.

    It tries: a dry merge, a diff, the attributes of data files, each hook. Nothing is left behind, and the
    exit code is 1 when something does not work.
    """
    repository = context.repository
    checks = [*diagnose(repository)]
    broken = {check.name for check in checks if not check.ok}
    if fix and broken:
        _repair(context, repository)
        repository = Repository.discover(context.directory, context.environment)
        checks = [*diagnose(repository)]
    if as_json:
        answer: list[Json] = [check._asdict() for check in checks]
        context.say_json("doctor/v1", {"checks": answer})
    else:
        for check in checks:
            _say(context, check, was_broken=check.name in broken)
    return 0 if all(check.ok for check in checks) else 1


def _repair(context: Context, repository: Repository) -> None:
    """Do what `init` and `install` would; what stops one does not stop the other."""
    try:
        if not repository.is_bare:
            with repository.lock("doctor"):
                report_left(context, write_scaffold(repository.top))
    except FedlearnError as error:
        context.report(error)
    try:
        hooks = install(repository).hooks
    except FedlearnError as error:
        context.report(error)
    else:
        if hooks:
            report_hooks(context, hooks)


def _say(context: Context, check: Check, *, was_broken: bool) -> None:
    word = "problem" if not check.ok else "fixed" if was_broken else "ok"
    context.say(f"{context.word(f'{word:<8}')} {check.name:<16} {check.detail}")
    if check.hint:
        context.say(f"{'':<8} {'':<16} {check.hint}")
