"""A commit redacts its message, says so, and continues."""

import os
import sys
from pathlib import Path

import pytest
from systems import Result, System, World

MAIL = "jane.roe" + "@" + "corp-mail.net"
KEY = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
HOST = "buildbox" + ".corp" + ".lan"
NOTE = "note: commit message: redacted {} before the commit\n"


def commit(system: System, message: str, *options: str) -> Result:
    return system.git("commit", "--quiet", "--allow-empty", "-m", message, *options, check=False)


def message(system: System, revision: str = "HEAD") -> str:
    return system.git("log", "-1", "--format=%B", revision).out.rstrip("\n")


@pytest.mark.parametrize(
    ("text", "kept", "kinds"),
    [
        (f"Ask {MAIL} first", "Ask <EMAIL_ADDRESS> first", "1 EMAIL_ADDRESS"),
        (
            f"Rotate\n\nwas {KEY}, on {HOST}",
            "Rotate\n\nwas <API_KEY>, on <HOST_NAME>",
            "1 API_KEY, 1 HOST_NAME",
        ),
        (f"Fix\n\n# log of {HOST}", "Fix\n\n# log of <HOST_NAME>", "1 HOST_NAME"),
        (f"Fix\n\nSigned-off-by: {KEY} <a@corp-mail.net>", "", "1 API_KEY, 1 EMAIL_ADDRESS"),
        (f"Größe\n\n{MAIL} and {MAIL}", "Größe\n\n<EMAIL_ADDRESS> and <EMAIL_ADDRESS>", "2 EMAIL_ADDRESS"),
    ],
)
def test_a_message_is_redacted(system: System, text: str, kept: str, kinds: str) -> None:
    done = commit(system, text)
    assert (done.code, done.err) == (0, NOTE.format(kinds))
    assert message(system) == kept or not kept
    assert KEY not in message(system)


@pytest.mark.parametrize(
    "text",
    [
        'Fix the join of two sets (#12)\n\nFixes: 3f2a1b4 ("core: join")',
        f"Fix\n\nSigned-off-by: Jane Roe <{MAIL}>\nReviewed-by: J. R. <j@corp-mail.net> # twice\nCc: {MAIL}",
        f"Squashed commit of the following:\n\ncommit 1234567\nAuthor: Jane Roe <{MAIL}>\n\n    Fix",
        "Merge branch 'main' of github.com:org/repo into next",
        "Merge branch 'main' of git@github.com:org/repo",
        'Revert "Fix"\n\nThis reverts commit ' + "0123456789abcdef" * 2 + "01234567.",
    ],
)
def test_what_git_writes_and_credits_of_people_stay(system: System, text: str) -> None:
    done = commit(system, text)
    assert (done.code, done.err) == (0, "")
    assert message(system) == text


@pytest.mark.parametrize("config", [[], ["core.commentChar", ";"], ["core.commentChar", "auto"]])
def test_comments_and_the_diff_in_the_editor_are_not_looked_at(system: System, config: list[str]) -> None:
    if config:
        system.git("config", *config)
    system.write("notes.txt", f"{MAIL}\n".encode())
    system.git("add", "notes.txt")
    editor = system.write("editor.sh", b'#!/bin/sh\nsed -i "1s/.*/Add notes/" "$1"\ncp "$1" "$PWD/seen"\n')
    editor.chmod(0o755)
    author = f"--author=Jane Roe <{MAIL}>"
    done = system.git("-c", f"core.editor={editor}", "commit", "--quiet", "--verbose", author, check=False)
    assert (done.code, done.err) == (0, "")
    assert message(system) == "Add notes"
    assert system.read("seen").decode().count(MAIL) == 2


def test_a_body_written_in_the_editor_is_redacted(system: System) -> None:
    editor = system.write("editor.sh", f'#!/bin/sh\nsed -i "1s/.*/Ask {MAIL}/" "$1"\n'.encode())
    editor.chmod(0o755)
    done = system.git("-c", f"core.editor={editor}", "commit", "--quiet", "--allow-empty", "-v", check=False)
    assert (done.code, done.err) == (0, NOTE.format("1 EMAIL_ADDRESS"))
    assert message(system) == "Ask <EMAIL_ADDRESS>"


def test_another_encoding_stays(system: System) -> None:
    system.git("config", "i18n.commitEncoding", "iso-8859-1")
    system.write("text", f"Grüße an {MAIL}\n".encode("latin-1"))
    done = system.git("commit", "--quiet", "--allow-empty", "-F", "text", check=False)
    assert (done.code, done.err) == (0, NOTE.format("1 EMAIL_ADDRESS"))
    assert "Grüße an <EMAIL_ADDRESS>".encode("latin-1") in os.fsencode(
        system.git("cat-file", "-p", "HEAD").out
    )


@pytest.mark.parametrize("how", ["config", "policy"])
def test_it_stops_where_that_is_decided(system: System, how: str) -> None:
    if how == "config":
        system.git("config", "fedlearn.sanitize", "stop")
    else:
        system.write(".fedlearn.toml", b'[privacy.kinds]\nAPI_KEY = "block"\n')
    before = system.git("rev-parse", "HEAD").out
    done = commit(system, f"Rotate\n\nwas {KEY}")
    assert done.code == 1
    assert done.err.startswith("error: commit message:3: API_KEY (")
    assert "hint: git commit --edit --file=.git/COMMIT_EDITMSG    (the message is in this file)\n" in done.err
    assert KEY not in done.err
    assert system.git("rev-parse", "HEAD").out == before


def test_invalid_settings_neither_stop_a_commit_nor_the_check(system: System) -> None:
    system.write(".fedlearn.toml", b'[privacy.kinds]\nEMAIL = "allow"\n')
    done = commit(system, f"Ask {MAIL}")
    warning = "warning: .fedlearn.toml: `privacy.kinds.EMAIL`: unknown kind; "
    assert (done.code, done.err.startswith(warning)) == (0, True), done.err
    assert message(system) == "Ask <EMAIL_ADDRESS>"


@pytest.mark.parametrize("mode", ["redact", "stop"])
def test_a_merge_names_no_private_host_and_does_not_stop(world: World, mode: str) -> None:
    one, two = world.system("one"), world.system("two")
    one.commit("one")
    two.git("config", "fedlearn.sanitize", mode)
    two.commit("two")
    two.git("fetch", "--quiet", str(one.path), "main")
    named = f"Merge branch 'main' of {HOST}:lessons"
    done = two.git("merge", "--quiet", "-m", named, "FETCH_HEAD", check=False)
    assert done.code == 0, done
    assert NOTE.format("1 HOST_NAME") in done.err
    assert message(two).startswith("Merge branch 'main' of <HOST_NAME>:lessons")


def test_a_hook_of_the_user_runs_too(system: System) -> None:
    system.fedlearn("uninstall")
    hook = system.write(".git/hooks/commit-msg", b'#!/bin/sh\necho "Change-Id: I1" >>"$1"\n')
    hook.chmod(0o755)
    system.fedlearn("install")
    assert commit(system, f"Ask {MAIL}").code == 0
    assert message(system) == "Ask <EMAIL_ADDRESS>\nChange-Id: I1"
    system.fedlearn("uninstall")
    assert hook.read_bytes() == b'#!/bin/sh\necho "Change-Id: I1" >>"$1"\n'


def test_the_framework_redacts_too(system: System, tmp_path: Path) -> None:
    (system.path / ".git/hooks/commit-msg").unlink()
    program = f"!PRE_COMMIT_HOME={tmp_path} {sys.executable} -m pre_commit install --hook-type commit-msg"
    system.git("-c", f"alias.run={program}", "run")
    done = commit(system, f"Ask {MAIL}")
    assert done.code == 0, done
    assert NOTE.format("1 EMAIL_ADDRESS") in done.out + done.err
    assert message(system) == "Ask <EMAIL_ADDRESS>"
