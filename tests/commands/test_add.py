"""`git fedlearn add`: what is joined, what is refused, and what the user is told."""

import io
import json
from pathlib import Path

import pytest
from systems import System, World

from git_fedlearn.core.record import make_record
from git_fedlearn.learn.lines import MAX_LINE, UnfinishedLine, read_lines
from git_fedlearn.repository.lock import hold_lock

SET = "data/patterns/skills-patterns.jsonl"


def line(**fields: object) -> bytes:
    return json.dumps(fields).encode() + b"\n"


def test_a_record_from_standard_input_is_written_whole(system: System) -> None:
    system.git("config", "fedlearn.system", "sys-abcdefghij")
    result = system.fedlearn("add", "skills-patterns", stdin=line(title="a", value_score=0.8))
    assert result.out == "skills-patterns: 1 record added\n"
    assert result.err == ""
    assert system.read(SET).decode() == (
        f'{{"_id":"{identifier("a")}","_first_seen":"2026-05-28","_seen_by":["sys-abcdefghij"],'
        '"title":"a","value_score":0.8}\n'
    )


def test_every_way_a_file_can_be_written_gives_the_same_record(system: System, tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    for data in (
        b'\xef\xbb\xbf{"title": "a", "n": 1}\r\n\r\n\n   \n',
        b'{"n":1.0,"title":"a"}',
        b'\n{"title":"\\u0061","n":1e0}\n',
    ):
        file.write_bytes(data)
        system.fedlearn("add", "skills-patterns", str(file))
        system.fedlearn("-C", str(tmp_path), "add", "skills-patterns", "in.jsonl", code=3)
    assert len(system.records("skills-patterns")) == 1
    before = system.read(SET)
    again = system.fedlearn("add", "skills-patterns", str(file))
    assert again.out == "skills-patterns: nothing new (1 already known)\n"
    assert system.read(SET) == before


def test_many_lines_are_told_as_few_are(system: System) -> None:
    lines = [line(title=f"the spooler dropped job {number}") for number in range(2100)]
    lines[4], lines[1999] = b"not json\n", b"[1]\n"
    lines[2050] = line(title="write to vera.kuhn@printshop.de")
    result = system.fedlearn("add", "skills-patterns", stdin=b"".join(lines) + b'{"title":"half', code=1)
    assert result.err == (
        "error: standard input:5: not JSON: expecting value at column 1; skipped\n"
        "error: standard input:2000: not a JSON object; skipped\n"
        "error: standard input:2101: incomplete last line; skipped\n"
    )
    assert result.out == "skills-patterns: 2098 records added; redacted 1 EMAIL_ADDRESS\n"
    again = system.fedlearn("add", "skills-patterns", stdin=b"".join(lines[5:1900]))
    assert again.out == "skills-patterns: nothing new (1895 already known)\n"


def test_broken_lines_are_reported_by_number_and_the_rest_is_added(system: System) -> None:
    lines = [
        b'{"title":"good"}',
        b"not json",
        b"[1]",
        b'{"title":"b","title":"c"}',
        b'{"x":NaN}',
        b'{"x":1e400}',
        b'{"x":' + b"9" * 700 + b"}",
        b"[" * 10_000 + b"]" * 10_000,
        b'{"x":' * 10_000 + b"1" + b"}" * 10_000,
        b'{"x":"\xff"}',
        b'{"x":"a\0b"}',
        b'{"value_score":0.9}',
        b'{"title":"t","_first_seen":"yesterday"}',
        b'{"title":"t","_gen":-1}',
        b'{"title":"good too"}',
        b'{"title":"half',
    ]
    result = system.fedlearn("add", "skills-patterns", stdin=b"\n".join(lines), code=1)
    assert result.out == "skills-patterns: 2 records added\n"
    assert result.err == "".join(
        f"error: standard input:{number}: {reason}; skipped\n"
        for number, reason in (
            (2, "not JSON: expecting value at column 1"),
            (3, "not a JSON object"),
            (4, "a key that occurs twice"),
            (5, "NaN or Infinity, which is not JSON"),
            (6, "a number out of the range of a double"),
            (7, "a number of more than 640 digits"),
            (8, "nested deeper than 100 levels"),
            (9, "nested deeper than 100 levels"),
            (10, "not valid UTF-8"),
            (11, "NUL bytes"),
            (12, "no content: every field is metadata"),
            (13, "`_first_seen` is not a date (YYYY-MM-DD)"),
            (14, "`_gen` is not a whole number"),
            (16, "incomplete last line"),
        )
    )
    system.fedlearn("verify")


def test_a_record_over_the_limit_is_refused(system: System) -> None:
    system.write(".fedlearn.toml", b"format = 1\n[limits]\nrecord_bytes = 1000\n")
    result = system.fedlearn("add", "skills-patterns", stdin=line(title="w " * 600), code=1)
    assert result.err == "error: standard input:1: larger than 1000 bytes; skipped\n"


class Endless(io.RawIOBase):
    """A line of 100 MB, made as it is read."""

    def __init__(self) -> None:
        self.left = 100 * 1024 * 1024
        self.largest = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        size = min(len(buffer), self.left)
        self.largest = max(self.largest, size)
        buffer[:size] = b"x" * size
        self.left -= size
        return size


def test_a_line_of_100_mb_is_passed_over(system: System, tmp_path: Path) -> None:
    (found,) = read_lines(io.BufferedReader(Endless()))
    assert found == UnfinishedLine(1, 0)
    file = tmp_path / "long.jsonl"
    with file.open("wb") as stream:
        stream.write(line(title="before"))
        stream.write(b'{"title":"')
        stream.seek(MAX_LINE * 2, 1)
        stream.write(b'"}\n')
        stream.write(line(title="after"))
    result = system.fedlearn("add", "skills-patterns", str(file), code=1)
    assert result.err == f"error: {file}:2: line too long; skipped\n"
    assert result.out == "skills-patterns: 2 records added\n"


def test_a_forged_id_is_computed_anew_and_other_keys_are_kept(system: System) -> None:
    system.add("skills-patterns", {"_id": "0" * 32, "title": "a", "_future": {"k": [1]}, "_point_id": 7})
    (record,) = system.records("skills-patterns")
    assert record.id != "0" * 32
    assert record.fields["_future"] == {"k": [1]}
    assert record.fields["_point_id"] == 7
    system.fedlearn("verify")


def test_a_raised_score_changes_one_record(system: System) -> None:
    system.add("skills-patterns", {"title": "a", "value_score": 0.7})
    assert system.add("skills-patterns", {"title": "a", "value_score": 0.9}).out == (
        "skills-patterns: 1 record updated (higher score)\n"
    )
    assert system.add("skills-patterns", {"title": "a", "value_score": 0.8}).out == (
        "skills-patterns: nothing new (1 already known)\n"
    )
    assert [record.fields["value_score"] for record in system.records("skills-patterns")] == [0.9]


def test_a_record_that_one_more_system_learned_is_updated_not_raised(system: System) -> None:
    system.add("skills-patterns", {"title": "a", "value_score": 0.7})
    other = {"title": "a", "value_score": 0.7, "_seen_by": ["sys-aaaaaaaaaa"]}
    assert system.add("skills-patterns", other).out == ("skills-patterns: 1 record updated\n")
    assert system.add(
        "skills-patterns", {**other, "_seen_by": ["sys-bbbbbbbbbb"], "value_score": 0.8}
    ).out == ("skills-patterns: 1 record updated (higher score)\n")


def test_a_tombstone_in_the_input_retracts(system: System) -> None:
    system.add("skills-patterns", {"title": "a"})
    (record,) = system.records("skills-patterns")
    result = system.add("skills-patterns", {"_id": record.id, "_retracted": {"reason": "wrong"}})
    assert result.out == "skills-patterns: 1 record retracted\n"
    assert system.records("skills-patterns")[0].is_tombstone
    assert system.add("skills-patterns", {"title": "a"}).out == (
        "skills-patterns: nothing new (1 already known)\n"
    )


def test_a_lone_surrogate_which_utf8_cannot_carry_is_replaced(system: System) -> None:
    system.fedlearn("add", "skills-patterns", stdin=b'{"title":"a \\ud800 b"}\n')
    assert system.records("skills-patterns")[0].fields["title"] == "a \ufffd b"
    system.fedlearn("verify")


def test_private_data_never_reaches_the_file(system: System) -> None:
    token = "gh" + "p_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
    mail = "jane.roe" + "@" + "corp-mail.net"
    result = system.add(
        "error-solutions",
        {"error_message": f"login of {mail} failed", "solution": f"export T={token}", "_note": f"by {mail}"},
    )
    data = system.read("data/patterns/error-solutions.jsonl")
    assert token.encode() not in data
    assert mail.encode() not in data
    assert b"<EMAIL_ADDRESS>" in data
    assert "2 EMAIL_ADDRESS" in result.out
    assert token not in result.out + result.err
    system.fedlearn("scan")


def test_a_key_that_hides_behind_invisible_characters_does_not_become_ours(system: System) -> None:
    system.add("skills-patterns", {"title": "a", "\u200b_retracted": {"reason": "x"}, "\u200b_gen": 9})
    (record,) = system.records("skills-patterns")
    assert not record.is_tombstone
    assert record.gen == 0


def test_program_answer(system: System) -> None:
    system.add("skills-patterns", {"title": "old", "value_score": 0.7})
    answer = system.fedlearn(
        "add",
        "skills-patterns",
        "--json",
        stdin=line(title="old", value_score=0.8) + line(title="new") + b"x\n",
        code=1,
    ).json()
    ids = {record.fields["title"]: record.id for record in system.records("skills-patterns")}
    assert answer == {
        "schema": "fedlearn.add/v1",
        "set": "skills-patterns",
        "added": [ids["new"]],
        "raised": [ids["old"]],
        "updated": [],
        "retracted": [],
        "known": 0,
        "redacted": {},
        "held": {},
        "faults": [{"line": 3, "reason": "not JSON: expecting value at column 1"}],
        "folds": [],
        "near_duplicates": [],
    }


@pytest.fixture
def sharded(system: System) -> System:
    system.write(".fedlearn.toml", b"format = 1\n[limits]\nrecord_set_bytes = 4000\n")
    system.add("skills-patterns", *({"title": f"t{number}"} for number in range(60)))
    return system


def test_a_record_in_the_wrong_shard_costs_no_other_record(sharded: System) -> None:
    folder = sharded.path / "data/patterns/skills-patterns"
    first, second = sorted(folder.glob("?.jsonl"))[:2]
    ids = {record.id for record in sharded.records("skills-patterns")}
    moved = first.read_bytes().splitlines(keepends=True)[0]
    second.write_bytes(b"".join(sorted([moved, *second.read_bytes().splitlines(keepends=True)])))
    into_second = next({"title": f"n{n}"} for n in range(1000) if identifier(f"n{n}").startswith(second.stem))
    sharded.add("skills-patterns", into_second)
    assert {record.id for record in sharded.records("skills-patterns")} > ids
    sharded.fedlearn("verify")


def identifier(title: str) -> str:
    return make_record({"title": title}).id


def test_a_sharded_collection_without_its_root_file_is_still_found(sharded: System) -> None:
    sharded.add("collections/notes", *({"title": f"n{number}"} for number in range(60)))
    (sharded.path / "data/collections/notes.jsonl").unlink()
    record = sharded.records("collections/notes")[0]
    assert "collections/notes" in sharded.fedlearn("show", record.id).out


def test_wrong_uses(system: System, world: World) -> None:
    assert system.fedlearn("add", "nonsense", stdin=b"", code=2).err == (
        "error: nonsense: no such record set\n"
        "hint: one of skills-patterns, error-solutions, best-practices, fine-tuning, or collections/NAME\n"
    )
    system.fedlearn("add", "collections/../x", stdin=b"", code=2)
    assert system.fedlearn("add", "skills-patterns", "none.jsonl", code=3).err == (
        "error: none.jsonl: cannot be read: No such file or directory\n"
    )
    assert "Is a directory" in system.fedlearn("add", "skills-patterns", "data", code=3).err
    plain = world.repository("plain")
    assert plain.fedlearn("add", "skills-patterns", stdin=b"", code=3).err == (
        f"error: {plain.path}: not a federated repository\nhint: git fedlearn init\n"
    )
    bare = world.bare("bare.git")
    assert "a bare repository has no data files" in bare.fedlearn("add", "skills-patterns", code=3).err


def test_a_link_in_place_of_the_file_is_not_written_through(system: System, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"mine")
    (system.path / SET).unlink(missing_ok=True)
    (system.path / SET).symlink_to(target)
    refused = system.fedlearn("add", "skills-patterns", stdin=line(title="a"), code=3)
    assert "not a regular file" in refused.err
    assert target.read_bytes() == b"mine"


def test_the_second_of_two_writers_says_who_holds_the_lock(system: System) -> None:
    system.git("config", "fedlearn.lockTimeout", "0.05")
    with hold_lock(system.path / ".git/fedlearn", "sync"):
        err = system.fedlearn("add", "skills-patterns", stdin=line(title="a"), code=3).err
    assert "locked by git fedlearn sync (pid " in err
    assert "hint: wait for it to end, then run the command again" in err
    system.fedlearn("add", "skills-patterns", stdin=line(title="a"))


def test_inputs_that_become_one_record_are_counted_with_the_fields_that_differed(system: System) -> None:
    lessons: list[dict[str, object]] = [
        {"error": "line 5", "solution": "s", "value_score": 0.5},
        {"error": "line 6", "solution": "s", "value_score": 0.9},
        {"error": "line 6", "solution": "t", "model": "a"},
        {"error": "line 6", "solution": "t", "model": "b"},
    ]
    result = system.fedlearn("add", "error-solutions", stdin=b"".join(line(**one) for one in lessons))
    assert result.out == (
        "error-solutions: 3 records added\n  2 inputs became 1 record (differed in: error, value_score)\n"
    )
    stdin = b"".join(line(**one) for one in lessons)
    (fold,) = system.fedlearn("add", "error-solutions", "--json", stdin=stdin).json()["folds"]
    assert fold == {"id": fold["id"], "inputs": 2, "differed": ["error", "value_score"]}
    assert fold["id"] in {record.id for record in system.records("error-solutions")}


def test_a_set_near_its_largest_size_is_noted(system: System) -> None:
    """The commit checks refuse a shard that is too large and cannot be divided further."""
    (system.path / ".fedlearn.toml").write_text("format = 1\n[limits]\nrecord_set_bytes = 1000\n")
    records = [{"pattern": f"{number} " + "word " * 60, "value_score": 0.8} for number in range(500)]
    assert "of at most" not in system.add("skills-patterns", *records[:300]).err
    assert system.add("skills-patterns", *records[300:]).err.endswith(
        "note: skills-patterns: 0.2 MB of at most 0.3 MB\n"
        "hint: raise record_set_bytes in .fedlearn.toml, or put some lessons into collections\n"
    )


def test_a_home_that_the_shell_left_in_a_path(system: System) -> None:
    (Path(system.environment["HOME"]) / "more.jsonl").write_text('{"title": "a"}\n')
    assert system.fedlearn("add", "best-practices", "~/more.jsonl").out == "best-practices: 1 record added\n"
