"""Source files in object stores and other places that fsspec reaches: `s3://`, `gs://`, `file://`, ….

A remote file looks like a path as far as sources need one. Its identity is what the store says of it (ETag,
time), so an object that was written anew is another file, found again by what it holds.
"""

import io
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import IO, Final, NamedTuple, cast

from xxhash import xxh3_64_intdigest

from git_fedlearn.errors import FedlearnError
from git_fedlearn.extras import Lazy

fsspec = Lazy("fsspec", "dask")

_STAMPS: Final = ("ETag", "etag", "mtime", "LastModified", "updated", "generation")


class RemoteError(FedlearnError):
    """The place that a URL names cannot be read."""


class Status(NamedTuple):
    """What is known of a remote file, as stat(2) names it; the inode stands for its version."""

    st_size: int
    st_dev: int
    st_ino: int
    st_mtime_ns: int


@dataclass(frozen=True)
class RemotePath:
    """A file by its URL."""

    url: str

    def __str__(self) -> str:
        return self.url

    @cached_property
    def suffix(self) -> str:
        """The end of its name with the dot."""
        return PurePosixPath(self.url).suffix

    def stat(self) -> Status:
        """Its size and version. Raises OSError when it is gone."""
        files, path = fsspec.core.url_to_fs(self.url)
        found = files.info(path)
        stamp = repr([self.url, *(str(found.get(name)) for name in _STAMPS)])
        return Status(int(found["size"]), 0, xxh3_64_intdigest(stamp.encode()) >> 1, 0)

    def open(self, _mode: str = "rb") -> IO[bytes]:
        """Open it for reading; it can seek."""
        files, path = fsspec.core.url_to_fs(self.url)
        stream = files.open(path, "rb")
        return cast("IO[bytes]", stream if hasattr(stream, "read1") else io.BufferedReader(stream))


def find_remote(pattern: str) -> list[RemotePath]:
    """The files that a URL with `*`, `?` or `**` in it names, sorted. Raises RemoteError."""
    scheme = pattern.partition("://")[0]
    try:
        files, path = fsspec.core.url_to_fs(pattern)
        found = sorted(name for name in files.glob(path) if not files.isdir(name))
    except ImportError as error:
        raise RemoteError(
            f"{scheme}:// needs a package that is not installed", hint=f"pip install 'fsspec[{scheme}]'"
        ) from error
    except (OSError, ValueError) as error:
        raise RemoteError(f"{pattern}: cannot be listed: {error}") from error
    return [RemotePath(files.unstrip_protocol(name)) for name in found]
