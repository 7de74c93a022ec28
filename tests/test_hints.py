"""Hints: each names a command that exists, and running it leads on from where it was printed."""

import ast
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest
from systems import System, World

import git_fedlearn
from git_fedlearn.cli import cli
from git_fedlearn.extras import install_line, package_line

PACKAGE = Path(git_fedlearn.__file__).parent
UNKNOWN = "SOMETHING"
"""In place of what a text puts in when it is printed."""
COMMAND = re.compile(
    r"git fedlearn (?=[a-z-])(.*?)"
    r"(?=    \(| && |`|\n|; |\)|, | [<>]|\.$|\. |: | \(pid|$)",
    re.DOTALL,
)
PROSE = {
    "git fedlearn --help shows SOMETHING",
    "git fedlearn -h still works",
    "git fedlearn help and git fedlearn completion work without them",
    "git fedlearn completion work without them",
    "git fedlearn completion fish | source",
    "git fedlearn clone URL -- --depth 1",
    "git fedlearn process",
    "git fedlearn review SOMETHING -h",
    "git fedlearn verify --fix{}",
}
"""Sentences that begin like a command, and what is more than one command."""


class NamedCommand(NamedTuple):
    """A command line of git-fedlearn in a text of the package, and where that is."""

    place: str
    line: str
    is_whole: bool
    """Whether it must have its arguments: a docstring may name a command without."""


def texts(tree: ast.AST) -> Iterator[tuple[int, str, bool]]:
    """The texts of a module: line number, text, whether it is printed; f-strings have unknown parts."""
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    described = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node.lineno, node.value, id(node) not in described
        elif isinstance(node, ast.JoinedStr):
            values = [str(part.value) if isinstance(part, ast.Constant) else UNKNOWN for part in node.values]
            yield node.lineno, "".join(values), True


def named_commands() -> Iterator[NamedCommand]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for number, text, is_printed in texts(ast.parse(path.read_text(encoding="utf-8"))):
            for match in COMMAND.finditer(text):
                line = match[0].strip()
                if re.search(r" '[^']*$", line):  # the end was found inside quotes
                    line += text[match.start() + len(line) :].partition("'")[0] + "'"
                line = re.sub(rf"(?<=[\w-]){UNKNOWN}", "", line)
                line = line[:-1] if line.endswith("'") and line.count("'") % 2 else line
                if not re.match(rf"git fedlearn \S*{UNKNOWN}", line) and line not in PROSE:
                    is_whole = is_printed and not text.startswith(f"`{line}`")
                    yield NamedCommand(f"{path.relative_to(PACKAGE)}:{number}", line, is_whole)


def fault_of(line: str, *, is_whole: bool = True) -> str:
    """Why click would refuse a command line; empty if it would not."""
    try:
        words = shlex.split(line.removeprefix("git fedlearn "))
    except ValueError as error:
        return str(error)
    command: click.Command = cli
    ctx = click.Context(cli, info_name="git fedlearn", help_option_names=["-h", "--help"])
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name = words.pop(0)
        found = command.get_command(ctx, name)
        if found is None:
            return f"no command {name}"
        command, ctx = found, click.Context(found, parent=ctx, info_name=name)
    try:
        values, left, _ = command.make_parser(ctx).parse_args(words)
    except click.UsageError as error:
        return error.format_message()
    required = [one for one in command.params if isinstance(one, click.Argument) and one.required]
    missing = [one.human_readable_name for one in required if not given(values.get(one.name or ""))]
    if left:
        return f"too many words: {left}"
    return f"missing: {missing}" if missing and is_whole else ""


def given(value: object) -> bool:
    """Whether click found an argument; versions differ in what stands for a missing one."""
    return bool(value) and isinstance(value, str | tuple | list) and set(value) != {None}


def test_every_command_that_a_text_names_exists_with_its_options_and_arguments() -> None:
    named = {*named_commands()}
    assert len(named) > 150
    faults = [(one, fault_of(one.line, is_whole=one.is_whole)) for one in sorted(named)]
    assert [f"{one.place}: {one.line}: {fault}" for one, fault in faults if fault] == []


@pytest.mark.parametrize(
    "line",
    ["git fedlearn serach x", "git fedlearn verify --fixx", "git fedlearn show", "git fedlearn remote show"],
)
def test_the_walk_finds_what_click_would_refuse(line: str) -> None:
    assert fault_of(line)


class Stuck(NamedTuple):
    """A state in which a command fails, the hint it prints, and what a person puts in for its capitals."""

    prepare: Callable[[World], System]
    command: str
    hint: str
    fill: dict[str, str] = {}  # noqa: RUF012  never changed


def plain_folder(world: World) -> System:
    return world.folder_system("one")


def plain_repository(world: World) -> System:
    return world.repository("one")


def no_commit(world: World) -> System:
    one = world.repository("one")
    one.fedlearn("init")
    return one


def with_lesson(world: World) -> System:
    one = world.system("one")
    one.add("best-practices", {"title": "pin the channel", "description": "so that builds repeat"})
    return one


def detached(world: World) -> System:
    one = with_lesson(world)
    one.git("checkout", "--quiet", "--detach")
    return one


def detached_with_commits(world: World) -> System:
    one = detached(world)
    one.commit("made on no branch")
    return one


def no_identity(world: World) -> System:
    one = with_lesson(world)
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        del one.environment[name]
    (world.home / ".gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")
    return one


def with_hub(world: World) -> System:
    one = world.system("one")
    one.git("remote", "add", "origin", str(world.bare("hub").path))
    return one


def with_peer_only(world: World) -> System:
    world.bare("hub")
    one, peer = with_lesson(world), world.system("friend")
    one.commit()
    one.fedlearn("remote", "add", "friend", str(peer.path))
    return one


def half_merged(world: World) -> System:
    """Both sides added records while git had no driver; their data file is in conflict."""
    one = world.system("one")
    one.git("config", "merge.fedlearn.driver", "false")
    for branch, pattern in (("side", "ours"), ("main", "theirs")):
        one.git(*("switch", "--quiet"), *(("-c",) if branch == "side" else ()), branch)
        one.add("skills-patterns", {"pattern": pattern, "value_score": 0.9})
        one.commit(pattern)
    one.git("merge", "side", check=False)
    return one


def merged_but_not_committed(world: World) -> System:
    one = half_merged(world)
    one.fedlearn("resolve")
    return one


def without_hooks(world: World) -> System:
    one = world.system("one")
    for hook in (one.path / ".git/hooks").glob("*"):
        hook.unlink()
    return one


SOURCE = {"DIR": "../logs"}
STUCK = {
    "no repository": Stuck(plain_folder, "status", "git init && git fedlearn init"),
    "not set up": Stuck(plain_repository, "metrics", "git fedlearn init"),
    "unborn branch, peers": Stuck(no_commit, "pull-remotes", "git add --all && git commit -m"),
    "unborn branch, bundle": Stuck(no_commit, "bundle create ../x.bundle", "git add --all && git commit -m"),
    "detached HEAD": Stuck(detached, "federate", "git switch main"),
    "detached HEAD with commits": Stuck(
        detached_with_commits, "federate", "git switch -c NAME", {"NAME": "rescued"}
    ),
    "no user.name": Stuck(
        no_identity,
        "federate",
        "git config --global user.name NAME && git config --global user.email EMAIL",
        {"NAME": "me", "EMAIL": "me@example.org"},
    ),
    "no upstream": Stuck(with_hub, "federate", "git push -u origin HEAD"),
    "only peers and no origin": Stuck(
        with_peer_only, "federate", "git remote add origin URL", {"URL": "../hub"}
    ),
    "uncommitted": Stuck(with_lesson, "pull-remotes", "git add data && git commit", {}),
    "half merged": Stuck(half_merged, "sync --commit --source ../logs", "git fedlearn resolve"),
    "merged, not committed": Stuck(
        merged_but_not_committed, "sync --commit --source ../logs", "git commit --no-edit"
    ),
    "unknown id": Stuck(with_lesson, "show deadbeef", "git fedlearn log"),
    "unknown retraction": Stuck(with_lesson, "retract deadbeef --reason x", "git fedlearn log"),
    "unknown commit": Stuck(with_lesson, "diff nope", "git log --oneline --all"),
    "unknown peer": Stuck(
        with_lesson, "pull-remotes friend", "git fedlearn remote add friend URL", {"URL": "../hub"}
    ),
    "hooks taken out": Stuck(without_hooks, "status", "git fedlearn install"),
}
LISTS = {"unknown id", "unknown retraction", "unknown commit"}
"""Nothing can be put right here: the hint shows what exists."""


def shell(system: System, line: str) -> "subprocess.CompletedProcess[str]":
    environment = {**system.environment, "GIT_EDITOR": "true"}
    line = re.sub(r"git commit$", "git commit -m done", line)
    return subprocess.run(
        ["sh", "-c", line], cwd=system.path, env=environment, capture_output=True, text=True, check=False
    )


def told(system: System, command: str) -> str:
    result = system.fedlearn(*shlex.split(command), code=None)
    return result.out + result.err


@pytest.mark.parametrize("case", STUCK)
def test_a_hint_leads_on(world: World, case: str) -> None:
    prepare, command, hint, fill = STUCK[case]
    stuck = prepare(world)
    (world.folder / "logs/telemetry").mkdir(parents=True)
    printed = told(stuck, command)
    found = re.search(rf"{re.escape(hint)}[^\n(]*", printed)
    assert found, printed
    line = found[0].rstrip(") ").split("    ")[0]
    for name, value in fill.items():
        line = re.sub(rf"\b{name}\b", value, line)
    done = shell(stuck, line)
    assert done.returncode == 0, (line, done.stdout, done.stderr)
    if case not in LISTS:
        assert hint not in told(stuck, command)


def test_only_peers_is_no_reason_to_push_everything_to_one(world: World) -> None:
    one = with_peer_only(world)
    (line,) = (line for line in one.fedlearn("status").out.splitlines() if line.startswith("unpushed"))
    assert line.endswith("git remote add origin URL")


def test_files_of_others_under_data_are_not_in_the_way_of_a_pull(world: World) -> None:
    one = with_peer_only(world)
    one.write("data/notes.txt", b"mine\n")
    assert one.fedlearn("pull-remotes").err == ""
    assert one.read("data/notes.txt") == b"mine\n"


TOOLS = {
    "pipx_metadata.json": "pipx runpip git-fedlearn install ",
    "uv-receipt.toml": "uv tool install --force ",
    "other": "pip install ",
}
ORIGINS = {
    "": "'git-fedlearn[EXTRAS]'",
    '{"url": "https://example.org/g.git", "vcs_info": {"vcs": "git", "commit_id": "c0ffee"}}': (
        "'git-fedlearn[EXTRAS] @ git+https://example.org/g.git'"
    ),
    '{"url": "ssh://git@example.org/g", "vcs_info": {"vcs": "git", "requested_revision": "v1"}}': (
        "'git-fedlearn[EXTRAS] @ git+ssh://git@example.org/g@v1'"
    ),
    '{"url": "file:///a%20b", "dir_info": {}}': "'/a b[EXTRAS]'",
    '{"url": "file:///a", "dir_info": {"editable": true}}': "-e '/a[EXTRAS]'",
    '{"url": "https://example.org/g.whl", "archive_info": {}}': (
        "'git-fedlearn[EXTRAS] @ https://example.org/g.whl'"
    ),
}
"""What an installer noted about where the program came from (PEP 610), and what installs it again."""


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("tool", TOOLS)
def test_an_extra_is_installed_as_the_program_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: str, origin: str
) -> None:
    (tmp_path / tool).touch()
    facts = tmp_path / "git_fedlearn-1.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Name: git-fedlearn\nVersion: 1\n")
    (facts / "direct_url.json").write_text(origin)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    found = re.sub(r"\[[\w,]*\bner\b[\w,]*\]", "[EXTRAS]", install_line("ner"))
    assert found == TOOLS[tool] + ORIGINS[origin]
    assert package_line("fsspec[s3]").endswith("'fsspec[s3]'")
