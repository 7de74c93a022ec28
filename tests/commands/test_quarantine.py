"""`git fedlearn quarantine`: looking at what did not pass, and deciding."""

import json

from systems import System, World

SKILLS = "data/patterns/skills-patterns.jsonl"
FORGED = b'{"_id":"00000000000000000000000000000000","pattern":"taken from elsewhere","value_score":0.8}'
RAISED = b'{"pattern":"loud","value_score":7}'
NONE = b"\x1b[2Jno record"


def with_held(world: World) -> System:
    here, peer = world.system("here"), world.repository("peer")
    peer.write(SKILLS, b"\n".join([FORGED, RAISED, NONE, b""]))
    peer.commit()
    here.fedlearn("remote", "add", "peer", str(peer.path))
    here.fedlearn("pull-remotes")
    return here


def keys(here: System) -> dict[str, str]:
    held = here.fedlearn("quarantine", "list", "--json").json()["held"]
    return {item["reason"]: item["key"] for item in held}


def test_list_and_show_escape_what_was_sent(world: World) -> None:
    here = with_held(world)
    found = keys(here)
    listed = here.fedlearn("quarantine", "list", "--peer", "peer").out.splitlines()
    assert sorted(row.split("  ", 1)[1] for row in listed) == [
        "peer  skills-patterns  2026-05-28  not a record",
        "peer  skills-patterns  2026-05-28  score out of range",
        "peer  skills-patterns  2026-05-28  wrong id",
    ]
    shown = here.fedlearn("quarantine", "show", found["not a record"][:8]).out
    assert shown == (
        f"key     {found['not a record']}\npeer    peer\nset     skills-patterns\nsince   2026-05-28\n"
        'reason  not a record\nline    "no record"\naccept  not possible: it can only be dropped\n'
    )


def test_accept_mends_and_joins(world: World) -> None:
    here = with_held(world)
    result = here.fedlearn("quarantine", "accept", "--peer", "peer", code=1)
    assert result.out == "accepted 2 records\n"
    assert result.err.splitlines()[0].endswith(": not a record; it cannot be accepted")
    assert {
        str(r.fields["pattern"]): r.fields.get("value_score") for r in here.records("skills-patterns")
    } == {
        "taken from elsewhere": 0.8,
        "loud": None,
    }
    assert here.fedlearn("verify").code == 0
    assert list(keys(here)) == ["not a record"]


def test_a_line_of_which_only_the_beginning_is_kept_cannot_be_accepted(world: World) -> None:
    here, peer = world.system("here"), world.repository("peer")
    peer.write(SKILLS, b'{"pattern":"long","value_score":7}' + b" " * 2_000_000 + b"\n")
    peer.commit()
    here.fedlearn("remote", "add", "peer", str(peer.path))
    here.fedlearn("pull-remotes")
    refused = here.fedlearn("quarantine", "accept", "--peer", "peer", code=1)
    assert refused.out == "accepted 0 records\n"
    assert here.records("skills-patterns") == []
    assert len(keys(here)) == 1


def test_accept_lets_nothing_in_that_the_policy_blocks(world: World) -> None:
    here, peer = world.system("here"), world.repository("peer")
    mail = "jane.roe" + "@" + "corp-mail.net"
    peer.write(SKILLS, json.dumps({"pattern": f"ask {mail}"}).encode() + b"\n")
    peer.commit()
    here.fedlearn("remote", "add", "peer", str(peer.path))
    here.fedlearn("pull-remotes")
    settings = here.read(".fedlearn.toml")
    here.write(".fedlearn.toml", settings + b'\n[privacy.kinds]\nEMAIL_ADDRESS = "block"\n')
    refused = here.fedlearn("quarantine", "accept", "--peer", "peer", code=1)
    assert refused.out == "accepted 0 records\n"
    assert refused.err.endswith("; it cannot be accepted\n")
    assert here.records("skills-patterns") == []
    here.write(".fedlearn.toml", settings)
    here.fedlearn("quarantine", "accept", "--peer", "peer")
    assert [r.fields["pattern"] for r in here.records("skills-patterns")] == ["ask <EMAIL_ADDRESS>"]


def test_what_was_dropped_does_not_come_again(world: World) -> None:
    here = with_held(world)
    assert here.fedlearn("quarantine", "drop", "--peer", "peer").out == "dropped 3 records\n"
    (here.path / ".git/fedlearn/peers/peer.json").unlink()
    here.fedlearn("pull-remotes")
    assert here.fedlearn("quarantine", "list").err == "nothing is in quarantine\n"


def test_what_to_decide_on_must_be_named(world: World) -> None:
    here = world.system("here")
    assert here.fedlearn("quarantine", "drop", code=2).err == (
        "error: which records?\nhint: name their keys, or --peer NAME for all of a peer\n"
    )
    assert here.fedlearn("quarantine", "accept", "beef", code=2).err == (
        "error: beef: nothing in quarantine has this key\nhint: git fedlearn quarantine list\n"
    )
