"""The results of peers, for people and programs, and the warning about a copied clone."""

from git_fedlearn.console.context import Context
from git_fedlearn.console.words import count, list_counts, short_ids
from git_fedlearn.federation.offers import PeerReport
from git_fedlearn.federation.pull import Pulled, PullOptions
from git_fedlearn.repository.repository import Repository
from git_fedlearn.setup.install import NEW_ID, find_copied_clone

MAX_NAMED = 5
"""Records and files that a warning names."""


def warn_of_copied_clone(context: Context, repository: Repository) -> None:
    """Warn if this clone was copied with its git folder, so that two clones use one system id."""
    original = find_copied_clone(repository)
    if original:
        context.warn(f"this clone is a copy of {original.parent}; both use the id {repository.system()}")
        context.print_error(f"hint: {NEW_ID}")


def say(context: Context, pulled: Pulled, request: PullOptions) -> None:
    """Print the result of each peer, and of all together."""
    if not pulled.reports:
        context.note("no peers yet\nhint: git fedlearn remote add NAME URL")
        return
    width = max(len(report.name) for report in pulled.reports)
    for report in pulled.reports:
        context.say(f"{report.name:<{width}}  {describe(report)}")
        _warn(context, report, is_kept=not request.dry_run)
    for joined in pulled.sets:
        counts = {"new": len(joined.added), "updated": len(joined.changed)}
        context.say(f"{joined.name}: {list_counts(counts)}")
    if request.dry_run and pulled.files:
        context.note("dry run: nothing was changed")
    elif pulled.commit:
        context.say(f"committed {pulled.commit[:12]}")
    elif pulled.files:
        context.note("hint: git commit -m 'Add records from peers' -- data")
    else:
        context.say("nothing new")


def describe(report: PeerReport) -> str:
    """The result of a peer, in one line."""
    if report.is_failure:
        return f"{report.contact.value}{f': {report.detail}' if report.detail else ''}"
    if not report.tips:
        return report.contact.value
    if not report.has_data:
        return "no data/ folder"
    if not (report.learned or report.changed or report.files or report.quarantined):
        return "nothing new"
    counts = {
        "new": report.learned,
        "updated": report.changed,
        "quarantined": report.quarantined,
        "flagged": len(report.flagged),
    }
    files = [f"{count(report.files, 'file')} from other systems"] * bool(report.files)
    return ", ".join([list_counts(counts), *files]).removeprefix(", ")


def to_json(pulled: Pulled, pushed: bool | None) -> dict[str, object]:  # noqa: FBT001  a value, not a switch
    """The answer as JSON."""
    return {
        "peers": [_report_json(report) for report in pulled.reports],
        "sets": [
            {"set": joined.name, "added": [*sorted(joined.added)], "changed": [*sorted(joined.changed)]}
            for joined in pulled.sets
        ],
        "files": [*sorted(pulled.own_files)],
        "commit": pulled.commit,
        "pushed": pushed,
    }


def _report_json(report: PeerReport) -> dict[str, object]:
    return {
        "name": report.name,
        "contact": report.contact.value,
        "failed": report.is_failure,
        "detail": report.detail,
        "history": report.history,
        "new": report.is_new,
        "learned": report.learned,
        "changed": report.changed,
        "quarantined": report.quarantined,
        "reasons": {reason.value: number for reason, number in report.reasons.items()},
        "flagged": len(report.flagged),
        "refused": {path: reason.value for path, reason in report.refused.items()},
        "tips": [*sorted(set(report.tips.values()))],
    }


def _warn(context: Context, report: PeerReport, *, is_kept: bool) -> None:
    """Print warnings about a peer; a dry run quarantines nothing."""
    if report.history:
        context.warn(f"{report.name}: its history was {report.history}; lessons already received stay")
    for reason, number in sorted(report.reasons.items(), key=lambda item: item[0].value):
        done = "quarantined" if is_kept else "to quarantine"
        context.warn(f"{report.name}: {count(number, 'record')} {done}: {reason.value}")
    for path, why in sorted(report.refused.items())[:MAX_NAMED]:
        context.warn(f"{report.name}: skipped {ascii(path)[1:-1]}: {why.value}")
    if report.quarantined and is_kept:
        context.note(f"hint: git fedlearn review --peer {report.name}")
    if report.flagged:
        look = "looks" if len(report.flagged) == 1 else "look"
        ids = short_ids(sorted(report.flagged), MAX_NAMED)
        flagged = f"{count(len(report.flagged), 'record')} {look} like instructions to an agent: {ids}"
        context.warn(f"{report.name}: {flagged}")
        if is_kept:
            context.note(f"hint: git fedlearn show {ids.split()[0]}    (if it is not a lesson, retract it)")
