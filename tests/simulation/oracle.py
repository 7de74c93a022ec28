"""What must be known, worked out without the code under test.

A fact is one thing that happened to a lesson: a system learned it, retracted it, brought it back. What
is known of a lesson is all facts of its highest generation put together: retracted if any of them says
so, else the best score; named systems, first day and smallest point id of all of them.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulation.lessons import TOKEN


@dataclass(frozen=True)
class Fact:
    """`retracted` is the time of a retraction, empty for a lesson."""

    gen: int
    score: float = -1
    seen: frozenset[str] = frozenset()
    first: str = ""
    point: str = ""
    retracted: str = ""


Known = dict[str, Fact]
"""What is known of each lesson, by record id."""


class DisagreementError(AssertionError):
    """What is known is not what must be."""


def combine(facts: Iterable[Fact]) -> Fact:
    """The facts of the highest generation as one."""
    facts = list(facts)
    gen = max(fact.gen for fact in facts)
    facts = [fact for fact in facts if fact.gen == gen]
    retracted = min((fact.retracted for fact in facts if fact.retracted), default="")
    return Fact(
        gen,
        -1 if retracted else max(fact.score for fact in facts),
        frozenset().union(*(fact.seen for fact in facts)),
        min((fact.first for fact in facts if fact.first), default=""),
        min((fact.point for fact in facts if fact.point), default=""),
        retracted,
    )


def combine_all(*known: Known) -> Known:
    """What somebody knows who knows all of this."""
    ids = {identifier for one in known for identifier in one}
    return {i: combine(one[i] for one in known if i in one) for i in ids}


def compare(expected: Known, found: Known, where: str) -> None:
    """Raise DisagreementError that names every lesson known otherwise than it must be."""
    wrong = [i for i in sorted({*expected, *found}) if expected.get(i) != found.get(i)]
    if wrong:
        lines = [f"{i}: must be {expected.get(i)}\n{' ' * 34}is      {found.get(i)}" for i in wrong[:5]]
        raise DisagreementError(
            f"{where}: {len(wrong)} lessons are not known as they must be\n" + "\n".join(lines)
        )


@dataclass
class Oracle:
    """Every fact of a simulation, and which record id each lesson has."""

    facts: dict[str, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    ids: dict[str, str] = field(default_factory=dict)
    outcomes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """How often a record worked or failed, by system, record id and which of both."""

    def note(self, token: str, fact: Fact) -> None:
        """Something happened to a lesson."""
        self.facts[token].append(fact)

    def meet(self, identifier: str, token: str) -> None:
        """A record was seen: one lesson has one id, on every system and in any wording."""
        known = self.ids.setdefault(token, identifier)
        if known != identifier:
            raise DisagreementError(f"{token} has two ids: {known} and {identifier}")

    def token(self, identifier: str) -> str:
        """The lesson a record is about."""
        return next(token for token, known in self.ids.items() if known == identifier)

    def expected(self) -> Known:
        """What everybody must know in the end."""
        return {self.ids[token]: combine(facts) for token, facts in self.facts.items()}


def read_known(files: Mapping[str, bytes], oracle: Oracle) -> Known:
    """What these files of record sets say. Raises DisagreementError for a line that is no record."""
    found: dict[str, list[Fact]] = defaultdict(list)
    for path, data in files.items():
        for number, line in enumerate(data.splitlines(), 1):
            try:
                record = json.loads(line)
                identifier = record["_id"]
            except (ValueError, LookupError, TypeError):
                raise DisagreementError(f"{path}:{number}: no record: {line[:80]!r}") from None
            token = TOKEN.search(line.decode())
            if token:
                oracle.meet(identifier, token[0])
            found[identifier].append(_fact(record))
    return {identifier: combine(facts) for identifier, facts in found.items()}


def set_files(top: Path) -> list[Path]:
    """The files of all record sets."""
    return sorted(path for path in (top / "data").rglob("*.jsonl") if is_set_file(path.as_posix()))


def is_set_file(path: str) -> bool:
    """Whether a file below data/ belongs to a record set."""
    return path.endswith(".jsonl") and "/snapshots/" not in path and "/outcomes/" not in path


def read_outcomes(top: Path) -> Counter[tuple[str, str, str]]:
    """What the files of outcomes say."""
    found: Counter[tuple[str, str, str]] = Counter()
    for path in sorted((top / "data" / "outcomes").glob("*.jsonl")):
        for line in map(json.loads, path.read_text().splitlines()):
            found.update(
                {(path.stem, line["_id"], how): line[how] for how in ("worked", "failed") if line[how]}
            )
    return found


def _fact(record: dict[str, Any]) -> Fact:
    retracted = record.get("_retracted")
    return Fact(
        record.get("_gen", 0),
        -1 if retracted else record["value_score"],
        frozenset(record.get("_seen_by", ())),
        record.get("_first_seen", ""),
        record.get("_point_id", ""),
        retracted["at"] if retracted else "",
    )
