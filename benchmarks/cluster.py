"""`sync` of a log on a Dask cluster against `sync` by itself, both with two processes of this machine.

CLUSTER_MB names the sizes (10,100,1000). The cluster is there already, as a cluster of machines would be.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.event_log import write_log
from benchmarks.git_merge import ENVIRONMENT
from benchmarks.measure import compare, in_child, run
from benchmarks.sync import fresh_repository
from benchmarks.table import Row

SYNC = (sys.executable, "-I", "-m", "git_fedlearn.cli", "sync", "--source", "../source", "--jobs", "2")
CLUSTER = """
import distributed
if __name__ == "__main__":
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        print(cluster.scheduler_address, flush=True)
        input()
"""


def rows(folder: Path) -> Iterator[Row]:
    """Logs of growing size."""
    repository = folder / "repository"
    with _cluster(folder) as scheduler:
        for size in map(int, os.environ.get("CLUSTER_MB", "10,100,1000").split(",")):
            log = folder / "source" / "telemetry" / "bench-events.jsonl"
            in_child(_write, log, size * 1_000_000)
            result = compare(
                lambda: run((*SYNC, "--engine", f"dask={scheduler}"), repository, ENVIRONMENT),
                lambda: run(SYNC, repository, ENVIRONMENT),
                lambda: fresh_repository(repository),
                pairs=3,
            )
            note = f"{result.ours - result.rival:.1f} s longer; CPU is that of this process alone"
            yield Row(f"sync of {size} MB on two Dask workers", "sync with two processes", result, note=note)


def _write(log: Path, size: int) -> None:
    log.unlink(missing_ok=True)
    write_log(log, size)


@contextmanager
def _cluster(folder: Path) -> Iterator[str]:
    program = folder / "cluster.py"
    program.write_text(CLUSTER)
    with subprocess.Popen(
        (sys.executable, str(program)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin and process.stdout  # noqa: S101,PT018  they are pipes
        yield process.stdout.readline().strip()
        process.stdin.write("\n")
