"""The items of `status` about this clone itself: branch, records, what is not committed, pushed or pulled.

The item of `status` about privacy: whether anything in new lines would stop a commit or a push.

The verdict on a state of the files is kept under the git folder, so that it is found once.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from xxhash import xxh3_128_hexdigest

from git_fedlearn import __version__
from git_fedlearn.commands.status.line import StatusLine
from git_fedlearn.console.context import Context
from git_fedlearn.console.words import count, summarize
from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.changes import ChangeKind, RecordChange
from git_fedlearn.core.layout import SetName, find_set
from git_fedlearn.repository.commit_checks import NewLine
from git_fedlearn.repository.history import (
    all_changes,
    changed_tree,
    revision_changes,
    tree_at,
    uncommitted_changes,
)
from git_fedlearn.repository.objects import Oid
from git_fedlearn.repository.repository import SYSTEM_KEY, Repository
from git_fedlearn.repository.state import facts_of
from git_fedlearn.repository.work_tree import WorkState, find_unfinished
from git_fedlearn.setup.drivers import DRIVER_KEY
from git_fedlearn.statistics.counts import Count, count_commit


def bare_items(repository: Repository) -> Iterator[StatusLine]:
    """What there is to say of a repository without a work tree."""
    head = repository.objects.find_commit("HEAD")
    yield StatusLine("branch", "a bare repository: others push here, nobody works here", facts={"bare": True})
    if head is None:
        yield StatusLine("learned", "nothing yet: no branch has a commit", facts={"sets": {}})
    else:
        yield learned_item(count_commit(repository, head), "")


def branch_item(repository: Repository, state: WorkState) -> StatusLine:
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
        return StatusLine("branch", f"{where}, in the middle of {unfinished}{clash}", command, facts)
    return StatusLine("branch", where, "" if state.branch else "git switch BRANCH", facts)


def setup_items(repository: Repository) -> Iterator[StatusLine]:
    """A clone in which nobody ran `install`: git neither joins nor checks anything there."""
    told = repository.git.attempt("config", "--get-regexp", rf"^({SYSTEM_KEY}|{DRIVER_KEY})$")
    if told.out.count(b"\n") < 2:  # noqa: PLR2004  both keys
        text = "git does not join or check records in this clone yet"
        yield StatusLine("setup", text, "git fedlearn install", {"installed": False})


def learned_item(sets: Mapping[SetName, Count], command: str) -> StatusLine:
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
    return StatusLine("learned", text, "" if held else command, {"sets": listed})


def uncommitted_item(repository: Repository, state: WorkState) -> StatusLine:
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
    return StatusLine("uncommitted", ", ".join(parts) or "nothing", command, facts)


def _what_to_do(state: WorkState, told: JsonObject) -> str:
    """Commit, unless the hooks would stop that: records are lost, or lines changed that are no records."""
    changes = told["changes"]
    if isinstance(changes, dict) and ChangeKind.LOST.value in changes:
        return "git fedlearn verify --fix"
    if not changes and any(find_set(path) and blob for path, blob in state.changed.items()):
        return "git fedlearn verify"
    return "git add data && git commit" if state.commit else "git add --all && git commit"


def upstream_items(repository: Repository, state: WorkState) -> Iterator[StatusLine]:
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
    yield StatusLine("unpushed", text, command if state.ahead else "", {**facts, "changes": ahead["changes"]})
    if state.behind:
        told = f"{count(state.behind, 'commit')} of {state.upstream}{_in_words(behind)}"
        facts = {"upstream": state.upstream, "commits": state.behind, "changes": behind["changes"]}
        yield StatusLine("to pull", told, "git pull --no-rebase", facts)


def _no_upstream(repository: Repository, state: WorkState) -> StatusLine:
    facts: dict[str, Json] = {"upstream": None, "commits": None}
    remotes = repository.git.text("remote").split()
    if state.branch is None:
        return StatusLine("unpushed", "unknown: a detached HEAD has no upstream", facts=facts)
    if state.upstream:
        text = f"everything: {state.upstream} was never fetched, or is gone"
        return StatusLine("unpushed", text, "git push -u " + state.upstream.replace("/", " HEAD:", 1), facts)
    if not remotes:
        return StatusLine(
            "unpushed", "everything: there is no remote yet", "git remote add origin URL", facts
        )
    named = "origin" if "origin" in remotes else remotes[0]
    return StatusLine(
        "unpushed", "everything: this branch has no upstream", f"git push -u {named} HEAD", facts
    )


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


def _tell(changes: list[RecordChange]) -> JsonObject:
    counted = Counter(change.kind.value for change in changes)
    return {"text": summarize(changes) if changes else "", "changes": dict(sorted(counted.items()))}


_NOTHING: Final = _tell([])

MAX_CHECKED_LINES: Final = 300
"""New lines that a glance scans; about 1 ms each."""


def privacy_item(context: Context, state: WorkState) -> StatusLine:
    """Look through lines that no commit, or no pushed commit, holds."""
    facts: JsonObject = {"lines": 0, "findings": 0}
    if state.changed or state.ahead:
        facts = _look(context, state)
    number, found = int(str(facts["lines"])), facts["findings"]
    looked_at = count(number, "new line")
    if not number:
        return StatusLine("privacy", "nothing new to look at", facts=facts)
    if found is None:
        return StatusLine("privacy", f"{looked_at}, too many to look at here", "git fedlearn scan", facts)
    if not found:
        return StatusLine("privacy", f"nothing private in {looked_at}", facts=facts)
    text = f"{count(int(str(found)), 'finding')} in {looked_at} will stop the commit or push"
    return StatusLine("privacy", text, "git fedlearn sanitize", facts)


def _look(context: Context, state: WorkState) -> JsonObject:
    """How many new lines there are, and findings in them; None for more lines than are looked at."""
    repository = context.repository
    sent = state.commit
    if state.upstream_is_known:
        sent = Oid(repository.git.text("rev-parse", state.upstream or ""))
    rules = f"{__version__} {context.identity()} {context.privacy.policy}"
    key = f"{rules}\n{sent}..{state.commit}\n{facts_of(repository.top, state.changed)}"

    def find() -> JsonObject:
        lines = _new_lines(context, state, sent)
        return {
            "lines": len(lines),
            "findings": _scan(context, lines) if len(lines) <= MAX_CHECKED_LINES else None,
        }

    digest = xxh3_128_hexdigest(key.encode("utf-8", "replace"))
    return repository.state.remember("privacy", digest, find)


def _new_lines(context: Context, state: WorkState, sent: Oid | None) -> list[NewLine]:
    """Lines of the work tree that neither HEAD nor, where it is known, the upstream holds."""
    repository = context.repository
    objects = repository.objects
    before, now = tree_at(objects, sent), changed_tree(repository, objects, state)
    old, new = before.entries, now.entries
    paths = [path for path in sorted(new) if new[path] != old.get(path) and now.is_file(path)]
    known = {line for path in paths if before.is_file(path) for line in before.read(path).split(b"\n")}
    return [
        NewLine(path, number, line)
        for path in paths
        for number, line in enumerate(now.read(path).split(b"\n"), 1)
        if line and line not in known
    ]


def _scan(context: Context, lines: list[NewLine]) -> int:
    from git_fedlearn.console.findings import scan_lines  # noqa: PLC0415  costs start-up time

    return sum(1 for _ in scan_lines(context.privacy, lines))
