"""Private data in messages of commits and tags, in notes, and in names of branches and tags.

People who are credited in a trailer (`Signed-off-by: NAME <ADDRESS>`) are public, as git's own authors are.
Invisible characters are not reported: no agent learns from messages.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from git_fedlearn.core.patterns import lazy_pattern
from git_fedlearn.privacy import kinds
from git_fedlearn.repository.git import Git
from git_fedlearn.repository.messages import CommitText, find_note_blobs, read_tags
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.settings import SETTINGS_FILE
from git_fedlearn.scanning.files import Passage
from git_fedlearn.scanning.findings import FileFinding, scan_name, scan_passages, shown_path

if TYPE_CHECKING:
    from git_fedlearn.privacy.engine import PrivacyEngine

PEOPLE: Final = frozenset((kinds.EMAIL_ADDRESS, kinds.PERSON_NAME, kinds.USER_NAME))
"""Kinds that are public where git names people."""
COMMIT_MESSAGE: Final = "commit message"
"""Stands for the path in findings."""

_PERSON: Final = r"(?:[^<>@,]*<[^<>\s]+>|[^\s<>@,]+@[^\s<>,]+)"
_CREDIT: Final = lazy_pattern(
    rf"\s*(?:[*>-] )?(?:(?:[a-z]+-)+(?:by|to)|to|b?cc|from|author|commit|committer|tagger): *"
    rf"{_PERSON}(?:, *{_PERSON})*,? *(?:[(\[#].*)?\r?"
    r"|(?:\S )?gpg: .*",
    re.IGNORECASE,
)
"""A trailer, or a line that git wrote, about people: git-interpret-trailers(1), git-merge(1) `--squash`."""
_SCISSORS: Final = lazy_pattern(r"^\S{1,8} -{24} >8 -{24}\r?$", re.MULTILINE)
_SIGNATURE: Final = lazy_pattern(
    r"^-----BEGIN (?:PGP|SSH) SIGNATURE-----$|^-----BEGIN SIGNED MESSAGE", re.MULTILINE
)


_SHORT_OID: Final = 12
_SHOWN_PREFIXES: Final = ("refs/heads/", "refs/tags/", "refs/notes/")


class RedactedMessage(NamedTuple):
    """A message without private data, and what was redacted."""

    text: str
    kinds: Counter[str]


def is_credit(engine: PrivacyEngine, line: str) -> bool:
    """Whether a line credits people, and contains nothing private apart from them."""
    if not _CREDIT.fullmatch(line):
        return False
    return all(finding.kind in PEOPLE for finding in engine.scan(line))


def message_passage(engine: PrivacyEngine, text: str, *, path: str, commit: str = "") -> Passage:
    """A message to scan. Lines that are public are empty, so that the others keep their numbers."""
    signature = _SIGNATURE.search(text)
    lines = text[: signature.start() if signature else None].split("\n")
    checked = "\n".join("" if is_credit(engine, line) else line for line in lines)
    return Passage(path, 1, checked.encode("utf-8", "replace"), is_json=False, commit=commit)


def commit_passages(engine: PrivacyEngine, commits: Iterable[CommitText]) -> Iterator[Passage]:
    """The messages of commits, to scan."""
    for commit in commits:
        yield message_passage(engine, commit.message, path=COMMIT_MESSAGE, commit=commit.oid)


def tag_passages(engine: PrivacyEngine, git: Git, tags: Mapping[str, str]) -> Iterator[Passage]:
    """The messages of annotated tags, given by the names of their refs."""
    refs = {oid: ref for ref, oid in tags.items()}
    for tag in read_tags(git, refs):
        yield message_passage(engine, tag.message, path=f"message of {shown_ref(engine, refs[tag.oid])}")


def note_passages(
    engine: PrivacyEngine, objects: Objects, git: Git, ref: str, commits: tuple[Oid, list[Oid]]
) -> Iterator[Passage]:
    """The notes that a tip of a notes ref has, and the commits in a list lack."""
    for note in find_note_blobs(git, *commits):
        text = objects.read(note.oid).decode("utf-8", "replace")
        path = f"note of {note.about[:_SHORT_OID]} in {shown_ref(engine, ref)}"
        yield message_passage(engine, text, path=path)


def shown_ref(engine: PrivacyEngine, ref: str) -> str:
    """The name of a ref without what is private in it."""
    return shown_path(engine, ref)


def settings_passages(objects: Objects, commits: Iterable[Oid]) -> Iterator[Passage]:
    """The lines of the settings that a commit has and no parent has."""
    for commit in commits:
        blobs = objects.blobs_at(commit, [SETTINGS_FILE])
        before = [objects.blobs_at(parent, [SETTINGS_FILE]) for parent in objects.parents(commit)]
        if not blobs or blobs in before:
            continue
        old = {line for oids in before for oid in oids for line in objects.read(oid).split(b"\n")}
        for number, line in enumerate(objects.read(blobs[0]).split(b"\n"), 1):
            if line and line not in old:
                yield Passage(SETTINGS_FILE, number, line, is_json=False, commit=commit)


def scan_ref(engine: PrivacyEngine, ref: str) -> list[FileFinding]:
    """Findings in the name of a branch, tag or notes ref; names of people are common and public there."""
    prefix = next((prefix for prefix in _SHOWN_PREFIXES if ref.startswith(prefix)), "")
    return [
        item._replace(
            path=shown_ref(engine, ref),
            finding=item.finding._replace(rule=item.finding.rule.replace("file-name:", "ref-name:")),
        )
        for item in scan_name(engine, ref.removeprefix(prefix))
        if item.finding.kind not in (kinds.PERSON_NAME, kinds.USER_NAME)
    ]


def scan_messages(engine: PrivacyEngine, passages: Iterable[Passage]) -> Iterator[FileFinding]:
    """Every finding in messages."""
    found = scan_passages(engine, passages)
    return (item for item in found if item.finding.kind != kinds.INVISIBLE_TEXT)


def before_scissors(text: str) -> str:
    """A draft without the diff that `git commit --verbose` appends to it."""
    scissors = _SCISSORS.search(text)
    return text[: scissors.start()] if scissors else text


class DraftMessage:
    """A message that git is about to commit, without what git will remove from it."""

    def __init__(self, text: str, comment: str = "") -> None:
        """`comment` begins the lines that git removes; empty if it keeps all lines."""
        draft = before_scissors(text) if comment else text
        self._lines = draft.split("\n")
        self._rest = text[len(draft) :]
        self._comment = comment

    def scan(self, engine: PrivacyEngine) -> list[FileFinding]:
        """Every finding, with its line in the draft."""
        kept = "\n".join("" if self._is_comment(line) else line for line in self._lines)
        return list(scan_messages(engine, [message_passage(engine, kept, path=COMMIT_MESSAGE)]))

    def redact(self, engine: PrivacyEngine) -> RedactedMessage:
        """The draft without private data."""
        blocks: list[list[str]] = [[]]
        public: list[str] = []
        for line in self._lines:
            if self._is_comment(line) or is_credit(engine, line):
                public.append(line)
                blocks.append([])
            else:
                blocks[-1].append(line)
        texts = ["\n".join(block) for block in blocks]
        sanitized = engine.sanitize([*texts])
        new = sanitized.value if isinstance(sanitized.value, list) else texts
        merged: list[str] = []
        for number, (block, text) in enumerate(zip(blocks, new, strict=True)):
            merged += [str(text)] if block else []
            merged += public[number : number + 1]
        found = (finding.kind for finding in sanitized.findings)
        counted = Counter(kind for kind in found if kind != kinds.INVISIBLE_TEXT)
        return RedactedMessage("\n".join(merged) + self._rest, counted)

    def _is_comment(self, line: str) -> bool:
        return bool(self._comment) and line.startswith(self._comment)
