"""What timers run and when, as units of systemd and as lines of a crontab, written and read.

All but `jobs_of` is pure: text in, text out.

What timers run and when, as property lists of launchd (launchd.plist(5)). Pure.
"""

import plistlib
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from xxhash import xxh3_64_intdigest

from git_fedlearn.errors import UsageError
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import SCHEDULE_LOG

OFF: Final = "off"
CRON_PATH: Final = "/usr/bin:/bin"
"""PATH of a command that cron starts, unless its line says another."""
_TIMERS_HAVE: Final = ("HOME", "LOGNAME", "USER", "SHELL", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")
CRON_COMMAND: Final = 990
"""Vixie cron takes commands of less than 1,000 bytes; PATH is left out of one that would be longer."""
HOURS: Final = (1, 2, 3, 4, 6, 8, 12)
VERBS: Final = ("sync", "export", "federate")
EVERY: Final = (*(f"{hours}h" for hours in HOURS), "daily", "weekly", "monthly", OFF)


@dataclass(frozen=True, slots=True)
class Job:
    """One verb with its arguments, run again and again in one repository."""

    verb: str
    every: str
    arguments: tuple[str, ...]
    top: Path
    interpreter: str
    log: Path
    path: str
    """PATH of whoever installs it: that of timers is bare, and may lack git or a credential helper."""

    @property
    def tag(self) -> str:
        """What tells the jobs of this repository from those of others."""
        return tag_of(self.top)

    @property
    def unit(self) -> str:
        """The name of its units, less the suffix."""
        return f"git-fedlearn-{self.verb}-{self.tag}"

    @property
    def command(self) -> list[str]:
        """The command line."""
        return [self.interpreter, "-m", "git_fedlearn.cli", "-C", str(self.top), self.verb, *self.arguments]


class CommandLine(NamedTuple):
    """What a timer starts: the words of its command, and the PATH it has there."""

    words: tuple[str, ...]
    path: str


def jobs_of(repository: Repository, directory: Path, intervals: Mapping[str, str]) -> list[Job]:
    """The jobs of a clone by verb, each at its interval; $AI_STACK_DATA is seen from a folder.

    Raises UsageError for what is no interval.
    """
    environment = repository.environment
    data = environment.get("AI_STACK_DATA")
    source = ("--source", str(directory / data)) if data else ()
    arguments = {"sync": ("--commit", *source), "export": ("--all",), "federate": source}
    log, path = repository.state.path(SCHEDULE_LOG), _search_path(environment)
    return [
        Job(verb, check_every(every), arguments[verb], repository.top, sys.executable, log, path)
        for verb, every in intervals.items()
        if every != OFF
    ]


def timer_environment(path: str, environment: Mapping[str, str]) -> dict[str, str]:
    """What a command finds in its environment when a timer starts it: little beside PATH."""
    kept = {name: environment[name] for name in _TIMERS_HAVE if name in environment}
    return {**kept, "PATH": path or CRON_PATH}


def tag_of(top: Path) -> str:
    """Eight characters for a repository on this machine."""
    return f"{xxh3_64_intdigest(str(top).encode()):016x}"[:8]


def check_every(every: str) -> str:
    """Raise UsageError for what is no interval."""
    if every not in EVERY:
        raise UsageError(f"{every}: not an interval", hint=f"one of {', '.join(EVERY)}")
    return every


def format_service(job: Job) -> str:
    """The systemd service unit of a job."""
    command = " ".join(_quote_unit(word) for word in job.command)
    return (
        f"[Unit]\nDescription=git-fedlearn {job.verb} in {_escape(str(job.top))}\n"
        "Wants=network-online.target\nAfter=network-online.target\n\n"
        f"[Service]\nType=oneshot\nWorkingDirectory={_escape(str(job.top))}\n"
        f"Environment={_quote_setting(f'PATH={job.path}')}\nExecStart={command}\nNice=10\n"
    )


def parse_service(text: str) -> CommandLine:
    """The command line of a unit that `format_service` wrote; no words where it has none."""
    settings = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    words = tuple(word.replace("$$", "$") for word in _unquote(settings.get("ExecStart", "")))
    (named, *_) = (*_unquote(settings.get("Environment", "")), "")
    return CommandLine(words, named.removeprefix("PATH="))


def format_timer(job: Job) -> str:
    """The systemd timer unit of a job; what was missed while the machine was off is made up for."""
    return (
        f"[Unit]\nDescription=git-fedlearn {job.verb}, {job.every}\n\n"
        f"[Timer]\nOnCalendar={_calendar(job)}\nPersistent=true\nRandomizedDelaySec={_delay(job)}\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )


def format_cron_line(job: Job) -> str:
    """The crontab line of a job; the minute differs from system to system, so that not all come at once."""
    hour, minute = minutes_of(job)
    when = {
        "daily": f"{minute} {hour} * * *",
        "weekly": f"{minute} {hour} * * 1",
        "monthly": f"{minute} {hour} 1 * *",
    }
    time = when.get(job.every) or f"{minute} */{job.every.removesuffix('h')} * * *"
    command = " ".join(shlex.quote(word) for word in job.command)
    line = f"{command} >>{shlex.quote(str(job.log))} 2>&1".replace("%", r"\%")
    path = f"PATH={shlex.quote(job.path)} ".replace("%", r"\%")
    fits = len(path) + len(line) < CRON_COMMAND - len(_mark(job.tag))
    return f"{time} {path if fits else ''}{line} {_mark(job.tag)}"


def parse_cron_line(line: str) -> CommandLine:
    """The command line of a line that `format_cron_line` wrote, without where its output goes."""
    words = shlex.split(line.replace("\\%", "%"), comments=True)[5:]
    path = words.pop(0).removeprefix("PATH=") if words and words[0].startswith("PATH=") else ""
    return CommandLine(tuple(words[:-2]), path)


def is_cron_line(line: str, tag: str) -> bool:
    """Whether a line of a crontab is a job of a repository."""
    return line.rstrip().endswith(_mark(tag))


def without_jobs(crontab: str, tag: str) -> str:
    """A crontab without the lines of a repository."""
    return "".join(line for line in crontab.splitlines(keepends=True) if not is_cron_line(line, tag))


def minutes_of(job: Job) -> tuple[int, int]:
    """Hour and minute of a job; they differ from system to system, so that not all come at once."""
    spread = xxh3_64_intdigest(f"{job.interpreter}{job.top}{job.verb}".encode()) % 360
    return spread // 60 % 6, spread % 60


def _search_path(environment: Mapping[str, str]) -> str:
    """The folders of PATH that exist, each once, less the one that git puts before them for us."""
    folders = dict.fromkeys(environment.get("PATH", "").split(":"))
    found = [folder for folder in folders if folder.startswith("/") and Path(folder).is_dir()]
    return ":".join(folder for folder in found if Path(folder).name != "git-core")


def _unquote(text: str) -> list[str]:
    """The words of a setting that `_quote_unit` or `_quote_setting` wrote."""
    try:
        return [word.replace("%%", "%") for word in shlex.split(text)]
    except ValueError:
        return []


def _mark(tag: str) -> str:
    return f"# git-fedlearn:{tag}"


def _calendar(job: Job) -> str:
    named = {"daily": "*-*-* 03:00:00", "weekly": "Mon *-*-* 03:00:00", "monthly": "*-*-01 03:00:00"}
    return named.get(job.every) or f"*-*-* 00/{job.every.removesuffix('h')}:00:00"


def _delay(job: Job) -> str:
    return {"daily": "1h", "weekly": "2h", "monthly": "6h"}.get(job.every, "15m")


def _escape(text: str) -> str:
    """systemd.unit(5): a percent sign is a specifier."""
    return text.replace("%", "%%")


def _quote_setting(setting: str) -> str:
    """systemd.exec(5): one setting of `Environment=`, always between quotes."""
    plain = _escape(setting).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"'


def _quote_unit(word: str) -> str:
    """systemd.service(5): one word of a command line."""
    plain = _escape(word).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{plain}"' if any(c in plain for c in " \t'\"\\;") else plain


PREFIX = "io.git-fedlearn"


def label_of(job: Job) -> str:
    """The name of a job among all that launchd runs."""
    return f"{PREFIX}.{job.verb}.{job.tag}"


def format_plist(job: Job) -> bytes:
    """The property list of a job; launchd makes up for what was missed while the machine slept."""
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
    """When a job runs, in few words."""
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
    hour, minute = minutes_of(job)
    once = {"Hour": hour, "Minute": minute}
    named = {"daily": once, "weekly": {"Weekday": 1, **once}, "monthly": {"Day": 1, **once}}
    if job.every in named:
        return [named[job.every]]
    return [{"Hour": hour, "Minute": minute} for hour in range(0, 24, int(job.every.removesuffix("h")))]
