"""The jobs of a clone, written and read as systemd units, launchd property lists and cron lines.

Everything except `jobs_of` is pure. Reading a job back gives the command line that was written.
"""

import plistlib
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from xxhash import xxh3_64_intdigest

from git_fedlearn.errors import UsageError
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import SCHEDULE_LOG
from git_fedlearn.setup.launcher import find_launcher

OFF: Final = "off"
CRON_PATH: Final = "/usr/bin:/bin"
"""PATH of a command that cron starts, unless its line sets another."""
_TIMERS_HAVE: Final = ("HOME", "LOGNAME", "USER", "SHELL", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")
MAX_CRON_COMMAND_BYTES: Final = 990
"""Vixie cron accepts commands of less than 1,000 bytes; a longer one is written without PATH."""
HOURS: Final = (1, 2, 3, 4, 6, 8, 12)
JOB_NAMES: Final = ("sync", "export", "federate")
LABEL_PREFIX: Final = "io.git-fedlearn"
EVERY: Final = (*(f"{hours}h" for hours in HOURS), "daily", "weekly", "monthly", OFF)


_SYSTEMD_HOUR: Final = 3
_WORDS: Final = {"daily": "every day", "weekly": "every Monday", "monthly": "on day 1 of every month"}
_DELAYS_IN_WORDS: Final = {"15m": "15 minutes", "1h": "1 hour", "2h": "2 hours", "6h": "6 hours"}


@dataclass(frozen=True, slots=True)
class Job:
    """A command of git-fedlearn that runs at an interval in one repository; `name` is the command."""

    name: str
    every: str
    arguments: tuple[str, ...]
    top: Path
    program: tuple[str, ...]
    """The words that run `git fedlearn`, from any folder and with any environment."""
    log: Path
    path: str
    """PATH of the user who installs it: that of timers is short, and may lack git or a credential helper."""

    @property
    def tag(self) -> str:
        """Distinguishes the jobs of this repository from those of others."""
        return tag_of(self.top)

    @property
    def unit(self) -> str:
        """The name of its systemd units, without suffix."""
        return f"git-fedlearn-{self.name}-{self.tag}"

    @property
    def command(self) -> list[str]:
        """The command line."""
        return [*self.program, "-C", str(self.top), self.name, *self.arguments]


class CommandLine(NamedTuple):
    """The command that a timer starts, word by word, and its PATH."""

    words: tuple[str, ...]
    path: str


def jobs_of(repository: Repository, directory: Path, intervals: Mapping[str, str | None]) -> list[Job]:
    """The jobs of a clone, by name, at their intervals; $AI_STACK_DATA is relative to `directory`.

    None is the default of export: weekly if a Qdrant server is configured, else off. Raises UsageError for an
    invalid interval, FedlearnError if no program of ours runs from a bare shell.
    """
    has_server = repository.git.find_config("fedlearn.qdrantUrl")
    default = "weekly" if has_server else OFF
    environment = repository.environment
    data = environment.get("AI_STACK_DATA")
    source = ("--source", str(directory / data)) if data else ()
    arguments = {"sync": ("--commit", *source), "export": ("--all",), "federate": source}
    log, path = repository.state.path(SCHEDULE_LOG), _search_path(environment)
    program = find_launcher(repository.git).cli()
    for every in intervals.values():
        if every not in (*EVERY, None):
            raise UsageError(f"{every}: not an interval", hint=f"one of {', '.join(EVERY)}")
    return [
        Job(name, every, arguments[name], repository.top, program, log, path)
        for name, chosen in intervals.items()
        if (every := chosen or default) != OFF
    ]


def timer_environment(path: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a command that a timer starts: PATH, and who and where the user is."""
    kept = {name: environment[name] for name in _TIMERS_HAVE if name in environment}
    return {**kept, "PATH": path or CRON_PATH}


def tag_of(top: Path) -> str:
    """Eight characters that identify a repository on this machine."""
    return f"{xxh3_64_intdigest(str(top).encode()):016x}"[:8]


def format_service(job: Job) -> str:
    """The systemd service unit of a job."""
    command = " ".join(_quote_unit(word) for word in job.command)
    return (
        f"[Unit]\nDescription=git-fedlearn {job.name} in {_escape(str(job.top))}\n"
        "Wants=network-online.target\nAfter=network-online.target\n\n"
        f"[Service]\nType=oneshot\nWorkingDirectory={_escape(str(job.top))}\n"
        f"Environment={_quote_setting(f'PATH={job.path}')}\nExecStart={command}\nNice=10\n"
    )


def parse_service(text: str) -> CommandLine:
    """The command line of a unit that `format_service` wrote; without words if it is damaged."""
    settings = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    words = tuple(word.replace("$$", "$") for word in _unquote(settings.get("ExecStart", "")))
    (named, *_) = (*_unquote(settings.get("Environment", "")), "")
    return CommandLine(words, named.removeprefix("PATH="))


def format_timer(job: Job) -> str:
    """The systemd timer unit of a job; a run that was missed while the machine was off is made later."""
    return (
        f"[Unit]\nDescription=git-fedlearn {job.name}, {job.every}\n\n"
        f"[Timer]\nOnCalendar={_calendar(job)}\nPersistent=true\nRandomizedDelaySec={_delay(job)}\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )


def format_cron_line(job: Job) -> str:
    """The crontab line of a job."""
    hour, minute = time_of(job)
    when = {
        "daily": f"{minute} {hour} * * *",
        "weekly": f"{minute} {hour} * * 1",
        "monthly": f"{minute} {hour} 1 * *",
    }
    time = when.get(job.every) or f"{minute} */{job.every.removesuffix('h')} * * *"
    command = " ".join(shlex.quote(word) for word in job.command)
    line = f"{command} >>{shlex.quote(str(job.log))} 2>&1".replace("%", r"\%")
    path = f"PATH={shlex.quote(job.path)} ".replace("%", r"\%")
    fits = len(path) + len(line) < MAX_CRON_COMMAND_BYTES - len(_cron_comment(job.tag))
    return f"{time} {path if fits else ''}{line} {_cron_comment(job.tag)}"


def parse_cron_line(line: str) -> CommandLine:
    """The command line of a line that `format_cron_line` wrote, without the redirection."""
    words = shlex.split(line.replace("\\%", "%"), comments=True)[5:]
    path = words.pop(0).removeprefix("PATH=") if words and words[0].startswith("PATH=") else ""
    return CommandLine(tuple(words[:-2]), path)


def is_cron_line(line: str, tag: str) -> bool:
    """Whether a line of a crontab is a job of the repository with this tag."""
    return line.rstrip().endswith(_cron_comment(tag))


def time_of(job: Job) -> tuple[int, int]:
    """Hour and minute of a job; they differ between systems, so that not all push at the same time."""
    spread = xxh3_64_intdigest(f"{job.program[0]}{job.top}{job.name}".encode()) % 360
    return spread // 60 % 6, spread % 60


def describe_job(job: Job, now: datetime, *, is_exact: bool) -> str:
    """How often a job runs and when it runs next, in words; `now` is local time.

    A scheduler that is not exact starts at full hours, and then waits for a random time.
    """
    hour, minute = time_of(job) if is_exact else (_SYSTEMD_HOUR, 0)
    due = next_run(job.every, now, hour, minute)
    later = "" if is_exact else f" or up to {_DELAYS_IN_WORDS[_delay(job)]} later"
    hours = job.every.removesuffix("h")
    words = _WORDS.get(job.every) or (f"every {hours} hours" if hours != "1" else "every hour")
    return f"{words}; next on {due:%Y-%m-%d} at {due:%H:%M}{later}"


def next_run(every: str, now: datetime, hour: int, minute: int) -> datetime:
    """The first time after `now` that is due: at `hour` of its days, or at `minute` of each of its hours."""
    hours = range(0, 24, int(every.removesuffix("h"))) if every.endswith("h") else (hour,)
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    while True:
        if (every != "weekly" or day.weekday() == 0) and (every != "monthly" or day.day == 1):
            for due in (day.replace(hour=one, minute=minute) for one in hours):
                if due > now:
                    return due
        day += timedelta(days=1)


def _search_path(environment: Mapping[str, str]) -> str:
    """The folders of PATH that exist, each once, without the one that git puts first for its commands."""
    folders = dict.fromkeys(environment.get("PATH", "").split(":"))
    found = [folder for folder in folders if folder.startswith("/") and Path(folder).is_dir()]
    return ":".join(folder for folder in found if Path(folder).name != "git-core")


def _unquote(text: str) -> list[str]:
    """The words of a setting that `_quote_unit` or `_quote_setting` wrote."""
    try:
        return [word.replace("%%", "%") for word in shlex.split(text)]
    except ValueError:
        return []


def _cron_comment(tag: str) -> str:
    return f"# git-fedlearn:{tag}"


def _calendar(job: Job) -> str:
    named = {
        every: f"{days} {_SYSTEMD_HOUR:02}:00:00"
        for every, days in (("daily", "*-*-*"), ("weekly", "Mon *-*-*"), ("monthly", "*-*-01"))
    }
    return named.get(job.every) or f"*-*-* 00/{job.every.removesuffix('h')}:00:00"


def _delay(job: Job) -> str:
    return {"daily": "1h", "weekly": "2h", "monthly": "6h"}.get(job.every, "15m")


def _escape(text: str) -> str:
    """systemd.unit(5): a percent sign is a specifier."""
    return text.replace("%", "%%")


def _quote_setting(setting: str) -> str:
    """systemd.exec(5): one setting of `Environment=`, always quoted."""
    plain = _escape(setting).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"'


def _quote_unit(word: str) -> str:
    """systemd.service(5): one word of a command line."""
    plain = _escape(word).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{plain}"' if any(c in plain for c in " \t'\"\\;") else plain


def label_of(job: Job) -> str:
    """The launchd label of a job."""
    return f"{LABEL_PREFIX}.{job.name}.{job.tag}"


def format_plist(job: Job) -> bytes:
    """The property list of a job (launchd.plist(5)); launchd makes missed runs when the machine wakes up."""
    facts = {
        "Label": label_of(job),
        "ProgramArguments": job.command,
        "WorkingDirectory": str(job.top),
        "EnvironmentVariables": {"PATH": job.path},
        "StartCalendarInterval": _intervals(job),
        "StandardOutPath": str(job.log),
        "StandardErrorPath": str(job.log),
        "ProcessType": "Background",
        "Nice": 10,
    }
    return plistlib.dumps(facts, sort_keys=False)


def describe_plist(data: bytes) -> str:
    """When a job runs, in a few words."""
    times = plistlib.loads(data)["StartCalendarInterval"]
    first = times[0]
    clock = f"{first['Hour']:02}:{first['Minute']:02}"
    if len(times) > 1:
        return f"every {24 // len(times)} h from {clock}"
    day = (
        f"day {first['Day']} of the month" if "Day" in first else "Mondays" if "Weekday" in first else "daily"
    )
    return f"{day} at {clock}"


def parse_plist(data: bytes) -> CommandLine:
    """The command line of a property list that `format_plist` wrote."""
    facts = plistlib.loads(data)
    return CommandLine(tuple(facts["ProgramArguments"]), facts["EnvironmentVariables"]["PATH"])


def _intervals(job: Job) -> list[dict[str, int]]:
    hour, minute = time_of(job)
    once = {"Hour": hour, "Minute": minute}
    named = {"daily": once, "weekly": {"Weekday": 1, **once}, "monthly": {"Day": 1, **once}}
    if job.every in named:
        return [named[job.every]]
    return [{"Hour": hour, "Minute": minute} for hour in range(0, 24, int(job.every.removesuffix("h")))]
