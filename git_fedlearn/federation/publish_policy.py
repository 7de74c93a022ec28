"""What may be pushed to which remote: `remote.<name>.fedlearnPublish`. Fails closed.

Only peers can be restricted. A rule is about a repository: every remote and every spelling of its URL counts.
"""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from git_fedlearn.core.layout import DATA, FileKind, find_set, kind_of
from git_fedlearn.core.patterns import lazy_pattern
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
    """The peer that is this repository, if not everything may be pushed there; of several the strictest one.

    `url` is where a push goes, if it is known; else it is read from the remote. Raises SettingsError for
    invalid config: the push must stop then.
    """
    peers = read_peers(repository)
    if not any(peer.publish is not None for peer in peers):
        return None
    listed = repository.git.attempt("remote", "get-url", "--push", "--all", remote).out if not url else b""
    urls = [url] if url else os.fsdecode(listed).splitlines()
    given = {address_of(one, repository.top) for one in (remote, *urls)}
    found = [peer for peer in peers if peer.name == remote or address_of(peer.url, repository.top) in given]
    restricted = [peer for peer in found if peer.publish is not None]
    return min(restricted, key=lambda peer: len(peer.publish or ()), default=None)


_SCP: Final = lazy_pattern(r"(?:[^@/:]+@)?(?P<host>\[[^\]]+\]|[^/:]+):(?P<path>.*)", re.DOTALL)
"""`user@host:path`, which is no URL: gitremote(7) and git-push(1), "Git URLs"."""
_PORTS: Final = {"ssh": 22, "git": 9418, "http": 80, "https": 443}


def address_of(url: str, folder: Path) -> str:
    """A name for the repository at a URL that is the same for every spelling of it.

    It is made of host and path, without scheme, user, the usual port, `.git` and letter case; of a local
    path, which is relative to `folder`, it is the real path.
    """
    scheme, separator, _rest = url.partition("://")
    if separator and scheme.lower() != "file":
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            return url
        usual = _PORTS.get(scheme.lower().removeprefix("git+").removesuffix("+git"))
        host = (parts.hostname or "") + (f":{port}" if port and port != usual else "")
        return f"{host}/{_bare(unquote(parts.path))}".casefold()
    scp = None if separator else _SCP.fullmatch(url)
    if scp:
        return f"{scp['host'].strip('[]')}/{_bare(scp['path'])}".casefold()
    path = unquote(url.partition("://")[2]) if separator else url
    return _bare(os.path.realpath(folder / Path(path).expanduser()), start="")


def _bare(path: str, *, start: str = "/") -> str:
    return path.lstrip(start).rstrip("/").removesuffix("/.git").removesuffix(".git").rstrip("/")


def _is_allowed(path: str, peer: Peer) -> bool:
    """Whether a path is of a set that may be pushed, or contains no lessons."""
    found = find_set(path)
    if found:
        return found[0] in (peer.publish or ())
    return not path.startswith(f"{DATA}/") or (
        kind_of(path) is FileKind.OTHER and not path.endswith(".jsonl")
    )
