"""Progress bars, shown on a terminal only, unless `--quiet`.

rich takes 0.1 s to import, so it is imported only when there is a terminal.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Final

from git_fedlearn.console.context import Context

if TYPE_CHECKING:
    from rich.progress import Progress

    from git_fedlearn.learn.pipeline import ReadProgress, Watch

PULLING: Final = "fetching and checking"
"""The work of a pull from peers: first they are counted, then their new records."""


@contextmanager
def progress_bar(
    context: Context, work: str, *, is_hidden: bool = False
) -> Iterator[Callable[[int, int], None]]:
    """Yield a function that shows progress, unless `is_hidden`; it is called with (done, total)."""
    columns = ("MofNCompleteColumn", "{task.fields[rate]}")
    with nullcontext() if is_hidden else _bar(context, *columns) as bar:
        task = bar.add_task(work, visible=False, rate="") if bar else None

        def show(done: int, total: int) -> None:
            if bar and task is not None:
                bar.update(task, completed=done, total=total, visible=True)
                speed = bar.tasks[0].speed
                bar.update(task, rate=f"{speed:,.0f}/s" if speed else "")

        yield show


@contextmanager
def reading_bar(context: Context) -> Iterator["Watch | None"]:
    """Yield the progress callback of a reading run; None if nothing is shown."""
    columns = ("DownloadColumn", "TransferSpeedColumn", "{task.fields[kept]} lessons")
    with _bar(context, *columns, auto_refresh=False) as bar:
        if bar is None:
            yield None
            return
        task = bar.add_task("reading", total=None, kept=0)

        def watch(reading: "ReadProgress") -> None:
            bar.update(task, completed=reading.done, total=reading.total, kept=reading.kept, refresh=True)

        yield watch


@contextmanager
def _bar(context: Context, *columns: str, **options: Any) -> Iterator["Progress | None"]:  # noqa: ANN401  rich's
    """A bar with these columns between the name of the work and the time left: names of classes, or texts."""
    if context.quiet or not context.stderr.isatty():
        yield None
        return
    from rich import console, progress  # noqa: PLC0415  as above

    shown = [getattr(progress, column)() if column.isalpha() else column for column in columns]
    with progress.Progress(
        *("{task.description}", progress.BarColumn(), *shown, progress.TimeRemainingColumn()),
        console=console.Console(file=context.stderr),
        transient=True,
        **options,
    ) as bar:
        yield bar
