"""Source files of an AI stack: find and open its telemetry events and fine-tuning samples.

A file is read up to its size when it was opened. Offsets count bytes of the decompressed content. A file that
cannot be read is a result, and does not stop the others. Symbolic links below the source folder are never
followed.
"""

import glob
import os
import re
import stat
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import IO, Final, NamedTuple

from git_fedlearn.errors import FedlearnError
from git_fedlearn.extras import ZSTD, MissingExtraError, load_extra
from git_fedlearn.learn.documents import HEAD_BYTES, is_document, read_document
from git_fedlearn.learn.known_tools import find_sessions
from git_fedlearn.learn.lines import MAX_LINE, Line, Skimmer, read_lines
from git_fedlearn.learn.profiles import Profile
from git_fedlearn.learn.remote_files import RemotePath, find_remote
from git_fedlearn.repository.environment import home_folder
from git_fedlearn.repository.repository import Repository

DEFAULT_SOURCE: Final = "~/.local/share/nixos-ai-stack"

MAIN_SOURCE: Final = "fedlearn.source"
"""The name of the source without a profile: its key in git config, which no profile can be called."""

Location = Path | RemotePath
"""A source folder, or a URL."""

_URL: Final = re.compile(r"[a-z][a-z0-9+.-]*://")
_COMPRESSIONS: Final = {
    ".gz": ("gzip", "BadGzipFile"),
    ".zst": (ZSTD, "ZstdError"),
    ".xz": ("lzma", "LZMAError"),
    ".bz2": ("bz2", ""),
}
"""The module that decompresses each, and its error for damaged data; without one, that is an OSError."""

_ROTATED = (
    r"(?:[._-]\d[\w:+-]*)*\.(?:jsonl|ndjson|json)(?:[.-](?:\d[\w:+-]*|old|bak|backup|prev|orig))*~?"
    rf"(?:{'|'.join(map(re.escape, _COMPRESSIONS))})?"
)
"""The end of a log's name: a date or number before or after the ending, compressed or not."""

_TELEMETRY = re.compile(rf".+-events{_ROTATED}")
_DATASET = re.compile(r"dataset\.(?:jsonl|ndjson|json)(?:\.gz|\.zst|\.xz|\.bz2)?")
_LOG = re.compile(r".*\.(?:jsonl|ndjson)(?:[.-].*)?")
"""A file that is surely a log, wherever it is in the source folder."""


class SourceKind(Enum):
    """The kind of the lines in a source file."""

    TELEMETRY = "telemetry"
    FINE_TUNING = "fine-tuning"


class SourceError(FedlearnError):
    """The source folder, or a whole file format, cannot be read."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read; `name` is its path below the source folder, with `/`."""

    path: Path | RemotePath
    name: str
    kind: SourceKind
    profile: Profile | None = None
    """How to read its lines as events; None for events of the coordinator."""

    @property
    def source(self) -> str:
        """The name of the source that it belongs to."""
        return self.profile.name if self.profile else MAIN_SOURCE

    @property
    def reads_whole(self) -> bool:
        """Whether the file is a session, whose lines depend on each other: if it grew, it is read again."""
        return self.profile is not None and self.profile.reader is not None


@dataclass(frozen=True, slots=True)
class SourceFault:
    """A path that cannot be read, and why."""

    path: Path | RemotePath
    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Sources:
    """The files of a source, sorted by name, and the faults."""

    files: tuple[SourceFile, ...]
    faults: tuple[SourceFault, ...]
    unread: tuple[str, ...] = ()
    """Names of files in the folders of logs that are not read, because of their names."""
    warnings: tuple[str, ...] = ()
    """What is probably a mistake in the settings."""
    folders: tuple[Location, ...] = ()
    """The folders in which the files were found, the source first; the source alone if there are none."""


def choose_source(repository: Repository, directory: Path, named: str | None) -> Location:
    """The source: `named`, else the configured one, else the default.

    A relative path in git config is below the top of the work tree, any other below `directory`.
    """
    place = named or configured_source(repository) or DEFAULT_SOURCE
    if _URL.match(place):
        return RemotePath(place)
    home = home_folder(repository.environment)
    is_config = not named and not repository.environment.get("AI_STACK_DATA")
    base = repository.top if is_config else directory
    path = base / (home + place[1:] if place.startswith("~/") else place)
    plain = Path(os.path.normpath(path))  # wrong where `..` leads out of a symbolic link
    return plain if plain.resolve() == path.resolve() else path


def configured_source(repository: Repository) -> str | None:
    """The source named by $AI_STACK_DATA or git config; None if there is none."""
    return repository.environment.get("AI_STACK_DATA") or repository.git.find_config("fedlearn.source")


def find_sources(root: Path | RemotePath, profiles: Mapping[Profile, Path] | None = None) -> Sources:
    """The files in a source folder, and those of profiles, each given with the folder of its files.

    Where no profile names the files, a folder without those of the coordinator may hold sessions of known
    tools. A URL is a folder or a pattern of files. Raises SourceError if it is missing or not a folder.
    """
    profiles = profiles or {}
    if isinstance(root, RemotePath):
        return _find_remote(root.url)
    is_described = root in profiles.values() or any((root / kind.value).exists() for kind in SourceKind)
    sessions = () if is_described else find_sessions(root)
    recognized = [
        SourceFile(path, f"{profile.name}:{path.relative_to(root).as_posix()}", SourceKind.TELEMETRY, profile)
        for path, profile in sessions
    ]
    if recognized and root.is_file():
        return Sources(tuple(recognized), (), folders=(root,))
    if not root.is_dir():
        problem = "is not a folder" if root.exists() else "does not exist"
        raise SourceError(
            f"the source {root} {problem}",
            hint="find your logs with `git fedlearn sources detect`, or set the folder with --source DIR "
            "or $AI_STACK_DATA",
        )
    own = [
        *_find_in(root, SourceKind.TELEMETRY, _TELEMETRY),
        *_find_in(root, SourceKind.FINE_TUNING, _DATASET),
    ]
    own_paths = {item.path for item in own}
    profiled = find_profiled(profiles, root, own_paths)
    taken = {file.path for file in profiled.files} | {fault.path for fault in profiled.faults}
    found = [item for item in (*own, *recognized) if item.path not in taken]
    own_files = [item for item in found if isinstance(item, SourceFile)]
    files = sorted((*own_files, *profiled.files), key=lambda file: file.name)
    faults = (*(item for item in found if isinstance(item, SourceFault)), *profiled.faults)
    unread = _find_unread(root, own_paths | taken | {item.path for item in recognized})
    elsewhere = [folder for folder in profiled.folders if folder != root]
    is_root_read = bool(own_files) or len(elsewhere) < len(profiled.folders) or not elsewhere
    folders = (*([root] if is_root_read else []), *elsewhere)
    return Sources(tuple(files), faults, tuple(unread), profiled.warnings, folders)


def find_profiled(
    profiles: Mapping[Profile, Path],
    root: Path | None = None,
    own_paths: "Collection[Path | RemotePath]" = (),
) -> Sources:
    """The files of profiles, each given with its folder.

    In the source `root`, a tool's pattern that begins with a wildcard leaves the coordinator's own files to
    it, and may match nothing: the profile is for another clone, whose git config names a folder.
    """
    files: list[SourceFile] = []
    faults: list[SourceFault] = []
    folders: dict[Location, None] = {}
    warnings: list[str] = []
    for profile, folder in profiles.items():
        is_of_tool = folder == root and profile.tool
        is_wild = is_of_tool and glob.has_magic(profile.files.partition("/")[0])
        found = [item for item in _find_profiled(profile, folder) if not (is_wild and item.path in own_paths)]
        files += [item for item in found if isinstance(item, SourceFile)]
        faults += [item for item in found if isinstance(item, SourceFault)]
        if found:
            folders[folder] = None
        elif not is_wild:
            warnings.append(f"[sources.{profile.name}]: no file matches {profile.files} in {folder}")
    return Sources(tuple(files), tuple(faults), warnings=tuple(warnings), folders=tuple(folders))


def _find_unread(root: Path, taken: "set[Path | RemotePath]") -> Iterator[str]:
    """The names of logs in a source folder that nothing reads, below it."""
    for folder in (root, *(root / kind.value for kind in SourceKind)):
        try:
            paths = sorted(folder.iterdir()) if not folder.is_symlink() and folder.is_dir() else []
        except OSError:  # already a fault
            continue
        for path in paths:
            is_log = folder != root or _LOG.fullmatch(path.name)
            if is_log and path not in taken and not path.name.startswith(".") and path.is_file():
                yield path.relative_to(root).as_posix()


def _find_remote(url: str) -> Sources:
    if glob.has_magic(url):
        found = find_remote(url)
    else:
        folder = url.rstrip("/")
        patterns = (f"{folder}/{kind.value}/*" for kind in SourceKind)
        found = [path for pattern in patterns for path in find_remote(pattern)]
    names = {path: path.url.rpartition("/")[2] for path in found}
    kinds = {
        path: SourceKind.FINE_TUNING if _DATASET.fullmatch(name) else SourceKind.TELEMETRY
        for path, name in names.items()
        if glob.has_magic(url) or _DATASET.fullmatch(name) or _TELEMETRY.fullmatch(name)
    }
    if not kinds:
        raise SourceError(
            f"the source {url} has no files", hint="use a pattern, such as s3://bucket/*-events.jsonl"
        )
    files = tuple(SourceFile(path, path.url, kind) for path, kind in kinds.items())
    return Sources(files, (), folders=(RemotePath(url),))


@contextmanager
def open_source(path: Path | RemotePath) -> Iterator[IO[bytes]]:
    """A source to read, decompressed; damaged data raises EOFError when it is reached.

    Raises SourceError if the module that decompresses it is missing.
    """
    if not is_compressed(path):
        with path.open("rb") as file:
            yield file
        return
    name, error = _COMPRESSIONS[path.suffix]
    try:
        module = load_extra(name, "zstd") if name == ZSTD else import_module(name)
    except MissingExtraError as missing:
        raise SourceError(f"cannot read {path}: {missing.message}", hint=missing.hint) from missing
    except ImportError as missing:
        raise SourceError(f"cannot read {path}: this Python was built without {missing.name}") from missing
    try:
        with path.open("rb") as file, module.open(file) as stream:
            yield stream
    except (zlib.error, getattr(module, error, OSError)) as damage:
        if isinstance(damage, OSError) and damage.errno:
            raise  # of the file, not of its data
        raise EOFError(str(damage)) from damage


class FileMark(NamedTuple):
    """A file when reading was planned: its inode, and its first bytes; another may have its path since."""

    inode: int
    first: bytes

    def is_of(self, stream: IO[bytes], path: Path | RemotePath, head: bytes) -> bool:
        """Whether an open file is still the same."""
        is_plain = isinstance(path, Path) and not is_compressed(path)
        is_same = not is_plain or os.fstat(stream.fileno()).st_ino == self.inode
        return is_same and head.startswith(self.first)


def read_events(
    path: Path | RemotePath,
    *,
    offset: int = 0,
    number: int = 1,
    stop: int | None = None,
    skimmer: Skimmer | None = None,
    mark: FileMark | None = None,
) -> Iterator[Line | SourceFault]:
    """The lines of a file from `offset` (line `number`) to `stop`, by default its size when opened.

    If reading fails, a fault comes last. For `skimmer` see `read_lines`. If the file was rotated since it was
    marked there are no lines: the offset means nothing in another file, which the next run reads.
    """
    try:
        with open_source(path) as stream:
            limit = stop if stop is not None or is_compressed(path) else stream.seek(0, 2)
            stream.seek(0)
            head = stream.read(HEAD_BYTES)
            if mark and not mark.is_of(stream, path, head):
                return
            if UTF16.match(head):
                if not offset:
                    hint = "convert it: iconv -f UTF-16 -t UTF-8 FILE > NEW"
                    yield SourceFault(path, "is UTF-16, not UTF-8", hint)
                return
            stream.seek(offset)
            if is_document(head):
                yield from read_document(stream, offset=offset, number=number, limit=limit, max_line=MAX_LINE)
                return
            yield from read_lines(stream, offset=offset, number=number, limit=limit, skimmer=skimmer)
    except SourceError as error:
        yield SourceFault(path, error.message, error.hint)
    except EOFError:
        yield SourceFault(path, "the compressed data is damaged or truncated; lines before that were read")
    except OSError as error:
        yield SourceFault(path, f"cannot be read: {error.strerror or error}")


def is_compressed(path: Path | RemotePath) -> bool:
    """Whether offsets are of decompressed data."""
    return path.suffix in _COMPRESSIONS


UTF16: Final = re.compile(rb"\xff\xfe|\xfe\xff|[\[{]\0.\0|\0[\[{]\0.", re.DOTALL)
"""How a file in UTF-16 begins."""


def _find_in(root: Path, kind: SourceKind, pattern: re.Pattern[str]) -> Iterator[SourceFile | SourceFault]:
    folder = root / kind.value
    if fault := _fault_of(folder, expected=stat.S_ISDIR):
        yield fault
        return
    try:
        names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        yield SourceFault(folder, f"cannot be read: {error.strerror or error}")
        return
    for name in filter(pattern.fullmatch, names):
        fault = _fault_of(folder / name, expected=stat.S_ISREG)
        yield fault or SourceFile(folder / name, f"{kind.value}/{name}", kind)


def _find_profiled(profile: Profile, folder: Path) -> Iterator[SourceFile | SourceFault]:
    """The files of a profile; a symbolic link that leads out of the folder is a fault."""
    try:
        found = sorted(folder.glob(profile.files))
    except (OSError, ValueError) as error:
        yield SourceFault(folder / profile.files, f"cannot be read: {error}")
        return
    faults: dict[Path, SourceFault | None] = {}
    for path in found:
        relative = path.relative_to(folder)
        steps = [folder / parent for parent in reversed(relative.parents) if parent.name]
        for step in (*steps, path):
            if step not in faults:
                faults[step] = _fault_of(step, expected=stat.S_ISREG if step == path else stat.S_ISDIR)
        if not any(faults[step] for step in (*steps, path)):
            name = f"{profile.name}:{relative.as_posix()}"
            yield SourceFile(path, name, SourceKind.TELEMETRY, profile)
    yield from (fault for path, fault in faults.items() if fault and not _is_read_elsewhere(path, folder))


def _is_read_elsewhere(path: Path, folder: Path) -> bool:
    """Whether a path is a link to what is in the folder under its own name, or to nothing."""
    is_link = path.is_symlink()
    return is_link and (not path.exists() or path.resolve().is_relative_to(folder.resolve()))


def _fault_of(path: Path, *, expected: Callable[[int], bool]) -> SourceFault | None:
    """What is wrong with a path; None if it is fine or missing."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return None
    except OSError as error:
        return SourceFault(path, f"cannot be read: {error.strerror or error}")
    if stat.S_ISLNK(mode):
        return SourceFault(
            path, "is a symbolic link", "set --source DIR to the folder that contains the real files"
        )
    what = "folder" if expected is stat.S_ISDIR else "regular file"
    return None if expected(mode) else SourceFault(path, f"is not a {what}")
