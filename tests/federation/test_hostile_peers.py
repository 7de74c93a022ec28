"""A peer that means harm, at default trust: what this system learned stands, whatever the peer sends.

`Hostile` is a peer made of bare git that plays tricks with lines it has seen here. To try another trick, add
a method to it and a test that says what must not change.
"""

import json
import random
from collections.abc import Iterable
from typing import Any

import pytest
from federation.foreign import SKILLS, Foreign, line, lines_of, patterns, pull
from systems import EPOCH, System, World

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.record import make_record, parse_record

RESTORES = "brings back a retracted record that this peer did not bring"
RETRACTS = "retracts a record that this peer did not bring"
TOO_MANY = "retracts too many records at once"
VICTIM = "sys-victim2345"
DAY = 86_400


class Hostile(Foreign):
    """A peer with tricks: each offers changed lines as all that it has."""

    def again(self, lines: Iterable[bytes], **fields: Any) -> None:
        """Offer these records with other fields."""
        self.offer(*(make_record({**parse_record(one).fields, **fields}).line for one in lines))

    def retract(self, lines: Iterable[bytes], *others: bytes, **fields: Any) -> None:
        """Offer tombstones of these records, and other lines."""
        facts = {"_retracted": {"at": "2026-05-01", "reason": "x"}, **fields}
        self.offer(*(make_record({"_id": one[8:40].decode(), **facts}).line for one in lines), *others)

    def mix(self, lines: Iterable[bytes], chance: random.Random) -> None:
        """Offer each record with a trick drawn by lot, and snapshots of a day to come."""
        retracted: JsonObject = {"at": "2026-05-01", "reason": "x"}
        offered = []
        for one in lines:
            fields: dict[str, Any] = {**parse_record(one).fields}
            gen = chance.choice((0, 1, 1000, 2**53 - 1))
            worse: dict[str, Any] = {**fields, "_gen": gen, "value_score": 0, "_seen_by": invented()}
            buried: dict[str, Any] = {"_id": fields["_id"], "_retracted": retracted, "_gen": gen}
            offered.append(make_record(chance.choice((fields, worse, buried))).line)
        event = lines_of([line(query="q", response="r")])
        snapshot = f"data/telemetry/snapshots/{VICTIM}/9999-01-01.jsonl"
        self.offer_files({SKILLS: lines_of(offered), snapshot: event})

    def invade(self, paths: Iterable[str], event: bytes) -> None:
        """Offer files of single systems."""
        self.offer_files(dict.fromkeys(paths, lines_of([event])))


def invented(number: int = 64) -> list[str]:
    """The smallest system ids there are: they evict all others from a sketch."""
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    return sorted(f"sys-aaaaaaaa{letters[n // 32]}{letters[n % 32]}" for n in range(number))


@pytest.fixture
def peer(here: System, world: World) -> Hostile:
    made = Hostile(world, "peer")
    here.fedlearn("remote", "add", "peer", str(made.path))
    return made


def own(here: System) -> str:
    return here.git("config", "fedlearn.system").out.strip()


def learn(here: System, *words: str) -> list[bytes]:
    """Learn lessons, commit them, and return the lines of them all."""
    here.add("skills-patterns", *({"pattern": word, "value_score": 0.8} for word in words))
    here.commit()
    return [record.line for record in here.records("skills-patterns")]


def later(system: System, days: int) -> None:
    for key in ("GIT_COMMITTER_DATE", "GIT_AUTHOR_DATE"):
        system.environment[key] = f"{EPOCH + days * DAY} +0000"
    system.environment["SOURCE_DATE_EPOCH"] = str(EPOCH + days * DAY)


def test_a_higher_generation_of_what_we_hold_waits(here: System, peer: Hostile) -> None:
    before = learn(here, "ours", "more")
    peer.again(before, _gen=1000, value_score=0, _seen_by=["sys-evilevil22"])
    assert pull(here)["peers"]["peer"]["reasons"] == {RESTORES: 2}
    assert [record.line for record in here.records("skills-patterns")] == before


def test_a_retraction_stands_against_any_generation(here: System, peer: Hostile) -> None:
    (lesson,) = learn(here, "ours")
    here.fedlearn("retract", lesson[8:40].decode(), "--reason", "wrong")
    here.commit()
    for gen in (1, 1000, 2**53 - 1):
        peer.again([lesson], _gen=gen)
        assert pull(here)["peers"]["peer"]["reasons"] == {RESTORES: 1}
    assert patterns(here) == []


def test_the_name_of_a_branch_may_have_any_separator_of_unicode(here: System, peer: Hostile) -> None:
    here.fedlearn("remote", "add", "peer", "--branch", "systems/*")
    for number, name in enumerate(("a\u2028b", "c\x85d")):
        peer.offer(line(pattern=f"new {number}"), branch=f"systems/{name}")
    assert pull(here)["peers"]["peer"]["learned"] == 2
    assert "peer" in here.fedlearn("remote", "list").out


@pytest.mark.parametrize("gen", [1, 1000, 2**52])
def test_what_we_lack_is_taken_at_generation_zero(here: System, peer: Hostile, gen: int) -> None:
    peer.again([line(pattern="new")], _gen=gen)
    assert pull(here)["peers"]["peer"]["learned"] == 1
    assert [record.gen for record in here.records("skills-patterns")] == [0]
    here.fedlearn("remote", "add", "peer")
    found = pull(here)["peers"]["peer"]
    assert (found["reasons"], found["changed"]) == ({}, 0)


def test_even_a_peer_does_not_bring_back_what_it_retracted_itself(here: System, peer: Hostile) -> None:
    lesson = line(pattern="theirs")
    peer.offer(lesson)
    pull(here)
    peer.retract([lesson], _gen=500)
    pull(here)
    assert [(r.is_tombstone, r.gen) for r in here.records("skills-patterns")] == [(True, 0)]
    peer.again([lesson], _gen=501)
    assert pull(here)["peers"]["peer"]["reasons"] == {RESTORES: 1}
    here.fedlearn("review", "accept", "--peer", "peer", "--all")
    assert [(r.is_tombstone, r.gen) for r in here.records("skills-patterns")] == [(False, 1)]


def test_what_was_learned_here_too_is_not_retracted(here: System, peer: Hostile) -> None:
    words = [f"lesson {number}" for number in range(100)]
    lessons = [line(pattern=word) for word in words]
    peer.offer(*lessons)
    pull(here)
    learn(here, *words)
    for start in range(0, 100, 20):
        peer.retract(lessons[start : start + 20], *lessons[start + 20 :])
        assert pull(here)["peers"]["peer"]["reasons"] == {RETRACTS: 20}
    assert len(patterns(here)) == 100
    assert len(here.fedlearn("review", "list", "--json").json()["records"]) == 100


def test_what_another_peer_offers_is_not_retracted(here: System, peer: Hostile, world: World) -> None:
    other, lesson = Foreign(world, "other"), line(pattern="theirs")
    here.fedlearn("remote", "add", "other", str(other.path))
    peer.offer(lesson)
    pull(here)
    other.offer(lesson)
    peer.retract([lesson])
    assert pull(here)["peers"]["peer"]["reasons"] == {RETRACTS: 1}
    assert patterns(here) == ["theirs"]


def test_retractions_are_counted_over_thirty_days(here: System, peer: Hostile) -> None:
    lessons = [line(pattern=f"lesson {number}") for number in range(60)]
    peer.offer(*lessons)
    pull(here)
    peer.retract(lessons[:15], *lessons[15:])
    assert pull(here)["peers"]["peer"]["quarantined"] == 0
    later(here, 20)
    peer.retract(lessons[:30], *lessons[30:])
    assert pull(here)["peers"]["peer"]["reasons"] == {TOO_MANY: 15}
    assert len(patterns(here)) == 45
    later(here, 60)
    peer.retract(lessons[:50], *lessons[50:])
    assert pull(here)["peers"]["peer"]["quarantined"] == 0
    assert len(patterns(here)) == 25


def test_invented_systems_move_no_ledger(here: System, peer: Hostile) -> None:
    peer.offer(line(pattern="ours"), line(pattern="theirs"))
    pull(here)
    learn(here, "ours")
    peer.again([line(pattern="ours"), line(pattern="theirs")], _seen_by=invented())
    pull(here)
    assert own(here).encode() not in here.read(SKILLS) or own(here) < invented()[-1]
    out = here.fedlearn("remote", "remove", "peer", "--retract").out
    assert (out, patterns(here)) == ("peer: removed; 1 record retracted\n", ["ours"])


def test_a_claim_of_our_own_id_hides_nothing_from_the_remedy(here: System, peer: Hostile) -> None:
    peer.again([line(pattern="theirs")], _seen_by=[own(here)])
    pull(here)
    assert here.fedlearn("remote", "remove", "peer", "--retract").out.endswith("1 record retracted\n")


@pytest.mark.parametrize("path", [".git/fedlearn/ledger"])
def test_a_lost_ledger_is_made_again_from_our_commits(here: System, peer: Hostile, path: str) -> None:
    lesson = line(pattern="ours")
    peer.offer(lesson)
    pull(here)
    here.add("skills-patterns", {"pattern": "ours", "value_score": 0.8})
    here.commit(f"federate: add records\n\nFedlearn-System: {own(here)}")
    (here.path / path).unlink()
    peer.retract([lesson])
    assert pull(here)["peers"]["peer"]["reasons"] == {RETRACTS: 1}
    assert patterns(here) == ["ours"]
    assert (here.path / path).is_file()


ROOTS = ("data/telemetry/snapshots/{}/{}.jsonl", "data/collections/snapshots/{}/notes-{}.jsonl")
NEVER = ["9999-01-01", "2026-99-01", "2026-02-30", "2026-05-30", "latest", "v1.0.0", "2026-5-1", "x"]


@pytest.mark.parametrize("root", ROOTS)
def test_names_that_no_system_writes_are_refused(here: System, peer: Hostile, root: str) -> None:
    event = line(query="q", response="r")
    peer.invade([root.format(VICTIM, day) for day in (*NEVER, "2026-05-28")], event)
    assert pull(here)["files"] == [root.format(VICTIM, "2026-05-28")]


@pytest.mark.parametrize("name", ["2026-13", "2026-99", "2026-00", "2027-01", "9999-12"])
def test_months_that_no_system_writes_are_refused(here: System, peer: Hostile, name: str) -> None:
    path = f"data/metrics/monthly/{VICTIM}/{name}.json"
    peer.offer_files({path: json.dumps({"records": 1}).encode()})
    answer = pull(here)
    assert (answer["files"], list(answer["peers"]["peer"]["refused"])) == ([], [path])


@pytest.mark.parametrize("name", ["2026-05-01", "v1", "v1.0", "v01.0.0", "v9999999.0.0"])
def test_versions_that_no_system_writes_are_refused(here: System, peer: Hostile, name: str) -> None:
    path = f"data/fine-tuning/snapshots/{VICTIM}/{name}.jsonl"
    peer.invade([path], line(prompt="p", completion="c"))
    assert pull(here)["files"] == []


def test_nothing_is_added_to_a_system_that_is_here_without_this_peer(here: System, peer: Hostile) -> None:
    event = line(query="q", response="r")
    here.write(ROOTS[0].format(VICTIM, "2026-05-01"), lines_of([event]))
    here.commit()
    days = [ROOTS[0].format(of, f"2026-05-{day:02}") for of in (VICTIM, own(here)) for day in range(2, 28)]
    peer.invade(days, event)
    assert pull(here)["files"] == []
    peer.invade([ROOTS[0].format("sys-another234", "2026-05-02")], event)
    assert len(pull(here)["files"]) == 1


def test_restore_brings_score_and_systems_back(here: System, peer: Hostile) -> None:
    (lesson,) = learn(here, "ours")
    here.fedlearn("remote", "add", "peer", "--trust", "full")
    peer.again([lesson], _gen=1000, value_score=0, _seen_by=["sys-evilevil22"])
    pull(here)
    (record,) = here.records("skills-patterns")
    assert record.fields["value_score"] == 0
    here.fedlearn("restore", record.id)
    (record,) = here.records("skills-patterns")
    assert (record.gen, record.fields["value_score"]) == (1000, 0.8)
    assert own(here) in str(record.fields["_seen_by"])
    here.commit()
    peer.retract([lesson], _gen=1000)
    pull(here)
    here.fedlearn("restore", record.id)
    (record,) = here.records("skills-patterns")
    assert (record.gen, record.fields["value_score"]) == (1001, 0.8)
    assert own(here) in str(record.fields["_seen_by"])


def test_restore_takes_nothing_that_was_only_fetched(here: System, peer: Hostile) -> None:
    (lesson,) = learn(here, "ours")
    peer.again([lesson], _gen=1, value_score=1)
    pull(here)
    here.fedlearn("retract", lesson[8:40].decode(), "--reason", "wrong")
    here.fedlearn("restore", lesson[8:40].decode())
    (record,) = here.records("skills-patterns")
    assert record.fields["value_score"] == 0.8


HONEST = 4


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 12))])
def test_one_hostile_member_of_five_moves_nothing_that_the_others_learned(world: World, seed: int) -> None:
    """Law: after any tricks, every honest member has every lesson of all four, with its score."""
    chance = random.Random(seed)  # noqa: S311
    members = [world.system(f"member{number}") for number in range(HONEST)]
    evil = Hostile(world, "evil")
    for member in members:
        for other in (evil, *members):
            if other is not member:
                member.fedlearn("remote", "add", other.path.stem, str(other.path))
    learned: set[str] = set()
    for number in range(3):
        for member in members:
            words = [f"{member.path.name} {number}", f"shared {chance.randrange(4)}"]
            learn(member, *words)
            learned.update(words)
        seen = {r.line for m in members for r in m.records("skills-patterns") if not r.is_tombstone}
        evil.mix(sorted(seen), chance)
        for member in chance.sample(members, HONEST):
            pull(member)
    for member in members:
        pull(member)
        live = {str(r.fields["pattern"]): r for r in member.records("skills-patterns") if not r.is_tombstone}
        assert learned <= live.keys()
        assert all(live[word].fields["value_score"] == 0.8 for word in learned)
        assert all(live[word].gen == 0 for word in learned)
        assert not [path for path in member.git("ls-files", "data").out.split() if "9999" in path]


def bundle(here: System, peer: Hostile, *options: str) -> dict[str, Any]:
    """Apply a bundle of what the peer offers now; what was found."""
    path = here.path.parent / "stick.bundle"
    peer.git("bundle", "create", "--quiet", str(path), "main")
    (found,) = here.fedlearn("bundle", "apply", str(path), "--json", *options).json()["peers"]
    assert isinstance(found, dict)
    return found


def test_the_sender_of_a_bundle_is_a_peer_like_any_other(here: System, peer: Hostile) -> None:
    before = learn(here, "ours", "more")
    peer.retract(before, line(pattern="new"), _gen=1000)
    assert bundle(here, peer)["reasons"] == {RETRACTS: 2}
    peer.again(before, _gen=1000, value_score=0, _seen_by=invented())
    assert bundle(here, peer, "--from", "peer")["reasons"] == {RESTORES: 2}
    event = line(query="q", response="r")
    peer.invade([ROOTS[0].format(of, "2026-05-02") for of in (own(here), VICTIM)], event)
    bundle(here, peer)
    assert (here.path / ROOTS[0].format(VICTIM, "2026-05-02")).exists()
    assert {record.line for record in here.records("skills-patterns")} >= set(before)
    assert not (here.path / ROOTS[0].format(own(here), "2026-05-02")).exists()


def test_an_honest_peer_that_passes_harm_on_answers_for_it(here: System, peer: Hostile, world: World) -> None:
    """Full trust of the honest one lets its records in, but nothing that undoes what was learned here."""
    honest, before = world.system("honest"), learn(here, "ours")
    honest.fedlearn("remote", "add", "evil", str(peer.path), "--trust", "full")
    here.fedlearn("remote", "remove", "peer")
    here.fedlearn("remote", "add", "honest", str(honest.path))
    peer.again(before, value_score=0.8)
    pull(honest)
    peer.retract(before, line(pattern="passed on"), _gen=500)
    pull(honest)
    assert pull(here)["peers"]["honest"]["reasons"] == {RETRACTS: 1}
    assert patterns(here) == ["ours", "passed on"]
    out = here.fedlearn("remote", "remove", "honest", "--retract").out
    assert (out, patterns(here)) == (
        "honest: removed; 1 record retracted; 1 record in quarantine dropped\n",
        ["ours"],
    )
