"""The local state of a clone, in `fedlearn/` of the git common directory: one row per file or folder.

It is never shared with other clones; all worktrees of a clone share it. Uninstall, doctor and the table in
docs/architecture.md follow the rows.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.files import write_file


class StateItem(NamedTuple):
    """A file or folder: its name, its purpose, and what losing it costs."""

    name: str
    purpose: str
    if_lost: str
    holds_lessons: bool = False
    """Whether it contains lessons, which may also be elsewhere."""
    is_disposable: bool = True
    """Whether `uninstall` and `doctor --fix` may remove it."""


AGENTS: Final = StateItem(
    "agents",
    "what hooks of agents remember: open sessions, an index, a log",
    "the next hook makes the index again; outcomes of open sessions are not counted",
    holds_lessons=True,
)
AGENT_SETUP: Final = StateItem(
    "agent-setup.json",
    "what `agent install` added to which file of an agent",
    "`agent uninstall` finds its entries, but may leave a file or folder that it created",
    is_disposable=False,
)
ANSWERS: Final = StateItem(
    "answers", "what was computed from files that are the same since", "computed again"
)
BUG_REPORTS: Final = StateItem("fedlearn-bug-*.txt", "bug reports", "the bug must be reproduced")
BUNDLE: Final = StateItem("bundle", "bundles while they are unpacked", "nothing")
CHECKPOINTS: Final = StateItem(
    "checkpoints", "the position in each log", "the next sync reads all logs again"
)
CLEAN_TEXTS: Final = StateItem(
    "clean-texts", "digests of texts in which hooks found nothing private", "scanned again"
)
COUNTS: Final = StateItem("counts.json", "record counts per file version", "counted again")
EXPORTS: Final = StateItem(
    "exports", "points that an interrupted export has read", "the next export reads all", holds_lessons=True
)
FEDERATE: Final = StateItem("federate", "the lock of `federate`", "nothing, unless a run is active")
FEDERATING: Final = StateItem(
    "federate.json", "marks a running `federate`", "the next run does not detect a killed one"
)
FEDERATED: Final = StateItem(
    "federated.json", "the last run of `federate`", "`status` shows that it never ran"
)
FEDERATION: Final = StateItem("federation", "the lock of `pull-remotes`", "nothing, unless a run is active")
IMPORTS: Final = StateItem(
    "imports", "what was imported into which store", "the next import compares every record"
)
INBOX: Final = StateItem(
    "inbox",
    "pending items and your decisions",
    "records from peers return with the next full check, those from bundles do not; samples return with "
    "`sync --full`, retractions if an agent proposes them again, drafts if a session solves the error again",
    holds_lessons=True,
    is_disposable=False,
)
INDEX: Final = StateItem("index", "the search index", "the next search rebuilds it", holds_lessons=True)
JOINED: Final = StateItem(
    "joined-*", "joins that the merge driver made ahead, while git merges", "joined again", holds_lessons=True
)
JUDGED: Final = StateItem("judged", "the last checks of hooks that passed", "checked again")
LEAKS: Final = StateItem(
    "leaks", "lists for cleaning history", "`git fedlearn scan --history` writes them again"
)
LEDGER: Final = StateItem(
    "ledger",
    "the ids of the lessons that this system learned",
    "read again from its commits; lessons committed by hand then count as learned elsewhere",
    is_disposable=False,
)
LOCK: Final = StateItem("lock", "the lock of this clone", "nothing, unless a command is running")
LOCK_HOLDER: Final = StateItem("lock.holder", "the holder of the lock", "an error does not name the holder")
MERGED: Final = StateItem("merged", "the last merge that lost nothing, as a hook found", "checked again")
NOTE: Final = StateItem("note.txt", "a note while you edit it", "the text of a note that was refused")
OWN_OUTCOMES: Final = StateItem(
    "outcomes.jsonl", "this system's outcomes from all branches", "outcomes that are only on another branch"
)
OWN_FILES: Final = StateItem(
    "own-files",
    "the versions of the files that this system alone writes",
    "what others changed in them until the next sync stays",
)
PEERS: Final = StateItem(
    "peers",
    "what was fetched from each peer, the records and systems it introduced, its retractions",
    "all records are checked again; a peer can no longer retract those it introduced, and what they "
    "supersede is believed",
)
REMOVED_PEERS: Final = "removed"
"""The file in PEERS with the ids of records that peers introduced which were removed since."""

PENDING: Final = StateItem(
    "pending",
    "lessons not committed yet",
    "uncommitted lessons that get lost return only with `sync --full`",
    holds_lessons=True,
    is_disposable=False,
)
PLACE: Final = StateItem("place.json", "the path of the clone", "a copy of the clone may go undetected")
PUBLISHED: Final = StateItem(
    "published",
    "which lessons were published to which peer",
    "updates and retractions of lessons that were published no longer follow them",
    is_disposable=False,
)
QDRANT: Final = StateItem(
    "qdrant", "the embedded vector store", "`git fedlearn import` fills it again", holds_lessons=True
)
RECENT_CALLS: Final = StateItem(
    "recent-calls.json", "outcomes that agents just recorded", "a call that is repeated counts twice"
)
REPORT: Final = StateItem(
    "report.json", "totals of the last report", "the next report does not show what changed"
)
RETRACTED_HERE: Final = StateItem(
    "retracted.jsonl",
    "lessons retracted here",
    "those never committed cannot be restored",
    holds_lessons=True,
    is_disposable=False,
)
SCHEDULE_LOG: Final = StateItem("schedule.log", "output of cron and launchd timers", "the output")
SOURCES: Final = StateItem(
    "sources.json", "when each source was read, and what came of it", "`sources list` shows no last run"
)

ITEMS: Final = tuple(item for item in [*globals().values()] if isinstance(item, StateItem))
"""All items."""


class State:
    """The state folder of a clone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, item: StateItem, *names: str) -> Path:
        """The path of an item, or of a file in an item that is a folder."""
        return self.folder.joinpath(item.name, *names)

    def find_damaged(self) -> Iterator[Path]:
        """The disposable JSON files that do not contain a JSON object."""
        for item in ITEMS:
            path = self.path(item)
            if item.is_disposable and item.name.endswith(".json") and path.is_file() and not read_json(path):
                yield path

    def remove_disposable(self) -> None:
        """Remove all disposable items, also unknown ones of other versions, and the folder if it is empty."""
        kept = [item.name for item in ITEMS if not item.is_disposable]
        for entry in self.folder.iterdir():
            if any(fnmatchcase(entry.name, name) for name in kept):
                continue
            if entry.is_dir() and not entry.is_symlink():
                import shutil  # noqa: PLC0415  costs start-up time

                shutil.rmtree(entry)
            else:
                entry.unlink()
        if not any(self.folder.iterdir()):
            self.folder.rmdir()

    def remember(self, name: str, key: str, find: Callable[[], JsonObject]) -> JsonObject:
        """The answer stored under a name, if its key is still the same; else `find` it and store it."""
        path = self.path(ANSWERS, f"{name}.json")
        match read_json(path):
            case {"key": before, "answer": dict(answer)} if before == key:
                return answer
        found = find()
        with suppress(FedlearnError, OSError):  # a clone that is mounted read-only
            write_json(path, {"key": key, "answer": found})
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
    """Size, modification time and inode of work tree files: a key that changes with their bytes."""
    facts = []
    for path in sorted(paths):
        try:
            found = (top / path).lstat()
        except OSError:
            facts.append(f"{path} -")
        else:
            facts.append(f"{path} {found.st_size} {found.st_mtime_ns} {found.st_ino}")
    return "\n".join(facts)
