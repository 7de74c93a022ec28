"""`git fedlearn metrics`: figures for all systems."""

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import count
from git_fedlearn.repository.names import read_names
from git_fedlearn.statistics.metrics import Metrics, collect, growth_by_system, parse_month, trend

BAR = 30
"""Characters of the longest bar."""
NARROW = 80
"""Columns of output that is no terminal."""
MONTH_WIDTH = 9
MAX_LISTED_SYSTEMS = 20
SYSTEM_HEADING = f"{'system':<14} {'lessons':>8}  {'synced':<10}"


@click.command("metrics", short_help="Show figures for all systems.")
@click.option("--month", metavar="YYYY-MM", help="Show the figures at the end of this month.")
@ANSWER_AS_JSON
@click.pass_obj
def command(context: Context, month: str | None) -> None:
    """Show how much all systems have learned, how fast, and how much of it from each other.

    The first four figures are the health of the federation: the last sync, the systems, the patterns that
    they share, and how much each system has from others. The growth follows by month and by system.

    The figures come from the record sets, and from the monthly files that sync and federate write.
    docs/metrics.md defines each figure.
    """
    today = context.now().date()
    until = min(parse_month(month), today) if month else today
    metrics = collect(context.data_repository, until, month)
    if context.is_json:
        context.say_json("metrics/v1", {"month": month, "until": until.isoformat(), **_to_json(metrics)})
    else:
        _say(context, metrics)


def _to_json(metrics: Metrics) -> dict[str, object]:
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
        "systems": [one._asdict() for one in growth_by_system(metrics)],
    }


def _say(context: Context, metrics: Metrics) -> None:
    found = metrics.survey
    for name, value in (
        ("last sync", metrics.sync_last or "never"),
        ("systems", f"{len(metrics.systems)}"),
        ("patterns federated", f"{found.patterns:,}"),
        (
            "collective learning",
            f"{found.learning_rate:.1%} of the lessons on a system come from others",
        ),
        ("adoption", f"{found.adoption_rate:.1%} of lessons were learned by two or more systems"),
        ("fine-tuning samples", f"{found.samples:,} (about {found.tokens:,} tokens)"),
        ("patterns per week", f"{found.pace:g} (last four weeks)"),
        ("retractions", f"{found.retractions:,}"),
    ):
        context.say(f"{name:<20} {value}")
    context.say("\nset                     records  retracted        bytes")
    for set_name, figures in found.sets.items():
        context.say(f"{set_name:<20} {figures.records:>10,} {figures.retracted:>10,} {figures.bytes:>12,}")
    _say_scores(context, found.scores())
    context.say("\nmonth       patterns    samples      total  systems")
    for row in trend(metrics):
        numbers = f"{row['patterns']:>12,} {row['samples']:>10,} {row['total']:>10,} {row['systems']:>8,}"
        context.say(f"{row['month']} {numbers}")
    _say_systems(context, metrics)


def _say_systems(context: Context, metrics: Metrics) -> None:
    """Lessons that each system learned, and those of the last months, as many as the line has room for."""
    rows, names = growth_by_system(metrics), read_names(context.repository)
    room = ((context.columns or NARROW) - len(SYSTEM_HEADING)) // MONTH_WIDTH
    months = sorted({month for row in rows for month in row.months})[-room:] if rows else []
    if rows:
        context.say("\n" + SYSTEM_HEADING + "".join(f"{month:>{MONTH_WIDTH}}" for month in months))
    for row in rows[:MAX_LISTED_SYSTEMS]:
        day = (row.synced_at or "never")[:10]
        numbers = "".join(f"{row.months.get(month, 0):>{MONTH_WIDTH},}" for month in months)
        context.say(f"{names.named(row.system):<14.14} {row.lessons:>8,}  {day:<10}{numbers}".rstrip())
    if len(rows) > MAX_LISTED_SYSTEMS:
        context.say(f"and {count(len(rows) - MAX_LISTED_SYSTEMS, 'more system')} (--json lists all)")


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
