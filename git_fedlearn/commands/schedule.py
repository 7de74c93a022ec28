"""`git fedlearn schedule`: timers of this machine that learn and share."""

import importlib
import shlex
import sys
from pathlib import Path
from typing import NamedTuple

import click

from git_fedlearn.commands.context import Context
from git_fedlearn.errors import FedlearnError
from git_fedlearn.federation.timers import (
    EVERY,
    OFF,
    Job,
    check_every,
    format_cron_line,
    format_service,
    format_timer,
    tag_of,
    without_jobs,
)
from git_fedlearn.repository.files import write_file
from git_fedlearn.repository.git import attempt_program

INTERVAL = f"one of {', '.join(EVERY)}"


@click.group("schedule", short_help="Learn and share by timers of this machine.")
def command() -> None:
    """Timers for this repository: systemd user timers where systemd runs, else lines in the crontab.

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
@click.option("--cron", is_flag=True, help="Use the crontab also where systemd runs.")
@click.pass_obj
def install(
    context: Context, sync: str, export: str | None, federate: str, *, only_print: bool, cron: bool
) -> None:
    """Install timers: sync every 6 hours, export weekly, federate monthly, or as often as you say."""
    jobs = _jobs(context, {"sync": sync, "export": export or _default_export(context), "federate": federate})
    systemd = not cron and _has_systemd(context)
    if only_print:
        for job in jobs:
            context.say(_shown(context, job, systemd=systemd))
        return
    _uninstall(context)
    if systemd:
        _install_units(context, jobs)
    else:
        _write_crontab(
            context, _read_crontab(context) + "".join(f"{format_cron_line(job)}\n" for job in jobs)
        )
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
    number = _uninstall(context)
    context.say("timers removed" if number else "there were no timers")


@command.command("run-now", short_help="Run what a timer runs.")
@click.argument("verb", type=click.Choice(["sync", "export", "federate"]), default="federate")
@click.pass_obj
def run_now(context: Context, verb: str) -> int:
    """Run a job now, as its timer would."""
    (job,) = _jobs(context, {verb: "daily"})
    module = importlib.import_module(f"git_fedlearn.commands.{verb}")
    code = module.command.main(list(job.arguments), prog_name=verb, standalone_mode=False, obj=context)
    return int(code or 0)


class Installed(NamedTuple):
    """A job that a timer of this machine runs; `shown` is its unit or its line of the crontab."""

    verb: str
    when: str
    shown: str


def find_jobs(context: Context) -> list[Installed]:
    """The jobs of this repository, whoever runs them."""
    tag = tag_of(context.repository.top)
    found = []
    for unit in sorted(_unit_folder(context).glob(f"git-fedlearn-*-{tag}.timer")):
        when = unit.read_text(encoding="utf-8").split("OnCalendar=")[1].splitlines()[0]
        verb = unit.stem.removeprefix("git-fedlearn-").removesuffix(f"-{tag}")
        found.append(Installed(verb, when, f"{unit.name}: {when}"))
    for line in _read_crontab(context).splitlines():
        if line.endswith(f"# git-fedlearn:{tag}"):
            words = shlex.split(line.replace("\\%", "%"), comments=True)
            verb = next((word for word in words if word in ("sync", "export", "federate")), "?")
            found.append(Installed(verb, " ".join(words[:5]), line))
    return found


def _jobs(context: Context, intervals: dict[str, str]) -> list[Job]:
    repository = context.data_repository
    arguments = {"sync": ("--commit",), "export": ("--all",)}
    return [
        Job(
            verb,
            check_every(every),
            arguments.get(verb, ()),
            repository.top,
            sys.executable,
            repository.state / "schedule.log",
        )
        for verb, every in intervals.items()
        if every != OFF
    ]


def _default_export(context: Context) -> str:
    return "weekly" if context.repository.git.find_config("fedlearn.qdrantUrl") else OFF


def _shown(context: Context, job: Job, *, systemd: bool) -> str:
    if not systemd:
        return format_cron_line(job)
    folder = _unit_folder(context)
    units = ((f"{job.unit}.service", format_service(job)), (f"{job.unit}.timer", format_timer(job)))
    return "\n".join(f"# {folder / name}\n{text}" for name, text in units)


def _install_units(context: Context, jobs: list[Job]) -> None:
    folder = _unit_folder(context)
    for job in jobs:
        write_file(folder / f"{job.unit}.service", format_service(job).encode())
        write_file(folder / f"{job.unit}.timer", format_timer(job).encode())
    _systemctl(context, "daemon-reload")
    for job in jobs:
        _systemctl(context, "enable", "--now", f"{job.unit}.timer")


def _uninstall(context: Context) -> int:
    """Remove units and crontab lines; returns how many there were."""
    tag = tag_of(context.repository.top)
    timers = sorted(_unit_folder(context).glob(f"git-fedlearn-*-{tag}.timer"))
    for timer in timers:
        _systemctl(context, "disable", "--now", timer.name)
        timer.unlink(missing_ok=True)
        timer.with_suffix(".service").unlink(missing_ok=True)
    if timers:
        _systemctl(context, "daemon-reload")
    before = _read_crontab(context)
    after = without_jobs(before, tag)
    if after != before:
        _write_crontab(context, after)
    return len(timers) + (after != before)


def _systemctl(context: Context, *arguments: str) -> None:
    done = attempt_program(("systemctl", "--user", *arguments), context.environment)
    if done is None or done.code:
        said = done.err.strip() if done else "systemctl is not installed"
        raise FedlearnError(f"systemctl --user {arguments[0]} failed: {said}", hint="--cron uses the crontab")


def _has_systemd(context: Context) -> bool:
    done = attempt_program(("systemctl", "--user", "show-environment"), context.environment)
    return done is not None and done.code == 0


def _unit_folder(context: Context) -> Path:
    home = Path(context.environment.get("HOME", "~"))
    return Path(context.environment.get("XDG_CONFIG_HOME") or home / ".config") / "systemd" / "user"


def _read_crontab(context: Context) -> str:
    done = attempt_program(("crontab", "-l"), context.environment)
    return done.out.decode("utf-8", "surrogateescape") if done and done.code == 0 else ""


def _write_crontab(context: Context, text: str) -> None:
    done = attempt_program(
        ("crontab", "-"), context.environment, stdin=text.encode("utf-8", "surrogateescape")
    )
    if done is None or done.code:
        said = done.err.strip() if done else "neither systemd nor crontab is there"
        raise FedlearnError(
            f"the timers could not be set: {said}", hint="git fedlearn schedule install --print"
        )
