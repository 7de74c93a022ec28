"""Workers: the same results as one process, errors that say something, none that outlives its run."""

import os
import select
import signal
import subprocess
import sys

import pytest

from git_fedlearn.repository.workers import cores, spread

SPREAD = """
import os, signal, sys
from git_fedlearn.repository.workers import spread
from git_fedlearn.errors import FedlearnError

def work(piece):
    {work}

try:
    print(sorted(spread(work, range(9), 2)))
except (FedlearnError, ValueError) as error:
    print(type(error).__name__, error)
"""


def script(work: str) -> list[str]:
    return [sys.executable, "-c", SPREAD.format(work=work)]


def answer(work: str) -> str:
    return subprocess.run(script(work), capture_output=True, text=True, check=True).stdout


def test_results_are_those_of_one_process() -> None:
    assert answer("return piece * piece") == f"{[*spread(lambda piece: piece * piece, range(9), 1)]}\n"
    assert answer("return os.getpid() == os.getppid()") == f"{[False] * 9}\n"
    assert cores() >= 1


def test_what_fails_in_a_worker_fails_here() -> None:
    assert answer("raise ValueError(f'no {min(piece, 0)}')") == "ValueError no 0\n"
    killed = "os.kill(os.getpid(), signal.SIGKILL)"
    assert answer(killed) == "FedlearnError a worker process was killed\n"


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux alone")
def test_workers_end_with_the_process_that_started_them_even_if_it_is_killed() -> None:
    held, given = os.pipe()
    work = f"os.write({given}, b'x'); signal.pause()"
    with subprocess.Popen(script(work), pass_fds=[given]) as parent:
        os.close(given)
        assert os.read(held, 1) == os.read(held, 1) == b"x"
        parent.send_signal(signal.SIGKILL)
        assert select.select([held], [], [], 60)[0], "a worker still runs"
        assert os.read(held, 1) == b""
    os.close(held)
