"""Run by a test in a process of its own: a log that another process appends to and rotates, while `sync` runs
again and again and is killed now and then. At the end each high-value event must be learned, once.

`python growing_log.py FOLDER RUNS`: FOLDER/repository learns from FOLDER/stack.
"""

import gzip
import json
import os
import random
import shutil
import sys
from pathlib import Path
from typing import BinaryIO

from crashing_commands import dies_at, fedlearn

from git_fedlearn.repository.record_sets import RecordSets

EVENTS = 40
"""Events that are written beside each run."""

MOST_CALLS = 30
"""A run that is killed dies at one of so many calls that change the disk."""


def main(folder: Path, runs: int) -> None:
    chance = random.Random(runs)  # noqa: S311
    arguments = ["sync", "--source", str(folder / "stack")]
    go, done, writer = start_writer(folder / "stack")
    killed = 0
    for number in range(runs):
        os.write(go, b"x")
        if number % 3:
            assert fedlearn(folder / "repository", arguments) == 0
        else:
            at = chance.randrange(1, MOST_CALLS)
            killed += dies_at(at, lambda: fedlearn(folder / "repository", arguments))
    os.close(go)
    high = int(os.read(done, 20))
    os.waitpid(writer, 0)
    assert fedlearn(folder / "repository", arguments) == 0
    check(folder / "repository", high)
    print(killed, high, len([*(folder / "stack" / "telemetry").iterdir()]))  # noqa: T201


def check(repository: Path, high: int) -> None:
    records = RecordSets(repository, 10_000_000).read_lines("skills-patterns")  # type: ignore[arg-type]
    queries = sorted(json.loads(line)["query"] for line in records)
    assert queries == sorted(query(number) for number in range(high)), "lost, or learned twice"


def query(number: int) -> str:
    return f"how to fix the error of number {number:06}"


def start_writer(stack: Path) -> tuple[int, int, int]:
    """A process that writes EVENTS for each byte it is sent; at the end it says how many to learn."""
    (taken, go), (done, said) = os.pipe(), os.pipe()
    child = os.fork()
    if child:
        os.close(taken)
        os.close(said)
        return go, done, child
    os.close(go)
    code = 1
    try:
        high = Writer(stack).run(taken)
        os.write(said, str(high).encode())
        code = 0
    finally:
        os._exit(code)


class Writer:
    """Appends events, each in two writes, and rotates as logrotate does, with and without copytruncate."""

    def __init__(self, stack: Path) -> None:
        self.chance = random.Random(7)  # noqa: S311
        self.log = stack / "telemetry" / "a-events.jsonl"
        self.log.parent.mkdir(parents=True)
        self.high = 0

    def run(self, taken: int) -> int:
        stream: BinaryIO = self.log.open("ab", buffering=0)
        while os.read(taken, 1):
            for _ in range(EVENTS):
                self.append(stream)
                if self.chance.random() < 0.03:
                    stream = self.rotate(stream)
        stream.close()
        return self.high

    def append(self, stream: BinaryIO) -> None:
        event = {"query": "a low one", "response": "no", "value_score": 0.2}
        if self.chance.random() < 0.3:
            event = {"query": query(self.high), "response": f"Do {self.high}, then rest.", "value_score": 0.9}
            self.high += 1
        line = json.dumps(event).encode() + b"\n"
        cut = self.chance.randrange(len(line))
        stream.write(line[:cut])
        stream.write(line[cut:])

    def rotate(self, stream: BinaryIO) -> BinaryIO:
        for number in range(len([*self.log.parent.iterdir()]), 0, -1):
            for end in ("", ".gz"):
                older = Path(f"{self.log}.{number}{end}")
                if older.exists():
                    older.rename(f"{self.log}.{number + 1}{end}")
        self.compress(Path(f"{self.log}.3"))
        if self.chance.random() < 0.5:
            shutil.copy(self.log, f"{self.log}.1")
            os.truncate(self.log, 0)
            return stream
        self.log.rename(f"{self.log}.1")
        stream.close()
        return self.log.open("ab", buffering=0)

    def compress(self, path: Path) -> None:
        if path.exists():
            packed = Path(f"{path}.tmp")
            packed.write_bytes(gzip.compress(path.read_bytes()))
            packed.rename(f"{path}.gz")
            path.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
