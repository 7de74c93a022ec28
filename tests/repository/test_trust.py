"""What a clone knows of systems and peers: from its ledger, its outcomes and what peers brought."""

from pathlib import Path

import pytest
from systems import System, World

from git_fedlearn.core.canonical import Json
from git_fedlearn.core.effective_score import Reputation, Trust
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.record import Record, make_record
from git_fedlearn.repository.ledger import Ledger
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import LEDGER, PEERS
from git_fedlearn.repository.trust import read_trust

OWN, THEIRS = "sys-aaaaaaaaaa", "sys-bbbbbbbbbb"


@pytest.fixture
def records(system: System) -> list[Record]:
    """Two lessons of another system; this one learned the first of them, too."""
    system.git("config", "fedlearn.system", OWN)
    both: list[Json] = [OWN, THEIRS]
    made = [make_record({"title": "a", "_seen_by": both}), make_record({"title": "b", "_seen_by": [THEIRS]})]
    lines = sorted(one.line for one in made)
    system.write("data/patterns/best-practices.jsonl", b"".join(line + b"\n" for line in lines))
    write(system, LEDGER.name, made[0].id)
    return made


def write(system: System, name: str, *ids: str) -> Path:
    """Write a list of ids into the state of the clone."""
    return system.write(f".git/fedlearn/{name}", "".join(f"{one}\n" for one in ids).encode())


def trust(system: System, *ids: RecordId) -> Trust:
    return read_trust(Repository.discover(system.path, system.environment), ids or None)


def test_a_lesson_that_both_learned_proves_the_other_system(system: System, records: list[Record]) -> None:
    found = trust(system)
    assert found.systems == {THEIRS: Reputation(good=1.0)}
    assert found.learned == {records[0].id}
    assert trust(system, records[1].id).learned == set()


def test_an_outcome_here_proves_a_lesson_good_or_bad(system: System, records: list[Record]) -> None:
    system.fedlearn("outcome", records[1].id, "--failed")
    assert trust(system).systems == {THEIRS: Reputation(good=1.0, bad=1.0)}


def test_an_outcome_of_another_system_proves_nothing(system: System, records: list[Record]) -> None:
    line = b'{"_id":"%s","failed":9,"worked":0}\n' % records[1].id.encode()
    system.write(f"data/outcomes/{THEIRS}.jsonl", line)
    assert trust(system).systems == {THEIRS: Reputation(good=1.0)}


def test_what_a_peer_brought_before_is_no_proof_unless_it_worked(
    system: System, records: list[Record]
) -> None:
    write(system, f"{PEERS.name}/red.introduced", *(one.id for one in records))
    write(system, f"{PEERS.name}/red.systems", THEIRS)
    assert trust(system).systems == {}
    system.fedlearn("outcome", records[1].id, "--worked")
    found = trust(system, records[0].id)
    assert (found.systems, found.peers) == ({THEIRS: Reputation(good=1.0)}, {"red": Reputation(good=1.0)})
    assert (found.brought, found.bringers) == ({records[0].id: "red"}, {THEIRS: "red"})


def test_a_peer_of_full_trust_has_no_limit(system: System, records: list[Record]) -> None:
    write(system, f"{PEERS.name}/red.introduced", *(one.id for one in records))
    system.git("config", "remote.red.fedlearnTrust", "full")
    assert trust(system).brought == {}
    assert trust(system).systems == {THEIRS: Reputation(good=1.0)}


def test_without_a_ledger_the_commits_of_this_system_tell(system: System, records: list[Record]) -> None:
    (system.path / ".git/fedlearn" / LEDGER.name).unlink()
    assert trust(system, records[0].id).learned == set()
    system.git("add", "data")
    system.git("commit", "-q", "-m", f"learn\n\nFedlearn-System: {OWN}")
    assert trust(system, records[0].id).learned == {records[0].id}


def test_the_ledger_is_searched_as_it_is_read(world: World) -> None:
    system = world.system("one")
    repository = Repository.discover(system.path, system.environment)
    assert Ledger(repository).ids() == Ledger(repository).among([RecordId("0" * 32)]) == set()
    system.add("best-practices", *({"title": f"number {number}"} for number in range(30)))
    known = sorted(Ledger(repository).ids())
    others = [RecordId(f"{int(one, 16) + 1:032x}") for one in known]
    assert Ledger(repository).among([*known, *others, RecordId("0" * 32), RecordId("f" * 32)]) == {*known}
