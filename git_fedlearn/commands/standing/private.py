"""The item of `status` about privacy: whether anything in new lines would stop a commit or a push.

The verdict on a state of the files is kept under the git folder, so that it is found once.
"""

from typing import Final

from xxhash import xxh3_128_hexdigest

from git_fedlearn import __version__
from git_fedlearn.commands.standing.item import Item
from git_fedlearn.console.context import Context
from git_fedlearn.console.wording import count
from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.repository.gate import NewLine
from git_fedlearn.repository.objects import Oid
from git_fedlearn.repository.set_changes import changed_tree, tree_at
from git_fedlearn.repository.state import facts_of
from git_fedlearn.repository.work_state import WorkState

MOST_LINES: Final = 300
"""New lines that a glance scans; about 1 ms each."""


def privacy_item(context: Context, state: WorkState) -> Item:
    """Look through lines that no commit, or no pushed commit, holds."""
    facts: JsonObject = {"lines": 0, "findings": 0}
    if state.changed or state.ahead:
        facts = _look(context, state)
    number, found = int(str(facts["lines"])), facts["findings"]
    looked_at = count(number, "new line")
    if not number:
        return Item("privacy", "nothing new to look at", facts=facts)
    if found is None:
        return Item("privacy", f"{looked_at}, too many to look at here", "git fedlearn scan", facts)
    if not found:
        return Item("privacy", f"nothing private in {looked_at}", facts=facts)
    text = f"{count(int(str(found)), 'finding')} in {looked_at} will stop the commit or push"
    return Item("privacy", text, "git fedlearn sanitize", facts)


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
        return {"lines": len(lines), "findings": _scan(context, lines) if len(lines) <= MOST_LINES else None}

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
