"""The fine-tuning set as a trainer sees it: samples ordered by id, and versions. See docs/dataset.md.

A version is a frozen copy in a file that only one system writes and prunes. It is never rewritten, so its
name identifies its bytes, except that retracted samples are taken out (see own_files.py).
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from xxhash import xxh3_64_intdigest

from git_fedlearn.core.canonical import Json, JsonObject, format_value, iter_strings, objects_in
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import FINE_TUNING
from git_fedlearn.core.record import Record, score_of, seen_by
from git_fedlearn.errors import UsageError
from git_fedlearn.repository.files import held, point_latest, prune, read_file, write_file
from git_fedlearn.repository.record_sets import RecordSets
from git_fedlearn.training.samples import (
    TRAINING_FIELDS,
    Malformed,
    explicit_pair,
    format_training_line,
    is_pair,
    is_undesired,
    parse_sample,
)
from git_fedlearn.training.worth import NOT_FOR_TRAINING, is_labeled_out

BYTES_PER_TOKEN: Final = 4
LENGTHS: Final = (128, 256, 512, 1024, 2048, 4096, 8192, 16384)
"""Upper bounds of the bars in the length histogram, in estimated tokens; one more bar has none."""

_SPLIT_UNITS: Final = 2**32
_VERSION: Final = re.compile(r"v(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})", re.ASCII)


class Sample(NamedTuple):
    """A usable sample. `score` is the claimed score, None if it has none."""

    id: RecordId
    score: float | None
    systems: tuple[str, ...]
    content: JsonObject


class Dataset(NamedTuple):
    """The usable samples of a set, sorted by id, and (id, reason) of the unusable records."""

    samples: tuple[Sample, ...]
    malformed: tuple[tuple[RecordId, str], ...]


@dataclass(slots=True)
class Stats:
    """The figures of `dataset stats`; docs/dataset.md defines them."""

    samples: int = 0
    malformed: int = 0
    retracted: int = 0
    forms: Counter[str] = field(default_factory=Counter)
    roles: Counter[str] = field(default_factory=Counter)
    systems: Counter[str] = field(default_factory=Counter)
    lengths: list[int] = field(default_factory=lambda: [0] * (len(LENGTHS) + 1))
    tokens: int = 0
    longest: int = 0
    bytes: int = 0
    same_text: int = 0
    same_question: int = 0
    unscored: int = 0


def read_dataset(sets: RecordSets) -> Dataset:
    """The living records of the fine-tuning set."""
    samples: list[Sample] = []
    malformed: list[tuple[RecordId, str]] = []
    for record in sets.read(FINE_TUNING):
        if record.is_tombstone:
            continue
        content = (
            Malformed(NOT_FOR_TRAINING) if is_labeled_out(record.fields) else parse_sample(record.fields)
        )
        if isinstance(content, Malformed):
            malformed.append((record.id, content.reason))
        else:
            samples.append(_sample(record, content))
    return Dataset(tuple(samples), tuple(malformed))


def at_least(samples: Iterable[Sample], score: float) -> tuple[Sample, ...]:
    """The samples with a claimed score of at least `score`."""
    return tuple(sample for sample in samples if sample.score is not None and sample.score >= score)


def is_for_training(identifier: RecordId, share: float) -> bool:
    """Whether a sample is on the training side of a split.

    This depends on its id only, so a sample never changes sides when others are added. A larger share only
    moves samples to the training side.
    """
    return xxh3_64_intdigest(identifier.encode()) % _SPLIT_UNITS < share * _SPLIT_UNITS


def count_tokens(content: JsonObject) -> int:
    """An estimate without a tokenizer: the UTF-8 bytes of the training texts, divided by BYTES_PER_TOKEN."""
    return -(-sum(len(text.encode("utf-8", "replace")) for text in _texts(content)) // BYTES_PER_TOKEN)


def measure(sets: RecordSets) -> Stats:
    """The figures of the fine-tuning set."""
    dataset = read_dataset(sets)
    stats = Stats(samples=len(dataset.samples), malformed=len(dataset.malformed))
    stats.retracted = sum(record.is_tombstone for record in sets.read(FINE_TUNING))
    for sample in dataset.samples:
        _count(sample, stats)
    stats.same_text = _count_repeats(
        _normalized(trained_fields(sample.content)) for sample in dataset.samples
    )
    stats.same_question = _count_repeats(
        _normalized(question_of(sample.content)) for sample in dataset.samples
    )
    return stats


def question_of(content: JsonObject) -> Json:
    """The messages before the last one of the assistant, or the prompt."""
    messages = content.get("messages")
    if is_pair(content):
        return explicit_pair(content)["prompt"]
    if not isinstance(messages, list):
        return content.get("prompt")
    last = max(number for number, message in enumerate(messages) if _role(message) == "assistant")
    return messages[:last]


def _sample(record: Record, content: JsonObject) -> Sample:
    score = score_of(content if "value_score" in content else record.fields)
    return Sample(record.id, score if score >= 0 else None, tuple(seen_by(record.fields)), content)


def _count(sample: Sample, stats: Stats) -> None:
    messages = sample.content.get("messages")
    form = "completion" if messages is None else "chat"
    form = "preference" if is_pair(sample.content) else "undesired" if is_undesired(sample.content) else form
    stats.forms[form] += 1
    stats.roles.update(map(_role, objects_in(messages)))
    stats.systems.update(sample.systems)
    tokens = count_tokens(sample.content)
    stats.tokens += tokens
    stats.longest = max(stats.longest, tokens)
    stats.lengths[next((bar for bar, most in enumerate(LENGTHS) if tokens < most), len(LENGTHS))] += 1
    stats.bytes += len(format_value(trained_fields(sample.content))) + 1
    stats.unscored += sample.score is None


def _role(message: Json) -> str:
    return str(message.get("role")) if isinstance(message, dict) else ""


def trained_fields(content: JsonObject) -> JsonObject:
    """The fields that a model is trained on."""
    return {name: content[name] for name in TRAINING_FIELDS if name in content}


def _texts(content: JsonObject) -> Iterator[str]:
    """All strings that a model is trained on, without roles and field names."""
    for message in objects_in(content.get("messages")):
        yield from iter_strings({name: value for name, value in message.items() if name != "role"})
    yield from iter_strings(
        {name: value for name, value in trained_fields(content).items() if name != "messages"}
    )


def _normalized(value: Json) -> str:
    """The strings of a value, case-folded, with normalized white space."""
    return " ".join(" ".join(iter_strings(value)).casefold().split())


def _count_repeats(texts: Iterable[str]) -> int:
    """The number of texts that repeat an earlier one."""
    counted = Counter(texts)
    return counted.total() - len(counted)


class DatasetVersion(NamedTuple):
    """A semantic version without pre-release or build."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"v{self.major}.{self.minor}.{self.patch}"


class Frozen(NamedTuple):
    """A version on disk; `is_new` is false if the newest one already had the same samples."""

    version: DatasetVersion
    path: Path
    is_new: bool
    pruned: tuple[DatasetVersion, ...]


def version_folder(top: Path, system: str) -> Path:
    """The folder of a system's versions; no other system writes there."""
    return top / "data" / "fine-tuning" / "snapshots" / system


def parse_version(text: str) -> DatasetVersion:
    """Parse `vX.Y.Z`. Raises UsageError."""
    match = _VERSION.fullmatch(text)
    if not match:
        raise UsageError(f"{text}: not a version", hint="write it as v1.2.3")
    return DatasetVersion(*(int(part) for part in match.groups()))


def list_versions(folder: Path) -> list[DatasetVersion]:
    """The versions in a folder that are not empty, oldest first."""
    names = [path.stem for path in held(folder.glob("v*.jsonl"))]
    return sorted(parse_version(name) for name in names if _VERSION.fullmatch(name))


def format_version(samples: Iterable[Sample]) -> bytes:
    """Training-ready lines, ordered by the ids of the samples, with training fields only; no pairs.

    Neither are samples whose answer a model should not give.
    """
    plain = (one for one in samples if not is_pair(one.content) and not is_undesired(one.content))
    ordered = sorted(plain, key=lambda sample: sample.id)
    return b"".join([format_training_line(sample.content) for sample in ordered])


def freeze(folder: Path, samples: Iterable[Sample], requested: DatasetVersion | None, keep: int) -> Frozen:
    """Write a version, by default the next minor one if samples changed, and keep the newest `keep`.

    The caller holds the lock. Raises UsageError for a version that is not higher than the newest.
    """
    data = format_version(samples)
    known = list_versions(folder)
    newest = known[-1] if known else DatasetVersion(0, 0, 0)
    unchanged = bool(known) and read_file(version_path(folder, newest)) == data
    if unchanged and requested in (None, newest):
        point_latest(version_path(folder, newest))
        return Frozen(newest, version_path(folder, newest), is_new=False, pruned=())
    version = requested or DatasetVersion(newest.major, newest.minor + 1, 0)
    if version <= newest:
        raise UsageError(
            f"{version}: not higher than the newest version {newest}; versions are never rewritten",
            hint=f"git fedlearn dataset snapshot --version {newest._replace(patch=newest.patch + 1)}",
        )
    path = version_path(folder, version)
    write_file(path, data)
    pruned = [*known, version][:-keep]
    prune([version_path(folder, old) for old in (*known, version)], keep)
    point_latest(path)
    return Frozen(version, path, is_new=True, pruned=tuple(pruned))


def version_path(folder: Path, version: DatasetVersion) -> Path:
    """The file of a version."""
    return folder / f"{version}.jsonl"
