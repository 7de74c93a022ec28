"""The lines of `status` about this clone: branch, records, changes not committed, pushed or pulled, privacy.

Counts and scan results are cached under the git folder by the commits and files they depend on.
"""

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from xxhash import xxh3_128_hexdigest

from git_fedlearn import __version__
from git_fedlearn.commands.status.line import StatusLine, Urgency, unless_misconfigured
from git_fedlearn.console.context import Context
from git_fedlearn.console.words import count, summarize
from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.changes import ChangeKind, RecordChange
from git_fedlearn.core.layout import SetName, find_set
from git_fedlearn.federation.upstream import PULL_UNRELATED, first_push
from git_fedlearn.repository.commit_checks import NewLine
from git_fedlearn.repository.history import (
    all_changes,
    changed_tree,
    revision_changes,
    tree_at,
    uncommitted_changes,
)
from git_fedlearn.repository.objects import Oid
from git_fedlearn.repository.older_layout import find_older_files
from git_fedlearn.repository.repository import SYSTEM_KEY, Repository
from git_fedlearn.repository.state import facts_of
from git_fedlearn.repository.trees import WorkTree, committed_tree, find_hidden_changes, work_files
from git_fedlearn.repository.work_tree import WorkState, continue_command, find_unfinished, switch_command
from git_fedlearn.setup.drivers import DRIVER_KEY
from git_fedlearn.setup.hooks import find_missing
from git_fedlearn.statistics.counts import Count, copies_in, count_commit, count_copies, count_work_tree


def bare_lines(repository: Repository) -> Iterator[StatusLine]:
    """The lines of a repository without a working tree."""
    head = repository.objects.find_commit("HEAD")
    yield StatusLine("branch", "bare repository", facts={"bare": True})
    if head is None:
        yield StatusLine("learned", "nothing: no commits yet", facts={"sets": {}})
    else:
        tree = committed_tree(repository.objects, head)
        copies = copies_in(tree.read(path) for path in tree.paths() if find_set(path))
        yield _learned(count_commit(repository, head), copies, "")


def branch_line(repository: Repository, state: WorkState) -> StatusLine:
    """The branch, and an unfinished merge, rebase or cherry-pick."""
    where = f"on {state.branch}" if state.branch else f"HEAD detached at {(state.commit or '')[:12]}"
    if state.commit is None:
        where += ", no commits yet"
    unfinished = find_unfinished(repository)
    facts = {
        "branch": state.branch,
        "commit": state.commit,
        "unfinished": unfinished,
        "conflicts": [*state.conflicts],
    }
    if unfinished:
        clash = f", {count(len(state.conflicts), 'data file')} in conflict" if state.conflicts else ""
        command = continue_command(repository)
        return StatusLine(
            "branch", f"{where}, in the middle of {unfinished}{clash}", command, facts, Urgency.PERSON
        )
    command = "" if state.branch else switch_command(repository)
    return StatusLine("branch", where, command, facts, Urgency.PERSON)


def clone_lines(context: Context, state: WorkState) -> Iterator[StatusLine]:
    """The lines of a clone with data files, from its setup to privacy."""
    repository = context.repository
    yield from _setup(repository)
    copies = count_copies(repository, work_files(repository).paths())
    command = "git pull" if state.behind else "git fedlearn sources detect"
    yield _learned(count_work_tree(repository, set(state.changed)), copies, command)
    yield from _copies(repository)
    yield from _older(repository)
    yield _uncommitted_line(repository, state)
    yield from _ignored(repository, state)
    yield from _upstream(repository, state)
    yield unless_misconfigured("privacy", lambda: _privacy(context, state))


def _setup(repository: Repository) -> Iterator[StatusLine]:
    """A line if `install` was never run, or another tool took our checks out of a hook."""
    keys = repository.git.attempt("config", "--get-regexp", rf"^({SYSTEM_KEY}|{DRIVER_KEY})$")
    if keys.out.count(b"\n") < 2:  # noqa: PLR2004  both keys
        text = "incomplete: git does not merge or check records here yet"
        yield StatusLine("setup", text, "git fedlearn install", {"installed": False}, Urgency.BROKEN)
        return
    missing = [hook.name for hook in find_missing(repository)]
    if missing:
        text = f"not checked by git-fedlearn any more: {', '.join(missing)}"
        facts = {"installed": True, "missing_hooks": [*missing]}
        yield StatusLine("setup", text, "git fedlearn install", facts, Urgency.BROKEN)


def _older(repository: Repository) -> Iterator[StatusLine]:
    """A line if scripts wrote data files before git-fedlearn, which are not adopted yet."""
    paths = sorted({file.path for file in find_older_files(repository, whole=False)})
    if paths:
        text = f"{count(len(paths), 'file')} that scripts wrote before git-fedlearn"
        yield StatusLine(
            "older layout", text, "git fedlearn verify --fix", {"files": [*paths]}, Urgency.PERSON
        )


def _copies(repository: Repository) -> Iterator[StatusLine]:
    """A line if a file synchronizer left copies of data files: nothing reads their records."""
    found = WorkTree(repository.top).copies()
    if found:
        text = f"{count(len(found), 'data file')} copied by a file synchronizer"
        yield StatusLine("copies", text, "git fedlearn verify --fix", {"files": [*found]}, Urgency.PERSON)


def _learned(sets: Mapping[SetName, Count], copies: int, command: str) -> StatusLine:
    """Records per set; a record in several sets is one. `command` is what to do if there are none."""
    total = Count()
    for counted in sets.values():
        total.add(counted)
    filled = {name: counted for name, counted in sorted(sets.items()) if counted.records or counted.retracted}
    retracted = f" and {count(total.retracted, 'retraction')}" if total.retracted else ""
    parts = ", ".join(f"{name} {counted.records}" for name, counted in filled.items())
    different = total.records - copies
    text = f"{count(different, 'record')}{retracted}{f' ({parts})' if parts else ''}"
    listed = {
        name: {"records": counted.records, "retracted": counted.retracted, "bytes": counted.bytes}
        for name, counted in sorted(sets.items())
    }
    return StatusLine("learned", text, "" if filled else command, {"records": different, "sets": listed})


def _uncommitted_line(repository: Repository, state: WorkState) -> StatusLine:
    """Changes under data/ that are not committed."""
    summary = _uncommitted(repository, state) if state.changed else _NOTHING
    files = sorted(path for path in state.changed if not find_set(path))
    sets = sorted(path for path in state.changed if find_set(path))
    lines = str(summary["text"]) or (count(len(sets), "record set file") if sets else "")
    others = count(len(files), "other data file") if files else ""
    text = ", ".join(part for part in (lines, others) if part)
    facts = {"changes": summary["changes"], "files": [*sorted(state.changed)]}
    command = _what_to_do(state, summary) if text else ""
    urgency = Urgency.BROKEN if command.startswith("git fedlearn verify") else Urgency.ROUTINE
    return StatusLine("uncommitted", text or "nothing", command, facts, urgency, is_quiet=not text)


def _ignored(repository: Repository, state: WorkState) -> Iterator[StatusLine]:
    """A line if data files never get into a commit, because git ignores them or takes them for unchanged."""
    hidden, command = find_hidden_changes(repository)
    if hidden:
        text = f"{count(len(hidden), 'changed data file')} that git takes for unchanged"
        yield StatusLine("ignored", text, command, {"files": [*hidden]}, Urgency.PERSON)
    if state.ignored:
        text = f"{count(len(state.ignored), 'data file')} that git ignores, so nobody else gets them"
        command = f"git check-ignore -v {shlex.quote(state.ignored[0])}"
        yield StatusLine("ignored", text, command, {"files": [*state.ignored]}, Urgency.PERSON)


def _what_to_do(state: WorkState, summary: JsonObject) -> str:
    """Commit, or what to do first if the hooks would stop it: records were lost, or lines are invalid."""
    changes = summary["changes"]
    if isinstance(changes, dict) and ChangeKind.LOST.value in changes:
        return "git fedlearn verify --fix"
    if not changes and any(find_set(path) and blob for path, blob in state.changed.items()):
        return "git fedlearn verify"
    return "git add data && git commit" if state.commit else "git add --all && git commit"


def _upstream(repository: Repository, state: WorkState) -> Iterator[StatusLine]:
    """Commits that are not pushed, and fetched commits that are not merged."""
    if state.commit is None:
        return
    if state.upstream is None or not state.upstream_is_known:
        yield _no_upstream(repository, state)
        return
    facts = {"upstream": state.upstream, "commits": state.ahead}
    ahead, behind = _between(repository, state) if state.ahead or state.behind else (_NOTHING, _NOTHING)
    text = f"nothing (up to date with {state.upstream})"
    if state.ahead:
        text = f"{count(state.ahead, 'commit')} ahead of {state.upstream}{_in_words(ahead)}"
    pull = "git pull --no-rebase"
    if state.ahead and state.behind and not repository.git.is_true("merge-base", "HEAD", "@{upstream}"):
        pull = PULL_UNRELATED
    command = f"{pull} && git push" if state.behind else "git push"
    yield StatusLine("unpushed", text, command if state.ahead else "", {**facts, "changes": ahead["changes"]})
    if state.behind:
        text = f"{count(state.behind, 'commit')} behind {state.upstream}{_in_words(behind)}"
        facts = {"upstream": state.upstream, "commits": state.behind, "changes": behind["changes"]}
        yield StatusLine("to pull", text, pull, facts)


def _no_upstream(repository: Repository, state: WorkState) -> StatusLine:
    facts = {"upstream": None, "commits": None}
    if state.branch is None:
        return StatusLine("unpushed", "unknown: a detached HEAD has no upstream", facts=facts)
    if state.upstream:
        text = f"unknown: {state.upstream} was never fetched or no longer exists"
        return StatusLine(
            "unpushed", text, "git push -u " + state.upstream.replace("/", " HEAD:", 1), facts, Urgency.PERSON
        )
    command = first_push(repository)
    if "push" in command:
        return StatusLine("unpushed", "nothing pushed yet: this branch has no upstream", command, facts)
    return StatusLine("unpushed", "nothing pushed yet: no remote", command, facts, Urgency.OPTIONAL)


def _uncommitted(repository: Repository, state: WorkState) -> JsonObject:
    key = f"{state.commit}\n{facts_of(repository.top, state.changed)}"
    return repository.state.remember(
        "uncommitted", key, lambda: _summary(all_changes(uncommitted_changes(repository, state)))
    )


def _between(repository: Repository, state: WorkState) -> tuple[JsonObject, JsonObject]:
    """The changes that only HEAD has, and those that only the upstream has."""
    upstream, head = Oid(repository.git.text("rev-parse", state.upstream or "")), state.commit or Oid("")
    ahead = _gained(repository, "ahead", upstream, head) if state.ahead else _NOTHING
    return ahead, _gained(repository, "behind", head, upstream) if state.behind else _NOTHING


def _gained(repository: Repository, name: str, old: Oid, new: Oid) -> JsonObject:
    """The changes that `new` adds to `old`, without those that only `old` has."""
    lesser = (ChangeKind.LOST, ChangeKind.LOWERED, ChangeKind.CHANGED)

    def find() -> JsonObject:
        changes = all_changes(revision_changes(repository.objects, old, new))
        return _summary([change for change in changes if change.kind not in lesser])

    return repository.state.remember(name, f"{old}..{new}", find)


def _in_words(summary: JsonObject) -> str:
    return f": {summary['text']}" if summary["text"] else ""


def _summary(changes: list[RecordChange]) -> JsonObject:
    counted = Counter(change.kind.value for change in changes)
    return {"text": summarize(changes) if changes else "", "changes": dict(sorted(counted.items()))}


_NOTHING: Final = _summary([])

MAX_CHECKED_LINES: Final = 300
"""New lines that `status` scans; about 1 ms per line."""


def _privacy(context: Context, state: WorkState) -> StatusLine:
    """Private data in lines that are not committed or not pushed: it would stop the commit or push."""
    facts: JsonObject = {"lines": 0, "findings": 0}
    if state.changed or state.ahead:
        facts = _check_new_lines(context, state)
    number, found = facts["lines"], facts["findings"]
    lines = count(int(str(number)), "new line")
    if not number:
        return StatusLine("privacy", "no new lines to check", facts=facts, is_quiet=True)
    if found is None:
        text = f"{lines}, too many to check here"
        return StatusLine("privacy", text, "git fedlearn scan", facts, Urgency.OPTIONAL)
    if not found:
        return StatusLine("privacy", f"no private data in {lines}", facts=facts)
    text = f"{count(int(str(found)), 'finding')} in {lines} will stop the commit or push"
    return StatusLine("privacy", text, "git fedlearn sanitize", facts, Urgency.PERSON)


def _check_new_lines(context: Context, state: WorkState) -> JsonObject:
    """Numbers of new lines and of findings; `findings` is None if there are too many lines to scan."""
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
    """Lines of the working tree that are not in `sent`: the upstream if known, otherwise HEAD."""
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
