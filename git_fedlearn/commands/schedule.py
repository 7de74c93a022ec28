"""`git fedlearn schedule`: timers of this machine that learn and share."""

import importlib
import sys
from pathlib import Path

import click

from git_fedlearn.console.context import Context
from git_fedlearn.errors import FedlearnError
from git_fedlearn.federation.schedulers import SCHEDULERS, Crontab, Installed, Scheduler
from git_fedlearn.federation.timers import EVERY, OFF, VERBS, Job, check_every, tag_of
from git_fedlearn.repository.state import SCHEDULE_LOG

INTERVAL = f"one of {', '.join(EVERY)}"


@click.group("schedule", short_help="Learn and share by timers of this machine.")
def command() -> None:
    """Timers for this repository: of systemd where it runs for the user, of launchd on macOS, else of cron.

    Logs are where systemd keeps them (journalctl --user), else in fedlearn/schedule.log of the git folder.
    """


@command.command("install", short_help="Install the timers, or change them.")
@click.option("--sync", "sync", metavar="EVERY", default="6h", help=f"How often to sync (6h): {INTERVAL}.")
@click.option(
    "--export", "export", metavar="EVERY", help="How often to export (weekly where Qdrant is configured)."
)
@click.option(
    "--federate", "federate", metavar="EVERY", default="monthly", help="How often to federate (monthly)."
)
@click.option("--print", "only_print", is_flag=True, help="Show what would be installed; install nothing.")
@click.option("--cron", is_flag=True, help="Use the crontab, whatever else there is.")
@click.pass_obj
def install(
    context: Context, sync: str, export: str | None, federate: str, *, only_print: bool, cron: bool
) -> None:
    """Install timers: sync every 6 hours, export weekly, federate monthly, or as often as you say."""
    jobs = _jobs(context, {"sync": sync, "export": export or _default_export(context), "federate": federate})
    there = Crontab(context.environment) if cron else _find_scheduler(context)
    if only_print:
        for job in jobs:
            context.say((there or Crontab(context.environment)).format(job))
        return
    if there is None:
        raise FedlearnError(
            "nothing here runs timers: no systemd of this user, no launchd, no crontab",
            hint="run `git fedlearn federate` by hand, or from whatever runs jobs here",
        )
    _remove_all(context)
    there.install(jobs)
    for job in jobs:
        context.say(f"{job.verb:<9} {job.every}")
    context.note("hint: git fedlearn schedule show")


@command.command("show", short_help="Show the timers.")
@click.pass_obj
def show(context: Context) -> int:
    """Show the timers of this repository; ends with 1 when there are none."""
    jobs = find_jobs(context)
    for job in jobs:
        context.say(job.shown)
    if not jobs:
        context.note("no timers\nhint: git fedlearn schedule install")
    return 0 if jobs else 1


@command.command("remove", short_help="Remove the timers.")
@click.pass_obj
def remove(context: Context) -> None:
    """Remove the timers of this repository."""
    number = _remove_all(context)
    context.say("timers removed" if number else "there were no timers")


@command.command("run-now", short_help="Run what a timer runs.")
@click.argument("verb", type=click.Choice(VERBS), default="federate")
@click.pass_obj
def run_now(context: Context, verb: str) -> int:
    """Run a job now, as its timer would."""
    (job,) = _jobs(context, {verb: "daily"})
    module = importlib.import_module(f"git_fedlearn.commands.{verb}")
    code = module.command.main(list(job.arguments), prog_name=verb, standalone_mode=False, obj=context)
    return int(code or 0)


def find_jobs(context: Context) -> list[Installed]:
    """The jobs of this repository, whoever runs them."""
    tag = tag_of(context.repository.top)
    return [job for kind in SCHEDULERS for job in kind(context.environment).find(tag)]


def _jobs(context: Context, intervals: dict[str, str]) -> list[Job]:
    repository = context.data_repository
    data = context.environment.get("AI_STACK_DATA")
    source = ("--source", str(context.directory / data)) if data else ()
    arguments = {"sync": ("--commit", *source), "export": ("--all",), "federate": source}
    return [
        Job(
            verb,
            check_every(every),
            arguments[verb],
            repository.top,
            sys.executable,
            repository.state.path(SCHEDULE_LOG),
            _search_path(context),
        )
        for verb, every in intervals.items()
        if every != OFF
    ]


def _search_path(context: Context) -> str:
    """The folders of PATH that are there, each once, less the one that git puts before them for us."""
    folders = dict.fromkeys(context.environment.get("PATH", "").split(":"))
    there = [folder for folder in folders if folder.startswith("/") and Path(folder).is_dir()]
    return ":".join(folder for folder in there if Path(folder).name != "git-core")


def _default_export(context: Context) -> str:
    return "weekly" if context.repository.git.find_config("fedlearn.qdrantUrl") else OFF


def _find_scheduler(context: Context) -> Scheduler | None:
    schedulers: list[Scheduler] = [kind(context.environment) for kind in SCHEDULERS]
    return next((scheduler for scheduler in schedulers if scheduler.is_there()), None)


def _remove_all(context: Context) -> int:
    """Remove the jobs of this repository from whoever runs them; returns how many there were."""
    tag = tag_of(context.repository.top)
    return sum(kind(context.environment).remove(tag) for kind in SCHEDULERS)
