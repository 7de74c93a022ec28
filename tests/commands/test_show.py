"""`git fedlearn show`: one record, for people and for programs."""

from systems import System, World


def test_a_lesson_and_a_tombstone(system: System) -> None:
    system.git("config", "fedlearn.system", "sys-abcdefghij")
    system.add("skills-patterns", {"title": "a\nb\x07", "tags": ["x"], "value_score": 0.8})
    (record,) = system.records("skills-patterns")
    assert system.fedlearn("show", record.id[:6]).out == (
        f"{record.id}  skills-patterns\n"
        "  score           0.65\n  author's score  0.8\n"
        "  learned         2026-05-28 (today) by sys-abcdefghij\n"
        "  title\n    a\n    b\n"
        '  tags\n    [\n      "x"\n    ]\n\n'
    )
    system.fedlearn("retract", record.id, "--reason", "wrong")
    assert system.fedlearn("show", record.id).out == (
        f"{record.id}  skills-patterns\n"
        "  retracted       2026-05-28T20:26:40Z by sys-abcdefghij\n"
        "  reason          wrong\n\n"
    )


def test_what_a_terminal_would_obey_is_escaped(system: System) -> None:
    system.write("data/patterns/skills-patterns.jsonl", b'{"title":"\\u001b[2J","\\u202e":1}\n')
    (record,) = system.records("skills-patterns")
    out = system.fedlearn("show", record.id).out
    assert "\\x1b[2J" in out
    assert "\\u202e" in out


def test_program_answer_and_unknown_id(system: System) -> None:
    system.write("data/patterns/skills-patterns.jsonl", b'{"title":"\\ud800"}\n')
    (record,) = system.records("skills-patterns")
    assert system.fedlearn("show", "--json", record.id).json() == {
        "schema": "fedlearn.show/v1",
        "records": [
            {
                "set": "skills-patterns",
                "age_days": None,
                "versions": [],
                "supersedes": [],
                "superseded_by": [],
                "alternatives": [],
                "reads_like_instructions": False,
                "record": {"_id": record.id, "title": "\ud800"},
            }
        ],
    }
    assert system.fedlearn("show", "0000", code=1).err.startswith("error: 0000: no record with this id\n")


def test_the_origin_of_a_record_from_its_first_system_to_its_end(world: World) -> None:
    here, peer = world.system("here"), world.system("peer")
    theirs = peer.git("config", "fedlearn.system").out.strip()
    own = here.git("config", "fedlearn.system").out.strip()
    peer.add("skills-patterns", {"pattern": "from afar", "value_score": 0.9})
    peer.commit()
    here.fedlearn("remote", "add", "friend", str(peer.path))
    here.fedlearn("pull-remotes")
    pulled = here.git("rev-parse", "HEAD").out[:12]
    (record,) = here.records("skills-patterns")
    plain = here.fedlearn("show", record.id[:8]).out
    assert f"  learned         2026-05-28 (today) by {theirs}\n" in plain
    assert here.fedlearn("show", record.id[:8], "--origin").out == plain + (
        f"origin\n  learned by      {theirs}\n  introduced by   friend\n  also in         friend\n"
        f"  learned         2026-05-28  {pulled}  pull-remotes: add 1 record from 1 peer  from friend\n"
    )
    here.fedlearn("retract", record.id, "--reason", "no longer true")
    here.commit("take it back")
    answer = here.fedlearn("show", record.id, "--origin", "--json").json()["origin"]
    assert (answer["id"], answer["retracted"], answer["introduced_by"]) == (record.id, True, "friend")
    assert [(change["what"], change["peers"]) for change in answer["changes"]] == [
        ("learned", ["friend"]),
        ("retracted", []),
    ]
    told = here.fedlearn("show", record.id, "--origin").out
    assert f" by {own}\n  reason          no longer true\n" in told
    assert f"\norigin\n  learned by      {theirs}\n  introduced by   friend\n" in told


def test_the_origin_of_what_is_not_committed_and_not_there(world: World) -> None:
    here = world.system("here")
    own = here.git("config", "fedlearn.system").out.strip()
    here.add("skills-patterns", {"pattern": "new", "value_score": 0.9})
    (record,) = here.records("skills-patterns")
    assert here.fedlearn("show", record.id, "--origin").out.endswith(
        f"origin\n  learned by      {own} (this system)\n  not committed yet\n"
    )
    assert here.fedlearn("show", "0000", "--origin", code=1).err.startswith("error: 0000: ")


def test_an_id_is_found_as_it_was_pasted(system: System) -> None:
    system.add("skills-patterns", {"title": "a"})
    (record,) = system.records("skills-patterns")
    for pasted in (
        f" {record.id}\n",
        f"“{record.id[:12]}”",
        f"`{record.id[:12]}`,",
        f"({record.id[:12].upper()}…)",
    ):
        assert system.fedlearn("show", pasted).out.startswith(record.id)
