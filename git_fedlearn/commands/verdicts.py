"""How the hooks report what they found: where, what kind, and what to type next; never the text."""

from git_fedlearn.commands.context import Context
from git_fedlearn.commands.findings import format_found, scan_lines
from git_fedlearn.commands.wording import SHORT_ID, count, short_ids
from git_fedlearn.core.inspection import Problem
from git_fedlearn.core.layout import SetName, is_shareable
from git_fedlearn.core.loss import Losses
from git_fedlearn.learn.sanitizing import SUFFIXES
from git_fedlearn.learn.scanning import scan_name, shown_path
from git_fedlearn.repository.data_tree import CommittedTree
from git_fedlearn.repository.gate import changed_paths, new_lines

UNSHARED = "not a kind of file that is shared under data/ (.jsonl, .json, .md)"
MOST = 20
"""Lines of each kind of report that are shown."""


def report_private(context: Context, candidate: CommittedTree, parents: list[CommittedTree]) -> int:
    """Report private data in new lines; 1 if there is any."""
    found = list(scan_lines(context.privacy, new_lines(candidate, parents)))
    changed = changed_paths(candidate, parents)
    named = [item for path in changed for item in scan_name(context.privacy, path)]
    unshared = [path for path in changed if candidate.is_file(path) and not is_shareable(path)]
    for item in (*named, *found)[:MOST]:
        context.complain(f"error: {format_found(item)}")
    _say_more(context, len(named) + len(found), "finding")
    for path in unshared[:MOST]:
        context.complain(f"error: {shown_path(context.privacy, path)}: {UNSHARED}")
    _say_more(context, len(unshared), "file")
    if any(item.path.endswith(SUFFIXES) for item in found):
        context.complain("hint: git fedlearn sanitize && git add :/data")
    elif found:
        context.complain("hint: take it out of the file, then git add it")
    if found:
        context.complain("hint: what may stay: git fedlearn scan --allow FINGERPRINT --reason WHY")
    if named or unshared:
        context.complain("hint: keep the file out: git rm --cached it, or give it another name")
    return 1 if found or named or unshared else 0


def report_problems(context: Context, problems: list[Problem]) -> int:
    """Report departures from the format; 1 if there is any."""
    for problem in problems[:MOST]:
        path = shown_path(context.privacy, problem.path)
        place = f"{path}:{problem.line}" if problem.line else path
        context.complain(f"error: {place}: {problem.message}")
    _say_more(context, len(problems), "problem")
    if any(problem.fixable for problem in problems):
        context.complain("hint: git fedlearn verify --fix && git add :/data")
    elif problems:
        context.complain("hint: correct the file, then git add it")
    return 1 if problems else 0


def report_losses(context: Context, losses: dict[SetName, Losses]) -> int:
    """Report sets that would shrink; 1 if there is any."""
    for name, found in losses.items():
        if found.lost:
            what = f"{count(len(found.lost), 'record')} of {name}"
            context.complain(f"error: {what} would be lost: {short_ids(found.lost)}")
        if found.revived:
            undone = f"{count(len(found.revived), 'retraction')} of {name}"
            context.complain(f"error: {undone} would be undone: {short_ids(found.revived)}")
    lost = [identifier[:SHORT_ID] for found in losses.values() for identifier in found.lost]
    if losses:
        context.complain("hint: to keep them: git fedlearn verify --fix && git add :/data")
    if lost:
        more = " …" if len(lost) > MOST else ""
        retract = f"git fedlearn retract {' '.join(lost[:MOST])}{more} --reason WHY && git add :/data"
        context.complain(f"hint: to take them back everywhere: git fedlearn verify --fix && {retract}")
    if any(found.revived for found in losses.values()):
        context.complain("hint: to bring a retracted record back: git fedlearn restore ID")
    return 1 if losses else 0


def _say_more(context: Context, number: int, noun: str) -> None:
    if number > MOST:
        context.complain(f"error: and {count(number - MOST, noun)} more")
