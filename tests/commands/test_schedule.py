"""`git fedlearn schedule`: units and crontab lines, installed, shown, changed and removed."""

import shutil
import subprocess
from pathlib import Path

import pytest
from systems import System, World

CRONTAB = """#!/bin/sh
if test "$1" = -l
then cat "$HOME/crontab"
else cat >"$HOME/crontab.new" && mv "$HOME/crontab.new" "$HOME/crontab"
fi
"""
"""A crontab(1) that keeps its table in HOME."""
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
    assert here.fedlearn("schedule", "install", "--cron").out == "sync      6h\nfederate  monthly\n"
    lines = table.read_text().splitlines()
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
        "*-*-01 03:00:00",
        "*-*-* 00/6:00:00",
    ]
    here.fedlearn("schedule", "remove")
    assert list(folder.iterdir()) == []
    log = (world.home / "systemctl.log").read_text()
    assert (log.count("enable --now"), log.count("disable --now")) == (3, 3)


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


def test_run_now_is_what_the_timer_runs(here: System) -> None:
    here.commit()
    assert here.fedlearn("schedule", "run-now").out.startswith("sync          skipped")


def test_what_is_no_interval(here: System) -> None:
    assert here.fedlearn("schedule", "install", "--sync", "5h", code=2).err.startswith(
        "error: 5h: not an interval\nhint: one of 1h, 2h"
    )
