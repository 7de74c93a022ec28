"""A push, here and on a server, stops for private data that is in no file."""

import socket
from pathlib import Path

import pytest
from systems import Result, System, World

MAIL = "jane.roe" + "@" + "corp-mail.net"
KEY = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
HOST = "buildbox" + ".corp" + ".lan"


def careless(system: System, *arguments: str, stdin: bytes = b"") -> None:
    """Run git without any hook."""
    system.git("-c", "core.hooksPath=/dev/null", *arguments, stdin=stdin)


def in_a_message(system: System) -> str:
    system.write("code.py", b"pass\n")
    system.git("add", "code.py")
    careless(system, "commit", "--quiet", "-m", f"Fix\n\nAsk {MAIL}")
    oid = system.git("rev-parse", "--short=12", "HEAD").out.strip()
    system.commit("later")
    return f"error: {oid}:commit message:3: EMAIL_ADDRESS (email-address) ["


def in_a_tag(system: System) -> str:
    system.git("tag", "--annotate", "v1", "-m", f"Version 1\n\nbuilt with {KEY}")
    return "error: message of refs/tags/v1:3: API_KEY ("


def in_a_note(system: System) -> str:
    careless(system, "notes", "add", "-m", f"built on {HOST}", "HEAD")
    oid = system.git("rev-parse", "--short=12", "HEAD").out.strip()
    return f"error: note of {oid} in refs/notes/commits:1: HOST_NAME ("


def in_a_branch(system: System) -> str:
    system.git("branch", f"for/{MAIL}")
    return "error: refs/heads/for/…: EMAIL_ADDRESS (ref-name:email-address) ["


def in_a_tag_name(system: System) -> str:
    system.git("tag", f"from-{HOST}")
    return "error: refs/tags/…: HOST_NAME (ref-name:"


def in_the_settings(system: System) -> str:
    settings = system.read(".fedlearn.toml") + f'# ask {MAIL}\n[privacy.kinds]\nIBAN = "block"\n'.encode()
    line = system.read(".fedlearn.toml").count(b"\n") + 1
    system.write(".fedlearn.toml", settings)
    careless(system, "commit", "--quiet", "--all", "-m", "Decide")
    oid = system.git("rev-parse", "--short=12", "HEAD").out.strip()
    return f"error: {oid}:.fedlearn.toml:{line}: EMAIL_ADDRESS ("


@pytest.fixture
def pair(world: World) -> tuple[System, System]:
    """A clone, and a server that has all it has."""
    one, hub = world.system("one"), world.bare("hub")
    one.git("remote", "add", "origin", str(hub.path))
    one.git("push", "--quiet", "origin", "main")
    return one, hub


def serve(hub: System) -> None:
    script = Path(__file__).parent.parent / "hooks" / "pre-receive"
    (hub.path / "hooks" / "pre-receive").write_bytes(script.read_bytes())
    (hub.path / "hooks" / "pre-receive").chmod(0o755)


def push(system: System, *options: str) -> Result:
    refs = ["refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*", "refs/notes/*:refs/notes/*"]
    return system.git("push", "--quiet", *options, "origin", *refs, check=False)


PLACES = [in_a_message, in_a_tag, in_a_note, in_a_branch, in_a_tag_name, in_the_settings]


@pytest.mark.parametrize("leak", PLACES, ids=lambda leak: leak.__name__)
@pytest.mark.parametrize("where", ["clone", "server"])
def test_a_leak_is_refused_by_place_and_kind(
    pair: tuple[System, System], leak: "type[str]", where: str
) -> None:
    one, hub = pair
    if where == "server":
        serve(hub)
    before = hub.git("for-each-ref").out
    expected = leak(one)
    done = push(one, *(["--no-verify"] if where == "server" else []))
    assert done.code != 0
    assert expected in done.err
    assert "hint: git " in done.err
    ours = [line for line in done.err.splitlines() if "[remote rejected]" not in line]  # names the ref
    assert not [text for text in (MAIL, KEY, HOST) if text in "".join(ours)]
    assert hub.git("for-each-ref").out == before


def test_what_is_mended_is_pushed(pair: tuple[System, System]) -> None:
    one, hub = pair
    serve(hub)
    for leak in (in_a_message, in_a_tag, in_a_note, in_a_branch):
        leak(one)
    assert push(one).code != 0
    one.git(
        *("-c", "sequence.editor=sed -i '1s/pick/reword/'", "-c", "core.editor=true"),
        *("rebase", "--quiet", "--interactive", "HEAD~2"),
    )
    one.git("tag", "-f", "-a", "v1", "-m", "Version 1")
    one.git("branch", "-m", f"for/{MAIL}", "for-jane")
    one.git("branch", "-f", "for-jane", "main")
    one.git("notes", "remove", one.git("notes", "list").out.split()[1])
    assert "note of" in push(one).err
    notes = one.git("commit-tree", "-m", "Notes", "refs/notes/commits^{tree}").out.strip()
    one.git("update-ref", "refs/notes/commits", notes)
    assert push(one).err == ""


def test_only_new_commits_are_looked_at(pair: tuple[System, System]) -> None:
    one, _hub = pair
    in_a_message(one)
    careless(one, "push", "--quiet", "origin", "main")
    one.commit("later")
    assert push(one).err == ""


def test_ordinary_messages_pass(pair: tuple[System, System]) -> None:
    one, hub = pair
    serve(hub)
    one.commit(f"Fix the parser (#12)\n\nSigned-off-by: Jane Roe <{MAIL}>")
    one.git("tag", "-a", "v1.2.3", "-m", f"Version 1.2.3\n\nThanks-to: Jane Roe <{MAIL}>")
    one.git("notes", "add", "-m", "tested on Debian 12, 4 of 4", "HEAD")
    one.git("checkout", "--quiet", "-b", "feature/ABC-1234_retry-on-503")
    assert push(one).err == ""


def test_an_address_that_git_made_of_the_host_name_stays_here(pair: tuple[System, System]) -> None:
    one, hub = pair
    mail = f"worker@{socket.gethostname()}.lan"
    user = {"GIT_AUTHOR_EMAIL": mail, "GIT_COMMITTER_EMAIL": mail, "USER": "worker"}
    one.environment |= user
    one.git("commit", "--quiet", "--allow-empty", "-m", "more")
    oid = one.git("rev-parse", "--short=12", "HEAD").out.strip()
    done = push(one)
    assert done.code != 0
    assert (
        f"error: commit {oid}: an address of its author or committer contains the name of this machine"
        in done.err
    )
    assert mail not in done.err
    assert push(one, "--no-verify").code == 0, hub


def test_an_anonymous_clone_does_not_push_the_name_of_its_user(pair: tuple[System, System]) -> None:
    one, _hub = pair
    one.git("config", "user.name", "Jane Roe")
    one.git("config", "user.email", MAIL)
    for name in ("NAME", "EMAIL"):
        one.environment.pop(f"GIT_AUTHOR_{name}", None)
        one.environment.pop(f"GIT_COMMITTER_{name}", None)
    one.commit("by hand")
    one.git("config", "fedlearn.anonymous", "true")
    done = push(one)
    assert done.code != 0
    assert "names the user of this machine, and fedlearn.anonymous is set" in done.err
    assert MAIL not in done.err
    one.git("config", "fedlearn.anonymous", "false")
    assert push(one).err == ""
