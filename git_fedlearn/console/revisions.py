"""Revisions named on the command line, as git names them (gitrevisions(7))."""

from git_fedlearn.errors import UsageError
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.repository import Repository


def get_commit(objects: Objects, revision: str) -> Oid:
    """The commit that a revision names, HEAD for an empty one. Raises UsageError."""
    found = objects.find_commit(revision or "HEAD")
    if found is None:
        what = "this branch has no commit yet" if revision in ("", "HEAD") else f"{revision}: no such commit"
        raise UsageError(what, hint="git log --oneline --all lists commits, git branch --all branches")
    return found


def get_range(repository: Repository, objects: Objects, named: str) -> tuple[Oid | None, Oid]:
    """The two ends of `A..B`, or of `A...B` from where they parted; None and the commit for a single one."""
    if "..." in named:
        left, right = (get_commit(objects, end) for end in named.split("...", 1))
        base = repository.git.attempt("merge-base", left, right)
        if base.code:
            raise UsageError(f"{named}: they have no common ancestor", hint=named.replace("...", " "))
        return Oid(base.out.decode("ascii").strip()), right
    if ".." in named:
        left, right = (get_commit(objects, end) for end in named.split("..", 1))
        return left, right
    return None, get_commit(objects, named)
