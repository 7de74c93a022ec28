"""`git fedlearn review`: decide on everything that needs a person."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final, NamedTuple, TypeVar

import click

from git_fedlearn.commands.review.clusters import PendingCluster
from git_fedlearn.commands.review.drafts import PendingDraft
from git_fedlearn.commands.review.kinds import (
    Accepted,
    PendingItem,
    PendingRecord,
    PendingRetraction,
    PendingSample,
)
from git_fedlearn.commands.review.walk import Walk, read_text
from git_fedlearn.console.context import Context
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import COMMIT_HINT, SHORT_ID, count
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import SetName
from git_fedlearn.errors import UsageError
from git_fedlearn.extras import installed_extras
from git_fedlearn.federation.peers import RemoteName, check_name
from git_fedlearn.learn.near_duplicates import find_duplicates
from git_fedlearn.repository.inbox import Inbox
from git_fedlearn.repository.names import read_names
from git_fedlearn.training.trained import TrainedModel, describe_model, find_models, model_to_json

WAITING_KINDS: Final[tuple[type[PendingItem], ...]] = (
    PendingRecord,
    PendingSample,
    PendingRetraction,
    PendingDraft,
)
"""The kinds in the inbox. Duplicates have to be searched for: a walk does so last, a list if chosen."""

KINDS: Final[tuple[type[PendingItem], ...]] = (*WAITING_KINDS, PendingCluster)
ALL_SETS: Final = "*"
MIN_SHARE: Final = 0.8
"""Share of common runs of three words, for lessons to be duplicates by words."""
LIST_HINT: Final = "git fedlearn review list"
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class ReviewScope:
    """Which items to choose: kinds, records from one peer, duplicates in one set, keys."""

    kinds: tuple[type[PendingItem], ...]
    is_chosen: bool = False
    """Whether options named the kinds."""
    peer: RemoteName | None = None
    set_name: SetName | None = None
    keys: tuple[str, ...] = ()


class FoundItems(NamedTuple):
    """Pending items, and lessons that were retracted in favor of each other, so that no one is left."""

    items: list[PendingItem]
    orphans: list[tuple[SetName, RecordId]]


def scoped(function: Callable[..., Result]) -> Callable[..., Result]:
    """Give a command the options that choose a kind, and call it with its `scope`.

    `--duplicates` takes the next word as a set, also in `accept --duplicates KEY`: no set has a name like a
    key.
    """

    @click.option("--peers", is_flag=True, help="Only records from peers (the quarantine).")
    @click.option("--peer", metavar="PEER", help="Only records from this peer.")
    @click.option("--samples", is_flag=True, help="Only samples that may contain private data.")
    @click.option("--retractions", is_flag=True, help="Only retractions that agents proposed.")
    @click.option("--drafts", is_flag=True, help="Only lessons drafted from sessions of agents.")
    @click.option(
        "--duplicates",
        is_flag=False,
        flag_value=ALL_SETS,
        metavar="[SET]",
        help="Only lessons that say nearly the same, in SET or in all sets.",
    )
    @wraps(function)
    def run(
        *arguments: object,
        peers: bool,
        peer: str | None,
        duplicates: str | None,
        keys: tuple[str, ...] = (),
        **options: Any,  # noqa: ANN401  those of the command
    ) -> Result:
        if duplicates and _is_key(duplicates):
            keys, duplicates = (duplicates, *keys), ALL_SETS
        flags = (peers or peer, *map(options.pop, ("samples", "retractions", "drafts")), duplicates)
        chosen = tuple(kind for kind, flag in zip(KINDS, flags, strict=True) if flag)
        scope = ReviewScope(
            chosen or WAITING_KINDS,
            is_chosen=bool(chosen),
            peer=check_name(peer) if peer else None,
            set_name=SetName(duplicates) if duplicates and duplicates != ALL_SETS else None,
            keys=keys,
        )
        return function(*arguments, scope=scope, **options)

    return run


KEYS: Final = click.argument("keys", nargs=-1, metavar="[KEY]...")
ALL: Final = click.option("--all", "everything", is_flag=True, help="All items of the kind.")


@click.group("review", invoke_without_command=True, short_help="Decide on pending items.")
@scoped
@ANSWER_AS_JSON
@click.pass_context
def command(click_context: click.Context, *, scope: ReviewScope) -> int:
    """Decide what needs a person: records from peers, doubtful samples, retractions and lessons of agents.

    On a terminal, it asks about each pending item, with one key a decision; elsewhere, it lists them. u takes
    the last decision back, q and Ctrl-C keep what was decided. Items are kept in this clone only and shown
    redacted. It does not ask again about an item that you dropped.

    Private data is never accepted: accepting a record or a sample redacts it, unless you pass --as-is for a
    sample. Accepting a proposed retraction retracts the record, a drafted lesson is learned. Accepting
    duplicates retracts all but the best; a walk ends with them, a list has them with --duplicates only.
    """
    context: Context = click_context.obj
    if click_context.invoked_subcommand:
        if scope.is_chosen or context.is_json:
            name = click_context.invoked_subcommand
            raise UsageError(f"options go after {name}", hint=f"git fedlearn review {name} -h")
        return 0
    found = _find_items(context, scope)
    has_more = not scope.is_chosen and installed_extras()["duplicates"]
    if not context.is_json and context.stdin.isatty() and (found.items or has_more):
        walk = Walk(context, found.items, (lambda: _find_clusters(context)) if has_more else None)
        walk.run()
        _report_results(context, walk.results)
        return 0
    return _show_list(context, scope, found)


@command.command("list", short_help="List pending items.")
@scoped
@ANSWER_AS_JSON
@click.pass_obj
def list_items(context: Context, *, scope: ReviewScope) -> int:
    """List pending items: key, kind, source, and why each needs a decision.

    Exits with 1 if duplicates were retracted in favor of each other, so that no one is left.
    """
    return _show_list(context, scope, _find_items(context, scope))


@command.command("show", short_help="Show items, redacted.")
@KEYS
@scoped
@click.option("--reveal", is_flag=True, help="Also print what may be private in samples.")
@ANSWER_AS_JSON
@click.pass_obj
def show(context: Context, *, reveal: bool, scope: ReviewScope) -> None:
    """Show items, redacted and escaped, with the reason why each is pending and what accepting does."""
    if reveal and context.is_json:
        raise UsageError("--reveal is for persons, not for --json", hint="leave out one of them")
    chosen = _choose(context, scope)
    for item in chosen:
        context.say(item.describe(reveal=reveal))
    answer = {kind.kind: [item.to_json() for item in mine] for kind, mine in _by_kind(chosen)}
    context.answer("review/v1", answer)


@command.command("accept", short_help="Accept items.")
@KEYS
@scoped
@ALL
@click.option("--as-is", is_flag=True, help="Learn samples unredacted, and allow their values from now on.")
@ANSWER_AS_JSON
@click.pass_obj
def accept(context: Context, *, everything: bool, as_is: bool, scope: ReviewScope) -> int:
    """Accept items, chosen by their keys or by a kind and --all.

    A record from a peer is added redacted, with a correct id and without an invalid score. A sample is
    learned redacted, a draft as it is shown. A proposed retraction is carried out. Of duplicates, all but the
    best are retracted; those that say the same in other words are accepted by their keys only, as they may
    differ.

    --as-is puts the values in doubt on the allow-list in .fedlearn.toml, by their fingerprints, so that no
    hook and no other clone redacts them: commit that file too. All other private data is still redacted.
    Exits with 1 if an item cannot be accepted.
    """
    chosen = _choose(context, scope, everything=everything)
    if everything:
        chosen = _without_doubtful(context, chosen)
    if as_is:
        samples = [item for item in chosen if isinstance(item, PendingSample)]
        if len(samples) < len(chosen):
            raise UsageError("--as-is is only for samples", hint="git fedlearn review list --samples")
        results = [PendingSample.accept_as_is(context, samples)] if samples else []
    else:
        results = [kind.accept(context, mine) for kind, mine in _by_kind(chosen)]
    _say_accepted(context, [item.key for item in chosen], results)
    return 1 if any(result.refused for result in results) else 0


@command.command("drop", short_help="Drop items.")
@KEYS
@scoped
@ALL
@ANSWER_AS_JSON
@click.pass_obj
def drop(context: Context, *, everything: bool, scope: ReviewScope) -> None:
    """Drop items, chosen by their keys or by a kind and --all.

    A dropped record, sample or draft is not learned, however often it is read. The record of a dropped
    retraction stays. Dropped duplicates stay, too, and are not shown as duplicates of each other again.
    """
    chosen = _choose(context, scope, everything=everything)
    for kind, mine in _by_kind(chosen):
        kind.drop(context, mine)
        context.say(f"dropped {count(len(mine), kind.unit)}")
    _answer_decision(context, dropped=[item.key for item in chosen])


@command.command("edit", short_help="Learn another version of a sample.")
@click.argument("key")
@click.argument("file", required=False, type=click.Path(allow_dash=True))
@ANSWER_AS_JSON
@click.pass_obj
def edit(context: Context, key: str, file: str | None) -> None:
    """Learn the sample in FILE (one JSON object; `-` is standard input) in place of the pending one.

    Without FILE an editor opens with the redacted sample.
    """
    scope = ReviewScope(WAITING_KINDS)
    for item in _select(_find_items(context, scope).items, (key,)):
        if not isinstance(item, PendingSample):
            raise UsageError(f"{key}: only samples can be edited", hint=f"git fedlearn review show {key}")
        edited = item.parse_edited(read_text(context, item, file))
        _say_accepted(context, [item.key], [item.learn_edited(edited)])


def _find_items(context: Context, scope: ReviewScope) -> FoundItems:
    """Read the inbox, and search for duplicates if they are chosen."""
    inbox = Inbox(context.repository)
    found = FoundItems([], [])
    for kind in WAITING_KINDS:
        if kind in scope.kinds:
            found.items.extend(kind(context, one) for one in inbox.pending(kind.stored))
    if scope.peer:
        found.items[:] = [one for one in found.items if one.item.peer == scope.peer]
    if PendingCluster in scope.kinds:
        sets = context.data_repository.sets
        names = [scope.set_name] if scope.set_name else sets.names()
        for name in names:
            sets.check_name(name)
        by_meaning = installed_extras()["local"]
        for one in find_duplicates(sets, names, MIN_SHARE, inbox.distinct_lessons(), by_meaning=by_meaning):
            found.items.extend(PendingCluster(context, one.name, cluster) for cluster in one.clusters)
            found.orphans.extend((one.name, identifier) for identifier in one.orphans)
    return found


def _find_clusters(context: Context) -> list[PendingItem]:
    context.note("note: searching for near duplicates")
    found = _find_items(context, ReviewScope((PendingCluster,)))
    _report_orphans(context, found)
    return found.items


def _report_orphans(context: Context, found: FoundItems) -> None:
    for name, identifier in found.orphans:
        context.print_error(f"error: {name}: {identifier} and its replacement are both retracted")
        context.print_error(f"hint: git fedlearn restore {identifier}")


def _show_list(context: Context, scope: ReviewScope, found: FoundItems) -> int:
    if context.is_json:
        answer = {
            kind.kind: [item.to_json() for item in found.items if isinstance(item, kind)]
            for kind in KINDS
            if kind in scope.kinds
        }
        if PendingCluster in scope.kinds:
            answer["orphans"] = [{"set": name, "id": identifier} for name, identifier in found.orphans]
        context.say_json("review/v1", answer)
        return 1 if found.orphans else 0
    for item in found.items:
        context.say(f"{item.key[:SHORT_ID]}  {item.noun:<10}  {item.row()}")
    _report_orphans(context, found)
    if found.items:
        option = " --duplicates" if PendingCluster in scope.kinds else ""
        context.note(f"hint: git fedlearn review show KEY{option}    (then accept or drop)")
    elif not found.orphans:
        context.note("nothing to review")
    repeats = 0 if scope.is_chosen else len(Inbox(context.repository).repeats())
    if repeats:
        context.note(f"hint: git fedlearn review --duplicates    ({count(repeats, 'near duplicate')})")
    return 1 if found.orphans else 0


def _choose(context: Context, scope: ReviewScope, *, everything: bool = False) -> list[PendingItem]:
    if everything and not scope.is_chosen:
        raise UsageError(
            "--all needs a kind", hint="add --peers, --samples, --retractions, --drafts or --duplicates"
        )
    if bool(scope.keys) == everything:
        raise UsageError("name items by their keys, or by a kind and --all", hint=LIST_HINT)
    items = _find_items(context, scope).items
    if everything and not items:
        context.note("nothing to review")
    return items if everything else _select(items, scope.keys)


def _without_doubtful(context: Context, items: Sequence[PendingItem]) -> list[PendingItem]:
    """The items without duplicates that were found by meaning."""
    sure = [item for item in items if not (isinstance(item, PendingCluster) and item.cluster.by_meaning)]
    if len(sure) < len(items):
        left = count(len(items) - len(sure), "cluster")
        context.note(f"left out {left} by meaning: accept them by their keys")
    return sure


def _select(items: Sequence[PendingItem], keys: tuple[str, ...]) -> list[PendingItem]:
    """The items whose keys start with these; one key may name the same record from several peers."""
    chosen: dict[int, PendingItem] = {}
    for start in keys:
        matching = [item for item in items if _is_key(start) and item.key.startswith(start.lower())]
        found = len({(item.kind, item.key) for item in matching})
        if found != 1:
            many = f" is ambiguous; {found} items start with it"
            raise UsageError(f"{start}{many if found else ': no pending item has this key'}", hint=LIST_HINT)
        chosen.update({id(item): item for item in matching})
    return list(chosen.values())


def _is_key(text: str) -> bool:
    return bool(re.fullmatch("[0-9a-f]+", text.lower()))


def _by_kind(items: Sequence[PendingItem]) -> Iterator[tuple[type[PendingItem], list[Any]]]:
    """The kinds that these items are of, each with its items."""
    for kind in KINDS:
        if mine := [item for item in items if isinstance(item, kind)]:
            yield kind, mine


def _say_accepted(context: Context, keys: Sequence[str], results: Sequence[Accepted]) -> None:
    for result in results:
        for line in result.lines:
            context.say(line)
    models = _report_results(context, results)
    refused = {key for result in results for key in result.refused}
    retracted = [found for result in results for found in result.retracted]
    _answer_decision(
        context,
        accepted=[key for key in keys if key not in refused],
        refused=[key for key in keys if key in refused],
        retracted=[{"set": name, "id": identifier} for name, identifier in retracted],
        models=[model_to_json(model) for model in models],
    )


def _answer_decision(context: Context, **decided: object) -> None:
    lists: dict[str, object] = {"accepted": [], "dropped": [], "refused": [], "retracted": [], "models": []}
    context.answer("review-decision/v1", lists | decided)


def _report_results(context: Context, results: Sequence[Accepted]) -> list[TrainedModel]:
    """Name the models that saw a retracted lesson, and suggest to commit what changed; returns the models."""
    retracted = {identifier for result in results for _, identifier in result.retracted}
    models = find_models(context.data_repository, retracted) if retracted else []
    for model in models:
        context.note(f"note: a model saw it: {describe_model(model, read_names(context.repository))}")
    if any(result.lines for result in results):
        context.note(COMMIT_HINT)
    return models
