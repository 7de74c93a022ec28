"""Hardened fetches: git fetches peers in parallel, each into its own refs, and trusts nothing they send.

No tags, no submodules, no hooks, no maintenance, no pruning, no prompts; fsck checks every object; only the
transports that `peers` allows can be used, also after a redirect.

At trust level `signed`, git must find a good signature by an allowed signer on the newest commit.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import Final, NamedTuple

from git_fedlearn.federation.peers import Peer, RemoteName, allowed_transports
from git_fedlearn.repository.git import TIMED_OUT, Finished, Git, GitLimits
from git_fedlearn.repository.objects import Oid
from git_fedlearn.repository.repository import Repository

FILE_BYTES: Final = 2**30
"""The largest file (a pack) that one fetch may write."""


class Contact(Enum):
    """How a fetch ended."""

    REACHED = "reached"
    EMPTY = "nothing there yet"
    NO_BRANCH = "no such branch"
    TIMED_OUT = "timed out"
    NO_ACCESS = "no access"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    """The peer sent objects that git does not accept."""
    OTHER_IDS = "other object ids"
    """Its objects are named by SHA-256 and ours by SHA-1, or the other way round; git cannot convert them."""
    UNSIGNED = "not signed"

    @property
    def is_failure(self) -> bool:
        """Whether the peer was not reached, or what it sent is rejected."""
        return self not in (Contact.REACHED, Contact.EMPTY)


class Fetched(NamedTuple):
    """One peer after its fetch; `detail` is what git said, safe to print."""

    name: RemoteName
    contact: Contact
    detail: str = ""


_SETTINGS: Final = (
    "fetch.fsckObjects=true",
    "transfer.fsckObjects=true",
    "core.hooksPath=/dev/null",
    "core.bigFileThreshold=16m",
    "fetch.recurseSubmodules=false",
    "fetch.writeCommitGraph=false",
    "fetch.unpackLimit=100",
    "gc.auto=0",
    "protocol.version=2",
    "credential.interactive=false",
)
_OPTIONS: Final = (
    *("--quiet", "--no-tags", "--no-recurse-submodules", "--no-auto-maintenance", "--no-prune"),
    *("--no-write-fetch-head", "--no-show-forced-updates", "--refmap=", "--force"),
)
_PHRASES: Final = (
    (Contact.EMPTY, r"couldn't find remote ref HEAD"),
    (Contact.NO_BRANCH, r"couldn't find remote ref"),
    (Contact.OTHER_IDS, r"mismatched (algorithms|object format)"),
    (
        Contact.REFUSED,
        r"fsck error|index-pack|unpack-objects|bad object|did not send all necessary|object corrupt",
    ),
    (
        Contact.NO_ACCESS,
        (
            r"could not read (Username|Password)|Authentication failed|Permission denied|error: 40[13]"
            r"|Host key verification failed|terminal prompts disabled|access denied|dubious ownership"
        ),
    ),
)


_NOT_THE_CAUSE: Final = ("remote: ", "warning: ", "Warning: ", "debug", "fatal: Could not read from remote")
"""Starts of lines that the peer wrote, or that say less than the next line."""


def fetch_peers(
    repository: Repository, peers: Sequence[Peer], *, seconds: float, parallel: int
) -> Iterator[Fetched]:
    """Fetch peers, `parallel` at a time; yields each in the order in which the fetches end."""
    groups: dict[tuple[str, ...], list[Peer]] = {}
    for peer in peers:
        groups.setdefault(allowed_transports(peer.url), []).append(peer)
    limits = GitLimits(seconds, FILE_BYTES)
    for transports, group in sorted(groups.items(), key=lambda item: len(item[0])):
        git = _quiet_git(repository, transports)
        commands: dict[str, list[str]] = {peer.name: _fetch_command(peer, transports) for peer in group}
        by_name = {peer.name: peer for peer in group}
        for name, finished in git.attempt_all(commands, limits, parallel=parallel):
            fetched = _outcome(RemoteName(name), finished)
            is_empty = fetched.contact is Contact.EMPTY
            yield _with_branches(fetched, git, by_name[fetched.name], limits) if is_empty else fetched


def _with_branches(fetched: Fetched, git: Git, peer: Peer, limits: GitLimits) -> Fetched:
    """The result for a peer whose HEAD names no commit: it may have branches, which are to be chosen."""
    asked = [*_hardened(allowed_transports(peer.url)), "ls-remote", "--heads", "--", _place(peer)]
    ((_, done),) = git.attempt_all({"": asked}, limits, parallel=1)
    there = re.findall(r"^[0-9a-f]+\trefs/heads/([\w./-]{1,100})$", done.err, re.MULTILINE)
    if not there:
        return fetched
    folders = {name.rpartition("/")[0] for name in there}
    chosen = f"{folders.pop()}/*" if len(folders) == 1 and "/" in there[0] else there[0]
    hint = f"git fedlearn remote add {peer.name} --branch '{chosen}'"
    detail = f"its HEAD names none; it has {', '.join(there[:3])} ({hint})"
    return Fetched(peer.name, Contact.NO_BRANCH, detail)


def find_head_branch(repository: Repository, peer: Peer) -> str | None:
    """The branch that the HEAD of a peer names; None if it names none, or the peer does not answer."""
    transports = allowed_transports(peer.url)
    asked = [*_hardened(transports), "ls-remote", "--symref", "--", peer.name, "HEAD"]
    done = _quiet_git(repository, transports).attempt(*asked)
    found = re.match(r"ref: refs/heads/(\S+)\tHEAD\n", done.out.decode("utf-8", "replace"))
    return found[1] if found else None


def _fetch_command(peer: Peer, transports: Sequence[str]) -> list[str]:
    """The arguments of git that fetch a peer."""
    return [*_hardened(transports), "fetch", *_OPTIONS, "--", _place(peer), peer.refspec]


def _place(peer: Peer) -> str:
    return peer.url if peer.by_url else peer.name


def _hardened(transports: Sequence[str]) -> list[str]:
    """The options of git itself for talking to a peer."""
    protocols = (f"protocol.{name}.allow=always" for name in transports)
    settings = [*_SETTINGS, "protocol.allow=never", *protocols]
    return [word for setting in settings for word in ("-c", setting)]


def _quiet_git(repository: Repository, transports: Sequence[str]) -> Git:
    """Git that cannot prompt; the transports in its environment override all config."""
    environment = {
        **repository.environment,
        "GIT_ALLOW_PROTOCOL": ":".join(transports),
        "GIT_ASKPASS": "",
        "SSH_ASKPASS": "",
        "SSH_ASKPASS_REQUIRE": "never",
    }
    own_ssh = "GIT_SSH_COMMAND" in environment or "GIT_SSH" in environment
    if not own_ssh and repository.git.find_config("core.sshCommand") is None:
        environment["GIT_SSH_COMMAND"] = "ssh -o BatchMode=yes"
    return Git(repository.top, environment)


def _outcome(name: RemoteName, finished: Finished) -> Fetched:
    if finished.code == 0:
        return Fetched(name, Contact.REACHED)
    if finished.code == TIMED_OUT:
        return Fetched(name, Contact.TIMED_OUT)
    contact = next(
        (contact for contact, phrase in _PHRASES if re.search(phrase, finished.err)), Contact.UNREACHABLE
    )
    return Fetched(name, contact, "" if contact is Contact.EMPTY else _cause(finished))


def _cause(finished: Finished) -> str:
    """The first line from git or ssh itself, never the peer's own text."""
    lines = [line for line in finished.err.splitlines() if line and not line.startswith(_NOT_THE_CAUSE)]
    return finished._replace(err=lines[0] if lines else "").said[:200]


_SIGNERS = "gpg.ssh.allowedSignersFile"


def find_signature_problem(repository: Repository, tips: Iterable[Oid]) -> str:
    """Why the signature of one of these commits is not accepted, and what to do; empty if all are good."""
    for tip in tips:
        done = repository.git.attempt("-c", "gpg.minTrustLevel=marginal", "verify-commit", tip)
        if done.code:
            return f"{tip[:12]}: {_explain(repository, done.err)}"
    return ""


def _explain(repository: Repository, said: str) -> str:
    if not said.strip():
        return "its newest commit is not signed"
    if "cannot run" in said or "cannot exec" in said:
        return "signatures cannot be checked: install ssh-keygen (OpenSSH) or gpg"
    signers = repository.git.attempt("config", "--type=path", "--get", _SIGNERS).out
    if _SIGNERS in said or (signers and not Path(os.fsdecode(signers).rstrip("\n")).is_file()):
        return f"no allowed signers configured; git config {_SIGNERS} FILE"
    return "its newest commit has no good signature by an allowed signer"
