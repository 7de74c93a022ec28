"""The one place that knows where zstd comes from: Python 3.14, or else the `zstandard` package."""

import importlib
import io
from pathlib import Path
from typing import IO, Any, Final, cast

HINT: Final = "pip install zstandard"


def open_stream(path: Path) -> IO[bytes]:
    """Open a file for reading, decompressed, all frames. Raises ImportError without either module."""
    module = _module()
    if hasattr(module, "ZstdFile"):
        return cast("IO[bytes]", module.open(path, "rb"))
    decompressor = module.ZstdDecompressor()
    reader = decompressor.stream_reader(path.open("rb"), read_across_frames=True, closefd=True)
    return io.BufferedReader(reader)


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
