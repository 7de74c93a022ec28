"""The message of a commit that joins what peers sent: trailers say what came from where, never an address."""

from collections.abc import Iterable

from git_fedlearn.core.trailers import PEER_TRAILER, SYSTEM_TRAILER
from git_fedlearn.federation.gathering import Report
from git_fedlearn.federation.joining import JoinedSet


def commit_message(system: str, sets: Iterable[JoinedSet], reports: Iterable[Report]) -> str:
    """Subject, numbers by set, and a trailer for each peer that brought something."""
    sets = list(sets)
    bringers = [report for report in reports if report.learned or report.changed or report.files]
    learned = sum(len(joined.added) for joined in sets)
    changed = sum(len(joined.changed) for joined in sets)
    what = f"learn {learned} record{'' if learned == 1 else 's'}" if learned else "update what was learned"
    subject = f"pull-remotes: {what} from {len(bringers)} peer{'' if len(bringers) == 1 else 's'}"
    numbers = [f"{len(joined.added)} new, {len(joined.changed)} changed in {joined.name}" for joined in sets]
    trailers = [f"{SYSTEM_TRAILER}: {system}", *(_trailer(report) for report in bringers)]
    body = "\n".join(numbers) if learned or changed else ""
    return "\n\n".join(part for part in (subject, body, "\n".join(trailers)) if part) + "\n"


def _trailer(report: Report) -> str:
    tips = sorted(set(report.tips.values()))
    tip = tips[0] if len(tips) == 1 else f"{len(tips)} branches"
    return f"{PEER_TRAILER}: {report.name} {tip} ({report.learned} new, {report.changed} changed)"
