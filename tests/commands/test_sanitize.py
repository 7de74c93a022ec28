"""`git fedlearn sanitize`: private data leaves data files, and its committed version does not come back."""

import json

import pytest
from systems import System, World

SET = "data/patterns/skills-patterns.jsonl"
MAIL = "jane.roe" + "@" + "corp-mail.net"
TOKEN = "gh" + "p_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"


def leak(system: System, path: str = SET, **fields: object) -> None:
    """Append a hand-written line."""
    file = system.path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab") as stream:
        stream.write(json.dumps({"title": f"ask {MAIL}", **fields}).encode() + b"\n")


def kinds(system: System) -> list[str]:
    return sorted(str(record.fields.get("title", "-")) for record in system.records("skills-patterns"))


def test_a_record_that_was_never_committed_is_replaced(system: System) -> None:
    system.add("skills-patterns", {"title": "clean"})
    leak(system)
    assert f"{SET}:" in system.fedlearn("scan", code=1).out
    assert MAIL.encode() in system.read(SET)
    done = system.fedlearn("sanitize")
    assert done.out == f"sanitized {SET}\n1 file sanitized; redacted 1 EMAIL_ADDRESS\n"
    assert kinds(system) == ["ask <EMAIL_ADDRESS>", "clean"]
    system.fedlearn("verify")
    assert system.fedlearn("sanitize").out == "no private data found\n"


def test_a_committed_record_leaves_a_tombstone(system: System) -> None:
    leak(system)
    system.git("add", "--all")
    system.git("commit", "--quiet", "--no-verify", "--message", "careless")
    system.fedlearn("sanitize")
    assert kinds(system) == ["-", "ask <EMAIL_ADDRESS>"]
    system.commit()
    system.git("merge", "--quiet", "HEAD~1")
    assert kinds(system) == ["-", "ask <EMAIL_ADDRESS>"]
    system.fedlearn("verify", "--history")


def test_the_same_line_in_several_shards_goes_everywhere(system: System) -> None:
    system.write(".fedlearn.toml", b"format = 1\n[limits]\nrecord_set_bytes = 1000\n")
    system.add("skills-patterns", *({"title": f"t{number}"} for number in range(30)))
    shards = sorted((system.path / "data/patterns/skills-patterns").glob("?.jsonl"))
    for path in (SET, *(str(shard.relative_to(system.path)) for shard in shards[:3])):
        leak(system, path)
    system.fedlearn("sanitize", str(shards[1].relative_to(system.path)))
    assert MAIL.encode() not in b"".join(
        file.read_bytes() for file in (system.path / "data").rglob("*.jsonl")
    )
    system.fedlearn("verify")


def test_two_versions_of_a_record_both_lose_it(system: System) -> None:
    leak(system, value_score=0.7)
    leak(system, value_score=0.9)
    system.fedlearn("sanitize")
    assert [record.fields["value_score"] for record in system.records("skills-patterns")] == [0.9]


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("data/metrics/monthly/sys-abcdefghij/2026-05.json", {"by": MAIL}, b'{"by": "<EMAIL_ADDRESS>"}\n'),
        (
            "data/fine-tuning/snapshots/sys-abcdefghij/1.jsonl",
            {"prompt": MAIL, "completion": "x"},
            b'{"prompt": "<EMAIL_ADDRESS>", "completion": "x"}\n',
        ),
        ("data/notes.jsonl", [MAIL], b'["<EMAIL_ADDRESS>"]\n'),
    ],
)
def test_files_that_hold_no_records(system: System, path: str, before: object, after: bytes) -> None:
    system.write(path, json.dumps(before).encode() + b"\n")
    system.fedlearn("sanitize", path)
    assert system.read(path) == after


def test_a_line_that_is_no_json_and_keys_of_ours(system: System) -> None:
    system.write(SET, f"mail {MAIL}\n".encode())
    leak(system, title="b", _note=f"from {MAIL}", _point_id=TOKEN)
    system.fedlearn("scan", code=1)
    system.fedlearn("sanitize")
    data = system.read(SET)
    assert b"mail <EMAIL_ADDRESS>\n" in data
    assert MAIL.encode() not in data
    assert TOKEN.encode() not in data
    system.fedlearn("scan")


def test_a_path_must_be_a_file(system: System) -> None:
    assert system.fedlearn("sanitize", "none.jsonl", code=2).err == "error: none.jsonl: no such file\n"


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        (
            "a.jsonl",
            '{"b": "MAIL",  "a":1.0}\r\n{"c" : [2]}\n',
            '{"b": "<EMAIL_ADDRESS>", "a": 1.0}\r\n{"c" : [2]}\n',
        ),
        (
            "b.jsonl",
            '\ufeff{"ü":"MAIL"}\n{"a":"MAIL","a":1}',
            '\ufeff{"ü":"<EMAIL_ADDRESS>"}\n{"a":"<EMAIL_ADDRESS>","a":1}',
        ),
        (
            "c.json",
            '{\n\t"b": "MAIL",\n\t"a": [1.0]\n}\n',
            '{\n\t"b": "<EMAIL_ADDRESS>",\n\t"a": [\n\t\t1.0\n\t]\n}\n',
        ),
        ("d.log", "x\rMAIL\n\nß MAIL\r\n", "x\r<EMAIL_ADDRESS>\n\nß <EMAIL_ADDRESS>\r\n"),
        ("e.txt", "nothing\x0b here", "nothing here"),
    ],
)
def test_files_anywhere_keep_their_form(world: World, name: str, before: str, after: str) -> None:
    plain = world.folder_system("plain")
    plain.write(name, before.replace("MAIL", MAIL).encode())
    assert plain.fedlearn("scan", name, code=1).out.startswith(f"{name}:")
    assert plain.read(name) == before.replace("MAIL", MAIL).encode()
    plain.fedlearn("sanitize", name)
    assert plain.read(name).decode() == after
    assert plain.fedlearn("sanitize", ".").out == "no private data found\n"


def test_standard_input_comes_back_clean(world: World) -> None:
    plain = world.folder_system("plain")
    given = f'ask {MAIL}\n{{"a":"{MAIL}"}}\n'.encode() + b"\xff ok\n"
    assert plain.fedlearn("scan", "-", stdin=given, code=1).out.endswith("2 findings in 1 file\n")
    clean = plain.fedlearn("sanitize", "-", stdin=given).out
    assert clean.encode("utf-8", "surrogateescape") == (
        b'ask <EMAIL_ADDRESS>\n{"a":"<EMAIL_ADDRESS>"}\n\xff ok\n'
    )
    plain.fedlearn("sanitize", "-", "x", code=2)


def test_a_record_set_on_standard_input_stays_one(system: System) -> None:
    leak(system, title=f"{MAIL} 1")
    system.add("skills-patterns", *({"title": f"t{number}"} for number in range(20)))
    system.fedlearn("verify", "--fix")
    system.write(SET, system.fedlearn("sanitize", "-", stdin=system.read(SET)).out.encode())
    system.fedlearn("verify")
    assert "<EMAIL_ADDRESS> 1" in kinds(system)
