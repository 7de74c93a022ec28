"""Sessions of Claude Code of any size: commands with long outputs, now and then an error and its fix."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.records import WORDS

SESSION_BYTES = 10_000_000
OUTPUT_WORDS = (10, 40, 150, 600)
TURNS_PER_ERROR = 60
"""Commands between two that fail."""


def write_sessions(folder: Path, size: int) -> None:
    """Write sessions of at least `size` bytes together; the same every time."""
    chance = random.Random(1)
    for number in range(max(1, size // SESSION_BYTES)):
        path = folder / f"-srv-project-{number}" / f"{number:08}-0000-4000-8000-000000000000.jsonl"
        path.parent.mkdir(parents=True)
        with path.open("w", encoding="utf-8") as file:
            written = 0
            for line in _lines(chance):
                written += file.write(json.dumps(line) + "\n")
                if written >= min(size, SESSION_BYTES):
                    break


def _lines(chance: random.Random) -> Iterator[dict[str, Any]]:
    number = 0
    for turn in range(10**9):
        for kind, content in _turn(chance, turn):
            parent = f"u{number - 1}" if number else None
            yield {
                "type": kind,
                "uuid": f"u{number}",
                "parentUuid": parent,
                "isSidechain": False,
                "timestamp": f"2026-05-20T10:{number // 60 % 60:02}:{number % 60:02}Z",
                "cwd": "/srv/project",
                "message": {"role": kind, "content": content},
            }
            number += 1


def _turn(chance: random.Random, turn: int) -> Iterator[tuple[str, Any]]:
    module = chance.choice(WORDS)
    if turn % TURNS_PER_ERROR:
        yield "assistant", [{"type": "text", "text": f"I look at {module} and {chance.choice(WORDS)}."}]
        yield from _run(
            turn, f"cat src/{module}.py", " ".join(chance.choices(WORDS, k=chance.choice(OUTPUT_WORDS)))
        )
        return
    yield "user", f"Please look at the {module} again."
    error = f"ModuleNotFoundError: No module named '{module}'"
    yield from _run(3 * turn, "make check", f"Exit code 2\n{error}", failed=True)
    yield "assistant", [{"type": "text", "text": f"The environment lacks {module}, since it is new."}]
    yield from _run(3 * turn + 1, f"pip install {module}", "installed")
    yield from _run(3 * turn + 2, "make check", "passed")


def _run(number: int, command: str, output: str, *, failed: bool = False) -> Iterator[tuple[str, Any]]:
    call = {"type": "tool_use", "id": f"t{number}{command}", "name": "Bash", "input": {"command": command}}
    yield "assistant", [call]
    result = {"type": "tool_result", "tool_use_id": call["id"], "content": output, "is_error": failed}
    yield "user", [result]
