"""`git fedlearn remote`: add, list and remove peers."""

import shlex
from typing import Final

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import COMMIT_HINT, SHORT_ID, ago, count, list_counts
from git_fedlearn.errors import UsageError
from git_fedlearn.federation.fetch import Contact
from git_fedlearn.federation.origins import find_only_from, retract_all
from git_fedlearn.federation.peer_state import PeerStates, without_read_marks
from git_fedlearn.federation.peers import (
    Peer,
    TrustLevel,
    check_address,
    check_branch,
    check_name,
    find_peer,
    find_remote_url,
    format_publish,
    get_peers,
    parse_publish,
    read_peers,
    remove_peer,
    write_peer,
)
from git_fedlearn.repository.inbox import Inbox, QuarantinedRecord
from git_fedlearn.repository.names import find_system, read_names, write_name
from git_fedlearn.repository.settings import hide_credentials
from git_fedlearn.statistics.metrics import collect, growth_by_system

_CONFIGURED: Final = ("name", "url", "trust", "branch", "publish")
TRUSTS = click.Choice([trust.value for trust in TrustLevel])


@click.group("remote", short_help="Add, list and remove peers.")
def command() -> None:
    """Add, list and remove peers: other repositories to learn from.

    A peer is an ordinary git remote of this clone; it needs no common history with this repository. Nothing
    about peers is committed.
    """


@command.command("add", short_help="Add a peer, or change one.")
@click.argument("name")
@click.argument("url", required=False)
@click.option(
    "--branch", metavar="BRANCH", help="A branch, or a pattern such as systems/* (default: its HEAD)."
)
@click.option("--trust", type=TRUSTS, help="Trust level (default: verify).")
@click.option(
    "--publish", metavar="SETS", help="What may be pushed there: all, none, or names of sets (default: all)."
)
@ANSWER_AS_JSON
@click.pass_obj
def add(
    context: Context, name: str, url: str | None, branch: str | None, trust: str | None, publish: str | None
) -> None:
    """Add the peer NAME at URL. Without URL, make the git remote NAME a peer, or change its options.

    Trust levels: full: accept its retractions of any record. verify: only of records that came from it alone.
    signed: like verify, and its newest commit must have a good signature by an allowed signer.
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
        states = PeerStates(repository)
        states.write(peer.name, without_read_marks(states.read(peer.name)))
    facts = {key: value for key, value in _facts(context, peer).items() if key in _CONFIGURED}
    options = ", ".join(f"{key} {facts[key]}" for key in ("trust", "branch", "publish"))
    context.say(f"{peer.name}: {peer.shown_url}\n  {options}")
    context.answer("remote-add/v1", facts)
    context.note(f"hint: git fedlearn pull-remotes {peer.name}")


@command.command("list", short_help="List all peers.")
@ANSWER_AS_JSON
@click.pass_obj
def list_peers(context: Context) -> None:
    """List all peers with trust level, lessons received, records in quarantine and last contact."""
    peers = read_peers(context.repository)
    facts = [_facts(context, peer) for peer in peers]
    if context.is_json:
        context.say_json("remote-list/v1", {"peers": [*facts]})
        return
    if not peers:
        context.note("no peers yet\nhint: git fedlearn remote add NAME URL")
    width = max((len(peer.name) for peer in peers), default=0)
    for peer, fact in zip(peers, facts, strict=True):
        counts = {f"{key}": number for key, number in fact.items() if isinstance(number, int)}
        numbers = ", ".join(part for part in (list_counts(counts), _seen(context, fact)) if part)
        context.say(f"{peer.name:<{width}}  {peer.trust.value:<6}  {numbers}  {peer.shown_url}")


@command.command("show", short_help="Show one peer.")
@click.argument("name", metavar="PEER")
@ANSWER_AS_JSON
@click.pass_obj
def show(context: Context, name: str) -> None:
    """Show the configuration of a peer and what it has sent so far."""
    (peer,) = get_peers(context.repository, (name,))
    facts = _facts(context, peer)
    context.answer("remote-show/v1", facts)
    tips = [str(tip)[:SHORT_ID] for tip in PeerStates(context.repository).read(peer.name).tips.values()]
    shown = {
        **{key: facts[key] for key in _CONFIGURED},
        "contact": _seen(context, facts).removeprefix("last contact "),
        **{key: facts[key] for key in ("learned", "quarantined") if facts[key]},
        **({"commits" if len(set(tips)) > 1 else "commit": ", ".join(sorted(set(tips)))} if tips else {}),
    }
    for key, value in shown.items():
        context.say(f"{key:<12} {value}")


@command.command("remove", short_help="Remove a peer.")
@click.argument("name", metavar="PEER")
@click.option("--retract", is_flag=True, help="Also retract the lessons that only it sent.")
@ANSWER_AS_JSON
@click.pass_obj
def remove(context: Context, name: str, *, retract: bool) -> None:
    """Remove a peer and what is stored about it. Its lessons stay unless you pass --retract.

    --retract retracts, on every system, the lessons that this peer introduced, unless another peer has them
    or this system learned them, too. The git remote is removed too if `remote add` created it.
    """
    repository = context.data_repository if retract else context.repository
    with repository.lock("remote remove"):
        (peer,) = get_peers(repository, (name,))
        number = 0
        if retract:
            number = retract_all(repository, find_only_from(repository, peer), context.now())
        dropped = len(Inbox(repository).pending(QuarantinedRecord, peer.name))
        remove_peer(repository, peer)
        PeerStates(repository).remove(peer.name)
        Inbox(repository).forget_peer(peer.name)
    told = f"; {count(number, 'record')} retracted" if number else "; nothing to retract" * retract
    told += f"; {count(dropped, 'record')} in quarantine dropped" if dropped else ""
    context.say(f"{peer.name}: removed{told}")
    context.answer("remote-remove/v1", {"name": peer.name, "retracted": number, "dropped": dropped})
    if number:
        context.note(COMMIT_HINT)


@command.command("name", short_help="Give a system a name on this machine.")
@click.argument("identifier", metavar="[ID]", required=False)
@click.argument("name", metavar="[NAME]", required=False)
@click.option("--remove", "is_removed", is_flag=True, help="Show the id of the system again.")
@ANSWER_AS_JSON
@click.pass_obj
def name_system(context: Context, identifier: str | None, name: str | None, *, is_removed: bool) -> None:
    """Show NAME in place of the system ID in what people read; without ID, list all systems.

    The name stays in the git config of this clone (fedlearn.name.ID) and is never shared. The first
    characters of an ID are enough. `--json` always has ids.
    """
    repository = context.data_repository
    found = collect(repository, context.now().date())
    names = read_names(repository)
    known = {*found.systems, *names.names, *([names.own] if names.own else [])}
    lessons = {one.system: one.lessons for one in growth_by_system(found)}
    if identifier is not None:
        if (name is None) != is_removed:
            raise UsageError(
                "give a name, or --remove", hint=f"git fedlearn remote name {shlex.quote(identifier)} NAME"
            )
        system = find_system(known, identifier)
        write_name(repository, system, name)
        names = read_names(repository)
        context.say(f"{system}: shown as {names.named(system)}")
    else:
        for one in sorted(known):
            number, shown = count(lessons.get(one, 0), "lesson"), names.with_own(one).removeprefix(one)
            context.say(f"{one}  {number:>12}  {shown.strip()}".rstrip())
    listed = [
        {"id": one, "name": names.names.get(one), "lessons": lessons.get(one, 0)} for one in sorted(known)
    ]
    context.answer("remote-name/v1", {"own": names.own or None, "systems": listed})


def _configured(context: Context, name: str, url: str | None) -> Peer:
    """The existing peer, or a new one at this URL or at the URL of the git remote."""
    repository = context.repository
    checked = check_name(name)
    known = find_remote_url(repository, checked)
    address = known
    if url is not None:
        place = str(context.named_path(url)) if url.startswith("~/") else url
        address = check_address(place, context.directory)
    if address is None:
        raise UsageError(f"{name}: no such git remote", hint=f"git fedlearn remote add {name} URL")
    if known is not None and address != known:
        raise UsageError(
            f"{name}: the git remote already exists, with the URL {hide_credentials(known)}",
            hint=f"git remote set-url {name} {hide_credentials(address)}",
        )
    check_address(address, repository.top)
    return find_peer(repository, checked) or Peer(checked, address)


def _seen(context: Context, fact: dict[str, object]) -> str:
    """When a peer was last reached, and the result of the last fetch if that failed."""
    failed = fact["contact"] not in ("", Contact.REACHED.value, Contact.EMPTY.value)
    last = f"last contact {ago(context, str(fact['contacted']))}" if fact["contacted"] else "never reached"
    return f"{last}, now {fact['contact']}" if failed else last


def _facts(context: Context, peer: Peer) -> dict[str, object]:
    state = PeerStates(context.repository).read(peer.name)
    return {
        "name": peer.name,
        "url": peer.shown_url,
        "trust": peer.trust.value,
        "branch": peer.branch or "HEAD",
        "publish": format_publish(peer.publish),
        "contact": state.contact,
        "contacted": state.contacted,
        "learned": state.learned,
        "quarantined": len(Inbox(context.repository).pending(QuarantinedRecord, peer.name)),
        "tips": [*sorted(set(state.tips.values()))],
    }
