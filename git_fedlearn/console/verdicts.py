"""How the hooks report what they found: where, what kind, and what to type next; never the text."""

from git_fedlearn.console.context import Context
from git_fedlearn.console.wording import SHORT_ID, count, short_ids
from git_fedlearn.core.inspection import Problem
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.loss import Losses

MOST = 20
"""Lines of each kind of report that are shown."""


def report_problems(context: Context, problems: list[Problem]) -> int:
    """Report departures from the format; 1 if there is any."""
    if not problems:
        return 0
    from git_fedlearn.scanning.findings import shown_path  # noqa: PLC0415  costs start-up time, and only then

    for problem in problems[:MOST]:
        path = shown_path(context.privacy, problem.path)
        place = f"{path}:{problem.line}" if problem.line else path
        context.complain(f"error: {place}: {problem.message}")
    say_more(context, len(problems), "problem")
    if any(problem.fixable for problem in problems):
        context.complain("hint: git fedlearn verify --fix && git add :/data")
    else:
        context.complain("hint: correct the file, then git add it")
    return 1


def report_losses(context: Context, losses: dict[SetName, Losses]) -> int:
    """Report sets that would shrink; 1 if there is any."""
    if not losses:
        return 0
    from git_fedlearn.scanning.findings import shown_path  # noqa: PLC0415  costs start-up time, and only then

    for path, found in losses.items():
        name = shown_path(context.privacy, path)
        if found.lost:
            what = f"{count(len(found.lost), 'record')} of {name}"
            context.complain(f"error: {what} would be lost: {short_ids(found.lost)}")
        if found.revived:
            undone = f"{count(len(found.revived), 'retraction')} of {name}"
            context.complain(f"error: {undone} would be undone: {short_ids(found.revived)}")
    lost = [identifier[:SHORT_ID] for found in losses.values() for identifier in found.lost]
    context.complain("hint: to keep them: git fedlearn verify --fix && git add :/data")
    if lost:
        more = " …" if len(lost) > MOST else ""
        retract = f"git fedlearn retract {' '.join(lost[:MOST])}{more} --reason WHY && git add :/data"
        context.complain(f"hint: to take them back everywhere: git fedlearn verify --fix && {retract}")
    if any(found.revived for found in losses.values()):
        context.complain("hint: to bring a retracted record back: git fedlearn restore ID")
    return 1


def say_more(context: Context, number: int, noun: str) -> None:
    """Say how many there are beyond those that are shown."""
    if number > MOST:
        context.complain(f"error: and {count(number - MOST, noun)} more")
