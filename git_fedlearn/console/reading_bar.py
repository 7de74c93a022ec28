"""The bar that `sync` shows on a terminal: bytes, rate, lessons kept, time left."""

from collections.abc import Iterator
from contextlib import contextmanager

from git_fedlearn.console.context import Context
from git_fedlearn.learn.pipeline import ReadProgress, Watch


@contextmanager
def reading_bar(context: Context) -> Iterator[Watch | None]:
    """Gives what to tell how far the reading is; None where nobody watches, in a pipe or when quiet."""
    if context.quiet or not context.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415  a tenth of a second that only a terminal pays
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
