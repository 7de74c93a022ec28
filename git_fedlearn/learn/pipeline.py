"""One run over sources: read chunks, join their extracts, admit their lessons.

The result does not depend on the number of processes, nor on the order in which chunks are read.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import parse_object
from git_fedlearn.core.events import SCORE
from git_fedlearn.learn.checkpoints import Checkpoints, ReadPosition, find_start
from git_fedlearn.learn.extractor import Extractor
from git_fedlearn.learn.extracts import (
    Chunk,
    Extract,
    FoundLesson,
    LineFault,
    LinePlace,
    RecentEvent,
    Rules,
    split_chunks,
)
from git_fedlearn.learn.intake import WAITS, AdmittedBatch, Admitter, Intake, sample_key
from git_fedlearn.learn.lines import START_BYTES
from git_fedlearn.learn.profiles import find_mistakes
from git_fedlearn.learn.sources import SourceFile, SourceKind, Sources
from git_fedlearn.repository.inbox import DoubtfulSample
from git_fedlearn.repository.workers import spread

MAX_HELD_LESSONS: Final = 20_000
"""Distinct lessons in memory; when reached, they are admitted before more are collected."""

BATCHES_PER_PROCESS: Final = 2
"""Batches that make starting a process worthwhile."""

MAX_START_CHARACTERS: Final = 80
"""Characters of a broken line in a report."""

CUT_MARGIN: Final = 200
"""Characters at the end of a cut line that may be half of something private."""


class ReadProgress(NamedTuple):
    """Bytes read, bytes in all, and distinct lessons found so far."""

    done: int
    total: int
    kept: int


Watch = Callable[[ReadProgress], None]

Engine = Callable[[Callable[[Chunk], Extract], Sequence[Chunk], Callable[[Chunk], None]], Iterator[Extract]]
"""Maps a function over chunks, elsewhere; gives extracts that together cover all chunks.

Calls the second function with each chunk that was read.
"""

Positions = Mapping[SourceFile, ReadPosition | None]
"""Where to start in each file, or how far it was read; None for a file that is gone."""


@dataclass(frozen=True, slots=True)
class ReadFault:
    """A line or file that cannot be read: its place, the reason, and the redacted start of the line."""

    place: str
    reason: str
    hint: str = ""
    start: str = ""


@dataclass(slots=True)
class Batch(AdmittedBatch):
    """The result of one run: records, and counts of all events."""

    read: Counter[SourceKind] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    faults: list[ReadFault] = field(default_factory=list)
    """The first faults, in order."""
    warnings: list[str] = field(default_factory=list)
    """What is probably a mistake in the settings of a source."""
    waiting: list[DoubtfulSample] = field(default_factory=list)
    """Samples that a person has to decide on."""
    unreadable: int = 0
    """The number of all faults."""
    yields: Counter[str] = field(default_factory=Counter)
    """The number of lessons by name of the source, of each source that had something to read."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """How to read and admit: rules, intake, and number of processes."""

    rules: Rules
    intake: Intake
    today: date
    jobs: int = 1
    engine: Engine | None = None
    """Extracts elsewhere; None for this machine."""
    watch: Watch | None = None
    decided: Mapping[str, str] = field(default_factory=dict)
    """Decisions on samples, by key."""

    def run(
        self, sources: Sources, checkpoints: Checkpoints, starts: Positions | None = None
    ) -> tuple[Batch, Positions]:
        """Read what is new in the sources, or what follows `starts`.

        Returns the result, and how far each file was read.
        """
        if starts is None:
            starts = {file: _restart(file, find_start(file, checkpoints)) for file in sources.files}
        files = {file.name: file for file in starts}
        news = Counter({file.source: 0 for file, start in starts.items() if start and not start.is_done})
        batch, extract, waiting = Batch(yields=news), Extract(self.rules.snapshot), list[FoundLesson]()
        for found in self._extracts(starts):
            extract.join(found)
            if len(extract.lessons) >= MAX_HELD_LESSONS:
                waiting += self._admit(extract, (), batch, files)
                extract.lessons.clear()
        waiting += self._admit(extract, extract.newest(), batch, files)
        numbers, reached = _follow(starts, extract)

        def where(place: LinePlace) -> str:
            path = files[place.file].path
            return str(path) if place.line < 0 else f"{path}:{numbers[place.file, place.chunk] + place.line}"

        batch.read, batch.skipped = extract.read, extract.skipped
        batch.warnings = [*sources.warnings, *_mistakes(starts, extract)]
        batch.unreadable = len(sources.faults) + extract.unreadable
        batch.faults = [ReadFault(str(fault.path), fault.reason, fault.hint) for fault in sources.faults]
        for fault in sorted(extract.faults):
            start = self._redacted_start(fault.start) if fault.start else ""
            batch.faults.append(ReadFault(where(fault.place), fault.reason, fault.hint, start))
        for lesson in waiting:
            content = parse_object(lesson.content) or {}
            scored = content if lesson.score is None else {**content, SCORE: lesson.score}
            day = self.today.isoformat()
            batch.waiting.append(DoubtfulSample(sample_key(content), where(lesson.place), day, scored))
        return batch, reached

    def _extracts(self, starts: Positions) -> Iterator[Extract]:
        extractor = Extractor(self.rules, self.today)
        new = {file: start for file, start in starts.items() if start and not start.is_done}
        if self.rules.explain:
            for file, start in new.items():
                yield extractor.extract(Chunk(file, start.offset, None, start.number, start.mark))
            return
        chunks = [chunk for file, start in new.items() for chunk in _split(file, start)]
        sizes = {(chunk.file.name, chunk.start): chunk.size for chunk in chunks}
        done, total, kept = 0, sum(sizes.values()), set[bytes]()

        def count(read: Iterable[tuple[str, int]]) -> None:
            nonlocal done
            done += sum(sizes[chunk] for chunk in read)
            if self.watch:
                self.watch(ReadProgress(done, total, len(kept)))

        if self.engine:
            if chunks:
                yield from self.engine(
                    extractor.extract_trimmed, chunks, lambda chunk: count([(chunk.file.name, chunk.start)])
                )
            return
        jobs = max(min(self.jobs, len(chunks)), 1)
        # Newest first: then the extractor can omit older events.
        for extract in spread(extractor.extract_trimmed, reversed(chunks), jobs):
            yield extract
            if self.watch:
                kept.update(extract.lessons)
                count(extract.reached)

    def _admit(
        self, extract: Extract, events: Iterable[RecentEvent], whole: Batch, files: Mapping[str, SourceFile]
    ) -> list[FoundLesson]:
        """Add the admitted lessons and events to `whole`. Returns the samples that wait for review."""
        admitter = Admitter(
            self.intake,
            self.today,
            lessons=extract.lessons,
            events=events,
            decided=self.decided,
        )
        work = admitter.batches()
        jobs = max(min(self.jobs, len(work) // BATCHES_PER_PROCESS), 1)
        waiting: list[FoundLesson] = []
        left = set[bytes]()
        for batch in spread(admitter.admit, work, jobs):
            whole.join(batch)
            left.update(batch.refused, batch.held)
            for key, reason in batch.refused.items():
                extract.add_faults([LineFault(extract.lessons[key].place, reason)], 1)
            for key, reason in batch.held.items():
                found = extract.lessons[key]
                extract.skipped[reason] += found.times
                waiting += [found] if reason == WAITS else []
        places = (found.place.file for key, found in extract.lessons.items() if key not in left)
        whole.yields.update(files[place].source for place in places)
        return waiting

    def _redacted_start(self, start: bytes) -> str:
        """The redacted start of a broken line, without what the cut may have split."""
        text = start.decode("utf-8", "replace")
        whole = text if len(start) < START_BYTES else text[:-CUT_MARGIN]
        clean = self.intake.engine.sanitize(whole).value
        printable = "".join(char if char.isprintable() else " " for char in str(clean))
        return printable[:MAX_START_CHARACTERS].strip()


def _restart(file: SourceFile, start: ReadPosition | None) -> ReadPosition | None:
    """Where to start in a file: a session that grew is read from its start."""
    if start is None or start.is_done or not file.reads_whole:
        return start
    return start._replace(offset=0, number=1)


def _mistakes(starts: Positions, extract: Extract) -> Iterator[str]:
    """What is probably a mistake in profiles whose files were all read from the start."""
    profiles = {file.profile for file in starts if file.profile}
    resumed = {file.profile for file, start in starts.items() if start and (start.offset or start.is_done)}
    for profile in sorted(profiles - resumed, key=lambda profile: profile.name):
        for mistake in find_mistakes(profile, extract.uses):
            yield f"[sources.{profile.name}]: {mistake}"


def _split(file: SourceFile, start: ReadPosition) -> Iterator[Chunk]:
    """The chunks of a file; a file that is gone is one chunk, whose reader reports the fault."""
    try:
        for chunk in split_chunks(file, start.offset):
            yield chunk._replace(mark=start.mark)
    except OSError:
        yield Chunk(file, start.offset, None, mark=start.mark)


def _follow(starts: Positions, extract: Extract) -> tuple[dict[tuple[str, int], int], Positions]:
    """The number of the first line of each chunk, and how far each file was read without a gap."""
    numbers: dict[tuple[str, int], int] = {}
    reached: dict[SourceFile, ReadPosition | None] = dict(starts)
    for file, start in starts.items():
        if start is None:
            continue
        offset, number, is_whole = start.offset, start.number, True
        read = {at: found for (name, at), found in extract.reached.items() if name == file.name}
        for at, found in sorted(read.items()):
            numbers[file.name, at] = number
            number += found.lines
            if is_whole and at == offset:
                offset = found.end
                reached[file] = start._replace(offset=offset, number=number)
            is_whole = is_whole and found.is_whole
    return numbers, reached
