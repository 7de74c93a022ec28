"""`git fedlearn remote`: the peers to learn from."""

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.words import ago, count
from git_fedlearn.core.canonical import Json
from git_fedlearn.errors import UsageError
from git_fedlearn.federation.fetch import Contact
from git_fedlearn.federation.origins import find_only_from, retract_all
from git_fedlearn.federation.peer_state import (
    PeerState,
    read_memory,
    remove_memory,
    without_read_marks,
    write_memory,
)
from git_fedlearn.federation.peers import (
    NOTHING,
    Peer,
    TrustLevel,
    check_address,
    check_branch,
    check_name,
    find_peer,
    find_remote_url,
    get_peers,
    parse_publish,
    read_peers,
    remove_peer,
    write_peer,
)
from git_fedlearn.repository.inbox import Inbox
from git_fedlearn.repository.settings import hide_credentials

TRUSTS = click.Choice([trust.value for trust in TrustLevel])


@click.group("remote", short_help="Add, list and remove the peers to learn from.")
def command() -> None:
    """Peers: other repositories to learn from. Each is an ordinary git remote of this clone.

    Nothing about peers is committed, and a peer needs no history in common with this repository.
    """


@command.command("add", short_help="Add a peer, or change one.")
@click.argument("name")
@click.argument("url", required=False)
@click.option("--branch", metavar="BRANCH", help="A branch, or a pattern such as systems/* (its HEAD).")
@click.option("--trust", type=TRUSTS, help="How far it is believed (verify).")
@click.option(
    "--publish", metavar="SETS", help="What may be pushed there: all, none, or names of sets (all)."
)
@click.pass_obj
def add(
    context: Context, name: str, url: str | None, branch: str | None, trust: str | None, publish: str | None
) -> None:
    """Add the peer NAME at URL. Without URL, make an existing git remote a peer or change its options.

    full: its retractions count for every record. verify: only for records that it brought here first.
    signed: as verify, and its newest commit must carry a good signature by an allowed signer.
    """
    repository = context.repository
    with repository.lock("remote add"):
        peer = _configured(context, name, url)
        peer = Peer(
            peer.name,
            peer.url,
            TrustLevel(trust) if trust else peer.trust,
            peer.branch if branch is None else check_branch(branch) if branch else "",
            peer.publish if publish is None else parse_publish(publish),
        )
        write_peer(repository, peer)
        write_memory(repository, peer.name, without_read_marks(read_memory(repository, peer.name)))
    context.say(f"{peer.name}: {peer.shown_url} ({', '.join(_options(peer))})")
    context.note(f"hint: git fedlearn pull-remotes {peer.name}")


@command.command("list", short_help="List all peers.")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
@click.pass_obj
def list_peers(context: Context, *, as_json: bool) -> None:
    """List all peers with their last contact, what was learned from them, and what waits in quarantine."""
    peers = read_peers(context.repository)
    facts = [_facts(context, peer) for peer in peers]
    if as_json:
        context.say_json("remote-list/v1", {"peers": [*facts]})
        return
    if not peers:
        context.note("no peers yet\nhint: git fedlearn remote add NAME URL")
    width = max((len(peer.name) for peer in peers), default=0)
    for peer, fact in zip(peers, facts, strict=True):
        numbers = f"{fact['learned']} learned, {fact['quarantined']} in quarantine"
        numbers += f", {_seen(context, fact)}"
        context.say(f"{peer.name:<{width}}  {peer.trust.value:<6}  {numbers}  {peer.shown_url}")


@command.command("show", short_help="Show one peer.")
@click.argument("name", metavar="PEER")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
@click.pass_obj
def show(context: Context, name: str, *, as_json: bool) -> None:
    """Show what is configured for a peer, and what came of it so far."""
    (peer,) = get_peers(context.repository, (name,))
    facts = _facts(context, peer)
    if as_json:
        context.say_json("remote-show/v1", facts)
        return
    for key, value in facts.items():
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        context.say(f"{key:<12} {text or '-'}")


@command.command("remove", short_help="Remove a peer.")
@click.argument("name", metavar="PEER")
@click.option("--retract", is_flag=True, help="Take back all that only came from it.")
@click.pass_obj
def remove(context: Context, name: str, *, retract: bool) -> None:
    """Remove a peer with everything remembered of it. What was learned from it stays, unless --retract.

    With --retract, lessons that came first through this peer, that no other peer holds and that were not
    learned here as well are retracted everywhere. The git remote goes too if `remote add` made it.
    """
    repository = context.data_repository if retract else context.repository
    with repository.lock("remote remove"):
        (peer,) = get_peers(repository, (name,))
        number = 0
        if retract:
            number = retract_all(repository, find_only_from(repository, peer), context.now())
        waiting = len(Inbox(repository).records(peer.name))
        remove_peer(repository, peer)
        remove_memory(repository, peer.name)
        Inbox(repository).forget_peer(peer.name)
    dropped = f"; {count(waiting, 'record')} in quarantine dropped" if waiting else ""
    taken = f"; {count(number, 'record')} retracted" if retract else ""
    context.say(f"{peer.name}: removed{taken}{dropped}")
    if number:
        context.note("hint: git add data && git commit")


def _configured(context: Context, name: str, url: str | None) -> Peer:
    """The peer as it is, or a new one with the address given or that of the git remote."""
    repository = context.repository
    checked = check_name(name)
    known = find_remote_url(repository, checked)
    wanted = check_address(url, context.directory) if url is not None else known
    if wanted is None:
        raise UsageError(f"{name}: no git remote has this name", hint=f"git fedlearn remote add {name} URL")
    if known is not None and wanted != known:
        raise UsageError(
            f"{name}: this remote exists with another address ({hide_credentials(known)})",
            hint=f"git remote set-url {name} {hide_credentials(wanted)}",
        )
    check_address(wanted, repository.top)
    return find_peer(repository, checked) or Peer(checked, wanted)


def _seen(context: Context, fact: dict[str, Json]) -> str:
    """When a peer was reached, and how the last fetch ended if it was not."""
    failed = fact["contact"] not in ("", Contact.REACHED.value, Contact.EMPTY.value)
    last = f"last contact {ago(context, str(fact['contacted']))}" if fact["contacted"] else "never reached"
    return f"{last}, now {fact['contact']}" if failed else last


def _options(peer: Peer) -> list[str]:
    return [f"trust {peer.trust.value}", f"branch {peer.branch or 'HEAD'}", f"publish {_published(peer)}"]


def _published(peer: Peer) -> str:
    return "all" if peer.publish is None else " ".join(peer.publish) or NOTHING


def _facts(context: Context, peer: Peer) -> dict[str, Json]:
    memory: PeerState = read_memory(context.repository, peer.name)
    return {
        "name": peer.name,
        "url": peer.shown_url,
        "trust": peer.trust.value,
        "branch": peer.branch or "HEAD",
        "publish": _published(peer),
        "contact": memory.contact,
        "contacted": memory.contacted,
        "learned": memory.learned,
        "quarantined": len(Inbox(context.repository).records(peer.name)),
        "tips": [*sorted(set(memory.tips.values()))],
    }
