"""Documentation as tests see it: fenced blocks, command lines, links, and machines to run the commands on."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from agent_sessions import SESSION, claude_code
from systems import System, World

from git_fedlearn.core.layout import SHARED_SETS
from git_fedlearn.demo.samples import write_stack
from git_fedlearn.demo.systems import STACK

TOP = Path(__file__).parents[1]
SHOWN_IDS = ("3f2a", "91bc")
"""The docs write these for the first characters of ids."""


ANSWER_NO = {"diff"}
"""Commands that may end with 1 without anything being wrong."""


class Block(NamedTuple):
    """A fenced block: the words behind the fence, its text, and that of a `text` block right behind it."""

    kind: str
    machine: str
    text: str
    line: int
    expected: str


def pages() -> list[str]:
    """Every page that people write: README and the like, docs, and those of examples and hooks."""
    found = [
        *TOP.glob("*.md"),
        *TOP.glob("docs/**/*.md"),
        *TOP.glob("examples/**/*.md"),
        TOP / "hooks/README.md",
    ]
    return sorted(str(path.relative_to(TOP)) for path in found if "reference" not in path.parts)


def read_blocks(page: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = (TOP / page).read_text(encoding="utf-8")
    found = [*re.finditer(r"^( *)```(.*)\n(?s:(.*?))^\1```$", text, re.MULTILINE)]
    blocks = []
    for number, match in enumerate(found):
        kind, _, machine = match[2].strip().partition(" ")
        after = found[number + 1] if number + 1 < len(found) else None
        follows = after is not None and not text[match.end() : after.start()].strip() and after[2] == "text"
        expected = after[3] if after and follows else ""
        line = text.count("\n", 0, match.start()) + 2
        blocks.append(Block(kind, machine, re.sub(f"(?m)^{match[1]}", "", match[3]), line, expected))
    return blocks


def command_lines(text: str) -> Iterator[str]:
    """The command lines of a block without comments; a block with a here-document is one."""
    if "<<'" in text:
        yield text
        return
    for line in text.replace("\\\n", " ").splitlines():
        command = re.sub(r"(^|\s{2,})#.*", "", line).strip()
        if command:
            yield command


@dataclass
class Machine:
    """A machine that a page tells about: its home, and the folder the reader is in."""

    system: System
    ids: list[str] = field(default_factory=list)

    def run(self, line: str) -> str:
        """Run a command line as the reader would; what it printed. Fails the test if it fails."""
        for number, shown in enumerate(SHOWN_IDS):
            line = re.sub(rf"\b{shown}\b", lambda _match: self._ids()[number], line)  # noqa: B023  used at once
        output = ""
        parts = [line] if "<<'" in line or "$(" in line else line.split(" && ")
        for part in parts:
            words = part.split()
            if words[0] == "cd":
                self.system.path = (self.system.path / part.removeprefix("cd ").strip()).resolve()
            elif words[0] == "export":
                name, _, value = part.removeprefix("export ").partition("=")
                self.system.environment[name] = value.replace("~", self.system.environment["HOME"])
            elif words[:2] == ["git", "fedlearn"] and _is_plain(part):
                output = self._verb(self._words(part)[2:])
            else:
                output = self._shell(part)
        return output

    def _verb(self, words: list[str]) -> str:
        try:
            return self.system.fedlearn(*words).out
        except AssertionError:
            if words[0] not in ANSWER_NO:
                raise
            return self.system.fedlearn(*words, code=1).out

    def _words(self, part: str) -> list[str]:
        home = self.system.environment["HOME"]
        return [re.sub(r"^~(?=/|$)", home, word) for word in shlex.split(part)]

    def _shell(self, part: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", part],
            cwd=self.system.path,
            env=self.system.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{part}: {done}"
        return done.stdout

    def _ids(self) -> list[str]:
        """Records of the repository the reader is in, the same ones for a whole page."""
        if not self.ids:
            records = [r for name in SHARED_SETS for r in self.system.records(name) if not r.is_tombstone]
            self.ids = [record.id[:8] for record in records]
        return self.ids


def _is_plain(part: str) -> bool:
    """Whether a shell would change nothing but quotes and `~`."""
    try:
        shlex.split(part)
    except ValueError:
        return False
    bare = re.sub(r"'[^']*'|\"[^\"$`]*\"", "", part)
    return not re.search(r"[|&;<>()$`\\*?#]", bare)


def machine(world: World, name: str) -> Machine:
    """A machine with a stack that wrote telemetry, a session of an agent, and the hosts of the docs."""
    home = world.folder / name
    home.mkdir(exist_ok=True)
    hosts = world.folder / "hosts"
    (home / ".gitconfig").write_text(
        f'[url "{hosts}/"]\n\tinsteadOf = git@example.org:\n\tinsteadOf = https://example.org/\n'
    )
    write_stack("workstation", home / STACK, home)
    session = home / ".claude/projects/-src-shop/0a1b.jsonl"
    session.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(line) + "\n" for line in claude_code(SESSION)]
    session.write_text("".join(lines), encoding="utf-8")
    return Machine(System(home, home))
