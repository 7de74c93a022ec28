"""What scanners find in labelled text from outside, all in one run, as tables of Markdown.

`FEDLEARN_CORPUS=DIR:DIR python -m benchmarks privacy_corpora`. A folder holds files of JSON lines:
`{"text", "label": "secret" | "pii" | "clean", "kind", "values": […] or "spans": [[kind, value], …]}`.
Nothing of such a collection belongs into this repository. A finding counts only where its class does: a mail
address is no secret. A value is redacted if every place that has it is covered.
"""

import json
import os
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from benchmarks.privacy_rivals import Scan, personal_scanners, scanners
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.privacy.kinds import INVISIBLE_TEXT, SECRET_KINDS

VARIABLE = "FEDLEARN_CORPUS"
"""Names the folders, separated as in PATH."""
MOST_CLEAN = 3_000
"""Clean texts of each file that the slow scanners are asked about; ours reads all of them."""
READABLE = 3
"""Letters and digits of a value that may stay readable."""
WEAK = frozenset("person street_address ipv4_private national_id password_hash weak_placeholder".split())
"""Kinds with samples, hashes or no check: shown, but not in the sums."""
NEAR_MISS = "near_miss"
_ENGINE = PrivacyEngine()


class Labelled(NamedTuple):
    """A text, the class that counts in it (`secret` or `personal`), and its private values by kind."""

    file: str
    text: str
    counted: str
    is_clean: bool
    kind: str
    values: tuple[tuple[str, str], ...]


class Tally(NamedTuple):
    """Of one scanner: texts with a finding, values redacted whole, and false alarms, each by kind."""

    found: Counter[str]
    redacted: Counter[str]
    alarms: Counter[str]


def folders() -> list[Path]:
    """The folders that the environment names; none if it names none."""
    return [Path(name) for name in os.environ.get(VARIABLE, "").split(os.pathsep) if name]


def texts(folder: Path) -> Iterator[Labelled]:
    """Every labelled text of the folder, in the order of its files."""
    for path in sorted(folder.glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            records = [json.loads(line) for line in lines]
        is_personal = path.stem.startswith("dev") or any(record["label"] == "pii" for record in records)
        for record in records:
            if record["label"] in {"secret", "pii", "clean"}:
                values = record.get("spans") or [
                    (record["kind"], value) for value in record.get("values", ())
                ]
                yield Labelled(
                    f"{folder.name}/{path.stem}",
                    record["text"],
                    "personal" if is_personal else "secret",
                    record["label"] == "clean",
                    record["kind"],
                    tuple((kind, value) for kind, value in values),
                )


def find_secrets(text: str) -> list[tuple[int, int]]:
    """Where ours finds secrets."""
    return [(f.start, f.end) for f in _ENGINE.scan(text) if f.kind in SECRET_KINDS]


def find_personal(text: str) -> list[tuple[int, int]]:
    """Where ours finds personal data."""
    return [(f.start, f.end) for f in _ENGINE.scan(text) if f.kind not in {*SECRET_KINDS, INVISIBLE_TEXT}]


def tally(scan: Scan, chosen: list[Labelled]) -> Tally:
    """What a scanner does with these texts."""
    counts = Tally(Counter(), Counter(), Counter())
    for item in chosen:
        spans = scan(item.text)
        if item.is_clean:
            counts.alarms[item.kind] += bool(spans)
            continue
        counts.found[item.kind] += bool(spans)
        for kind, value in item.values:
            counts.redacted[kind] += is_covered(item.text, value, spans)
    return counts


def is_covered(text: str, value: str, spans: list[tuple[int, int]]) -> bool:
    """Whether nowhere in the text more than a few characters of the value stay readable."""
    limit = min(READABLE, sum(map(str.isalnum, value)) // 4)
    at = text.find(value)
    while at >= 0:
        end = at + len(value)
        hidden = {place for start, stop in spans for place in range(max(start, at), min(stop, end))}
        if sum(text[place].isalnum() for place in range(at, end) if place not in hidden) > limit:
            return False
        at = text.find(value, end)
    return True


def print_corpora(_: Path) -> None:
    """A table for the secrets and one for the personal data of each folder."""
    if not folders():
        print(f"no collection: name its folders in {VARIABLE}")
    for folder in folders():
        every = list(texts(folder))
        for counted, ours, rivals in (
            ("secret", find_secrets, scanners()),
            ("personal", find_personal, personal_scanners()),
        ):
            chosen = [item for item in every if item.counted == counted]
            if chosen:
                print(f"\n{folder.name}, {counted}: {len(chosen):,} texts, {datetime.now(UTC):%Y-%m-%d}\n")
                _print_table(chosen, {"git-fedlearn": ours, **rivals})


def _print_table(chosen: list[Labelled], asked: dict[str, Scan]) -> None:
    sample = _sample(chosen)
    tallies: dict[str, Tally] = {}
    for name, scan in asked.items():
        print(f"… {name}", file=sys.stderr)
        tallies[name] = tally(scan, chosen if name == "git-fedlearn" else sample)
    print(f"| kind | values | {' | '.join(asked)} |\n| --- | ---: |{' ---: |' * len(asked)}")
    values = Counter(kind for item in chosen for kind, _ in item.values)
    strong = {kind: count for kind, count in values.items() if kind not in WEAK}
    for kind, count in sorted(values.items()):
        weak = " (not in the sum)" if kind in WEAK else ""
        _print_row(f"{kind}{weak}, redacted", count, [t.redacted[kind] / count for t in tallies.values()])
    total = sum(strong.values())
    if total:
        shares = [sum(t.redacted[kind] for kind in strong) / total for t in tallies.values()]
        _print_row("**all, redacted**", total, shares)
        means = [sum(t.redacted[k] / n for k, n in strong.items()) / len(strong) for t in tallies.values()]
        _print_row("mean of the kinds", len(strong), means)
    for kind in sorted({item.kind for item in chosen if item.is_clean}):
        counts = [sum(i.is_clean and i.kind == kind for i in of) for of in (chosen, sample)]
        alarms = [t.alarms[kind] / counts[0 if name == "git-fedlearn" else 1] for name, t in tallies.items()]
        title = "near misses with a finding" if kind == NEAR_MISS else f"clean ({kind}) with a finding"
        _print_row(title, counts[0], alarms, digits=3 if kind != NEAR_MISS else 1)


def _sample(chosen: list[Labelled]) -> list[Labelled]:
    """All texts with values, all near misses, and some of the clean ones of each file."""
    clean: defaultdict[str, list[Labelled]] = defaultdict(list)
    kept = [item for item in chosen if not item.is_clean or item.kind == NEAR_MISS]
    for item in chosen:
        if item.is_clean and item.kind != NEAR_MISS:
            clean[item.file].append(item)
    choice = random.Random(1)
    for items in clean.values():
        kept += choice.sample(items, min(MOST_CLEAN, len(items)))
    return kept


def _print_row(title: str, count: int, shares: list[float], digits: int = 1) -> None:
    print(f"| {title} | {count:,} | {' | '.join(f'{share:.{digits}%}' for share in shares)} |", flush=True)
