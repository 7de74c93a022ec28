"""Data files as scripts wrote them before git-fedlearn: whole events, dumps, shared snapshots, links.

Such files are committed in repositories that grew their own layout of data/. They are found here, by path
and form; `verify --fix` adopts them (docs/howto/migrate.md).
"""

import json
import os
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import JsonObject, parse_object
from git_fedlearn.core.layout import DATA, ROOT, SHARED_SETS, find_set, is_raw, path_of
from git_fedlearn.core.patterns import lazy_pattern
from git_fedlearn.core.record import is_raw_event
from git_fedlearn.core.record_set import BOM
from git_fedlearn.repository.files import read_file
from git_fedlearn.repository.repository import Repository

MAX_DUMP_BYTES: Final = 500_000_000
"""A larger dump is not looked at."""

_END_BYTES: Final = 8192

_DUMP: Final = lazy_pattern(rf"{DATA}/collections/snapshots/(?P<name>[^/]+?)(?:-\d{{4}}-\d\d-\d\d)?\.json")
_EVENTS: Final = lazy_pattern(rf"{DATA}/telemetry/snapshots/[^/]+\.jsonl")
_SAMPLES: Final = lazy_pattern(rf"{DATA}/fine-tuning/snapshots/[^/]+\.jsonl")
_MONTH: Final = lazy_pattern(rf"{DATA}/metrics/monthly/\d{{4}}-(?:0[1-9]|1[0-2])\.json")
_FOLDERS: Final = (
    f"{DATA}/collections/snapshots",
    f"{DATA}/telemetry/snapshots",
    f"{DATA}/fine-tuning/snapshots",
    f"{DATA}/metrics/monthly",
    f"{DATA}/telemetry",
)


class OlderKind(Enum):
    """What a file of an older layout is, in words."""

    EVENTS = "whole events among the records"
    DUMP = "a dump of a collection"
    TELEMETRY = "a snapshot of events that belongs to no system"
    SAMPLES = "a version of the training data that belongs to no system"
    MONTH = "metrics that belong to no system"
    LINK = "a link to the newest file, which only this machine needs"
    RAW = "raw telemetry in git, which must stay on one machine"


class OlderFile(NamedTuple):
    """A file of an older layout, with the first line that is affected (0: the file)."""

    path: str
    kind: OlderKind
    line: int = 0


def find_older_files(repository: Repository, *, whole: bool = True) -> list[OlderFile]:
    """The files of an older layout in the work tree, sorted by path.

    Unless `whole`, only the first and the last kilobytes of a record set are read: lines that are no records
    come last in a set, and before its first join there are only such lines.
    """
    read = read_file if whole else _read_ends
    sets = ((path, _first_event(read(repository.top / path))) for path in root_files(repository))
    events = [OlderFile(path, OlderKind.EVENTS, number) for path, number in sets if number]
    found = [*events, *_find_files(repository), *_find_raw(repository)]
    return sorted(found, key=lambda file: file.path)


def root_files(repository: Repository) -> Iterator[str]:
    """The root files of record sets in the work tree; links and folders in their places are left out."""
    found = (repository.top / DATA / "collections").glob("*.jsonl")
    paths = [path_of(stem, ROOT) for stem in SHARED_SETS.values()]
    for path in [*paths, *sorted(map(repository.relative, found))]:
        file = repository.top / path
        if find_set(path) and file.is_file() and not file.is_symlink():
            yield path


def _read_ends(path: Path) -> bytes:
    """The first and the last lines of a file, at least one of each; empty if it is missing."""
    if not path.is_file():
        return b""
    size, length = path.stat().st_size, _END_BYTES
    with path.open("rb") as stream:
        head = stream.read(length) + stream.readline()
        while True:
            start = max(len(head), size - length)
            stream.seek(start)
            tail = stream.read()
            if start == len(head):
                return head + tail
            if b"\n" in tail[:-1]:
                return head + tail[tail.index(b"\n") + 1 :]
            length *= 8


def _first_event(data: bytes) -> int:
    """The number of the first line with a whole event; 0 if there is none."""
    return next((data.count(b"\n", 0, start) + 1 for start, _line, _event in raw_events(data)), 0)


def raw_events(data: bytes) -> Iterator[tuple[int, bytes, JsonObject]]:
    """The lines of a file that are whole events: offset, line and event."""
    for match in _NO_RECORD.finditer(data):
        end = data.find(b"\n", match.start())
        line = data[match.start() : end if end >= 0 else len(data)].lstrip(BOM).rstrip(b"\r")
        event = parse_object(line)
        if event and is_raw_event(event):
            yield match.start(), line, event


_NO_RECORD: Final = lazy_pattern(rb'^(?:\xef\xbb\xbf)*\{(?!"_id":")', re.MULTILINE)


def _find_files(repository: Repository) -> Iterator[OlderFile]:
    for folder in _FOLDERS:
        if (repository.top / folder).is_symlink() or not (repository.top / folder).is_dir():
            continue
        for entry in os.scandir(repository.top / folder):
            path = f"{folder}/{entry.name}"
            if entry.is_symlink():
                if _is_latest(entry):
                    yield OlderFile(path, OlderKind.LINK)
            elif entry.is_file() and (kind := _kind_of_file(repository, path)):
                yield OlderFile(path, kind)


def _is_latest(entry: os.DirEntry[str]) -> bool:
    """Whether a link names a file beside it, or nothing."""
    return "latest" in entry.name.lower() and "/" not in str(Path(entry.path).readlink())


def _kind_of_file(repository: Repository, path: str) -> OlderKind | None:
    """What a file is by its path and its content; None for a file of the user's."""
    if _EVENTS.fullmatch(path) and _first_event(_read_ends(repository.top / path)):
        return OlderKind.TELEMETRY
    if _SAMPLES.fullmatch(path) and parse_object(_read_ends(repository.top / path).split(b"\n")[0]):
        return OlderKind.SAMPLES
    if _MONTH.fullmatch(path):
        match _read_json(repository.top / path):
            case {"federation": dict()}:
                return OlderKind.MONTH
    if _DUMP.fullmatch(path) and read_dump(repository.top / path) is not None:
        return OlderKind.DUMP
    return None


def _find_raw(repository: Repository) -> Iterator[OlderFile]:
    """Raw telemetry that git tracks."""
    for path in repository.git.items("ls-files", "-z", "--", f"{DATA}/telemetry", f"{DATA}/dashboards"):
        if is_raw(path) and not (repository.top / path).is_symlink():
            yield OlderFile(path, OlderKind.RAW)


def dumped_collection(path: str) -> str:
    """The name of the collection in the file name of a dump, without its date."""
    match = _DUMP.fullmatch(path)
    return match["name"] if match else ""


def read_dump(path: Path) -> list[JsonObject] | None:
    """The points of a dump: an answer of Qdrant's scroll API, its `result`, or the list of points.

    None for a file that is none of these. https://api.qdrant.tech/api-reference/points/scroll-points
    """
    value = _read_json(path)
    for key in ("result", "points"):
        if isinstance(value, dict) and key in value:
            value = value[key]
    if not isinstance(value, list):
        return None
    points = [point for point in value if isinstance(point, dict) and "id" in point]
    return points if len(points) == len(value) else None


def _read_json(path: Path) -> object:
    """The value in a file; None if it is none, or too large. Raises OSError."""
    if path.stat().st_size > MAX_DUMP_BYTES:
        return None
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return None


def is_committed(repository: Repository, path: str) -> bool:
    """Whether HEAD has the file or link as it is now, so that it can be removed and found again."""
    head = repository.objects.find_commit("HEAD")
    entry = repository.objects.files(head, path).get(path) if head else None
    if entry is None:
        return False
    file = repository.top / path
    now = os.fsencode(file.readlink()) if file.is_symlink() else file.read_bytes()
    return repository.objects.read(entry.oid) == now
