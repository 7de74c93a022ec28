"""Timing two commands in turn, so that both meet the same noise: what counts is the ratio pair by pair."""

import multiprocessing
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

Prepare = Callable[[], None]


class Run(NamedTuple):
    """One finished run: wall seconds and peak memory in MiB (of the process, by the system's accounting)."""

    seconds: float
    peak: float
    processor: float = 0.0
    """Seconds of processor time, of the processes that it waited for too."""
    code: int = 0
    """The exit code."""


class Result(NamedTuple):
    """Ours against a rival: medians in seconds of wall time, the pairs' ratios, the peak of ours in MiB."""

    ours: float
    rival: float
    ratio: float
    """The median of the pairs' ratios."""
    peak: float
    spread: tuple[float, float] | None = None
    """The smallest and the largest ratio of a pair; None of a single one."""
    processor: float | None = None
    """The median ratio of processor times, which other work on the machine disturbs less; None if unknown."""
    load: float = 0.0
    """The average number of processes that ran or waited for a core in the last minute (uptime(1))."""


def run(command: Sequence[str], folder: Path, environment: dict[str, str] | None = None) -> Run:
    """Run a command to its end, its output thrown away. Memory and processor time are also those of the
    processes that it waited for; the memory is that of the largest one.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    return Run(seconds, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime, process.returncode)


def in_child(function: Callable[..., None], *arguments: object) -> None:
    """Run a function in a process of its own: what this process held at its largest would count as the
    peak memory of every command it starts (getrusage(2)).
    """
    process = multiprocessing.get_context("spawn").Process(target=function, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        raise RuntimeError(function.__name__)


def compare(ours: Callable[[], Run], rival: Callable[[], Run], prepare: Prepare, *, pairs: int = 7) -> Result:
    """Run both in turn after one warm-up each; `prepare` runs, untimed, before every run."""
    mine: list[Run] = []
    other: list[Run] = []
    for number in range(pairs + 1):
        for measure, kept in ((ours, mine), (rival, other)):
            prepare()
            done = measure()
            if number:
                kept.append(done)
    return result_of(mine, other)


def result_of(mine: Sequence[Run], other: Sequence[Run]) -> Result:
    """What runs in pairs show."""
    pairs = [*zip(mine, other, strict=True)]
    ratios = [a.seconds / b.seconds for a, b in pairs]
    processor = [a.processor / b.processor for a, b in pairs if a.processor and b.processor]
    return Result(
        statistics.median(r.seconds for r in mine),
        statistics.median(r.seconds for r in other),
        statistics.median(ratios),
        max(r.peak for r in mine),
        (min(ratios), max(ratios)) if len(ratios) > 1 else None,
        statistics.median(processor) if processor else None,
        os.getloadavg()[0],
    )
