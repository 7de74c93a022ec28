"""The search index: where it is, bringing it up to date, and whether it is current and intact.

It is built from the record sets and is disposable: an index of another model or format, or one that cannot be
opened, is built again. A refresh compares digests of lines, so it reads only changed files, and embeds only
lessons whose text changed. `state.json` lists the files that the shard covers. It is written after the shard,
so that an interrupted refresh is repeated.
"""

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

from xxhash import xxh3_64_hexdigest, xxh3_128_hexdigest

from git_fedlearn.core.canonical import InvalidJsonError, JsonObject, parse_value
from git_fedlearn.core.layout import MAX_LEVEL, SetName, find_set, shard_of
from git_fedlearn.core.record import RETRACTED, START_LENGTH
from git_fedlearn.errors import FedlearnError
from git_fedlearn.extras import Lazy
from git_fedlearn.repository.lock import hold_lock
from git_fedlearn.repository.record_sets import RecordSets
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import INDEX, read_json, write_json
from git_fedlearn.repository.trees import work_files
from git_fedlearn.search.edge_shard import WRITE_BYTES, IndexedLesson, LessonShard, require_space
from git_fedlearn.search.embedders.base import Embedder, ModelIdentity, Vector, identify, parse_identity
from git_fedlearn.search.lesson_text import TEXT_VERSION, lesson_text

if TYPE_CHECKING:
    import platformdirs

    from git_fedlearn.repository.workers import Progress
else:
    platformdirs = Lazy("platformdirs")

FORMAT: Final = 4
EMBEDDING_BATCH: Final = 1024
"""Lessons embedded at a time."""

INDEX_SHARE: Final = 4
"""The bytes of an index as a multiple of those of the files that it covers, at most."""

DOCTOR_TIMEOUT_SECONDS: Final = 5

_STATE: Final = "state.json"
_SHARD: Final = "shard"

StatData = tuple[int, int, int]
"""Size, mtime in nanoseconds, and inode of a file. Files are replaced, never written in place."""


class BrokenIndexError(FedlearnError):
    """The search index cannot be opened."""


class Refreshed(NamedTuple):
    """Numbers of lessons: embedded, updated (same text, another score or system), and dropped."""

    embedded: int
    updated: int
    dropped: int


class IndexStatus(NamedTuple):
    """Whether there is an index, and the sets that changed since its last refresh."""

    is_made: bool
    changed: tuple[SetName, ...]


class _State(NamedTuple):
    model: ModelIdentity
    files: dict[str, StatData]
    center: Vector
    mixed: frozenset[SetName] = frozenset()
    """Sets with a record that is not in the file of its id; of these, every file is read each time."""


class _ChangedFile(NamedTuple):
    """A file of a set that is new, gone or changed; the larger one of its sizes before and now, in bytes."""

    name: SetName
    shard: str
    size: int


class _IndexPoint(NamedTuple):
    id: str
    entry: IndexedLesson
    text: str


def cache_folder(repository: Repository) -> Path:
    """The folder for disposable files: the state folder, or the user's cache if the clone is read-only."""
    folder = repository.state.folder
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if os.access(existing, os.W_OK):
        return folder
    cache: Path = platformdirs.user_cache_path("git-fedlearn")
    return cache / xxh3_64_hexdigest(os.fsencode(folder))


def index_folder(repository: Repository) -> Path:
    """The folder of the search index."""
    return cache_folder(repository) / INDEX.name


@contextmanager
def open_index(
    folder: Path, embedder: Embedder, *, timeout: float = 30.0, is_model_checked: bool = True
) -> Iterator["LessonIndex"]:
    """Open the index in a folder; starts an empty one if there is none that can be used.

    Only one process can have it open: others wait `timeout` seconds, then raise LockedError. Who compares no
    vectors can leave the model unchecked, so that it is not loaded; see `LessonIndex.check_model`.
    """
    with hold_lock(folder, "search", timeout=timeout):
        index = LessonIndex(folder, embedder)
        try:
            if is_model_checked:
                index.check_model()
            yield index
        finally:
            index.shard.close()


class LessonIndex:
    """The open index of one repository. The model is loaded when it is first needed."""

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        self._folder = folder
        self._embedder = embedder
        self._is_checked = False
        state = _read_state(folder)
        shard = _open_shard(folder, state.model.dimensions) if state else None
        if state and shard:
            self._state, self.shard = state, shard
        else:
            self._start(identify(embedder))

    def check_model(self) -> bool:
        """Compare the model with that of the index; of another model, empty the index and return True."""
        if self._is_checked:
            return False
        model = identify(self._embedder)
        self._is_checked = True
        if self._state.model.is_same_model(model):
            return False
        self.shard.close()
        self._start(model)
        return True

    def _start(self, model: ModelIdentity) -> None:
        """Begin an empty index."""
        _discard(self._folder)
        self._is_checked = True
        self._state = _State(model, {}, [])
        self.shard = LessonShard(self._folder / _SHARD, model.dimensions)

    @property
    def center(self) -> Vector:
        """The center of the lessons; cosines from it tell related lessons from others."""
        return self._state.center

    @property
    def sets(self) -> set[SetName]:
        """The record sets that the index covers."""
        return {found[0] for path in self._state.files if (found := find_set(path))}

    def changed_bytes(self, repository: Repository) -> int:
        """The size of the files that a refresh would read."""
        return sum(one.size for one in _changed_files(_stat_files(repository), self._state.files))

    def refresh(self, repository: Repository, progress: "Progress | None" = None) -> Refreshed:
        """Bring the index up to date with the record sets; reads only files that changed.

        Raises FedlearnError beforehand if the disk has too little space.
        """
        files = _stat_files(repository)
        if files == self._state.files:
            return Refreshed(0, 0, 0)
        self.check_model()
        changed = _changed_files(files, self._state.files)
        require_space(self._folder, WRITE_BYTES + INDEX_SHARE * sum(one.size for one in changed))
        news, mixed = Refreshed(0, 0, 0), {*self._state.mixed}
        for name in sorted({one.name for one in changed}):
            parts = _changed_parts(repository.sets, [one for one in changed if one.name == name], mixed)
            for at, (start, lines) in enumerate(parts.lines, 1):
                show = partial(_show, progress, news.embedded + news.updated, parts.number / at)
                done = self._update(name, start, lines, show)
                news = Refreshed(*map(sum, zip(news, done, strict=True)))
        self.shard.settle()
        self._state = self._state._replace(files=files, center=self.shard.center(), mixed=frozenset(mixed))
        _write_state(self._folder, self._state)
        return news

    def _update(self, name: SetName, start: str, lines: Iterable[bytes], progress: "Progress") -> Refreshed:
        """Make the lessons of a set whose ids begin with `start` those of these lines, a batch at a time."""
        known = self.shard.known(name, start)
        current = {xxh3_64_hexdigest(line): line for line in lines}
        outdated = {
            entry.point: entry.text_digest for digest, entry in known.items() if digest not in current
        }
        fresh = [digest for digest in current if digest not in known]
        embedded = updated = 0
        for at in range(0, len(fresh), EMBEDDING_BATCH):
            new: list[_IndexPoint] = []
            for digest in fresh[at : at + EMBEDDING_BATCH]:
                fields = _find_lesson(current[digest])
                if fields is None:
                    continue
                point = _index_point(name, current[digest], digest, fields)
                if outdated.pop(point.id, None) == point.entry.text_digest:
                    self.shard.set_payload(point.id, point.entry)
                    updated += 1
                else:
                    new.append(point)
            if new:
                vectors = self._embedder.embed([point.text for point in new])
                self.shard.put(
                    [(p.id, p.entry, vector, p.text) for p, vector in zip(new, vectors, strict=True)]
                )
                embedded += len(new)
            progress(min(at + EMBEDDING_BATCH, len(fresh)), len(fresh))
        self.shard.drop([*outdated])
        return Refreshed(embedded, updated, len(outdated))


def read_index_status(repository: Repository) -> IndexStatus:
    """Compare the files that the index covers with those in the work tree, by their stat data."""
    known = read_json(index_folder(repository) / _STATE).get("files")
    if not isinstance(known, dict):
        return IndexStatus(is_made=False, changed=())
    changed = _changed_files(_stat_files(repository), _parse_files(known))
    return IndexStatus(is_made=True, changed=tuple(sorted({one.name for one in changed})))


def _stat_files(repository: Repository) -> dict[str, StatData]:
    """The stat data of the files of record sets; one that is not checked out is told by its blob."""
    left_out = repository.sparse.entries
    found: dict[str, StatData] = {}
    for path in work_files(repository).paths():
        stat = stat_data(repository.top / path) if find_set(path) else None
        if stat:
            found[path] = stat
        elif path in left_out and find_set(path):
            found[path] = (-1, -1, int(left_out[path].oid[:15], 16))
    return found


def has_index(repository: Repository) -> bool:
    """Whether there is a search index, current or not."""
    return (index_folder(repository) / _SHARD).exists()


def check_index(repository: Repository) -> int:
    """Open the index as search does; returns the number of files it covers. Raises FedlearnError."""
    folder = index_folder(repository)
    with hold_lock(folder, "doctor", timeout=DOCTOR_TIMEOUT_SECONDS):
        match read_json(folder / _STATE):
            case {"files": dict(files), "model": [_, int(dimensions), *_]}:
                LessonShard(folder / _SHARD, dimensions).close()
            case _:
                raise BrokenIndexError(f"its {_STATE} cannot be read")
    return len(files)


def remove_index(repository: Repository) -> None:
    """Remove the index; the next search builds it again."""
    folder = index_folder(repository)
    with hold_lock(folder, "doctor", timeout=DOCTOR_TIMEOUT_SECONDS), suppress(OSError):
        _discard(folder)


def stat_data(path: Path) -> StatData | None:
    """The stat data of a file; None if it is missing."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino


def _changed_files(files: dict[str, StatData], known: dict[str, StatData]) -> list[_ChangedFile]:
    """The files that are new, gone or changed, of record sets."""
    changed = sorted(path for path in files.keys() | known.keys() if files.get(path) != known.get(path))
    sizes = {path: max(facts[path][0] for facts in (files, known) if path in facts) for path in changed}
    return [_ChangedFile(*found, sizes[path]) for path in changed if (found := find_set(path))]


class _ChangedParts(NamedTuple):
    """Parts of a set: their number, and for each the start of its ids and its lines."""

    number: int
    lines: Iterable[tuple[str, Iterable[bytes]]]


def _changed_parts(sets: RecordSets, changed: Sequence[_ChangedFile], mixed: set[SetName]) -> _ChangedParts:
    """The changed files of a set as parts; all of it if a record may have come from another file."""
    name, level = changed[0].name, sets.level(changed[0].name)
    is_whole = name in mixed or any(one.size and len(one.shard) != level for one in changed)
    shards = sets.shards(name) if name in mixed else {one.shard for one in changed}
    if not level or all(sets.is_in_place(name, shard) for shard in shards):
        mixed.discard(name)
    else:
        mixed.add(name)
    if is_whole or name in mixed:
        return _ChangedParts(16**level, sets.read_parts(name))
    parts = sorted(shard for shard in shards if len(shard) == level)
    return _ChangedParts(len(parts), ((part, sets.read_shards(name, {part})) for part in parts))


def _show(progress: "Progress | None", before: int, share: float, done: int, number: int) -> None:
    """Show how many lessons are indexed; from those of the parts so far follows how many there are."""
    if progress:
        progress(before + done, max(before + done, round((before + number) * share)))


def _find_lesson(line: bytes) -> "JsonObject | None":
    """The fields on a record line; None of a tombstone, and of a damaged line."""
    with suppress(InvalidJsonError):
        fields = parse_value(line)
        if isinstance(fields, dict) and RETRACTED not in fields:
            return fields
    return None


def _index_point(name: SetName, line: bytes, digest: str, fields: JsonObject) -> _IndexPoint:
    """The point of a lesson. Its id begins as that of the record, so the points of a file are together."""
    text = lesson_text(fields).whole
    start, identifier = shard_of(line, MAX_LEVEL), line[:START_LENGTH]
    point = str(UUID(start + xxh3_128_hexdigest(name.encode() + identifier)[MAX_LEVEL:]))
    text_digest = xxh3_64_hexdigest(text.encode("utf-8", "replace"))
    return _IndexPoint(point, IndexedLesson(name, line.decode("utf-8"), digest, text_digest), text)


def _open_shard(folder: Path, dimensions: int) -> LessonShard | None:
    """The shard of an index, None if it cannot be opened."""
    try:
        return LessonShard(folder / _SHARD, dimensions)
    except FedlearnError:
        return None


def _discard(folder: Path) -> None:
    (folder / _STATE).unlink(missing_ok=True)
    shutil.rmtree(folder / _SHARD, ignore_errors=True)


def _read_state(folder: Path) -> _State | None:
    """The state of the index; None if it is missing, invalid or of another format."""
    match read_json(folder / _STATE):
        case {
            "format": known,
            "text": text,
            "model": model,
            "files": dict(files),
            "center": [*center],
            "mixed": [*mixed],
        } if (known, text) == (FORMAT, TEXT_VERSION):
            identity = parse_identity(model)
            numbers = [float(x) for x in center if isinstance(x, int | float)]
            if identity and len(numbers) in {0, identity.dimensions}:
                names = frozenset(SetName(name) for name in mixed if isinstance(name, str))
                return _State(identity, _parse_files(files), numbers, names)
    return None


def _parse_files(files: JsonObject) -> dict[str, StatData]:
    known: dict[str, StatData] = {}
    for path, numbers in files.items():
        match numbers:
            case [int(size), int(changed), int(inode)]:
                known[path] = (size, changed, inode)
    return known


def _write_state(folder: Path, state: _State) -> None:
    value: JsonObject = {
        "format": FORMAT,
        "text": TEXT_VERSION,
        "model": [state.model.name, state.model.dimensions, [*state.model.probe]],
        "files": {path: [*stat] for path, stat in state.files.items()},
        "center": [*state.center],
        "mixed": [*sorted(state.mixed)],
    }
    write_json(folder / _STATE, value)
