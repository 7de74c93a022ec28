"""Repositories of any age and number of systems, for the report: the same at every run."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from systems import EPOCH, System

from git_fedlearn.core.outcomes import Outcome
from git_fedlearn.core.record import Record, make_record

TODAY = datetime.fromtimestamp(EPOCH, UTC)
PARTS = (
    "pip",
    "cargo",
    "the linker",
    "the cache",
    "pytest",
    "the proxy",
    "systemd",
    "the index",
    "ssh",
    "make",
)
FAULTS = ("exits with code 1", "cannot find a module", "times out after 30 s", "refuses the certificate")
CURES = ("pin the version", "clear the cache", "raise the limit", "install the headers", "set the variable")
MAX_COMMITS = 12


def system_id(number: int) -> str:
    """The id of a system; number 0 is the one that makes the report."""
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    return "sys-" + "".join(Random(number).choices(letters, k=10))  # noqa: S311  not a secret


def grow(system: System, *, days: int, systems: int, lessons: int) -> None:
    """Commit lessons of so many systems over so many days, the last today; one in ten has outcomes."""
    random = Random(lessons)  # noqa: S311  the same at every run
    system.git("config", "fedlearn.system", system_id(0))
    ages = sorted((int(days * random.random() ** 1.5) for _ in range(lessons)), reverse=True)
    made = [(age, *_lesson(random, number, age, systems)) for number, age in enumerate(ages)]
    step = -(-lessons // min(days, MAX_COMMITS))
    outcomes: dict[str, list[bytes]] = {}
    files: dict[str, list[bytes]] = {}
    for start in range(0, lessons, step):
        for _, name, record in made[start : start + step]:
            files.setdefault(name, []).append(record.line)
        _count(random, [record for _, _, record in made[start : start + step]], systems, outcomes)
        for name, lines in files.items():
            system.write(f"data/{name}.jsonl", b"".join(sorted(line + b"\n" for line in lines)))
        for by, lines in outcomes.items():
            system.write(f"data/outcomes/{by}.jsonl", b"".join(sorted(line + b"\n" for line in lines)))
        age = made[min(start + step, lessons) - 1][0]
        day = f"{(TODAY - timedelta(days=age)).isoformat()}"
        system.environment |= {"GIT_AUTHOR_DATE": day, "GIT_COMMITTER_DATE": day}
        system.git("add", "--all")
        by = system_id(start // step % systems)
        message = f"sync\n\nFedlearn-System: {by}"
        system.git("commit", "--quiet", "--no-verify", "--message", message)


def _lesson(random: Random, number: int, age: int, systems: int) -> tuple[str, Record]:
    part, fault, cure = random.choice(PARTS), random.choice(FAULTS), random.choice(CURES)
    first = (TODAY - timedelta(days=age)).date().isoformat()
    by = sorted(
        {
            system_id(min(int(random.expovariate(4 / systems)), systems - 1))
            for _ in range(1 + number % 7 // 5)
        }
    )
    name = ("patterns/error-solutions", "patterns/best-practices", "patterns/skills-patterns")[number % 7 % 3]
    fields: dict[str, Any] = {
        "_first_seen": first,
        "_seen_by": by,
        "value_score": round(0.5 + random.random() / 2, 2),
    }
    if name.endswith("error-solutions"):
        fields |= {
            "error_message": f"{part} {fault} in job {number}",
            "solution": f"{cure} of {part}.\nThen run job {number} again.",
        }
    elif name.endswith("best-practices"):
        fields |= {
            "title": f"{cure} of {part}, case {number}",
            "description": f"Before {part} runs, {cure}.",
            "category": "builds",
        }
    else:
        fields |= {
            "query": f"How do I keep {part} fast in case {number}?",
            "response": f"{cure}; measure before and after.",
        }
    return name, make_record(fields)


def _count(random: Random, made: list[Record], systems: int, outcomes: dict[str, list[bytes]]) -> None:
    for record in made:
        if random.random() < 0.1:
            by = system_id(random.randrange(systems))
            worked, failed = random.choice(((3, 0), (1, 0), (2, 1), (0, 1), (5, 0), (0, 2)))
            outcomes.setdefault(by, []).append(Outcome(record.id, worked, failed).line)
