"""Peers: git remotes with `remote.<name>.fedlearn = true`. Everything is in the git config of this clone.

The other keys are `fedlearnTrust`, `fedlearnBranch` (a branch, or a pattern such as `systems/*`; unset means
the peer's HEAD) and `fedlearnPublish` (what may be pushed there).

Allowed URLs are ssh, https, git and files; http only on this machine. `ext::`, which runs a program, is not.
"""

from enum import Enum
from pathlib import Path
from shlex import quote
from typing import Final, NamedTuple, NewType
from urllib.parse import urlsplit

from git_fedlearn.core.layout import SetName, stem_of
from git_fedlearn.core.patterns import lazy_pattern
from git_fedlearn.errors import FedlearnError, SettingsError, UsageError
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.settings import hide_credentials

TRANSPORTS: Final = ("ssh", "https", "git", "file")
_LOOPBACK: Final = lazy_pattern(r"localhost|127(\.\d{1,3}){3}|::1")
_SCHEME: Final = lazy_pattern(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_SCP: Final = lazy_pattern(r"(?:[^/:@\s]+@)?[^/:\s]+:(?!:).*")


def check_address(url: str, directory: Path) -> str:
    """The URL to give to git; a path is made absolute. Raises UsageError if it is not allowed."""
    allowed = f"use one of {', '.join(f'{name}://…' for name in TRANSPORTS)}, user@host:path, or a folder"
    if not url or url.startswith("-") or not url.isprintable() or "::" in url.split("/", 1)[0]:
        raise UsageError(f"{hide_credentials(url)!r}: not a URL to fetch from", hint=allowed)
    scheme = _SCHEME.match(url)
    if scheme:
        return _check_scheme(url, scheme[1].lower(), allowed)
    if _SCP.fullmatch(url):
        return url
    return str((directory / url).resolve())


def allowed_transports(url: str) -> tuple[str, ...]:
    """The transports git may use for a URL, also after a redirect or `url.<base>.insteadOf`."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return TRANSPORTS
    is_local = parts.scheme.lower() == "http" and _LOOPBACK.fullmatch(parts.hostname or "")
    return (*TRANSPORTS, "http") if is_local else TRANSPORTS


def _check_scheme(url: str, scheme: str, allowed: str) -> str:
    if scheme == "http" and "http" not in allowed_transports(url):
        raise UsageError(f"{hide_credentials(url)}: http is not encrypted", hint=allowed)
    if scheme not in (*TRANSPORTS, "http"):
        raise UsageError(f"{scheme}: transport not allowed", hint=allowed)
    if ":" in url.partition("://")[2].partition("/")[0].rpartition("@")[0]:
        raise UsageError(
            "a password in a URL ends up in config files and logs",
            hint="leave it out; git asks its credential helper (gitcredentials(7))",
        )
    return url


RemoteName = NewType("RemoteName", str)

NOTHING: Final = "none"
"""Value of `fedlearnPublish` for a peer to which nothing may be pushed."""

_NAME: Final = lazy_pattern(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]|\.(?!\.)){0,99}(?<!\.)(?<!\.lock)")
_BRANCH: Final = lazy_pattern(r"[A-Za-z0-9_][A-Za-z0-9_./*-]{0,199}")


class TrustLevel(Enum):
    """What a peer may do to records that are here."""

    FULL = "full"
    """Its retractions and restorations of any record are accepted."""
    VERIFY = "verify"
    """Retractions are accepted only for records that came from it alone; restorations wait."""
    SIGNED = "signed"
    """Like `verify`, and its newest commit needs a good signature by an allowed signer."""


class Peer(NamedTuple):
    """A peer as configured; `publish` is None if everything may be pushed to it, empty if nothing may."""

    name: RemoteName
    url: str
    trust: TrustLevel = TrustLevel.VERIFY
    branch: str = ""
    publish: tuple[SetName, ...] | None = None
    by_url: bool = False
    """Whether it is fetched by its URL, as no git remote has its name."""

    @property
    def shown_url(self) -> str:
        """The URL without user name and password."""
        return hide_credentials(self.url)

    @property
    def refs(self) -> str:
        """The prefix of the refs it is fetched into, with a slash at the end."""
        return f"refs/fedlearn/{self.name}/"

    @property
    def ref(self) -> str:
        """The ref, or the pattern of refs, that is merged."""
        return f"{self.refs}{self.branch or 'HEAD'}"

    @property
    def refspec(self) -> str:
        """The refspec of a fetch."""
        return f"+{f'refs/heads/{self.branch}' if self.branch else 'HEAD'}:{self.ref}"


def check_name(name: str) -> RemoteName:
    """A name that is safe in refs and file names. Raises UsageError."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r}: not a valid name for a peer", hint="use letters, digits, `-`, `_` and `.`"
        )
    return RemoteName(name)


def check_branch(branch: str) -> str:
    """A branch, or a pattern with one `*` at its end. Raises UsageError."""
    plain = branch.removesuffix("*")
    wrong = "*" in plain or "//" in branch or ".." in branch or plain.endswith((".", ".lock"))
    if not _BRANCH.fullmatch(branch) or wrong or (plain != branch) != plain.endswith("/"):
        raise UsageError(
            f"{branch!r}: not a valid branch",
            hint="use a branch (main) or a pattern (systems/*)",
        )
    return branch


def parse_publish(text: str) -> tuple[SetName, ...] | None:
    """Set names separated by commas or spaces; `all` is None, `none` is empty. Raises UsageError.

    Names with spaces are separated by commas: `collections/team notes,`.
    """
    names = [name for part in text.split(",") if (name := part.strip())]
    if "," not in text or not all(stem_of(SetName(name)) for name in names):
        names = text.replace(",", " ").split()
    if names in ([], ["all"]):
        return None
    if names == [NOTHING]:
        return ()
    for name in names:
        if stem_of(SetName(name)) is None:
            raise UsageError(f"{name}: no such record set", hint="use all, none, or names of record sets")
    return tuple(SetName(name) for name in names)


def format_publish(names: tuple[SetName, ...] | None) -> str:
    """What `parse_publish` reads back."""
    if names is None:
        return "all"
    if any(" " in name for name in names):
        return ", ".join([*names, ""]).strip()
    return " ".join(names) or NOTHING


def read_peers(repository: Repository) -> list[Peer]:
    """All peers, sorted by name. Raises SettingsError for invalid config."""
    remotes = sorted(_read_remotes(repository).items())
    return [peer for name, keys in remotes if (peer := _parse(name, keys))]


def get_peers(repository: Repository, names: tuple[str, ...]) -> list[Peer]:
    """The peers with these names; all peers without names. Raises UsageError for an unknown name."""
    peers = {peer.name: peer for peer in read_peers(repository)}
    for name in names:
        if name not in peers:
            known = ", ".join(peers) or "none"
            is_remote = name in _read_remotes(repository)
            raise UsageError(
                f"{name}: not a peer (peers: {known})",
                hint=f"git fedlearn remote add {quote(name)}{'' if is_remote else ' URL'}",
            )
    return [peers[RemoteName(name)] for name in dict.fromkeys(names)] if names else list(peers.values())


def find_peer(repository: Repository, name: RemoteName) -> Peer | None:
    """One peer as configured; None if missing or invalid, so that it can be configured again."""
    try:
        return _parse(name, _read_remotes(repository).get(name, {}))
    except SettingsError:
        return None


def find_remote_url(repository: Repository, name: RemoteName) -> str | None:
    """The URL of a git remote, whether it is a peer or not; None if there is no such remote."""
    return repository.git.find_config(f"remote.{name}.url")


def write_peer(repository: Repository, peer: Peer) -> None:
    """Make a remote a peer, and add the git remote if it is missing. Raises GitError."""
    git = repository.git
    if find_remote_url(repository, peer.name) is None:
        git.run("remote", "add", "--no-tags", peer.name, peer.url)
        _set(repository, peer.name, "fedlearnMade", "true")
    _set(repository, peer.name, "fedlearnTrust", peer.trust.value)
    _set(repository, peer.name, "fedlearnBranch", peer.branch or None)
    publish = None if peer.publish is None else format_publish(peer.publish)
    _set(repository, peer.name, "fedlearnPublish", publish)
    _set(repository, peer.name, "fedlearn", "true")


def remove_peer(repository: Repository, peer: Peer) -> None:
    """Remove a peer: its refs, its config keys, and the git remote if `remote add` made it."""
    git = repository.git
    for ref in git.refs(peer.refs):
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
    """Config keys (lower case) of every remote; of several values the last one counts."""
    remotes: dict[str, dict[str, str]] = {}
    for full, value in repository.git.list_config(r"^remote\..*\.(fedlearn.*|url)$"):
        name, _, key = full.removeprefix("remote.").rpartition(".")
        remotes.setdefault(name, {})[key] = value
    return remotes


def _parse(name: str, keys: dict[str, str]) -> Peer | None:
    """The peer that a remote is; None if it is an ordinary remote. Raises SettingsError."""
    if keys.get("fedlearn", "").lower() not in ("true", "yes", "on", "1"):
        return None
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
