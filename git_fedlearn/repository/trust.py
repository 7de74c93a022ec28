"""What this clone knows about the systems and peers that its lessons come from, for their effective scores.

The evidence is in the ledger, in the outcomes of this system, and in what was recorded about peers: no peer
can write any of it. Only `_seen_by`, which says who learned a lesson, is a claim. Reputations are remembered
until a data file or one of these changes.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from functools import cache, cached_property, partial
from typing import Final, NamedTuple

import msgspec

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.effective_score import Reputation, Trust, weigh_systems
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.record import SEEN_BY, claimed_id, parse_record, seen_by
from git_fedlearn.repository.files import read_file
from git_fedlearn.repository.ledger import Ledger
from git_fedlearn.repository.outcomes import read_outcomes
from git_fedlearn.repository.record_sets import is_tombstone_line
from git_fedlearn.repository.repository import SYSTEM_KEY, Repository
from git_fedlearn.repository.state import LEDGER, PEERS, REMOVED_PEERS, facts_of

MAX_SEARCHED_IDS: Final = 8
"""Ids that are searched for one by one, which takes 10 ms each in a list of a million."""

_CONFIG: Final = rf"^({re.escape(SYSTEM_KEY)}|fedlearn\..*\.trust|remote\..*\.fedlearntrust)$"


class _Config(NamedTuple):
    """What git config says: the id of this system, the weights of others, and the peers of full trust."""

    own: str
    chosen: dict[str, float]
    full: frozenset[str]


def read_trust(repository: Repository, ids: Collection[RecordId] | None = None) -> Trust:
    """What is known for scoring these lessons, or all of them (None)."""
    config, learned = _read_config(repository), _learned(repository, None if ids is None else {*ids})
    introduced = _introduced(repository, config.full)
    trust = Trust(
        config.own,
        config.chosen,
        learned,
        _bringers(introduced, ids),
        _bringers_of_systems(repository, config),
    )

    @cache
    def known() -> JsonObject:
        found = partial(_find_reputations, repository, trust, introduced)
        return repository.state.remember("reputations", _facts(repository, config), found)

    return trust._replace(systems=_Reputations(known, "systems"), peers=_Reputations(known, "peers"))


class _Reputations(Mapping[str, Reputation]):
    """Reputations that are read when one is asked for: most lessons have no voice but that of this system."""

    def __init__(self, read: Callable[[], JsonObject], kind: str) -> None:
        self._read = read
        self._kind = kind

    @cached_property
    def _sides(self) -> JsonObject:
        found = self._read().get(self._kind)
        return found if isinstance(found, dict) else {}

    def __getitem__(self, name: str) -> Reputation:
        match self._sides[name]:
            case [int() | float() as good, int() | float() as bad]:
                return Reputation(good, bad)
        return Reputation()

    def __iter__(self) -> Iterator[str]:
        return iter(self._sides)

    def __len__(self) -> int:
        return len(self._sides)


def introduced_by_peers(repository: Repository) -> dict[str, frozenset[str]]:
    """The ids of the lessons that each peer brought, without peers of full trust."""
    introduced = _introduced(repository, _read_config(repository).full)
    return {peer: frozenset(data.decode("ascii", "replace").split()) for peer, data in introduced.items()}


def _read_config(repository: Repository) -> _Config:
    own, chosen = "", dict[str, float]()
    full = set[str]()
    for key, value in repository.git.list_config(_CONFIG):
        if key == SYSTEM_KEY:
            own = value
        elif key.startswith("remote."):
            name = key.removeprefix("remote.").removesuffix(".fedlearntrust")
            (full.add if value == "full" else full.discard)(name)
        else:
            with suppress(ValueError):
                chosen[key.removeprefix("fedlearn.").removesuffix(".trust")] = max(0.0, float(value))
    return _Config(own, chosen, frozenset(full))


def _introduced(repository: Repository, full: Collection[str]) -> dict[str, bytes]:
    """The file of each peer that is not of full trust with the ids of the lessons that it brought."""
    folder = repository.state.path(PEERS)
    paths = [folder / REMOVED_PEERS, *folder.glob("*.introduced")]
    return {path.stem: read_file(path) for path in sorted(paths) if path.stem not in full}


def _bringers(introduced: Mapping[str, bytes], ids: Collection[RecordId] | None) -> dict[RecordId, str]:
    """The peer that brought each of these lessons (None: all) first; the first by name if several did."""
    found: dict[RecordId, str] = {}
    for peer, data in introduced.items():
        words = data.decode("ascii", "replace").split() if ids is None else _contained(ids, data)
        for word in words:
            found.setdefault(RecordId(word), peer)
    return found


def _bringers_of_systems(repository: Repository, config: _Config) -> dict[str, str]:
    """The peer without full trust that brought the files of a system first."""
    paths = sorted(repository.state.path(PEERS).glob("*.systems"))
    return {
        system: path.stem
        for path in paths
        if path.stem not in config.full
        for system in read_file(path).decode("ascii", "replace").split()
    }


def _learned(repository: Repository, ids: Collection[RecordId] | None) -> set[RecordId]:
    """Those of these lessons (None: of all) that this system learned."""
    path = repository.state.path(LEDGER)
    if path.is_file():
        return Ledger(repository).ids() if ids is None else Ledger(repository).among(ids)
    tips = repository.git.text("for-each-ref", "--format=%(objectname)", "refs/heads")
    found = repository.state.remember(
        "learned", tips, lambda: {"ids": [*sorted(Ledger(repository).peek())]} if tips else {}
    )
    listed = found.get("ids")
    every = {RecordId(str(one)) for one in listed} if isinstance(listed, list) else set()
    return every if ids is None else every.intersection(ids)


def _contained(ids: Collection[RecordId], data: bytes) -> list[RecordId]:
    """Those of these ids that are among the words."""
    words = data if len(ids) <= MAX_SEARCHED_IDS else {*data.split()}
    return [one for one in ids if one.encode("ascii") in words]


def _find_reputations(repository: Repository, trust: Trust, introduced: Mapping[str, bytes]) -> JsonObject:
    """Weigh all lessons that this system learned or counted outcomes for."""
    outcomes = read_outcomes(repository)
    every = trust._replace(learned=_learned(repository, None), brought=_bringers(introduced, None))
    tried = {one for one, by in outcomes.items() if trust.own in by}
    found = weigh_systems(_learners(repository, tried.union(every.learned)), every, outcomes)
    return {"systems": _format_reputations(found.systems), "peers": _format_reputations(found.peers)}


def _learners(repository: Repository, wanted: set[RecordId]) -> Iterator[tuple[RecordId, list[str]]]:
    """The systems that each of these lessons names; of a lesson in several sets, all of them."""
    systems: dict[RecordId, list[str]] = {}
    for name in repository.sets.names() if wanted else ():
        for line in repository.sets.find_lines(name, lambda line: claimed_id(line) in wanted):
            if not is_tombstone_line(line):
                systems.setdefault(RecordId(line[8:40].decode("ascii")), []).extend(_named_systems(line))
    yield from systems.items()


class _Named(msgspec.Struct, gc=False):
    systems: list[str] = msgspec.field(name=SEEN_BY, default_factory=list)


_decode: Final = msgspec.json.Decoder(_Named).decode


def _named_systems(line: bytes) -> list[str]:
    """The systems in a record line; our own parser reads what msgspec does not, as large numbers."""
    try:
        return _decode(line).systems
    except (msgspec.DecodeError, RecursionError):
        return seen_by(parse_record(line).fields)


def _facts(repository: Repository, config: _Config) -> str:
    """A key that changes with everything that reputations are computed from."""
    top, state = repository.top, repository.state
    paths = [*(top / "data").rglob("*.jsonl"), state.path(LEDGER), *state.path(PEERS).glob("*.*")]
    return f"{config.own} {sorted(config.full)}\n{facts_of(top, map(str, paths))}"


def _format_reputations(reputations: Mapping[str, Reputation]) -> JsonObject:
    return {name: [one.good, one.bad] for name, one in sorted(reputations.items())}
