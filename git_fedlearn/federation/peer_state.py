"""What is remembered of a peer between runs, under the git common directory.

Losing it only costs time, except that the peer may then no longer retract what it brought.
What was read counts as read only while HEAD still contains the commit it led to.
"""

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final

from git_fedlearn.core.identity import RecordId
from git_fedlearn.federation.peers import RemoteName
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.objects import Oid
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import PEERS, read_json, write_json

FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class PeerState:
    """`tips` are commits by ref, `blobs` the files they held by ref and path, as last read."""

    tips: dict[str, str] = field(default_factory=dict)
    blobs: dict[str, dict[str, str]] = field(default_factory=dict)
    landed: str = ""
    """HEAD after the last join."""
    rules: str = ""
    """What the records were checked by; when it changes, everything is checked again."""
    contact: str = ""
    """How the last fetch ended."""
    contacted: str = ""
    """When a fetch last succeeded, as an ISO time in UTC."""
    learned: int = 0
    """Records that came here first through this peer, in all runs."""


def read_memory(repository: Repository, name: RemoteName) -> PeerState:
    """What is remembered of a peer; nothing when that is damaged."""
    facts = read_json(_folder(repository) / f"{name}.json")
    try:
        memory = PeerState(**{key: value for key, value in facts.items() if key != "format"})  # type: ignore[arg-type]  # below
        sound = facts["format"] == FORMAT and all(
            isinstance(getattr(memory, key), type(value)) for key, value in asdict(PeerState()).items()
        )
    except (TypeError, KeyError):
        return PeerState()
    return memory if sound else PeerState()


def write_memory(repository: Repository, name: RemoteName, memory: PeerState) -> None:
    """Remember; written only when it differs."""
    if memory != read_memory(repository, name):
        write_json(_folder(repository) / f"{name}.json", {"format": FORMAT, **asdict(memory)})


def without_read_marks(memory: PeerState) -> PeerState:
    """The same, as if nothing had been read; tips stay, so that a rewritten history is still noticed."""
    return replace(memory, blobs={}, landed="")


def read_introduced(repository: Repository, name: RemoteName) -> set[RecordId]:
    """The ids of records that came here first through this peer."""
    return {
        RecordId(line) for line in read_file(_introduced(repository, name)).decode("ascii", "replace").split()
    }


def write_introduced(repository: Repository, name: RemoteName, ids: set[RecordId]) -> None:
    """Remember these ids, and those remembered before."""
    known = read_introduced(repository, name)
    if not ids <= known:
        text = "".join(f"{identifier}\n" for identifier in sorted(known | ids))
        write_file(_introduced(repository, name), text.encode("ascii"))


def remembered(repository: Repository) -> list[RemoteName]:
    """Whoever brought records here first: peers, and the makers of bundles."""
    return sorted(RemoteName(path.stem) for path in _folder(repository).glob("*.introduced"))


def remove_memory(repository: Repository, name: RemoteName) -> None:
    """Forget a peer."""
    for path in (_folder(repository) / f"{name}.json", _introduced(repository, name)):
        path.unlink(missing_ok=True)


def blob_at(memory: PeerState, ref: str, path: str) -> Oid | None:
    """The blob that a file of the peer was when it was last read."""
    found = memory.blobs.get(ref, {}).get(path)
    return Oid(found) if isinstance(found, str) else None


def _folder(repository: Repository) -> Path:
    return repository.state.path(PEERS)


def _introduced(repository: Repository, name: RemoteName) -> Path:
    return _folder(repository) / f"{name}.introduced"
