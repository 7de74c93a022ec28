"""The schedulers that can run jobs here: systemd of the user, launchd of macOS, or cron."""

# ruff: noqa: D102  the protocol says what the methods mean

import os
import plistlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.environment import home_folder
from git_fedlearn.repository.files import write_file
from git_fedlearn.repository.git import attempt_program
from git_fedlearn.repository.repository import Repository
from git_fedlearn.timers.jobs import (
    JOB_NAMES,
    LABEL_PREFIX,
    CommandLine,
    Job,
    describe_plist,
    format_cron_line,
    format_plist,
    format_service,
    format_timer,
    is_cron_line,
    label_of,
    parse_cron_line,
    parse_plist,
    parse_service,
    tag_of,
)


class InstalledJob(NamedTuple):
    """A job that is scheduled on this machine; `shown` is its unit or its line of the crontab."""

    name: str
    when: str
    shown: str
    runs: CommandLine
    """Without words if it cannot be read."""


class Scheduler(Protocol):
    """One scheduler, for the current user."""

    title: str
    is_exact: bool
    """Whether it starts a job at the minute of `time_of`."""

    def is_there(self) -> bool:
        """Whether this machine has it."""

    def install(self, jobs: Sequence[Job]) -> None:
        """Schedule these jobs. Raises FedlearnError."""

    def remove(self, tag: str) -> int:
        """Remove all jobs of a repository; returns how many there were. Raises FedlearnError."""

    def find(self, tag: str) -> Iterator[InstalledJob]:
        """The scheduled jobs of a repository."""

    def format(self, job: Job) -> str:
        """What `install` would write for a job."""


class Systemd:
    """Timers of the user's systemd, with logs in its journal."""

    title = "systemd"
    is_exact = False

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        config = environment.get("XDG_CONFIG_HOME") or Path(home_folder(environment), ".config")
        self.folder = Path(config) / "systemd" / "user"

    def is_there(self) -> bool:
        done = attempt_program(("systemctl", "--user", "show-environment"), self.environment)
        return done is not None and done.code == 0

    def install(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            write_file(self.folder / f"{job.unit}.service", format_service(job).encode())
            write_file(self.folder / f"{job.unit}.timer", format_timer(job).encode())
        self._control("daemon-reload")
        for job in jobs:
            self._control("enable", "--now", f"{job.unit}.timer")

    def remove(self, tag: str) -> int:
        timers = sorted(self.folder.glob(f"git-fedlearn-*-{tag}.timer"))
        for timer in timers:
            self._control("disable", "--now", timer.name)
            timer.unlink(missing_ok=True)
            timer.with_suffix(".service").unlink(missing_ok=True)
        if timers:
            self._control("daemon-reload")
        return len(timers)

    def find(self, tag: str) -> Iterator[InstalledJob]:
        for unit in sorted(self.folder.glob(f"git-fedlearn-*-{tag}.timer")):
            when = unit.read_text(encoding="utf-8").partition("OnCalendar=")[2].partition("\n")[0]
            name = unit.stem.removeprefix("git-fedlearn-").removesuffix(f"-{tag}")
            service = unit.with_suffix(".service")
            text = service.read_text(encoding="utf-8") if service.is_file() else ""
            yield InstalledJob(name, when, f"{unit.name}: {when}", parse_service(text))

    def format(self, job: Job) -> str:
        units = ((f"{job.unit}.service", format_service(job)), (f"{job.unit}.timer", format_timer(job)))
        return "\n".join(f"# {self.folder / unit}\n{text}" for unit, text in units)

    def _control(self, *arguments: str) -> None:
        _run(("systemctl", "--user", *arguments), self.environment, "git fedlearn schedule install --cron")


class Launchd:
    """Agents of the user's launchd, with logs in the state folder of the repository."""

    title = "launchd"
    is_exact = True

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.folder = Path(home_folder(environment), "Library", "LaunchAgents")

    def is_there(self) -> bool:
        return attempt_program(("launchctl", "help"), self.environment) is not None

    def install(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            path = self.folder / f"{label_of(job)}.plist"
            write_file(path, format_plist(job))
            _run(
                ("launchctl", "bootstrap", _domain(), str(path)),
                self.environment,
                "git fedlearn schedule install --cron",
            )

    def remove(self, tag: str) -> int:
        agents = sorted(self.folder.glob(f"{LABEL_PREFIX}.*.{tag}.plist"))
        for agent in agents:
            attempt_program(("launchctl", "bootout", f"{_domain()}/{agent.stem}"), self.environment)
            agent.unlink(missing_ok=True)
        return len(agents)

    def find(self, tag: str) -> Iterator[InstalledJob]:
        for agent in sorted(self.folder.glob(f"{LABEL_PREFIX}.*.{tag}.plist")):
            data = agent.read_bytes()
            try:
                when, runs = describe_plist(data), parse_plist(data)
            except (plistlib.InvalidFileException, KeyError, ValueError):
                when, runs = "cannot be read", CommandLine((), "")
            yield InstalledJob(agent.stem.split(".")[-2], when, f"{agent.name}: {when}", runs)

    def format(self, job: Job) -> str:
        return f"<!-- {self.folder / label_of(job)}.plist -->\n{format_plist(job).decode()}"


class Crontab:
    """Lines of the user's crontab, with logs in the state folder of the repository."""

    title = "cron"
    is_exact = True

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment

    def is_there(self) -> bool:
        return attempt_program(("crontab", "-l"), self.environment) is not None

    def install(self, jobs: Sequence[Job]) -> None:
        self._write(self._read() + "".join(f"{format_cron_line(job)}\n" for job in jobs))

    def remove(self, tag: str) -> int:
        before = self._read()
        kept = (line for line in before.splitlines(keepends=True) if not is_cron_line(line, tag))
        after = "".join(kept)
        if after != before:
            self._write(after)
        return len(before.splitlines()) - len(after.splitlines())

    def find(self, tag: str) -> Iterator[InstalledJob]:
        for line in self._read().splitlines():
            if is_cron_line(line, tag):
                runs = parse_cron_line(line)
                name = next((word for word in runs.words if word in JOB_NAMES), "?")
                yield InstalledJob(name, " ".join(line.split()[:5]), line, runs)

    def format(self, job: Job) -> str:
        return format_cron_line(job)

    def _read(self) -> str:
        done = attempt_program(("crontab", "-l"), self.environment)
        return done.out.decode("utf-8", "surrogateescape") if done and done.code == 0 else ""

    def _write(self, text: str) -> None:
        data = text.encode("utf-8", "surrogateescape")
        _run(("crontab", "-"), self.environment, "git fedlearn schedule install --print", stdin=data)


SCHEDULERS: Final = (Systemd, Launchd, Crontab)
"""The preferred one first."""


def find_scheduler(environment: Mapping[str, str]) -> Scheduler | None:
    """The preferred scheduler that this machine has, or None."""
    schedulers: list[Scheduler] = [kind(environment) for kind in SCHEDULERS]
    return next((scheduler for scheduler in schedulers if scheduler.is_there()), None)


def find_jobs(repository: Repository) -> list[InstalledJob]:
    """The scheduled jobs of a clone, of all schedulers."""
    tag = tag_of(repository.top)
    return [job for kind in SCHEDULERS for job in kind(repository.environment).find(tag)]


def remove_jobs(repository: Repository) -> int:
    """Remove the jobs of a clone from all schedulers; returns how many there were."""
    tag = tag_of(repository.top)
    return sum(kind(repository.environment).remove(tag) for kind in SCHEDULERS)


def _run(command: Sequence[str], environment: Mapping[str, str], hint: str, *, stdin: bytes = b"") -> None:
    done = attempt_program(command, environment, stdin=stdin)
    shown = " ".join(word for word in command[:3] if not word.startswith(("gui/", "/")))
    if done is None:
        raise FedlearnError(f"{command[0]} is not installed", hint=hint)
    if done.code:
        raise FedlearnError(f"{shown} failed: {done.said}", hint=hint)


def _domain() -> str:
    """The launchd domain of this user's session."""
    return f"gui/{os.getuid()}"
