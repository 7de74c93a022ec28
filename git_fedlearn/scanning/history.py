"""Findings in history: in every version of every data file in a range of commits.

Versions of a record set share nearly all their lines, so each line is scanned once, in the oldest commit that
has it; if there are findings, a second read finds all blobs that contain them.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from xxhash import xxh3_128_digest

from git_fedlearn.core.layout import is_raw
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.repository.history import TreeVersion, history_versions
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.trees import CommittedTree, committed_tree
from git_fedlearn.scanning.files import Passage, expects_json, read_passages
from git_fedlearn.scanning.findings import FileFinding, scan_name, scan_passages, shown_path


class Range(NamedTuple):
    """The commits reachable from `tips` but not from `without`."""

    tips: list[Oid]
    without: list[Oid]


class Leaks(NamedTuple):
    """Where private data is in history: blobs to clean, paths to drop, and whether HEAD still has any."""

    blobs: list[Oid]
    paths: list[str]
    in_head: bool


class HistoryScan:
    """One scan of a range of commits; call `find_leaks` after `findings` has ended."""

    def __init__(
        self,
        objects: Objects,
        engine: PrivacyEngine,
        commits: Range,
        watch: Callable[[int, int], None] | None = None,
    ) -> None:
        """`watch` is called with the number of versions read so far, and of all."""
        self._watch = watch
        self._objects = objects
        self._engine = engine
        self._range = commits
        self._places: set[tuple[str, str, int]] = set()
        self._leaky_paths: dict[str, None] = {}
        self.raw: dict[str, None] = {}
        """Paths of raw telemetry, in order."""
        self.kinds: dict[str, Counter[str]] = {}
        """Findings by commit that added them, the oldest first."""
        self.versions = 0
        """Number of blobs read."""

    def findings(self) -> Iterator[FileFinding]:
        """Every finding, the oldest first; then those in the names of files."""
        named: list[FileFinding] = []
        for found in scan_passages(self._engine, self._new_passages(named)):
            self._places.add((found.commit, found.path, found.line))
            yield self._counted(found)
        for found in named:
            yield self._counted(found)

    def find_leaks(self) -> Leaks:
        """Everything that must be removed from history. Reads every version again."""
        digests = {
            xxh3_128_digest(passage.data)
            for version in self._versions()
            if any(version.commit == commit and version.path == path for commit, path, _ in self._places)
            for passage in self._passages(version)
            if self._is_found(passage)
        }
        blobs = [version.entry.oid for version in self._versions() if self._contains(version, digests)]
        head = self._objects.find_commit("HEAD")
        in_head = bool(head) and self._is_leaky(committed_tree(self._objects, Oid(head or "")), {*blobs})
        return Leaks(blobs, [*self._leaky_paths, *self.raw], in_head)

    def _counted(self, found: FileFinding) -> FileFinding:
        self.kinds.setdefault(found.commit, Counter())[found.finding.kind] += 1
        return found._replace(path=shown_path(self._engine, found.path))

    def _new_passages(self, named: list[FileFinding]) -> Iterator[Passage]:
        seen = {xxh3_128_digest(passage.data) for passage in self._old_passages()}
        names: dict[str, list[FileFinding]] = {}
        for version in history_versions(self._objects, *self._range):
            if version.entry.is_file and is_raw(version.path):
                self.raw[version.path] = None
            name = version.path.rsplit("/", 1)[-1]
            if name not in names:
                names[name] = scan_name(self._engine, name)
            if names[name] and version.path not in self._leaky_paths:
                self._leaky_paths[version.path] = None
                shown = shown_path(self._engine, version.path)
                named += [found._replace(path=shown, commit=version.commit) for found in names[name]]
        versions = list(self._versions())
        for version in versions:
            self.versions += 1
            if self._watch:
                self._watch(self.versions, len(versions))
            for passage in self._passages(version):
                digest = xxh3_128_digest(passage.data)
                if digest not in seen:
                    seen.add(digest)
                    yield passage

    def _old_passages(self) -> Iterator[Passage]:
        """The passages of the commits just outside the range."""
        for commit in self._range.without:
            for path, entry in committed_tree(self._objects, commit).entries.items():
                if entry.is_file:
                    yield from self._passages(TreeVersion(commit, path, entry))

    def _versions(self) -> Iterator[TreeVersion]:
        """Every blob once."""
        blobs: set[Oid] = set()
        for version in history_versions(self._objects, *self._range):
            if version.entry.is_file and version.entry.oid not in blobs:
                blobs.add(version.entry.oid)
                yield version

    def _passages(self, version: TreeVersion) -> Iterator[Passage]:
        lines = self._objects.read(version.entry.oid).split(b"\n")
        for passage in read_passages(version.path, lines, is_json=expects_json(version.path)):
            yield passage._replace(commit=version.commit)

    def _is_found(self, passage: Passage) -> bool:
        last = passage.number + passage.data.count(b"\n")
        return any(
            (passage.commit, passage.path, number) in self._places
            for number in range(passage.number, last + 1)
        )

    def _contains(self, version: TreeVersion, digests: set[bytes]) -> bool:
        return bool(digests) and any(
            xxh3_128_digest(passage.data) in digests for passage in self._passages(version)
        )

    def _is_leaky(self, tree: CommittedTree, blobs: set[Oid]) -> bool:
        return any(
            entry.oid in blobs
            or path in self.raw
            or any(path == leaky or path.startswith(f"{leaky}/") for leaky in self._leaky_paths)
            for path, entry in tree.entries.items()
        )
