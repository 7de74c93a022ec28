"""What may be pushed to which remote: `remote.<name>.fedlearnPublish`. Fails closed.

Only peers can be restricted. A rule is about a repository: every remote and every spelling of its URL counts.
"""

import os
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from git_fedlearn.core.layout import DATA, FileKind, find_set, kind_of
from git_fedlearn.federation.addresses import RemoteUrls, find_address
from git_fedlearn.federation.peers import Peer, read_peers
from git_fedlearn.repository.repository import Repository

_EMPTY: Final = (
    b"e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    b"473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
)
"""The empty blob, in repositories of SHA-1 and of SHA-256."""


class PublishRefusal(NamedTuple):
    """Why a push is stopped, and what to do; `paths` are those that may not be pushed."""

    message: str
    hint: str
    paths: tuple[str, ...]


def may_publish(repository: Repository, remote: str, paths: Iterable[str]) -> PublishRefusal | None:
    """None if these paths may be pushed to a remote (a name or URL), else why not. Raises SettingsError."""
    peer = find_restricted(repository, remote)
    return refuse_paths(peer, paths) if peer else None


def refuse_paths(peer: Peer, paths: Iterable[str], unknown: Sequence[str] = ()) -> PublishRefusal | None:
    """None if these paths may be pushed to a peer, else why not.

    `paths` are all paths that the outgoing commits add or change, `unknown` refs that lead to no commit.
    """
    if peer.publish is None:
        return None
    hint = f"git fedlearn remote show {peer.name}    (shows what may be pushed)"
    if not peer.publish:
        return PublishRefusal(
            f"{peer.name}: nothing may be pushed to this peer",
            hint,
            tuple(sorted(paths)),
        )
    if unknown:
        return PublishRefusal(
            f"{peer.name}: {unknown[0]} is not a commit, so its content cannot be checked",
            hint,
            tuple(unknown),
        )
    refused = tuple(sorted(path for path in paths if not _is_allowed(path, peer)))
    if not refused:
        return None
    more = f" and {len(refused) - 1} more" if len(refused) > 1 else ""
    return PublishRefusal(
        f"{peer.name}: {refused[0]}{more} may not be pushed there (only {', '.join(peer.publish)})",
        hint,
        refused,
    )


def outgoing_paths(
    repository: Repository, remote: str, tips: Iterable[str], there: Iterable[str] = ()
) -> list[str]:
    """The paths of everything that a push of these commits would publish, by the last known state there.

    `there` are more commits that the remote is known to have.
    An empty file publishes nothing: every repository has empty record sets.
    """
    tips = list(tips)
    if not tips:
        return []
    return paths_of(repository, tips, [f"--remotes={remote}", *there])


def paths_of(repository: Repository, tips: Iterable[str], without: Iterable[str]) -> list[str]:
    """The paths of all files of these commits that those in `without` lack, except empty files."""
    listed = repository.git.run("rev-list", "--objects", *tips, "--not", *without, "--")
    found = (line.split(b" ", 1) for line in listed.splitlines() if b" " in line)
    return sorted({os.fsdecode(path) for oid, path in found if oid not in _EMPTY})


def find_restricted(repository: Repository, remote: str, url: str = "") -> Peer | None:
    """The peer that is this repository, with what may be pushed by all rules for it; None without a rule.

    `remote` is a name or a URL, `url` where git pushes to, if that is known. Raises SettingsError for invalid
    config: the push must stop then.
    """
    restricted = [peer for peer in read_peers(repository) if peer.publish is not None]
    if not restricted:
        return None
    urls, top = RemoteUrls(repository.git), repository.top
    given = {find_address(one, top) for one in (*urls.spellings(remote), *urls.spellings(url)) if one}
    found = [
        peer
        for peer in restricted
        if peer.name == remote
        or any(
            find_address(one, top).is_same(address) for one in urls.spellings(peer.name) for address in given
        )
    ]
    if not found:
        return None
    allowed = (name for name in found[0].publish or () if all(name in (peer.publish or ()) for peer in found))
    return found[0]._replace(publish=tuple(allowed))


def _is_allowed(path: str, peer: Peer) -> bool:
    """Whether a path is of a set that may be pushed, or contains no lessons."""
    found = find_set(path)
    if found:
        return found[0] in (peer.publish or ())
    return not path.startswith(f"{DATA}/") or (
        kind_of(path) is FileKind.OTHER and not path.endswith(".jsonl")
    )
