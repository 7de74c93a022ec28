"""Reading the files a stack writes as it runs: telemetry events and the fine-tuning set.

A file is read to the size it had when opened. Offsets are of the bytes as
written; in a compressed file, of the bytes inside. What cannot be read is a result beside what can.
Nothing is read through a symbolic link below the source folder.
"""

import glob
import gzip
import io
import re
import stat
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, cast

from git_fedlearn.errors import FedlearnError
from git_fedlearn.extras import ZSTD, Lazy, MissingExtraError, load_extra
from git_fedlearn.learn.lines import MAX_LINE, Line, Skimmer, read_lines
from git_fedlearn.learn.profiles import Profile
from git_fedlearn.learn.remote_files import RemotePath, find_remote
from git_fedlearn.repository.repository import Repository

if TYPE_CHECKING:
    from backports import zstd
else:
    zstd = Lazy(ZSTD, "zstd")

DEFAULT_SOURCE: Final = "~/.local/share/nixos-ai-stack"

ZSTD_BLOCK_BYTES: Final = 1 << 17
"""The most that one block of a zstd frame can hold."""

Location = Path | RemotePath
"""A source folder."""

_URL: Final = re.compile(r"[a-z][a-z0-9+.-]*://")
_TELEMETRY = re.compile(r".+-events\.jsonl(?:[.-]\d[\w.:+-]*?)?(?:\.gz|\.zst)?")
_DATASET = re.compile(r"dataset\.jsonl(?:\.gz|\.zst)?")


class SourceKind(Enum):
    """What the lines of a source are."""

    TELEMETRY = "telemetry"
    FINE_TUNING = "fine-tuning"


class SourceError(FedlearnError):
    """The source folder as a whole cannot be read."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to learn from; `name` is its path under the source folder, with `/`."""

    path: Path | RemotePath
    name: str
    kind: SourceKind
    profile: Profile | None = None
    """How to read its lines as events; None for those of the coordinator."""


@dataclass(frozen=True, slots=True)
class SourceFault:
    """A path that cannot be read, in place of which others still are."""

    path: Path | RemotePath
    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Sources:
    """What a source folder holds, sorted by name."""

    files: tuple[SourceFile, ...]
    faults: tuple[SourceFault, ...]


def choose_source(repository: Repository, directory: Path, named: str | None) -> Location:
    """Where the stack's data is: what was named, as seen from a folder, else what this clone goes by."""
    place = named or configured_source(repository) or DEFAULT_SOURCE
    if _URL.match(place):
        return RemotePath(place)
    home = repository.environment.get("HOME", "~")
    return directory / (home + place[1:] if place.startswith("~/") else place)


def configured_source(repository: Repository) -> str | None:
    """The source that the environment of this run or the config of this clone names."""
    return repository.environment.get("AI_STACK_DATA") or repository.git.find_config("fedlearn.source")


def find_sources(root: Path | RemotePath, profiles: Mapping[Profile, Path] | None = None) -> Sources:
    """The files under a source folder, and those of profiles, each with the folder that its files lie below.

    A URL is a pattern of files, or of the folder that has them. Raises SourceError when the source folder is
    missing or no folder.
    """
    if isinstance(root, RemotePath):
        return _find_remote(root.url)
    if not root.is_dir():
        problem = "is not a folder" if root.exists() else "does not exist"
        raise SourceError(
            f"the source {root} {problem}",
            hint="name the folder of the AI stack's data with --source DIR or in $AI_STACK_DATA "
            "(default: ~/.local/share/nixos-ai-stack)",
        )
    found = [
        *_find_in(root, SourceKind.TELEMETRY, _TELEMETRY),
        *_find_in(root, SourceKind.FINE_TUNING, _DATASET),
    ]
    profiled = [
        item for profile, folder in (profiles or {}).items() for item in _find_profiled(profile, folder)
    ]
    taken = {item.path for item in profiled}
    found = [*(item for item in found if item.path not in taken), *profiled]
    files = sorted((item for item in found if isinstance(item, SourceFile)), key=lambda file: file.name)
    return Sources(tuple(files), tuple(item for item in found if isinstance(item, SourceFault)))


def _find_remote(url: str) -> Sources:
    if glob.has_magic(url):
        found = find_remote(url)
    else:
        folder = url.rstrip("/")
        patterns = (f"{folder}/{kind.value}/*" for kind in SourceKind)
        found = [path for pattern in patterns for path in find_remote(pattern)]
    names = {path: path.url.rpartition("/")[2] for path in found}
    wanted = {
        path: SourceKind.FINE_TUNING if _DATASET.fullmatch(name) else SourceKind.TELEMETRY
        for path, name in names.items()
        if glob.has_magic(url) or _DATASET.fullmatch(name) or _TELEMETRY.fullmatch(name)
    }
    if not wanted:
        raise SourceError(
            f"the source {url} has no files", hint="name them, as in s3://bucket/*-events.jsonl"
        )
    return Sources(tuple(SourceFile(path, path.url, kind) for path, kind in wanted.items()), ())


def open_source(path: Path | RemotePath) -> IO[bytes]:
    """Open a source for reading, decompressed. Raises SourceError for zstd without its extra."""
    if path.suffix == ".gz":
        raw = path.open("rb")
        return cast("IO[bytes]", _OwningGzip(raw))
    if path.suffix == ".zst":
        try:
            load_extra(ZSTD, "zstd")  # before the file is opened
        except MissingExtraError as error:
            raise SourceError(f"cannot read {path}: {error.message}", hint=error.hint) from error
        return io.BufferedReader(_OwningZstd(path.open("rb")), ZSTD_BLOCK_BYTES)
    return path.open("rb")


class _OwningGzip(gzip.GzipFile):
    """Closes what it reads from."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        super().__init__(fileobj=raw, mode="rb")

    def close(self) -> None:
        super().close()
        self._raw.close()


class _OwningZstd(io.RawIOBase):
    """Decompresses every frame, from any offset, and closes the file. Raises EOFError for damage too."""

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


def read_events(
    path: Path | RemotePath,
    *,
    offset: int = 0,
    number: int = 1,
    stop: int | None = None,
    max_line: int = MAX_LINE,
    skimmer: Skimmer | None = None,
) -> Iterator[Line | SourceFault]:
    """The lines of a file from an offset, whose line is `number`, to `stop` or to the end it has when opened.

    A fault comes last when reading cannot go on. A skimmer has low lines come as counts.
    """
    try:
        with open_source(path) as stream:
            limit = stop if stop is not None or is_compressed(path) else stream.seek(0, 2)
            stream.seek(offset)
            yield from read_lines(
                stream, offset=offset, number=number, limit=limit, max_line=max_line, skimmer=skimmer
            )
    except SourceError as error:
        yield SourceFault(path, error.message, error.hint)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        yield SourceFault(path, "the compressed data is damaged or ends early; what came before it was read")
    except OSError as error:
        yield SourceFault(path, f"cannot be read: {error.strerror or error}")


def is_compressed(path: Path | RemotePath) -> bool:
    """Whether offsets are not those of the file on disk."""
    return path.suffix in (".gz", ".zst")


def _find_in(root: Path, kind: SourceKind, pattern: re.Pattern[str]) -> Iterator[SourceFile | SourceFault]:
    folder = root / kind.value
    if fault := _fault_of(folder, wanted=stat.S_ISDIR):
        yield fault
        return
    try:
        names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        yield SourceFault(folder, f"cannot be read: {error.strerror or error}")
        return
    for name in filter(pattern.fullmatch, names):
        fault = _fault_of(folder / name, wanted=stat.S_ISREG)
        yield fault or SourceFile(folder / name, f"{kind.value}/{name}", kind)


def _find_profiled(profile: Profile, folder: Path) -> Iterator[SourceFile | SourceFault]:
    """The files of a profile; one that a symbolic link leads to is a fault, also below linked folders."""
    try:
        found = sorted(folder.glob(profile.files))
    except (OSError, ValueError) as error:
        yield SourceFault(folder / profile.files, f"cannot be read: {error}")
        return
    for path in found:
        relative = path.relative_to(folder)
        steps = [folder / parent for parent in reversed(relative.parents) if parent.name]
        faults = (_fault_of(step, wanted=stat.S_ISDIR) for step in steps)
        fault = next((fault for fault in faults if fault), None) or _fault_of(path, wanted=stat.S_ISREG)
        name = f"{profile.name}:{relative.as_posix()}"
        yield fault or SourceFile(path, name, SourceKind.TELEMETRY, profile)


def _fault_of(path: Path, *, wanted: Callable[[int], bool]) -> SourceFault | None:
    """What is wrong with a path that exists; a missing one is no fault."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return None
    except OSError as error:
        return SourceFault(path, f"cannot be read: {error.strerror or error}")
    if stat.S_ISLNK(mode):
        return SourceFault(
            path, "is a symbolic link", "name the folder that holds the real files with --source DIR"
        )
    return None if wanted(mode) else SourceFault(path, _WRONG[wanted is stat.S_ISDIR])


_WRONG: Final = {True: "is not a folder", False: "is not a regular file"}
