"""`git fedlearn metrics`: figures for all systems."""

import click

from git_fedlearn.console.context import Context
from git_fedlearn.core.canonical import Json
from git_fedlearn.statistics.metrics import Metrics, collect, parse_month, trend

BAR = 30
"""Characters of the longest bar."""


@click.command("metrics", short_help="Show figures for all systems.")
@click.option("--month", metavar="YYYY-MM", help="Show the figures at the end of this month.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
@click.pass_obj
def command(context: Context, month: str | None, *, as_json: bool) -> None:
    """Show how much all systems have learned, how fast, and how much of it from each other.

    The figures come from the record sets, and from the monthly files that sync and federate write.
    docs/metrics.md defines each figure.
    """
    today = context.now().date()
    until = min(parse_month(month), today) if month else today
    metrics = collect(context.data_repository, until, month)
    if as_json:
        context.say_json("metrics/v1", {"month": month, "until": until.isoformat(), **_to_json(metrics)})
    else:
        _say(context, metrics)


def _to_json(metrics: Metrics) -> dict[str, Json]:
    found = metrics.survey
    return {
        "federation_sync_last": metrics.sync_last,
        "total_systems": len(metrics.systems),
        "patterns_federated": found.patterns,
        "fine_tuning_samples": found.samples,
        "collective_learning_rate": found.learning_rate,
        "cross_system_adoption_rate": found.adoption_rate,
        "patterns_per_week": found.pace,
        "dataset_tokens": found.tokens,
        "value_scores": dict(found.scores()),
        "retractions": found.retractions,
        "sets": {
            name: {"records": figures.records, "retracted": figures.retracted, "bytes": figures.bytes}
            for name, figures in found.sets.items()
        },
        "months": [{**row} for row in trend(metrics)],
    }


def _say(context: Context, metrics: Metrics) -> None:
    found = metrics.survey
    for name, value in (
        ("last sync", metrics.sync_last or "never"),
        ("systems", f"{len(metrics.systems)}"),
        ("patterns federated", f"{found.patterns:,}"),
        ("fine-tuning samples", f"{found.samples:,} (about {found.tokens:,} tokens)"),
        (
            "collective learning",
            f"{found.learning_rate:.1%} of the lessons on a system come from others",
        ),
        ("adoption", f"{found.adoption_rate:.1%} of lessons were learned by two or more systems"),
        ("patterns per week", f"{found.pace:g} (last four weeks)"),
        ("retractions", f"{found.retractions:,}"),
    ):
        context.say(f"{name:<20} {value}")
    context.say("\nset                     records  retracted        bytes")
    for set_name, figures in found.sets.items():
        context.say(f"{set_name:<20} {figures.records:>10,} {figures.retracted:>10,} {figures.bytes:>12,}")
    _say_scores(context, found.scores())
    context.say("\nmonth       patterns    samples  systems")
    for row in trend(metrics):
        context.say(f"{row['month']} {row['patterns']:>12,} {row['samples']:>10,} {row['systems']:>8,}")


def _say_scores(context: Context, scores: dict[str, int]) -> None:
    """Bars of the authors' scores, from the lowest tenth that has lessons."""
    filled = [number for number, name in enumerate(scores) if scores[name]]
    most = max(scores.values(), default=0)
    if not filled:
        return
    context.say("\nscore       lessons")
    for number, (name, counted) in enumerate(scores.items()):
        if number >= filled[0] and (counted or name != "none"):
            context.say(f"{name:<10} {counted:>8,}  {'#' * round(BAR * counted / most)}".rstrip())
