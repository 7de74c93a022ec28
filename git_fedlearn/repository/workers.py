"""Work spread over the cores, or done in one process, with the same results.

Results arrive in any order, so the caller must not depend on it. Workers end with the process that started
them, however it ends, so that no lock outlives a run.
"""

import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from git_fedlearn.errors import FedlearnError

if TYPE_CHECKING:
    from concurrent.futures import Future

_T = TypeVar("_T")
_R = TypeVar("_R")

QUEUED: Final = 2
"""Pieces of work queued per process: results that wait take memory."""

_work: list[Callable[[Any], Any]] = []
"""The function that this worker runs; set once, when it starts."""


def cores() -> int:
    """The number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def spread(work: Callable[[_T], _R], pieces: Iterable[_T], jobs: int) -> Iterator[_R]:
    """The results of `work` for all pieces, in the order in which `jobs` processes finish them.

    Raises FedlearnError if a worker is killed.
    """
    if jobs == 1:
        yield from map(work, pieces)
        return
    from concurrent.futures import (  # noqa: PLC0415  most runs need no other process
        FIRST_COMPLETED,
        BrokenExecutor,
        ProcessPoolExecutor,
        wait,
    )
    from multiprocessing import get_context  # noqa: PLC0415

    # A forked process starts in a hundredth of the time, but is safe only where there are no threads.
    method = "fork" if sys.platform == "linux" and threading.active_count() == 1 else "spawn"
    pool = ProcessPoolExecutor(jobs, get_context(method), _start, (work,))
    waiting: set[Future[_R]] = set()
    try:
        for piece in pieces:
            if len(waiting) >= jobs * QUEUED:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
            waiting.add(pool.submit(_do, piece))
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)
    except BrokenExecutor as error:
        raise FedlearnError("a worker process was killed", hint="run it again, or with --jobs 1") from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start(work: Callable[[Any], Any]) -> None:
    _work[:] = [work]
    gc.freeze()  # what a fork inherits stays, and need not be searched for cycles
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent gets it too, and stops the workers
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    """End with the parent, even if it is killed."""
    from multiprocessing import connection, parent_process  # noqa: PLC0415

    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _do(piece: Any) -> Any:  # noqa: ANN401  the types of the work
    return _work[0](piece)


Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of points, records or lessons done, and of all."""
