"""`git fedlearn publish`: copy chosen lessons into another repository, after a look at each."""

import json
import shlex
from typing import Final

import click

from git_fedlearn.console.context import Context, paint
from git_fedlearn.console.usage import ANSWER_AS_JSON, NumberRange
from git_fedlearn.console.words import SHORT_ID, SUSPICIOUS, count, redactions
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import MAX_SEEN_BY
from git_fedlearn.errors import FedlearnError, RefusedError
from git_fedlearn.federation.peers import Peer, get_peers
from git_fedlearn.federation.publish_choice import LESSON_SETS, PublishChoice, choose_lessons
from git_fedlearn.federation.publish_policy import may_publish
from git_fedlearn.federation.publishing import (
    Publisher,
    PublishFault,
    PublishOffer,
    PublishPlan,
    describe_kinds,
)
from git_fedlearn.federation.unattended import anonymous_environment
from git_fedlearn.federation.upstream import Exchange, StepStatus
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.repository.lock import hold_lock
from git_fedlearn.repository.state import PUBLISHED

_SECONDS: Final = 600.0
_ANSWERS: Final = ("publish", "skip", "all", "quit")
_UNSEEN: Final = "reads like instructions to an agent; look at it on a terminal"


@click.command("publish", short_help="Copy chosen lessons into another repository.")
@click.argument("name", metavar="PEER")
@click.argument("identifiers", metavar="[ID]...", nargs=-1)
@click.option("--set", "sets", metavar="SET", multiple=True, help="Lessons of this set (repeatable).")
@click.option(
    "--min-score",
    metavar="SCORE",
    type=NumberRange(0, 1),
    help="Only lessons with at least this score.",
)
@click.option(
    "--seen-by",
    "learners",
    metavar="N",
    type=click.IntRange(1, MAX_SEEN_BY),
    help="Only lessons that N systems learned on their own.",
)
@click.option("--dry-run", is_flag=True, help="Show what would leave; push nothing.")
@click.option("--yes", "is_sure", is_flag=True, help="Publish without a look at each lesson.")
@ANSWER_AS_JSON
@click.pass_obj
def command(  # noqa: PLR0913  one option each
    context: Context,
    name: str,
    identifiers: tuple[str, ...],
    sets: tuple[str, ...],
    min_score: float | None,
    learners: int | None,
    *,
    dry_run: bool,
    is_sure: bool,
) -> int:
    """Copy chosen lessons into the repository of a peer, in one commit on top of its own history.

    That repository gets these records and nothing else of this one: no other commit, file or system. Each
    record is redacted once more, also where .fedlearn.toml allows a value here, and names this system alone
    as the one that learned it. On a terminal you look at each as it would leave, and decide; elsewhere --yes
    is needed.

    Updates and retractions of lessons published before are part of every run, and all of it if you choose no
    lesson. Without ID and --set, the choice is among errors, patterns and practices; without ID, lessons that
    only a peer brought are left out. Exits with 1 if a chosen lesson may not leave.
    """
    repository = context.data_repository
    if repository.is_anonymous:
        context = context.moved(context.directory, anonymous_environment(repository))
        repository = context.data_repository
    (peer,) = get_peers(repository, (name,))
    if peer.publish == () and (refusal := may_publish(repository, peer.name, ())):
        raise RefusedError(refusal.message, hint=refusal.hint)
    choice = PublishChoice(identifiers, tuple(map(SetName, sets)), min_score, learners)
    engine = PrivacyEngine(context.identity(), context.policy.without_allowances())
    with hold_lock(repository.state.path(PUBLISHED), "publish", timeout=1.0):
        publisher = Publisher(repository, peer, engine, seconds=_SECONDS)
        defaults = [one for one in LESSON_SETS if not publisher.find_refusal(one)]
        plan = publisher.plan(choose_lessons(repository, choice, defaults))
        if dry_run:
            _answer(context, publisher, peer, plan, Exchange(StepStatus.SKIPPED))
        else:
            plan = _decide(context, plan, _command_line(peer, choice), is_sure=is_sure)
            done = publisher.push(plan.offers) if plan.offers else Exchange(StepStatus.NOTHING)
            if done.status is StepStatus.FAILED:
                raise FedlearnError(
                    f"{peer.name}: not published: {done.detail}", hint=f"git fedlearn remote show {peer.name}"
                )
            publisher.remember(plan.current)
            _answer(context, publisher, peer, plan, done)
    if choice.is_empty and not (plan.offers or plan.faults):
        context.note(f"hint: git fedlearn publish {peer.name} --set {LESSON_SETS[-1]}    (chooses lessons)")
    return 1 if plan.faults else 0


def _command_line(peer: Peer, choice: PublishChoice) -> str:
    """The command that makes this choice again."""
    words = ["git", "fedlearn", "publish", peer.name, *choice.ids]
    words += [word for name in choice.sets for word in ("--set", name)]
    words += [] if choice.min_score is None else ["--min-score", f"{choice.min_score:g}"]
    words += [] if choice.learners is None else ["--seen-by", f"{choice.learners}"]
    return shlex.join(words)


def _decide(context: Context, plan: PublishPlan, line: str, *, is_sure: bool) -> PublishPlan:
    """The plan with the offers that the user, or `--yes`, agrees to; `line` is the command without it."""
    if is_sure:
        unseen = [PublishFault(one.set, one.id, _UNSEEN) for one in plan.offers if one.is_suspicious]
        offers = [one for one in plan.offers if not one.is_suspicious]
        return plan._replace(offers=offers, faults=[*plan.faults, *unseen])
    if not plan.offers:
        return plan
    if context.is_json or not context.stdin.isatty():
        raise RefusedError(
            f"{count(len(plan.offers), 'lesson')} to publish, and nobody has looked at them",
            hint=f"{line} --dry-run    (then the same with --yes)",
        )
    return plan._replace(offers=_walk(context, plan.offers))


def _walk(context: Context, offers: list[PublishOffer]) -> list[PublishOffer]:
    """Show each record as it would leave and ask; quitting, or the end of input, publishes nothing."""
    context.say(describe_kinds(offers))
    taken: list[PublishOffer] = []
    rest_too = False
    for number, one in enumerate(offers, 1):
        if rest_too and not one.is_suspicious:
            taken.append(one)
            continue
        context.say(f"\n{number} of {len(offers)}\n{_describe(one)}")
        answer = _ask(context)
        if answer == "quit":
            return []
        rest_too = rest_too or answer == "all"
        taken += [one] if answer != "skip" else []
    return taken


def _describe(one: PublishOffer) -> str:
    """The whole record, exactly as it would leave, and what was redacted in it."""
    lines = [_row(one)]
    if one.is_suspicious:
        lines.append(f"warning: {SUSPICIOUS}")
    if one.others:
        lines.append(f"there     {count(one.others, 'other system')} learned it, too")
    return "\n".join([*lines, json.dumps(one.outgoing.record.fields, indent=2, ensure_ascii=True)])


def _ask(context: Context) -> str:
    """The first answer that begins with what was typed; the end of input means quit."""
    context.print_held()
    while True:
        context.stdout.write(f"{', '.join(_ANSWERS[:-1])} or {_ANSWERS[-1]}? ")
        context.stdout.flush()
        line = context.stdin.readline().decode("utf-8", "replace")
        typed = line.strip().lower()
        if not line:
            return "quit"
        found = next((answer for answer in _ANSWERS if typed and answer.startswith(typed)), "")
        if found:
            return found


def _row(one: PublishOffer) -> str:
    redacted = redactions(one.outgoing.redacted)
    row = f"{one.kind.value:<9}  {paint('id', one.id[:SHORT_ID])}  {paint('set', one.set)}  {one.title}"
    return f"{row}  ({redacted})" if redacted else row.rstrip()


def _answer(context: Context, publisher: Publisher, peer: Peer, plan: PublishPlan, done: Exchange) -> None:
    """Print what was published, or would be, and what may not be."""
    dry_run, branch = done.status is StepStatus.SKIPPED, publisher.target.branch
    facts = {
        "peer": peer.name,
        "branch": branch,
        "dry_run": dry_run,
        "commit": publisher.commit,
        "published": [_to_json(one) for one in plan.offers],
        "refused": [{"set": one.set, "id": one.id, "reason": one.reason} for one in plan.faults],
        "known": plan.known,
    }
    context.answer("publish/v1", facts)
    for one in plan.offers if dry_run else ():
        context.say(_row(one))
    for fault in plan.faults:
        context.print_error(f"error: {fault.id[:SHORT_ID]} in {fault.set}: {fault.reason}")
    known = f", {plan.known} already there" if plan.known else ""
    if not plan.offers:
        context.say(f"{peer.name}: nothing published{known}")
    elif dry_run:
        context.say(f"{peer.name}: would publish {describe_kinds(plan.offers)} to {branch}{known}")
    else:
        commit = f"{publisher.commit}"[:SHORT_ID]
        context.say(f"{peer.name}: published {describe_kinds(plan.offers)} to {branch} as {commit}{known}")


def _to_json(one: PublishOffer) -> dict[str, object]:
    return {
        "kind": one.kind.value,
        "set": one.set,
        "id": one.id,
        "redacted": one.outgoing.redacted,
        "reads_like_instructions": one.is_suspicious,
        "others": one.others,
        "record": one.outgoing.record.fields,
    }
