"""Peers: ordinary git remotes with `remote.<name>.fedlearn = true`. All of it is git config of this clone.

`fedlearnTrust`, `fedlearnBranch` (a branch, or a pattern such as `systems/*`; none means the peer's HEAD)
and `fedlearnPublish` (what may be pushed there) say the rest.

Where a peer may lie: the addresses of git remotes that are let through, and how they are shown.

Allowed are ssh, https, git and files; http only on this machine. What runs a program (`ext::`) is not.
"""

import os
import re
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Final, NewType
from urllib.parse import urlsplit

from git_fedlearn.core.layout import SetName, stem_of
from git_fedlearn.errors import FedlearnError, SettingsError, UsageError
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.settings import hide_credentials

TRANSPORTS: Final = ("ssh", "https", "git", "file")
_LOOPBACK: Final = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_SCP: Final = re.compile(r"(?:[^/:@\s]+@)?[^/:\s]+:(?!:).*")


def check_address(url: str, directory: Path) -> str:
    """The address to give to git; a path is made absolute. Raises UsageError for any that is not allowed."""
    allowed = f"one of {', '.join(f'{name}://…' for name in TRANSPORTS)}, user@host:path, or a folder"
    if not url or url.startswith("-") or not url.isprintable() or "::" in url.split("/", 1)[0]:
        raise UsageError(f"{hide_credentials(url)!r}: not an address to fetch from", hint=allowed)
    scheme = _SCHEME.match(url)
    if scheme:
        return _check_scheme(url, scheme[1].lower(), allowed)
    if _SCP.fullmatch(url):
        return url
    return str((directory / url).resolve())


def allowed_transports(url: str) -> tuple[str, ...]:
    """The transports git may use for an address; a redirect or a rewritten address gets no other."""
    return (*TRANSPORTS, "http") if _is_local_http(url) else TRANSPORTS


def _check_scheme(url: str, scheme: str, allowed: str) -> str:
    if scheme == "http" and not _is_local_http(url):
        raise UsageError(f"{hide_credentials(url)}: http can be read and changed on its way", hint=allowed)
    if scheme not in (*TRANSPORTS, "http"):
        raise UsageError(f"{scheme}: not a transport that peers are fetched by", hint=allowed)
    if ":" in urlsplit(url).netloc.rpartition("@")[0]:
        raise UsageError(
            "a password in an address ends up in config files and logs",
            hint="leave it out; git asks its credential helper (gitcredentials(7))",
        )
    return url


def _is_local_http(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme.lower() == "http" and bool(_LOOPBACK.fullmatch(parts.hostname or ""))


RemoteName = NewType("RemoteName", str)

NOTHING: Final = "none"
"""Publish set of a peer that nothing may be pushed to."""

_NAME: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]|\.(?!\.)){0,99}(?<!\.)(?<!\.lock)")
_BRANCH: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./*-]{0,199}")


class TrustLevel(Enum):
    """How far a peer is believed."""

    FULL = "full"
    """Its retractions and restorations count for every record."""
    VERIFY = "verify"
    """They count only for records that it brought here first."""
    SIGNED = "signed"
    """As `verify`, and its newest commit must carry a good signature by an allowed signer."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer as configured; `publish` is None where everything may go, empty where nothing may."""

    name: RemoteName
    url: str
    trust: TrustLevel = TrustLevel.VERIFY
    branch: str = ""
    publish: tuple[SetName, ...] | None = None
    by_url: bool = False
    """Whether it is fetched by its address, as no git remote has its name."""

    def with_trust(self, trust: TrustLevel) -> "Peer":
        """The same peer, believed as far as this."""
        return replace(self, trust=trust)

    @property
    def shown_url(self) -> str:
        """The address without user name and password."""
        return hide_credentials(self.url)

    @property
    def refs(self) -> str:
        """Where what was fetched from it lies, with a slash at the end."""
        return f"refs/fedlearn/{self.name}/"

    @property
    def ref(self) -> str:
        """The ref, or the pattern of refs, that is joined."""
        return f"{self.refs}{self.branch or 'HEAD'}"

    @property
    def refspec(self) -> str:
        """What git is told to fetch, and where to."""
        return f"+{f'refs/heads/{self.branch}' if self.branch else 'HEAD'}:{self.ref}"


def check_name(name: str) -> RemoteName:
    """A remote's name that is safe in refs and file names. Raises UsageError."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r}: not a name for a peer", hint="letters, digits, `-`, `_` and `.`")
    return RemoteName(name)


def check_branch(branch: str) -> str:
    """A branch, or a pattern with one `*` at its end. Raises UsageError."""
    plain = branch.removesuffix("*")
    wrong = "*" in plain or "//" in branch or ".." in branch or plain.endswith((".", ".lock"))
    if not _BRANCH.fullmatch(branch) or wrong or (plain != branch) != plain.endswith("/"):
        raise UsageError(
            f"{branch!r}: not a branch", hint="a branch such as main, or a pattern such as systems/*"
        )
    return branch


def parse_publish(text: str) -> tuple[SetName, ...] | None:
    """Set names between commas or spaces; `all` is None, `none` is empty. Raises UsageError."""
    names = text.replace(",", " ").split()
    if names in ([], ["all"]):
        return None
    if names == [NOTHING]:
        return ()
    for name in names:
        if stem_of(SetName(name)) is None:
            raise UsageError(
                f"{name}: no record set has this name", hint="all, none, or names of record sets"
            )
    return tuple(SetName(name) for name in names)


def read_peers(repository: Repository) -> list[Peer]:
    """All peers, sorted by name. Raises SettingsError for config that cannot be used."""
    remotes = _read_remotes(repository)
    return [
        _parse(name, keys) for name, keys in sorted(remotes.items()) if _is_true(keys.get("fedlearn", ""))
    ]


def get_peers(repository: Repository, names: tuple[str, ...]) -> list[Peer]:
    """The peers with these names, all for none. Raises UsageError for a name that is no peer's."""
    peers = {peer.name: peer for peer in read_peers(repository)}
    for name in names:
        if name not in peers:
            known = ", ".join(peers) or "none yet"
            raise UsageError(
                f"{name}: not a peer (peers: {known})", hint=f"git fedlearn remote add {name} URL"
            )
    return [peers[RemoteName(name)] for name in dict.fromkeys(names)] if names else list(peers.values())


def find_peer(repository: Repository, name: RemoteName) -> Peer | None:
    """One peer as it is configured; None where that cannot be used, so that it can be set anew."""
    keys = _read_remotes(repository).get(name, {})
    try:
        return _parse(name, keys) if _is_true(keys.get("fedlearn", "")) else None
    except SettingsError:
        return None


def find_remote_url(repository: Repository, name: RemoteName) -> str | None:
    """The address of a git remote, whether it is a peer or not."""
    return repository.git.find_config(f"remote.{name}.url")


def write_peer(repository: Repository, peer: Peer) -> None:
    """Make a remote a peer, adding the git remote where there is none. Raises GitError."""
    git = repository.git
    if find_remote_url(repository, peer.name) is None:
        git.run("remote", "add", "--no-tags", peer.name, peer.url)
        _set(repository, peer.name, "fedlearnMade", "true")
    _set(repository, peer.name, "fedlearnTrust", peer.trust.value)
    _set(repository, peer.name, "fedlearnBranch", peer.branch or None)
    publish = None if peer.publish is None else " ".join(peer.publish) or NOTHING
    _set(repository, peer.name, "fedlearnPublish", publish)
    _set(repository, peer.name, "fedlearn", "true")


def remove_peer(repository: Repository, peer: Peer) -> None:
    """Forget a peer: its refs, its keys, and the git remote if `remote add` made it."""
    git = repository.git
    for ref in git.text("for-each-ref", "--format=%(refname)", peer.refs).splitlines():
        git.run("update-ref", "--no-deref", "-d", ref)
    if git.find_config(f"remote.{peer.name}.fedlearnMade"):
        git.run("remote", "remove", peer.name)
        return
    for key in ("fedlearn", "fedlearnTrust", "fedlearnBranch", "fedlearnPublish"):
        _set(repository, peer.name, key, None)


def _set(repository: Repository, name: RemoteName, key: str, value: str | None) -> None:
    full = f"remote.{name}.{key}"
    if value is not None:
        repository.git.run("config", "--local", "--replace-all", full, value)
    elif repository.git.find_config(full, "--local") is not None:
        repository.git.run("config", "--local", "--unset-all", full)


def _read_remotes(repository: Repository) -> dict[str, dict[str, str]]:
    """Config keys (lower case) of every remote; the last value counts."""
    listed = repository.git.attempt("config", "--null", "--get-regexp", r"^remote\..*\.(fedlearn.*|url)$")
    remotes: dict[str, dict[str, str]] = {}
    for item in os.fsdecode(listed.out).split("\0")[:-1]:
        full, _, value = item.partition("\n")
        name, _, key = full.removeprefix("remote.").rpartition(".")
        remotes.setdefault(name, {})[key.lower()] = value
    return remotes


def _parse(name: str, keys: dict[str, str]) -> Peer:
    try:
        return Peer(
            check_name(name),
            keys.get("url", ""),
            TrustLevel(keys.get("fedlearntrust", TrustLevel.VERIFY.value)),
            check_branch(keys["fedlearnbranch"]) if keys.get("fedlearnbranch") else "",
            parse_publish(keys.get("fedlearnpublish", "")),
        )
    except (ValueError, FedlearnError) as error:
        raise SettingsError(
            f"git config remote.{name}.fedlearn*: {error}", hint=f"git fedlearn remote add {name}"
        ) from None


def _is_true(value: str) -> bool:
    return value.lower() in ("true", "yes", "on", "1")
