"""The live table of peers that `pull-remotes` shows on a terminal."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from git_fedlearn.federation.watching import Watcher

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.live import Live
    from rich.table import Table

    from git_fedlearn.console.context import Context
    from git_fedlearn.federation.fetching import Fetched
    from git_fedlearn.federation.peers import Peer


@contextmanager
def watching(context: Context, peers: Sequence[Peer]) -> Iterator[Watcher]:
    """Gives what to tell how the run goes: a table that goes at the end, nothing in a pipe or when quiet."""
    if not context.stderr.isatty() or context.quiet or not peers:
        yield Watcher()
        return
    from rich.console import Console  # noqa: PLC0415  a tenth of a second that only a terminal pays
    from rich.live import Live  # noqa: PLC0415

    states = {str(peer.name): "fetching …" for peer in peers}
    with Live(_table(states, ""), console=Console(file=context.stderr), transient=True) as live:
        yield _LiveTable(live, states)


class _LiveTable(Watcher):
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
