"""What is private in passages: findings with their places, on all processors when there is much to scan.

The answer, and its order, does not depend on how many processes gave it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import chain, islice
from typing import Final, NamedTuple

from git_fedlearn.privacy.engine import Finding, PrivacyEngine
from git_fedlearn.privacy.record_fields import scan_fields
from git_fedlearn.scanning.files import NotJson, Passage, parse_json_line, text_of

_BATCH_CHARACTERS: Final = 200_000
"""Bytes that one process gets at a time."""
_WORTH_A_PROCESS: Final = 5
"""Portions that are scanned before other processes are started: each costs as much as some 300 KB."""
HIDDEN: Final = "…"
"""Stands for a part of a pointer or path that is private itself."""


class FileFinding(NamedTuple):
    """A finding, its file and line (0: in the name of the file); in history the commit that brought it."""

    path: str
    line: int
    finding: Finding
    commit: str = ""


def scan_passages(engine: PrivacyEngine, passages: Iterable[Passage]) -> Iterator[FileFinding]:
    """Every finding, in the order of the passages."""
    portions = _portions(passages)
    scan = _Scan(engine)
    for portion in islice(portions, _WORTH_A_PROCESS):
        yield from scan((0, portion))[1]
    following = next(portions, None)
    if following is not None:
        yield from _scan_spread(scan, chain([following], portions))


def scan_passage(engine: PrivacyEngine, passage: Passage) -> list[FileFinding]:
    """Every finding of one passage. Offsets count code points of the decoded string, or of the line."""
    value = parse_json_line(passage.data) if passage.is_json else NotJson()
    if isinstance(value, NotJson):
        text = text_of(passage.data)
        return [_in_text(passage, text, finding) for finding in engine.scan(text)]
    found = scan_fields(engine, value) if isinstance(value, dict) else engine.scan(value)
    shown = (replace(finding, pointer=shown_pointer(engine, finding.pointer)) for finding in found)
    return [FileFinding(passage.path, passage.number, finding, passage.commit) for finding in shown]


def scan_name(engine: PrivacyEngine, path: str) -> list[FileFinding]:
    """What is private in the names of a file and its folders; line 0, offsets in the path."""
    found, at = [], 0
    for part in path.split("/"):
        stem = part.rsplit(".", 1)[0] or part
        seen = engine.scan(part) or engine.scan(stem)
        found += [
            FileFinding(
                shown_path(engine, path),
                0,
                replace(
                    finding, rule=f"file-name:{finding.rule}", start=finding.start + at, end=finding.end + at
                ),
            )
            for finding in seen
        ]
        at += len(part) + 1
    return found


@lru_cache(maxsize=4096)
def shown_path(engine: PrivacyEngine, path: str) -> str:
    """A path without the names that are private or not printable."""
    return "/".join(
        HIDDEN if not part.isprintable() or engine.scan(part) or engine.scan(part.rsplit(".", 1)[0]) else part
        for part in path.split("/")
    )


@lru_cache(maxsize=4096)
def shown_pointer(engine: PrivacyEngine, pointer: str) -> str:
    """A pointer without the keys that are private or not printable themselves."""
    keys = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")]
    shown = [not key.isprintable() or bool(engine.scan(key.lstrip("_"))) for key in keys]
    return "/".join(
        HIDDEN if hidden else part for hidden, part in zip(shown, pointer.split("/"), strict=True)
    )


def _in_text(passage: Passage, text: str, finding: Finding) -> FileFinding:
    """A finding of a block stands on the line where it begins, and its offsets count from there."""
    before = text.count("\n", 0, finding.start)
    begin = text.rfind("\n", 0, finding.start) + 1
    moved = replace(finding, pointer="", start=finding.start - begin, end=finding.end - begin)
    return FileFinding(passage.path, passage.number + before, moved, passage.commit)


def _portions(passages: Iterable[Passage]) -> Iterator[list[Passage]]:
    portion: list[Passage] = []
    size = 0
    for passage in passages:
        if passage.data:
            portion.append(passage)
            size += len(passage.data)
        if size >= _BATCH_CHARACTERS:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _scan_spread(scan: "_Scan", portions: Iterable[list[Passage]]) -> Iterator[FileFinding]:
    """Scan in other processes; what is done too early waits for its turn."""
    from git_fedlearn.repository.workers import cores, spread  # noqa: PLC0415  hooks hardly ever need it

    done: dict[int, list[FileFinding]] = {}
    turn = 0
    for number, found in spread(scan, enumerate(portions), cores()):
        done[number] = found
        while turn in done:
            yield from done.pop(turn)
            turn += 1


class _Scan:
    """Scans a numbered portion."""

    def __init__(self, engine: PrivacyEngine) -> None:
        self._engine = engine

    def __call__(self, numbered: tuple[int, list[Passage]]) -> tuple[int, list[FileFinding]]:
        number, portion = numbered
        return number, [found for passage in portion for found in scan_passage(self._engine, passage)]
