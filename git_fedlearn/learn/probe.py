"""Find the logs on this machine, and read a source without writing: what would be learned from it.

A probe with a limit reads the newest files only, so that it takes seconds in a folder of any size; of a log
that is larger, it reads the end.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import Record, score_of
from git_fedlearn.learn.checkpoints import ReadPosition, find_start
from git_fedlearn.learn.extracts import CHUNK_BYTES, split_chunks
from git_fedlearn.learn.known_tools import HOMES, find_homes, find_log_folders
from git_fedlearn.learn.pipeline import Batch
from git_fedlearn.learn.profiles import parse_profiles
from git_fedlearn.learn.sources import (
    MAIN_SOURCE,
    Location,
    SourceFile,
    Sources,
    choose_source,
    find_profiled,
    find_sources,
    is_compressed,
)
from git_fedlearn.learn.sync import SyncOptions, pipeline_of
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.repository.record_sets import find_record
from git_fedlearn.repository.repository import Repository

PROBED_BYTES: Final = 20_000_000
"""Bytes of each source that `detect` reads."""


@dataclass(frozen=True, slots=True)
class FoundSource:
    """Logs in a folder that one profile reads, or, without `entry`, the logs of an AI stack."""

    name: str
    folder: Location
    sources: Sources
    entry: Mapping[str, str] | None = None
    """The profile, as the settings would have it; with an empty pattern, it cannot be one."""


class LessonPreview(NamedTuple):
    """A lesson that would be learned, and whether it is new here."""

    name: SetName
    record: Record
    is_new: bool


@dataclass(frozen=True, slots=True)
class Probe:
    """What a source has, and what reading a part of it would yield."""

    files: int
    size: int
    """Bytes of all files."""
    read_files: int
    read_bytes: int
    batch: Batch
    lessons: tuple[LessonPreview, ...]
    """The distinct lessons, best first."""


def find_on_machine(repository: Repository, directory: Path) -> list[FoundSource]:
    """The logs of known tools on this machine, and of the AI stack that `sync` reads; names may repeat."""
    found = []
    main = choose_source(repository, directory, None)
    if isinstance(main, Path) and main.is_dir():
        own = find_sources(main)
        files = tuple(file for file in own.files if file.profile is None)
        found += [FoundSource(MAIN_SOURCE, main, Sources(files, own.faults))] if files else []
    for home, folder in find_homes(repository.environment):
        entry = {"profile": home.profile, "files": home.files}
        sources = _profiled(home.profile, entry, folder)
        found += [FoundSource(home.profile, folder, sources, entry)] if sources.files else []
    for folder in find_log_folders(repository.environment, repository.top):
        found += [one for one in find_in(folder) if one.entry]
    return found


def find_in(root: Location) -> list[FoundSource]:
    """The logs in a folder or file, by the profile that reads them. Raises SourceError if it is missing."""
    sources = find_sources(root)
    groups: dict[str, list[SourceFile]] = {}
    for file in sources.files:
        groups.setdefault(file.profile.name if file.profile else MAIN_SOURCE, []).append(file)
    found = []
    for name, files in sorted(groups.items()):
        own = Sources(tuple(files), sources.faults if name == MAIN_SOURCE else ())
        if name == MAIN_SOURCE or not isinstance(root, Path):
            found.append(FoundSource(MAIN_SOURCE, root, own))
            continue
        if home := next(
            (home for home in HOMES if home.profile == name and any(root.glob(home.files))), None
        ):
            entry = {"profile": name, "files": home.files}
            found.append(FoundSource(name, root, _profiled(name, entry, root), entry))
            continue
        others = [other.path for key, group in groups.items() if key != name for other in group]
        folder, pattern = _place(root, [file.path for file in files], others)
        found.append(FoundSource(name, folder, own, {"profile": name, "files": pattern}))
    return found


def _profiled(name: str, entry: Mapping[str, str], folder: Path) -> Sources:
    (profile,) = parse_profiles({name: dict(entry)})
    return find_profiled({profile: folder})


def _place(root: Path, paths: Sequence[object], others: Sequence[object]) -> tuple[Path, str]:
    """A folder, and a pattern below it for the files at `paths` and none of the `others`; empty if none is.

    The pattern has no name of a folder or file in it, so it also matches logs to come.
    """
    inner, outer = [Path(str(path)) for path in paths], [Path(str(path)) for path in others]
    endings = {path.suffix for path in inner}
    ending = endings.pop() if len(endings) == 1 else ".json*"
    for folder in (root, Path(os.path.commonpath([path.parent for path in inner]))):
        if not any(path.is_relative_to(folder) and path.match(f"*{ending}") for path in outer):
            return folder, f"**/*{ending}" if root.is_dir() else ""
    return root, ""


def probe(
    repository: Repository,
    engine: PrivacyEngine,
    sources: Sources,
    options: SyncOptions,
    limit: int | None = None,
) -> Probe:
    """Read sources from their start, at most about `limit` bytes, and write nothing."""
    sizes = _newest_first(sources.files)
    starts = _starts(sizes, limit)
    pipeline = pipeline_of(repository, engine, options)
    part = Sources((*starts,), sources.faults, warnings=sources.warnings)
    batch, _ = pipeline.run(part, {}, starts)
    return Probe(
        files=len(sources.files),
        size=sum(sizes.values()),
        read_files=len(starts),
        read_bytes=sum(sizes[file] - (start.offset if start else 0) for file, start in starts.items()),
        batch=batch,
        lessons=(*_preview(repository, batch),),
    )


def _newest_first(files: Iterable[SourceFile]) -> dict[SourceFile, int]:
    """The size of each file that is there, the newest first."""
    facts = []
    for file in files:
        with suppress(OSError):
            status = file.path.stat()
            facts.append((-status.st_mtime_ns, file.name, file, status.st_size))
    return {file: size for _, _, file, size in sorted(facts, key=lambda fact: fact[:2])}


def _starts(sizes: Mapping[SourceFile, int], limit: int | None) -> dict[SourceFile, ReadPosition | None]:
    """Where to start in each file that is read: the newest files that fit, of a log too large its end."""
    starts: dict[SourceFile, ReadPosition | None] = {}
    left = limit
    for file in sizes:
        start = find_start(file, {})
        if left is None or sizes[file] <= left:
            starts[file] = start
        elif start and not starts and not file.reads_whole and not is_compressed(file.path):
            chunks = [*split_chunks(file, 0, CHUNK_BYTES)][-max(1, left // CHUNK_BYTES) :]
            starts[file] = start._replace(offset=chunks[0].start)
        else:
            continue
        left = None if left is None else max(0, left - sizes[file])
    return starts


def _preview(repository: Repository, batch: Batch) -> list[LessonPreview]:
    sets, found = repository.sets, dict[RecordId, LessonPreview]()
    for name, lines in batch.lessons.items():
        added = set(sets.join(name, [], made=lines, write=False).added)
        for record in filter(None, map(find_record, lines)):
            found[record.id] = LessonPreview(name, record, record.id in added)
    return sorted(found.values(), key=lambda one: (-score_of(one.record.fields), one.record.id))
