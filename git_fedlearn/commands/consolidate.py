"""`git fedlearn consolidate`: lessons that say nearly the same, and only the best of them kept."""

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.wording import SHORT_ID, count
from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.identity import content_of
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import Record, score_of
from git_fedlearn.learn.near_duplicates import MINIMUM, Consolidation, apply, look

DEFAULT = 0.8
SHOWN = 76
"""Characters shown of a lesson."""


@click.command("consolidate", short_help="Find lessons that say nearly the same.")
@click.argument("names", metavar="[SET]...", nargs=-1)
@click.option(
    "--similarity",
    metavar="SHARE",
    type=click.FloatRange(MINIMUM, 1),
    default=DEFAULT,
    help=f"How alike: the share of common runs of three words ({DEFAULT:g}).",
)
@click.option("--apply", "do_apply", is_flag=True, help="Retract the weaker ones in favour of the best.")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
@click.pass_obj
def command(
    context: Context, names: tuple[str, ...], similarity: float, *, do_apply: bool, as_json: bool
) -> int:
    """List clusters of lessons that are alike but not equal, the best of each first.

    The best is the one that more systems learned, then the one with the higher score, then the longer one.
    With --apply the weaker ones become tombstones that name it; `git fedlearn restore ID` undoes one.
    """
    repository = context.data_repository
    sets = repository.sets
    chosen = [SetName(name) for name in names] or sets.names()
    for name in chosen:
        sets.check_name(name)
    if do_apply:
        with repository.lock("consolidate"):
            found = look(sets, chosen, similarity)
            apply(repository, found, context.now())
    else:
        found = look(sets, chosen, similarity)
    if as_json:
        context.say_json("consolidate/v1", {"applied": do_apply, "sets": [_to_json(one) for one in found]})
    else:
        _say(context, found, applied=do_apply)
    return 1 if any(one.orphans for one in found) else 0


def _say(context: Context, found: list[Consolidation], *, applied: bool) -> None:
    for one in found:
        for cluster in one.clusters:
            context.say(f"{one.name}\n  keep      {_describe(cluster.best)}")
            for similar in cluster.weaker:
                verb = "retracted" if applied else "alike"
                context.say(f"  {verb:<10}{_describe(similar.record)}  {similar.resemblance:.0%}")
        for identifier in one.orphans:
            context.complain(f"error: {one.name}: {identifier} and what replaced it are both retracted")
            context.complain(f"hint: git fedlearn restore {identifier}")
    weaker = sum(len(cluster.weaker) for one in found for cluster in one.clusters)
    clusters = sum(len(one.clusters) for one in found)
    if not weaker:
        context.say("no two lessons are that much alike")
    elif applied:
        context.say(f"retracted {count(weaker, 'lesson')} in favour of {clusters}")
    else:
        context.say(f"{count(weaker, 'lesson')} could be retracted in favour of {clusters}")
        context.note("hint: look at them with git fedlearn show ID, then git fedlearn consolidate --apply")


def _describe(record: Record) -> str:
    """Id, score, and the beginning of what a lesson says, on one line without control characters."""
    words = " ".join(" | ".join(_texts(content_of(record.fields))).split())
    shown = "".join(char for char in words if char.isprintable())
    shown = shown if len(shown) <= SHOWN else f"{shown[: SHOWN - 1]}…"
    score = score_of(record.fields)
    return f"{record.id[:SHORT_ID]} {f'{score:.2f}' if score >= 0 else '   -'}  {shown}"


def _texts(content: JsonObject) -> list[str]:
    """What a lesson says; of a chat the last message comes first, for many begin with the same context."""
    messages = content.get("messages")
    listed = messages[::-1] if isinstance(messages, list) else []
    said = [message.get("content") for message in listed if isinstance(message, dict)]
    named = [content[key] for key in sorted(content)]
    return [text for text in (*said, *named) if isinstance(text, str)]


def _to_json(one: Consolidation) -> dict[str, Json]:
    clusters: list[Json] = [
        {
            "best": cluster.best.id,
            "weaker": [{"id": alike.record.id, "similarity": alike.resemblance} for alike in cluster.weaker],
        }
        for cluster in one.clusters
    ]
    return {"set": one.name, "clusters": clusters, "orphans": [*one.orphans]}
