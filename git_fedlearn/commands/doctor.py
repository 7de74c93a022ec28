"""`git fedlearn doctor`.

What `doctor` looks at beyond git: what runs left, extras, index, store, embedder, timers, peers.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.installation import report_hooks, report_left
from git_fedlearn.console.words import ago, count
from git_fedlearn.core.canonical import Json
from git_fedlearn.errors import FedlearnError
from git_fedlearn.extras import install_line, installed_extras
from git_fedlearn.federation.unattended import read_last_run
from git_fedlearn.learn.sync_state import find_broken_checkpoints
from git_fedlearn.qdrant.connect import FOLDER_KEY, URL_KEY, try_store
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import CHECKPOINTS, FEDERATING
from git_fedlearn.search.embedders.choose import try_embedder
from git_fedlearn.search.index import check_index, has_index, remove_index
from git_fedlearn.setup.doctor import Check, diagnose, find_git_lock, find_leftovers, remove_all_leftovers
from git_fedlearn.setup.install import install
from git_fedlearn.setup.scaffold import HOOK_IDS, has_our_hooks, write_scaffold
from git_fedlearn.timers.schedulers import find_jobs

FIX: Final = "git fedlearn doctor --fix"
LATE: Final = timedelta(days=35)
"""The longest interval of a timer, and some days."""


def examine(context: Context, *, online: bool) -> Iterator[Check]:
    """Every check of a clone with a work tree; with `online`, also what takes a network or loads a model."""
    repository = context.repository
    yield _framework(repository)
    yield _left(repository)
    yield _checkpoints(repository)
    yield _extras()
    yield from _vectors(repository, online=online)
    yield _schedule(context)
    if online:
        yield from _peers(repository)


def repair_state(repository: Repository) -> None:
    """Remove what is disposable and broken. The caller holds the lock."""
    remove_all_leftovers(repository)
    for path in repository.state.find_damaged():
        path.unlink(missing_ok=True)
    for path in find_broken_checkpoints(repository):
        path.unlink(missing_ok=True)
    if has_index(repository) and not _try("index", lambda: _opened(repository), "").ok:
        remove_index(repository)


def _framework(repository: Repository) -> Check:
    """The pre-commit framework runs our hooks for those who have no hooks of git-fedlearn."""
    path = repository.top / ".pre-commit-config.yaml"
    if not path.is_file():
        return Check("framework", ok=True, detail="no .pre-commit-config.yaml; git's own hooks do the work")
    if has_our_hooks(path.read_bytes()):
        return Check("framework", ok=True, detail=".pre-commit-config.yaml has the hooks of git-fedlearn")
    detail = f".pre-commit-config.yaml has none of {', '.join(HOOK_IDS)}; git's own hooks do the work here"
    return Check("framework", ok=True, detail=detail, hint="git fedlearn init")


def _left(repository: Repository) -> Check:
    lock = find_git_lock(repository)
    if lock:
        detail = f"{lock} is in the way of every commit, and old"
        return Check("left behind", ok=False, detail=detail, hint=f"rm {lock}    (if no git runs)")
    left = [*find_leftovers(repository)]
    if left:
        more = f" and {len(left) - 1} more" if left[1:] else ""
        return Check("left behind", ok=False, detail=f"{left[0]}{more}, by a run that was killed", hint=FIX)
    damaged = [*repository.state.find_damaged()]
    if damaged:
        detail = f"{', '.join(map(str, damaged))}: damaged, and can be made again"
        return Check("left behind", ok=False, detail=detail, hint=FIX)
    if repository.state.path(FEDERATING).exists():
        detail = "federate runs, or was killed; the next run completes it"
        return Check("left behind", ok=True, detail=detail)
    return Check("left behind", ok=True, detail="no locks and no half-written files")


def _checkpoints(repository: Repository) -> Check:
    broken = [*find_broken_checkpoints(repository)]
    if broken:
        detail = f"{count(len(broken), 'checkpoint')} cannot be read; sync reads its sources from the start"
        return Check("checkpoints", ok=False, detail=detail, hint=FIX)
    number = len([*repository.state.path(CHECKPOINTS).glob("*.json")])
    return Check(
        "checkpoints", ok=True, detail=f"{count(number, 'source')} read" if number else "nothing read yet"
    )


def _extras() -> Check:
    found = installed_extras()
    here = ", ".join(name for name, is_here in found.items() if is_here) or "none"
    missing = ", ".join(name for name, is_here in found.items() if not is_here)
    hint = "" if found["local"] else f"{install_line('local')}    (offline search)"
    rest = f"; not installed: {missing}" if missing else ""
    return Check("extras", ok=True, detail=f"{here}{rest}", hint=hint)


def _vectors(repository: Repository, *, online: bool) -> Iterator[Check]:
    if has_index(repository) and installed_extras()["local"]:
        yield _try("index", lambda: _opened(repository), FIX)
    else:
        yield Check("index", ok=True, detail="none yet; the first search makes it")
    config = repository.git.find_config
    if repository.environment.get("QDRANT_URL") or config(URL_KEY) or config(FOLDER_KEY):
        yield _try("qdrant", lambda: _asked(repository), "is it running? git config fedlearn.qdrantUrl")
    if online or config("fedlearn.embedder"):
        yield _try("embedder", lambda: _embedded(repository), "git config fedlearn.embedder")


def _opened(repository: Repository) -> str:
    return f"whole, made of {count(check_index(repository), 'file')}"


def _asked(repository: Repository) -> str:
    place, number = try_store(repository)
    return f"{place} answers, with {count(number, 'collection')}"


def _embedded(repository: Repository) -> str:
    name, dimensions = try_embedder(repository)
    return f"{name} gives vectors of {dimensions} numbers"


def _try(name: str, test: Callable[[], str], hint: str) -> Check:
    try:
        return Check(name, ok=True, detail=test())
    except FedlearnError as error:
        return Check(name, ok=False, detail=error.message, hint=error.hint or hint)


def _schedule(context: Context) -> Check:
    jobs = find_jobs(context.repository)
    if not jobs:
        return Check("schedule", ok=True, detail="no timers; git fedlearn schedule install makes them")
    absolute = [job for job in jobs if job.runs.words and job.runs.words[0].startswith("/")]
    gone = next((job for job in absolute if not Path(job.runs.words[0]).exists()), None)
    if gone:
        detail = f"the timer of {gone.verb} runs {gone.runs.words[0]}, which is gone"
        return Check("schedule", ok=False, detail=detail, hint="git fedlearn schedule install")
    names = ", ".join(job.verb for job in jobs)
    run = read_last_run(context.repository)
    told = f"{names}; federate last ran {ago(context, run.ended.isoformat())}" if run else names
    late = run and context.now() - run.ended > LATE and any(job.verb == "federate" for job in jobs)
    hint = "git fedlearn schedule run-now" if late or (run and run.failed) else ""
    if run and run.failed:
        return Check("schedule", ok=False, detail=f"{told}, and failed: {', '.join(run.failed)}", hint=hint)
    return Check("schedule", ok=not late, detail=told, hint=hint)


def _peers(repository: Repository) -> Iterator[Check]:
    from git_fedlearn.federation.fetch import fetch_peers  # noqa: PLC0415  only with --online
    from git_fedlearn.federation.peers import read_peers  # noqa: PLC0415

    for fetched in fetch_peers(repository, read_peers(repository), seconds=60, parallel=8):
        why = ": ".join(part for part in (fetched.contact.value, fetched.detail) if part)
        hint = f"git fedlearn remote show {fetched.name}" if fetched.contact.is_failure else ""
        yield Check(f"peer {fetched.name}", ok=not fetched.contact.is_failure, detail=why, hint=hint)


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
    context.say(f"{context.word(f'{word:<8}')} {check.name:<16} {check.detail}")
    if check.hint:
        context.say(f"{'':<8} {'':<16} {check.hint}")
