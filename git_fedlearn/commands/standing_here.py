"""The items of `status` about this clone itself: branch, records, what is not committed, pushed or pulled."""

from collections import Counter
from collections.abc import Iterator, Mapping

from git_fedlearn.commands.change_words import summarize
from git_fedlearn.commands.standing_item import Item
from git_fedlearn.commands.wording import count
from git_fedlearn.core.canonical import Json
from git_fedlearn.core.changes import Change, ChangeKind
from git_fedlearn.core.layout import SetName, find_set
from git_fedlearn.repository.commits import find_unfinished
from git_fedlearn.repository.counts import Count, count_commit
from git_fedlearn.repository.data_tree import open_objects
from git_fedlearn.repository.objects import Oid
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.set_changes import (
    SetChanges,
    all_changes,
    revision_changes,
    uncommitted_changes,
)
from git_fedlearn.repository.work_state import WorkState


def bare_items(repository: Repository) -> Iterator[Item]:
    """What there is to say of a repository without a work tree."""
    head = open_objects(repository).find_commit("HEAD")
    yield Item("branch", "a bare repository: others push here, nobody works here", facts={"bare": True})
    if head is None:
        yield Item("learned", "nothing yet: no branch has a commit", facts={"sets": {}})
    else:
        yield learned_item(count_commit(repository, head), "")


def branch_item(repository: Repository, state: WorkState) -> Item:
    """Where we are, and whether git is in the middle of something."""
    where = f"on {state.branch}" if state.branch else f"HEAD is detached at {(state.commit or '')[:12]}"
    if state.commit is None:
        where += ", no commit yet"
    unfinished = find_unfinished(repository)
    facts: dict[str, Json] = {
        "branch": state.branch,
        "commit": state.commit,
        "unfinished": unfinished,
        "conflicts": [*state.conflicts],
    }
    if unfinished:
        clash = f", {count(len(state.conflicts), 'data file')} in conflict" if state.conflicts else ""
        command = "git fedlearn resolve" if state.conflicts else "git status"
        return Item("branch", f"{where}, in the middle of {unfinished}{clash}", command, facts)
    return Item("branch", where, "" if state.branch else "git switch BRANCH", facts)


def learned_item(sets: Mapping[SetName, Count], command: str) -> Item:
    """What the record sets hold; `command` is what to do when that is nothing."""
    total = Count()
    for counted in sets.values():
        total.add(counted)
    held = {name: counted for name, counted in sorted(sets.items()) if counted.records or counted.retracted}
    retracted = f" and {count(total.retracted, 'retraction')}" if total.retracted else ""
    parts = ", ".join(f"{name} {counted.records}" for name, counted in held.items())
    text = f"{count(total.records, 'record')}{retracted}{f' ({parts})' if parts else ''}"
    listed: dict[str, Json] = {
        name: {"records": counted.records, "retracted": counted.retracted, "bytes": counted.bytes}
        for name, counted in sorted(sets.items())
    }
    return Item("learned", text, "" if held else command, {"sets": listed})


def uncommitted_item(repository: Repository, state: WorkState) -> Item:
    """What no commit holds yet."""
    changes = all_changes(uncommitted_changes(repository, state)) if state.changed else []
    files = sorted(path for path in state.changed if not find_set(path))
    sets = sorted(path for path in state.changed if find_set(path))
    parts = [summarize(changes)] * bool(changes)
    if sets and not changes:
        parts.append(f"{count(len(sets), 'file')} of record sets")
    parts += [f"{count(len(files), 'other data file')}"] * bool(files)
    command = "git add data && git commit" if parts else ""
    if state.commit is None and parts:
        command = "git add --all && git commit"
    facts: dict[str, Json] = {**_kinds(changes), "files": [*sorted(state.changed)]}
    return Item("uncommitted", ", ".join(parts) or "nothing", command, facts)


def upstream_items(repository: Repository, state: WorkState) -> Iterator[Item]:
    """What is not pushed, and what was fetched and is not merged."""
    if state.commit is None:
        return
    if state.upstream is None or not state.upstream_is_known:
        yield _no_upstream(repository, state)
        return
    facts: dict[str, Json] = {"upstream": state.upstream, "commits": state.ahead}
    ahead, behind = _between(repository, state) if state.ahead or state.behind else ([], [])
    text = f"nothing (up to date with {state.upstream})"
    if state.ahead:
        text = f"{count(state.ahead, 'commit')} for {state.upstream}{_in_words(ahead)}"
    command = "git push" if not state.behind else "git pull --no-rebase && git push"
    yield Item("unpushed", text, command if state.ahead else "", {**facts, **_kinds(ahead)})
    if state.behind:
        told = f"{count(state.behind, 'commit')} of {state.upstream}{_in_words(behind)}"
        facts = {"upstream": state.upstream, "commits": state.behind, **_kinds(behind)}
        yield Item("to pull", told, "git pull --no-rebase", facts)


def _no_upstream(repository: Repository, state: WorkState) -> Item:
    facts: dict[str, Json] = {"upstream": None, "commits": None}
    remotes = repository.git.text("remote").split()
    if state.branch is None:
        return Item("unpushed", "unknown: a detached HEAD has no upstream", facts=facts)
    if state.upstream:
        text = f"everything: {state.upstream} was never fetched, or is gone"
        return Item("unpushed", text, "git push -u " + state.upstream.replace("/", " HEAD:", 1), facts)
    if not remotes:
        return Item("unpushed", "everything: there is no remote yet", "git remote add origin URL", facts)
    named = "origin" if "origin" in remotes else remotes[0]
    return Item("unpushed", "everything: this branch has no upstream", f"git push -u {named} HEAD", facts)


def _between(repository: Repository, state: WorkState) -> tuple[list[Change], list[Change]]:
    """What HEAD has that the upstream lacks, and the other way round."""
    objects = open_objects(repository)
    upstream = objects.find_commit(state.upstream or "")
    if upstream is None:
        return [], []
    head = state.commit or Oid("")
    ours = [*_gained(revision_changes(objects, upstream, head))] if state.ahead else []
    return ours, [*_gained(revision_changes(objects, head, upstream))] if state.behind else []


def _gained(sets: SetChanges) -> Iterator[Change]:
    """What is only missing on the other side is not new on this one."""
    lesser = (ChangeKind.LOST, ChangeKind.LOWERED, ChangeKind.CHANGED)
    return (change for change in all_changes(sets) if change.kind not in lesser)


def _in_words(changes: list[Change]) -> str:
    return f": {summarize(changes)}" if changes else ""


def _kinds(changes: list[Change]) -> dict[str, Json]:
    counted = Counter(change.kind.value for change in changes)
    return {"changes": dict(sorted(counted.items()))}
