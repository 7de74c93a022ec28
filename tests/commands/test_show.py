"""`git fedlearn show`: one record, for people and for programs."""

from systems import System


def test_a_lesson_and_a_tombstone(system: System) -> None:
    system.git("config", "fedlearn.system", "sys-abcdefghij")
    system.add("skills-patterns", {"title": "a\nb\x07", "tags": ["x"], "value_score": 0.8})
    (record,) = system.records("skills-patterns")
    assert system.fedlearn("show", record.id[:6]).out == (
        f"{record.id}  skills-patterns\n"
        "  score      0.8\n  effective  0.65\n"
        "  learned    2026-05-28 by sys-abcdefghij\n"
        '  tags\n    [\n      "x"\n    ]\n'
        "  title\n    a\n    b\n"
        "  value_score\n    0.8\n\n"
    )
    system.fedlearn("retract", record.id, "--reason", "wrong")
    assert system.fedlearn("show", record.id).out == (
        f"{record.id}  skills-patterns\n"
        "  retracted  2026-05-28T20:26:40Z by sys-abcdefghij\n"
        "  reason     wrong\n\n"
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
        "records": [{"set": "skills-patterns", "record": {"_id": record.id, "title": "\ud800"}}],
    }
    assert system.fedlearn("show", "0000", code=1).err.startswith("error: 0000: no record has this id\n")
