"""What a clone keeps for itself in `fedlearn/` of the git common directory, a row for each file or folder.

Nothing of it is shared, and every worktree of the clone has the same. Uninstall, doctor and the table of
docs/architecture.md follow the rows.
"""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.files import write_file


class StateItem(NamedTuple):
    """A file or folder: its name, what it is for, and what losing it costs."""

    name: str
    purpose: str
    if_lost: str
    holds_lessons: bool = False
    """Whether lessons are in it, here or anywhere else."""
    is_disposable: bool = True
    """Whether `uninstall` and `doctor --fix` may remove it."""


BUG_REPORTS: Final = StateItem("fedlearn-bug-*.txt", "reports of bugs", "the bug has to be met again")
BUNDLE: Final = StateItem("bundle", "bundles while they are unpacked", "nothing")
CHECKPOINTS: Final = StateItem(
    "checkpoints", "how far each log was read", "the next sync reads everything again"
)
COUNTS: Final = StateItem("counts.json", "records per version of a file", "they are counted again")
FEDERATE: Final = StateItem("federate", "the lock of `federate`", "nothing, unless a run is active")
FEDERATED: Final = StateItem("federated.json", "when `federate` ran", "`status` says that it never did")
FEDERATING: Final = StateItem(
    "federate.json", "the mark of a run of `federate`", "the next run does not notice that one was killed"
)
FEDERATION: Final = StateItem("federation", "the lock of `pull-remotes`", "nothing, unless a run is active")
IMPORTS: Final = StateItem(
    "imports", "what was imported into which store", "one comparison with each collection"
)
INBOX: Final = StateItem(
    "inbox",
    "what waits for your decision, and what was decided",
    "records from peers come back with the next check of everything, those of bundles do not; samples are "
    "asked about again with `sync --full`, proposals when an agent makes them again",
    holds_lessons=True,
    is_disposable=False,
)
INDEX: Final = StateItem("index", "the search index", "the next search makes it again", holds_lessons=True)
JUDGED: Final = StateItem("judged", "what hooks found sound", "they look again")
LEAKS: Final = StateItem("leaks", "the lists for cleaning history", "`git fedlearn scan --history` again")
LOCK: Final = StateItem("lock", "the lock of this clone", "nothing, unless a command is running")
LOCK_HOLDER: Final = StateItem("lock.holder", "who has the lock", "an error does not say who has it")
OWN_OUTCOMES: Final = StateItem(
    "outcomes.jsonl", "what this system counted on all branches", "counts that only another branch has"
)
PEERS: Final = StateItem(
    "peers",
    "what was read from each peer, and which records it brought first",
    "everything is checked again; a peer can no longer retract what it brought",
)
PENDING: Final = StateItem(
    "pending",
    "lessons that no commit has yet",
    "those that are thrown away before a commit are back only after `sync --full`",
    holds_lessons=True,
    is_disposable=False,
)
PLACE: Final = StateItem("place.json", "where the clone is", "one chance to notice that it was copied")
QDRANT: Final = StateItem(
    "qdrant", "the embedded vector store", "`git fedlearn import` fills it again", holds_lessons=True
)
RETRACTED_HERE: Final = StateItem(
    "retracted.jsonl",
    "lessons that were retracted here",
    "those that no commit ever had cannot be restored",
    holds_lessons=True,
    is_disposable=False,
)
SCHEDULE_LOG: Final = StateItem("schedule.log", "what timers of cron and launchd printed", "that")
STATUS: Final = StateItem("status.json", "the last answers of `status`", "they are found again")

ITEMS: Final = (
    BUG_REPORTS,
    BUNDLE,
    CHECKPOINTS,
    COUNTS,
    FEDERATE,
    FEDERATING,
    FEDERATED,
    FEDERATION,
    IMPORTS,
    INBOX,
    INDEX,
    JUDGED,
    LEAKS,
    LOCK,
    LOCK_HOLDER,
    OWN_OUTCOMES,
    PEERS,
    PENDING,
    PLACE,
    QDRANT,
    RETRACTED_HERE,
    SCHEDULE_LOG,
    STATUS,
)
"""Every one of them, by name."""


class State:
    """The folder in which a clone keeps it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, item: StateItem, *names: str) -> Path:
        """Where an item is, or a file in one that is a folder."""
        return self.folder.joinpath(item.name, *names)

    def find_damaged(self) -> Iterator[Path]:
        """The JSON files that may be removed and hold no JSON object."""
        for item in ITEMS:
            path = self.path(item)
            if item.is_disposable and item.name.endswith(".json") and path.is_file() and not read_json(path):
                yield path

    def remove_disposable(self) -> None:
        """Remove everything that may be removed, names of other versions too, and then an empty folder."""
        kept = [item.name for item in ITEMS if not item.is_disposable]
        for entry in self.folder.iterdir():
            if any(fnmatchcase(entry.name, name) for name in kept):
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        if not any(self.folder.iterdir()):
            self.folder.rmdir()

    def remember(self, name: str, key: str, find: Callable[[], JsonObject]) -> JsonObject:
        """The answer that was found under a name for this key; found now if the key was another one."""
        path = self.path(STATUS)
        known = read_json(path)
        match known.get(name):
            case {"key": before, "answer": dict(answer)} if before == key:
                return answer
        found = find()
        with suppress(FedlearnError, OSError):  # a clone that is mounted read-only
            write_json(path, {**known, name: {"key": key, "answer": found}})
        return found


def read_json(path: Path) -> JsonObject:
    """The JSON object in a small file; an empty one if it is missing, unreadable or damaged."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def write_json(path: Path, value: JsonObject) -> None:
    """Replace a small file by a JSON object. Raises FedlearnError."""
    write_file(path, json.dumps(value).encode("ascii"))


def facts_of(top: Path, paths: Iterable[str]) -> str:
    """Size, time of change and inode of files of the work tree: what a key says of their bytes."""
    facts = []
    for path in sorted(paths):
        try:
            found = (top / path).lstat()
        except OSError:
            facts.append(f"{path} -")
        else:
            facts.append(f"{path} {found.st_size} {found.st_mtime_ns} {found.st_ino}")
    return "\n".join(facts)
