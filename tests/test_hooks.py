"""The entries for the pre-commit framework, through the console program they run."""

import json
import os
import shutil
import sys
from pathlib import Path

from systems import Result, System

import git_fedlearn

SET = "data/patterns/skills-patterns.jsonl"
MAIL = "jane.roe" + "@" + "corp-mail.net"


def hook(system: System, *arguments: str) -> Result:
    """Run the console program as git and the framework do: in the top folder."""
    return system.git("-c", f"alias.run=!git-fedlearn-hook {' '.join(arguments)}", "run", check=False)


def stage(system: System, data: bytes, path: str = SET) -> None:
    system.write(path, data)
    system.git("add", "--force", path)


def test_sanitize_rewrites_fails_once_and_is_content_then(system: System) -> None:
    stage(system, json.dumps({"title": f"ask {MAIL}"}).encode() + b"\n")
    first = hook(system, "sanitize", SET)
    assert (first.code, first.err) == (
        1,
        f"sanitized {SET}\n1 file sanitized; redacted 1 EMAIL_ADDRESS\n",
    )
    system.git("add", SET)
    second = hook(system, "sanitize", SET)
    assert (second.code, second.out, second.err) == (0, "", "")


def test_scan_judges_what_is_staged(system: System) -> None:
    stage(system, json.dumps({"title": f"ask {MAIL}"}).encode() + b"\n")
    system.write(SET, b"")
    result = hook(system, "scan", SET)
    assert result.code == 1
    assert f"error: {SET}:1: EMAIL_ADDRESS (email-address) at /title [" in result.err
    system.git("add", SET)
    assert hook(system, "scan", SET).code == 0


def test_scan_looks_at_every_kind_of_file_and_names_the_right_way_out(system: System) -> None:
    stage(system, f"write to {MAIL}\n".encode(), "data/README.md")
    result = hook(system, "scan", "data/README.md")
    assert result.code == 1
    assert "data/README.md:1: EMAIL_ADDRESS" in result.err
    assert "hint: git fedlearn sanitize && git add :/data\n" in result.err


def test_scan_stops_private_names_and_leaves_other_files_to_the_user(system: System) -> None:
    stage(system, f"SQLite format 3\0{MAIL}".encode(), "data/lessons.sqlite")
    stage(system, b"{}\n", f"data/collections/{MAIL}.jsonl")
    result = hook(system, "scan", "data/lessons.sqlite")
    assert result.code == 1
    assert "lessons.sqlite" not in result.err
    assert "error: data/collections/…: EMAIL_ADDRESS (file-name:email-address) [" in result.err
    assert MAIL not in result.err
    system.git("rm", "--cached", "-q", f"data/collections/{MAIL}.jsonl")
    assert hook(system, "scan").code == 0


def test_scan_stops_a_number_to_call_in_a_file_name(system: System) -> None:
    path = f"data/collections/desk-{'+49'}-170-1234567.jsonl"
    stage(system, b"", path)
    result = hook(system, "scan", path)
    assert result.code == 1
    assert "PHONE_NUMBER (file-name:" in result.err
    assert "1234567" not in result.err


def test_verify_blocks_bad_lines_and_losses(system: System) -> None:
    system.add("skills-patterns", {"title": "a"})
    system.commit()
    stage(system, b"rubbish\n")
    result = hook(system, "verify", SET)
    assert result.code == 1
    assert f"error: {SET}:1: not JSON: expecting value at column 1\n" in result.err
    assert "1 record of skills-patterns would be lost" in result.err


def test_many_findings_are_counted_not_listed(system: System) -> None:
    stage(system, b"".join(b"rubbish %02d\n" % number for number in range(30)))
    result = hook(system, "verify", SET)
    assert result.err.count(f"error: {SET}:") == 20
    assert "error: and 10 more problems\n" in result.err


def installed_copy(folder: Path, engine: str = "") -> Path:
    """A copy of the program, all files of one time as in a Nix store; `engine` is put after the engine."""
    package = folder / "git_fedlearn"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(git_fedlearn.__file__).parent, package, ignore=ignored)
    with (package / "privacy/engine.py").open("a") as file:
        file.write(engine)
    for path in package.rglob("*"):
        os.utime(path, (1, 1))
    return folder


def run_copy(system: System, program: Path, name: str) -> Result:
    """Run a hook of the program that is in this folder."""
    python = f"PYTHONPATH={program} {sys.executable} -B -m git_fedlearn.plumbing.hook"
    return system.git("-c", f"alias.run=!{python} {name} {SET}", "run", check=False)


def test_newer_privacy_rules_do_not_trust_the_verdict_of_older_ones(system: System, tmp_path: Path) -> None:
    older = installed_copy(tmp_path / "older", "\nPrivacyEngine.scan = lambda *_: ()\n")
    newer = installed_copy(tmp_path / "newer")
    stage(system, json.dumps({"title": f"ask {MAIL}"}).encode() + b"\n")
    for name in ("sanitize", "scan"):
        assert run_copy(system, older, name).code == 0
    assert "EMAIL_ADDRESS" in run_copy(system, newer, "scan").err
    assert "EMAIL_ADDRESS" in run_copy(system, newer, "sanitize").err


def test_a_verdict_is_trusted_until_a_package_has_another_version(system: System, tmp_path: Path) -> None:
    program = installed_copy(tmp_path / "program")
    stage(system, b'{"title":"ask first"}\n')
    assert run_copy(system, program, "scan").code == 0
    remembered = system.read(".git/fedlearn/judged")
    assert run_copy(system, program, "scan").code == 0
    assert system.read(".git/fedlearn/judged") == remembered
    (program / "detect_secrets-9.dist-info").mkdir()
    assert run_copy(system, program, "scan").code == 0
    assert system.read(".git/fedlearn/judged") != remembered
