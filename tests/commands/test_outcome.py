"""`git fedlearn outcome`: counters that only grow, whatever branches and merges do."""

import json

import pytest
from privacy.private_samples import github_token
from systems import System, World, prepared

OWN = "sys-aaaaaaaaaa"
FILE = f"data/outcomes/{OWN}.jsonl"


@prepared
def learned(system: System) -> None:
    system.git("config", "fedlearn.system", OWN)
    system.add("best-practices", {"title": "pin the channel", "description": "always", "value_score": 0.9})
    system.commit()


def only_id(system: System) -> str:
    (record,) = system.records("best-practices")
    return record.id


def test_it_counts_and_says_what_that_does_to_the_score(learned: System) -> None:
    one = only_id(learned)
    first = learned.fedlearn("outcome", one[:8], "--failed", "--note", " broke\n the build ")
    assert first.out == f"{one[:12]}  best-practices  failed 1 time (1 system), score 0.70 → 0.47\n"
    assert first.err == f"hint: git add {FILE} && git commit\n"
    assert learned.read(FILE).decode() == (
        f'{{"_id":"{one}","failed":1,"notes":[{{"at":"2026-05-28","text":"broke the build","worked":false}}],'
        '"worked":0}\n'
    )
    answer = learned.fedlearn("outcome", one, one[:6], "--worked", "--json").json()
    assert answer == {
        "schema": "fedlearn.outcome/v1",
        "worked": True,
        "note": "",
        "lessons": [
            {
                "id": one,
                "set": "best-practices",
                "outcomes": {"worked": 1, "failed": 1, "systems": 1},
                "effective_score_before": pytest.approx(0.4714, abs=1e-4),
                "effective_score": pytest.approx(0.58, abs=1e-4),
            }
        ],
    }
    shown = learned.fedlearn("show", one).out
    assert "  score           0.58\n  outcomes        worked 1 time, failed 1 time (1 system)\n" in shown
    assert f"    2026-05-28 {OWN} failed: broke the build\n" in shown
    learned.commit()
    assert "no problems found" in learned.fedlearn("verify").out


def test_branches_and_worktrees_of_one_system_never_conflict_and_no_count_is_lost(learned: System) -> None:
    one = only_id(learned)
    learned.git("branch", "--quiet", "side")
    for _ in range(2):
        learned.fedlearn("outcome", one, "--worked")
    learned.commit()
    learned.git("worktree", "add", "--quiet", "../tree", "side")
    tree = System(learned.path.parent / "tree", learned.path.parent / "home")
    for how in ("--worked", "--failed"):
        tree.fedlearn("outcome", one, how)
    tree.commit()
    learned.git("checkout", "--quiet", "-b", "third", "HEAD~1")
    learned.fedlearn("outcome", one, "--failed")
    learned.commit()
    learned.git("checkout", "--quiet", "main")
    for branch in ("side", "third"):
        learned.git("merge", "--quiet", "--no-edit", branch)
    (line,) = map(json.loads, learned.read(FILE).splitlines())
    assert (line["worked"], line["failed"]) == (3, 2)


def test_two_systems_add_up_after_a_pull(learned: System, world: World) -> None:
    one = only_id(learned)
    other = world.clone(learned, "other")
    learned.fedlearn("outcome", one, "--worked")
    other.fedlearn("outcome", one, "--failed")
    learned.commit()
    other.commit()
    other.git("pull", "--quiet", "--no-rebase", "--no-edit", str(learned.path), "main")
    assert "worked 1 time, failed 1 time (2 systems)" in other.fedlearn("show", one).out


def test_a_note_is_kept_without_private_data(learned: System) -> None:
    token = github_token()
    result = learned.fedlearn("outcome", only_id(learned), "--failed", "--note", f"needs {token} to work")
    assert "note: redacted 1 " in result.err
    assert token not in learned.read(FILE).decode()
    learned.commit()


def test_wrong_uses_count_nothing(learned: System) -> None:
    one = only_id(learned)
    assert learned.fedlearn("outcome", one, code=2).err == (
        f"error: say whether it worked: --worked or --failed\nhint: git fedlearn outcome {one} --worked\n"
    )
    assert "no record with this id" in learned.fedlearn("outcome", one, "0000abcd", "--worked", code=1).err
    assert "longer than 500" in learned.fedlearn("outcome", one, "--failed", "--note", "é" * 501, code=2).err
    assert not (learned.path / FILE).exists()
    (learned.path / "data/outcomes").rename(learned.path.parent / "outcomes")
    (learned.path / "data/outcomes").symlink_to(learned.path.parent)
    assert "a symlink in place of a directory" in learned.fedlearn("outcome", one, "--worked", code=3).err
    (learned.path / "data/outcomes").unlink()
    learned.fedlearn("retract", one, "--reason", "wrong")
    assert "is retracted" in learned.fedlearn("outcome", one, "--worked", code=3).err


def test_a_bad_lesson_sinks_in_search_though_its_claim_stays(learned: System) -> None:
    learned.add(
        "best-practices", {"title": "pin the channel", "description": "always so", "value_score": 0.8}
    )
    question = ("search", "pin the channel", "--json")
    first, second = learned.fedlearn(*question).json()["hits"]
    for _ in range(3):
        learned.fedlearn("outcome", first["id"], "--failed")
    hits = learned.fedlearn(*question).json()["hits"]
    assert [hit["id"] for hit in hits] == [second["id"], first["id"]]
    assert hits[1]["outcomes"] == {"worked": 0, "failed": 3, "systems": 1}
    assert hits[1]["claimed_score"] == first["claimed_score"]
    assert "; failed 3 times (1 system)\n" in learned.fedlearn("search", "pin the channel").out


def test_verify_notices_counts_that_a_merge_without_the_driver_lost(learned: System) -> None:
    one = only_id(learned)
    for _ in range(2):
        learned.fedlearn("outcome", one, "--failed")
    whole = learned.read(FILE)
    learned.commit()
    learned.write(FILE, whole.replace(b":2", b":1"))
    result = learned.fedlearn("verify", code=1)
    assert result.out.startswith(f"{FILE}: counts are lower than before")
    assert f"rewrote {FILE}\n" in learned.fedlearn("verify", "--fix").out
    assert learned.read(FILE) == whole
    (learned.path / FILE).unlink()
    learned.fedlearn("verify", code=1)
    learned.fedlearn("verify", "--fix")
    assert learned.read(FILE) == whole


def test_verify_names_bad_lines_and_mends_what_can_be(learned: System) -> None:
    other = "data/outcomes/sys-bbbbbbbbbb.jsonl"
    line = b'{"_id":"%s","failed":0,"worked":1}\n' % only_id(learned).encode()
    learned.write(other, line.replace(b"1}", b"2}") + line + line.replace(b'"failed":0,', b"") + b"{}\n")
    found = learned.fedlearn("verify", code=1).out
    assert f"{other}:3: an outcome not in canonical form\n{other}:4: no record id\n" in found
    mended = learned.fedlearn("verify", "--fix", code=1).out
    assert mended == f"rewrote {other}\n{other}:2: no record id\n"
    assert learned.read(other) == line.replace(b"1}", b"2}") + b"{}\n"
    learned.git("add", "data")
    blocked = learned.git("commit", "--quiet", "-m", "x", check=False)
    assert blocked.code == 1
    assert f"error: {other}:2: no record id" in blocked.err
    token = github_token()
    note = b',"notes":[{"at":"2026-05-28","text":"use %s","worked":true}],"worked"' % token.encode()
    learned.write(other, line.replace(b',"worked"', note))
    learned.git("add", "data")
    blocked = learned.git("commit", "--quiet", "-m", "x", check=False)
    assert blocked.code == 1
    assert f"error: {other}:1: API_KEY" in blocked.err
    assert token not in blocked.err
    learned.fedlearn("sanitize")
    learned.commit()
    assert b"use <API_KEY>" in learned.read(other)
