"""Which model was trained on which lessons: a file beside the frozen versions of each system.

Only its system writes it. A line has the name of a model, what it was trained on, the day, and the ids of
the lessons, never their text. So it still names the models that saw a lesson when the lesson is retracted and
its text is out of all versions.
"""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import Json, JsonObject, format_value, parse_object
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import FINE_TUNING, MODELS_FILE, SetName
from git_fedlearn.core.merge import join_training_lines
from git_fedlearn.core.record import printable
from git_fedlearn.core.record_set import split_lines
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.names import SystemNames
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.trees import matching_files
from git_fedlearn.training.dataset import (
    DatasetVersion,
    Sample,
    list_versions,
    read_dataset,
    version_folder,
    version_path,
)
from git_fedlearn.training.own_files import remember_own_files
from git_fedlearn.training.samples import format_training_line
from git_fedlearn.training.selection import LESSON_SETS, samples_of_lessons, select_samples

MAX_MODEL_NAME: Final = 200
"""Characters."""


class TrainedModel(NamedTuple):
    """A model that a system trained; `data` is a version of its fine-tuning set, or names of sets."""

    name: str
    data: str
    at: str
    system: str
    ids: frozenset[str]


class VersionLessons(NamedTuple):
    """The lessons that a frozen version has samples of, and the number of samples of unknown lessons."""

    ids: frozenset[RecordId]
    unknown: int


def read_models(repository: Repository) -> list[TrainedModel]:
    """The models of all systems, by name, data and day. Invalid lines are skipped: `verify` reports them."""
    found = []
    for path, data in matching_files(repository, f"data/fine-tuning/snapshots/*/{MODELS_FILE}"):
        found += [model for line in split_lines(data) if (model := _parse(line, path.parent.name))]
    return sorted(found, key=lambda one: (one.name, one.data, one.at, one.system))


def find_models(repository: Repository, ids: Collection[str]) -> list[TrainedModel]:
    """The models that saw any of these lessons."""
    return [model for model in read_models(repository) if not model.ids.isdisjoint(ids)]


def record_model(repository: Repository, model: TrainedModel) -> bool:
    """Write down what a model was trained on; returns whether that is new. The caller holds the lock."""
    path = version_folder(repository.top, repository.system()) / MODELS_FILE
    known = read_file(path)
    same = (one for line in split_lines(known) if (one := _parse(line, model.system)))
    if any(one._replace(at=model.at) == model for one in same):
        return False
    write_file(path, join_training_lines(known, _format(model)))
    remember_own_files(repository, [path])
    return True


def lessons_of_version(repository: Repository, version: DatasetVersion) -> VersionLessons:
    """The lessons whose samples are in a version of this system, also those that samples are made of.

    Raises FedlearnError if this system has no such version, or emptied it.
    """
    folder = version_folder(repository.top, repository.system())
    known = list_versions(folder)
    if version not in known:
        hint = f"one of {', '.join(map(str, known))}" if known else "git fedlearn dataset snapshot"
        raise FedlearnError(f"{version}: this system has no such version", hint=hint)
    ids: dict[bytes, set[RecordId]] = {}
    made = samples_of_lessons(repository, LESSON_SETS).samples
    for sample in (*read_dataset(repository.sets).samples, *made):
        ids.setdefault(format_training_line(sample.content).rstrip(), set()).add(sample.id)
    lines = split_lines(read_file(version_path(folder, version)))
    found = [ids.get(line, set()) for line in lines]
    return VersionLessons(frozenset().union(*found), sum(not one for one in found))


def lessons_of_export(repository: Repository, names: Iterable[SetName]) -> frozenset[RecordId]:
    """The lessons whose samples an export of these sets has now."""
    names = list(names)
    own: tuple[Sample, ...] = read_dataset(repository.sets).samples if FINE_TUNING in names else ()
    made = samples_of_lessons(repository, [name for name in names if name != FINE_TUNING]).samples
    return frozenset(sample.id for sample in select_samples([*own, *made]).samples)


def describe_model(model: TrainedModel, names: SystemNames) -> str:
    """`qwen-lessons (v1.2.0, 2026-05-28, this system)`."""
    facts = (printable(model.data), printable(model.at), names.show(model.system))
    return f"{printable(model.name)} ({', '.join(facts)})"


def model_to_json(model: TrainedModel) -> JsonObject:
    """A model for programs, without the ids."""
    return {"model": model.name, "data": model.data, "at": model.at, "system": model.system}


def new_model(repository: Repository, name: str, data: str, today: date, ids: Iterable[str]) -> TrainedModel:
    """A model that this system trained today."""
    return TrainedModel(name, data, today.isoformat(), repository.system(), frozenset(ids))


def _format(model: TrainedModel) -> bytes:
    ids: list[Json] = [*sorted(model.ids)]
    return format_value({"model": model.name, "data": model.data, "at": model.at, "ids": ids}) + b"\n"


def _parse(line: bytes, system: str) -> TrainedModel | None:
    match parse_object(line):
        case {"model": str(name), "data": str(data), "at": str(at), "ids": list(ids)}:
            return TrainedModel(name, data, at, system, frozenset(one for one in ids if isinstance(one, str)))
    return None
