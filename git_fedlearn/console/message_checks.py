"""Check what a push publishes beside data files: messages, notes, names of refs, settings, authors.

Only new commits are looked at, in batches, each once however many refs lead to it.
"""

from __future__ import annotations

from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from git_fedlearn.console.context import Context
from git_fedlearn.console.findings import report_found
from git_fedlearn.console.words import ALLOW_HINT, SHORT_ID, report_errors
from git_fedlearn.privacy import kinds
from git_fedlearn.repository.messages import NOTES, CommitText, read_messages
from git_fedlearn.repository.objects import Oid
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.settings import SETTINGS_FILE
from git_fedlearn.scanning.findings import scan_passages
from git_fedlearn.scanning.messages import (
    COMMIT_MESSAGE,
    commit_passages,
    note_passages,
    scan_messages,
    scan_ref,
    settings_passages,
    tag_passages,
)

if TYPE_CHECKING:
    from git_fedlearn.privacy.engine import LocalIdentity

_LOCAL_RULES: Final = ("local-host", "local-login")
_HINTS: Final = {
    COMMIT_MESSAGE: "git commit --amend    (an older commit: git rebase -i COMMIT^, then reword it)",
    "message of": "git tag -f -a TAG COMMIT    (writes the message again)",
    "note of": "git notes --ref=REF edit OBJECT && git update-ref REF $(git commit-tree -m Notes REF^{tree})",
    SETTINGS_FILE: f"edit {SETTINGS_FILE}; git commit -a --amend    (an older commit: git rebase -i COMMIT^)",
    "refs/": "git branch -m NEW    (a tag: git tag NEW OLD && git tag -d OLD)",
}
"""What to type, by the beginning of the place of a finding."""


class Update(NamedTuple):
    """A ref to update. `old` is None for a new ref, `new` for a deleted one or an object that is no commit.

    `target` names the object that the ref will point to.
    """

    ref: str
    old: Oid | None
    new: Oid | None
    target: str = ""

    @property
    def is_named_anew(self) -> bool:
        """Whether it makes a ref."""
        return self.old is None and self.ref.startswith("refs/") and bool(self.target.strip("0"))


class Outgoing:
    """What a push or a bundle publishes: updates of refs. `known` are commits that the other side has."""

    def __init__(self, repository: Repository, updates: list[Update], known: list[Oid]) -> None:
        self.objects = repository.objects
        self.updates = updates
        self.known = known
        self._repository = repository

    @cached_property
    def commits(self) -> list[Oid]:
        """The commits that no ref of the other side leads to, children first."""
        tips = [update.new for update in self.updates if update.new]
        old = [update.old for update in self.updates if update.old]
        return list(self.objects.walk(tips, without=[*self.known, *old])) if tips else []

    def of(self, update: Update) -> Outgoing:
        """What one of the updates would publish alone."""
        return self if self.updates == [update] else Outgoing(self._repository, [update], self.known)

    @cached_property
    def messages(self) -> list[CommitText]:
        """The messages and people of these commits."""
        return list(read_messages(self._repository.git, self.commits))


def check_messages(context: Context, outgoing: Outgoing) -> int:
    """Report private data that new commits, tags, notes and refs have beside files; 1 if there is any."""
    engine, git = context.privacy, context.repository.git
    objects, updates = outgoing.objects, outgoing.updates
    tags = {one.ref: one.target for one in updates if one.target.strip("0") and one.target != one.new}
    passages = chain(
        commit_passages(engine, outgoing.messages),
        tag_passages(engine, git, tags),
        *(
            note_passages(engine, objects, git, update.ref, (update.new, [update.old] if update.old else []))
            for update in updates
            if update.new and update.ref.startswith(NOTES)
        ),
    )
    found = [
        *scan_messages(engine, passages),
        *scan_passages(engine, settings_passages(objects, outgoing.commits)),
        *(item for update in updates if update.is_named_anew for item in scan_ref(engine, update.ref)),
    ]
    code = report_found(context, found)
    for place, hint in _HINTS.items():
        if any(item.path.startswith(place) for item in found):
            context.print_error(f"hint: {hint}")
    if found:
        context.print_error(ALLOW_HINT)
    return code


def check_authors(context: Context, outgoing: Outgoing) -> int:
    """Report new commits whose author or committer is private to this machine; 1 if there are any.

    That is an address that git made of its host name, and with `fedlearn.anonymous` the user of git config.
    """
    hidden = context.identity() if context.repository.is_anonymous else None
    refused = [
        (commit, why) for commit in outgoing.messages if (why := _why_private(context, commit, hidden))
    ]
    report_errors(context, [f"commit {commit.oid[:SHORT_ID]}: {why}" for commit, why in refused], "commits")
    if refused:
        exec_ = "--exec 'git commit --amend --no-edit --reset-author'"
        context.print_error(
            "hint: git config user.name NAME && git config user.email ADDRESS    (public ones)"
        )
        context.print_error(f"hint: git rebase {exec_} {refused[-1][0].oid[:SHORT_ID]}^")
    return 1 if refused else 0


def _why_private(context: Context, commit: CommitText, hidden: LocalIdentity | None) -> str:
    name, mail, committer, committer_mail = commit.people
    for address in (mail, committer_mail):
        found = context.privacy.scan(address)
        if any(item.rule in _LOCAL_RULES and item.kind != kinds.USER_NAME for item in found):
            return "an address of its author or committer contains the name of this machine"
    if hidden and (
        {mail, committer_mail}.intersection(hidden.emails)
        or (hidden.full_name and hidden.full_name in (name, committer))
    ):
        return "names the user of this machine, and fedlearn.anonymous is set"
    return ""
