"""`git fedlearn doctor`: the checks of git in setup/doctor, and those of everything around it.

Each check either works or has a hint that repairs it; no check changes anything.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import click

from git_fedlearn.console.context import Context, paint_state
from git_fedlearn.console.installation import report_hooks, report_unextended
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import ago, count, some
from git_fedlearn.errors import FedlearnError
from git_fedlearn.extras import install_line, installed_extras
from git_fedlearn.federation.unattended import read_last_run
from git_fedlearn.learn.checkpoints import find_broken_checkpoints
from git_fedlearn.qdrant.connect import is_configured, try_store
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import CHECKPOINTS, FEDERATING
from git_fedlearn.search.embedders.choose import try_embedder
from git_fedlearn.search.index import check_index, has_index, remove_index
from git_fedlearn.setup.doctor import Check, diagnose, find_git_lock, find_leftovers
from git_fedlearn.setup.install import install
from git_fedlearn.setup.scaffold import HOOK_IDS, has_our_hooks, refuse_left_out, write_scaffold
from git_fedlearn.timers.schedulers import find_jobs

FIX: Final = "git fedlearn doctor --fix"


def examine(context: Context) -> Iterator[Check]:
    """All checks of what is around a clone with a working tree."""
    repository = context.repository
    yield _framework(repository)
    yield _leftovers(repository)
    yield _sources(repository)
    yield _extras()
    yield from _vectors(repository)
    yield _schedule(context)


def repair_state(repository: Repository) -> None:
    """Remove damaged files that can be rebuilt. The caller holds the lock."""
    damaged = (*repository.state.find_damaged(), *find_broken_checkpoints(repository))
    for path in (*find_leftovers(repository, is_locked=True), *damaged):
        path.unlink(missing_ok=True)
    if has_index(repository) and not _try("index", lambda: _check_index(repository), "").ok:
        remove_index(repository)


def _framework(repository: Repository) -> Check:
    """The pre-commit framework runs our hooks for people without git-fedlearn hooks."""
    path = repository.top / ".pre-commit-config.yaml"
    if not path.is_file():
        return Check("framework", ok=True, detail="no .pre-commit-config.yaml; git's hooks run the checks")
    if has_our_hooks(path.read_bytes()):
        return Check("framework", ok=True, detail=".pre-commit-config.yaml has the git-fedlearn hooks")
    detail = f".pre-commit-config.yaml has none of {', '.join(HOOK_IDS)}; git's hooks run the checks"
    return Check("framework", ok=True, detail=detail, hint="git fedlearn init")


def _leftovers(repository: Repository) -> Check:
    lock = find_git_lock(repository)
    if lock:
        detail = f"{lock} is old and blocks every commit"
        return Check(
            "leftovers", ok=False, detail=detail, hint=f"rm {lock}    (if no git command is running)"
        )
    files = find_leftovers(repository)
    if files:
        detail = f"{some([*map(str, files)], 1)}, from an interrupted run"
        return Check("leftovers", ok=False, detail=detail, hint=FIX)
    damaged = [*repository.state.find_damaged()]
    if damaged:
        detail = f"{', '.join(map(str, damaged))}: damaged; can be rebuilt"
        return Check("leftovers", ok=False, detail=detail, hint=FIX)
    if repository.state.path(FEDERATING).exists():
        detail = "federate is running or was interrupted; the next run finishes it"
        return Check("leftovers", ok=True, detail=detail)
    return Check("leftovers", ok=True, detail="no stale locks, no partial files")


def _sources(repository: Repository) -> Check:
    broken = [*find_broken_checkpoints(repository)]
    if broken:
        detail = f"the read position of {count(len(broken), 'source')} is damaged; sync starts over there"
        return Check("sources", ok=False, detail=detail, hint=FIX)
    number = len([*repository.state.path(CHECKPOINTS).glob("*.json")])
    return Check("sources", ok=True, detail=f"{count(number, 'source')} read" if number else "none read yet")


def _extras() -> Check:
    found = installed_extras()
    installed = ", ".join(name for name, is_installed in found.items() if is_installed) or "none"
    missing = ", ".join(name for name, is_installed in found.items() if not is_installed)
    hint = "" if found["local"] else f"{install_line('local')}    (offline search)"
    others = f"; not installed: {missing}" if missing else ""
    return Check("extras", ok=True, detail=f"{installed}{others}", hint=hint)


def _vectors(repository: Repository) -> Iterator[Check]:
    if has_index(repository) and installed_extras()["local"]:
        yield _try("index", lambda: _check_index(repository), FIX)
    else:
        yield Check("index", ok=True, detail="none yet; the first search builds it")
    if is_configured(repository):
        hint = "git config fedlearn.qdrantUrl    (check the URL, and that Qdrant is running)"
        yield _try("qdrant", lambda: _check_store(repository), hint)
    if repository.git.find_config("fedlearn.embedder"):
        yield _try("embedder", lambda: _check_embedder(repository), "git config fedlearn.embedder")


def _check_index(repository: Repository) -> str:
    return f"intact, built from {count(check_index(repository), 'file')}"


def _check_store(repository: Repository) -> str:
    place, number = try_store(repository)
    return f"{place} answers; {count(number, 'collection')}"


def _check_embedder(repository: Repository) -> str:
    name, dimensions = try_embedder(repository)
    return f"{name}, {dimensions} dimensions"


def _try(name: str, test: Callable[[], str], hint: str) -> Check:
    try:
        return Check(name, ok=True, detail=test())
    except FedlearnError as error:
        return Check(name, ok=False, detail=error.message, hint=error.hint or hint)


def _schedule(context: Context) -> Check:
    jobs = find_jobs(context.repository)
    if not jobs:
        return Check("schedule", ok=True, detail="no timers; `git fedlearn schedule install` sets them up")
    absolute = [job for job in jobs if job.runs.words and job.runs.words[0].startswith("/")]
    gone = next((job for job in absolute if not Path(job.runs.words[0]).exists()), None)
    if gone:
        detail = f"the {gone.name} timer runs {gone.runs.words[0]}, which does not exist"
        return Check("schedule", ok=False, detail=detail, hint="git fedlearn schedule install")
    names = ", ".join(job.name for job in jobs)
    run = read_last_run(context.repository)
    detail = f"{names}; federate last ran {ago(context, run.ended.isoformat())}" if run else names
    late = run and run.is_late(context.now()) and any(job.name == "federate" for job in jobs)
    hint = "git fedlearn schedule run-now" if late or (run and run.failed) else ""
    if run and run.failed:
        return Check("schedule", ok=False, detail=f"{detail}; failed: {', '.join(run.failed)}", hint=hint)
    return Check("schedule", ok=not late, detail=detail, hint=hint)


@click.command("doctor", short_help="Check that merges, diffs and hooks work in this clone.")
@click.option(
    "--fix", is_flag=True, help="Repair with `init` and `install`, remove damaged caches, check again."
)
@ANSWER_AS_JSON
@click.pass_obj
def command(context: Context, *, fix: bool) -> int:
    """Check that merges, diffs and hooks work in this clone.

    Runs a trial merge, a diff and each hook, and checks attributes, leftovers of interrupted runs, the log
    sources, extras, search index, timers, and the Qdrant and embedder that you configured. Exits with 1 if
    something does not work.
    """
    checks = _all_checks(context)
    broken = {check.name for check in checks if not check.ok}
    if fix and broken:
        _repair(context, context.repository)
        context.repository = Repository.discover(context.directory, context.environment)
        checks = _all_checks(context)
    context.answer("doctor/v1", {"checks": [check._asdict() for check in checks]})
    for check in checks:
        _say(context, check, was_broken=check.name in broken)
    return 0 if all(check.ok for check in checks) else 1


def _all_checks(context: Context) -> list[Check]:
    repository = context.repository
    checks = [*diagnose(repository)]
    return checks if repository.is_bare else [*checks, *examine(context)]


def _repair(context: Context, repository: Repository) -> None:
    """Do what `init` and `install` do; if one fails, the other still runs."""
    try:
        if not repository.is_bare:
            with repository.lock("doctor"):
                refuse_left_out(repository)
                report_unextended(context, write_scaffold(repository.top))
                repair_state(repository)
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
    context.say(f"{paint_state(word)} {check.name:<16} {check.detail}")
    if check.hint:
        context.say(f"{'':<8} {'':<16} {check.hint}")
