"""How the hooks report what is private in what is new: file, line and kind, and what to type next."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from git_fedlearn.console.context import Context
from git_fedlearn.console.findings import format_found, scan_lines
from git_fedlearn.console.verdicts import MOST, say_more
from git_fedlearn.core.layout import is_shareable
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.repository.data_tree import CommittedTree
from git_fedlearn.repository.gate import changed_paths, new_lines
from git_fedlearn.scanning.findings import Found, scan_name, shown_path

UNSHARED = "not a kind of file that is shared under data/ (.jsonl, .json, .md)"


class Private(NamedTuple):
    """What a candidate for the history brings that must not leave."""

    found: list[Found]
    named: list[Found]
    """Findings in names of files."""
    unshared: list[str]
    """Files of kinds that cannot be checked."""


def find_private(engine: PrivacyEngine, candidate: CommittedTree, parents: list[CommittedTree]) -> Private:
    """What no parent has and must not leave."""
    lines = (line for line in new_lines(candidate, parents) if is_shareable(line.path))
    found = list(scan_lines(engine, lines))
    changed = changed_paths(candidate, parents)
    named = [item for path in changed for item in scan_name(engine, path)]
    unshared = [path for path in changed if candidate.is_file(path) and not is_shareable(path)]
    return Private(found, named, unshared)


def report_found(context: Context, found: Iterable[Found]) -> int:
    """Report findings, equal ones once; 1 if there is any."""
    lines = Counter(map(format_found, found))
    for line, times in list(lines.items())[:MOST]:
        context.complain(f"error: {line}" + (f" {times} times" if times > 1 else ""))
    say_more(context, len(lines), "finding")
    return 1 if lines else 0


def report_private(context: Context, candidate: CommittedTree, parents: list[CommittedTree]) -> int:
    """Report private data in new lines and names; 1 if there is any."""
    found, named, unshared = find_private(context.privacy, candidate, parents)
    report_found(context, (*named, *found))
    for path in unshared[:MOST]:
        context.complain(f"error: {shown_path(context.privacy, path)}: {UNSHARED}")
    say_more(context, len(unshared), "file")
    if found:
        context.complain("hint: git fedlearn sanitize && git add :/data")
        context.complain("hint: what may stay: git fedlearn scan --allow FINGERPRINT --reason WHY")
    if named or unshared:
        context.complain("hint: keep the file out: git rm --cached it, or give it another name")
    return 1 if found or named or unshared else 0
