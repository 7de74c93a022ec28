"""Answers that cost time to find, kept under the git common directory with what they depend on.

Losing one only costs that time again; one whose key differs is found anew.
"""

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.files import write_file
from git_fedlearn.repository.repository import Repository

_FILE: Final = "status.json"


def remembered(repository: Repository, name: str, key: str, find: Callable[[], JsonObject]) -> JsonObject:
    """The answer of this name that was found for this key, found now if it is another."""
    path = repository.state / _FILE
    known = _read(path)
    held = known.get(name)
    if isinstance(held, dict) and held.get("key") == key and isinstance(held.get("answer"), dict):
        answer = held["answer"]
        return answer if isinstance(answer, dict) else {}
    found = find()
    entry: JsonObject = {"key": key, "answer": found}
    with suppress(FedlearnError, OSError):  # a clone that is mounted read-only
        write_file(path, json.dumps({**known, name: entry}).encode())
    return found


def facts_of(repository: Repository, paths: Iterable[str]) -> str:
    """Size, time of change and inode of files of the work tree: what a key says of their bytes."""
    facts = []
    for path in sorted(paths):
        try:
            found = (repository.top / path).lstat()
        except OSError:
            facts.append(f"{path} -")
        else:
            facts.append(f"{path} {found.st_size} {found.st_mtime_ns} {found.st_ino}")
    return "\n".join(facts)


def _read(path: Path) -> JsonObject:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
