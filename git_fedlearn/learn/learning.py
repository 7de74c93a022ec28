"""One run over sources: stretches are extracted, extracts joined, what they hold is admitted."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import parse_value
from git_fedlearn.learn.admission import Admitter, Portion, portions
from git_fedlearn.learn.batch import Batch, Fault
from git_fedlearn.learn.checkpoints import Checkpoints, Start, find_start
from git_fedlearn.learn.extraction import Extract, Found, FoundFault, Place, Rules
from git_fedlearn.learn.extractor import Extractor
from git_fedlearn.learn.intake import Intake
from git_fedlearn.learn.judging import SCORE
from git_fedlearn.learn.lines import START as KEPT
from git_fedlearn.learn.review import WAITS, sample_key
from git_fedlearn.learn.sources import SourceFile, Sources
from git_fedlearn.learn.stretches import Stretch, cut
from git_fedlearn.repository.inbox import DoubtfulSample
from git_fedlearn.repository.workers import spread

MOST: Final = 20_000
"""Distinct lessons held at a time; then they are sanitized and handed over, and it starts over."""

WORTH_A_PROCESS: Final = 2
"""Portions for which starting a process pays."""

SHOWN: Final = 80
"""Characters shown of a broken line."""

MARGIN: Final = 200
"""Characters at the end of a line's kept start that may be the first half of something private."""


class Progress(NamedTuple):
    """Bytes read of all there are to read, and distinct lessons found in them."""

    done: int
    total: int
    kept: int


Watch = Callable[[Progress], None]

Engine = Callable[[Callable[[Stretch], Extract], Sequence[Stretch]], Iterator[Extract]]
"""Gives, of a function and all stretches, extracts that together are those of the stretches."""

Starts = Mapping[SourceFile, Start | None]
"""Where each file is read from, or was read to; None for a file that is gone."""


@dataclass(frozen=True, slots=True)
class Learning:
    """How to learn: by which rules, through which door, with how many processes."""

    rules: Rules
    intake: Intake
    today: date
    jobs: int = 1
    engine: Engine | None = None
    """Extracts somewhere else; None for this machine."""
    watch: Watch | None = None
    decided: Mapping[str, str] = field(default_factory=dict)
    """Decisions on samples, by their keys."""

    def learn(self, sources: Sources, checkpoints: Checkpoints) -> tuple[Batch, Starts]:
        """Read what is new in the sources; what was learned, and how far each file was read."""
        starts = {file: _find_start(file, checkpoints) for file in sources.files}
        batch = Batch()
        extract = Extract(self.rules.snapshot)
        held: list[Found] = []
        for found in self._extracts(starts):
            extract.join(found)
            if len(extract.lessons) >= MOST:
                held += self._admit(extract, portions(extract.lessons, (), {}), batch)
                extract.lessons.clear()
        files = {file.name: file for file in starts}
        held += self._admit(extract, portions(extract.lessons, extract.newest(), files), batch)
        batch.read, batch.skipped = extract.read, extract.skipped
        numbers, reached = _follow(starts, extract)
        batch.faults = [Fault(str(fault.path), fault.reason, fault.hint) for fault in sources.faults]
        batch.unreadable = len(batch.faults) + extract.unreadable
        batch.faults += [self._fault(fault, files, numbers) for fault in sorted(extract.faults)]
        batch.waiting = [self._waiting(found, _where(found.place, files, numbers)) for found in held]
        return batch, reached

    def _extracts(self, starts: Starts) -> Iterator[Extract]:
        extractor = Extractor(self.rules, self.today)
        if self.rules.explain:
            for file, start in starts.items():
                if start and not start.is_done:
                    yield extractor.extract(Stretch(file, start.offset, None), start.number)
            return
        stretches = [*_cut_all(starts)]
        if self.engine:
            yield from self.engine(extractor.extract_trimmed, stretches) if stretches else ()
            return
        jobs = min(self.jobs, len(stretches))
        total = sum(_size(stretch) for stretch in stretches)
        done, kept = 0, set[bytes]()
        # From the end: an extractor that has met newer events leaves out older ones.
        for stretch, extract in spread(_Numbered(extractor), reversed(stretches), max(jobs, 1)):
            yield extract
            if self.watch:
                done += _size(stretch)
                kept.update(extract.lessons)
                self.watch(Progress(done, total, len(kept)))

    def _admit(self, extract: Extract, work: Iterator[Portion], batch: Batch) -> list[Found]:
        """Sanitize portions and hand them over; the order in which they are done makes no difference.

        Returns what has to wait for a person.
        """
        waiting = [*work]
        admitter = Admitter(self.intake, self.today, self.decided, waiting)
        held: list[Found] = []
        jobs = min(self.jobs, len(waiting) // WORTH_A_PROCESS)
        for portion in spread(admitter.admit, range(len(waiting)), max(jobs, 1)):
            batch.events += portion.events
            for lesson in portion.lessons:
                found = extract.lessons[lesson.mark]
                if lesson.fault:
                    extract.add_faults([FoundFault(found.place, lesson.fault)], 1)
                    continue
                if lesson.hold:
                    extract.skipped[lesson.hold] += found.times
                    held += [found] if lesson.hold == WAITS else []
                    continue
                batch.lessons.setdefault(found.set_name, []).append(lesson.line)
                batch.counts[found.set_name] += found.times
                for kind, number in lesson.redacted.items():
                    batch.redacted[kind] += number * found.times
        return held

    def _waiting(self, found: Found, place: str) -> DoubtfulSample:
        content = parse_value(found.content)
        if not isinstance(content, dict):
            raise TypeError("not an object")
        scored = content if found.score is None else {**content, SCORE: found.score}
        return DoubtfulSample(sample_key(content), place, self.today.isoformat(), scored)

    def _fault(
        self, fault: FoundFault, files: Mapping[str, SourceFile], numbers: Mapping[tuple[str, int], int]
    ) -> Fault:
        return Fault(_where(fault.place, files, numbers), fault.reason, fault.hint, self._shown(fault.start))

    def _shown(self, start: bytes) -> str:
        """How a broken line begins, redacted: what a cut may have split is left out first."""
        text = start.decode("utf-8", "replace")
        whole = text if len(start) < KEPT else text[:-MARGIN]
        clean = self.intake.engine.sanitize(whole).value
        printable = "".join(char if char.isprintable() else " " for char in str(clean))
        return printable[:SHOWN].strip()


def _where(place: Place, files: Mapping[str, SourceFile], numbers: Mapping[tuple[str, int], int]) -> str:
    where = str(files[place.file].path)
    return where if place.line < 0 else f"{where}:{numbers[place.file, place.stretch] + place.line}"


class _Numbered:
    """Says beside each extract what it is of."""

    def __init__(self, extractor: Extractor) -> None:
        self._extractor = extractor

    def __call__(self, stretch: Stretch) -> tuple[Stretch, Extract]:
        return stretch, self._extractor.extract_trimmed(stretch)


def _find_start(file: SourceFile, checkpoints: Checkpoints) -> Start | None:
    try:
        return find_start(file, checkpoints)
    except OSError:
        return None


def _cut_all(starts: Starts) -> Iterator[Stretch]:
    for file, start in starts.items():
        if start and not start.is_done:
            try:
                yield from cut(file, start.offset)
            except OSError:
                yield Stretch(file, start.offset, None)


def _size(stretch: Stretch) -> int:
    """Bytes; 0 for compressed data, of which nobody knows how much there is."""
    return stretch.stop - stretch.start if stretch.stop else 0


def _follow(starts: Starts, extract: Extract) -> tuple[dict[tuple[str, int], int], Starts]:
    """The numbers of the first lines of stretches, and how far each file was read without a gap."""
    numbers: dict[tuple[str, int], int] = {}
    reached: dict[SourceFile, Start | None] = dict(starts)
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
