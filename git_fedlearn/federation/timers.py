"""What timers run and when, as units of systemd and as lines of a crontab. Pure: text in, text out."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from xxhash import xxh3_64_intdigest

from git_fedlearn.errors import UsageError

OFF: Final = "off"
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
