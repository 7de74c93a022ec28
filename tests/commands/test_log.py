"""`git fedlearn log`: the life of a record over two systems, as people and programs read it."""

import pytest
from systems import System, World

A, B = "sys-aaaaaaaaaa", "sys-bbbbbbbbbb"
PIN = {"title": "pin it", "category": "nix"}


@pytest.fixture
def two(world: World) -> tuple[System, System]:
    """Two systems that learned the same, merged, and changed their minds."""
    one = world.system("one")
    two = world.clone(one, "two")
    one.git("config", "fedlearn.system", A)
    two.git("config", "fedlearn.system", B)
    one.add("best-practices", PIN | {"value_score": 0.72})
    one.commit("one learns")
    two.add("best-practices", PIN | {"value_score": 0.9}, {"title": "other"})
    two.commit("two learns")
    one.git("pull", "--quiet", "--no-rebase", "--no-edit", str(two.path), "main")
    one.git("commit", "--quiet", "--amend", "--message", "meet")
    one.fedlearn("retract", one.records("best-practices")[0].id, "--reason", "wrong\x1b[2J since 2.0")
    one.commit("take back")
    return one, two


def short(system: System, revision: str) -> str:
    return system.git("rev-parse", "--short=12", revision).out.strip()


def test_a_record_that_two_systems_learned(two: tuple[System, System]) -> None:
    one, _ = two
    (pin,) = (record for record in one.records("best-practices") if record.is_tombstone)
    one.fedlearn("restore", pin.id)
    assert one.fedlearn("log", pin.id[:6]).out == (
        f"{pin.id}  best-practices  nix: pin it\n"
        "  not committed             restored with score 0.90\n"
        f"  2026-05-28  {short(one, 'HEAD')}  retracted by this system: wrong since 2.0  (take back)\n"
        f"  2026-05-28  {short(one, 'HEAD~1')}  score raised to 0.90, confirmed by {B}  (meet)\n"
        f"  2026-05-28  {short(one, 'HEAD~1^2')}  learned with score 0.90 by {B}  (two learns)\n"
        f"  2026-05-28  {short(one, 'HEAD~1^1')}  learned with score 0.72 by this system  (one learns)\n"
    )
    answer = one.fedlearn("log", pin.id, "--json", "--full").json()
    assert answer["schema"] == "fedlearn.log/v1"
    assert [[c["kind"] for c in commit["changes"]] for commit in answer["commits"]] == [
        ["retracted"],
        ["raised", "endorsed"],
        ["learned"],
        ["learned"],
    ]
    assert answer["commits"][1]["changes"][0] == {
        "kind": "raised",
        "set": "best-practices",
        "id": pin.id,
        "before": 0.72,
        "after": 0.9,
        "systems": [],
        "reason": None,
        "headline": "nix: pin it",
        "reads_like_instructions": False,
    }
    assert [change["kind"] for change in answer["uncommitted"]] == ["restored"]
    assert one.fedlearn("log", pin.id, "-n", "1", "--rev", "HEAD~1").out.count("\n") == 2
    assert "(meet)" in one.fedlearn("log", pin.id, "--rev", "HEAD~2..HEAD~1").out


def test_all_records_commit_by_commit(two: tuple[System, System]) -> None:
    one, _ = two
    pin = next(record.id[:12] for record in one.records("best-practices") if record.is_tombstone)
    told = one.fedlearn("log", "--records", "1").out
    head = f"{short(one, 'HEAD')}  2026-05-28  take back\n  1 retracted\n"
    line = f"  best-practices\n    retracted  {pin}  nix: pin it  by this system: wrong since"
    assert told.startswith(f"{head}{line} 2.0\n")
    assert f"meet\n  1 score raised to 0.90, 1 confirmed\n  best-practices\n    score raised  {pin}" in told
    assert "two learns\n  2 learned\n" in told
    assert "    and 1 more    (--records 2)\n" in told
    assert one.fedlearn("log", "-n", "1", "--records", "0").out == head
    (commit,) = one.fedlearn("log", "--rev", "HEAD~1..HEAD", "--json").json()["commits"]
    assert (commit["subject"], commit["system"], commit["peers"]) == ("take back", None, [])


def test_a_lost_record_is_found_in_history(two: tuple[System, System]) -> None:
    one, _ = two
    other = next(record.id for record in one.records("best-practices") if not record.is_tombstone)
    kept = b"".join(r.line + b"\n" for r in one.records("best-practices") if r.id != other)
    one.write("data/patterns/best-practices.jsonl", kept)
    one.git("commit", "--quiet", "--no-verify", "-a", "-m", "drop")
    told = one.fedlearn("log", other[:8]).out.splitlines()
    assert told[0] == f"{other}  best-practices  other"
    assert told[1] == f"  2026-05-28  {short(one, 'HEAD')}  lost  (drop)"
    assert "learned by" in told[-1]


def test_nothing_and_wrong_uses(world: World) -> None:
    plain = world.repository("plain")
    assert plain.fedlearn("log").err == "no commits yet\n"
    assert "no record with this id in this clone or its history" in plain.fedlearn("log", "abcd", code=1).err
    assert plain.fedlearn("log", "", code=2).err.startswith("error: an empty ID\n")
    assert plain.fedlearn("log", "--rev", "nope", code=2).err.startswith("error: nope: no such commit\n")
    assert plain.fedlearn("log", "--full", code=2).err.startswith("error: --full needs an ID")
    one = world.system("one")
    assert one.fedlearn("log").out == ""
    one.add("skills-patterns", {"pattern": "a"})
    identifier = one.records("skills-patterns")[0].id
    assert "  not committed             learned by " in one.fedlearn("log", identifier).out
