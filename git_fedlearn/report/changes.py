"""What changed since the last report: a few totals, kept in the local state of the clone.

A report is compared with the last one of an earlier day, so that a second report of one day shows the same
changes as the first.
"""

from typing import Any, Final

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import REPORT, read_json, write_json

_TOTALS: Final = ("lessons", "systems", "worked", "failed", "retracted")


def read_changes(repository: Repository, figures: JsonObject) -> "JsonObject | None":
    """The time of the last report (`since`), and how much each total has grown; None for a first report."""
    before = _before(repository, figures)
    if before is None:
        return None
    differences: JsonObject = {"since": before["made"]}
    for name, now in _summary(figures).items():
        if isinstance(now, int) and isinstance(then := before.get(name), int):
            differences[name] = now - then
    return differences


def remember_report(repository: Repository, figures: JsonObject) -> None:
    """Keep the totals of this report for the next one."""
    kept: JsonObject = {"before": _before(repository, figures), "latest": _summary(figures)}
    write_json(repository.state.path(REPORT), kept)


def count_waiting(figures: JsonObject) -> int:
    """The number of items that wait for a person."""
    facts: dict[str, Any] = figures
    waiting: int = sum(one["records"] for one in facts["quarantine"]) + sum(facts["waiting"].values())
    return waiting


def _before(repository: Repository, figures: JsonObject) -> "JsonObject | None":
    """The totals of the last report of an earlier day, or None."""
    known: dict[str, Any] = read_json(repository.state.path(REPORT))
    today = str(figures["made"])[:10]
    for name in ("latest", "before"):
        summary = known.get(name)
        if isinstance(summary, dict) and str(summary.get("made", today))[:10] < today:
            return summary
    return None


def _summary(figures: JsonObject) -> dict[str, Any]:
    facts: dict[str, Any] = figures
    totals = {name: facts["totals"][name] for name in _TOTALS}
    return {"made": facts["made"], **totals, "waiting": count_waiting(figures)}
