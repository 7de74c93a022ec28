"""`git fedlearn federate`: everything a timer should do, one step after the other."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, NamedTuple

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.peers import warn_of_twin
from git_fedlearn.console.progress import progress_bar, reading_bar
from git_fedlearn.core.canonical import Json
from git_fedlearn.errors import FedlearnError
from git_fedlearn.federation.check import Checker
from git_fedlearn.federation.peers import read_peers
from git_fedlearn.federation.publish_policy import may_publish
from git_fedlearn.federation.pull import PullOptions, PullWatcher, make_checker, pull
from git_fedlearn.federation.unattended import (
    LastRun,
    anonymous_environment,
    is_anonymous,
    marked_run,
    write_last_run,
)
from git_fedlearn.federation.upstream import SYSTEMS, StepStatus, find_target, pull_upstream, push
from git_fedlearn.learn.sources import DEFAULT_SOURCE, choose_source, configured_source
from git_fedlearn.learn.sync import SyncOptions, run_sync
from git_fedlearn.qdrant.connect import is_configured
from git_fedlearn.qdrant.export import ExportRequest, export_collections
from git_fedlearn.qdrant.import_ import ImportDeps, import_into_store, requests_for
from git_fedlearn.repository.lock import hold_lock
from git_fedlearn.repository.state import FEDERATE
from git_fedlearn.repository.work_tree import commit_data, refuse_unfinished
from git_fedlearn.search.embedders.choose import choose_embedder
from git_fedlearn.statistics.metrics import metrics_path, write_month

STEP_SECONDS = 600.0


_NO_STORE: Final = (StepStatus.SKIPPED, "no Qdrant is configured")


class FederateStep(NamedTuple):
    """One step and how it ended."""

    name: str
    outcome: StepStatus
    detail: str = ""


@dataclass(slots=True)
class Run:
    """One run of all steps; a step that fails does not stop the next ones."""

    context: Context
    source: str | None
    to: str | None
    remote: str | None
    timeout: float
    dry_run: bool
    as_json: bool
    steps: list[FederateStep] = field(default_factory=list)

    def all_steps(self) -> None:
        """Sync, export, commit, pull, pull-remotes, import, push, in this order."""
        self._take("sync", self._sync)
        self._take("export", self._export)
        self._take("commit", self._commit)
        self._take("pull", self._untried if self.dry_run else self._pull)
        self._take("pull-remotes", self._pull_remotes)
        self._take("import", self._untried if self.dry_run else self._import)
        self._take("push", self._untried if self.dry_run else self._push)

    @staticmethod
    def _untried() -> tuple[StepStatus, str]:
        return StepStatus.SKIPPED, "not in a dry run"

    def _take(self, name: str, step: Callable[[], tuple[StepStatus, str]]) -> None:
        try:
            taken = FederateStep(name, *step())
        except FedlearnError as error:
            hint = f" ({error.hint})" if error.hint else ""
            taken = FederateStep(name, StepStatus.FAILED, f"{error.message}{hint}")
        self.steps.append(taken)
        if not self.as_json:
            self.context.say(f"{taken.name:<13} {taken.outcome.value:<13} {taken.detail}".rstrip())

    def _sync(self) -> tuple[StepStatus, str]:
        context, repository = self.context, self.context.data_repository
        source = choose_source(repository, context.directory, self.source)
        is_default = not self.source and not configured_source(repository)
        if is_default and isinstance(source, Path) and not source.is_dir():
            return StepStatus.SKIPPED, f"{DEFAULT_SOURCE} is not there"
        with reading_bar(context) as watch:
            options = SyncOptions(source, context.now(), dry_run=self.dry_run, watch=watch)
            synced = run_sync(repository, context.privacy, options, commit=False)
        learned = f"{synced.learned} learned"
        if synced.batch.faults:
            return StepStatus.FAILED, f"{learned}, but some sources could not be read; git fedlearn sync"
        return (StepStatus.DONE, learned) if synced.learned else (StepStatus.NOTHING, "")

    def _export(self) -> tuple[StepStatus, str]:
        context, repository = self.context, self.context.data_repository
        if not is_configured(repository):
            return _NO_STORE
        request = ExportRequest(context.now().date(), dry_run=self.dry_run)
        with progress_bar(context, "exporting") as show:
            run = export_collections(
                repository,
                request,
                admit=context.admit,
                check_name=context.refuse_private_name,
                progress=show,
            )
        if not run.collections:
            return StepStatus.NOTHING, f"{run.place} has none of these collections"
        return (
            (StepStatus.DONE, "") if run.is_complete else (StepStatus.FAILED, "git fedlearn export says more")
        )

    def _import(self) -> tuple[StepStatus, str]:
        context, repository = self.context, self.context.data_repository
        if not is_configured(repository):
            return _NO_STORE
        deps = ImportDeps(choose_embedder(repository), context.admit)
        with progress_bar(context, "importing") as show:
            run = import_into_store(repository, deps, requests_for(repository), show)
        return (StepStatus.DONE, "") if run.is_sound else (StepStatus.FAILED, "git fedlearn import says more")

    def _commit(self) -> tuple[StepStatus, str]:
        repository = self.context.data_repository
        if self.dry_run:
            changed = repository.git.run("status", "--porcelain", "--", ":/data")
            return (StepStatus.DONE, "there is something to commit") if changed else (StepStatus.NOTHING, "")
        with repository.lock("federate"):
            refuse_unfinished(repository)
            if repository.git.run("status", "--porcelain", "--", ":/data"):
                self._write_month()
            message = f"federate: what was learned here\n\nFedlearn-System: {repository.system()}"
            commit = commit_data(repository, message)
        return (StepStatus.DONE, commit[:12]) if commit else (StepStatus.NOTHING, "")

    def _write_month(self) -> None:
        """Write the figures of this month, unless they would stop the push."""
        repository, now = self.context.repository, self.context.now()
        target = find_target(repository, self.to, self.remote)
        path = metrics_path(Path(), repository.system(), f"{now:%Y-%m}").as_posix()
        if target is None or may_publish(repository, target.remote, [path]) is None:
            write_month(repository, now)

    def _pull(self) -> tuple[StepStatus, str]:
        pulled = pull_upstream(self.context.repository, STEP_SECONDS)
        self.context.forget_settings()
        return pulled.outcome, pulled.detail

    def _pull_remotes(self) -> tuple[StepStatus, str]:
        repository = self.context.data_repository
        peers = read_peers(repository)
        if not peers:
            return StepStatus.SKIPPED, "no peers"
        checker = make_checker(
            repository, Checker(self.context.privacy, repository.settings.record_bytes, self.context.now())
        )
        request = PullOptions(self.timeout, dry_run=self.dry_run)
        pulled = pull(repository, peers, checker, request, PullWatcher())
        failed = [report.name for report in pulled.reports if report.is_failure]
        held = sum(report.quarantined for report in pulled.reports)
        parts = [f"{pulled.learned} learned from {len(peers) - len(failed)} of {len(peers)} peers"]
        parts += [f"{held} in quarantine"] * bool(held) + [f"failed: {', '.join(failed)}"] * bool(failed)
        if failed:
            return StepStatus.FAILED, "; ".join(parts)
        return StepStatus.DONE if pulled.files else StepStatus.NOTHING, "; ".join(parts)

    def _push(self) -> tuple[StepStatus, str]:
        repository = self.context.repository
        target = find_target(repository, self.to, self.remote)
        if target is None:
            return StepStatus.SKIPPED, "this branch has no upstream (git push -u REMOTE HEAD)"

        def catch_up() -> bool:
            return pull_upstream(repository, STEP_SECONDS).outcome is not StepStatus.FAILED

        done = push(repository, target, catch_up, time.sleep, seconds=STEP_SECONDS)
        tries = f" after {done.attempts} tries" if done.attempts > 1 else ""
        return done.outcome, f"{done.detail}{tries}"


@click.command("federate", short_help="Learn, share and learn from others: what a timer runs.")
@click.option("--source", metavar="DIR", help="The stack's data, as for sync.")
@click.option("--push-to", "to", type=click.Choice(["upstream", SYSTEMS]), help="Where to push (upstream).")
@click.option("--remote", metavar="REMOTE", help="The git remote to push to (the upstream's, or origin).")
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(0.1, 86400),
    default=60,
    help="Time for each peer (60 s).",
)
@click.option("--dry-run", is_flag=True, help="Say what would be learned; change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
@click.pass_obj
def command(  # noqa: PLR0913  one option each
    context: Context,
    source: str | None,
    to: str | None,
    remote: str | None,
    timeout: float,
    *,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Sync, export, commit, pull upstream, pull-remotes, import, push.

    Safe to run from a timer: one run at a time, every step goes on when one before it failed, a run that
    was killed is completed by the next. Ends with 0 when all is done, 1 when a step failed.

    With --push-to systems (git config fedlearn.pushTo) the push goes to systems/<id>, a branch of this
    system's own, so that any number of systems share one remote without ever racing.
    """
    repository = context.data_repository
    if is_anonymous(repository):
        context = replace(context, environment=anonymous_environment(repository))
    goal = to or repository.git.find_config("fedlearn.pushTo")
    run = Run(context, source, goal, remote, timeout, dry_run, as_json)
    warn_of_twin(context, repository)
    with hold_lock(repository.state.path(FEDERATE), "federate", timeout=1.0):
        if dry_run:
            run.all_steps()
        else:
            with marked_run(repository) as killed:
                if killed:
                    context.note("note: the last run was killed; what it left half done was put right")
                run.all_steps()
            failed = tuple(step.name for step in run.steps if step.outcome is StepStatus.FAILED)
            write_last_run(repository, LastRun(context.now(), failed))
    if as_json:
        steps: list[Json] = [
            {"step": step.name, "outcome": step.outcome.value, "detail": step.detail} for step in run.steps
        ]
        context.say_json("federate/v1", {"dry_run": run.dry_run, "steps": steps})
    return 1 if any(step.outcome is StepStatus.FAILED for step in run.steps) else 0
