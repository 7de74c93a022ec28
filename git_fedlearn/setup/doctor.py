"""The checks of `git fedlearn doctor`, each with the command that repairs it; leftovers of killed runs.

Checks test effects, not configuration. Removing leftovers (temporary files, the name of a lock's holder,
an orphaned lock of git) loses nothing: the kernel's lock ends with its process.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.older_layout import find_older_files
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import LOCK_HOLDER, read_json
from git_fedlearn.repository.trees import HIDDEN, find_hidden_changes
from git_fedlearn.repository.verify import leftovers
from git_fedlearn.setup.hooks import find_hooks
from git_fedlearn.setup.install import NEW_ID, find_copied_clone
from git_fedlearn.setup.man_and_completions import find_manual
from git_fedlearn.setup.probes import (
    OLDEST_GIT,
    TRIED_PATHS,
    Effect,
    fails,
    find_wrong_attributes,
    find_wrong_shared_attributes,
    git_version,
    probe_hook,
    try_conversion,
    try_merge,
    try_objects,
    try_textconv,
    works,
)

INSTALL: Final = "git fedlearn install"
INIT: Final = "git fedlearn init"

OLD_SECONDS: Final = 600.0
"""A lock of git that is older than this belongs to no running git."""


class Check(NamedTuple):
    """One result: the check, whether it passed, what was observed, and the command that repairs it."""

    name: str
    ok: bool
    detail: str
    hint: str = ""


def diagnose(repository: Repository) -> Iterator[Check]:
    """Test what git does in this clone; a bare repository has no hooks or files to test."""
    yield _check("git", _git, repository, "upgrade git")
    yield _check("objects", try_objects, repository, "git fsck")
    yield _check("merge", try_merge, repository, INSTALL)
    yield _check("attributes", _attributes, repository, INSTALL)
    yield _check("diff", try_textconv, repository, INSTALL)
    yield _check("system", _system, repository, INSTALL)
    if repository.is_bare:
        return
    yield from _hooks(repository)
    yield _check("data", _data, repository, INIT)
    yield _check("settings", _settings, repository, "fix .fedlearn.toml")
    yield _check("shared rule", _shared_rule, repository, INIT)
    yield _check("conversion", try_conversion, repository, "git check-attr --all PATH, and remove the rule")
    yield _check("ignored", _ignored, repository, INIT)
    yield _check(
        "line endings", _line_ends, repository, "git fedlearn verify --fix && git add --renormalize data"
    )
    yield _manual(repository)


def _check(name: str, test: Callable[[Repository], Effect], repository: Repository, hint: str) -> Check:
    try:
        effect = test(repository)
    except FedlearnError as error:
        return Check(name, ok=False, detail=error.message, hint=error.hint or hint)
    return Check(name, effect.ok, effect.detail, "" if effect.ok else hint)


def _git(repository: Repository) -> Effect:
    version = git_version(repository.git)
    shown, oldest = (".".join(map(str, pair)) for pair in (version, OLDEST_GIT))
    return Effect(version >= OLDEST_GIT, f"git {shown}; {oldest} or later is needed")


def _attributes(repository: Repository) -> Effect:
    wrong = find_wrong_attributes(repository.git)
    return Effect(not wrong, "; ".join(wrong) or "git uses the drivers for data files on every branch")


def _shared_rule(repository: Repository) -> Effect:
    if ".gitattributes" in repository.sparse.rules():
        return works(".gitattributes is not checked out; git reads it from the index")
    wrong = find_wrong_shared_attributes(repository)
    if wrong:
        return fails(f"by .gitattributes alone, {'; '.join(wrong)} (a rule is missing, or another wins)")
    return works("the .gitattributes of this branch does the same in other clones")


def _system(repository: Repository) -> Effect:
    system = repository.system()
    copied = find_copied_clone(repository)
    if copied:
        raise FedlearnError(f"{system}: {copied.parent} uses the same id, and is another clone", hint=NEW_ID)
    return works(f"this is {system}")


def _manual(repository: Repository) -> Check:
    """Never a problem of the clone: `git fedlearn -h` works without man."""
    page = find_manual(repository.git)
    if page:
        return Check("man page", ok=True, detail=f"git fedlearn --help shows {page}")
    missing = "man is not installed" if page is None else "man does not find the git-fedlearn page"
    hint = "" if page is None else "git fedlearn install --global"
    return Check("man page", ok=True, detail=f"{missing}; git fedlearn -h still works", hint=hint)


def _settings(repository: Repository) -> Effect:
    return Effect(bool(repository.settings), ".fedlearn.toml can be read")


def _data(repository: Repository) -> Effect:
    repository.require_data()
    older = find_older_files(repository, whole=False)
    if older:
        raise FedlearnError(
            f"{older[0].path}: {older[0].kind.value}", hint="git fedlearn verify --fix    (adopts such files)"
        )
    return works("data/ is here")


def _hooks(repository: Repository) -> Iterator[Check]:
    try:
        hooks = [*find_hooks(repository)]
    except FedlearnError as error:
        yield Check("hooks", ok=False, detail=error.message, hint=error.hint)
        return
    for hook in hooks:
        effect = probe_hook(repository, hook)
        yield Check(hook.name, effect.ok, effect.detail, "" if effect.ok else INSTALL)


def _ignored(repository: Repository) -> Effect:
    git = repository.git
    hidden = git.attempt("check-ignore", "--verbose", "--no-index", "--", *TRIED_PATHS)
    if hidden.code == 0:
        rule = os.fsdecode(hidden.out).split("\t")[0]
        return fails(f"{rule} hides data files from git; remove that rule")
    changed, command = find_hidden_changes(repository)
    if changed:
        raise FedlearnError(f"{changed[0]}: {HIDDEN}", hint=command)
    if ".gitignore" in repository.sparse.rules():
        return works(".gitignore is not checked out; git reads it from the index")
    raw = ("data/telemetry/x-events.jsonl", "data/telemetry/snapshots/a/latest.jsonl")
    found = os.fsdecode(git.attempt("check-ignore", "--no-index", "--", *raw).out).splitlines()
    open_paths = [path for path in raw if path not in found]
    if open_paths:
        return fails(f"raw data could be committed: {', '.join(open_paths)}")
    return works("raw telemetry stays on this machine; lessons can be committed")


def _line_ends(repository: Repository) -> Effect:
    """Whether data files have CR LF, from before the rule or from a program that ignores it."""
    wrong = [
        entry.partition("\t")[2]
        for entry in repository.git.items("ls-files", "--eol", "-z", "--", "data/*.jsonl")
        if any(sign in entry.partition("\t")[0] for sign in ("i/crlf", "i/mixed", "w/crlf", "w/mixed"))
    ]
    if wrong:
        return fails(f"CR LF in {', '.join(wrong[:5])}{' and more' if wrong[5:] else ''}")
    return works("data files use LF line endings")


def find_leftovers(repository: Repository, *, is_locked: bool = False) -> list[Path]:
    """Files that may be removed: names of lock holders that ended, and temporary files if nobody is writing.

    With `is_locked` the caller holds the lock, so that nobody else is.
    """
    notes = [*repository.state.folder.rglob(LOCK_HOLDER.name)]
    ended = [note for note in notes if not _is_alive(note)]
    return [*ended, *leftovers(repository)] if is_locked or ended == notes else ended


def find_git_lock(repository: Repository) -> Path | None:
    """An old lock of git's index, which blocks every commit. Only a person can know that no git runs."""
    lock = repository.git_dir / "index.lock"
    with suppress(OSError):
        return lock if time.time() - lock.stat().st_mtime > OLD_SECONDS else None
    return None


def _is_alive(note: Path) -> bool:
    """Whether the process that a lock names is running, under any user."""
    process = read_json(note).get("pid")
    if not isinstance(process, int):
        return note.exists() and not os.access(note, os.R_OK)
    try:
        os.kill(process, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True
