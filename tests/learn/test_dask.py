"""Extraction on a Dask cluster leaves what this machine alone leaves, whatever becomes of the workers."""

import os
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from installed import snapshot
from learn.test_extracts import write_events
from systems import System, World

from git_fedlearn.learn.extracts import split_chunks

distributed = pytest.importorskip("distributed", reason="needs dask[distributed]")
pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.usefixtures("small_chunks")]


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(split_chunks, "__defaults__", (4000,))


def make_cluster(**options: Any) -> Any:
    return distributed.LocalCluster(dashboard_address=None, threads_per_worker=1, **options)


@pytest.fixture
def in_process() -> Iterator[Any]:
    with make_cluster(n_workers=1, processes=False) as cluster:
        yield cluster


def learn(world: World, name: str, *arguments: str, code: int = 1) -> tuple[System, object]:
    """A system that learned, and all its data. Some lines of the log are broken, so the answer is 1."""
    system = world.system(name)
    system.git("config", "fedlearn.system", "sys-abcdefghij")
    system.fedlearn("sync", *arguments, code=code)
    return system, snapshot(system.path / "data")


def test_a_cluster_leaves_the_same_bytes(world: World, tmp_path: Path, in_process: Any) -> None:
    log = write_events(tmp_path / "stack", 300)
    alone, wanted = learn(world, "alone", "--source", f"{tmp_path}/stack")
    engine = ("--engine", f"dask={in_process.scheduler_address}")
    system, found = learn(world, "cluster", "--source", f"{tmp_path}/stack", *engine)
    assert found == wanted
    again = system.fedlearn("sync", "--source", f"{tmp_path}/stack", *engine)
    assert again.out == f"read 1 file in {tmp_path}/stack: nothing new\n"

    url = f"file://{tmp_path}/stack"
    system, found = learn(world, "by-url", "--source", f"{url}/telemetry/*-events.jsonl", *engine)
    assert found == wanted
    with log.open("a") as stream:
        stream.write('1}\n{"query": "how to do the new thing", "response": "Do it.", "value_score": 0.9}\n')
    out = system.fedlearn("sync", "--source", f"{url}/telemetry/*-events.jsonl", *engine).out
    assert out.startswith("read 2 events from 1 file")
    shutil.rmtree(alone.path / "data" / "telemetry")
    alone.fedlearn("sync", "--source", url, code=1)
    assert alone.records("skills-patterns") == system.records("skills-patterns")


def test_what_cannot_be_used_says_so(world: World, tmp_path: Path) -> None:
    write_events(tmp_path / "stack", 3)
    system = world.system("one")
    say = system.fedlearn
    assert say("sync", "--engine", "spark", code=2).err == (
        "error: spark: unknown engine\nhint: --engine embedded, dask or dask=tcp://HOST:8786\n"
    )
    both = say("sync", "--engine", "dask", "--explain", code=2)
    assert "--explain and --engine dask cannot be used together" in both.err
    assert say("sync", "--source", f"file://{tmp_path}/nothing/*", code=3).err.startswith(
        f"error: the source file://{tmp_path}/nothing/* has no files\n"
    )
    assert say("sync", "--source", "nosuch://bucket/*", code=3).err == (
        "error: nosuch://bucket/*: cannot be listed: Protocol not known: nosuch\n"
    )


@pytest.mark.soak
def test_a_worker_killed_midway_changes_nothing(world: World, tmp_path: Path) -> None:
    write_events(tmp_path / "stack", 4000)
    _, wanted = learn(world, "alone", "--source", f"{tmp_path}/stack")
    with make_cluster(n_workers=2, processes=True, host="127.0.0.1") as cluster:
        (victim, *_) = [worker.pid for worker in cluster.workers.values()]
        killed = threading.Event()

        def kill() -> None:
            """Once some chunks are done, and others are not."""
            scheduler = cluster.scheduler
            while sum(task.state == "memory" for task in [*scheduler.tasks.values()]) < 5:
                killed.wait(0.01)
            os.kill(victim, signal.SIGKILL)
            killed.set()

        killer = threading.Thread(target=kill)
        killer.start()
        engine = ("--engine", f"dask={cluster.scheduler_address}")
        _, found = learn(world, "cluster", "--source", f"{tmp_path}/stack", *engine)
        killer.join()
    assert killed.is_set()
    assert found == wanted
