"""What `git fedlearn doctor` looks at: each check is an effect with the command that repairs it.

What killed runs left: half-written files, the note of a lock that nobody holds, git's own orphaned lock.

None of it loses anything. The kernel's lock ends with its process; only the note of who held it stays.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from git_fedlearn.core.layout import DATA
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.files import TEMPORARY_SUFFIX, remove_leftovers
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import LOCK_HOLDER, read_json
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
    try_merge,
    try_textconv,
    works,
)

INSTALL: Final = "git fedlearn install"
INIT: Final = "git fedlearn init"


class Check(NamedTuple):
    """One answer: what was tested, whether it works, what was seen, and the command that repairs it."""

    name: str
    ok: bool
    detail: str
    hint: str = ""


def diagnose(repository: Repository) -> Iterator[Check]:
    """Test what git does in this clone; a bare repository has no hooks and files to test."""
    yield _check("git", _git, repository, "upgrade git")
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
    yield _check("ignored", _ignored, repository, INIT)
    yield _check(
        "line ends", _line_ends, repository, "git fedlearn verify --fix && git add --renormalize data"
    )
    yield _manual(repository)


def _check(name: str, test: Callable[[Repository], Effect], repository: Repository, hint: str) -> Check:
    try:
        effect = test(repository)
    except FedlearnError as error:
        return Check(name, ok=False, detail=error.message, hint=error.hint or hint)
    return Check(name, effect.ok, effect.detail, "" if effect.ok else hint)


def _git(repository: Repository) -> Effect:
    version, oldest = (".".join(map(str, pair)) for pair in (git_version(repository.git), OLDEST_GIT))
    return Effect(git_version(repository.git) >= OLDEST_GIT, f"git {version}; {oldest} or later is needed")


def _attributes(repository: Repository) -> Effect:
    wrong = find_wrong_attributes(repository.git)
    return Effect(not wrong, "; ".join(wrong) or "git hands data files to the drivers, on every branch")


def _shared_rule(repository: Repository) -> Effect:
    wrong = find_wrong_shared_attributes(repository)
    if wrong:
        return fails(f"by .gitattributes alone, {'; '.join(wrong)} (a rule is missing, or another wins)")
    return works("the .gitattributes of this branch does the same in other clones")


def _system(repository: Repository) -> Effect:
    system = repository.system()
    twin = find_copied_clone(repository)
    if twin:
        raise FedlearnError(
            f"{system}: {twin.parent} learns under this id too, and is not this clone", hint=NEW_ID
        )
    return works(f"this is {system}")


def _manual(repository: Repository) -> Check:
    """No fault of the clone: `git fedlearn -h` works without man."""
    page = find_manual(repository.git)
    if page:
        return Check("manual", ok=True, detail=f"git fedlearn --help shows {page}")
    missing = "there is no man program" if page is None else "man finds no page of git-fedlearn"
    hint = "" if page is None else "git fedlearn install --global"
    return Check("manual", ok=True, detail=f"{missing}; git fedlearn -h works in any case", hint=hint)


def _settings(repository: Repository) -> Effect:
    return Effect(bool(repository.settings), ".fedlearn.toml can be read")


def _data(repository: Repository) -> Effect:
    repository.require_data()
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
        return fails(f"{rule} hides data files from git: remove that rule")
    raw = ("data/telemetry/x-events.jsonl", "data/telemetry/snapshots/a/latest.jsonl")
    found = os.fsdecode(git.attempt("check-ignore", "--no-index", "--", *raw).out).splitlines()
    open_paths = [path for path in raw if path not in found]
    if open_paths:
        return fails(f"raw data could be committed: {', '.join(open_paths)}")
    return works("raw telemetry stays on this machine, lessons can be committed")


def _line_ends(repository: Repository) -> Effect:
    """CR LF in data files, from before the rule or from a program that ignores it."""
    listed = os.fsdecode(repository.git.run("ls-files", "--eol", "-z", "--", "data/*.jsonl"))
    wrong = [
        entry.partition("\t")[2]
        for entry in listed.split("\0")
        if any(sign in entry.partition("\t")[0] for sign in ("i/crlf", "i/mixed", "w/crlf", "w/mixed"))
    ]
    if wrong:
        return fails(f"CR LF in {', '.join(wrong[:5])}{' and more' if wrong[5:] else ''}")
    return works("data files end their lines with LF")


OLD_SECONDS: Final = 600.0
"""A lock of git that nobody has touched for so long belongs to no git that runs."""


def find_leftovers(repository: Repository) -> Iterator[Path]:
    """What may be removed: notes of locks of processes that are gone, and temporary files of such."""
    notes = [*repository.state.folder.rglob(LOCK_HOLDER.name)]
    yield from (note for note in notes if not _is_alive(note))
    if any(map(_is_alive, notes)):
        return
    for folder in (repository.top / DATA, repository.state.folder):
        yield from (path for path in folder.rglob(f"*{TEMPORARY_SUFFIX}") if path.is_file())


def find_git_lock(repository: Repository) -> Path | None:
    """An old lock of git's index, which stops every commit. Only a person can know that no git runs."""
    lock = repository.git_dir / "index.lock"
    with suppress(OSError):
        return lock if time.time() - lock.stat().st_mtime > OLD_SECONDS else None
    return None


def remove_all_leftovers(repository: Repository) -> None:
    """Remove what `find_leftovers` finds. The caller holds the lock, so nobody else writes."""
    for note in repository.state.folder.rglob(LOCK_HOLDER.name):
        if not _is_alive(note):
            note.unlink(missing_ok=True)
    for folder in (repository.top / DATA, repository.state.folder):
        remove_leftovers(folder)


def _is_alive(note: Path) -> bool:
    """Whether the process that a note names is there; one of another user counts."""
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
