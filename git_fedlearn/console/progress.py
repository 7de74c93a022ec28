"""A progress bar on a terminal, none in a pipe."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

from git_fedlearn.console.context import Context


@contextmanager
def progress_bar(context: Context, work: str) -> Iterator[Callable[[int, int], None]]:
    """Gives the function that shows how many of how many are done."""
    console = Console(file=context.stderr)
    hidden = context.quiet or not console.is_terminal
    with Progress(console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task(work, visible=False)

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, visible=True)

        yield show
