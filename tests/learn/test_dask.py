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

from git_fedlearn.learn.dask_engine import dask_extracts
from git_fedlearn.learn.extracts import Chunk, Extract, Reached, split_chunks
from git_fedlearn.learn.sources import SourceFile, SourceKind

distributed = pytest.importorskip("distributed", reason="needs dask[distributed]")
fsspec = pytest.importorskip("fsspec", reason="needs fsspec")
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


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a bucket on a server that answers as S3 does."""
    moto = pytest.importorskip("moto.server", reason="needs moto[server]")
    pytest.importorskip("s3fs", reason="needs s3fs")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")
    files = fsspec.filesystem("s3", skip_instance_cache=True)
    files.mkdir("logs")
    yield "s3://logs"
    server.stop()


def test_a_bucket_is_read_as_a_folder(world: World, tmp_path: Path, in_process: Any, bucket: str) -> None:
    log = write_events(tmp_path / "stack", 300)
    _, wanted = learn(world, "alone", "--source", f"{tmp_path}/stack")
    url = f"{bucket}/telemetry/{log.name}"
    fsspec.filesystem("s3").put(str(log), url)
    _, found = learn(world, "embedded", "--source", bucket)
    assert found == wanted
    engine = ("--engine", f"dask={in_process.scheduler_address}")
    system, found = learn(world, "cluster", "--source", bucket, *engine)
    assert found == wanted
    assert system.fedlearn("sync", "--source", bucket, *engine).out.endswith(": nothing new\n")


def read_slowly(chunk: Chunk) -> Extract:
    threading.Event().wait(0.01)
    return Extract(10, reached={(chunk.file.name, chunk.start): Reached(chunk.start + 1, 1, is_whole=True)})


def make_chunks(tmp_path: Path, number: int) -> list[Chunk]:
    file = SourceFile(tmp_path / "log", "log", SourceKind.TELEMETRY)
    return [Chunk(file, start, start + 1) for start in range(number)]


def test_progress_names_each_chunk_once(tmp_path: Path, in_process: Any) -> None:
    chunks, read = make_chunks(tmp_path, 20), list[Chunk]()
    (extract,) = dask_extracts(in_process.scheduler_address, read_slowly, chunks, read.append)
    assert sorted(chunk.start for chunk in read) == [*range(20)]
    assert len(extract.reached) == 20


def test_who_stops_in_between_leaves_no_work(tmp_path: Path, in_process: Any) -> None:
    def stop(_chunk: Chunk) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        [*dask_extracts(in_process.scheduler_address, read_slowly, make_chunks(tmp_path, 500), stop)]
    with distributed.Client(in_process.scheduler_address) as client:
        # Each question is a turn of the scheduler; tasks that run are waited for, others are dropped.
        left = [client.run_on_scheduler(count_tasks) for _ in range(200)]
    assert left[-1] == 0


def count_tasks(dask_scheduler: Any) -> int:
    return len(dask_scheduler.tasks)


def test_a_small_log_is_said_to_be_faster_without(world: World, tmp_path: Path, in_process: Any) -> None:
    write_events(tmp_path / "stack", 30)
    engine = ("--engine", f"dask={in_process.scheduler_address}")
    said = world.system("one").fedlearn("sync", "--source", f"{tmp_path}/stack", *engine, code=1).err
    assert "note: a cluster pays from 1 GB of new lines on; this is 0.0 MB" in said


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
