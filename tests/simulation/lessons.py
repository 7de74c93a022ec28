"""Lessons that collide on purpose: a small pool that every clone learns from, in words of its own.

Each lesson carries its token, `lesson-` and letters, so that the oracle can tell lessons apart without
asking the code under test. What may differ between two systems (line numbers, store hashes, scores,
point ids) is drawn anew each time.
"""

import json
import re
from dataclasses import dataclass
from random import Random
from typing import Any

TOKEN = re.compile(r"lesson-[a-z]{4}")
SETS = ("skills-patterns", "error-solutions", "best-practices", "fine-tuning", "collections/notes")
SCORES = (0.7, 0.75, 0.8, 0.9, 1.0, 1)
POINTS = tuple(f"{digit * 8}-0000-4000-8000-000000000000" for digit in "abc")


@dataclass(frozen=True)
class Draw:
    """One lesson as one system words it once."""

    token: str
    set_name: str
    score: float
    point: str
    fields: dict[str, Any]

    @property
    def line(self) -> bytes:
        """As `git fedlearn add` reads it."""
        return json.dumps(self.fields | ({"_point_id": self.point} if self.point else {})).encode()


def draw(random: Random, pool: int) -> Draw:
    """Any lesson of a pool of this size."""
    return word(random, random.randrange(pool), random.choice(SCORES))


def word(random: Random, number: int, score: float) -> Draw:
    """Put a lesson into words."""
    token = token_of(number)
    name = SETS[number % len(SETS)]
    point = random.choice(POINTS) if random.random() < 0.2 else ""
    return Draw(token, name, score, point, _fields(random, name, token, score))


def token_of(number: int) -> str:
    """Letters only: digits would be volatile in an error message."""
    letters = "".join(chr(ord("a") + number // 26**place % 26) for place in range(4))
    return f"lesson-{letters}"


def number_of(token: str) -> int:
    """The inverse of `token_of`."""
    return sum((ord(letter) - ord("a")) * 26**place for place, letter in enumerate(token[-4:]))


def event(found: Draw, when: str) -> dict[str, Any]:
    """The same lesson as a coordinator's telemetry event, or as a fine-tuning sample."""
    kind = "training_sample" if found.set_name == "fine-tuning" else "agent_step_complete"
    about = {} if kind == "training_sample" else {"event_type": kind, "latency_ms": 1200, "session_id": "s1"}
    return found.fields | about | {"timestamp": when}


def _fields(random: Random, name: str, token: str, score: float) -> dict[str, Any]:
    volatile = f"/tmp/build-{random.randrange(10**6)}/main.nix:{random.randrange(500)}"  # noqa: S108  only text
    forms: dict[str, dict[str, Any]] = {
        "skills-patterns": {"query": f"How to configure {token}", "response": f"Set {token} in the module."},
        "error-solutions": {
            "error_type": "BuildError",
            "error_message": f"{volatile}: {token} is missing (pid {random.randrange(9999)})",
            "solution": f"Add {token} to the inputs.",
        },
        "best-practices": {
            "category": "nix",
            "title": f"Pin {token}",
            "description": f"Unpinned {token} drifts.",
        },
        "fine-tuning": {
            "messages": [
                {"role": "user", "content": f"What is {token}?"},
                {"role": "assistant", "content": f"{token} is an option."},
            ]
        },
        "collections/notes": {"text": f"A note on {token}", "tags": ["nix", token]},
    }
    fields = forms[name] | {"value_score": score}
    return dict(random.sample([*fields.items()], len(fields)))
