"""Extraction on a Dask cluster: chunks are mapped, extracts reduced by their join.

The join is commutative and associative, and a chunk yields the same extract wherever and however often it is
read, so lost workers, repeated tasks and any tree of reductions leave the same bytes. Nothing is sanitized or
written on the cluster: texts travel there and back as they are, so let it be one of your own.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from typing import Any, Final

from git_fedlearn.errors import FedlearnError
from git_fedlearn.extras import Lazy
from git_fedlearn.learn.extracts import Chunk, Extract

distributed = Lazy("distributed", "dask")

BRANCHES: Final = 8
"""Extracts that one task of the reduction joins."""

MAX_CHUNKS: Final = 512
"""Chunks that are on the cluster at a time, 4 GB of a log: what they give must fit into memory here."""

_PATIENCE: Final = "30s"


def dask_extracts(
    scheduler: str | None, extract: Callable[[Chunk], Extract], chunks: Sequence[Chunk]
) -> Iterator[Extract]:
    """Extracts that together are those of all chunks; without a scheduler on a cluster of local processes.

    Raises FedlearnError when the cluster cannot be reached, or loses a task again and again.
    """
    errors = (distributed.KilledWorker, TimeoutError, OSError)
    try:
        with _client(scheduler) as client:
            yield from _reduced(client, extract, chunks)
    except errors as error:
        where = scheduler or "a cluster of local processes"
        raise FedlearnError(
            f"dask on {where} failed: {type(error).__name__}", hint="is it up? `--engine embedded` needs none"
        ) from error


def _reduced(
    client: Any,  # noqa: ANN401  distributed has no types
    extract: Callable[[Chunk], Extract],
    chunks: Sequence[Chunk],
) -> Iterator[Extract]:
    for start in range(0, len(chunks), MAX_CHUNKS):
        level = client.map(extract, chunks[start : start + MAX_CHUNKS], pure=False, retries=3)
        while len(level) > 1:
            some = [level[at : at + BRANCHES] for at in range(0, len(level), BRANCHES)]
            level = [client.submit(join_all, futures, pure=False, retries=3) for futures in some]
        yield level[0].result()


def join_all(extracts: Sequence[Extract]) -> Extract:
    """The join of some extracts; they themselves stay as they are, for another task may want them."""
    first = Extract(extracts[0].snapshot)
    return reduce(Extract.join, extracts, first).trimmed()


def _client(scheduler: str | None) -> Any:  # noqa: ANN401  distributed has no types
    if scheduler:
        return distributed.Client(scheduler, timeout=_PATIENCE)
    return distributed.Client(processes=True, threads_per_worker=1, dashboard_address=None)
