"""Lessons that replace others, and other solutions of one error: add, search, show."""

import json
from collections.abc import Mapping

import pytest
from systems import System, World

ERROR = "mount of the tape library failed: drive busy"
OLD = {"error_message": ERROR, "solution": "reboot the library controller", "value_score": 0.95}
NEW = {"error_message": ERROR, "solution": "release the drive with mtx unload 3 first", "value_score": 0.75}
QUESTION = "mount of the tape library failed: drive busy"


def search(system: System, question: str = QUESTION) -> list[dict[str, object]]:
    hits = system.fedlearn("search", question, "--json").json()["hits"]
    assert isinstance(hits, list)
    return hits


def solutions(system: System) -> list[str]:
    return [str(hit["record"]["solution"]) for hit in search(system)]  # type: ignore[index]


def learn(system: System, fields: Mapping[str, object], *older: str) -> str:
    options = [option for one in older for option in ("--supersedes", one)]
    line = json.dumps(fields).encode()
    answer = system.fedlearn("add", "error-solutions", "-", "--json", *options, stdin=line).json()
    (identifier,) = answer["added"]
    return str(identifier)


def test_the_lesson_that_replaces_another_comes_first_and_the_older_says_by_what(system: System) -> None:
    old = learn(system, OLD)
    unlinked = learn(system, NEW)
    assert solutions(system) == [OLD["solution"], NEW["solution"]]
    system.fedlearn("retract", unlinked, "--reason", "without its link")
    new = learn(system, NEW, old[:8])
    assert solutions(system) == [NEW["solution"], OLD["solution"]]
    newest, older = search(system)
    assert (newest["supersedes"], newest["superseded_by"]) == ([old], [])
    assert older["superseded_by"] == [{"id": new, "share": 1.0}]
    shown = system.fedlearn("search", QUESTION).out
    assert f"\n   superseded by {new[:12]}\n" in shown
    assert f"\n   supersedes {old[:12]}\n" in shown
    assert f"  replaced        superseded by {new[:12]}\n" in system.fedlearn("show", old).out
    assert f"  replaces        supersedes {old[:12]}\n" in system.fedlearn("show", new).out
    record = system.fedlearn("show", new, "--json").json()["records"][0]
    assert record["record"]["supersedes"] == [old]


def test_the_link_travels_with_git_and_sinks_the_lesson_of_its_reader(world: World) -> None:
    one = world.system("one")
    old = learn(one, OLD)
    one.commit()
    two = world.clone(one, "two")
    learn(two, NEW, old)
    two.commit()
    one.git("pull", "--quiet", "--no-rebase", str(two.path), "main")
    assert solutions(one) == [NEW["solution"], OLD["solution"]]


def test_a_retracted_successor_replaces_nothing(system: System) -> None:
    old = learn(system, OLD)
    new = learn(system, NEW, old)
    system.fedlearn("retract", new, "--reason", "wrong")
    (hit,) = search(system)
    assert (hit["id"], hit["superseded_by"]) == (old, [])


def test_a_peer_cannot_bury_what_this_system_learned(world: World) -> None:
    here = world.system("here")
    old = learn(here, OLD)
    here.commit()
    own = here.git("config", "fedlearn.system").out.strip()
    ids = []
    for number, name in enumerate(("first", "second")):
        peer = world.system(name)
        line = {
            "error_message": ERROR,
            "solution": f"unplug cable {number} of the whole rack",
            "supersedes": [old],
            "_seen_by": [own, "sys-aaaaaaaaaa", "sys-bbbbbbbbbb"],
            "value_score": 1.0,
        }
        ids.append(learn(peer, line))
        peer.commit()
        here.fedlearn("remote", "add", name, str(peer.path))
        here.fedlearn("pull-remotes", name)
        mine = next(hit for hit in search(here) if hit["id"] == old)
        share = 0.0 if number == 0 else 1.0
        assert mine["superseded_by"] == [{"id": one, "share": share} for one in sorted(ids)]
    here.fedlearn("remote", "remove", "second")
    assert next(hit for hit in search(here) if hit["id"] == old)["superseded_by"] == [
        {"id": one, "share": 0.0} for one in sorted(ids)
    ]
    assert "superseded, says a peer, by" in here.fedlearn("show", old).out
    here.fedlearn("outcome", ids[0], "--worked")
    mine = next(hit for hit in search(here) if hit["id"] == old)
    assert mine["superseded_by"] == [{"id": ids[0], "share": 1.0}, {"id": ids[1], "share": 0.0}]


def test_of_a_lesson_of_its_own_a_peer_is_believed(world: World) -> None:
    here, peer = world.system("here"), world.system("peer")
    old = learn(peer, OLD)
    learn(peer, NEW, old)
    peer.commit()
    here.fedlearn("remote", "add", "peer", str(peer.path))
    here.fedlearn("pull-remotes")
    assert solutions(here) == [NEW["solution"], OLD["solution"]]


def test_other_solutions_of_one_error_stand_together_by_evidence(system: System) -> None:
    old = learn(system, OLD)
    third = learn(
        system,
        {"error_message": "the tape library needs its drive cleaned", "solution": "insert the cleaning tape"},
    )
    new = learn(system, {**NEW, "error_message": f"{ERROR} ".upper()})
    for _ in range(3):
        system.fedlearn("outcome", new, "--worked")
        system.fedlearn("outcome", old, "--failed")
    hits = search(system)
    assert [hit["id"] for hit in hits[:2]] == [new, old]
    assert [hit["alternatives"] for hit in hits[:2]] == [[old], [new]]
    assert all(hit["alternatives"] == [] for hit in hits if hit["id"] == third)
    assert f"\n   other solutions: {old[:12]}\n" in system.fedlearn("search", QUESTION).out
    shown = system.fedlearn("show", old).out
    assert f"  also solved by  {new[:12]}  score " in shown
    assert "release the drive with mtx unload 3 first" in shown


def test_age_and_versions_stand_in_every_answer(system: System) -> None:
    fields = {
        "error_message": ERROR,
        "solution": "upgrade mtx to 1.3.12, the driver of Linux 6.8 hangs",
        "created_at": "2024-03-01T00:00:00Z",
    }
    identifier = learn(system, fields)
    shown = system.fedlearn("search", QUESTION).out
    assert "since 2026-05-28 (2 years ago)" in shown
    assert "\n   versions: mtx 1.3.12, Linux 6.8\n" in shown
    (hit,) = search(system)
    assert (hit["age_days"], hit["versions"]) == (818, ["mtx 1.3.12", "Linux 6.8"])
    shown = system.fedlearn("show", identifier).out
    assert "  learned         2026-05-28 (2 years ago) by " in shown
    assert "  versions        mtx 1.3.12, Linux 6.8\n" in shown


@pytest.mark.parametrize("start", ["0000", "zz"])
def test_only_a_lesson_can_be_replaced(system: System, start: str) -> None:
    line = json.dumps(NEW).encode()
    refused = system.fedlearn(
        "add", "error-solutions", "-", "--supersedes", start, stdin=line, code=1 if start == "0000" else 2
    )
    assert refused.err.startswith(f"error: {start}: ")
    assert system.records("error-solutions") == []
