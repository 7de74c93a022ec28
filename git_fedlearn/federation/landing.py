"""Bringing joined files into the branch: one commit that touches only data/, then a fast-forward."""

from collections.abc import Mapping

from git_fedlearn.core.layout import DATA
from git_fedlearn.errors import FedlearnError, GitError
from git_fedlearn.repository.commits import refuse_unfinished
from git_fedlearn.repository.moves import LANDING, marked_move
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.repository import Repository

_HARDENED = ("-c", "core.hooksPath=/dev/null")
_FAST_FORWARD = ("--ff-only", "--quiet", "--no-stat", "--no-verify-signatures", "--no-squash")


def refuse_unready(repository: Repository) -> None:
    """Raise FedlearnError when data/ has uncommitted changes, or another operation is not finished."""
    refuse_unfinished(repository)
    changed = repository.git.run(
        "status", "--porcelain", "-z", "--untracked-files=all", "--no-renames", "--", f":/{DATA}"
    )
    paths = [item[3:].decode("utf-8", "backslashreplace") for item in changed.split(b"\0") if item]
    if paths:
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        raise FedlearnError(
            f"{paths[0]}{more}: not committed, and pull-remotes would change it",
            hint="git add data && git commit    (or: git stash -u -- data)",
        )


def get_head(objects: Objects) -> Oid:
    """The commit that is checked out. Raises FedlearnError before the first one."""
    head = objects.find_commit("HEAD")
    if head is None:
        raise FedlearnError("this branch has no commit yet", hint="git add --all && git commit -m 'federate'")
    return head


def make_commit(
    repository: Repository, objects: Objects, head: Oid, files: Mapping[str, bytes], message: str
) -> Oid:
    """A commit on top of HEAD in which these files differ; no branch points to it yet."""
    tree = _make_tree(objects, head, files)
    signs = repository.git.attempt("config", "--type=bool", "--get", "commit.gpgSign").out == b"true\n"
    made = repository.git.run(
        "commit-tree", *(["-S"] if signs else []), "-p", head, tree, stdin=message.encode()
    )
    commit = Oid(made.decode("ascii").strip())
    touched = repository.git.run("diff-tree", "-r", "--name-only", "-z", head, commit).split(b"\0")
    foreign = [path for path in touched if path and not path.startswith(f"{DATA}/".encode())]
    if foreign or len(touched) - 1 > len(files):
        raise FedlearnError(f"commit {commit} touches files outside {DATA}/; it was not used")
    return commit


def fast_forward(repository: Repository, head: Oid, commit: Oid) -> None:
    """Move branch, index and work tree to a commit on top of `head`. Raises FedlearnError if HEAD moved."""
    if repository.git.text("rev-parse", "HEAD") != head:
        raise FedlearnError("the branch moved while peers were read", hint="run the command again")
    git = repository.git
    with marked_move(git, repository.git_dir / LANDING, commit):
        done = git.attempt(*_HARDENED, "merge", *_FAST_FORWARD, commit)
    if done.code:
        raise FedlearnError(
            f"the branch could not be moved to {commit}: {_first_line(done.err)}",
            hint="run the command again; what was learned is joined anew",
        )


def put_into_work_tree(
    repository: Repository, objects: Objects, head: Oid, files: Mapping[str, bytes]
) -> None:
    """The same files in index and work tree, with no commit. Raises FedlearnError if that is not possible."""
    tree = _make_tree(objects, head, files)
    with marked_move(repository.git, repository.git_dir / LANDING, tree):
        done = repository.git.attempt("read-tree", "-m", "-u", head, tree)
    if done.code:
        raise FedlearnError(f"the work tree could not be changed: {_first_line(done.err)}", hint="git status")


def _make_tree(objects: Objects, head: Oid, files: Mapping[str, bytes]) -> Oid:
    try:
        return objects.write_tree(head, {path: objects.write_blob(data) for path, data in files.items()})
    except GitError as error:
        raise FedlearnError(error.message, hint=error.hint) from None


def _first_line(said: str) -> str:
    return next((line for line in said.splitlines() if line.strip()), "git did not say why")
