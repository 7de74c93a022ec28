"""`git fedlearn doctor`."""

import click

from git_fedlearn.commands.standing.health import examine, mend_state
from git_fedlearn.console.context import Context
from git_fedlearn.console.installation import report_hooks, report_left
from git_fedlearn.core.canonical import Json
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.setup.diagnosis import Check, diagnose
from git_fedlearn.repository.setup.installation import install
from git_fedlearn.repository.setup.scaffold import write_scaffold


@click.command("doctor", short_help="Test that git really joins, shows and checks records here.")
@click.option("--fix", is_flag=True, help="Repair what can be repaired, then test again.")
@click.option("--online", is_flag=True, help="Also ask every peer, and embed a text.")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
@click.pass_obj
def command(context: Context, *, fix: bool, online: bool, as_json: bool) -> int:
    """Test that git really joins, shows and checks records here.

    It tries a dry merge, a diff, the attributes of data files and each hook, and looks at what killed runs
    left, at checkpoints, extras, the search index, a configured Qdrant and embedder, and the timers. Nothing
    is left behind, and the exit code is 1 when something does not work. --fix does what `init` and `install`
    would, and removes what is broken and can be made again.
    """
    checks = _all_checks(context, online=online)
    broken = {check.name for check in checks if not check.ok}
    if fix and broken:
        _repair(context, context.repository)
        context.repository = Repository.discover(context.directory, context.environment)
        checks = _all_checks(context, online=online)
    if as_json:
        answer: list[Json] = [check._asdict() for check in checks]
        context.say_json("doctor/v1", {"checks": answer})
    else:
        for check in checks:
            _say(context, check, was_broken=check.name in broken)
    return 0 if all(check.ok for check in checks) else 1


def _all_checks(context: Context, *, online: bool) -> list[Check]:
    repository = context.repository
    checks = [*diagnose(repository)]
    return checks if repository.is_bare else [*checks, *examine(context, online=online)]


def _repair(context: Context, repository: Repository) -> None:
    """Do what `init` and `install` would; what stops one does not stop the other."""
    try:
        if not repository.is_bare:
            with repository.lock("doctor"):
                report_left(context, write_scaffold(repository.top))
                mend_state(repository)
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
