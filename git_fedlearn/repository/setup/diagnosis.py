"""What `git fedlearn doctor` looks at: each check is an effect with the command that repairs it."""

import os
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.setup.effects import (
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
from git_fedlearn.repository.setup.hook_files import find_hooks
from git_fedlearn.repository.setup.shared_files import find_manual
from git_fedlearn.repository.twins import NEW_ID, find_twin

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
    twin = find_twin(repository)
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
