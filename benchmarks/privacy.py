"""What the privacy engine finds in text made here at random. `python -m benchmarks.privacy`."""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable

from benchmarks.privacy_text.corpus import Record, personal_records, secret_records
from git_fedlearn.privacy.engine import PrivacyEngine

ENGINE = PrivacyEngine()


def judge(record: Record) -> tuple[bool, bool]:
    """Whether each secret was found at all, and whether each is wholly covered by findings."""
    spans = [(f.start, f.end) for f in ENGINE.scan(record.text)]
    found = whole = True
    at = 0
    for secret in record.secrets:
        start = record.text.index(secret, at)
        at = end = start + len(secret)
        found &= any(s < end and e > start for s, e in spans)
        whole &= _is_covered(start, end, spans)
    return found, whole


def _is_covered(start: int, end: int, spans: Iterable[tuple[int, int]]) -> bool:
    for s, e in sorted(spans):
        if s <= start < e:
            start = e
    return start >= end


def main() -> None:
    held = "--held-out" in sys.argv
    by = "--context" in sys.argv
    only = next((a.split("=", 1)[1] for a in sys.argv if a.startswith("--kind=")), None)
    rounds = next((int(a.split("=", 1)[1]) for a in sys.argv if a.startswith("--rounds=")), 2)
    total: Counter[str] = Counter()
    found: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    missed: defaultdict[str, list[str]] = defaultdict(list)
    records = personal_records if "--personal" in sys.argv else secret_records
    for record in records(7 if not held else 99, rounds):
        if record.is_held_out != held or (only and only not in record.kind):
            continue
        cell = record.context if by else record.kind
        f, w = judge(record)
        total[cell] += 1
        found[cell] += f
        whole[cell] += w
        if not w:
            missed[cell].append(record.text)
    n = sum(total.values())
    print(f"{n} found {sum(found.values()) / n:.2%} whole {sum(whole.values()) / n:.2%}")
    for cell in sorted(total, key=lambda c: whole[c] / total[c]):
        if whole[cell] < total[cell]:
            print(
                f"{total[cell]:5} {found[cell] / total[cell]:7.1%} {whole[cell] / total[cell]:7.1%}  {cell!r}"
            )
            if "-v" in sys.argv:
                for text in missed[cell][:6]:
                    print("        ", repr(text[:150]))


if __name__ == "__main__":
    main()
