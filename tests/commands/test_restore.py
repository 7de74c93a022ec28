"""`git fedlearn restore`: a retracted lesson comes back, everywhere, from wherever its content still is."""

import json

from systems import System, World, prepared


def only(system: System) -> tuple[str, str, int]:
    (record,) = system.records("skills-patterns")
    return record.id, str(record.fields.get("title", "-")), record.gen


@prepared
def buried(system: System) -> None:
    """A system that committed a record and its retraction."""
    system.add("skills-patterns", {"title": "a", "value_score": 0.8})
    system.commit()
    system.fedlearn("retract", only(system)[0], "--reason", "x")
    system.commit()


def test_from_history_one_generation_on(buried: System) -> None:
    identifier = only(buried)[0]
    result = buried.fedlearn("restore", identifier[:8])
    assert result.out == f"restored {identifier[:12]} in skills-patterns: a\n"
    assert only(buried) == (identifier, "a", 1)
    assert buried.records("skills-patterns")[0].fields["value_score"] == 0.8
    again = buried.fedlearn("restore", identifier)
    assert (again.out, again.err) == ("", f"{identifier[:12]} in skills-patterns is not retracted\n")
    buried.commit()
    buried.fedlearn("retract", identifier, "--reason", "again")
    buried.fedlearn("restore", identifier)
    assert only(buried) == (identifier, "a", 2)
    buried.fedlearn("verify")


def test_of_a_record_that_was_never_committed(system: System) -> None:
    system.add("skills-patterns", {"title": "a"})
    system.fedlearn("retract", only(system)[0], "--reason", "x")
    system.fedlearn("restore", only(system)[0])
    assert only(system)[1:] == ("a", 1)


def test_from_another_branch(system: System) -> None:
    system.git("checkout", "--quiet", "-b", "side")
    system.add("skills-patterns", {"title": "a"})
    system.commit()
    identifier = only(system)[0]
    system.git("checkout", "--quiet", "main")
    system.add("skills-patterns", {"_id": identifier, "_retracted": {"reason": "from elsewhere"}})
    system.fedlearn("restore", identifier)
    assert only(system)[1:] == ("a", 1)


def test_a_tombstone_from_elsewhere_of_a_later_generation(buried: System) -> None:
    identifier = only(buried)[0]
    buried.add("skills-patterns", {"_id": identifier, "_gen": 5, "_retracted": {"reason": "elsewhere"}})
    buried.fedlearn("restore", identifier)
    assert only(buried) == (identifier, "a", 6)


def test_wins_over_its_tombstone_in_every_clone(world: World) -> None:
    one = world.system("one")
    one.add("skills-patterns", {"title": "a"})
    one.commit()
    one.fedlearn("retract", only(one)[0], "--reason", "x")
    one.commit()
    two = world.clone(one, "two")
    two.add("skills-patterns", {"title": "a", "value_score": 1.0})
    two.add("best-practices", {"title": "b"})
    two.commit()
    one.fedlearn("restore", only(one)[0])
    one.commit()
    two.git("pull", "--quiet", "--no-rebase", "--no-edit")
    one.git("pull", "--quiet", "--no-edit", str(two.path), "main")
    assert only(one) == only(two) == (only(one)[0], "a", 1)


def test_a_shallow_clone_says_how_to_get_the_content(world: World) -> None:
    one = world.system("one")
    one.add("skills-patterns", {"title": "a"})
    one.commit()
    one.fedlearn("retract", only(one)[0], "--reason", "x")
    one.commit()
    outer = System(world.folder, world.home)
    outer.git("clone", "--quiet", "--depth=1", f"file://{one.path}", "shallow")
    shallow = System(world.folder / "shallow", world.home)
    shallow.fedlearn("install")
    identifier = only(shallow)[0]
    assert shallow.fedlearn("restore", identifier, code=3).err == (
        f"error: {identifier}: no commit in this clone contains it\n"
        "hint: git fetch --unshallow    (then run this again)\n"
    )
    shallow.git("fetch", "--quiet", "--unshallow")
    shallow.fedlearn("restore", identifier)
    assert only(shallow)[1:] == ("a", 1)


def test_of_an_unknown_content_or_id(system: System) -> None:
    system.add("skills-patterns", {"_id": "ab" * 16, "_retracted": {}})
    assert system.fedlearn("restore", "abab", code=3).err == (
        f"error: {'ab' * 16}: no commit in this clone contains it\n"
        "hint: git fedlearn add SET FILE    (a copy of the record with a `_gen` above the retraction's)\n"
    )
    assert "no record with this id" in system.fedlearn("restore", "cdcd", code=1).err


def test_all_or_nothing(buried: System) -> None:
    before = buried.read("data/patterns/skills-patterns.jsonl")
    buried.fedlearn("restore", only(buried)[0], "cdcd", code=1)
    assert buried.read("data/patterns/skills-patterns.jsonl") == before


def test_what_held_private_data_stays_retracted(system: System) -> None:
    mail = "jane.roe" + "@" + "corp-mail.net"
    system.write("data/patterns/skills-patterns.jsonl", json.dumps({"title": f"ask {mail}"}).encode() + b"\n")
    system.git("add", "--all")
    system.git("commit", "--quiet", "--no-verify", "--message", "careless")
    system.fedlearn("sanitize")
    buried = next(record for record in system.records("skills-patterns") if record.is_tombstone)
    error = system.fedlearn("restore", buried.id, code=3).err
    assert error == (
        f"error: {buried.id}: contains private data (EMAIL_ADDRESS)\n"
        "hint: git fedlearn add SET FILE    (the lesson without private data)\n"
    )
