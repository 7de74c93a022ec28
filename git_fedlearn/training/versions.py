"""Versions of the fine-tuning set, each frozen in a file that one system alone writes and prunes.

A version is never rewritten: its name stands for its bytes.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from git_fedlearn.errors import UsageError
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.snapshot_files import held, point_latest, prune
from git_fedlearn.training.dataset import Sample
from git_fedlearn.training.samples import format_training_line

_VERSION: Final = re.compile(r"v(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})", re.ASCII)


class Version(NamedTuple):
    """A semantic version without pre-release or build."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"v{self.major}.{self.minor}.{self.patch}"


class Frozen(NamedTuple):
    """A version on disk: `is_new` unless the newest one already held the same samples."""

    version: Version
    path: Path
    is_new: bool
    pruned: tuple[Version, ...]


def version_folder(top: Path, system: str) -> Path:
    """Where a system keeps its versions; no other system writes there."""
    return top / "data" / "fine-tuning" / "snapshots" / system


def parse_version(text: str) -> Version:
    """Read `vX.Y.Z`. Raises UsageError."""
    match = _VERSION.fullmatch(text)
    if not match:
        raise UsageError(f"{text}: not a version", hint="write it as v1.2.3")
    return Version(*(int(part) for part in match.groups()))


def list_versions(folder: Path) -> list[Version]:
    """The versions in a folder that hold samples, oldest first."""
    names = [path.stem for path in held(folder.glob("v*.jsonl"))]
    return sorted(parse_version(name) for name in names if _VERSION.fullmatch(name))


def format_version(samples: Iterable[Sample]) -> bytes:
    """Training-ready lines in the order of the samples' ids, without anything that is not trained on."""
    ordered = sorted(samples, key=lambda sample: sample.id)
    return b"".join([format_training_line(sample.content) for sample in ordered])


def freeze(folder: Path, samples: Iterable[Sample], wanted: Version | None, keep: int) -> Frozen:
    """Write a version, by default the next minor one if anything changed, and keep only the newest `keep`.

    The caller holds the lock. Raises UsageError for a version that is not above the newest.
    """
    data = format_version(samples)
    known = list_versions(folder)
    newest = known[-1] if known else Version(0, 0, 0)
    unchanged = bool(known) and read_file(_path(folder, newest)) == data
    if unchanged and wanted in (None, newest):
        point_latest(_path(folder, newest))
        return Frozen(newest, _path(folder, newest), is_new=False, pruned=())
    version = wanted or Version(newest.major, newest.minor + 1, 0)
    if version <= newest:
        raise UsageError(
            f"{version}: not above the newest version {newest}, and a version is never rewritten",
            hint=f"git fedlearn dataset snapshot --version {newest._replace(patch=newest.patch + 1)}",
        )
    path = _path(folder, version)
    write_file(path, data)
    pruned = [*known, version][:-keep]
    prune([_path(folder, old) for old in (*known, version)], keep)
    point_latest(path)
    return Frozen(version, path, is_new=True, pruned=tuple(pruned))


def _path(folder: Path, version: Version) -> Path:
    return folder / f"{version}.jsonl"
