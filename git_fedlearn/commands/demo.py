"""`git fedlearn demo`: three throw-away systems that learn from each other."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from git_fedlearn.console.context import Context, fit, paint
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import align, count
from git_fedlearn.core.layout import SHARED_SETS
from git_fedlearn.demo.acts import play
from git_fedlearn.demo.knowledge import describe, endorsed
from git_fedlearn.demo.systems import DemoStep, Stage, System, differing

WIDTH = 100
"""Columns, unless the terminal has fewer."""

INDENT = " " * 4
SHORT_OID = 8


@click.command("demo", short_help="Watch three throw-away systems learn from each other.")
@click.option("--keep", is_flag=True, help="Keep the folder so that you can explore it.")
@ANSWER_AS_JSON
@click.pass_obj
def command(context: Context, *, keep: bool) -> int:
    """Watch three systems learn from sample telemetry and share it through real git remotes.

    They learn, push, pull in different orders, raise a score and retract a lesson, in a throw-away folder.
    Nothing outside it is read or written: not your git config, your repositories or the network.
    """
    audience = Audience(context)
    with _folder(keep=keep) as place:
        stage = Stage(place, _with_program(context.environment), audience.show)
        systems = play(stage)
        code = audience.conclude(stage, systems)
        if keep:
            audience.invite(place)
        context.answer("demo/v1", {"folder": str(place) if keep else None, **_facts(stage, systems)})
    return code


class Audience:
    """Prints the demo."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._width = min(WIDTH, context.columns or WIDTH)

    def show(self, news: DemoStep | str) -> None:
        """Print a step, or the heading of an act."""
        if isinstance(news, str):
            self._context.say(f"\n{paint('heading', news)}")
            return
        self._context.say(f"{paint('set', f'{news.system}$')} {news.command}")
        for line in news.happened:
            self._say(line, "aside")

    def conclude(self, stage: Stage, systems: list[System]) -> int:
        """Print what each system has in the end and whether it is identical; returns the exit code."""
        self.show("What each system has now:")
        for line in _table(systems):
            self._context.say(line)
        different = [*differing(systems)]
        self.show("Lessons that two or more systems learned independently:")
        for lesson in endorsed(systems[0]):
            self._say(f"{count(lesson.systems, 'system')}, score {lesson.score:g}, {lesson.name}", "set")
            self._say(f"  {lesson.text}")
        same = f"{', '.join(different)} differ" if different else "identical on all systems, byte for byte"
        self.show(f"{count(stage.pulls, 'pull')}, {count(stage.conflicts, 'conflict')}; record sets: {same}")
        return 1 if different or stage.conflicts else 0

    def invite(self, place: Path) -> None:
        """Print where the folder is and what to try there."""
        self.show(f"The three systems are in {place}. Try:")
        for line in (
            f"cd {place}/laptop",
            "git log --graph --oneline --all",
            "git log -p -- data/patterns    (record by record)",
            "git fedlearn verify --history",
            f"rm -r {place}    (when you are done)",
        ):
            self._say(line)

    def _say(self, text: str, meaning: str = "") -> None:
        for line in fit(f"{INDENT}{text}", self._width).split("\n"):
            self._context.say(paint(meaning, line) if meaning else line)


def _table(systems: list[System]) -> list[str]:
    rows = [describe(system) for system in systems]
    table = [
        ("", *(row.system for row in rows)),
        *((name, *(str(row.lessons[name]) for row in rows)) for name in SHARED_SETS),
        ("retracted", *(str(row.retracted) for row in rows)),
        ("commit", *(row.commit[:SHORT_OID] for row in rows)),
        ("tree of data/patterns", *(row.trees[0][:SHORT_OID] for row in rows)),
        ("blob of the fine-tuning set", *(row.trees[1][:SHORT_OID] for row in rows)),
    ]
    return align(table, right=range(1, len(rows) + 1))


def _facts(stage: Stage, systems: list[System]) -> dict[str, object]:
    listed = [
        {
            "name": row.system,
            "lessons": {str(name): number for name, number in row.lessons.items()},
            "retracted": row.retracted,
            "commit": row.commit,
        }
        for row in map(describe, systems)
    ]
    return {
        "pulls": stage.pulls,
        "conflicts": stage.conflicts,
        "differing": [*differing(systems)],
        "systems": listed,
    }


def _with_program(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment, with a PATH on which git finds this installation as `git fedlearn`.

    It may have been started by its path while another installation is on PATH.
    """
    path = environment.get("PATH", "")
    for folder in (Path(sys.argv[0]).absolute().parent, Path(sys.executable).parent):
        if shutil.which("git-fedlearn", path=str(folder)):
            return {**environment, "PATH": f"{folder}{os.pathsep}{path}"}
    return dict(environment)


@contextmanager
def _folder(*, keep: bool) -> Iterator[Path]:
    """Yield the folder of the demo, removed at the end unless `keep` is set and the demo succeeded."""
    place = Path(tempfile.mkdtemp(prefix="git-fedlearn-demo-")).resolve()
    done = False
    try:
        yield place
        done = True
    finally:
        if not (keep and done):
            shutil.rmtree(place, ignore_errors=True)
