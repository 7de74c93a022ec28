"""The progress of a pull from peers: on a terminal while the run goes on, and nowhere else."""

import os
import pty
import re
import subprocess
import sys

from federation.foreign import Foreign, line, patterns
from systems import System


def on_a_terminal(here: System, *arguments: str) -> tuple[str, str]:
    """Run a command with a terminal as its standard error; what came out, and what the terminal was sent."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "git_fedlearn.cli", *arguments],
        cwd=here.path,
        env={**here.environment, "TERM": "xterm", "COLUMNS": "80"},
        stdout=subprocess.PIPE,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        sent = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # Linux: nobody has the other end open any more
                break
            if not part:
                break
            sent += part
        os.close(ours)
        out = process.stdout.read() if process.stdout else b""
    assert process.returncode == 0
    return out.decode(), sent.decode()


def test_a_terminal_shows_progress_and_is_clean_afterwards(here: System, peer: Foreign) -> None:
    peer.offer(line(pattern="first"))
    out, sent = on_a_terminal(here, "pull-remotes")
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", sent)
    assert re.search(r"fetching and checking .* 1/1 ", shown)
    assert sent.endswith("\x1b[2K")  # erased at the end: the lines of the answer say it all
    assert out.startswith("peer  1 new\n")
    assert patterns(here) == ["first"]


def test_a_pipe_and_quiet_show_none(here: System, peer: Foreign) -> None:
    peer.offer(line(pattern="first"))
    assert here.fedlearn("pull-remotes", "--dry-run").err == "dry run: nothing was changed\n"
    _, sent = on_a_terminal(here, "--quiet", "pull-remotes")
    assert sent == ""
