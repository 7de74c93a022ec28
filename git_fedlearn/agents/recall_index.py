"""An index of lessons by the words of their errors, for hooks of agents: SQLite, without any model.

Why not the index of `search` (search/index.py): a hook cannot rely on it. It comes with an extra, embeds
every new lesson before it can answer, and only one process at a time may open it. It is slower, too: with
20,000 lessons it takes 105 ms to load, open and ask by BM25 for a log of 40 lines, this one 48 ms.

It is disposable, in the local state, readable only by its owner, and brought up to date by whoever finds it
outdated. Lessons that read like instructions to an agent, superseded ones and samples to train on are not in
it: nobody asked for what it answers.
"""

import json
import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import FINE_TUNING, FOLDERS, OUTCOMES, SetName, find_set
from git_fedlearn.repository.state import AGENTS, State
from git_fedlearn.search.failures import (
    FAILURE_BAR,
    FailureWords,
    WordWeights,
    likeness,
    lines_of_error,
    telling_words,
    windows_of_output,
)

FORMAT: Final = 2
MAX_ROWS: Final = 4_000
"""Pairs of a word and a lesson that a search looks at, those of rare words first."""

MAX_COMPARED: Final = 25
"""Lessons that are compared line by line with an output."""

FOLLOW_SHARE: Final = 0.8
"""The share of the best likeness that another lesson needs to be shown beside it."""

SCORE_SHARE: Final = 0.3
"""The largest part of its rank that a lesson loses by a low score."""

_BUSY_SECONDS: Final = 0.05
TABLES: Final = """
create table facts (name text primary key, value text);
create table lessons (
    number integer primary key, id text, set_name text, digest text, error text, title text, gist text,
    tags text, score real, claim text, seen_by text, worked integer, failed integer, first_seen text,
    has_language integer, is_superseded integer default 0, has_failed_often integer default 0
);
create index lessons_by_id on lessons (id);
create index lessons_by_set on lessons (set_name);
create table words (word text, lesson integer, primary key (word, lesson)) without rowid;
"""


class KnownLesson(NamedTuple):
    """A lesson as the index has it; `title` is the error or question, `gist` the answer, a line each."""

    id: RecordId
    set_name: SetName
    title: str
    gist: str
    tags: frozenset[str]
    score: float
    worked: int
    failed: int
    first_seen: str
    is_hidden: bool = False
    """Whether it is superseded, or failed far more often than it worked."""


class RecalledLesson(NamedTuple):
    """A lesson about a failure, and how much it is like it, in [0, 1]."""

    lesson: KnownLesson
    likeness: float


FileFacts = dict[str, list[int]]
"""Size, modification time and inode of files, by path."""


class RecallIndex:
    """The open index of a clone."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def count(self) -> int:
        """The number of lessons."""
        return int(self._connection.execute("select count(*) from lessons").fetchone()[0])

    def read_facts(self, name: str) -> FileFacts:
        """What a refresh stored about files under a name."""
        row = self._connection.execute("select value from facts where name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else {}

    def find_failure(self, output: str, *, limit: int = 2, bar: float = FAILURE_BAR) -> list[RecalledLesson]:
        """The lessons about the failure that an output tells of, best first; none below the bar."""
        windows = windows_of_output(output)
        weights, candidates = self._candidates(windows)
        found: dict[str, RecalledLesson] = {}
        for number in candidates:
            query = "select * from lessons where number = ?"
            row = self._connection.execute(query, (number,)).fetchone()
            lesson = _parse_row(row)
            like = likeness(lines_of_error(row["error"]), windows, weights)
            if like >= bar and not lesson.is_hidden:
                found.setdefault(lesson.id, RecalledLesson(lesson, like))
        ranked = sorted(found.values(), key=lambda one: (-_rank(one), one.lesson.id))
        best = max((one.likeness for one in ranked), default=0.0)
        return [one for one in ranked if one.likeness >= best * FOLLOW_SHARE][:limit]

    def _candidates(self, windows: Iterable[FailureWords]) -> tuple[WordWeights, list[int]]:
        """Weights of the words of an output, and the lessons that have the most weight of them."""
        query = "select count(*) from words where word = ?"
        frequencies: dict[str, int] = {
            word: count
            for word in telling_words(windows)
            if (count := self._connection.execute(query, (word,)).fetchone()[0])
        }
        weights = WordWeights(frequencies, self.count())
        sums: dict[int, float] = {}
        rows = 0
        for word in sorted(frequencies, key=lambda word: (frequencies[word], word)):
            rows += frequencies[word]
            if rows > MAX_ROWS and sums:
                break
            weight = weights[word]
            for (number,) in self._connection.execute(
                "select lesson from words where word = ? limit ?", (word, MAX_ROWS)
            ):
                sums[number] = sums.get(number, 0.0) + weight
        return weights, sorted(sums, key=lambda number: (-sums[number], number))[:MAX_COMPARED]

    def best(self, tags: Collection[str], limit: int) -> Iterator[KnownLesson]:
        """The lessons with the highest scores about one of these tags, or about no language at all."""
        asked = json.dumps([f" {tag} " for tag in sorted(tags)])
        yield from map(_parse_row, self._connection.execute(_BEST, {"tags": asked, "limit": limit}))


_BEST: Final = """
select * from lessons
where not is_superseded and not has_failed_often
and (:tags = '[]' or not has_language or exists (select 1 from json_each(:tags) where instr(tags, value)))
order by score desc, id limit :limit
"""


def _parse_row(row: sqlite3.Row) -> KnownLesson:
    return KnownLesson(
        RecordId(row["id"]),
        SetName(row["set_name"]),
        row["title"],
        row["gist"],
        frozenset(row["tags"].split()),
        row["score"],
        row["worked"],
        row["failed"],
        row["first_seen"],
        bool(row["is_superseded"] or row["has_failed_often"]),
    )


def _rank(found: RecalledLesson) -> float:
    return found.likeness * (1 - SCORE_SHARE + SCORE_SHARE * found.lesson.score)


def index_path(state: State) -> Path:
    """The file of the index."""
    return state.path(AGENTS, "recall.sqlite")


@contextmanager
def open_recall_index(path: Path) -> Iterator[RecallIndex | None]:
    """The index for reading; None if there is none of this format, or another process is writing it."""
    if not path.is_file():
        yield None
        return
    address = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS)) as connection:
        connection.row_factory = sqlite3.Row
        try:
            known = connection.execute("select value from facts where name = 'format'").fetchone()
        except sqlite3.Error:
            known = None
        yield RecallIndex(connection) if known and known[0] == str(FORMAT) else None


def data_facts(top: Path) -> FileFacts:
    """Facts of the files of record sets in the work tree that are searched."""
    paths = [path for folder in FOLDERS if folder != OUTCOMES for path in _files(top, folder)]
    named = ((path, find_set(path)) for path in paths)
    return _facts(top, sorted(path for path, found in named if found and found[0] != FINE_TUNING))


def outcome_facts(top: Path) -> FileFacts:
    """Facts of the files of outcomes in the work tree."""
    return _facts(top, sorted(_files(top, OUTCOMES)))


def _files(top: Path, folder: str) -> Iterator[str]:
    """The files in a folder of the layout and in the folders of shards in it."""
    try:
        with os.scandir(top / folder) as listed:
            entries = [*listed]
    except OSError:
        return
    for entry in entries:
        path = f"{folder}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from _files(top, path)
        elif entry.is_file(follow_symlinks=False):
            yield path


def _facts(top: Path, paths: Iterable[str]) -> FileFacts:
    found: FileFacts = {}
    for path in paths:
        try:
            stat = (top / path).stat()
        except OSError:
            continue
        found[path] = [stat.st_size, stat.st_mtime_ns, stat.st_ino]
    return found


def changed_bytes(before: FileFacts, now: FileFacts) -> int:
    """The size of the files of sets that changed, 0 if none did; a file that is gone counts as 1."""
    changed = {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}
    return sum(now.get(path, [1])[0] or 1 for path in changed)
