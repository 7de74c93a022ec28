"""`git fedlearn schedule`: timers of this machine that learn and share."""

import click

from git_fedlearn.console.context import Context
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.git import follow_program
from git_fedlearn.timers.jobs import EVERY, JOB_NAMES, CommandLine, jobs_of, timer_environment
from git_fedlearn.timers.schedulers import Crontab, find_jobs, find_scheduler, remove_jobs

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
    repository = context.data_repository
    intervals = {"sync": sync, "export": export, "federate": federate}
    jobs = jobs_of(repository, context.directory, intervals)
    there = Crontab(context.environment) if cron else find_scheduler(context.environment)
    if only_print:
        for job in jobs:
            context.say((there or Crontab(context.environment)).format(job))
        return
    if there is None:
        raise FedlearnError(
            "nothing here runs timers: no systemd of this user, no launchd, no crontab",
            hint="run `git fedlearn federate` by hand, or from whatever runs jobs here",
        )
    remove_jobs(repository)
    there.install(jobs)
    for job in jobs:
        context.say(f"{job.name:<9} {job.every}")
    context.note("hint: git fedlearn schedule show")


@command.command("show", short_help="Show the timers.")
@click.pass_obj
def show(context: Context) -> int:
    """Show the timers of this repository; ends with 1 when there are none."""
    jobs = find_jobs(context.repository)
    for job in jobs:
        context.say(job.shown)
    if not jobs:
        context.note("no timers\nhint: git fedlearn schedule install")
    return 0 if jobs else 1


@command.command("remove", short_help="Remove the timers.")
@click.pass_obj
def remove(context: Context) -> None:
    """Remove the timers of this repository."""
    number = remove_jobs(context.repository)
    context.say("timers removed" if number else "there were no timers")


@command.command("run-now", short_help="Run what a timer runs.")
@click.argument("verb", type=click.Choice(JOB_NAMES), default="federate")
@click.pass_obj
def run_now(context: Context, verb: str) -> int:
    """Run a job now, as its timer would: with the same command line and the same environment."""
    repository = context.data_repository
    found = next((job.runs for job in find_jobs(repository) if job.name == verb and job.runs.words), None)
    if found is None:
        context.note(
            f"note: no timer runs {verb} here; this is what `git fedlearn schedule install` would set"
        )
        (job,) = jobs_of(repository, context.directory, {verb: "daily"})
        found = CommandLine(tuple(job.command), job.path)
    environment = timer_environment(found.path, context.environment)
    code = follow_program(found.words, environment, repository.top, context.write)
    if code is None:
        raise FedlearnError(
            f"the timer of {verb} runs {found.words[0]}, which is gone", hint="git fedlearn schedule install"
        )
    return code
