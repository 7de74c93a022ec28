"""What `status` says, gathered from every layer: one item for each thing a person may have to act on.

Nothing here goes to the network, takes a lock or changes a data file.
"""

from collections.abc import Callable, Iterator

from git_fedlearn.commands.standing.around import (
    federated_item,
    peers_item,
    review_item,
    schedule_item,
    vectors_items,
)
from git_fedlearn.commands.standing.here import (
    bare_items,
    branch_item,
    learned_item,
    setup_items,
    uncommitted_item,
    upstream_items,
)
from git_fedlearn.commands.standing.item import Item
from git_fedlearn.commands.standing.private import privacy_item
from git_fedlearn.console.context import Context
from git_fedlearn.core.layout import DATA
from git_fedlearn.errors import SettingsError
from git_fedlearn.federation.standing import read_peer_standings
from git_fedlearn.repository.inbox import Inbox
from git_fedlearn.repository.work_state import read_work_state
from git_fedlearn.statistics.counts import count_work_tree


def read_standing(context: Context) -> Iterator[Item]:
    """Every item, from what lies here to what lies elsewhere."""
    repository = context.repository
    if repository.is_bare:
        yield from bare_items(repository)
        return
    state = read_work_state(repository)
    yield branch_item(repository, state)
    if not (repository.top / DATA).is_dir():
        yield Item("learned", "nothing: there is no folder data/ yet", "git fedlearn init", {"sets": {}})
        return
    yield from setup_items(repository)
    yield learned_item(
        count_work_tree(repository, set(state.changed)), "git pull" if state.behind else "git fedlearn sync"
    )
    yield uncommitted_item(repository, state)
    yield from upstream_items(repository, state)
    yield _or_why_not("privacy", lambda: privacy_item(context, state))
    yield _or_why_not("peers", lambda: peers_item(context, read_peer_standings(repository)))
    yield review_item(Inbox(repository).count())
    yield from vectors_items(repository)
    yield schedule_item(repository)
    yield federated_item(context)


def _or_why_not(name: str, item: Callable[[], Item]) -> Item:
    """An item, or why there is none: settings that cannot be used must not hide all the rest."""
    try:
        return item()
    except SettingsError as error:
        return Item(name, f"unknown: {error.message}", error.hint, {"error": error.message})
