"""What timers run and when, as property lists of launchd (launchd.plist(5)). Pure."""

import plistlib

from git_fedlearn.federation.timers import CommandLine, Job, minutes_of

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
