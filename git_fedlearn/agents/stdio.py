"""Standard input that can end: when the client is gone, and on Ctrl-C.

The SDK reads standard input in a thread that nothing can interrupt. So it reads a pipe instead, into which
another thread copies what the client writes. If the pipe ends, the server ends as if its client had closed
it: a call that is running is finished first.
"""

import os
import select
import signal
from collections.abc import Callable
from threading import Thread
from types import FrameType
from typing import Final

_CHUNK_BYTES: Final = 65_536


class ClientPipe:
    """Standard input of the client, in place of descriptor 0 until `close`."""

    def __init__(self) -> None:
        self.is_interrupted = False
        self._source, self._output = os.dup(0), os.dup(1)
        read_end, self._write_end = os.pipe()
        os.dup2(read_end, 0)
        os.close(read_end)
        Thread(target=self._copy, daemon=True).start()

    def interrupt(self, _signal: int, _frame: FrameType | None) -> None:
        """Handle SIGINT: end the input; the next SIGINT ends the process."""
        self.is_interrupted = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._end()

    def close(self) -> None:
        """Put the client's standard input back."""
        os.dup2(self._source, 0)

    def _copy(self) -> None:
        poller = select.poll()
        poller.register(self._source, select.POLLIN)
        poller.register(self._output, 0)  # only an error: nobody reads it any more
        while True:
            ready = dict(poller.poll())
            data = b"" if self._output in ready else _read(self._source)
            if not data:
                self._end()
                return
            view = memoryview(data)
            while view:
                view = view[os.write(self._write_end, view) :]

    def _end(self) -> None:
        """Let the reader of the pipe see its end. The descriptor stays in use, so that ends may meet."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._write_end)
        os.close(nowhere)


def serve_client(run: Callable[[], None]) -> None:
    """Run a server over standard input and output until its client is gone. Raises KeyboardInterrupt.

    A client that is gone before it read an answer is no error: every call is safe to repeat.
    """
    pipe = ClientPipe()
    before = signal.signal(signal.SIGINT, pipe.interrupt)
    try:
        run()
    except* BrokenPipeError:
        pass
    finally:
        signal.signal(signal.SIGINT, before)
        pipe.close()
    if pipe.is_interrupted:
        raise KeyboardInterrupt


def _read(descriptor: int) -> bytes:
    """The next bytes; none at the end, or where nothing can be read any more."""
    try:
        return os.read(descriptor, _CHUNK_BYTES)
    except OSError:
        return b""
