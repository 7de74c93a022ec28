"""How a run merges accepted lines with HEAD: in memory, then as one commit and a fast-forward.

The commit differs from HEAD only under data/. Its trailers name what came from which peer, never a URL.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.join import join_records
from git_fedlearn.core.layout import (
    DATA,
    ROOT,
    SetName,
    distribute,
    find_set,
    is_data_file,
    level_of,
    path_of,
    stem_of,
)
from git_fedlearn.core.record import Record, parse_record
from git_fedlearn.core.record_set import join_into, split_lines
from git_fedlearn.errors import FedlearnError, GitError, UsageError
from git_fedlearn.federation.offers import PeerReport
from git_fedlearn.repository.checkout import LANDING, marked_checkout
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.trees import CommittedTree
from git_fedlearn.repository.work_tree import FIRST_COMMIT, PEER_TRAILER, SYSTEM_TRAILER, refuse_unfinished

_HARDENED = ("-c", "core.hooksPath=/dev/null")
_FAST_FORWARD = ("--ff-only", "--quiet", "--no-stat", "--no-verify-signatures", "--no-squash")


class HeadSet(NamedTuple):
    """One record set of a commit: the bytes of each of its files by shard, and all its lines."""

    name: SetName
    files: dict[str, bytes]
    lines: frozenset[bytes]

    def pick(self, ids: set[RecordId]) -> dict[RecordId, list[Record]]:
        """The joined records of each of these ids that is in the set, tombstones too."""
        keys = {identifier.encode("ascii") for identifier in ids}
        found: dict[RecordId, list[Record]] = {}
        for line in self.lines if keys else ():
            if line[8:40] in keys:
                record = parse_record(line)
                found.setdefault(record.id, []).append(record)
        return {identifier: join_records(records) for identifier, records in found.items()}


class JoinedSet(NamedTuple):
    """A set after a join: the files that differ, by path, and the ids of new and of changed records."""

    name: SetName
    files: dict[str, bytes]
    added: frozenset[RecordId]
    changed: frozenset[RecordId]


def get_head(objects: Objects) -> Oid:
    """The commit that is checked out. Raises FedlearnError before the first one."""
    head = objects.find_commit("HEAD")
    if head is None:
        raise FedlearnError("this branch has no commit yet", hint=FIRST_COMMIT)
    return head


def read_head_sets(tree: CommittedTree, names: Iterable[SetName]) -> dict[SetName, HeadSet]:
    """These record sets of a commit, by name; a set that the commit lacks is empty."""
    files: dict[SetName, dict[str, bytes]] = {name: {} for name in names}
    for path in tree.paths() if files else ():
        found = find_set(path)
        if found and found[0] in files:
            files[found[0]][found[1]] = tree.read(path)
    return {
        name: HeadSet(name, shards, frozenset(line for data in shards.values() for line in split_lines(data)))
        for name, shards in files.items()
    }


def join_head_set(head: HeadSet, accepted: Iterable[bytes], limit: int) -> JoinedSet:
    """Join canonical lines of records into a set; files that would exceed `limit` bytes are sharded."""
    stem = stem_of(head.name)
    if stem is None:
        raise UsageError(f"{head.name}: no such record set")
    settled = join_into(head.files.values(), (), accepted)
    _level, spread = distribute(settled, level_of(head.files), limit, head.files)
    files = {
        path_of(stem, shard): data
        for shard, data in spread.items()
        if data != head.files.get(shard, b"") or (shard == ROOT and ROOT not in head.files)
    }
    known = {line[8:40] for line in head.lines}
    fresh = [line[8:40] for line in settled.records if line not in head.lines]
    return JoinedSet(
        head.name,
        files,
        added=frozenset(RecordId(found.decode("ascii")) for found in fresh if found not in known),
        changed=frozenset(RecordId(found.decode("ascii")) for found in fresh if found in known),
    )


def refuse_unready(repository: Repository) -> None:
    """Raise FedlearnError if data files have uncommitted changes, or a merge or the like is not finished.

    Other files under data/ are not in the way: a pull writes none of them. This refreshes the index, without
    which `put_into_work_tree` fails for files that only look changed.
    """
    refuse_unfinished(repository)
    changed = repository.git.run(
        "status", "--porcelain", "-z", "--untracked-files=all", "--no-renames", "--", f":/{DATA}"
    )
    paths = [item[3:].decode("utf-8", "backslashreplace") for item in changed.split(b"\0") if item]
    paths = [path for path in paths if is_data_file(path)]
    if paths:
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        raise FedlearnError(
            f"{paths[0]}{more}: uncommitted changes would be overwritten",
            hint="git add data && git commit    (or: git stash -u -- data)",
        )


def make_commit(
    repository: Repository, objects: Objects, head: Oid | None, files: Mapping[str, bytes], message: str
) -> Oid:
    """A commit on top of another in which these files differ, or a first one with only them (None).

    No branch points to it yet. On top of another, only files under data/ may differ.
    """
    tree = _make_tree(objects, head, files)
    signs = repository.git.attempt("config", "--type=bool", "--get", "commit.gpgSign").out == b"true\n"
    options = [*(["-S"] if signs else []), *(["-p", head] if head else [])]
    made = repository.git.run("commit-tree", *options, tree, stdin=message.encode())
    commit = Oid(made.decode("ascii").strip())
    if head is None:
        return commit
    touched = repository.git.items("diff-tree", "-r", "--name-only", "-z", head, commit)
    if len(touched) > len(files) or not all(path.startswith(f"{DATA}/") for path in touched):
        raise FedlearnError(f"commit {commit} touches files outside {DATA}/; it was not used")
    return commit


def commit_message(system: str, sets: Iterable[JoinedSet], reports: Iterable[PeerReport]) -> str:
    """Subject, numbers by set, and a trailer for each peer that sent something new."""
    sets = list(sets)
    senders = [report for report in reports if report.learned or report.changed or report.files]
    learned = sum(len(joined.added) for joined in sets)
    changed = sum(len(joined.changed) for joined in sets)
    what = f"add {learned} record{'' if learned == 1 else 's'}" if learned else "update records"
    subject = f"pull-remotes: {what} from {len(senders)} peer{'' if len(senders) == 1 else 's'}"
    numbers = [f"{len(joined.added)} new, {len(joined.changed)} changed in {joined.name}" for joined in sets]
    trailers = [f"{SYSTEM_TRAILER}: {system}"]
    for report in senders:
        tips = sorted(set(report.tips.values()))
        tip = tips[0] if len(tips) == 1 else f"{len(tips)} branches"
        trailers.append(
            f"{PEER_TRAILER}: {report.name} {tip} ({report.learned} new, {report.changed} changed)"
        )
    body = "\n".join(numbers) if learned or changed else ""
    return "\n\n".join(part for part in (subject, body, "\n".join(trailers)) if part) + "\n"


def fast_forward(repository: Repository, head: Oid, commit: Oid) -> None:
    """Move branch, index and working tree to a commit on top of `head`; FedlearnError if HEAD moved."""
    git = repository.git
    if git.text("rev-parse", "HEAD") != head:
        raise FedlearnError("the branch changed during the fetch", hint="run the command again")
    with marked_checkout(git, repository.git_dir / LANDING, commit):
        done = git.attempt(*_HARDENED, "merge", *_FAST_FORWARD, commit)
    if done.code:
        raise FedlearnError(
            f"the branch could not be fast-forwarded to {commit}: {done.said}",
            hint="run the command again; it merges the same records",
        )


def put_into_work_tree(
    repository: Repository, objects: Objects, head: Oid, files: Mapping[str, bytes]
) -> None:
    """Write files to the index and the working tree, without a commit. Raises FedlearnError."""
    tree = _make_tree(objects, head, files)
    with marked_checkout(repository.git, repository.git_dir / LANDING, tree):
        done = repository.git.attempt("read-tree", "-m", "-u", head, tree)
    if done.code:
        raise FedlearnError(f"the working tree could not be updated: {done.said}", hint="git status")


def _make_tree(objects: Objects, head: Oid | None, files: Mapping[str, bytes]) -> Oid:
    try:
        return objects.write_tree(head, {path: objects.write_blob(data) for path, data in files.items()})
    except GitError as error:
        raise FedlearnError(error.message, hint=error.hint) from None
