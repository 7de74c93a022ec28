"""`git fedlearn bundle`: what one system learned reaches another by a file, and only what may."""

from pathlib import Path

import pytest
from systems import System, World

A = "sys-aaaaaaaaaa"


def _sender(sender: System) -> None:
    """A system with one lesson in a commit of its own."""
    sender.git("config", "fedlearn.system", A)
    sender.add("skills-patterns", {"pattern": "from afar", "value_score": 0.9})
    sender.commit()


@pytest.fixture
def sender(world: World) -> System:
    return world.system("sender", _sender)


@pytest.fixture
def receiver(world: World) -> System:
    """A system that has no history in common with the sender."""
    return world.system("receiver")


def made(sender: System, *options: str, name: str = "stick.bundle") -> Path:
    """A bundle, carried to where the receiver finds it."""
    sender.fedlearn("bundle", "create", f"../{name}", *options)
    return sender.path.parent / name


def test_there_and_again_with_what_is_new(sender: System, receiver: System) -> None:
    sender.write("data/patterns/best-practices.jsonl", b'{"title":"not committed"}\n')
    told = sender.fedlearn("bundle", "create", "../stick.bundle")
    size = (sender.path.parent / "stick.bundle").stat().st_size
    tip = sender.git("rev-parse", "HEAD").out[:12]
    assert told.out == f"../stick.bundle: 2 commits, 1 record, {size:,} bytes, up to {tip}\n"
    assert told.err == (
        "note: uncommitted changes are not included\n"
        "hint: git fedlearn bundle apply stick.bundle    (on the other machine)\n"
    )
    assert receiver.fedlearn("bundle", "apply", "../stick.bundle", "--dry-run").err == (
        "dry run: nothing was changed\n"
    )
    applied = receiver.fedlearn("bundle", "apply", "../stick.bundle").out
    head = receiver.git("rev-parse", "HEAD").out[:12]
    assert applied == (f"bundle-stick  1 new\nskills-patterns: 1 new\ncommitted {head}\n")
    assert receiver.fedlearn("bundle", "apply", "../stick.bundle").out == (
        "bundle-stick  nothing new\nnothing new\n"
    )
    identifier = receiver.records("skills-patterns")[0].id
    assert "introduced by   bundle-stick\n" in receiver.fedlearn("show", identifier, "--origin").out
    sender.git("checkout", "--", "data")
    sender.add("skills-patterns", {"pattern": "more"})
    sender.commit()
    answer = sender.fedlearn("bundle", "create", "../stick.bundle", "--since", "HEAD~1", "--json").json()
    assert (answer["schema"], answer["commits"], answer["records"]) == ("fedlearn.bundle-create/v1", 1, 1)
    assert "bundle-stick  1 new\n" in receiver.fedlearn("bundle", "apply", "../stick.bundle").out
    nothing = sender.fedlearn("bundle", "create", "../stick.bundle", "--since", "HEAD", code=1)
    assert nothing.err.startswith("error: there is nothing new to put into a bundle\n")


def test_what_it_brings_is_checked_as_a_peers(sender: System, receiver: System) -> None:
    receiver.add("skills-patterns", {"pattern": "ours", "value_score": 0.9})
    receiver.commit()
    ours = receiver.records("skills-patterns")[0].id
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    sender.write(
        "data/patterns/error-solutions.jsonl",
        b'{"error_type":"E","solution":"use %s"}\n' % token.encode()
        + b'{"_id":"%s","_retracted":{"at":"2026-01-01T00:00:00Z","by":"x","reason":"r"}}\n' % ours.encode(),
    )
    (sender.path / "data/patterns/best-practices.jsonl").unlink()
    (sender.path / "data/patterns/best-practices.jsonl").symlink_to("/etc/passwd")
    sender.git("add", "--all")
    sender.git("commit", "--quiet", "--no-verify", "-m", "hostile")
    refused = sender.fedlearn("bundle", "create", "../stick.bundle", code=1).err
    assert "error: no bundle written: it failed the checks of a push\n" in refused
    assert token not in refused
    sender.git("bundle", "create", "../stick.bundle", "main")
    told = receiver.fedlearn("bundle", "apply", "../stick.bundle")
    assert told.out.startswith("bundle-stick  1 new, 2 quarantined\n")
    assert "skipped data/patterns/best-practices.jsonl: " in told.err
    assert "review       2 records from peers (bundle-stick 2)" in receiver.fedlearn("status").out
    assert token not in told.err + receiver.fedlearn("review", "list", "--json").out


def test_a_bundle_of_a_peer_has_its_trust_and_its_limits(sender: System, receiver: System) -> None:
    receiver.add("skills-patterns", {"pattern": "from afar", "value_score": 0.8})
    receiver.commit()
    sender.fedlearn("retract", sender.records("skills-patterns")[0].id, "--reason", "wrong")
    sender.commit()
    sender.fedlearn("remote", "add", "friend", str(receiver.path), "--publish", "best-practices")
    told = sender.fedlearn("bundle", "create", "../x.bundle", "--for", "friend", code=1).err
    assert told.startswith("error: friend: data/patterns/skills-patterns.jsonl may not be pushed there")
    assert "error: nope: not a peer" in sender.fedlearn("bundle", "create", "x", "--for", "nope", code=2).err
    made(sender)
    assert "1 quarantined" in receiver.fedlearn("bundle", "apply", "../stick.bundle").out
    receiver.fedlearn("remote", "add", "sender", str(sender.path), "--trust", "full")
    assert (
        "sender  1 updated\n"
        in receiver.fedlearn("bundle", "apply", "../stick.bundle", "--from", "sender").out
    )
    assert receiver.records("skills-patterns")[0].is_tombstone


def test_files_that_cannot_be_used(sender: System, receiver: System) -> None:
    bundle = made(sender)
    whole = bundle.read_bytes()
    broken = {
        "cut off or damaged": whole[:-30],
        "cut off": whole[: len(whole) // 2],
        "its checksum is wrong": whole[:-100] + b"x" + whole[-99:],
        "not a git bundle": b"# not one\n" + whole,
    }
    for said, data in broken.items():
        bundle.write_bytes(data)
        code = 2 if said.startswith("not") else 3
        error = receiver.fedlearn("bundle", "apply", "../stick.bundle", code=code).err
        assert error.startswith(f"error: {bundle}: ")
        assert said in error
        assert "hint: " in error
    bundle.unlink()
    sender.add("skills-patterns", {"pattern": "more"})
    sender.commit()
    made(sender, "--since", "HEAD~1")
    base = sender.git("rev-parse", "HEAD~1").out[:12]
    assert receiver.fedlearn("bundle", "apply", "../stick.bundle", code=3).err == (
        f"error: {bundle}: needs commit {base}, which this clone does not have\n"
        "hint: ask for a bundle without --since, or since an older commit\n"
    )
    assert "no such file" in receiver.fedlearn("bundle", "apply", "nowhere", code=2).err
    assert "no such folder" in sender.fedlearn("bundle", "create", "nowhere/x.bundle", code=2).err
    assert ": a folder\n" in sender.fedlearn("bundle", "create", ".", code=2).err
    notes = sender.write("notes.txt", b"mine")
    assert "exists and is not a bundle" in sender.fedlearn("bundle", "create", "notes.txt", code=2).err
    assert notes.read_bytes() == b"mine"
    assert [path.name for path in (receiver.path / ".git/fedlearn/bundle").iterdir()] == ["lock"]


def test_objects_that_git_does_not_accept(sender: System, receiver: System) -> None:
    blob = sender.git("hash-object", "-w", "--stdin", stdin=b"[core]\n\tfsmonitor = touch ran\n").out.strip()
    inner = sender.git("mktree", stdin=f"100644 blob {blob}\tconfig\n".encode()).out.strip()
    entry = b"40000 .git\0" + bytes.fromhex(inner)
    tree = sender.git("hash-object", "-t", "tree", "--literally", "-w", "--stdin", stdin=entry).out.strip()
    commit = sender.git("commit-tree", "-m", "x", tree).out.strip()
    sender.git("update-ref", "refs/heads/main", commit)
    sender.git("bundle", "create", "../stick.bundle", "main")
    told = receiver.fedlearn("bundle", "apply", "../stick.bundle", code=1).out
    assert told.startswith("bundle-stick  refused: ")
    assert not (receiver.path / "ran").exists()
