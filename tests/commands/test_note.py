"""`git fedlearn note`: a lesson in one line, from arguments, standard input or the editor."""

import io
import secrets
from pathlib import Path

import pytest
from systems import System, World

from git_fedlearn.cli import run
from git_fedlearn.console.context import Context

ERROR = "connect to port 6333 refused => start qdrant and wait for /readyz"


class Terminal(io.BytesIO):
    """A terminal on which nobody types."""

    def isatty(self) -> bool:
        return True


def edit(system: System, script: str, *arguments: str) -> tuple[int, str, str]:
    """Run `note` on a terminal, with an editor that is a shell script; `$1` is the file."""
    editor = system.path.parent / "my editor.sh"
    editor.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    editor.chmod(0o755)
    environment = system.environment | {"GIT_EDITOR": f"'{editor}'"}
    out, err = io.StringIO(), io.StringIO()
    context = Context(
        environment=environment, directory=system.path, stdin=Terminal(), stdout=out, stderr=err
    )
    return run(["note", *arguments], context), out.getvalue(), err.getvalue()


def test_an_error_is_noted_and_found(system: System) -> None:
    done = system.fedlearn("note", ERROR)
    (record,) = system.records("error-solutions")
    assert done.out == f"error-solutions: {record.id[:12]}  connect to port 6333 refused\n"
    assert done.err == "hint: git add data && git commit\n"
    assert record.fields["solution"] == "start qdrant and wait for /readyz"
    assert record.fields["_seen_by"] == [system.git("config", "fedlearn.system").out.strip()]
    assert "start qdrant" in system.fedlearn("search", "qdrant refused the connection").out
    again = system.fedlearn("note", *ERROR.split())
    assert again.out == f"error-solutions: already known: {record.id[:12]}  connect to port 6333 refused\n"
    system.commit()
    assert system.fedlearn("verify").code == 0


def test_right_after_git_init_it_names_the_command(world: World) -> None:
    refused = world.repository("new").fedlearn("note", ERROR, code=3)
    assert refused.err.endswith("not a federated repository\nhint: git fedlearn init\n")


def test_private_data_is_redacted_and_named(system: System) -> None:
    token = "ghp_" + secrets.token_hex(18)
    done = system.fedlearn("note", f"Deploys: ask mei@corp.net, and use the token {token} of the bot")
    assert "; redacted 1 API_KEY, 1 EMAIL_ADDRESS" in done.out
    assert token not in done.out + done.err + str(system.records("best-practices"))


def test_options_and_standard_input(system: System) -> None:
    done = system.fedlearn("note", "--error", "OSError: too many open files", "-", stdin=b"set LimitNOFILE\n")
    assert done.out.startswith("error-solutions: ")
    (old,) = system.records("error-solutions")
    words = ("--error", "OSError: too many open files", "raise LimitNOFILE to 65536")
    found = system.fedlearn("note", "--json", "--supersedes", old.id[:12], *words).json()
    assert (found["status"], found["set"], found["redacted"]) == ("added", "error-solutions", {})
    new = next(one for one in system.records("error-solutions") if one.id == found["id"])
    assert new.fields["supersedes"] == [old.id]
    refused = system.fedlearn("note", "--error", "x", "--practice", "y", code=2)
    assert refused.err.startswith("error: --error and --practice cannot be used together\n")
    nothing = system.fedlearn("note", code=2)
    assert nothing.err == "error: nothing to note\nhint: git fedlearn note 'ERROR => SOLUTION'\n"
    assert system.fedlearn("note", "-", stdin=b" \n", code=2).err == nothing.err


def test_what_is_no_lesson_is_refused(system: System) -> None:
    refused = system.fedlearn("note", "TypeError: x is not a function", code=1)
    assert refused.err == (
        "error: not a lesson: an error without a solution\nhint: git fedlearn note 'ERROR => SOLUTION'\n"
    )
    assert system.fedlearn("note", "--json", "write good code", code=1).json() == {
        "schema": "fedlearn.note/v1",
        "status": "refused",
        "reason": "a platitude",
    }
    assert system.git("status", "--short").out == ""


def test_a_retracted_lesson_stays_retracted(system: System) -> None:
    system.fedlearn("note", ERROR)
    (record,) = system.records("error-solutions")
    system.fedlearn("retract", record.id, "--reason", "wrong")
    refused = system.fedlearn("note", ERROR, code=1)
    assert refused.err == (
        f"error: {record.id[:12]}: this lesson was retracted\nhint: git fedlearn restore {record.id[:12]}\n"
    )
    assert system.fedlearn("note", "--json", ERROR, code=1).json()["status"] == "retracted"


def test_what_is_known_in_other_words_is_named(system: System) -> None:
    old = (
        "worktree cleanup: worktree clean must check for live children before it removes the worktree of a "
        "lead, else builders lose their working directory"
    )
    new = (
        "live children guard: before cleaning a lead's worktree, worktree clean checks whether children are "
        "alive: builders would lose the working directory"
    )
    system.fedlearn("note", old)
    done = system.fedlearn("note", new)
    assert " says nearly the same as " in done.err
    assert len(system.records("best-practices")) == 2


@pytest.mark.parametrize("mark", ["#", ";"])
def test_the_editor_opens_on_a_terminal(system: System, mark: str) -> None:
    system.git("config", "core.commentChar", mark)
    write = (
        'grep -c "^$MARK" "$1" > comments; printf "%s fails => quote \\`x\\`\\n%s none\\n" sh "$MARK" > "$1"'
    )
    code, out, _ = edit(system, write.replace("$MARK", mark))
    assert (code, out.partition(":")[0]) == (0, "error-solutions")
    assert int(Path(system.path / "comments").read_text("utf-8")) > 5
    (record,) = system.records("error-solutions")
    assert record.fields["solution"] == "quote `x`"
    assert not (system.path / ".git/fedlearn/note.txt").exists()


def test_a_note_that_is_not_saved_or_refused(system: System) -> None:
    assert edit(system, "true")[::2] == (3, "error: the note is empty; nothing was noted\n")
    assert not (system.path / ".git/fedlearn/note.txt").exists()
    code, _, err = edit(system, "exit 1")
    assert (code, err.partition("\n")[0]) == (3, "error: the editor failed; nothing was noted")
    code, _, err = edit(system, 'echo "port 80: permission denied" > "$1"')
    kept = system.path / ".git/fedlearn/note.txt"
    assert code == 1
    assert err.splitlines()[1] == f"hint: git fedlearn note - < {kept}    (your text; change it first)"
    assert kept.read_text("utf-8") == "port 80: permission denied\n"
    assert system.records("error-solutions") == []
