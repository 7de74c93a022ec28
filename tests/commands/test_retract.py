"""`git fedlearn retract`: what becomes a tombstone, and that no clone brings it back."""

from itertools import pairwise

from systems import System, World


def ids(system: System, name: str = "skills-patterns") -> dict[str, str]:
    """Title (or `-` for a tombstone) by id."""
    return {record.id: str(record.fields.get("title", "-")) for record in system.records(name)}


def only_id(system: System) -> str:
    (record,) = system.records("skills-patterns")
    return record.id


def test_a_record_becomes_a_tombstone_that_says_when_who_and_why(system: System) -> None:
    system.git("config", "fedlearn.system", "sys-abcdefghij")
    system.add("skills-patterns", {"title": "a"})
    identifier = only_id(system)
    result = system.fedlearn("retract", identifier[:4].upper(), "--reason", "made the disk full")
    assert result.out == f"retracted {identifier[:12]} from skills-patterns: a\n"
    assert system.read("data/patterns/skills-patterns.jsonl").decode() == (
        f'{{"_id":"{identifier}","_first_seen":"2026-05-28","_retracted":{{"at":"2026-05-28T20:26:40Z",'
        '"by":"sys-abcdefghij","reason":"made the disk full"},"_seen_by":["sys-abcdefghij"]}\n'
    )
    again = system.fedlearn("retract", identifier, "--reason", "twice")
    assert (again.out, again.err) == ("", "1 record already retracted\n")
    assert "made the disk full" in system.fedlearn("show", identifier).out


def test_an_id_given_twice_is_retracted_once(system: System) -> None:
    system.add("skills-patterns", {"title": "a"})
    identifier = only_id(system)
    result = system.fedlearn("retract", identifier, identifier[:8], "--reason", "x")
    assert result.out == f"retracted {identifier[:12]} from skills-patterns: a\n"


def test_wrong_uses_change_nothing(system: System) -> None:
    system.add("skills-patterns", *({"title": f"t{number}"} for number in range(3)))
    before = system.read("data/patterns/skills-patterns.jsonl")
    first, second = sorted(ids(system))[:2]
    assert system.fedlearn("retract", "0000abcd", "--reason", "x", code=1).err == (
        "error: 0000abcd: no record with this id\n"
        "hint: git fedlearn log    (lists the records of every commit)\n"
    )
    system.fedlearn("retract", first, "0000abcd", "--reason", "x", code=1)
    assert "not a record id" in system.fedlearn("retract", "ab", "--reason", "x", code=2).err
    assert "nothing to retract" in system.fedlearn("retract", "--reason", "x", code=2).err
    assert "--reason" in system.fedlearn("retract", first, code=2).err
    assert "needs a reason" in system.fedlearn("retract", first, "--reason", " ", code=2).err
    assert "longer than" in system.fedlearn("retract", first, "--reason", "x" * 5000, code=2).err
    assert system.fedlearn("retract", "--commit", "nope", "--reason", "x", code=2).err == (
        "error: nope: no such commit\nhint: git log --oneline --all    (lists commits)\n"
    )
    system.write("data/collections/a.jsonl", b'{"_id":"%s0","x":1}\n' % second[:31].encode())
    assert system.read("data/patterns/skills-patterns.jsonl") == before


def test_an_ambiguous_start_names_the_candidates(system: System) -> None:
    numbers = range(1200)
    system.add("skills-patterns", *({"title": f"t{number}"} for number in numbers))
    found = sorted(ids(system))
    start = next(a[:4] for a, b in pairwise(found) if a[:4] == b[:4])
    error = system.fedlearn("retract", start, "--reason", "x", code=2).err
    assert error.startswith(f"error: {start} is ambiguous; 2 records start with it:\n  {start}")
    assert error.endswith("hint: give more digits\n")


def test_the_reason_is_sanitized(system: System) -> None:
    mail = "jane.roe" + "@" + "corp-mail.net"
    system.add("skills-patterns", {"title": "a"})
    result = system.fedlearn("retract", only_id(system), "--reason", f"asked by {mail}")
    assert result.err.startswith("note: redacted 1 EMAIL_ADDRESS in the reason\n")
    assert mail.encode() not in system.read("data/patterns/skills-patterns.jsonl")


def test_all_that_a_commit_introduced_and_nothing_else(system: System) -> None:
    system.add("skills-patterns", {"title": "before", "value_score": 0.7})
    system.commit()
    system.add("skills-patterns", {"title": "before", "value_score": 0.9}, {"title": "in"})
    system.add("best-practices", {"title": "in too"})
    revision = system.commit()
    system.add("skills-patterns", {"title": "after"})
    system.commit()
    system.fedlearn("retract", "--commit", revision[:10], "--reason", "a bad run")
    assert sorted(ids(system).values()) == ["-", "after", "before"]
    assert sorted(ids(system, "best-practices").values()) == ["-"]
    again = system.fedlearn("retract", "--commit", revision, "--reason", "a bad run")
    assert again.err == "2 records already retracted\n"
    system.git("commit", "--quiet", "--allow-empty", "--message", "nothing")
    assert system.fedlearn("retract", "--commit", "HEAD", "--reason", "x", code=1).err == (
        "error: HEAD: this commit added no records\nhint: git show --stat HEAD -- :/data\n"
    )


def test_a_merge_commit_introduces_what_no_parent_has(system: System) -> None:
    system.add("skills-patterns", {"title": "base"})
    system.commit()
    system.git("checkout", "--quiet", "-b", "side")
    system.add("skills-patterns", {"title": "side"})
    system.commit()
    system.git("checkout", "--quiet", "main")
    system.add("skills-patterns", {"title": "main"})
    system.commit()
    system.git("merge", "--quiet", "--no-commit", "side")
    system.add("skills-patterns", {"title": "in the merge"})
    system.commit("merge")
    system.fedlearn("retract", "--commit", "HEAD", "--reason", "x")
    assert sorted(ids(system).values()) == ["-", "base", "main", "side"]


def test_a_commit_that_is_not_merged_yet_can_be_retracted_in_advance(system: System) -> None:
    system.git("checkout", "--quiet", "-b", "bad")
    system.add("skills-patterns", {"title": "bad"})
    system.commit()
    system.git("checkout", "--quiet", "main")
    system.fedlearn("retract", "--commit", "bad", "--reason", "x")
    system.commit()
    system.git("merge", "--quiet", "--no-edit", "bad")
    assert list(ids(system).values()) == ["-"]


def test_a_stale_clone_does_not_bring_a_retracted_record_back(world: World) -> None:
    one = world.system("one")
    one.add("skills-patterns", {"title": "a", "value_score": 0.7})
    one.commit()
    stale = world.clone(one, "stale")
    one.fedlearn("retract", only_id(one), "--reason", "x")
    one.commit()
    stale.add("skills-patterns", {"title": "a", "value_score": 1.0}, {"title": "b"})
    stale.commit()
    stale.git("pull", "--quiet", "--no-rebase", "--no-edit")
    assert sorted(ids(stale).values()) == ["-", "b"]
    stale.add("skills-patterns", {"title": "a", "value_score": 1.0})
    assert sorted(ids(stale).values()) == ["-", "b"]
    one.git("pull", "--quiet", "--no-edit", str(stale.path), "main")
    assert one.read("data/patterns/skills-patterns.jsonl") == stale.read(
        "data/patterns/skills-patterns.jsonl"
    )
