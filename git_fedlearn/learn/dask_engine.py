"""Extraction on a Dask cluster: chunks are mapped to extracts, which are reduced by their join.

The join is commutative and associative, and a chunk always yields the same extract. So lost workers, repeated
tasks and any order of reductions give the same bytes. The cluster neither sanitizes nor writes: it gets raw
texts, so use only your own.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from typing import Any, Final

from git_fedlearn.errors import FedlearnError
from git_fedlearn.extras import Lazy
from git_fedlearn.learn.extracts import Chunk, Extract

distributed = Lazy("distributed", "dask")

BRANCHES: Final = 8
"""Extracts joined by one task of the reduction."""

MAX_CHUNKS: Final = 512
"""Chunks on the cluster at a time (4 GB of a log); their extract must fit into local memory."""

_CONNECT_TIMEOUT: Final = "30s"


def dask_extracts(
    scheduler: str | None,
    extract: Callable[[Chunk], Extract],
    chunks: Sequence[Chunk],
    was_read: Callable[[Chunk], None],
) -> Iterator[Extract]:
    """Extracts that together cover all chunks. Without a scheduler, starts a cluster of local processes.

    Whoever stops in between leaves no work on the cluster.

    Raises FedlearnError if the cluster cannot be reached or repeatedly loses a task.
    """
    errors = (distributed.KilledWorker, TimeoutError, OSError)
    try:
        with _client(scheduler) as client:
            yield from _reduced(client, extract, chunks, was_read)
    except errors as error:
        where = scheduler or "a cluster of local processes"
        raise FedlearnError(
            f"dask on {where} failed: {type(error).__name__}",
            hint="start the cluster, or use `--engine embedded`",
        ) from error


def _reduced(
    client: Any,  # noqa: ANN401  distributed has no types
    extract: Callable[[Chunk], Extract],
    chunks: Sequence[Chunk],
    was_read: Callable[[Chunk], None],
) -> Iterator[Extract]:
    for start in range(0, len(chunks), MAX_CHUNKS):
        some = chunks[start : start + MAX_CHUNKS]
        level = client.map(extract, some, pure=False, retries=3)
        chunk_of = {future.key: chunk for future, chunk in zip(level, some, strict=True)}
        reading = distributed.as_completed(level)
        while len(level) > 1:
            groups = [level[at : at + BRANCHES] for at in range(0, len(level), BRANCHES)]
            level = [client.submit(join_all, group, pure=False, retries=3) for group in groups]
        for future in reading:
            was_read(chunk_of[future.key])
        yield level[0].result()


def join_all(extracts: Sequence[Extract]) -> Extract:
    """The join of extracts, which are not changed: a repeated task may read them again."""
    first = Extract(extracts[0].snapshot)
    return reduce(Extract.join, extracts, first).trimmed()


def _client(scheduler: str | None) -> Any:  # noqa: ANN401  distributed has no types
    if scheduler:
        return distributed.Client(scheduler, timeout=_CONNECT_TIMEOUT)
    return distributed.Client(processes=True, threads_per_worker=1, dashboard_address=None)
