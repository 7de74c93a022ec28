"""`git fedlearn verify`: every kind of damage by file and line, and what `--fix` mends."""

import json
import os
import shutil
from pathlib import Path

import pytest
from systems import System, World

from git_fedlearn.core.record import make_record

SET = "data/patterns/skills-patterns.jsonl"


def line(**fields: object) -> bytes:
    return make_record(json.loads(json.dumps(fields))).line + b"\n"


A, B, C = sorted(line(title=title) for title in "abc")


def id_of(record_line: bytes) -> str:
    return record_line[8:40].decode()


def assert_mended(system: System) -> None:
    """`--fix` leaves nothing for a second check, and a second `--fix` changes no byte."""
    system.fedlearn("verify", "--fix")
    before = {path: path.read_bytes() for path in (system.path / "data").rglob("*.jsonl")}
    again = system.fedlearn("verify", "--fix")
    assert "no problems found" in again.out
    assert "rewrote" not in again.out
    assert {path: path.read_bytes() for path in (system.path / "data").rglob("*.jsonl")} == before


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (B + A, "2: out of order"),
        (A + A, "2: out of order"),
        (A.replace(b"}", b',"value_score":0.5}') + A.replace(b"}", b',"value_score":0.9}'), "2: same id as"),
        (B.replace(B[8:40], A[8:40]), f"1: wrong id: the content belongs to {id_of(B)}"),
        (b'{"title":"a"}\n', "1: a record not in canonical form"),
        (A.replace(b",", b", "), "1: a record not in canonical form"),
        (A + B.replace(b"\n", b"\r\n"), "2: CR at the end of a record"),
        (A + B.rstrip(), "2: no line feed at the end of the file"),
        (b"\xef\xbb\xbf" + A, "1: a record not in canonical form"),
    ],
)
def test_what_is_out_of_form_is_mended(system: System, data: bytes, message: str) -> None:
    system.write(SET, data)
    result = system.fedlearn("verify", code=1)
    assert result.out.startswith(f"{SET}:{message}")
    assert result.err == "hint: git fedlearn verify --fix\n"
    ids = {record.id for record in system.records("skills-patterns")}
    assert_mended(system)
    assert {record.id for record in system.records("skills-patterns")} == ids


def test_a_whole_conflict_is_joined(system: System) -> None:
    system.write(SET, b"<<<<<<< HEAD\n" + A + b"=======\n" + B + b">>>>>>> theirs\n" + C)
    out = system.fedlearn("verify", code=1).out
    assert f"{SET}:1: not JSON: expecting value at column 1\n" in out
    assert_mended(system)
    assert system.read(SET) == A + B + C


def test_what_is_no_record_is_kept_and_reported(system: System) -> None:
    system.write(SET, b"[1]\n" + B + b"\n" + A + b"<<<<<<< alone\nrubbish\n")
    fixed = system.fedlearn("verify", "--fix", code=1)
    assert fixed.out == (
        f"rewrote {SET}\n"
        f"{SET}:3: a blank line\n"
        f"{SET}:4: not JSON: expecting value at column 1\n"
        f"{SET}:5: not an object\n"
        f"{SET}:6: not JSON: expecting value at column 1\n"
    )
    assert system.read(SET) == A + B + b"\n<<<<<<< alone\n[1]\nrubbish\n"
    assert "hint: fix or remove the invalid lines in an editor" in fixed.err
    assert "rewrote" not in system.fedlearn("verify", "--fix", code=1).out


def test_two_contents_under_one_id_are_no_problem_when_both_are_right(system: System) -> None:
    system.write(SET, A + B)
    assert system.fedlearn("verify").out.startswith("2 records in ")


def test_settings_that_are_a_pipe_are_refused_not_waited_for(system: System) -> None:
    path = system.path / ".fedlearn.toml"
    path.unlink()
    os.mkfifo(path)
    error = f"error: {path}: not a regular file\nhint: move it away\n"
    assert system.fedlearn("verify", code=3).err == error


def test_a_record_in_the_wrong_shard_and_one_over_the_limit(system: System) -> None:
    system.write(".fedlearn.toml", b"format = 1\n[limits]\nrecord_set_bytes = 1000\nrecord_bytes = 1000\n")
    home, wrong = id_of(A)[0], "0" if id_of(A)[0] != "0" else "1"
    system.write(f"data/patterns/skills-patterns/{wrong}.jsonl", A)
    result = system.fedlearn("verify", code=1)
    assert result.out == (
        f"data/patterns/skills-patterns/{wrong}.jsonl:1: a record that belongs in {home}.jsonl\n"
    )
    assert_mended(system)
    assert system.read(f"data/patterns/skills-patterns/{home}.jsonl") == A
    system.write(SET, line(title="w" * 1001))
    result = system.fedlearn("verify", "--fix", code=1)
    assert ":1: a record larger than 1000 bytes\n" in result.out


def test_a_file_that_outgrew_its_limit_is_sharded(system: System) -> None:
    system.add("skills-patterns", *({"title": f"t{number}"} for number in range(40)))
    before = {record.id for record in system.records("skills-patterns")}
    system.write(".fedlearn.toml", b"format = 1\n[limits]\nrecord_set_bytes = 2000\n")
    assert f"{SET}: larger than 2000 bytes\n" in system.fedlearn("verify", code=1).out
    assert_mended(system)
    assert system.read(SET) == b""
    assert {record.id for record in system.records("skills-patterns")} == before


def test_links_and_folders_in_place_of_files(system: System, tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(A)
    (system.path / SET).unlink(missing_ok=True)
    (system.path / SET).symlink_to(tmp_path / "target")
    (system.path / "data/patterns/best-practices.jsonl").unlink(missing_ok=True)
    (system.path / "data/patterns/best-practices.jsonl").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (system.path / "data/collections").rename(tmp_path / "collections")
    (system.path / "data/collections").symlink_to(tmp_path / "elsewhere")
    system.write("data/patterns/error-solutions.jsonl", B + A)
    out = system.fedlearn("verify", "--fix", code=1).out
    why = "not a regular file (a symlink, folder or submodule)"
    for path in (SET, "data/patterns/best-practices.jsonl", "data/collections"):
        assert f"{path}: {why}\n" in out
    assert system.read("data/patterns/error-solutions.jsonl") == A + B
    assert (tmp_path / "target").read_bytes() == A
    assert "a symlink in place of a directory" in system.fedlearn("add", "collections/x", stdin=A, code=3).err
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_snapshots_of_other_systems_are_only_reported(system: System) -> None:
    own = system.git("config", "fedlearn.system").out.strip()
    paths = {who: f"data/telemetry/snapshots/{who}/2026-05-28.jsonl" for who in (own, "sys-zzzzzzzzzz")}
    for path in paths.values():
        system.write(path, B + A)
    result = system.fedlearn("verify", "--fix", code=1)
    assert result.out == (f"rewrote {paths[own]}\n{paths['sys-zzzzzzzzzz']}:2: out of order\n")
    assert system.read(paths[own]) == A + B
    assert system.read(paths["sys-zzzzzzzzzz"]) == B + A
    assert "verify --fix" not in result.err.replace("git add data && git commit", "")


def test_training_snapshots_and_metrics_hold_objects_without_our_keys(system: System) -> None:
    system.write("data/fine-tuning/snapshots/sys-aaaaaaaaaa/1.jsonl", b'{"prompt":"p"}\n{"_id":"x"}\nno\n')
    system.write("data/metrics/monthly/sys-aaaaaaaaaa/2026-05.json", b"[]")
    samples = "data/fine-tuning/snapshots/sys-aaaaaaaaaa/1.jsonl"
    assert system.fedlearn("verify", code=1).out == (
        f"{samples}:2: a training sample with keys of the record format\n"
        f"{samples}:3: not JSON: expecting value at column 1\n"
        "data/metrics/monthly/sys-aaaaaaaaaa/2026-05.json: metrics that is not an object\n"
    )


def test_lost_records_undone_tombstones_and_lowered_scores_come_back(system: System) -> None:
    titles = {"lost": 0.7, "weak": 0.9, "buried": 0.8}
    system.add("skills-patterns", *({"title": title, "value_score": n} for title, n in titles.items()))
    system.commit()
    ids = {str(r.fields["title"]): r.id for r in system.records("skills-patterns")}
    buried = system.read(SET).splitlines(keepends=True)
    system.fedlearn("retract", ids["buried"], "--reason", "x")
    system.commit()
    whole = system.read(SET)
    kept = [text.replace(b"0.9", b"0.2") for text in buried if b"lost" not in text]
    system.write(SET, b"".join(kept))
    result = system.fedlearn("verify", code=1)
    assert result.out == (
        f"skills-patterns: 1 record lost: {ids['lost'][:12]}\n"
        f"skills-patterns: 1 record no longer retracted: {ids['buried'][:12]}\n"
        f"skills-patterns: 1 record with a lower score or less metadata than before: {ids['weak'][:12]}\n"
    )
    fixed = system.fedlearn("verify", "--fix")
    assert fixed.out.splitlines()[0] == f"skills-patterns: restored 1 lost record: {ids['lost'][:12]}"
    assert system.read(SET) == whole


def test_a_merge_that_took_one_side_is_mended_from_its_parents(world: World) -> None:
    one = world.system("one")
    two = world.clone(one, "two")
    for system, title in ((one, "one"), (two, "two")):
        system.add("skills-patterns", {"title": title})
        system.commit()
    two.git("fetch", "--quiet", str(one.path), "main")
    two.git("merge", "--quiet", "--no-edit", "--strategy=ours", "FETCH_HEAD")
    assert "1 record lost" in two.fedlearn("verify", code=1).out
    two.fedlearn("verify", "--fix")
    assert {record.fields["title"] for record in two.records("skills-patterns")} == {"one", "two"}


def test_what_was_lost_long_ago_is_found_in_history(system: System) -> None:
    system.add("skills-patterns", {"title": "old"})
    system.commit()
    system.write(SET, b"")
    system.git("commit", "--quiet", "--no-verify", "--all", "--message", "lose")
    for number in range(3):
        system.add("best-practices", {"title": f"{number}"})
        system.commit()
    system.fedlearn("verify")
    assert "1 record lost" in system.fedlearn("verify", "--history", code=1).out
    system.fedlearn("verify", "--fix", "--history")
    assert len(system.records("skills-patterns")) == 1
    system.fedlearn("verify", "--history")


def test_program_answer(system: System) -> None:
    system.add("skills-patterns", {"title": "gone"})
    system.commit()
    gone = system.records("skills-patterns")[0].id
    system.write(SET, B + A + b"x\n")
    answer = system.fedlearn("verify", "--json", code=1).json()
    assert answer["losses"] == [{"set": "skills-patterns", "lost": [gone], "revived": [], "weakened": []}]
    assert answer["problems"] == [
        {
            "path": SET,
            "line": 3,
            "kind": "opaque",
            "message": "not JSON: expecting value at column 1",
            "fixable": False,
        },
        {
            "path": SET,
            "line": 2,
            "kind": "order",
            "message": "out of order",
            "fixable": True,
        },
    ]
    assert (answer["schema"], answer["sound"], answer["records"]) == ("fedlearn.verify/v1", False, 3)
    assert answer["mended"] == []
    assert system.fedlearn("verify", "--fix", "--json", code=1).json()["mended"] == [SET]


def test_an_empty_repository_and_one_without_commits(world: World) -> None:
    fresh = world.repository("fresh")
    fresh.fedlearn("init")
    fresh.fedlearn("verify")
    shutil.rmtree(fresh.path / "data/patterns")
    fresh.fedlearn("verify", "--fix")
