"""The search index under the git folder: made from the record sets, and made again whenever in doubt.

What is indexed is compared by digest of each line, so only records that changed are read, and only those
whose text changed are embedded. `state.json` says of which files the shard is the index; it is written
after the shard, so a killed refresh is simply repeated.
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
from git_fedlearn.repository.trees import WorkTree, set_paths
from git_fedlearn.repository.workers import Progress
from git_fedlearn.search.edge_shard import IndexedLesson, LessonShard
from git_fedlearn.search.embedders.base import Embedder, ModelIdentity, identify, parse_identity
from git_fedlearn.search.lesson_text import TEXT_VERSION, lesson_text

FORMAT: Final = 1
_BATCH: Final = 256

FileFacts = tuple[int, int, int]
"""Size, time of change in ns, inode: files are replaced, never written in place."""


class Refreshed(NamedTuple):
    """What a refresh did, in lessons: embedded, retold (only scores or systems changed), dropped."""

    embedded: int
    retold: int
    dropped: int


class _State(NamedTuple):
    model: ModelIdentity
    files: dict[str, FileFacts]


class _Piece(NamedTuple):
    point: str
    entry: IndexedLesson
    text: str


class LessonIndex:
    """The open index of one repository."""

    def __init__(self, folder: Path, shard: LessonShard, embedder: Embedder, state: _State) -> None:
        self.shard = shard
        self._folder = folder
        self._embedder = embedder
        self._state = state

    def refresh(self, top: Path, progress: Progress | None = None) -> Refreshed:
        """Bring the index up to the record sets under `top`. Costs a few file stats when nothing changed."""
        tree = WorkTree(top)
        sets = set_paths(tree)
        files = {path: _facts(top / path) for paths in sets.values() for path in paths}
        if files == self._state.files:
            return Refreshed(0, 0, 0)
        changed = [name for name, paths in sets.items() if self._is_changed(paths, files)]
        gone = {name for name in map(_set_of, self._state.files) if name and name not in sets}
        work = _Work()
        for name in changed:
            self._compare(name, join_into([tree.read(path) for path in sets[name]], ()).records, work)
        for name in gone:
            work.dropped += [known.point for known in self.shard.known(name).values()]
        self._carry_out(work, progress)
        self._state = self._state._replace(files=files)
        _write_state(self._folder, self._state)
        return Refreshed(len(work.fresh), len(work.retold), len(work.dropped))

    def _is_changed(self, paths: list[str], files: dict[str, FileFacts]) -> bool:
        before = {path for path in self._state.files if _set_of(path) == _set_of(paths[0])}
        return before != {*paths} or any(self._state.files.get(path) != files[path] for path in paths)

    def _compare(self, name: SetName, lines: Iterable[bytes], work: "_Work") -> None:
        """Sort the lines of a set into what to embed, what to retell and which points to drop."""
        known = self.shard.known(name)
        wanted = {xxh3_64_hexdigest(line): line for line in lines}
        texts = {held.point: held.text_digest for digest, held in known.items() if digest not in wanted}
        for digest, line in wanted.items():
            if digest in known:
                continue
            record = parse_record(line)
            if record.is_tombstone:
                continue
            piece = _piece(name, digest, record)
            same = texts.pop(piece.point, None) == piece.entry.text_digest
            (work.retold if same else work.fresh).append(piece)
        work.dropped += texts

    def _carry_out(self, work: "_Work", progress: Progress | None) -> None:
        self.shard.drop(work.dropped)
        for piece in work.retold:
            self.shard.retell(piece.point, piece.entry)
        for start in range(0, len(work.fresh), _BATCH):
            batch = work.fresh[start : start + _BATCH]
            vectors = self._embedder.embed([piece.text for piece in batch])
            self.shard.put(
                [(p.point, p.entry, vector, p.text) for p, vector in zip(batch, vectors, strict=True)]
            )
            if progress:
                progress(start + len(batch), len(work.fresh))


class _Work:
    def __init__(self) -> None:
        self.fresh: list[_Piece] = []
        self.retold: list[_Piece] = []
        self.dropped: list[str] = []


@contextmanager
def open_index(folder: Path, embedder: Embedder, *, timeout: float = 30.0) -> Iterator[LessonIndex]:
    """Open the index in a folder, made anew if it is of another model or format or cannot be opened.

    One process at a time; another waits `timeout` seconds, then raises LockedError.
    """
    model = identify(embedder)
    with hold_lock(folder, "search", timeout=timeout):
        shard_folder = folder / "shard"
        state = _read_state(folder)
        if state is None or not state.model.is_same_model(model):
            state = _State(model, {})
            _discard(folder)
        try:
            shard = LessonShard(shard_folder, model.dimensions)
        except FedlearnError:
            _discard(folder)
            state = _State(model, {})
            shard = LessonShard(shard_folder, model.dimensions)
        try:
            yield LessonIndex(folder, shard, embedder, state)
        finally:
            shard.close()


def _piece(name: SetName, digest: str, record: Record) -> _Piece:
    text = lesson_text(record.fields).whole
    point = str(UUID(xxh3_128_hexdigest(name.encode() + b"\0" + record.form)))
    entry = IndexedLesson(
        name, record.line.decode("utf-8"), digest, xxh3_64_hexdigest(text.encode("utf-8", "replace"))
    )
    return _Piece(point, entry, text)


def _facts(path: Path) -> FileFacts:
    found = path.stat()
    return found.st_size, found.st_mtime_ns, found.st_ino


def _set_of(path: str) -> SetName | None:
    found = find_set(path)
    return found[0] if found else None


def _discard(folder: Path) -> None:
    (folder / "state.json").unlink(missing_ok=True)
    shutil.rmtree(folder / "shard", ignore_errors=True)


def _read_state(folder: Path) -> _State | None:
    """What the index was made of, None when it is not known: an old format, a broken file, no index."""
    match read_json(folder / "state.json"):
        case {"format": known, "text": text, "model": model, "files": dict(files)} if (known, text) == (
            FORMAT,
            TEXT_VERSION,
        ):
            identity = parse_identity(model)
            return _State(identity, _parse_facts(files)) if identity else None
    return None


def _parse_facts(files: JsonObject) -> dict[str, FileFacts]:
    known: dict[str, FileFacts] = {}
    for path, facts in files.items():
        match facts:
            case [int(size), int(changed), int(inode)]:
                known[path] = (size, changed, inode)
    return known


def _write_state(folder: Path, state: _State) -> None:
    value: JsonObject = {
        "format": FORMAT,
        "text": TEXT_VERSION,
        "model": [state.model.name, state.model.dimensions, [*state.model.probe]],
        "files": {path: [*facts] for path, facts in state.files.items()},
    }
    write_json(folder / "state.json", value)


if TYPE_CHECKING:
    import platformdirs
else:
    platformdirs = Lazy("platformdirs")


def cache_folder(repository: Repository) -> Path:
    """Where what can be made again is kept: the state folder; of a read-only clone, in the user's cache."""
    folder = repository.state.folder
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if os.access(there, os.W_OK):
        return folder
    cache: Path = platformdirs.user_cache_path("git-fedlearn")
    return cache / xxh3_64_hexdigest(os.fsencode(folder))


def index_folder(repository: Repository) -> Path:
    """Where the search index is."""
    return cache_folder(repository) / INDEX.name


class IndexStatus(NamedTuple):
    """`is_made` is whether there is an index; `changed` are the sets that differ from what it holds."""

    is_made: bool
    changed: tuple[SetName, ...]


def read_index_status(repository: Repository) -> IndexStatus:
    """Compare the files that the index was made of with those of the work tree."""
    known = read_json(index_folder(repository) / "state.json").get("files")
    if not isinstance(known, dict):
        return IndexStatus(is_made=False, changed=())
    here = {path for path in WorkTree(repository.top).paths() if find_set(path)}
    differing = {path for path in here | known.keys() if stat_facts(repository.top, path) != known.get(path)}
    return IndexStatus(
        is_made=True, changed=tuple(sorted({found[0] for path in differing if (found := find_set(path))}))
    )


def stat_facts(top: Path, path: str) -> list[int]:
    """Size, time of change and inode, as the index and the imports remember them."""
    with suppress(OSError):
        found = (top / path).stat()
        return [found.st_size, found.st_mtime_ns, found.st_ino]
    return []


class BrokenIndexError(FedlearnError):
    """The search index cannot be opened."""


def has_index(repository: Repository) -> bool:
    """Whether a search index was ever made."""
    return (index_folder(repository) / "shard").exists()


def open_whole_index(repository: Repository) -> int:
    """Open the index as a search would; how many files it was made of. Raises FedlearnError."""
    from git_fedlearn.search.edge_shard import LessonShard  # noqa: PLC0415  the engine costs start-up time

    folder = index_folder(repository)
    with hold_lock(folder, "doctor", timeout=5):
        match read_json(folder / "state.json"):
            case {"files": dict(files), "model": [_, int(dimensions), *_]}:
                LessonShard(folder / "shard", dimensions).close()
            case _:
                raise BrokenIndexError("its state.json cannot be read")
    return len(files)


def remove_index(repository: Repository) -> None:
    """Remove the index; the next search makes it again."""
    folder = index_folder(repository)
    with hold_lock(folder, "doctor", timeout=5):
        with suppress(OSError):
            (folder / "state.json").unlink()
        shutil.rmtree(folder / "shard", ignore_errors=True)
