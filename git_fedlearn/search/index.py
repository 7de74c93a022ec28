"""The search index: where it is, bringing it up to date, and whether it is current and intact.

It is built from the record sets and is disposable: an index of another model or format, or one that cannot be
opened, is built again. A refresh compares digests of lines, so it reads only changed files, and embeds only
lessons whose text changed. `state.json` lists the files that the shard covers. It is written after the shard,
so that an interrupted refresh is repeated.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

from xxhash import xxh3_64_hexdigest, xxh3_128_hexdigest

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.layout import SetName, find_set
from git_fedlearn.core.record import Record, parse_record
from git_fedlearn.core.record_set import join_into
from git_fedlearn.errors import FedlearnError
from git_fedlearn.extras import Lazy
from git_fedlearn.repository.lock import hold_lock
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import INDEX, read_json, write_json
from git_fedlearn.repository.trees import set_paths, work_files
from git_fedlearn.search.edge_shard import IndexedLesson, LessonShard
from git_fedlearn.search.embedders.base import Embedder, ModelIdentity, Vector, identify, parse_identity
from git_fedlearn.search.lesson_text import TEXT_VERSION, lesson_text

if TYPE_CHECKING:
    import platformdirs

    from git_fedlearn.repository.workers import Progress
else:
    platformdirs = Lazy("platformdirs")

FORMAT: Final = 3
EMBEDDING_BATCH: Final = 1024
"""Lessons embedded at a time."""

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

    def refresh(self, repository: Repository, progress: "Progress | None" = None) -> Refreshed:
        """Bring the index up to date with the record sets; reads nothing if no file changed."""
        tree = work_files(repository)
        paths_of = set_paths(tree)
        files = _stat_files(repository)
        if files == self._state.files:
            return Refreshed(0, 0, 0)
        self.check_model()
        news = Refreshed(0, 0, 0)
        for name in sorted(_changed_sets(files, self._state.files)):
            data = [tree.read(path) for path in paths_of.get(name, ())]
            done = self._update(name, join_into(data, ()).records, progress)
            news = Refreshed(*map(sum, zip(news, done, strict=True)))
        self.shard.settle(news.embedded)
        self._state = self._state._replace(files=files, center=self.shard.center())
        _write_state(self._folder, self._state)
        return news

    def _update(self, name: SetName, lines: Iterable[bytes], progress: "Progress | None") -> Refreshed:
        """Make the lessons of a set in the shard those of these lines, a batch at a time."""
        known = self.shard.known(name)
        current = {xxh3_64_hexdigest(line): line for line in lines}
        outdated = {
            entry.point: entry.text_digest for digest, entry in known.items() if digest not in current
        }
        fresh = [digest for digest in current if digest not in known]
        embedded = updated = 0
        for start in range(0, len(fresh), EMBEDDING_BATCH):
            new: list[_IndexPoint] = []
            for digest in fresh[start : start + EMBEDDING_BATCH]:
                record = parse_record(current[digest])
                if record.is_tombstone:
                    continue
                point = _index_point(name, current[digest], digest, record)
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
            if progress:
                progress(min(start + EMBEDDING_BATCH, len(fresh)), len(fresh))
        self.shard.drop([*outdated])
        return Refreshed(embedded, updated, len(outdated))


def read_index_status(repository: Repository) -> IndexStatus:
    """Compare the files that the index covers with those in the work tree, by their stat data."""
    known = read_json(index_folder(repository) / _STATE).get("files")
    if not isinstance(known, dict):
        return IndexStatus(is_made=False, changed=())
    changed = _changed_sets(_stat_files(repository), _parse_files(known))
    return IndexStatus(is_made=True, changed=tuple(sorted(changed)))


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


def _changed_sets(files: dict[str, StatData], known: dict[str, StatData]) -> set[SetName]:
    """The sets with a file that is new, gone or changed."""
    changed = (path for path in files.keys() | known.keys() if files.get(path) != known.get(path))
    return {found[0] for path in changed if (found := find_set(path))}


def _index_point(name: SetName, line: bytes, digest: str, record: Record) -> _IndexPoint:
    text = lesson_text(record.fields).whole
    point = str(UUID(xxh3_128_hexdigest(name.encode() + b"\0" + record.form)))
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
        case {"format": known, "text": text, "model": model, "files": dict(files), "center": [*center]} if (
            known,
            text,
        ) == (FORMAT, TEXT_VERSION):
            identity = parse_identity(model)
            numbers = [float(x) for x in center if isinstance(x, int | float)]
            if identity and len(numbers) in {0, identity.dimensions}:
                return _State(identity, _parse_files(files), numbers)
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
    }
    write_json(folder / _STATE, value)
