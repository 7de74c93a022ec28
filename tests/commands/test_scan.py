"""`git fedlearn scan`: where private data stands and of what kind, never what it is."""

import json

from systems import System

SET = "data/patterns/skills-patterns.jsonl"
MAIL = "jane.roe" + "@" + "corp-mail.net"
TOKEN = "gh" + "p_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"


def test_a_finding_names_file_line_kind_and_pointer(system: System) -> None:
    system.write(SET, b'{"title":"ok"}\n' + json.dumps({"a": [{"b": f"ask {MAIL}"}]}).encode() + b"\n")
    result = system.fedlearn("scan", SET, code=1)
    assert result.out == f"{SET}:2: EMAIL_ADDRESS (email-address) at /a/0/b\n1 finding in 1 file\n"
    (line,) = system.fedlearn("scan", "--format", "jsonl", code=1).out.splitlines()
    found = json.loads(line)
    assert set(found) == {"path", "line", "pointer", "start", "end", "kind", "rule", "fingerprint"}
    assert (found["path"], found["line"], found["start"], found["end"]) == (SET, 2, 4, 4 + len(MAIL))


def test_every_place_a_line_has_for_text(system: System) -> None:
    hidden = "".join(f"\\u{ord(char):04x}" for char in TOKEN)
    lines = [
        json.dumps({"title": "t", TOKEN: 1}),
        json.dumps({"title": "t", "_retracted_by": TOKEN}),
        json.dumps({"title": "t", "_" + TOKEN: TOKEN}),
        json.dumps({"title": "t", "_id": TOKEN}),
        json.dumps({"title": "t", "_seen_by": [TOKEN]}),
        json.dumps({"title": "t", "_first_seen": TOKEN}),
        json.dumps({"title": "t", "_point_id": TOKEN}),
        json.dumps({"_id": "ab" * 16, "_retracted": {"reason": TOKEN}}),
        f'{{"title":"{hidden}"}}',
        f'{{"broken":"{hidden}"',
        json.dumps([TOKEN]),
        TOKEN,
    ]
    system.write(SET, "\n".join(lines).encode() + b"\n")
    out = system.fedlearn("scan", code=1).out
    assert {line.split(":")[1] for line in out.splitlines()[:-1]} == {str(n + 1) for n in range(len(lines))}
    assert TOKEN not in out


def test_staged_and_clean(system: System) -> None:
    system.add("skills-patterns", {"title": "clean"})
    assert system.fedlearn("scan").out.startswith("0 findings in ")
    system.write(SET, json.dumps({"title": MAIL}).encode() + b"\n")
    system.fedlearn("scan", "--staged")
    system.git("add", SET)
    system.write(SET, b"")
    system.fedlearn("scan", "--staged", code=1)
    system.fedlearn("scan")
