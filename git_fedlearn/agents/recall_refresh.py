"""Bring the index of recall_index.py up to date with the work tree; a change costs what changed."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from xxhash import xxh3_64_hexdigest

from git_fedlearn.agents.recall_index import (
    FORMAT,
    TABLES,
    FileFacts,
    RecallIndex,
    data_facts,
    index_path,
    outcome_facts,
)
from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.effective_score import claimed_score, judge, tally
from git_fedlearn.core.events import SCORE
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import SetName, find_set
from git_fedlearn.core.record import FIRST_SEEN, SEEN_BY, Record, parse_record, seen_by
from git_fedlearn.core.record_set import join_into
from git_fedlearn.federation.injection import is_suspicious
from git_fedlearn.privacy.invisible import clean_text
from git_fedlearn.repository.files import read_file
from git_fedlearn.repository.lock import hold_lock
from git_fedlearn.repository.outcomes import read_outcomes
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.supersession import find_successors
from git_fedlearn.repository.trust import read_trust
from git_fedlearn.search.failures import lines_of_error, telling_words
from git_fedlearn.search.lesson_text import lesson_text
from git_fedlearn.search.project import BOUND_TO_A_LANGUAGE, tags_of

MAX_TITLE: Final = 240
MAX_GIST: Final = 700
MAX_ERROR: Final = 2_000
"""Characters of a lesson in the index."""

LOCK_TIMEOUT_SECONDS: Final = 10.0
"""A first index of 100,000 lessons takes longer; whoever cannot wait so long goes without."""


def refresh_recall_index(repository: Repository, *, timeout: float = LOCK_TIMEOUT_SECONDS) -> None:
    """Make the index current, or build it. Raises LockedError, FedlearnError, sqlite3.Error."""
    path = index_path(repository.state)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with hold_lock(path.parent, "agent", timeout=timeout), closing(_open(path)) as connection, connection:
        index = RecallIndex(connection)
        files, outcomes = data_facts(repository.top), outcome_facts(repository.top)
        changed = _changed_sets(index.read_facts("files"), files)
        for name in sorted(changed):
            _refresh_set(repository.top, connection, name, [file for file in files if _set_of(file) == name])
        if changed or index.read_facts("outcomes") != outcomes:
            _rescore(repository, connection)
        if changed:
            _mark_superseded(repository, connection)
        for fact, value in (("files", files), ("outcomes", outcomes)):
            connection.execute("insert or replace into facts values (?, ?)", (fact, json.dumps(value)))


def _open(path: Path) -> sqlite3.Connection:
    """The database for writing; one of another format, or a damaged one, is made again."""
    for _ in range(2):
        path.touch(mode=0o600)
        connection = sqlite3.connect(path)
        try:
            if connection.execute("select name from sqlite_master limit 1").fetchone() is None:
                connection.executescript(TABLES)
                connection.execute("insert into facts values ('format', ?)", (str(FORMAT),))
                connection.commit()
            known = connection.execute("select value from facts where name = 'format'").fetchone()
        except sqlite3.DatabaseError:
            known = None
        if known == (str(FORMAT),):
            return connection
        connection.close()
        path.unlink()
    raise sqlite3.DatabaseError("the index cannot be made")


def _set_of(path: str) -> SetName | None:
    found = find_set(path)
    return found[0] if found else None


def _changed_sets(before: FileFacts, now: FileFacts) -> set[SetName]:
    changed = (path for path in before.keys() | now.keys() if before.get(path) != now.get(path))
    return {name for path in changed if (name := _set_of(path))}


def _refresh_set(top: Path, connection: sqlite3.Connection, name: SetName, paths: list[str]) -> None:
    """Replace the lessons of a set whose lines changed."""
    lines = join_into([read_file(top / path) for path in paths], ()).records
    current = {xxh3_64_hexdigest(line): line for line in lines}
    known = dict(connection.execute("select digest, number from lessons where set_name = ?", (name,)))
    gone = [(known[digest],) for digest in known.keys() - current.keys()]
    connection.executemany("delete from words where lesson = ?", gone)
    connection.executemany("delete from lessons where number = ?", gone)
    for digest in sorted(current.keys() - known.keys()):
        _add(connection, name, digest, current[digest])


def _add(connection: sqlite3.Connection, name: SetName, digest: str, line: bytes) -> None:
    record = parse_record(line)
    if record.is_tombstone or is_suspicious(record.fields):
        return
    text = lesson_text(record.fields)
    error, gist = text.head[:MAX_ERROR], one_line(text.body)
    tags = _tags(record, text.whole)
    row = (
        *(record.id, name, digest, error, one_line(text.head)[:MAX_TITLE], gist[:MAX_GIST]),
        *(f" {' '.join(sorted(tags))} ".replace("  ", " "), 0.0),
        *(json.dumps(claimed_score(record.fields)), json.dumps(seen_by(record.fields)), 0, 0),
        str(record.fields.get(FIRST_SEEN) or ""),
        bool(tags & BOUND_TO_A_LANGUAGE),
    )
    number = connection.execute(
        "insert into lessons (id, set_name, digest, error, title, gist, tags, score, claim, seen_by, worked,"
        " failed, first_seen, has_language) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        row,
    ).lastrowid
    words = telling_words(lines_of_error(error))
    connection.executemany(
        "insert or ignore into words values (?, ?)", [(word, number) for word in sorted(words)]
    )


def _tags(record: Record, text: str) -> frozenset[str]:
    named = [record.fields.get(key) for key in ("language", "framework", "tool", "tags")]
    listed = [item for value in named for item in (value if isinstance(value, list) else [value])]
    return tags_of(text, [item for item in listed if isinstance(item, str)])


def one_line(text: str) -> str:
    """A text in one line, without invisible characters."""
    return " ".join(clean_text(" ".join(text.split())).split())


def _rescore(repository: Repository, connection: sqlite3.Connection) -> None:
    """Compute the effective scores again."""
    trust, outcomes = read_trust(repository), read_outcomes(repository)
    rows = connection.execute("select number, id, claim, seen_by from lessons").fetchall()
    scores = []
    for number, identifier, claim, systems in rows:
        fields: JsonObject = {SEEN_BY: json.loads(systems)}
        value = json.loads(claim)
        if value is not None:
            fields[SCORE] = value
        found = outcomes.get(RecordId(identifier), {})
        counts = tally(found.values())
        judged = judge(Record(RecordId(identifier), 0, b"{}", fields), trust, found)
        scores.append((judged.score, counts.worked, counts.failed, judged.has_failed_often, number))
    connection.executemany(
        "update lessons set score = ?, worked = ?, failed = ?, has_failed_often = ? where number = ?", scores
    )


def _mark_superseded(repository: Repository, connection: sqlite3.Connection) -> None:
    """Mark the lessons that this clone believes in full to be replaced; they are in no answer."""
    ids = [RecordId(row[0]) for row in connection.execute("select distinct id from lessons")]
    replaced = find_successors(repository, ids)
    gone = [(one,) for one, last in replaced.items() if any(successor.share == 1.0 for successor in last)]
    connection.execute("update lessons set is_superseded = 0 where is_superseded")
    connection.executemany("update lessons set is_superseded = 1 where id = ?", gone)
