"""`git fedlearn review --peers`: looking at records that failed the check, and deciding."""

import json
import stat

from systems import System, World

SKILLS = "data/patterns/skills-patterns.jsonl"
FORGED = b'{"_id":"00000000000000000000000000000000","pattern":"taken from elsewhere","value_score":0.8}'
RAISED = b'{"pattern":"loud","value_score":7}'
NONE = b"\x1b[2Jno record"
SECRET = "gh" + "p_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"


def with_quarantine(world: World, *lines: bytes) -> System:
    here, peer = world.system("here"), world.repository("peer")
    peer.write(SKILLS, b"\n".join([*(lines or (FORGED, RAISED, NONE)), b""]))
    peer.commit()
    here.fedlearn("remote", "add", "peer", str(peer.path))
    here.fedlearn("pull-remotes")
    return here


def keys(here: System) -> dict[str, str]:
    records = here.fedlearn("review", "list", "--json").json()["records"]
    return {item["reason"]: item["key"] for item in records}


def test_list_and_show_escape_what_was_sent(world: World) -> None:
    here = with_quarantine(world)
    found = keys(here)
    listed = here.fedlearn("review", "list", "--peer", "peer").out.splitlines()
    assert sorted(row.split("  ", 1)[1] for row in listed) == [
        "record      peer  skills-patterns  2026-05-28  not a record",
        "record      peer  skills-patterns  2026-05-28  score out of range",
        "record      peer  skills-patterns  2026-05-28  wrong id",
    ]
    shown = here.fedlearn("review", "show", found["not a record"][:8]).out
    assert shown == (
        f"key     {found['not a record']}\npeer    peer\nset     skills-patterns\nsince   2026-05-28\n"
        'reason  not a record\nline    "no record"\naccept  not possible; drop it\n'
    )


def test_the_quarantine_is_private_to_its_owner(world: World) -> None:
    here = with_quarantine(world)
    inbox = here.path / ".git/fedlearn/inbox"
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (inbox, inbox / "peers")} == {0o700}
    here.fedlearn("review", "drop", keys(here)["wrong id"])
    files = sorted((inbox / "peers").iterdir())
    assert [file.name for file in files] == ["peer.decided.json", "peer.jsonl"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_accept_repairs_and_joins(world: World) -> None:
    here = with_quarantine(world)
    result = here.fedlearn("review", "accept", "--peer", "peer", "--all", code=1)
    assert result.out == "accepted 2 records\n"
    assert result.err.splitlines()[0].endswith(": not a record; cannot be accepted")
    assert result.err.splitlines()[1] == "hint: git add data && git commit"
    assert {
        str(r.fields["pattern"]): r.fields.get("value_score") for r in here.records("skills-patterns")
    } == {
        "taken from elsewhere": 0.8,
        "loud": None,
    }
    assert here.fedlearn("verify").code == 0
    assert list(keys(here)) == ["not a record"]


def test_a_record_is_accepted_redacted_whatever_it_was_held_for(world: World) -> None:
    forged = json.dumps({"_id": "0" * 32, "pattern": f"export KEY={SECRET}"}).encode()
    here = with_quarantine(world, forged)
    assert list(keys(here)) == ["wrong id"]
    here.fedlearn("review", "accept", "--peers", "--all")
    (record,) = here.records("skills-patterns")
    assert SECRET not in str(record.fields)
    here.fedlearn("scan")


def test_what_was_dropped_does_not_come_again(world: World) -> None:
    here = with_quarantine(world)
    assert here.fedlearn("review", "drop", "--peers", "--all").out == "dropped 3 records\n"
    (here.path / ".git/fedlearn/peers/peer.json").unlink()
    here.fedlearn("pull-remotes")
    assert here.fedlearn("review", "list").err == "nothing to review\n"


def test_what_to_decide_on_must_be_named(world: World) -> None:
    here = world.system("here")
    assert here.fedlearn("review", "drop", code=2).err == (
        "error: name items by their keys, or by a kind and --all\nhint: git fedlearn review list\n"
    )
    assert here.fedlearn("review", "accept", "--all", code=2).err == (
        "error: --all needs a kind\nhint: add --peers, --samples, --retractions, --drafts or --duplicates\n"
    )
    assert here.fedlearn("review", "accept", "beef", code=2).err == (
        "error: beef: no pending item has this key\nhint: git fedlearn review list\n"
    )
    assert "error: options go after list\n" in here.fedlearn("review", "--peers", "list", code=2).err
    assert here.fedlearn("review", "drop", "--peers", "--all").err == "nothing to review\n"


def test_a_short_key_must_name_one_item(world: World) -> None:
    here = with_quarantine(world, *(b'{"pattern":"%d","value_score":7}' % number for number in range(17)))
    found = [item["key"] for item in here.fedlearn("review", "list", "--json").json()["records"]]
    first = next(key[0] for key in found if sum(other[0] == key[0] for other in found) > 1)
    many = sum(key[0] == first for key in found)
    assert here.fedlearn("review", "accept", first, code=2).err == (
        f"error: {first} is ambiguous; {many} items start with it\nhint: git fedlearn review list\n"
    )
    only = found[0]
    result = here.fedlearn("review", "edit", only, "-", stdin=b"{}", code=2)
    assert result.err.startswith(f"error: {only}: only samples can be edited\n")
    result = here.fedlearn("review", "accept", only, "--as-is", code=2)
    assert result.err.startswith("error: --as-is is only for samples\n")
