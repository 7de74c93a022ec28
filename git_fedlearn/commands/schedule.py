"""`git fedlearn schedule`: timers of this machine that run sync, export and federate."""

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import count
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.git import follow_program
from git_fedlearn.timers.jobs import EVERY, JOB_NAMES, CommandLine, describe_job, jobs_of, timer_environment
from git_fedlearn.timers.schedulers import Crontab, find_jobs, find_scheduler, remove_jobs

INTERVALS = ", ".join(EVERY)
_PURPOSES = {
    "sync": "learns from new lines of your AI stack's logs, and commits",
    "export": "exports lessons from Qdrant",
    "federate": "syncs, then shares with your remote and fetches from peers",
}


@click.group("schedule", short_help="Run sync and federate on a timer.")
def command() -> None:
    """Run sync and federate on a timer, and export if you use Qdrant.

    The timers are systemd user timers where available, launchd agents on macOS, otherwise cron jobs. Their
    output goes to the systemd journal (journalctl --user), otherwise to fedlearn/schedule.log in the git
    folder.
    """


@command.command("install", short_help="Install or change the timers.")
@click.option(
    "--sync", "sync", metavar="EVERY", default="6h", help=f"How often to sync: {INTERVALS} (default: 6h)."
)
@click.option(
    "--export",
    "export",
    metavar="EVERY",
    help="How often to export (default: weekly if Qdrant is configured, otherwise off).",
)
@click.option(
    "--federate",
    "federate",
    metavar="EVERY",
    default="daily",
    help="How often to federate (default: daily).",
)
@click.option("--print", "only_print", is_flag=True, help="Print the timers; install nothing.")
@click.option("--cron", is_flag=True, help="Use cron even if systemd is available.")
@ANSWER_AS_JSON
@click.pass_obj
def install(
    context: Context, sync: str, export: str | None, federate: str, *, only_print: bool, cron: bool
) -> None:
    """Install the timers of this repository, or change their intervals."""
    repository = context.data_repository
    intervals = {"sync": sync, "export": export, "federate": federate}
    jobs = jobs_of(repository, context.directory, intervals)
    scheduler = Crontab(context.environment) if cron else find_scheduler(context.environment)
    printer = scheduler or Crontab(context.environment)
    listed = [{"name": job.name, "every": job.every, "text": printer.format(job)} for job in jobs]
    answer = {"scheduler": printer.title, "installed": not only_print, "jobs": listed}
    if only_print:
        context.answer("schedule-install/v1", answer)
        for job in jobs:
            context.say(printer.format(job), is_whole=True)
        return
    if scheduler is None:
        raise FedlearnError(
            "no scheduler found: neither systemd user timers, launchd nor cron",
            hint="run `git fedlearn federate` from your own scheduler",
        )
    remove_jobs(repository)
    scheduler.install(jobs)
    context.answer("schedule-install/v1", answer)
    if not jobs:
        context.say("no timers: every job is off")
        return
    context.say(f"{count(len(jobs), 'timer')} set up with {scheduler.title}")
    now = context.now().astimezone()
    for job in jobs:
        context.say(f"  {job.name:<9} {_PURPOSES[job.name]}")
        context.say(f"{'':<12}{describe_job(job, now, is_exact=scheduler.is_exact)}")
    context.note("hint: git fedlearn schedule remove    (undoes it)")


@command.command("show", short_help="Show the timers.")
@ANSWER_AS_JSON
@click.pass_obj
def show(context: Context) -> int:
    """Show the timers of this repository. Exits with 1 if there are none."""
    jobs = find_jobs(context.repository)
    listed = [{"name": job.name, "when": job.when, "text": job.shown} for job in jobs]
    context.answer("schedule-show/v1", {"jobs": listed})
    for job in jobs:
        context.say(job.shown)
    if not jobs:
        context.note("no timers\nhint: git fedlearn schedule install")
    return 0 if jobs else 1


@command.command("remove", short_help="Remove the timers.")
@ANSWER_AS_JSON
@click.pass_obj
def remove(context: Context) -> None:
    """Remove the timers of this repository."""
    number = remove_jobs(context.repository)
    context.say("timers removed" if number else "no timers to remove")
    context.answer("schedule-remove/v1", {"removed": number})


@command.command("run-now", short_help="Run the job of a timer now.")
@click.argument("name", type=click.Choice(JOB_NAMES), default="federate")
@ANSWER_AS_JSON
@click.pass_obj
def run_now(context: Context, name: str) -> int:
    """Run a job now, with the command line and the environment of its timer (default: federate)."""
    repository = context.data_repository
    found = next((job.runs for job in find_jobs(repository) if job.name == name and job.runs.words), None)
    if found is None:
        context.note(
            f"note: there is no {name} timer; running what `git fedlearn schedule install` would set up"
        )
        (job,) = jobs_of(repository, context.directory, {name: "daily"})
        found = CommandLine(tuple(job.command), job.path)
    environment = timer_environment(found.path, context.environment)
    output: list[bytes] = []
    follow = output.append if context.is_json else context.write
    code = follow_program(found.words, environment, repository.top, follow)
    if code is None:
        raise FedlearnError(
            f"the {name} timer runs {found.words[0]}, which does not exist",
            hint="git fedlearn schedule install",
        )
    printed = b"".join(output).decode("utf-8", "replace")
    context.answer("schedule-run-now/v1", {"name": name, "exit_code": code, "output": printed})
    return code
