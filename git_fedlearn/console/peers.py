"""How commands say what came of peers, and warn of a clone that was copied."""

from git_fedlearn.console.context import Context
from git_fedlearn.console.words import count, short_ids
from git_fedlearn.core.canonical import Json
from git_fedlearn.federation.offers import PeerReport
from git_fedlearn.federation.pull import Pulled, PullOptions
from git_fedlearn.repository.repository import Repository
from git_fedlearn.setup.install import NEW_ID, find_copied_clone

MOST_REFUSED = 5


def warn_of_twin(context: Context, repository: Repository) -> None:
    """Say so when this clone was copied, git folder and all, and both learn under one id."""
    twin = find_copied_clone(repository)
    if twin:
        system = repository.system()
        context.complain(f"warning: this clone is a copy of {twin.parent}: both learn as {system}")
        context.complain(f"hint: {NEW_ID}")


def say(context: Context, pulled: Pulled, request: PullOptions) -> None:
    """Print what came of each peer, and of all."""
    if not pulled.reports:
        context.note("no peers yet\nhint: git fedlearn remote add NAME URL")
        return
    width = max(len(report.name) for report in pulled.reports)
    for report in pulled.reports:
        context.say(f"{report.name:<{width}}  {describe(report)}")
        _warn(context, report, is_kept=not request.dry_run)
    for joined in pulled.sets:
        context.say(f"{joined.name}: {len(joined.added)} new, {len(joined.changed)} changed")
    if request.dry_run and pulled.files:
        context.note("nothing was joined (--dry-run)")
    elif pulled.commit:
        context.say(f"committed {pulled.commit[:12]}")
    elif pulled.files:
        context.note("hint: git commit -m 'learn from peers' -- data")
    else:
        context.say("nothing new")


def describe(report: PeerReport) -> str:
    """What came of a peer, in one line."""
    if report.is_failure:
        return f"{report.contact.value}{f': {report.detail}' if report.detail else ''}"
    if not report.tips:
        return report.contact.value
    if not report.has_data:
        return "no folder data/"
    if not (report.learned or report.changed or report.files or report.quarantined):
        return "nothing new"
    parts = [f"{report.learned} learned"]
    numbers = (
        ("changed", report.changed),
        ("quarantined", report.quarantined),
        ("flagged", len(report.flagged)),
    )
    parts += [f"{number} {what}" for what, number in numbers if number]
    if report.files:
        parts.append(count(report.files, "file") + " of other systems")
    return ", ".join(parts)


def to_json(pulled: Pulled, pushed: bool | None) -> dict[str, Json]:  # noqa: FBT001  a value, not a switch
    """The answer for programs."""
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


def _report_json(report: PeerReport) -> dict[str, Json]:
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
    """Print what is not as it should be; a dry run keeps nothing in quarantine."""
    if report.history:
        context.complain(f"warning: {report.name}: its history was {report.history}; what was learned stays")
    for reason, number in sorted(report.reasons.items(), key=lambda item: item[0].value):
        where = "in quarantine" if is_kept else "for quarantine"
        context.complain(f"warning: {report.name}: {count(number, 'record')} {where}: {reason.value}")
    for path, why in sorted(report.refused.items())[:MOST_REFUSED]:
        context.complain(f"warning: {report.name}: {ascii(path)[1:-1]} not taken: {why.value}")
    if report.quarantined and is_kept:
        context.note(f"hint: git fedlearn quarantine list --peer {report.name}")
    if report.flagged:
        words = "reads" if len(report.flagged) == 1 else "read"
        ids = short_ids(sorted(report.flagged), MOST_REFUSED)
        flagged = f"{count(len(report.flagged), 'record')} {words} like instructions to an agent: {ids}"
        context.complain(f"warning: {report.name}: {flagged}")
        if is_kept:
            context.note(
                f"hint: git fedlearn show {ids.split()[0]}, and git fedlearn retract what is no lesson"
            )
