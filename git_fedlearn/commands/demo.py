"""`git fedlearn demo`: three throw-away systems that learn from each other."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from textwrap import wrap

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from git_fedlearn.console.context import Context
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import count
from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.layout import SHARED_SETS
from git_fedlearn.demo.acts import play
from git_fedlearn.demo.knowledge import Endorsed, describe, endorsed
from git_fedlearn.demo.systems import DemoStep, Stage, System, differing

WIDTH = 100
"""Columns, unless the terminal has fewer."""

INDENT = 4
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
    """Prints the demo: plain in a pipe, in color on a terminal."""

    def __init__(self, context: Context) -> None:
        self.console = Console(
            file=context.stdout, highlight=False, markup=False, emoji=False, quiet=context.is_json
        )
        terminal = self.console.is_terminal
        self.console.width = min(WIDTH, self.console.width) if terminal else WIDTH

    def show(self, news: DemoStep | str) -> None:
        """Print a step, or the heading of an act."""
        if isinstance(news, str):
            self.console.print(Text(f"\n{news}", style="bold"))
            return
        self.console.print(Text.assemble((f"{news.system}$ ", "cyan"), news.command), soft_wrap=True)
        for line in news.happened:
            self._lines(line, "dim")

    def conclude(self, stage: Stage, systems: list[System]) -> int:
        """Print what each system has in the end and whether it is identical; returns the exit code."""
        self.show("What each system has now:")
        self.console.print(_table(systems))
        different = [*differing(systems)]
        self.show("Lessons that two or more systems learned independently:")
        for lesson in endorsed(systems[0]):
            self._lesson(lesson)
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
            self._lines(line)

    def _lesson(self, lesson: Endorsed) -> None:
        self._lines(f"{count(lesson.systems, 'system')}, score {lesson.score:g}, {lesson.name}", "cyan")
        self._lines(f"  {lesson.text}")

    def _lines(self, text: str, style: str = "") -> None:
        margin = " " * (INDENT + len(text) - len(text.lstrip()))
        room = self.console.width - len(margin)
        for line in wrap(text.strip(), room, break_long_words=False, break_on_hyphens=False) or [""]:
            self.console.print(Text(margin + line, style=style), soft_wrap=True)


def _table(systems: list[System]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    rows = [describe(system) for system in systems]
    for heading in ("", *(row.system for row in rows)):
        table.add_column(heading, justify="right" if heading else "left")
    for name in SHARED_SETS:
        table.add_row(name, *(str(row.lessons[name]) for row in rows))
    table.add_row("retracted", *(str(row.retracted) for row in rows))
    table.add_row("commit", *(row.commit[:SHORT_OID] for row in rows))
    table.add_row("tree of data/patterns", *(row.trees[0][:SHORT_OID] for row in rows))
    table.add_row("blob of the fine-tuning set", *(row.trees[1][:SHORT_OID] for row in rows))
    return table


def _facts(stage: Stage, systems: list[System]) -> JsonObject:
    listed: list[Json] = [
        {
            "name": row.system,
            "lessons": {str(name): number for name, number in row.lessons.items()},
            "retracted": row.retracted,
            "commit": row.commit,
        }
        for row in map(describe, systems)
    ]
    different: list[Json] = [*differing(systems)]
    return {
        "pulls": stage.pulls,
        "conflicts": stage.conflicts,
        "differing": different,
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
