"""Findings in passages, with their places; large inputs are scanned on all cores.

The findings and their order do not depend on the number of processes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain, islice
from typing import TYPE_CHECKING, Final, NamedTuple

from git_fedlearn.core.collection_names import readable_name
from git_fedlearn.privacy.record_fields import scan_fields
from git_fedlearn.scanning.files import NotJson, Passage, parse_json_line, text_of

if TYPE_CHECKING:
    from git_fedlearn.privacy.engine import Finding, PrivacyEngine

_BATCH_BYTES: Final = 200_000
"""Bytes that one process gets at a time."""
_LOCAL_BATCHES: Final = 5
"""Batches scanned before other processes are started: starting one costs as much as scanning 300 KB."""
HIDDEN: Final = "…"
"""Replaces a part of a pointer or path that is private."""


class FileFinding(NamedTuple):
    """A finding, its file and line (0: in the name of the file); in history the commit that added it."""

    path: str
    line: int
    finding: Finding
    commit: str = ""


def scan_passages(engine: PrivacyEngine, passages: Iterable[Passage]) -> Iterator[FileFinding]:
    """Every finding, in the order of the passages."""
    batches = _batches(passages)
    scan = _Scan(engine)
    for batch in islice(batches, _LOCAL_BATCHES):
        yield from scan((0, batch))[1]
    following = next(batches, None)
    if following is not None:
        yield from _scan_spread(scan, chain([following], batches))


def scan_passage(engine: PrivacyEngine, passage: Passage) -> list[FileFinding]:
    """Every finding of one passage. Offsets count code points of the decoded string, or of the line."""
    value = parse_json_line(passage.data) if passage.is_json else NotJson()
    if isinstance(value, NotJson):
        text = text_of(passage.data)
        return [_in_text(passage, text, finding) for finding in engine.scan(text)]
    found = scan_fields(engine, value) if isinstance(value, dict) else engine.scan(value)
    shown = (finding._replace(pointer=shown_pointer(engine, finding.pointer)) for finding in found)
    return [FileFinding(passage.path, passage.number, finding, passage.commit) for finding in shown]


def scan_name(engine: PrivacyEngine, path: str) -> list[FileFinding]:
    """Findings in the names of a file and its folders; line 0, offsets in the path."""
    found, at = [], 0
    for part in path.split("/"):
        stem = part.rsplit(".", 1)[0] or part
        seen = engine.scan(part) or engine.scan(stem) or engine.scan(_apart(stem))
        if not seen:  # in the name of a collection, whose place in the file name is not said
            hidden = engine.scan(readable_name(stem)) if readable_name(stem) != stem else ()
            seen = tuple(finding._replace(start=0, end=len(part)) for finding in hidden)
        found += [
            FileFinding(
                shown_path(engine, path),
                0,
                finding._replace(
                    rule=f"file-name:{finding.rule}", start=finding.start + at, end=finding.end + at
                ),
            )
            for finding in seen
        ]
        at += len(part) + 1
    return found


@lru_cache(maxsize=4096)
def shown_path(engine: PrivacyEngine, path: str) -> str:
    """A path without names that are private or not printable."""
    return "/".join(
        HIDDEN if not part.isprintable() or _is_private(engine, part) else part for part in path.split("/")
    )


def _is_private(engine: PrivacyEngine, part: str) -> bool:
    stem = part.rsplit(".", 1)[0]
    return any(engine.scan(name) for name in {part, stem, _apart(stem), readable_name(stem)})


def _apart(name: str) -> str:
    """A name of the same length in which a number that begins with a plus sign stands alone."""
    return re.sub(r"[_-](?=\+)", " ", name)


@lru_cache(maxsize=4096)
def shown_pointer(engine: PrivacyEngine, pointer: str) -> str:
    """A pointer without keys that are private or not printable."""
    keys = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")]
    shown = [not key.isprintable() or bool(engine.scan(key.lstrip("_"))) for key in keys]
    return "/".join(
        HIDDEN if hidden else part for hidden, part in zip(shown, pointer.split("/"), strict=True)
    )


def _in_text(passage: Passage, text: str, finding: Finding) -> FileFinding:
    """A finding at the line where it begins; its offsets count from the start of that line."""
    before = text.count("\n", 0, finding.start)
    begin = text.rfind("\n", 0, finding.start) + 1
    moved = finding._replace(pointer="", start=finding.start - begin, end=finding.end - begin)
    return FileFinding(passage.path, passage.number + before, moved, passage.commit)


def _batches(passages: Iterable[Passage]) -> Iterator[list[Passage]]:
    batch: list[Passage] = []
    size = 0
    for passage in passages:
        if passage.data:
            batch.append(passage)
            size += len(passage.data)
        if size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _scan_spread(scan: _Scan, batches: Iterable[list[Passage]]) -> Iterator[FileFinding]:
    """Scan in other processes; yields the results in the order of the batches."""
    from git_fedlearn.repository.workers import cores, spread  # noqa: PLC0415  hooks hardly ever need it

    done: dict[int, list[FileFinding]] = {}
    turn = 0
    for number, found in spread(scan, enumerate(batches), cores()):
        done[number] = found
        while turn in done:
            yield from done.pop(turn)
            turn += 1


class _Scan:
    """Scans a numbered batch; can be sent to other processes."""

    def __init__(self, engine: PrivacyEngine) -> None:
        self._engine = engine

    def __call__(self, numbered: tuple[int, list[Passage]]) -> tuple[int, list[FileFinding]]:
        number, batch = numbered
        return number, [found for passage in batch for found in scan_passage(self._engine, passage)]
