"""Federation without a network: a git bundle (git-bundle(1)) is written here, and read like a peer there.

A bundle is first unpacked in a temporary repository, so that a damaged or hostile file never writes into this
one; from there it is fetched, checked and merged like any peer.
"""

import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from git_fedlearn.errors import FedlearnError, RefusedError, UsageError
from git_fedlearn.federation.fetch import FILE_BYTES
from git_fedlearn.federation.peers import Peer, RemoteName, TrustLevel, check_name, read_peers
from git_fedlearn.federation.publish_policy import PublishRefusal, may_publish, paths_of
from git_fedlearn.repository.git import TIMED_OUT, Finished, Git, GitLimits
from git_fedlearn.repository.lock import hold_lock
from git_fedlearn.repository.objects import Oid
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import BUNDLE

UNPACK_TIMEOUT_SECONDS: Final = 600.0

_SIGNATURE: Final = re.compile(rb"# v[23] git bundle\n")
_BRANCH: Final = "refs/heads/bundle"
_AGAIN: Final = "copy the file again, or ask for a new one"
_HASHES: Final = {"sha1": hashlib.sha1, "sha256": hashlib.sha256}
_MAX_HEADER_BYTES: Final = 2**24


@dataclass(frozen=True, slots=True)
class Written:
    """A bundle that was written: its size in bytes, its number of commits, and the newest of them."""

    size: int
    commits: int
    tip: Oid


def is_bundle(path: Path) -> bool:
    """Whether a file begins like a git bundle."""
    with suppress(OSError), path.open("rb") as file:
        return bool(_SIGNATURE.match(file.read(20)))
    return False


def is_whole(path: Path) -> bool:
    """Whether the pack at the end of a bundle matches its checksum (gitformat-pack(5)).

    Git reads only what it lacks of a bundle, so it may not notice.
    """
    with path.open("rb") as file:
        header = file.read(_MAX_HEADER_BYTES).partition(b"\n\n")[0]
        make = _HASHES[_format_of(header)]
        pack = len(header) + 2
        left = path.stat().st_size - pack - make().digest_size
        digest = make()
        file.seek(pack)
        while left > 0 and (part := file.read(min(left, 2**20))):
            digest.update(part)
            left -= len(part)
        return left == 0 and file.read() == digest.digest()


def _format_of(header: bytes) -> str:
    """What names the objects in a bundle, as `git init --object-format` takes it (gitformat-bundle(5))."""
    return "sha256" if b"\n@object-format=sha256\n" in header else "sha1"


def find_refusal(repository: Repository, receiver: str, tip: Oid, since: Oid | None) -> PublishRefusal | None:
    """Why a bundle may not go to a peer, by what may be published there; None if it may."""
    return may_publish(repository, receiver, paths_of(repository, [tip], [since] if since else []))


def write_bundle(repository: Repository, path: Path, tip: Oid, since: Oid | None) -> Written:
    """Write the branch without the commits of `since`. Raises FedlearnError; replaces only bundles."""
    if path.is_dir():
        raise UsageError(f"{path}: a folder", hint=f"name a file in it, such as {path.name}/lessons.bundle")
    if path.exists() and not is_bundle(path):
        raise UsageError(f"{path}: exists and is not a bundle", hint="name another file")
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent}: no such folder", hint="mount the drive, or create the folder")
    git = repository.git
    excluded = [f"^{since}"] if since else []
    commits = int(git.text("rev-list", "--count", tip, *excluded, "--"))
    if not commits:
        raise RefusedError("there is nothing new to put into a bundle", hint="git fedlearn log")
    branch = git.attempt("symbolic-ref", "--quiet", "HEAD").out.decode("utf-8", "replace").strip()
    named = ["HEAD", branch] if branch else ["HEAD"]
    done = git.attempt("bundle", "create", str(path), *named, *excluded)
    if done.code:
        raise FedlearnError(f"{path}: cannot be written: {done.said}", hint="check the free space")
    return Written(path.stat().st_size, commits, tip)


def name_of(path: Path) -> RemoteName:
    """The name of the sender of a bundle if none is given: after the file."""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", path.name.removesuffix(".bundle")).strip("-") or "file"
    return check_name(f"bundle-{stem}"[:80])


def find_sender(repository: Repository, path: Path, name: str | None) -> Peer:
    """The peer that a bundle comes from, with its trust level if it is configured."""
    sender = check_name(name) if name else name_of(path)
    known = next((peer for peer in read_peers(repository) if peer.name == sender), None)
    return Peer(sender, str(path), known.trust if known else TrustLevel.VERIFY)


@contextmanager
def unpacked(repository: Repository, path: Path, sender: Peer) -> Iterator[Peer]:
    """The sender as a peer that can be fetched: a temporary repository with the content of the bundle.

    Raises FedlearnError if the file is not a bundle, is damaged, or needs commits that this clone lacks.
    """
    if not path.is_file():
        what = "a folder" if path.is_dir() else "no such file"
        raise UsageError(f"{path}: {what}", hint="git fedlearn bundle apply FILE")
    if not is_bundle(path):
        raise UsageError(f"{path}: not a git bundle", hint="git fedlearn bundle create FILE")
    if not is_whole(path):
        raise FedlearnError(f"{path}: cut off or damaged: its checksum is wrong", hint=_AGAIN)
    state = repository.state.path(BUNDLE)
    with hold_lock(state, "bundle apply", timeout=30):
        for leftover in state.glob("unpacked-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix="unpacked-", dir=state) as folder:
            _unpack(repository, path, Path(folder))
            yield Peer(sender.name, folder, sender.trust, by_url=True)


def _unpack(repository: Repository, path: Path, folder: Path) -> None:
    form = repository.git.text("rev-parse", "--show-object-format")
    with path.open("rb") as file:
        its = _format_of(file.read(_MAX_HEADER_BYTES).partition(b"\n\n")[0])
    if its != form:
        raise FedlearnError(
            f"{path}: its object ids are {its}, those of this repository {form}; git cannot convert them",
            hint="copy the data files instead: git fedlearn add SET FILE",
        )
    repository.git.run(
        "init", "--quiet", "--bare", "--template=", f"--object-format={form}", "--", str(folder)
    )
    objects = repository.git.text("rev-parse", "--path-format=absolute", "--git-path", "objects")
    (folder / "objects" / "info").mkdir(parents=True, exist_ok=True)
    (folder / "objects" / "info" / "alternates").write_text(f"{objects}\n", encoding="utf-8")
    git = Git(folder, {**repository.environment, "GIT_DIR": str(folder), "GIT_ALLOW_PROTOCOL": "file"})
    verified = git.attempt("bundle", "verify", str(path))
    if verified.code:
        raise _unusable(path, verified)
    head = _find_head(git, path)
    fetch = ("-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0", "fetch", "--quiet", "--no-tags")
    command = [*fetch, "--no-recurse-submodules", "--", str(path), f"+{head}:{_BRANCH}"]
    ((_, fetched),) = git.attempt_all(
        {"": command}, GitLimits(UNPACK_TIMEOUT_SECONDS, FILE_BYTES), parallel=1
    )
    if fetched.code:
        raise _unusable(path, fetched)
    git.run("symbolic-ref", "HEAD", _BRANCH)


def _find_head(git: Git, path: Path) -> str:
    """The ref of a bundle to merge: its HEAD, else its first branch."""
    listed = git.attempt("bundle", "list-heads", str(path)).out.decode("utf-8", "replace").splitlines()
    refs = [line.split(" ", 1)[1] for line in listed if " " in line]
    branches = [ref for ref in refs if ref == "HEAD" or ref.startswith("refs/heads/")]
    if not branches:
        raise FedlearnError(f"{path}: contains no branch", hint="git bundle create FILE HEAD main")
    return "HEAD" if "HEAD" in branches else branches[0]


def _unusable(path: Path, done: Finished) -> FedlearnError:
    lacking = re.findall(r"^error: ([0-9a-f]{40,64})", done.err, re.MULTILINE)
    if "prerequisite" in done.err and lacking:
        more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
        return FedlearnError(
            f"{path}: needs commit {lacking[0][:12]}{more}, which this clone does not have",
            hint="ask for a bundle without --since, or since an older commit",
        )
    why = "it took too long" if done.code == TIMED_OUT else done.said
    return FedlearnError(f"{path}: damaged, cut off or not allowed: {why}", hint=_AGAIN)
