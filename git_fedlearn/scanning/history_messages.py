"""Findings in history outside data files: in messages, notes, settings, and names of branches and tags."""

from collections import Counter
from collections.abc import Iterator

from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.repository.messages import NOTES, read_messages, tagged
from git_fedlearn.repository.objects import Oid
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.settings import SETTINGS_FILE
from git_fedlearn.scanning.findings import FileFinding, scan_passages
from git_fedlearn.scanning.history import Range
from git_fedlearn.scanning.messages import (
    commit_passages,
    note_passages,
    scan_messages,
    scan_ref,
    settings_passages,
    tag_passages,
)


class HistoryMessages:
    """One scan; the attributes are complete when `findings` has ended."""

    def __init__(
        self, repository: Repository, engine: PrivacyEngine, commits: Range, *, has_refs: bool
    ) -> None:
        """With `has_refs`, the tags, notes and names of all refs are scanned, too."""
        self._repository = repository
        self._engine = engine
        self._range = commits
        self._has_refs = has_refs
        self.kinds: dict[str, Counter[str]] = {}
        """Findings by commit."""
        self.number = 0
        """Number of commits read."""
        self.commits: dict[Oid, None] = {}
        """Commits whose messages contain private data."""
        self.places: dict[str, None] = {}
        """Tags, notes and refs with private data, as they are reported."""
        self.settings: dict[Oid, None] = {}
        """Blobs of settings with private data."""

    def findings(self) -> Iterator[FileFinding]:
        """Every finding."""
        engine, objects, git = self._engine, self._repository.objects, self._repository.git
        commits = list(objects.walk(self._range.tips, without=self._range.without))
        self.number = len(commits)
        for found in scan_messages(engine, commit_passages(engine, read_messages(git, commits))):
            self.commits[Oid(found.commit)] = None
            yield self._counted(found)
        for found in scan_passages(engine, settings_passages(objects, commits)):
            self.settings.update(dict.fromkeys(objects.blobs_at(Oid(found.commit), [SETTINGS_FILE])))
            yield self._counted(found)
        for found in self._in_refs() if self._has_refs else ():
            self.places[found.path] = None
            yield found

    def _counted(self, found: FileFinding) -> FileFinding:
        self.kinds.setdefault(found.commit, Counter())[found.finding.kind] += 1
        return found

    def _in_refs(self) -> Iterator[FileFinding]:
        engine, objects, git = self._engine, self._repository.objects, self._repository.git
        yield from scan_messages(engine, tag_passages(engine, git, tagged(git)))
        for ref, tip in git.refs(NOTES).items():
            yield from scan_messages(engine, note_passages(engine, objects, git, ref, (Oid(tip), [])))
        for ref in git.refs("refs/heads/", "refs/tags/"):
            yield from scan_ref(engine, ref)
