"""Source files in object stores and other file systems of fsspec: `s3://`, `gs://`, `file://`, ….

A remote file has those methods of a path that sources need. Its ETag or time is its identity, so an object
that was written again is another file, whose checkpoint is found by content.
"""

import io
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import IO, Final, NamedTuple, cast

from xxhash import xxh3_64_intdigest

from git_fedlearn.errors import FedlearnError
from git_fedlearn.extras import Lazy, package_line

fsspec = Lazy("fsspec", "dask")

_STAMPS: Final = ("ETag", "etag", "mtime", "LastModified", "updated", "generation")


class RemoteError(FedlearnError):
    """A URL cannot be read."""


class Status(NamedTuple):
    """A remote file in the fields of stat(2); the inode is a hash of its version."""

    st_size: int
    st_dev: int
    st_ino: int
    st_mtime_ns: int


@dataclass(frozen=True)
class RemotePath:
    """A file at a URL."""

    url: str

    def __str__(self) -> str:
        return self.url

    @cached_property
    def suffix(self) -> str:
        """The last extension of its name, with the dot."""
        return PurePosixPath(self.url).suffix

    def stat(self) -> Status:
        """Its size and version. Raises OSError if it is gone."""
        files, path = fsspec.core.url_to_fs(self.url)
        found = files.info(path)
        stamp = repr([self.url, *(str(found.get(name)) for name in _STAMPS)])
        return Status(int(found["size"]), 0, xxh3_64_intdigest(stamp.encode()) >> 1, 0)

    def open(self, _mode: str = "rb") -> IO[bytes]:
        """Open it for reading; the stream is seekable."""
        files, path = fsspec.core.url_to_fs(self.url)
        stream = files.open(path, "rb")
        return cast("IO[bytes]", stream if hasattr(stream, "read1") else io.BufferedReader(stream))


def find_remote(pattern: str) -> list[RemotePath]:
    """The files that match a URL with `*`, `?` or `**`, sorted. Raises RemoteError."""
    scheme = pattern.partition("://")[0]
    try:
        files, path = fsspec.core.url_to_fs(pattern)
        found = sorted(name for name in files.glob(path) if not files.isdir(name))
    except ImportError as error:
        raise RemoteError(
            f"{scheme}:// needs a package that is not installed", hint=package_line(f"fsspec[{scheme}]")
        ) from error
    except (OSError, ValueError) as error:
        raise RemoteError(f"{pattern}: cannot be listed: {error}") from error
    return [RemotePath(files.unstrip_protocol(name)) for name in found]
