"""Commits that touch nothing outside data/."""

from git_fedlearn.core.layout import DATA
from git_fedlearn.errors import FedlearnError, GitError
from git_fedlearn.repository.repository import Repository

_UNFINISHED = {
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "sequencer": "a cherry-pick or revert",
}
_PATHS = (
    f":/{DATA}",
    *(f":(top,exclude,glob){DATA}/**/{name}" for name in ("latest.jsonl", "*.tmp", "*.bak", ".local/**")),
)
"""Data files, less what is this machine's own."""


def commit_data(repository: Repository, message: str) -> str | None:
    """Commit every change under data/ and nothing else, hooks and signing as the user set them up.

    What is staged elsewhere stays staged. Returns the commit, None when there is nothing to commit.
    """
    refuse_unfinished(repository)
    git = repository.git
    git.run("add", "--all", "--", *_PATHS)
    if git.is_true("diff", "--cached", "--quiet", "--", *_PATHS):
        return None
    done = git.attempt("commit", "--quiet", "--only", "--message", message, "--", *_PATHS)
    if done.code:
        said = f"{done.out.decode('utf-8', 'replace').strip()}\n{done.err.strip()}".strip()
        raise GitError(f"git commit failed:\n{said}", hint="what was learned is staged under data/")
    commit = git.text("rev-parse", "HEAD")
    touched = git.run("diff-tree", "-r", "--root", "--no-commit-id", "--name-only", "-z", commit).split(b"\0")
    foreign = [path for path in touched if path and not path.startswith(f"{DATA}/".encode())]
    if foreign:
        raise FedlearnError(
            f"commit {commit} touches files outside {DATA}/", hint="a hook added them: git show --stat"
        )
    return commit


def refuse_unfinished(repository: Repository) -> None:
    """Raise FedlearnError in the middle of a merge, rebase, cherry-pick or revert."""
    what = find_unfinished(repository)
    if what:
        raise FedlearnError(f"{what} is not finished", hint="git fedlearn resolve, then git status")


def find_unfinished(repository: Repository) -> str | None:
    """What git is in the middle of, as in `a merge`; None when it is in the middle of nothing."""
    return next((what for name, what in _UNFINISHED.items() if (repository.git_dir / name).exists()), None)
