"""The one place that knows where zstd comes from: Python 3.14, or else the `zstandard` package."""

import importlib
import io
from pathlib import Path
from typing import IO, Any, Final, cast

from git_fedlearn.learn.remote_files import RemotePath

HINT: Final = "pip install zstandard"


def open_stream(path: Path | RemotePath) -> IO[bytes]:
    """Open a file for reading, decompressed, all frames. Raises ImportError without either module."""
    module = _module()
    if hasattr(module, "ZstdFile"):
        return cast("IO[bytes]", module.open(path if isinstance(path, Path) else path.open("rb"), "rb"))
    decompressor = module.ZstdDecompressor()
    reader = decompressor.stream_reader(path.open("rb"), read_across_frames=True, closefd=True)
    return io.BufferedReader(_ForwardReader(reader))


class _ForwardReader(io.RawIOBase):
    """What the package's reader lacks to be read by lines: seeking, forward only."""

    def __init__(self, reader: IO[bytes]) -> None:
        self._reader = reader
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  any writable buffer
        data = self._reader.read(len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        if whence or offset < self._position:
            raise io.UnsupportedOperation("only forward")
        while self._position < offset and self.read(min(offset - self._position, 1 << 20)):
            pass
        return self._position

    def close(self) -> None:
        self._reader.close()
        super().close()


def _module() -> Any:  # noqa: ANN401  two modules that share a purpose, not an interface
    try:
        return importlib.import_module("compression.zstd")
    except ImportError:
        return importlib.import_module("zstandard")


def _error() -> type[Exception]:
    try:
        return cast("type[Exception]", _module().ZstdError)
    except ImportError:
        return EOFError


ZstdError = _error()
"""What damaged data raises."""
