"""What the hooks of an agent remember of a session: which lessons were shown, and for which command.

Commands are kept as hashes, lessons as ids: no text of a session is written. A file has a bounded size, is
readable only by its owner, and is removed when there are too many newer ones. Two hooks that run at the same
time may forget what the other one noted; they never break the file.
"""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from xxhash import xxh3_64_hexdigest

from git_fedlearn.learn.readers.commands import core_of, parts_of
from git_fedlearn.repository.state import read_json

MAX_SESSIONS: Final = 50
"""Sessions that are remembered."""

MAX_OPEN_COMMANDS: Final = 50
"""Failed commands of a session that are remembered."""

MAX_IDS: Final = 200
"""Lessons of a session that are remembered."""


class SessionNotes:
    """The notes on one session."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tokens = 0
        """Tokens that the hooks have printed."""
        self.shown: list[str] = []
        """Ids of the lessons that were shown."""
        self.failed: dict[str, list[str]] = {}
        """By the hash of a command that failed last: ids of lessons shown for it that have no outcome yet."""
        self.counted: list[str] = []
        """Ids of the lessons whose outcome was counted."""
        self.uncounted: list[tuple[str, bool]] = []
        """Outcomes that wait for the lock: ids, and whether the lesson worked."""
        self.solved = 0
        """Commands that failed and passed later without a lesson, since the last draft."""

    @classmethod
    def read(cls, folder: Path, session: str) -> "SessionNotes":
        """The notes on a session; empty ones if it is new, or its file is damaged."""
        path = folder / f"{xxh3_64_hexdigest(session.encode('utf-8', 'replace'))}.json"
        notes = cls(path)
        value = read_json(path)
        match value:
            case {
                "tokens": int(tokens),
                "shown": list(shown),
                "failed": dict(failed),
                "counted": list(counted),
                "uncounted": list(uncounted),
                "solved": int(solved),
            }:
                notes.tokens, notes.solved = tokens, solved
                notes.shown, notes.counted = [*map(str, shown)], [*map(str, counted)]
                notes.failed = {key: [*map(str, ids)] for key, ids in failed.items() if isinstance(ids, list)}
                notes.uncounted = [
                    (str(one[0]), bool(one[1]))
                    for one in uncounted
                    if isinstance(one, list) and len(one) == 2  # noqa: PLR2004
                ]
        return notes

    def write(self) -> None:
        """Replace the file; no fsync, as losing it costs nothing."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        value = {
            "tokens": self.tokens,
            "shown": self.shown[-MAX_IDS:],
            "failed": dict([*self.failed.items()][-MAX_OPEN_COMMANDS:]),
            "counted": self.counted[-MAX_IDS:],
            "uncounted": self.uncounted[-MAX_IDS:],
            "solved": self.solved,
        }
        temporary = self.path.with_name(f"{self.path.name}.{os.getpid()}.tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            json.dump(value, file)
        temporary.replace(self.path)


def command_key(command: str) -> str:
    """The hash of a command without what does not matter to whether it passes."""
    return xxh3_64_hexdigest(core_of(command).encode("utf-8", "replace"))


def keys_within(command: str) -> set[str]:
    """The hashes of a command and of the commands that it runs one after the other."""
    return {command_key(command), *map(command_key, parts_of(core_of(command)))}


def remove_old_sessions(folder: Path) -> None:
    """Remove the notes on all but the newest sessions."""
    with suppress(OSError):
        files = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for path in files[MAX_SESSIONS:]:
            path.unlink(missing_ok=True)
