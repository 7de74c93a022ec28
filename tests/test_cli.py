"""The command line as a whole: help, wrong uses, exit codes, and what happens when something breaks."""

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from systems import System, World

from git_fedlearn.cli import cli, run
from git_fedlearn.command_table import COMMANDS, UNLISTED
from git_fedlearn.console.context import Context
from git_fedlearn.repository.git import watched_by
from manual.making import made_files, surplus

COMMAND_NAMES = [*COMMANDS]
TESTS = Path(__file__).parent
QUOTED = "not for the terminal"


def script(system: System, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "git_fedlearn.cli", *arguments],
        cwd=system.path,
        env=system.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done
    return done


@pytest.fixture
def plain(world: World) -> System:
    """A folder that is no repository."""
    return world.folder_system("plain")


def test_help_lists_every_command_once(plain: System) -> None:
    out = script(plain, "-h").stdout
    assert out == script(plain).stdout == script(plain, "help").stdout
    for name in COMMAND_NAMES:
        times = sum(line.split()[:1] == [name] for line in out.splitlines())
        assert times == (name not in UNLISTED), name


@pytest.mark.parametrize("name", COMMAND_NAMES)
def test_every_command_has_help_and_a_test_file(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.name == name
    assert command.short_help == COMMANDS[name], "command_table.py says otherwise"
    assert command.help
    test = f"test_{name.replace('-', '_')}.py"
    assert list(TESTS.rglob(test)), f"{test} is missing"


def commands_of(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands_of(below, f"{path} {name}")


def test_help_texts_have_one_voice() -> None:
    """CONTRIBUTING, "Language"."""
    found = [
        item
        for name in COMMAND_NAMES
        for item in commands_of(cli.get_command(click.Context(cli), name) or cli, name)
    ]
    wrong = [f"{path}: {c.short_help}" for path, c in found if not _is_sentence(c.short_help or "", 60)]
    options = [(path, o) for path, c in found for o in c.params if isinstance(o, click.Option)]
    wrong += [f"{path} {o.opts[0]}: {o.help}" for path, o in options if not _is_sentence(o.help or "", 110)]
    wrong += [f"{path} {o.opts[0]} {o.metavar}" for path, o in options if re.search("[a-z]", o.metavar or "")]
    assert not wrong, "\n".join(wrong)


def _is_sentence(text: str, most: int) -> bool:
    return bool(re.fullmatch(r"[A-Z][^\n]*[^. ]\.", text)) and len(text) <= most


def test_man_pages_and_reference_are_those_of_the_commands() -> None:
    top = TESTS.parent
    stale = [path for path, text in made_files().items() if not _says(top / path, text)]
    stale += [str(path.relative_to(top)) for path in surplus(top)]
    assert not stale, f"run `make docs && git add docs`: {', '.join(stale)}"


def _says(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def test_help_of_a_command(plain: System) -> None:
    out = script(plain, "help", "retract").stdout
    assert out.startswith("Usage: git fedlearn retract [OPTIONS] [ID]...\n")
    assert out == script(plain, "retract", "-h").stdout
    below = plain.fedlearn("help", "remote", "add").out
    assert below.startswith("Usage: git fedlearn remote add [OPTIONS] NAME [URL]\n")
    assert script(plain, "--version").stdout.startswith("git-fedlearn ")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["verfy"], "error: 'verfy' is not a git fedlearn command\nhint: git fedlearn verify\n"),
        (["xyzzy"], "error: 'xyzzy' is not a git fedlearn command\nhint: git fedlearn -h\n"),
        (["help", "verfy"], "error: 'verfy' is not a git fedlearn command\nhint: git fedlearn verify\n"),
        (
            ["remote", "lst"],
            "error: 'lst' is not a git fedlearn remote command\nhint: git fedlearn remote list\n",
        ),
        (
            ["help", "remote", "xyz"],
            "error: 'xyz' is not a git fedlearn remote command\nhint: git fedlearn remote -h\n",
        ),
        (
            ["help", "verify", "x"],
            "error: verify has no subcommands\nhint: git fedlearn verify -h\n",
        ),
        (["VERIFY"], "error: 'VERIFY' is not a git fedlearn command\nhint: git fedlearn verify\n"),
        (
            ["completion"],
            "error: missing argument SHELL. Choose from: bash, zsh, fish\nhint: git fedlearn completion -h\n",
        ),
        (["sync", "--ful"], "error: no such option: --ful\nhint: try --full\n"),
        (["verify", "--nope"], "error: no such option: --nope\nhint: git fedlearn verify -h\n"),
        (["--nope"], "error: no such option: --nope\nhint: git fedlearn -h\n"),
        (["show"], "error: missing argument ID\nhint: git fedlearn show -h\n"),
        (["verify", "extra"], "error: got unexpected extra argument (extra)\nhint: git fedlearn verify -h\n"),
        (["-C"], "error: option -C requires an argument\nhint: git fedlearn -h\n"),
    ],
)
def test_wrong_uses(plain: System, arguments: list[str], error: str) -> None:
    said = plain.fedlearn(*arguments, code=2).err
    assert said.replace("'", "") == error.replace("'", "")  # versions of click differ


def test_another_folder_and_quiet(system: System, plain: System) -> None:
    assert plain.fedlearn("-C", str(system.path), "verify").out.startswith("0 records")
    assert plain.fedlearn("-C", "../one/data", "verify").out.startswith("0 records")
    assert "no such directory" in plain.fedlearn("-C", "nowhere", "verify", code=3).err
    system.write("data/patterns/skills-patterns.jsonl", b'{"title":"a"}\n')
    assert "hint" in system.fedlearn("verify", code=1).err
    assert system.fedlearn("--quiet", "verify", code=1).err == ""


def test_the_common_options_stand_anywhere(system: System) -> None:
    system.write("data/patterns/skills-patterns.jsonl", b'{"title":"a"}\n')
    for line in (
        ["-q", "verify"],
        ["verify", "--quiet"],
        ["dataset", "-q", "stats"],
        ["dataset", "stats", "-q"],
    ):
        assert "hint" not in system.fedlearn(*line, code=1 if "verify" in line else 0).err
    said = system.fedlearn("verify", "-qv", code=1).err
    assert re.search(r"^note: git rev-parse .*--git-dir.* \(\d+\.\d{3} s\)$", said, re.MULTILINE)
    said = system.fedlearn("-v", "clone", "https://me:pw@127.0.0.1:1/x", "--", "--quiet", code=3).err
    assert "note: git clone --quiet -- https://127.0.0.1:1/x x (" in said


def test_only_verbose_watches_git(world: World) -> None:
    system = world.system("one")
    told: list[str] = []
    with watched_by(lambda arguments, _seconds: told.append(arguments[0])):
        system.fedlearn("verify")
        assert "rev-parse" in told
        told.clear()
        assert "note: git rev-parse" in system.fedlearn("verify", "-v").err
        assert told == []


def test_git_is_asked_once_about_colors(world: World) -> None:
    system = world.system("one")
    system.add("best-practices", *({"title": f"number {number}"} for number in range(9)))
    told: list[tuple[str, ...]] = []
    with watched_by(lambda arguments, _seconds: told.append(tuple(arguments))):
        system.fedlearn("diff", code=1)
    assert sum("--get-colorbool" in arguments for arguments in told) == 1


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
def test_colours_on_a_terminal_only(system: System, environment: dict[str, str], *, coloured: bool) -> None:
    plain = {key: value for key, value in system.environment.items() if key not in {"NO_COLOR", "TERM"}}
    out, err = Terminal(), Terminal()
    context = Context(plain | environment, system.path, stdout=out, stderr=err)
    assert (run(["doctor"], context), run(["verfy"], context)) == (0, 2)
    assert ("\x1b[32mok      \x1b[0m git " in out.getvalue()) is coloured
    assert ("\x1b[1;31merror:\x1b[0m 'verfy' is not a git fedlearn command\n" in err.getvalue()) is coloured
    assert ("\x1b" in out.getvalue() + err.getvalue()) is coloured


def failing(error: BaseException) -> click.Command:
    @click.command("verify")
    def command() -> None:
        raise error

    return command


def run_failing(context: Context, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> int:
    monkeypatch.setattr("git_fedlearn.commands.verify.command", failing(error))
    return run(["verify"], context)


def context_in(folder: Path) -> tuple[Context, io.StringIO]:
    err = io.StringIO()
    return Context(directory=folder, stdout=io.StringIO(), stderr=err), err


def test_a_bug_goes_to_a_file_and_shows_no_data(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    context, err = context_in(system.path)
    assert run_failing(context, monkeypatch, ValueError(QUOTED)) == 3
    assert QUOTED not in err.getvalue()
    assert err.getvalue().startswith("error: this is a bug in git-fedlearn ")
    (file,) = (system.path / ".git/fedlearn").glob("fedlearn-bug-*.txt")
    assert str(file) in err.getvalue()
    assert QUOTED in file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o077 == 0


def test_a_bug_outside_a_repository_leaves_the_folder_alone(
    plain: System, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    context, err = context_in(plain.path)
    assert run_failing(context, monkeypatch, ValueError(QUOTED)) == 3
    assert list(plain.path.iterdir()) == []
    assert str(tmp_path) in err.getvalue()


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (click.Abort(), 130, "interrupted\n"),
        (BrokenPipeError(), 141, ""),
        (click.exceptions.Exit(4), 4, ""),
    ],
)
def test_other_ends(
    plain: System, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, said: str
) -> None:
    context, err = context_in(plain.path)
    assert run_failing(context, monkeypatch, error) == code
    assert err.getvalue() == said


@pytest.mark.parametrize("lines", [3, 20_000])
def test_a_reader_that_goes_away_is_no_error(system: System, lines: int) -> None:
    system.write("data/patterns/skills-patterns.jsonl", b"x\n" * lines)
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "git_fedlearn.cli", "verify"],
        cwd=system.path,
        env=system.environment,
        stdout=write,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(write)
    assert done.returncode == 141
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr


def test_outside_a_repository_who_the_user_is_can_still_be_told(plain: System) -> None:
    assert Context(directory=plain.path, environment=plain.environment).identity().user == "tester"


def test_two_writers_at_once_wait_for_each_other(system: System) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-m", "git_fedlearn.cli", "add", "skills-patterns"],
            cwd=system.path,
            env=system.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(4)
    ]
    for number, writer in enumerate(writers):
        assert writer.stdin
        writer.stdin.write(b'{"title":"t%d"}\n' % number)
        writer.stdin.close()
    for writer in writers:
        assert writer.wait() == 0
        assert writer.stdout
        assert writer.stdout.read() == b"skills-patterns: 1 record added\n"
        writer.stdout.close()
    assert len(system.records("skills-patterns")) == 4
    assert not (system.path / ".git/fedlearn/lock.holder").exists()
