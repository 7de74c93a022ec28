"""The walk of `git fedlearn review` in a pseudo-terminal: one key a decision, undo, and a summary."""

import json
import os
import pty
import select
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from systems import System

from git_fedlearn.core.identity import RecordId
from git_fedlearn.repository.inbox import Inbox, ProposedRetraction
from git_fedlearn.repository.repository import Repository

ASKED = "or [q]uit? "
DEADLINE_SECONDS = 60
IN_TERMINAL = """
import fcntl, sys, termios
from git_fedlearn.cli import run
from git_fedlearn.console.context import Context
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that Ctrl-C reaches it
sys.exit(run(sys.argv[1:], Context()))
"""


class Walker:
    """A person before a terminal, who answers when a question is shown."""

    def __init__(self, process: "subprocess.Popen[bytes]", terminal: int) -> None:
        self.process = process
        self.terminal = terminal
        self.seen = ""

    def wait_for(self, text: str) -> str:
        """What is shown up to this text."""
        while text not in self.seen:
            assert select.select([self.terminal], [], [], DEADLINE_SECONDS)[0], self.seen
            self.seen += os.read(self.terminal, 65536).decode().replace("\r\n", "\n")
        before, _, self.seen = self.seen.partition(text)
        return before + text

    def press(self, key: str) -> str:
        """Press a key at the next question; returns what was shown before."""
        shown = self.wait_for(ASKED)
        os.write(self.terminal, key.encode())
        return shown

    def end(self) -> str:
        """The summary and what follows; the exit code is 0, and the terminal as it was."""
        self.wait_for("\naccepted ")
        rest = self.seen
        while self.process.poll() is None or select.select([self.terminal], [], [], 0)[0]:
            if select.select([self.terminal], [], [], 0.1)[0]:
                rest += os.read(self.terminal, 65536).decode().replace("\r\n", "\n")
        assert self.process.returncode == 0
        assert termios.tcgetattr(self.terminal)[3] & termios.ICANON
        assert termios.tcgetattr(self.terminal)[3] & termios.ECHO
        return f"accepted {rest}"


@contextmanager
def walking(system: System, *arguments: str) -> Iterator[Walker]:
    master, slave = pty.openpty()
    settings = {**system.environment, "TERM": "xterm", "COLUMNS": "80", "NO_COLOR": "1"}
    command = [sys.executable, "-c", IN_TERMINAL, "review", *arguments]
    with subprocess.Popen(
        command,
        cwd=system.path,
        env=settings,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    ) as process:
        try:
            yield Walker(process, master)
        finally:
            process.kill()
            os.close(slave)
            os.close(master)


@pytest.fixture
def proposed(system: System) -> System:
    """Three proposed retractions, of lessons a, b and c."""
    system.add("skills-patterns", *({"pattern": word} for word in "abc"))
    inbox = Inbox(Repository.discover(system.path, system.environment))
    for record in system.records("skills-patterns"):
        at = f"2026-05-28T20:26:4{'abc'.index(str(record.fields['pattern']))}Z"
        inbox.add_retraction(ProposedRetraction(RecordId(record.id), "wrong", at))
    return system


def living(system: System) -> str:
    found = [record for record in system.records("skills-patterns") if not record.is_tombstone]
    return "".join(sorted(str(record.fields["pattern"]) for record in found))


def left(system: System) -> int:
    return len(system.fedlearn("review", "list", "--retractions", "--json").json()["retractions"])


def test_one_key_decides_and_the_end_sums_up(proposed: System) -> None:
    with walking(proposed) as walker:
        assert "1 of 3\n" in walker.press("a")
        assert "accept\n\n2 of 3\n" in walker.press("d")
        assert "drop\n\n3 of 3\n" in walker.press("n")
        assert "no more items" in walker.press("q")
        assert walker.end() == "accepted 1, dropped 1, 1 left\nhint: git add data && git commit\n"
    assert (living(proposed), left(proposed)) == ("bc", 1)


def test_the_last_decision_can_be_undone_also_after_the_last_item(proposed: System) -> None:
    with walking(proposed) as walker:
        assert "[u]ndo" not in walker.press("a")
        assert "[u]ndo" in walker.press("u")
        assert "undo\n\n1 of 3\n" in walker.press("d")
        walker.press("n")
        assert "3 of 3\n" in walker.press("u")
        assert "1 of 3\n" in walker.press("d")
        walker.press("d")
        walker.press("a")
        assert "no more items" in walker.press("u")
        assert "undo\n\n3 of 3\n" in walker.press("d")
        walker.press("q")
        assert walker.end() == "accepted 0, dropped 3, 0 left\n"
    assert (living(proposed), left(proposed)) == ("abc", 0)


@pytest.mark.parametrize("key", ["q", "\x03", "\x04"])
def test_whatever_ends_the_walk_keeps_what_was_decided(proposed: System, key: str) -> None:
    with walking(proposed) as walker:
        walker.press("d")
        walker.press("a")
        walker.press(key)
        assert walker.end().startswith("accepted 1, dropped 1, 1 left\n")
    assert (living(proposed), left(proposed)) == ("ac", 1)


def test_a_key_pressed_twice_decides_once_and_others_explain(proposed: System) -> None:
    with walking(proposed) as walker:
        walker.press("dddd")
        assert "2 of 3\n" in walker.press("\x1b[A")
        assert "  n  next    decide later\n" in walker.press("\N{LATIN SMALL LETTER E WITH ACUTE}")
        walker.press("q")
        assert walker.end() == "accepted 0, dropped 1, 2 left\n"
    assert left(proposed) == 2


def test_what_somebody_else_decided_meanwhile_stays_so(proposed: System) -> None:
    first = proposed.fedlearn("review", "list", "--json").json()["retractions"][0]["id"]
    with walking(proposed) as walker:
        walker.press("a")
        walker.wait_for("2 of 3")
        proposed.fedlearn("review", "drop", first)
        walker.press("q")
        assert walker.end() == "accepted 0, dropped 0, 2 left\n"
    assert living(proposed) == "abc"


def test_near_duplicates_come_last_and_never_lose_the_last_of_them(system: System) -> None:
    text = "add the path to the profile, reload it with apparmor_parser -r, then restart the unit and look"
    lessons = [{"pattern": f"{text} {end}", "value_score": score} for end, score in (("a", 0.9), ("b", 0.8))]
    system.add("skills-patterns", *lessons)
    best, _ = sorted(
        system.records("skills-patterns"), key=lambda one: -float(str(one.fields["value_score"]))
    )
    inbox = Inbox(Repository.discover(system.path, system.environment))
    inbox.add_retraction(ProposedRetraction(RecordId(best.id), "wrong", "2026-05-28T20:26:40Z"))
    with walking(system) as walker:
        assert "1 of 1\n" in walker.press("a")
        assert f"  keep      {best.id[:12]}" in walker.press("a")
        walker.press("q")
        assert walker.end().startswith("accepted 1, dropped 0, 0 left\n")
    assert living(system) == f"{text} b"
    system.fedlearn("restore", best.id)
    with walking(system) as walker:
        assert "searching for near duplicates\n\n1 of 1\n" in walker.press("d")
        walker.press("q")
        assert walker.end() == "accepted 0, dropped 1, 0 left\n"
    with walking(system) as walker:
        walker.wait_for("nothing to review\n")
        assert walker.process.wait() == 0


def test_programs_get_what_was_decided(proposed: System) -> None:
    first, second, third = (
        one["id"] for one in proposed.fedlearn("review", "list", "--json").json()["retractions"]
    )
    shown = proposed.fedlearn("review", "show", first, "--json").json()
    assert [one["id"] for one in shown["retractions"]] == [first]
    assert proposed.fedlearn("review", "accept", first, second, "--json").json() == {
        "schema": "fedlearn.review-decision/v1",
        "accepted": [first, second],
        "dropped": [],
        "refused": [],
        "retracted": [{"set": "skills-patterns", "id": first}, {"set": "skills-patterns", "id": second}],
        "models": [],
    }
    dropped = json.loads(proposed.fedlearn("review", "drop", third, "--json").out)
    assert (dropped["accepted"], dropped["dropped"]) == ([], [third])
    assert proposed.fedlearn("review", "show", first, "--json", code=2).json()["error"]


def test_accepting_names_the_models_that_saw_the_lesson(system: System) -> None:
    fixes = {"a quota": "raise it", "a full disk": "empty the store", "a lost route": "restart the bridge"}
    lessons = [{"error_message": f"mkdir failed: {what}", "solution": fix} for what, fix in fixes.items()]
    system.add("error-solutions", *({**lesson, "value_score": 0.9} for lesson in lessons))
    system.commit()
    system.fedlearn("dataset", "trained", "phi-ops", "--from", "error-solutions")
    first, second, third = (record.id for record in system.records("error-solutions"))
    inbox = Inbox(Repository.discover(system.path, system.environment))
    for identifier in (first, second, third):
        inbox.add_retraction(ProposedRetraction(RecordId(identifier), "wrong", "2026-05-28T20:26:40Z"))
    row = "phi-ops (error-solutions, 2026-05-28, this system)"
    assert f"trained {row}\n" in system.fedlearn("review", "show", first).out
    assert f"note: a model saw it: {row}\n" in system.fedlearn("review", "accept", first).err
    (model,) = system.fedlearn("review", "accept", second, "--json").json()["models"]
    assert (model["model"], model["data"]) == ("phi-ops", "error-solutions")
    with walking(system, "--retractions") as walker:
        assert f"trained {row}\n" in walker.press("a")
        walker.press("q")
        assert walker.end().startswith("accepted 1, dropped 0, 0 left\nnote: a model saw it: phi-ops")
    assert third not in system.fedlearn("review", "list").out
