"""Branch, index and work tree under data/; commits of data/ alone, and their trailers.

The state is one `git status`, without network. A commit of ours contains only files that this system writes:
other files, under data/ too, may be half edited. Its trailers name the system that wrote it and the peers
behind it.
"""

import re
import shlex
from typing import Final, NamedTuple

from git_fedlearn.core.layout import DATA, FileKind, is_data_file, kind_of, owner_of
from git_fedlearn.errors import FedlearnError, GitError
from git_fedlearn.repository.git import IDENTITY_HINT, null_ended
from git_fedlearn.repository.objects import Oid
from git_fedlearn.repository.repository import Repository, SystemId
from git_fedlearn.repository.settings import SETTINGS_FILE
from git_fedlearn.repository.trees import HIDDEN, find_hidden_changes, is_local

_NO_FILE = "000000"
_FIELDS = {"1": 8, "2": 9, "u": 10}
"""git-status(1), porcelain v2: the number of fields up to the path of each kind of entry."""


class WorkState:
    """The state under data/; `commit` is None before the first one, `branch` None for a detached HEAD."""

    def __init__(self) -> None:
        self.commit: Oid | None = None
        self.branch: str | None = None
        self.upstream: str | None = None
        """As git shows it, `origin/main`; None if the branch has none."""
        self.upstream_is_known = False
        """Whether it was ever fetched."""
        self.ahead = 0
        self.behind = 0
        self.changed: dict[str, Oid | None] = {}
        """Our data files that differ from HEAD in index or work tree, with their blobs in HEAD."""
        self.conflicts: list[str] = []
        self.ignored: list[str] = []
        """Our data files that git ignores and does not track, so that no commit has them."""

    def written_by(self, system: SystemId) -> list[str]:
        """The changed files that `commit_data` commits on this system, sorted."""
        return sorted(path for path in self.changed if is_written_here(path, system))


def read_work_state(repository: Repository) -> WorkState:
    """The state of a repository with a work tree."""
    listed = repository.git.items(
        "--no-optional-locks",
        *("status", "--porcelain=v2", "--branch", "-z", "--untracked-files=all", "--ignored", "--no-renames"),
        *("--", f":/{DATA}"),
    )
    state = WorkState()
    for line in listed:
        kind, _, rest = line.partition(" ")
        if kind == "#":
            _take_header(state, *rest.partition(" ")[::2])
        else:
            _take_entry(state, kind, rest)
    return state


def _take_header(state: WorkState, name: str, value: str) -> None:
    if name == "branch.oid" and value != "(initial)":
        state.commit = Oid(value)
    elif name == "branch.head" and value != "(detached)":
        state.branch = value
    elif name == "branch.upstream":
        state.upstream = value
    elif name == "branch.ab":
        state.upstream_is_known = True
        state.ahead, state.behind = (abs(int(number)) for number in value.split(" "))


def _take_entry(state: WorkState, kind: str, rest: str) -> None:
    if kind in "?!":
        if is_local(rest) or not is_data_file(rest):
            return
        if kind == "?":
            state.changed[rest] = None
        else:
            state.ignored.append(rest)
        return
    *facts, path = rest.split(" ", _FIELDS[kind] - 1)
    if not is_data_file(path):
        return
    if kind == "u":
        state.conflicts.append(path)
    state.changed[path] = None if kind == "u" or facts[2] == _NO_FILE else Oid(facts[5])


_UNFINISHED: Final = {
    "MERGE_HEAD": ("a merge", "git commit --no-edit"),
    "CHERRY_PICK_HEAD": ("a cherry-pick", "git cherry-pick --continue"),
    "REVERT_HEAD": ("a revert", "git revert --continue"),
    "rebase-merge": ("a rebase", "git rebase --continue"),
    "rebase-apply/applying": ("a git am", "git am --continue"),
    "rebase-apply": ("a rebase", "git rebase --continue"),
    "sequencer": ("a cherry-pick or revert", "git cherry-pick --continue"),
    "BISECT_LOG": ("a bisect", "git bisect reset"),
}
"""What is in progress if the git directory has a file, and the command that ends it."""
_REFUSE_EMPTY: Final = ("git cherry-pick --continue", "git revert --continue", "git am --continue")
"""Those that want `--skip` instead if nothing is left to commit, as when a commit only deleted lessons."""
FIRST_COMMIT: Final = "git add --all && git commit -m 'Set up git-fedlearn'"
"""The command that makes the first commit of a branch."""
_RULES: Final = {SETTINGS_FILE: b"", ".gitattributes": b"merge=fedlearn", ".gitignore": b"latest.jsonl"}
"""The files without which other clones would merge data/ by lines, and what git-fedlearn wrote into each."""


def is_written_here(path: str, system: SystemId) -> bool:
    """Whether this system writes a file: record sets, and single-writer files of its own."""
    if path.startswith(f"{DATA}/collections/snapshots/{system}/"):
        return True
    return kind_of(path) is not FileKind.OTHER and owner_of(path) in (None, system)


def commit_data(repository: Repository, message: str) -> str | None:
    """Commit the changes of files that this system writes, with the user's hooks and signing.

    Other changes, also under data/, stay as they are. Returns the commit, None if there is nothing to commit.
    Raises FedlearnError if the branch lacks the rules and settings that data/ needs, or git refuses the
    commit: then nothing of these files is staged.
    """
    refuse_unfinished(repository)
    git, system = repository.git, repository.system()
    hidden, command = find_hidden_changes(repository)
    if hidden:
        raise FedlearnError(f"{hidden[0]}: {HIDDEN}", hint=command)
    changed = read_work_state(repository).written_by(system)
    if not changed:
        return None
    _require_rules(repository)
    from_stdin = ("--pathspec-from-file=-", "--pathspec-file-nul")
    git.run("--literal-pathspecs", "add", "--sparse", "--all", *from_stdin, stdin=null_ended(changed))
    compared = ("diff", "--cached", "--name-only", "--no-renames", "--no-ext-diff", "-z", "--", f":/{DATA}")
    staged = [path for path in git.items(*compared) if is_written_here(path, system)]
    if not staged:
        return None
    committed = ("commit", "--quiet", "--only", "--message", message, *from_stdin)
    done = git.attempt("--literal-pathspecs", *committed, stdin=null_ended(staged))
    if done.code:
        # Staged changes that the hooks refuse would stop the user's next commit of code, too.
        git.run("--literal-pathspecs", "reset", "--quiet", *from_stdin, stdin=null_ended(changed))
        if done.lacks_identity:
            raise GitError(f"git commit failed: {done.said}", hint=IDENTITY_HINT)
        said = f"{done.out.decode('utf-8', 'replace').strip()}\n{done.err.strip()}".strip()
        raise GitError(
            f"git commit failed:\n{said}",
            hint="git status -- data    (the changes are there, not staged)",
        )
    commit = git.text("rev-parse", "HEAD")
    touched = git.items("diff-tree", "-r", "--root", "--no-commit-id", "--name-only", "-z", commit)
    if not all(path.startswith(f"{DATA}/") for path in touched):
        raise FedlearnError(
            f"commit {commit} touches files outside {DATA}/", hint="a hook added them: git show --stat"
        )
    return commit


def _require_rules(repository: Repository) -> None:
    """Raise FedlearnError unless HEAD has the rules and settings that `init` wrote into this work tree."""
    missing = []
    for name, rule in _RULES.items():
        here = repository.top / name
        if here.is_file() and rule in here.read_bytes():
            committed = repository.git.attempt("cat-file", "blob", f"HEAD:{name}")
            if committed.code or rule not in committed.out:
                missing.append(name)
    if missing:
        raise FedlearnError(
            f"{', '.join(missing)}: not committed on this branch yet, and {DATA}/ needs them",
            hint=f"git add {' '.join(missing)} && git commit -m 'Set up git-fedlearn'",
        )


def refuse_unfinished(repository: Repository) -> None:
    """Raise FedlearnError in the middle of a merge, rebase, cherry-pick, revert or bisect."""
    what = find_unfinished(repository)
    if what:
        raise FedlearnError(f"{what} is in progress", hint=continue_command(repository))


def find_unfinished(repository: Repository) -> str | None:
    """The operation that is in progress, such as `a merge`; None if there is none."""
    return _unfinished(repository)[0] or None


def continue_command(repository: Repository) -> str:
    """The command that leads on from an operation in progress; empty if there is none."""
    in_conflict = find_unmerged(repository)
    if any(kind_of(path) is not FileKind.OTHER for path in in_conflict):
        return "git fedlearn resolve"
    if in_conflict:
        return "git status"
    command = _unfinished(repository)[1]
    if command in _REFUSE_EMPTY and repository.git.is_true("diff", "--cached", "--quiet"):
        return command.replace("--continue", "--skip")
    return command


def find_unmerged(repository: Repository) -> list[str]:
    """The files in conflict, under data/ and elsewhere."""
    return sorted({*repository.git.items("diff", "--name-only", "-z", "--diff-filter=U")})


def switch_command(repository: Repository) -> str:
    """The command that leaves a detached HEAD and loses no commit of it."""
    git = repository.git
    form = "--format=%(if)%(worktreepath)%(then)%(else)%(refname:short)%(end)"
    branches = git.text("for-each-ref", form, "--contains=HEAD", "refs/heads").split()
    if not branches:
        return "git switch -c NAME    (a branch for the commits made here)"
    usual = [name for name in (git.find_config("init.defaultBranch"), "main", "master") if name in branches]
    return f"git switch {shlex.quote([*usual, *branches][0])}"


def find_unborn_choices(repository: Repository) -> list[str]:
    """The branches that were fetched, if HEAD names one that does not exist, as after some `git clone`."""
    git = repository.git
    if git.is_true("rev-parse", "--verify", "--quiet", "HEAD"):
        return []
    return git.text("for-each-ref", "--format=%(refname:lstrip=3)", "refs/remotes").split()


def _unfinished(repository: Repository) -> tuple[str, str]:
    found = (facts for name, facts in _UNFINISHED.items() if (repository.git_dir / name).exists())
    return next(found, ("", ""))


SYSTEM_TRAILER: Final = "Fedlearn-System"
PEER_TRAILER: Final = "Fedlearn-Peer"

_SYSTEM: Final = re.compile(rf"^{SYSTEM_TRAILER}: (\S+)$", re.MULTILINE)
_PEER: Final = re.compile(rf"^{PEER_TRAILER}: (\S+) ", re.MULTILINE)


class Trailers(NamedTuple):
    """The trailers of a commit; `system` is empty if it was made by hand."""

    system: str
    peers: tuple[str, ...]


def read_trailers(message: str) -> Trailers:
    """The trailers of a commit message."""
    system = _SYSTEM.search(message)
    return Trailers(system[1] if system else "", tuple(_PEER.findall(message)))
