"""Progress bars and the live table of peers, shown on a terminal only.

rich takes 0.1 s to import, so it is imported only when there is a terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from git_fedlearn.console.context import Context
from git_fedlearn.federation.watcher import PullWatcher

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.live import Live
    from rich.table import Table

    from git_fedlearn.federation.fetch import Fetched
    from git_fedlearn.federation.peers import Peer
    from git_fedlearn.learn.pipeline import ReadProgress, Watch


@contextmanager
def progress_bar(context: Context, work: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function that shows progress; it is called with (done, total)."""
    if context.quiet or not context.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich import console, progress  # noqa: PLC0415  as above

    columns = (
        *("{task.description}", progress.BarColumn(), progress.MofNCompleteColumn()),
        *("{task.fields[rate]}", progress.TimeRemainingColumn()),
    )
    terminal = console.Console(file=context.stderr)
    with progress.Progress(*columns, console=terminal, transient=True) as bar:
        task = bar.add_task(work, visible=False, rate="")

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, visible=True)
            speed = bar.tasks[0].speed
            bar.update(task, rate=f"{speed:,.0f}/s" if speed else "")

        yield show


@contextmanager
def watching(context: Context, peers: Sequence[Peer]) -> Iterator[PullWatcher]:
    """Yield the callbacks of a pull: a live table, removed at the end, none in a pipe or if `--quiet`."""
    if not context.stderr.isatty() or context.quiet or not peers:
        yield PullWatcher()
        return
    from rich.console import Console  # noqa: PLC0415  as above
    from rich.live import Live  # noqa: PLC0415

    states = {str(peer.name): "fetching" for peer in peers}
    with Live(_table(states, ""), console=Console(file=context.stderr), transient=True) as live:
        yield _LiveTable(live, states)


class _LiveTable(PullWatcher):
    """A row per peer, and below it the current step of the run."""

    def __init__(self, live: Live, states: dict[str, str]) -> None:
        self._live = live
        self._states = states

    def fetched(self, outcome: Fetched) -> None:
        """Show the result of a fetch."""
        self._states[outcome.name] = outcome.contact.value
        self._show("")

    def checked(self, done: int, total: int) -> None:
        """Show the progress of the check."""
        self._show(f"checking: {done:,} of {total:,} records")

    def joining(self) -> None:
        """Show that the check has finished."""
        self._show("merging")

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
    """Yield the progress callback of a reading run; None in a pipe or if `--quiet`."""
    if context.quiet or not context.stderr.isatty():
        yield None
        return
    from rich import console, progress  # noqa: PLC0415  as above

    columns = (
        *("reading", progress.BarColumn(), progress.DownloadColumn(), progress.TransferSpeedColumn()),
        *("{task.fields[kept]} lessons", progress.TimeRemainingColumn()),
    )
    terminal = console.Console(file=context.stderr)
    with progress.Progress(*columns, console=terminal, transient=True, auto_refresh=False) as bar:
        task = bar.add_task("", total=None, kept=0)

        def watch(reading: ReadProgress) -> None:
            bar.update(task, completed=reading.done, total=reading.total, kept=reading.kept, refresh=True)

        yield watch
