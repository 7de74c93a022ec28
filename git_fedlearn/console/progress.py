"""Progress on a terminal, none in a pipe: bars, and the live table of peers of `pull-remotes`.

rich costs a tenth of a second to import, which only a terminal pays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from git_fedlearn.console.context import Context
from git_fedlearn.federation.pull import PullWatcher
from git_fedlearn.learn.pipeline import ReadProgress, Watch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.live import Live
    from rich.table import Table

    from git_fedlearn.federation.fetch import Fetched
    from git_fedlearn.federation.peers import Peer


@contextmanager
def progress_bar(context: Context, work: str) -> Iterator[Callable[[int, int], None]]:
    """Gives the function that shows how many of how many are done."""
    from rich.console import Console  # noqa: PLC0415  as above
    from rich.progress import Progress  # noqa: PLC0415

    console = Console(file=context.stderr)
    hidden = context.quiet or not console.is_terminal
    with Progress(console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task(work, visible=False)

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, visible=True)

        yield show


@contextmanager
def watching(context: Context, peers: Sequence[Peer]) -> Iterator[PullWatcher]:
    """Gives what to tell how the run goes: a table that goes at the end, nothing in a pipe or when quiet."""
    if not context.stderr.isatty() or context.quiet or not peers:
        yield PullWatcher()
        return
    from rich.console import Console  # noqa: PLC0415  a tenth of a second that only a terminal pays
    from rich.live import Live  # noqa: PLC0415

    states = {str(peer.name): "fetching …" for peer in peers}
    with Live(_table(states, ""), console=Console(file=context.stderr), transient=True) as live:
        yield _LiveTable(live, states)


class _LiveTable(PullWatcher):
    """A row for each peer, and below it what the run is doing with all of them."""

    def __init__(self, live: Live, states: dict[str, str]) -> None:
        self._live = live
        self._states = states

    def fetched(self, outcome: Fetched) -> None:
        """Show how a fetch ended."""
        self._states[outcome.name] = outcome.contact.value
        self._show("")

    def checked(self, done: int, total: int) -> None:
        """Show how far the check is."""
        self._show(f"checking: {done:,} of {total:,} records")

    def joining(self) -> None:
        """Show that the check is over."""
        self._show("joining …")

    def _show(self, caption: str) -> None:
        self._live.update(_table(self._states, caption), refresh=True)


def _table(states: dict[str, str], caption: str) -> Table:
    from rich.table import Table  # noqa: PLC0415

    table = Table("peer", "state", box=None, caption=caption or None, caption_justify="left")
    for name, state in states.items():
        table.add_row(name, state)
    return table


@contextmanager
def reading_bar(context: Context) -> Iterator[Watch | None]:
    """Gives what to tell how far the reading is; None where nobody watches, in a pipe or when quiet."""
    if context.quiet or not context.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415  as above
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("reading"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TextColumn("{task.fields[kept]} lessons"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(file=context.stderr), transient=True, auto_refresh=False) as bar:
        task = bar.add_task("", total=None, kept=0)

        def watch(reading: ReadProgress) -> None:
            bar.update(task, completed=reading.done, total=reading.total, kept=reading.kept, refresh=True)

        yield watch
