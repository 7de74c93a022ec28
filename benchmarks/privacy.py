"""What the privacy engine finds, and how fast: `python -m benchmarks.privacy`; `-v` shows what is missed.

The text is made at random here (benchmarks/privacy_text), so nothing that looks like a secret is in this
repository. Needs the extra `[bench]`. Half of the cells, each one kind in one setting, is held out: the
rules were written without a look at it.
"""

import argparse
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

from benchmarks import privacy_rivals
from benchmarks.measure import compare
from benchmarks.privacy_text.clean import clean_lines
from benchmarks.privacy_text.corpus import (
    Record,
    digest_records,
    negative_records,
    personal_records,
    secret_records,
)
from benchmarks.table import Row
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.privacy.kinds import EMAIL_ADDRESS, INVISIBLE_TEXT, SECRET_KINDS
from git_fedlearn.privacy.registry import Prefilter
from git_fedlearn.privacy.wrapped import ALL_DETECTORS

ENGINE = PrivacyEngine()
Spans = list[tuple[int, int]]
PIECE = 50
"""Lines of a longer text."""
PEERS = 800
"""Records that the other scanners are asked about; they are slow."""


def rows(folder: Path) -> Iterator[Row]:
    """Source and manuals line by line, as detect-secrets reads them, and in pieces as long as a lesson's."""
    lines = [*clean_lines(5, 20_000, held_out=True)]
    pieces = ["\n".join(lines[at : at + PIECE]) for at in range(0, len(lines), PIECE)]
    for name, texts, rivals in (
        ("20,000 lines", lines, {"detect-secrets": 1 / 20, "betterleaks": 1 / 0.8}),
        (f"the same in pieces of {PIECE} lines", pieces, {"betterleaks": None}),
    ):
        path = folder / "texts"
        path.write_text("\0".join(texts), encoding="utf-8")
        note = f"{_share_asked(texts):.1%} of the texts asked a detector"
        for rival, at_most in rivals.items():
            if find_spec(rival.replace("-", "_")):
                ours, theirs = (privacy_rivals.timed(scanner, path) for scanner in ("ours", rival))
                result = compare(ours, theirs, lambda: None, pairs=3)
                yield Row(name, f"{rival}, one by one", result, at_most, note)


def _share_asked(texts: list[str]) -> float:
    """The share of texts for which a gate opened: the others cost no more than the gates."""
    prefilter = Prefilter(ALL_DETECTORS)
    return sum(bool(prefilter.choose(text)) for text in texts) / len(texts)


def judge(record: Record, spans: Spans) -> tuple[bool, bool]:
    """Whether each secret was found at all, and whether each is wholly covered."""
    found = whole = True
    at = 0
    for secret in record.secrets:
        start = record.text.index(secret, at)
        at = end = start + len(secret)
        found &= any(s < end and e > start for s, e in spans)
        whole &= _is_covered(start, end, spans)
    return found, whole


def _is_covered(start: int, end: int, spans: Spans) -> bool:
    for s, e in sorted(spans):
        if s <= start < e:
            start = e
    return start >= end


def spans_of(text: str) -> Spans:
    """What the engine would redact."""
    return [(finding.start, finding.end) for finding in ENGINE.scan(text)]


def tell(title: str, records: Iterable[Record], *, verbose: bool = False, by_context: bool = False) -> None:
    """Print how many of the secrets in these records are found and how many go whole, then the weak cells."""
    total, found, whole = Counter[str](), Counter[str](), Counter[str]()
    missed: defaultdict[str, list[str]] = defaultdict(list)
    for record in records:
        cell = record.context if by_context else record.kind
        is_found, is_whole = judge(record, spans_of(record.text))
        total[cell] += 1
        found[cell] += is_found
        whole[cell] += is_whole
        if not is_whole:
            missed[cell].append(record.text)
    count = total.total()
    if not count:
        return
    print(f"{title}: {count:,} records, found {found.total() / count:.2%}, whole {whole.total() / count:.2%}")
    for cell in sorted(missed, key=lambda name: whole[name] / total[name]):
        print(
            f"  {total[cell]:5} {found[cell] / total[cell]:7.1%} {whole[cell] / total[cell]:7.1%}  {cell!r}"
        )
        for text in missed[cell][: 6 * verbose]:
            print("         ", repr(text[:150]))


def tell_wrong(title: str, records: list[Record], *, verbose: bool) -> None:
    """Print in how many of these records, none of which is private, something is found."""
    wrong = [record.text for record in records if spans_of(record.text)]
    print(f"{title}: {len(records)}, found in {len(wrong) / len(records):.2%}")
    for text in wrong[: 40 * verbose]:
        print("         ", repr(text[:150]))


def tell_false(count: int, *, held_out: bool) -> None:
    """Print how many lines of developers' text have findings."""
    kinds: Counter[str] = Counter()
    lines = 0
    for line in clean_lines(3, count, held_out=held_out):
        lines += 1
        found = {finding.kind for finding in ENGINE.scan(line)}
        kinds["secrets"] += bool(found & SECRET_KINDS)
        kinds["personal data without e-mail"] += bool(found - SECRET_KINDS - {EMAIL_ADDRESS, INVISIBLE_TEXT})
        kinds["e-mail"] += EMAIL_ADDRESS in found
    print(
        f"{lines:,} lines of sources and manuals: "
        + ", ".join(f"{k} {n} ({n / lines:.3%})" for k, n in kinds.items())
    )


def tell_peers(records: list[Record]) -> None:
    """Print what the other scanners find, those that are installed."""
    peers: dict[str, Callable[[str], Spans]] = {"git-fedlearn": spans_of, **privacy_rivals.scanners()}
    for name, scan in peers.items():
        judged = [judge(record, scan(record.text)) for record in records]
        found, whole = (sum(column) / len(records) for column in zip(*judged, strict=True))
        print(f"  {name:<20} {len(records)} records, found {found:.1%}, whole {whole:.1%}")


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks.privacy")
    options.add_argument("--held-out", action="store_true", help="the half that the rules were not tuned on")
    options.add_argument("--context", action="store_true", help="weak cells by setting, not by kind")
    options.add_argument("--kind", default="", help="only kinds whose name holds this")
    options.add_argument("--rounds", type=int, default=4)
    options.add_argument("--lines", type=int, default=100_000, help="of developers' text")
    options.add_argument("--seed", type=int, default=99)
    options.add_argument("-v", action="store_true", help="print what is missed")
    chosen = options.parse_args()

    def half(records: Iterable[Record]) -> Iterator[Record]:
        return (r for r in records if r.is_held_out == chosen.held_out and chosen.kind in r.kind)

    for title, make in (("secrets", secret_records), ("personal data", personal_records)):
        records = half(make(chosen.seed, chosen.rounds))
        tell(title, records, verbose=chosen.v, by_context=chosen.context)
    if chosen.kind:
        return
    tell_wrong("hard negatives", list(negative_records()), verbose=chosen.v)
    tell_wrong("digests, ids, locks", list(digest_records(chosen.seed, 10)), verbose=chosen.v)
    tell_false(chosen.lines, held_out=chosen.held_out)
    sample = list(half(secret_records(chosen.seed, 2)))
    random.Random(1).shuffle(sample)
    tell_peers(list(islice(sample, PEERS)))


if __name__ == "__main__":
    main()
