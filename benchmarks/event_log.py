"""An event log of any size, modelled on 106 events of a real coordinator: its kinds in their shares, its
fields, lengths of questions and answers as they were there, and a score on each event; 1.1 KB an event.

The words are made up, or runs of words from texts that others wrote.
"""

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.records import WORDS
from git_fedlearn.core.canonical import iter_strings

HIGH_VALUE = 0.04
LESSONS = 2000
"""Distinct lessons among the high-value events: a stack meets the same ones again and again."""

SHARES = {"agent_step_complete": 46, "health_spider_cycle": 22, "health_spider_apparmor_denial": 19}
SHARES |= {"apparmor_fix_staged": 12, "health_spider_http_failure": 4, "health_spider_started": 3}
QUESTION_LENGTHS = (10, 67, 68, 184, 841, 1469, 2417, 3095)
ANSWER_LENGTHS = (40, 87, 142, 484, 726, 899, 2369, 2999)
_JOINTS = (*[" "] * 6, ", ", ". ", ".\n", ":\n- ", " `", "` ", "/", "_", " = ", " 42 ")
_DASH = " \u2014 "
"""What makes a text more than ASCII: there, six of ten long texts were, and one of ten short ones."""


def read_words(folder: Path) -> list[str]:
    """The words of all texts in the JSON lines below a folder, in their order."""
    words: list[str] = []
    for path in sorted(folder.rglob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            for text in iter_strings(json.loads(line)):
                words += text.split()
    return words


def write_log(path: Path, size: int, lessons: int = LESSONS, words: Sequence[str] = ()) -> None:
    """Write a log of at least `size` bytes, of runs of these words if there are any; the same every time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        written = 0
        for event in _events(random.Random(1), lessons, words):
            written += file.write(json.dumps(event) + "\n")
            if written >= size:
                break


def _events(chance: random.Random, lessons: int, words: Sequence[str]) -> Iterator[dict[str, object]]:
    steps = [
        {
            "query": f"how to {_text(chance, QUESTION_LENGTHS, words)}",
            "response": _text(chance, ANSWER_LENGTHS, words) + ".",
        }
        for _ in range(2 * lessons)
    ]
    kinds = chance.choices([*SHARES], [*SHARES.values()], k=100_000)
    share = HIGH_VALUE * sum(SHARES.values()) / SHARES["agent_step_complete"]
    second = 0
    while True:
        kind = kinds[second % len(kinds)]
        second += 1
        is_step = kind == "agent_step_complete"
        is_high = is_step and chance.random() < share
        event: dict[str, object] = {"event_type": kind, "timestamp": _time(second)}
        event |= chance.choice(steps[:lessons] if is_high else steps) if is_step else _report(chance)
        if is_step:
            event |= {"latency_ms": chance.randrange(100_000), "tokens_in": chance.randrange(2000)}
            event |= {"session_id": f"{chance.getrandbits(64):016x}", "role": "implementer"}
        score = chance.uniform(0.7, 1.0) if is_high else chance.uniform(0.0, 0.69)
        yield event | {"source": "bench", "value_score": round(score, 3)}


def _report(chance: random.Random) -> dict[str, object]:
    denials = [
        {"operation": "open", "path": f"/var/lib/{chance.choice(WORDS)}", "mask": "r"}
        for _ in range(chance.randrange(4))
    ]
    return {"zone": "dashboard", "profile": "dashboard-api", "denials": denials}


def _time(second: int) -> str:
    """Half a minute later each time, in 2026."""
    day, rest = divmod(second * 30 % (280 * 86_400), 86_400)
    minute, rest = divmod(rest, 60)
    return f"2026-{1 + day // 28:02}-{1 + day % 28:02}T{minute // 60:02}:{minute % 60:02}:{rest:02}Z"


def _text(chance: random.Random, lengths: tuple[int, ...], words: Sequence[str]) -> str:
    at = chance.randrange(len(lengths) - 1)
    wanted = chance.randint(lengths[at], lengths[at + 1])
    if words:
        start = chance.randrange(len(words) - wanted)
        return " ".join(words[start : start + wanted])[:wanted].strip()
    joints = (*_JOINTS, *[_DASH] * (chance.random() < (0.6 if wanted > 1000 else 0.1)))
    text = ""
    while len(text) < wanted:
        text += chance.choice(WORDS) + chance.choice(joints)
    return text.strip()
