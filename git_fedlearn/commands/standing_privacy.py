"""The item of `status` about privacy: whether anything in new lines would stop a commit or a push.

The verdict on a state of the files is kept under the git folder, so that it is found once.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from xxhash import xxh3_128_hexdigest

from git_fedlearn import __version__
from git_fedlearn.commands.context import Context
from git_fedlearn.commands.standing_item import Item
from git_fedlearn.commands.wording import count
from git_fedlearn.core.canonical import Json
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.data_tree import open_objects
from git_fedlearn.repository.files import write_file
from git_fedlearn.repository.gate import NewLine
from git_fedlearn.repository.set_changes import changed_tree, tree_at
from git_fedlearn.repository.work_state import WorkState

MOST_LINES: Final = 300
"""New lines that a glance scans; about 1 ms each."""


def privacy_item(context: Context, state: WorkState) -> Item:
    """Look through lines that no commit, or no pushed commit, holds."""
    lines = _new_lines(context, state) if state.changed or state.ahead else []
    facts: dict[str, Json] = {"lines": len(lines)}
    if not lines:
        return Item("privacy", "nothing new to look at", facts={**facts, "findings": 0})
    if len(lines) > MOST_LINES:
        text = f"{len(lines)} new lines, too many to look at here"
        return Item("privacy", text, "git fedlearn scan", {**facts, "findings": None})
    found = _count_findings(context, lines)
    facts["findings"] = found
    looked_at = count(len(lines), "new line")
    if not found:
        return Item("privacy", f"nothing private in {looked_at}", facts=facts)
    text = f"{count(found, 'finding')} in {looked_at} will stop the commit or push"
    return Item("privacy", text, "git fedlearn sanitize", facts)


def _new_lines(context: Context, state: WorkState) -> list[NewLine]:
    """Lines of the work tree that neither HEAD nor, where it is known, the upstream holds."""
    repository = context.repository
    objects = open_objects(repository)
    sent = objects.find_commit(state.upstream or "") if state.upstream_is_known else state.commit
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


def _count_findings(context: Context, lines: list[NewLine]) -> int:
    file = context.repository.state / "scanned.json"
    rules = f"{__version__} {context.identity()} {context.privacy.policy}".encode("utf-8", "replace")
    key = xxh3_128_hexdigest(b"\n".join([rules, *(line.line for line in lines)]))
    with suppress(OSError, ValueError, LookupError, TypeError):
        known = json.loads(file.read_bytes())
        if known["key"] == key:
            return int(known["findings"])
    found = sum(1 for _ in _scan(context, lines))
    with suppress(FedlearnError, OSError):  # a clone that is mounted read-only
        write_file(file, json.dumps({"key": key, "findings": found}).encode())
    return found


def _scan(context: Context, lines: list[NewLine]) -> Iterator[object]:
    from git_fedlearn.commands.findings import scan_lines  # noqa: PLC0415  costs start-up time

    yield from scan_lines(context.privacy, lines)
