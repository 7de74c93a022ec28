"""Reading zstd files: every frame, and from any offset. Damage is an EOFError, as an early end is."""

import io
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from git_fedlearn.extras import ZSTD, Lazy, load_extra
from git_fedlearn.learn.remote_files import RemotePath

if TYPE_CHECKING:
    from backports import zstd
else:
    zstd = Lazy(ZSTD, "zstd")

_BLOCK_BYTES: Final = 1 << 17
"""The most that one block of a frame can hold."""


def open_stream(path: Path | RemotePath) -> IO[bytes]:
    """Open a file for reading, decompressed; it can seek. Raises MissingExtraError."""
    load_extra(ZSTD, "zstd")  # before the file is opened
    return io.BufferedReader(_Decompressed(path.open("rb")), _BLOCK_BYTES)


class _Decompressed(io.RawIOBase):
    """Closes the file that it decompresses."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._stream = zstd.ZstdFile(file)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  any writable buffer
        try:
            return self._stream.readinto1(buffer)
        except zstd.ZstdError as error:
            raise EOFError(str(error)) from error

    def seek(self, offset: int, whence: int = 0) -> int:
        try:
            return self._stream.seek(offset, whence)
        except zstd.ZstdError as error:
            raise EOFError(str(error)) from error

    def tell(self) -> int:
        return self._stream.tell()

    def close(self) -> None:
        self._stream.close()
        self._file.close()
        super().close()
