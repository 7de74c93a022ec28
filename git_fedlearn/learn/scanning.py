"""What is private in passages: findings with their places, on all processors when there is much to scan.

The answer, and its order, does not depend on how many processes gave it.
"""

import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from git_fedlearn.learn.intake import scan_fields
from git_fedlearn.learn.passages import NotJson, Passage, parse_json_line, text_of
from git_fedlearn.privacy.engine import Finding, PrivacyEngine

if TYPE_CHECKING:
    from concurrent.futures import Future

_PORTION: Final = 200_000
"""Bytes that one process gets at a time."""
_WORTH_A_PROCESS: Final = 5
"""Portions that are scanned before other processes are started: each costs as much as some 300 KB."""
_MOST_PROCESSES: Final = 16
HIDDEN: Final = "…"
"""Stands for a part of a pointer or path that is private itself."""


class Found(NamedTuple):
    """A finding, its file and line (0: in the name of the file); in history the commit that brought it."""

    path: str
    line: int
    finding: Finding
    commit: str = ""


def scan_passages(engine: PrivacyEngine, passages: Iterable[Passage]) -> Iterator[Found]:
    """Every finding, in the order of the passages."""
    portions = _portions(passages)
    for number, portion in enumerate(portions, 1):
        yield from _scan_portion(engine, portion)
        if number == _WORTH_A_PROCESS:
            break
    processes = min(_processors(), _MOST_PROCESSES)
    if processes == 1:
        for portion in portions:
            yield from _scan_portion(engine, portion)
        return
    first = next(portions, None)
    if first is not None:
        yield from _scan_with(processes, engine, first, portions)


def scan_passage(engine: PrivacyEngine, passage: Passage) -> list[Found]:
    """Every finding of one passage. Offsets count code points of the decoded string, or of the line."""
    value = parse_json_line(passage.data) if passage.is_json else NotJson()
    if isinstance(value, NotJson):
        text = text_of(passage.data)
        return [_in_text(passage, text, finding) for finding in engine.scan(text)]
    found = scan_fields(engine, value) if isinstance(value, dict) else engine.scan(value)
    shown = (replace(finding, pointer=shown_pointer(engine, finding.pointer)) for finding in found)
    return [Found(passage.path, passage.number, finding, passage.commit) for finding in shown]


def scan_name(engine: PrivacyEngine, path: str) -> list[Found]:
    """What is private in the names of a file and its folders; line 0, offsets in the path."""
    found, at = [], 0
    for part in path.split("/"):
        stem = part.rsplit(".", 1)[0] or part
        seen = engine.scan(part) or engine.scan(stem)
        found += [
            Found(
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


def _in_text(passage: Passage, text: str, finding: Finding) -> Found:
    """A finding of a block stands on the line where it begins, and its offsets count from there."""
    before = text.count("\n", 0, finding.start)
    begin = text.rfind("\n", 0, finding.start) + 1
    moved = replace(finding, pointer="", start=finding.start - begin, end=finding.end - begin)
    return Found(passage.path, passage.number + before, moved, passage.commit)


def _portions(passages: Iterable[Passage]) -> Iterator[list[Passage]]:
    portion: list[Passage] = []
    size = 0
    for passage in passages:
        if passage.data:
            portion.append(passage)
            size += len(passage.data)
        if size >= _PORTION:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _scan_with(
    processes: int, engine: PrivacyEngine, first: list[Passage], rest: Iterator[list[Passage]]
) -> Iterator[Found]:
    """Scan in other processes, a few portions ahead of what is asked for, so that memory stays small."""
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415  hooks hardly ever need it
    from multiprocessing import get_context  # noqa: PLC0415

    waiting: deque[Future[list[Found]]] = deque()
    pool = ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=_start, initargs=(engine,)
    )
    try:
        waiting.append(pool.submit(_work, first))
        for portion in rest:
            waiting.append(pool.submit(_work, portion))
            if len(waiting) > 2 * processes:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _scan_portion(engine: PrivacyEngine, portion: list[Passage]) -> list[Found]:
    return [found for passage in portion for found in scan_passage(engine, passage)]


_engines: list[PrivacyEngine] = []
"""The engine of a worker process."""


def _start(engine: PrivacyEngine) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    _engines[:] = [engine]


def _work(portion: list[Passage]) -> list[Found]:
    return _scan_portion(_engines[0], portion)


def _processors() -> int:
    """How many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
