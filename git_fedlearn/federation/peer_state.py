"""What a clone stores about its peers between runs, under the git common directory.

Losing it only costs time, except that a peer may then no longer retract the records it introduced, nor add
to the files of systems that it brought, and that its retractions are counted from zero.
Files count as read only while HEAD still contains the commit that merged them.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Final
from urllib.parse import quote, unquote

from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import SetName
from git_fedlearn.federation.peers import RemoteName
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.objects import Oid
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import PEERS, REMOVED_PEERS, read_json, write_json

FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class PeerState:
    """`tips` are commits by ref, `blobs` the files in them by ref and path, as of the last read."""

    tips: dict[str, str] = field(default_factory=dict)
    blobs: dict[str, dict[str, str]] = field(default_factory=dict)
    landed: str = ""
    """HEAD after the last merge; empty if everything has to be read again."""
    rules: str = ""
    """The rules that the records were checked by; other rules check everything again."""
    contact: str = ""
    """How the last fetch ended."""
    contacted: str = ""
    """The time of the last fetch that succeeded, ISO in UTC."""
    learned: int = 0
    """Records that came here first through this peer, in all runs."""

    def blob_at(self, ref: str, path: str) -> Oid | None:
        """The blob of a file of the peer when it was last read."""
        found = self.blobs.get(ref, {}).get(path)
        return Oid(found) if isinstance(found, str) else None


def without_read_marks(state: PeerState) -> PeerState:
    """The state as if nothing had been read; it keeps the tips, so that a rewritten history is noticed."""
    return replace(state, blobs={}, landed="")


class PeerStates:
    """The states of all peers of a clone, and the ids of the records that each introduced."""

    def __init__(self, repository: Repository) -> None:
        self._folder = repository.state.path(PEERS)

    def read(self, name: RemoteName) -> PeerState:
        """The state of a peer; an empty one if it is missing or damaged."""
        facts = read_json(self._folder / f"{name}.json")
        try:
            state = PeerState(**{key: value for key, value in facts.items() if key != "format"})  # type: ignore[arg-type]  # below
            sound = facts["format"] == FORMAT and all(
                isinstance(getattr(state, key), type(value)) for key, value in asdict(PeerState()).items()
            )
        except (TypeError, KeyError):
            return PeerState()
        return state if sound else PeerState()

    def write(self, name: RemoteName, state: PeerState) -> None:
        """Replace the state of a peer."""
        write_json(self._folder / f"{name}.json", {"format": FORMAT, **asdict(state)})

    def introduced(self, name: RemoteName) -> set[RecordId]:
        """The ids of records that came here first through this peer."""
        return {RecordId(line) for line in self._lines(name, "introduced")}

    def add_introduced(self, name: RemoteName, ids: set[RecordId]) -> None:
        """Add ids to those that a peer introduced."""
        self._add_lines(name, "introduced", set(ids))

    def brought(self, name: RemoteName) -> set[str]:
        """The systems whose first files came from this peer."""
        return self._lines(name, "systems")

    def add_brought(self, name: RemoteName, systems: set[str]) -> None:
        """Add systems to those that a peer brought."""
        self._add_lines(name, "systems", systems)

    def retractions(self, name: RemoteName, since: date) -> list[tuple[SetName, RecordId]]:
        """The lessons that this peer retracted here from a day on."""
        parts = [line.split(" ") for line in sorted(self._lines(name, "retracted"))]
        return [
            (SetName(unquote(found[1])), RecordId(found[2]))
            for found in parts
            if len(found) == len(("day", "set", "id")) and found[0] >= since.isoformat()
        ]

    def add_retractions(self, name: RemoteName, day: date, retracted: Iterable[tuple[SetName, str]]) -> None:
        """Remember that a peer retracted lessons on this day."""
        lines = {f"{day.isoformat()} {quote(of)} {identifier}" for of, identifier in retracted}
        self._add_lines(name, "retracted", lines)

    def introducers(self) -> list[RemoteName]:
        """Everybody who introduced a record, sorted: peers, and the senders of bundles."""
        return sorted(RemoteName(path.stem) for path in self._folder.glob("*.introduced"))

    def remove(self, name: RemoteName) -> None:
        """Forget a peer, except that its records came from one: see repository/supersession.py."""
        known = read_file(self._folder / REMOVED_PEERS).decode("ascii", "replace").split()
        ids = {*known, *self.introduced(name)}
        if ids:
            text = "".join(f"{identifier}\n" for identifier in sorted(ids))
            write_file(self._folder / REMOVED_PEERS, text.encode("ascii"))
        for suffix in ("json", "introduced", "systems", "retracted"):
            (self._folder / f"{name}.{suffix}").unlink(missing_ok=True)

    def _lines(self, name: RemoteName, suffix: str) -> set[str]:
        text = read_file(self._folder / f"{name}.{suffix}").decode("ascii", "replace")
        return set(text.splitlines())

    def _add_lines(self, name: RemoteName, suffix: str, lines: set[str]) -> None:
        known = self._lines(name, suffix)
        if not lines <= known:
            text = "".join(f"{line}\n" for line in sorted(known | lines))
            write_file(self._folder / f"{name}.{suffix}", text.encode("ascii"))
