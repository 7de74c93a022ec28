"""`git fedlearn federate`: sync, share and fetch in one run. A failed step does not stop the others."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.installation import restore_hooks
from git_fedlearn.console.peers import warn_of_copied_clone
from git_fedlearn.console.progress import reading_bar
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import count
from git_fedlearn.errors import FedlearnError
from git_fedlearn.federation.exchanged import Exchanged
from git_fedlearn.federation.peers import read_peers
from git_fedlearn.federation.publish_policy import may_publish
from git_fedlearn.federation.pull import PullOptions, make_checker, pull
from git_fedlearn.federation.unattended import (
    LastRun,
    anonymous_environment,
    marked_run,
    write_last_run,
)
from git_fedlearn.federation.upstream import (
    SYSTEMS,
    Exchange,
    PushTarget,
    StepStatus,
    find_target,
    first_push,
    pull_upstream,
    push,
)
from git_fedlearn.learn.source_settings import has_sources
from git_fedlearn.learn.sources import choose_source
from git_fedlearn.qdrant.connect import is_configured
from git_fedlearn.repository.lock import hold_lock
from git_fedlearn.repository.objects import Oid
from git_fedlearn.repository.state import FEDERATE
from git_fedlearn.repository.work_tree import commit_data, read_work_state, refuse_unfinished, switch_command

STEP_SECONDS = 600.0


_NO_STORE: Final = (StepStatus.SKIPPED, "Qdrant is not configured")


class FederateStep(NamedTuple):
    """One step and its result."""

    name: str
    outcome: StepStatus
    detail: str = ""


@dataclass(slots=True)
class Run:
    """One run of all steps."""

    context: Context
    source: str | None
    to: str | None
    dry_run: bool
    unchecked: list[str] = field(default_factory=list)
    """The hooks that do not run git-fedlearn in this clone."""
    steps: list[FederateStep] = field(default_factory=list)
    exchanged: Exchanged = field(default_factory=Exchanged)

    def all_steps(self) -> None:
        """Sync, export, commit, pull, pull-remotes, import, push, in this order."""
        self._run_step("sync", self._sync)
        self._run_step("export", self._export)
        self._run_step("commit", self._commit)
        before = self.context.repository.objects.find_commit("HEAD")
        self._run_step("pull", self._pull, is_dry=False)
        self._run_step("pull-remotes", self._pull_remotes)
        self.exchanged.count_received(self.context.repository, before)
        self._run_step("import", self._import, is_dry=False)
        self._run_step("push", self._push, is_dry=False)

    def _run_step(
        self, name: str, step: Callable[[], tuple[StepStatus, str]], *, is_dry: bool = True
    ) -> None:
        """Run a step, if it can be part of a dry run."""
        try:
            skips = self.dry_run and not is_dry
            taken = FederateStep(name, *((StepStatus.SKIPPED, "not in a dry run") if skips else step()))
        except FedlearnError as error:
            hint = f" ({error.hint})" if error.hint else ""
            taken = FederateStep(name, StepStatus.FAILED, f"{error.message}{hint}")
        self.steps.append(taken)
        self.context.say(f"{taken.name:<13} {taken.outcome.value:<13} {taken.detail}".rstrip())

    def _sync(self) -> tuple[StepStatus, str]:
        context, repository = self.context, self.context.data_repository
        source = choose_source(repository, context.directory, self.source)
        if not self.source and not has_sources(repository, source):
            return StepStatus.SKIPPED, "no logs are set up (git fedlearn sources detect --write)"
        from git_fedlearn.learn.sync import SyncOptions, run_sync  # noqa: PLC0415  costs start-up time

        with reading_bar(context) as watch:
            options = SyncOptions(source, context.now(), dry_run=self.dry_run, watch=watch)
            synced = run_sync(repository, context.privacy, options, commit=False)
        if synced.batch.faults:
            return StepStatus.FAILED, f"{synced.learned} new; could not read all sources (git fedlearn sync)"
        return (StepStatus.DONE, f"{synced.learned} new") if synced.learned else (StepStatus.NOTHING, "")

    def _export(self) -> tuple[StepStatus, str]:
        if not is_configured(self.context.data_repository):
            return _NO_STORE
        from git_fedlearn.console.store import export_lessons  # noqa: PLC0415  few have one
        from git_fedlearn.qdrant.export import ExportRequest  # noqa: PLC0415

        request = ExportRequest(self.context.now().date(), dry_run=self.dry_run)
        run = export_lessons(self.context, request)
        if not run.collections:
            return StepStatus.NOTHING, f"{run.place} has no such collections"
        return _sound("export", is_sound=run.is_complete)

    def _import(self) -> tuple[StepStatus, str]:
        if not is_configured(self.context.data_repository):
            return _NO_STORE
        from git_fedlearn.console.store import import_lessons  # noqa: PLC0415  few have one

        return _sound("import", is_sound=import_lessons(self.context).is_sound)

    def _commit(self) -> tuple[StepStatus, str]:
        repository = self.context.data_repository
        state, system = read_work_state(repository), repository.system()
        changed = state.written_by(system)
        if self.dry_run:
            return (StepStatus.DONE, "there are changes to commit") if changed else (StepStatus.NOTHING, "")
        with repository.lock("federate"):
            refuse_unfinished(repository)
            self._refuse_detached()
            if changed:
                self._write_month()
            message = f"federate: add records from this system\n\nFedlearn-System: {system}"
            commit = commit_data(repository, message)
        ignored = f"{count(len(state.ignored), 'data file')} ignored by git" if state.ignored else ""
        if commit is None:
            return StepStatus.NOTHING, ignored
        return StepStatus.DONE, f"{commit[:12]}{'; ' * bool(ignored)}{ignored}"

    def _refuse_detached(self) -> None:
        """Raise FedlearnError for a detached HEAD: its commits are on no branch, so nobody would get them.

        Pushed to a branch of this system alone, they are.
        """
        git = self.context.repository.git
        if self.to != SYSTEMS and not git.is_true("symbolic-ref", "--quiet", "HEAD"):
            raise FedlearnError(
                "HEAD is detached: no branch is checked out", hint=switch_command(self.context.repository)
            )

    def _write_month(self) -> None:
        """Write the figures of this month, unless they would stop the push."""
        from git_fedlearn.statistics.metrics import metrics_path, write_month  # noqa: PLC0415  costs start-up time

        repository, now = self.context.repository, self.context.now()
        target = find_target(repository, self.to)
        path = metrics_path(Path(), repository.system(), f"{now:%Y-%m}").as_posix()
        if target is None or may_publish(repository, target.remote, [path]) is None:
            write_month(repository, now)

    def _pull(self) -> tuple[StepStatus, str]:
        pulled = self._pull_upstream()
        return pulled.status, pulled.detail

    def _pull_upstream(self) -> Exchange:
        pulled = pull_upstream(self.context.repository, STEP_SECONDS)
        self.context.forget_settings()
        for line in pulled.warnings:
            self.context.print_error(line)
        return pulled

    def _pull_remotes(self) -> tuple[StepStatus, str]:
        repository = self.context.data_repository
        peers = read_peers(repository)
        if not peers:
            return StepStatus.SKIPPED, "no peers"
        self._refuse_detached()
        checker = make_checker(repository, self.context.privacy, self.context.now())
        request = PullOptions(dry_run=self.dry_run)
        pulled = pull(repository, peers, checker, request)
        failed = [report.name for report in pulled.reports if report.is_failure]
        quarantined = sum(report.quarantined for report in pulled.reports)
        reached = f"{len(peers) - len(failed)} of " * bool(failed) + count(len(peers), "peer")
        parts = [f"{pulled.learned or 'nothing'} new from {reached}"] * bool(pulled.files or failed)
        parts += [f"{quarantined} quarantined"] * bool(quarantined)
        parts += [f"failed: {', '.join(failed)}"] * bool(failed)
        if failed:
            return StepStatus.FAILED, "; ".join(parts)
        return StepStatus.DONE if pulled.files else StepStatus.NOTHING, "; ".join(parts)

    def _push(self) -> tuple[StepStatus, str]:
        repository = self.context.repository
        self._refuse_detached()
        target = find_target(repository, self.to)
        if target is None:
            return StepStatus.SKIPPED, f"this branch has no upstream ({first_push(repository)})"

        def find_remote_tip() -> Oid | None:
            return repository.objects.find_commit(target.tracking) if target.tracking else None

        there = find_remote_tip()

        def catch_up() -> Exchange:
            nonlocal there
            pulled = self._pull_upstream()
            there = find_remote_tip()
            return pulled

        def check(tip: Oid) -> None:
            if "pre-push" in self.unchecked:
                self._check_push(target, there, tip)

        done = push(repository, target, catch_up, time.sleep, seconds=STEP_SECONDS, check=check)
        if done.status is StepStatus.DONE:
            self.exchanged.count_sent(repository, there)
        attempts = f" after {done.attempts} attempts" if done.attempts > 1 else ""
        return done.status, f"{done.detail}{attempts}"

    def _check_push(self, target: PushTarget, there: Oid | None, tip: Oid) -> None:
        """Check what is pushed, as the hook that is missing would. Raises FedlearnError if it must not be."""
        from git_fedlearn.console.message_checks import Update  # noqa: PLC0415  costs start-up time, as below
        from git_fedlearn.console.push_checks import check_push  # noqa: PLC0415

        update = Update(target.refspec.partition(":")[2], there, tip, tip)
        if check_push(self.context, (target.remote, ""), [update]):
            raise FedlearnError("the checks of the commits that it would publish failed")


def _sound(command: str, *, is_sound: bool) -> tuple[StepStatus, str]:
    if is_sound:
        return StepStatus.DONE, ""
    return StepStatus.FAILED, f"for details: git fedlearn {command}"


def _in_words(found: Exchanged) -> str:
    """`received 12 lessons from 3 systems, sent 4`."""
    source = f" from {count(found.systems, 'system')}" if found.systems else ""
    parts = [f"received {count(found.received, 'lesson')}{source}"] * bool(found.received)
    if found.sent:
        parts.append(f"sent {found.sent if parts else count(found.sent, 'lesson')}")
    return ", ".join(parts) or "nothing new to receive or to send"


@click.command("federate", short_help="Sync, pull, push and fetch from peers in one run.")
@click.option("--source", metavar="DIR", help="Folder of your AI stack's logs, as in sync.")
@click.option(
    "--push-to", "to", type=click.Choice(["upstream", SYSTEMS]), help="Where to push (default: upstream)."
)
@click.option("--dry-run", is_flag=True, help="Show what would be learned; change nothing.")
@ANSWER_AS_JSON
@click.pass_obj
def command(
    context: Context,
    source: str | None,
    to: str | None,
    *,
    dry_run: bool,
) -> int:
    """Sync, export, commit, pull, pull-remotes, import and push, in this order.

    Safe to run from a timer: one run at a time; a failed step does not stop the others; the next run finishes
    one that was killed. Exits with 1 if a step failed. The last line says how many lessons were received,
    from how many systems, and how many were sent.

    --push-to systems (or git config fedlearn.pushTo) pushes to systems/<id>, a branch of this system alone,
    so that any number of systems can share one remote without racing.
    """
    repository = context.data_repository
    if repository.is_anonymous:
        context = context.moved(context.directory, anonymous_environment(repository))
    goal = to or context.repository.git.find_config("fedlearn.pushTo")
    warn_of_copied_clone(context, repository)
    run = Run(context, source, goal, dry_run, restore_hooks(context, repository, dry_run=dry_run))
    with hold_lock(repository.state.path(FEDERATE), "federate", timeout=1.0):
        if dry_run:
            run.all_steps()
        else:
            with marked_run(repository) as killed:
                if killed:
                    context.note("note: the previous run was interrupted; its leftovers were cleaned up")
                run.all_steps()
            failed = tuple(step.name for step in run.steps if step.outcome is StepStatus.FAILED)
            write_last_run(repository, LastRun(context.now(), failed))
    if context.is_json:
        steps = [
            {"step": step.name, "outcome": step.outcome.value, "detail": step.detail} for step in run.steps
        ]
        found = run.exchanged
        facts = {"received": found.received, "systems": found.systems, "sent": found.sent}
        context.say_json("federate/v1", {"dry_run": run.dry_run, "steps": steps, **facts})
    elif not dry_run:
        context.say(_in_words(run.exchanged))
    return 1 if any(step.outcome is StepStatus.FAILED for step in run.steps) else 0
