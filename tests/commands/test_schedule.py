"""`git fedlearn schedule`: units and crontab lines, installed, shown, changed and removed."""

import os
import plistlib
import re
import shutil
import subprocess
import sys
import sysconfig
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from systems import System, World

from git_fedlearn.timers.jobs import (
    EVERY,
    CommandLine,
    Job,
    format_cron_line,
    format_plist,
    format_service,
    next_run,
    parse_cron_line,
    parse_plist,
    parse_service,
)

CRONTAB = """#!/bin/sh
if test "$1" = -l
then cat "$HOME/crontab"
else cat >"$HOME/crontab.new" && mv "$HOME/crontab.new" "$HOME/crontab"
fi
"""
"""A crontab(1) that keeps its table in HOME."""
LAUNCHCTL = '#!/bin/sh\necho "$@" >>"$HOME/launchctl.log"\n'
SYSTEMCTL = '#!/bin/sh\necho "$@" >>"$HOME/systemctl.log"\n'


def with_program(world: World, system: System, name: str, text: str) -> System:
    folder = world.folder / "programs"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)
    system.environment["PATH"] = f"{folder}:{system.environment['PATH']}"
    return system


@pytest.fixture
def here(world: World) -> System:
    made = world.repository("100% her e")
    made.fedlearn("init")
    return made


def test_lines_of_a_crontab_come_change_and_go(world: World, here: System) -> None:
    table = world.home / "crontab"
    table.write_text("MAILTO=me\n0 0 * * * true\n")
    with_program(world, here, "crontab", CRONTAB)
    told = here.fedlearn("schedule", "install", "--cron")
    lines = table.read_text().splitlines()
    minute, _, *_ = lines[2].split()
    once, hour, *_ = lines[3].split()
    told_when = re.sub(r"\d{4}-\d\d-\d\d at \d\d", "DAY at HOUR", told.out)
    assert told_when == (
        "2 timers set up with cron\n"
        "  sync      learns from new lines of your AI stack's logs, and commits\n"
        f"            every 6 hours; next on DAY at HOUR:{int(minute):02}\n"
        "  federate  syncs, then shares with your remote and fetches from peers\n"
        f"            every day; next on DAY at HOUR:{int(once):02}\n"
    )
    assert f" at {int(hour):02}:{int(once):02}\n" in told.out
    assert told.err == "hint: git fedlearn schedule remove    (undoes it)\n"
    assert lines[:2] == ["MAILTO=me", "0 0 * * * true"]
    minute, hours, *_ = lines[2].split()
    assert (0 <= int(minute) < 60, hours) == (True, "*/6")
    assert r"100\% her e" in lines[2]
    here.fedlearn("schedule", "install", "--cron", "--sync", "1h", "--federate", "off")
    (line,) = here.fedlearn("schedule", "show").out.splitlines()
    assert "*/1 * * *" in line
    assert " sync --commit " in line
    here.fedlearn("schedule", "remove")
    assert table.read_text() == "MAILTO=me\n0 0 * * * true\n"
    assert here.fedlearn("schedule", "show", code=1).err == "no timers\nhint: git fedlearn schedule install\n"


def test_units_of_systemd_come_and_go(world: World, here: System) -> None:
    with_program(world, here, "systemctl", SYSTEMCTL)
    with_program(world, here, "crontab", CRONTAB)
    here.git("config", "fedlearn.qdrantUrl", "http://127.0.0.1:6333")
    here.fedlearn("schedule", "install")
    folder = world.home / ".config/systemd/user"
    assert len(list(folder.glob("git-fedlearn-*.service"))) == 3
    shown = here.fedlearn("schedule", "show").out
    assert [line.split(": ")[1] for line in shown.splitlines()] == [
        "Mon *-*-* 03:00:00",
        "*-*-* 03:00:00",
        "*-*-* 00/6:00:00",
    ]
    here.fedlearn("schedule", "remove")
    assert list(folder.iterdir()) == []
    log = (world.home / "systemctl.log").read_text()
    assert (log.count("enable --now"), log.count("disable --now")) == (3, 3)


def test_the_delay_of_systemd_is_told(world: World, here: System) -> None:
    with_program(world, here, "systemctl", SYSTEMCTL)
    told = here.fedlearn("schedule", "install").out
    assert told.startswith("2 timers set up with systemd\n")
    assert re.search(r"every 6 hours; next on \S+ at (00|06|12|18):00 or up to 15 minutes later\n", told)
    assert re.search(r"every day; next on \S+ at 03:00 or up to 1 hour later\n", told)
    off = here.fedlearn("schedule", "install", "--sync", "off", "--federate", "off")
    assert off.out == "no timers: every job is off\n"


@pytest.mark.parametrize("every", [every for every in EVERY if every != "off"])
def test_the_next_run_is_the_first_one_that_is_due(every: str) -> None:
    now = datetime(2026, 12, 28, 3, 41)  # a Monday  # noqa: DTZ001  local time
    due = next_run(every, now, 3, 41)
    days = {"daily": 1, "weekly": 7, "monthly": 4}
    if every in days:
        assert due == now + timedelta(days=days[every])
    else:
        hours = int(every.removesuffix("h"))
        assert (due.minute, due.hour % hours, now < due <= now + timedelta(hours=hours)) == (41, 0, True)
    assert next_run(every, due - timedelta(minutes=1), 3, 41) == due


def test_print_installs_nothing_and_systemd_accepts_it(world: World, here: System) -> None:
    with_program(world, here, "systemctl", SYSTEMCTL)
    printed = here.fedlearn("schedule", "install", "--print").out
    assert not (world.home / ".config").exists()
    assert "Persistent=true\nRandomizedDelaySec=15m\n" in printed
    analyze = shutil.which("systemd-analyze")
    if not analyze:
        pytest.skip("units were not checked by systemd-analyze, which is not installed")
    units = []
    for part in printed.split("# /")[1:]:
        name, _, text = part.partition("\n")
        units.append(world.folder / Path(name).name)
        units[-1].write_text(text)
    environment = {**here.environment, "XDG_RUNTIME_DIR": str(world.folder)}
    command = [analyze, "--user", "verify", *map(str, units)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_real_crontab_takes_the_lines(world: World, here: System) -> None:
    if not shutil.which("crontab"):
        pytest.skip("lines were not checked by crontab (Debian: cron), which is not installed")
    table = world.folder / "table"
    table.write_text("0 0 * * * true\n")
    if subprocess.run(["crontab", "-n", table], capture_output=True, check=False).returncode:
        pytest.skip("lines were not checked: this crontab has no dry run (-n)")
    for every in (*EVERY, "a PATH that is too long for cron"):
        if every not in EVERY:
            folders = [world.folder / f"{number}{'x' * 90}" for number in range(10)]
            for folder in folders:
                folder.mkdir()
            here.environment["PATH"] += "".join(f":{folder}" for folder in folders)
        interval = every if every in EVERY else "1h"
        table.write_text(here.fedlearn("schedule", "install", "--cron", "--print", "--sync", interval).out)
        done = subprocess.run(["crontab", "-n", table], capture_output=True, text=True, check=False)
        assert done.returncode == 0, (every, done.stderr)


def test_a_line_of_the_crontab_does_run(world: World, here: System) -> None:
    """By sh with the bare environment of cron; a percent sign is an end of line there, unless escaped."""
    here.commit()
    line = here.fedlearn("schedule", "install", "--cron", "--print", "--sync", "off").out.rstrip("\n")
    command = line.split(" ", 5)[5].replace("\\%", "%")
    bare = {"HOME": str(world.home), "PATH": "/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["sh", "-c", command], env=bare, cwd=world.home, check=False)
    log = (here.path / ".git/fedlearn/schedule.log").read_text()
    assert (done.returncode, log.splitlines()[0]) == (
        0,
        "sync          skipped       no logs are set up (git fedlearn sources detect --write)",
    )


def test_agents_of_launchd_come_and_go(world: World, here: System) -> None:
    with_program(world, here, "launchctl", LAUNCHCTL)
    with_program(world, here, "crontab", CRONTAB)
    with_program(world, here, "systemctl", "#!/bin/sh\nexit 1\n")
    here.environment["AI_STACK_DATA"] = str(world.folder / "stack")
    told = here.fedlearn("schedule", "install", "--sync", "8h").out.splitlines()
    assert (told[0], "every 8 hours; next on" in told[2]) == ("2 timers set up with launchd", True)
    folder = world.home / "Library/LaunchAgents"
    federate, sync = (plistlib.loads(path.read_bytes()) for path in sorted(folder.iterdir()))
    assert [time["Hour"] for time in sync["StartCalendarInterval"]] == [0, 8, 16]
    assert [*federate["StartCalendarInterval"][0]] == ["Hour", "Minute"]
    top = str(here.path)
    assert sync["ProgramArguments"][1:] == [
        *(
            "-I",
            "-m",
            "git_fedlearn.cli",
            "-C",
            top,
            "sync",
            "--commit",
            "--source",
            str(world.folder / "stack"),
        )
    ]
    assert (sync["WorkingDirectory"], sync["StandardErrorPath"]) == (top, f"{top}/.git/fedlearn/schedule.log")
    assert str(Path(sync["ProgramArguments"][0]).parent) in sync["EnvironmentVariables"]["PATH"].split(":")
    shown = here.fedlearn("schedule", "show").out.splitlines()
    assert [line.split(": ")[1][:10] for line in shown] == ["daily at 0", "every 8 h "]
    printed = here.fedlearn("schedule", "install", "--print", "--federate", "off").out
    assert plistlib.loads(printed.partition("\n")[2].encode())["Label"] == sync["Label"]
    here.fedlearn("schedule", "remove")
    assert list(folder.iterdir()) == []
    log = (world.home / "launchctl.log").read_text().splitlines()
    user = f"gui/{os.getuid()}"
    assert f"bootstrap {user} {folder}/{sync['Label']}.plist" in log
    assert log[-1] == f"bootout {user}/{sync['Label']}"


def test_nothing_here_runs_timers(here: System, world: World) -> None:
    only = world.folder / "only"
    only.mkdir()
    for name in ("git", "sh"):
        (only / name).symlink_to(str(shutil.which(name)))
    here.environment["PATH"] = str(only)
    assert here.fedlearn("schedule", "install", code=3).err == (
        "error: no scheduler found: neither systemd user timers, launchd nor cron\n"
        "hint: run `git fedlearn federate` from your own scheduler\n"
    )
    assert "git_fedlearn.cli" in here.fedlearn("schedule", "install", "--print").out


def test_run_now_is_what_the_timer_runs(world: World, here: System) -> None:
    """The command line of the timer, and its environment: nothing of this shell but PATH and who runs it."""
    with_program(world, here, "crontab", CRONTAB)
    here.commit()
    here.environment["AI_STACK_DATA"] = str(world.folder / "elsewhere")
    (world.folder / "stack").mkdir()
    said = here.fedlearn("schedule", "run-now", code=1)
    assert said.err.startswith("note: there is no federate timer;")
    assert "elsewhere does not exist (find your logs with" in said.out.splitlines()[0]
    here.environment["AI_STACK_DATA"] = str(world.folder / "stack")
    here.fedlearn("schedule", "install", "--cron", "--sync", "off")
    del here.environment["AI_STACK_DATA"]
    table = world.home / "crontab"
    here.environment["QDRANT_URL"] = "http://127.0.0.1:1"
    said = here.fedlearn("schedule", "run-now")
    assert said.err == ""
    assert [line.split()[:2] for line in said.out.splitlines()[:2]] == [
        ["sync", "nothing"],
        ["export", "skipped"],
    ]
    table.write_text(table.read_text().replace(sys.executable, "/gone/python"))
    assert here.fedlearn("schedule", "run-now", code=3).err == (
        "error: the federate timer runs /gone/python, which does not exist\n"
        "hint: git fedlearn schedule install\n"
    )


@pytest.mark.parametrize("top", ["plain", "100% her e", 'a"b\\c $HOME', "it's"])
def test_command_lines_are_read_as_they_were_written(top: str) -> None:
    job = Job(
        "sync",
        "6h",
        ("--commit",),
        Path("/x") / top,
        ("/usr/bin/python3", "-I", "-m", "git_fedlearn.cli"),
        Path("/x/log file"),
        "/a b:/usr/bin",
    )
    expected = CommandLine(tuple(job.command), job.path)
    assert parse_service(format_service(job)) == expected
    assert parse_cron_line(format_cron_line(job)) == expected
    assert parse_plist(format_plist(job)) == expected


WRAPPER = """#!{bare}
import site, sys
site.addsitedir({packages!r})
sys.argv[0] = {path!r}
from git_fedlearn.{module} import main
main()
"""
"""A console script as Nix wraps it: the interpreter alone does not find the packages."""


def test_timers_of_a_wrapped_program_run(world: World, here: System) -> None:
    bare = os.path.realpath(sys.executable)
    if (
        subprocess.run([bare, "-I", "-c", "import git_fedlearn"], capture_output=True, check=False).returncode
        == 0
    ):
        pytest.skip("the interpreter has git-fedlearn itself")
    own = str(Path(sys.executable).parent)
    path = [folder for folder in here.environment["PATH"].split(":") if folder != own]
    here.environment["PATH"] = ":".join(path)
    packages = sysconfig.get_path("purelib")
    for name, module in (("git-fedlearn", "cli"), ("git-fedlearn-hook", "plumbing.hook")):
        file = str(world.folder / "programs" / name)
        text = WRAPPER.format(bare=bare, packages=packages, path=file, module=module)
        with_program(world, here, name, text)
    with_program(world, here, "crontab", CRONTAB)
    (world.home / "crontab").write_text("")
    telemetry = world.folder / "stack" / "telemetry"
    telemetry.mkdir(parents=True)
    event = b'{"error_message":"the press refuses sheets","solution":"lower the fence","value_score":0.9}'
    (telemetry / "x-events.jsonl").write_bytes(event + b"\n")
    here.git("config", "fedlearn.source", str(telemetry.parent))
    here.git("fedlearn", "schedule", "install", "--cron")
    lines = (world.home / "crontab").read_text().splitlines()
    (line,) = [line for line in lines if " sync " in line]
    command = line.split(" ", 5)[5].replace("\\%", "%")
    here.git("add", "--all")
    here.git("commit", "--quiet", "--no-verify", "--message", "rules")
    kept = {name: here.environment[name] for name in ("HOME", "GIT_CONFIG_GLOBAL", "GIT_AUTHOR_NAME")}
    subprocess.run(["/bin/sh", "-c", command], cwd="/", env=kept, check=False)
    assert "lower the fence" in str(here.records("error-solutions"))


def test_what_is_no_interval(here: System) -> None:
    assert here.fedlearn("schedule", "install", "--sync", "5h", code=2).err.startswith(
        "error: 5h: not an interval\nhint: one of 1h, 2h"
    )
