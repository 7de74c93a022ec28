"""The items of `status` about this clone itself: branch, records, what is not committed, pushed or pulled."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from git_fedlearn.commands.standing.item import Item
from git_fedlearn.console.change_words import summarize
from git_fedlearn.console.wording import count
from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.changes import Change, ChangeKind
from git_fedlearn.core.layout import SetName, find_set
from git_fedlearn.repository.commits import find_unfinished
from git_fedlearn.repository.objects import Oid
from git_fedlearn.repository.repository import SYSTEM_KEY, Repository
from git_fedlearn.repository.set_changes import all_changes, revision_changes, uncommitted_changes
from git_fedlearn.repository.setup.drivers import DRIVER_KEY
from git_fedlearn.repository.state import facts_of
from git_fedlearn.repository.work_state import WorkState
from git_fedlearn.statistics.counts import Count, count_commit


def bare_items(repository: Repository) -> Iterator[Item]:
    """What there is to say of a repository without a work tree."""
    head = repository.objects.find_commit("HEAD")
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


def setup_items(repository: Repository) -> Iterator[Item]:
    """A clone in which nobody ran `install`: git neither joins nor checks anything there."""
    told = repository.git.attempt("config", "--get-regexp", rf"^({SYSTEM_KEY}|{DRIVER_KEY})$")
    if told.out.count(b"\n") < 2:  # noqa: PLR2004  both keys
        text = "git does not join or check records in this clone yet"
        yield Item("setup", text, "git fedlearn install", {"installed": False})


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
    told = _uncommitted(repository, state) if state.changed else _NOTHING
    files = sorted(path for path in state.changed if not find_set(path))
    sets = sorted(path for path in state.changed if find_set(path))
    parts = [str(told["text"])] * bool(told["text"])
    if sets and not parts:
        parts.append(f"{count(len(sets), 'file')} of record sets")
    parts += [f"{count(len(files), 'other data file')}"] * bool(files)
    facts: dict[str, Json] = {"changes": told["changes"], "files": [*sorted(state.changed)]}
    command = _what_to_do(state, told) if parts else ""
    return Item("uncommitted", ", ".join(parts) or "nothing", command, facts)


def _what_to_do(state: WorkState, told: JsonObject) -> str:
    """Commit, unless the hooks would stop that: records are lost, or lines changed that are no records."""
    changes = told["changes"]
    if isinstance(changes, dict) and ChangeKind.LOST.value in changes:
        return "git fedlearn verify --fix"
    if not changes and any(find_set(path) and blob for path, blob in state.changed.items()):
        return "git fedlearn verify"
    return "git add data && git commit" if state.commit else "git add --all && git commit"


def upstream_items(repository: Repository, state: WorkState) -> Iterator[Item]:
    """What is not pushed, and what was fetched and is not merged."""
    if state.commit is None:
        return
    if state.upstream is None or not state.upstream_is_known:
        yield _no_upstream(repository, state)
        return
    facts: dict[str, Json] = {"upstream": state.upstream, "commits": state.ahead}
    ahead, behind = _between(repository, state) if state.ahead or state.behind else (_NOTHING, _NOTHING)
    text = f"nothing (up to date with {state.upstream})"
    if state.ahead:
        text = f"{count(state.ahead, 'commit')} for {state.upstream}{_in_words(ahead)}"
    command = "git push" if not state.behind else "git pull --no-rebase && git push"
    yield Item("unpushed", text, command if state.ahead else "", {**facts, "changes": ahead["changes"]})
    if state.behind:
        told = f"{count(state.behind, 'commit')} of {state.upstream}{_in_words(behind)}"
        facts = {"upstream": state.upstream, "commits": state.behind, "changes": behind["changes"]}
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


def _uncommitted(repository: Repository, state: WorkState) -> JsonObject:
    key = f"{state.commit}\n{facts_of(repository.top, state.changed)}"
    return repository.state.remember(
        "uncommitted", key, lambda: _tell(all_changes(uncommitted_changes(repository, state)))
    )


def _between(repository: Repository, state: WorkState) -> tuple[JsonObject, JsonObject]:
    """What HEAD has that the upstream lacks, and the other way round."""
    upstream, head = Oid(repository.git.text("rev-parse", state.upstream or "")), state.commit or Oid("")
    ahead = _gained(repository, "ahead", upstream, head) if state.ahead else _NOTHING
    return ahead, _gained(repository, "behind", head, upstream) if state.behind else _NOTHING


def _gained(repository: Repository, name: str, old: Oid, new: Oid) -> JsonObject:
    """What one commit has that another lacks; what only the other one has is not told here."""
    lesser = (ChangeKind.LOST, ChangeKind.LOWERED, ChangeKind.CHANGED)

    def find() -> JsonObject:
        changes = all_changes(revision_changes(repository.objects, old, new))
        return _tell([change for change in changes if change.kind not in lesser])

    return repository.state.remember(name, f"{old}..{new}", find)


def _in_words(told: JsonObject) -> str:
    return f": {told['text']}" if told["text"] else ""


def _tell(changes: list[Change]) -> JsonObject:
    counted = Counter(change.kind.value for change in changes)
    return {"text": summarize(changes) if changes else "", "changes": dict(sorted(counted.items()))}


_NOTHING: Final = _tell([])
