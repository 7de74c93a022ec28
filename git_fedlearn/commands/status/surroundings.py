"""The lines of `status` about peers, pending items, search index, Qdrant, timers and the last `federate`."""

from collections.abc import Iterator

from git_fedlearn.commands.status.line import StatusLine, Urgency, unless_misconfigured
from git_fedlearn.console.context import Context
from git_fedlearn.console.words import ago, count
from git_fedlearn.core.canonical import Json
from git_fedlearn.federation.origins import PeerStatus, read_peer_statuses
from git_fedlearn.federation.peers import read_peers
from git_fedlearn.federation.published import count_updates
from git_fedlearn.federation.unattended import read_last_run
from git_fedlearn.qdrant.connect import read_store_status
from git_fedlearn.repository.inbox import Inbox, PendingCounts
from git_fedlearn.repository.repository import Repository
from git_fedlearn.search.index import read_index_status
from git_fedlearn.timers.schedulers import find_jobs


def surrounding_lines(context: Context) -> Iterator[StatusLine]:
    """All of them."""
    repository = context.repository
    yield unless_misconfigured("peers", lambda: _peers(context, read_peer_statuses(repository)))
    yield _review(Inbox(repository).count())
    yield unless_misconfigured("publish", lambda: _publish(repository))
    yield from _vectors(repository)
    yield _schedule(repository)
    yield _federated(context)


def _peers(context: Context, statuses: list[PeerStatus]) -> StatusLine:
    """Peers with records that this clone lacks, and peers that could not be reached."""
    if not statuses:
        return StatusLine("peers", "none", facts={"peers": {}}, is_quiet=True)
    behind = [one for one in statuses if one.behind]
    silent = [one for one in statuses if not one.contacted and not one.behind]
    failed = [one for one in statuses if one.contacted and one.has_failed]
    parts = [f"{one.peer.name} has {count(one.behind, 'new record')}" for one in behind]
    parts += [f"{one.peer.name} last reached {ago(context, one.contacted)}" for one in failed]
    parts += [f"{one.peer.name} never reached" for one in silent]
    names = [one.peer.name for one in (*behind, *failed, *silent)]
    last = max((one.contacted for one in statuses), default="")
    text = f"{len(statuses)}: " + ("; ".join(parts) or f"nothing new, last fetched {ago(context, last)}")
    facts = {
        one.peer.name: {"behind": one.behind, "contact": one.contact, "contacted": one.contacted}
        for one in statuses
    }
    command = " ".join(["git fedlearn pull-remotes", *dict.fromkeys(names)]) if names else ""
    urgency = Urgency.PERSON if failed else Urgency.ROUTINE
    return StatusLine("peers", text, command, {"peers": facts}, urgency)


def _review(waiting: PendingCounts) -> StatusLine:
    """Pending items, which need a person's decision."""
    numbers = {
        "samples": waiting.samples,
        "retractions": waiting.retractions,
        "drafts": waiting.drafts,
        "near_duplicates": waiting.repeats,
    }
    records = waiting.peers.total()
    facts = {
        "waiting": records + sum(numbers.values()),
        "peers": dict(sorted(waiting.peers.items())),
        **numbers,
    }
    if not facts["waiting"]:
        return StatusLine("review", "nothing to review", facts=facts, is_quiet=True)
    by_peer = ", ".join(f"{name} {number}" for name, number in sorted(waiting.peers.items()))
    nouns = ("doubtful sample", "proposed retraction", "drafted lesson", "near duplicate")
    parts = [f"{count(records, 'record')} from peers ({by_peer})"] * bool(records)
    parts += [count(number, noun) for number, noun in zip(numbers.values(), nouns, strict=True) if number]
    command = (
        "git fedlearn review" if len(parts) > 1 or not waiting.repeats else "git fedlearn review --duplicates"
    )
    return StatusLine("review", ", ".join(parts), command, facts, Urgency.PERSON)


def _publish(repository: Repository) -> StatusLine:
    """Published lessons that changed or were retracted here since, by peer."""
    waiting = count_updates(repository, read_peers(repository))
    facts = {"waiting": dict[str, Json](waiting)}
    if not waiting:
        return StatusLine("publish", "nothing to publish again", facts=facts, is_quiet=True)
    text = ", ".join(f"{count(number, 'update')} for {name}" for name, number in waiting.items())
    return StatusLine("publish", text, f"git fedlearn publish {min(waiting)}", facts, Urgency.PERSON)


def _vectors(repository: Repository) -> Iterator[StatusLine]:
    """The search index and the vector store."""
    index = read_index_status(repository)
    facts = {"made": index.is_made, "changed": [*index.changed]}
    text = "up to date" if index.is_made else "none yet; the first search builds it"
    if index.changed:
        text = f"{', '.join(index.changed)} changed; the next search updates it"
    yield StatusLine("index", text, facts=facts, is_quiet=True)
    store = read_store_status(repository)
    facts = {"place": store.place, "collections": [*store.collections], "changed": [*store.changed]}
    if not store.place:
        yield StatusLine("qdrant", "not configured", facts=facts, is_quiet=True)
    elif not store.collections:
        yield StatusLine("qdrant", f"{store.place}: nothing imported yet", "git fedlearn import", facts)
    elif store.changed:
        text = f"{store.place}: to import: {', '.join(store.changed)}"
        yield StatusLine("qdrant", text, "git fedlearn import", facts)
    else:
        imported = count(len(store.collections), "collection")
        yield StatusLine("qdrant", f"{store.place}: {imported} up to date", facts=facts)


def _schedule(repository: Repository) -> StatusLine:
    """The timers of this machine."""
    jobs = find_jobs(repository)
    facts = {"jobs": {job.name: job.when for job in jobs}}
    if not jobs:
        command = "git fedlearn schedule install"
        return StatusLine("schedule", "no timers", command, facts, Urgency.OPTIONAL, is_quiet=True)
    return StatusLine("schedule", "; ".join(f"{job.name} at {job.when}" for job in jobs), facts=facts)


def _federated(context: Context) -> StatusLine:
    """When `federate` last ran."""
    run = read_last_run(context.repository)
    if run is None:
        facts: dict[str, object] = {"ended": None, "failed": []}
        command = "git fedlearn federate"
        return StatusLine("federated", "never", command, facts, Urgency.OPTIONAL, is_quiet=True)
    when = run.ended.isoformat(timespec="seconds")
    facts = {"ended": when, "failed": [*run.failed]}
    text = ago(context, when)
    if run.failed:
        text = f"{text}; failed: {', '.join(run.failed)}"
        return StatusLine("federated", text, "git fedlearn federate", facts, Urgency.PERSON)
    command = "git fedlearn federate" if run.is_late(context.now()) else ""
    return StatusLine("federated", text, command, facts)
