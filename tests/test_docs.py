"""The documentation holds: every command line of it runs, every link leads somewhere, nothing drifted."""

import atexit
import re
import shlex
import shutil
import tempfile
from functools import cache
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import click
import pytest
from doc_pages import TOP, Machine, command_lines, machine, pages, read_blocks
from systems import World, copy_sparsely

from git_fedlearn.cli import cli
from git_fedlearn.command_table import COMMANDS, EXAMPLES
from manual import recall, recording

STARTS_EMPTY = {"README.md", "docs/tutorial.md"}
"""Pages that begin before there is a repository; the others begin inside one that has learned something."""

NOT_RUN = {
    "pipx": "installs from PyPI",
    "uv": "installs from PyPI",
    "pip": "installs from PyPI",
    "~/.venvs/fedlearn/bin/pip": "installs from PyPI",
    "apt-get": "installs Debian packages",
    "python3 -m venv": "makes an environment, as the Makefile does",
    "python coordinator.py": "tests/test_coordinator_example.py runs it",
    "make": "runs whole targets, which CI runs anyway",
    "nix": "there is no nix here",
    "nixos-rebuild": "there is no nix here",
    "home-manager": "there is no nix here",
    "ssh": "there is no other machine",
    "sudo": "changes this machine",
    "systemctl": "asks this machine's systemd",
    "git fedlearn schedule install": "sets timers of this machine, unless with --print",
    "git fedlearn schedule remove": "removes timers of this machine",
    "git fedlearn schedule run-now": "runs a job, as federate does",
    "git fedlearn review show": "needs a sample that waits",
    "git fedlearn review accept": "needs an item that waits",
    "git fedlearn review edit": "needs a sample that waits",
    "git fedlearn review drop": "needs an item that waits",
    "git-fedlearn -C ~/lessons mcp": "serves until its client goes",
    "git fedlearn agent install claude --for": "needs a project; tests/commands/test_agent.py has one",
    "git fedlearn mcp": "serves until its client goes",
    "git fedlearn demo": "tests/commands/test_demo.py runs it",
}
"""Why a command line is not run; everything else is."""

PAGES = pages()
FRIEND = {
    "title": "Ask twice",
    "category": "agents",
    "description": "Once without context.",
    "value_score": 0.8,
}


def is_run(line: str) -> bool:
    if line.startswith("git fedlearn schedule install") and "--print" in line:
        return True
    words = line.split()
    return not any(words[: len(prefix.split())] == prefix.split() for prefix in NOT_RUN)


def prepare(world: World, page: str) -> None:
    """The hosts that the docs name: an empty repository of mine, and one of a friend."""
    text = (TOP / page).read_text(encoding="utf-8")
    for name in sorted(set(re.findall(r"git@example\.org:([a-z]+/[a-z]+\.git)", text)) | {"me/lessons.git"}):
        world.bare(f"hosts/{name}")
    if "example.org/friend" in text:
        friend = world.system("friend-at-work")
        friend.add("best-practices", FRIEND)
        friend.git("add", "data")
        friend.git("-c", "core.hooksPath=/dev/null", "commit", "--quiet", "-m", "learn")
        friend.git("clone", "--quiet", "--bare", ".", str(world.folder / "hosts/friend/lessons.git"))


def inside(where: Machine) -> None:
    """Put the reader into a repository that learned, and has notes to add, and a project elsewhere."""
    lessons = where.system.path / "lessons"
    shutil.copytree(_learned(), lessons, symlinks=True, copy_function=copy_sparsely)
    where.system.path = lessons
    (Path(where.system.environment["HOME"]) / "src/app").mkdir(parents=True, exist_ok=True)


@cache
def _learned() -> Path:
    """Made once in a process and copied."""
    folder = Path(tempfile.mkdtemp(prefix="fedlearn-docs-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    world = World(folder)
    where = machine(world, "mei").system
    lessons = world.system("mei/lessons")
    lessons.environment |= {key: where.environment[key] for key in ("HOME", "GIT_CONFIG_GLOBAL")}
    lessons.fedlearn("sync")
    lessons.add("collections/notes", {"title": "A note", "text": "Vectors can be made again."})
    lessons.git("add", "data")
    lessons.git("-c", "core.hooksPath=/dev/null", "commit", "--quiet", "-m", "learn")
    for name in ("notes/a.md", "notes.md", "corpus.jsonl", "notes.jsonl"):
        lessons.write(name, b'{"title":"Look first"}\n')
    lessons.git("tag", "v1", "HEAD~1")
    lessons.git("remote", "add", "origin", "git@example.org:me/lessons.git")
    return lessons.path


@pytest.mark.parametrize("page", [page for page in PAGES if any(b.kind == "sh" for b in read_blocks(page))])
def test_every_command_line_runs(world: World, page: str) -> None:
    prepare(world, page)
    machines: dict[str, Machine] = {}
    for block in read_blocks(page):
        if block.kind != "sh":
            continue
        name = block.machine or "desktop"
        if name not in machines:
            machines[name] = machine(world, name)
            if page not in STARTS_EMPTY and name != "new":
                inside(machines[name])
                if name == "desktop":
                    machines[name].system.git("push", "--quiet", "-u", "--no-verify", "origin", "main")
        output = ""
        for line in command_lines(block.text):
            if is_run(line):
                try:
                    output = machines[name].run(line)
                except AssertionError as error:
                    pytest.fail(f"{page}:{block.line}: {line}\n{error}", pytrace=False)
        if block.expected:
            pattern = expected_output(block.expected)
            assert re.fullmatch(pattern, output.rstrip() + "\n"), f"{page}:{block.line}: it printed\n{output}"


def expected_output(text: str) -> str:
    """A pattern: `…` in a line stands for anything, on a line of its own for any lines."""
    lines = [
        r"(?:.*\n)*" if line == "…" else re.escape(line).replace("…", ".*") + r"\n"
        for line in text.splitlines()
    ]
    return "".join(lines)


def test_no_command_hides_from_the_test() -> None:
    hidden = [
        f"{page}:{block.line}"
        for page in PAGES
        for block in read_blocks(page)
        if block.kind not in {"sh", "text"} and re.search(r"^ *git fedlearn ", block.text, re.MULTILINE)
        if block.kind not in {"yaml", "nix", "json", "python", "toml"}
    ]
    assert not hidden, f"blocks of commands that are not marked `sh`: {', '.join(hidden)}"


def inline_commands(page: str) -> list[str]:
    text = re.sub(
        r"^ *```.*?^ *```$", "", (TOP / page).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )
    return [" ".join(found.split()) for found in re.findall(r"`(git fedlearn [^`]+)`", text)]


@pytest.mark.parametrize("page", [page for page in PAGES if inline_commands(page)])
def test_every_command_in_a_sentence_can_be_typed(page: str) -> None:
    wrong = []
    for line in inline_commands(page):
        words = shlex.split(line.split(" && ")[0].replace("…", "x"))[2:]
        try:
            check(words)
        except click.UsageError as error:
            wrong.append(f"`{line}`: {error.format_message()}")
    assert not wrong, f"{page}: " + "; ".join(wrong)


def test_every_verb_has_examples_and_they_can_be_typed() -> None:
    assert EXAMPLES.keys() == COMMANDS.keys(), f"command_table.py: {COMMANDS.keys() ^ EXAMPLES.keys()}"
    for line, _ in (example for examples in EXAMPLES.values() for example in examples):
        check(shlex.split(line.removeprefix('eval "$(').split(" && ")[-1].rstrip(')"'))[2:])


def check(words: list[str]) -> None:
    """Parse a command line without running it. A command that is only named needs no arguments."""
    with click.Context(cli, info_name="git fedlearn", **cli.context_settings) as above:
        ctx: click.Context = above
        while words and not words[0].startswith("-") and isinstance(ctx.command, click.Group):
            name, *words = words
            command = ctx.command.get_command(ctx, name)
            if command is None and name not in {"COMMAND", "X"}:
                raise click.UsageError(f"{name} is not a command")
            if command is None:
                return
            ctx = click.Context(command, info_name=name, parent=ctx)
        if words and not isinstance(ctx.command, click.Group):
            ctx.command.make_parser(ctx).parse_args(words)


def test_every_link_leads_somewhere() -> None:
    broken = []
    for page in [*PAGES, *(str(path.relative_to(TOP)) for path in TOP.glob("docs/reference/*.md"))]:
        text = re.sub(r"```.*?```|`[^`]*`", "", (TOP / page).read_text(encoding="utf-8"), flags=re.DOTALL)
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"[a-z]+:", link):
                continue
            path, _, anchor = unquote(link).partition("#")
            target = (TOP / page).parent / path if path else TOP / page
            if not target.exists() or (anchor and anchor not in anchors(target)):
                broken.append(f"{page}: {link}")
    assert not broken, ", ".join(broken)


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_can_be_found_from_the_first() -> None:
    seen, todo = set[Path](), [TOP / "README.md"]
    while todo:
        page = todo.pop()
        if page in seen or page.suffix != ".md" or not page.exists():
            continue
        seen.add(page)
        links = re.findall(r"\]\(([^)#\s:]+)", page.read_text(encoding="utf-8"))
        todo += [(page.parent / link).resolve() for link in links]
    docs = [path for path in TOP.glob("docs/**/*.md") if path.resolve() not in seen]
    assert not docs, f"no way leads to {', '.join(str(path.relative_to(TOP)) for path in docs)}"


@pytest.mark.parametrize(
    ("picture", "end"),
    [
        (recording.PICTURE, "0 conflicts; record sets: identical on all systems, byte for byte"),
        (recall.PICTURE, "worked 1 time (1 system)"),
    ],
)
def test_a_picture_is_whole_and_fetches_nothing(picture: Path, end: str) -> None:
    svg = picture.read_text(encoding="utf-8")
    assert ET.fromstring(svg).tag.endswith("svg")  # noqa: S314  our own file
    assert end in svg
    assert not re.search(r"(?:href|src|url)\s*[=(]\s*[\"']?https?:|@import|@font-face|<script", svg)
