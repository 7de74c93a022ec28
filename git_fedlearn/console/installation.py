"""What was set up in a clone and what could not be, as `init`, `install`, `clone` and `doctor` print it."""

from pathlib import Path
from typing import TYPE_CHECKING

from git_fedlearn.console.context import Context
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.repository import Repository
from git_fedlearn.setup.drivers import PULL_KEY, PULL_MARK_KEY
from git_fedlearn.setup.hooks import HooksWritten, Reach, find_missing, hooks_folder, reach_of, write_hooks
from git_fedlearn.setup.install import Installation
from git_fedlearn.setup.launcher import find_launcher
from git_fedlearn.setup.man_and_completions import find_manual

if TYPE_CHECKING:
    from git_fedlearn.setup.scaffold import Scaffold


def say_installation(context: Context, repository: Repository, done: Installation) -> int:
    """Print what was installed and which hooks were skipped; returns the exit code."""
    if done.is_unchanged:
        context.say(f"already installed as {done.system}")
    else:
        context.say(f"installed in {repository.common_dir} as {done.system}")
        for line in _changes(repository, done):
            context.say(f"  {line}")
        if find_manual(repository.git) == "":
            context.note(
                "note: man finds no page of git-fedlearn yet; `git fedlearn install --global` links them"
            )
    return report_hooks(context, done.hooks) if done.hooks else 0


def installation_facts(done: Installation) -> dict[str, object]:
    """What was installed or removed, for programs."""
    hooks = done.hooks
    refused = [{"path": str(one.path), "reason": one.reason} for one in (hooks.refused if hooks else ())]
    return {
        "system": done.system,
        "config": [*done.config],
        "hooks": [*hooks.changed] if hooks else [],
        "refused": refused,
    }


def _changes(repository: Repository, done: Installation) -> list[str]:
    lines = []
    if {*done.config} - {PULL_KEY, PULL_MARK_KEY}:
        lines.append("config: merge driver, diff driver and system id")
    if PULL_KEY in done.config:
        lines.append("git pull: merges, as you had not decided how (git config pull.rebase false)")
    if done.attributes:
        lines.append(f"attributes: {_short(done.attributes, repository)}")
    if done.hooks and done.hooks.changed:
        lines.append(f"hooks: {', '.join(done.hooks.changed)} in {_short(done.hooks.folder, repository)}")
    return lines


def report_hooks(context: Context, hooks: HooksWritten) -> int:
    """Print which hooks were skipped, each with a hint; returns the exit code."""
    if hooks.changed and hooks.reach is not Reach.CLONE:
        context.note(f"note: {hooks.folder} is shared with {hooks.reach.value} (core.hooksPath)")
    for refusal in hooks.refused:
        context.print_error(f"error: {refusal.path} {refusal.reason}\nhint: {refusal.remedy}")
    return 1 if hooks.refused else 0


def restore_hooks(context: Context, repository: Repository, *, dry_run: bool) -> list[str]:
    """Warn if another tool took our checks out of a hook; put them back if only this clone runs it.

    Returns the names of the hooks that still do not check.
    """
    missing = find_missing(repository)
    if not missing:
        return []
    if not dry_run and reach_of(repository, hooks_folder(repository)) is Reach.CLONE:
        try:
            with repository.lock("install"):
                write_hooks(repository, find_launcher(repository.git))
        except FedlearnError as error:
            context.report(error)
    left = [hook.name for hook in find_missing(repository)]
    restored = [hook.name for hook in missing if hook.name not in left]
    if restored:
        context.warn(f"{', '.join(restored)}: another tool had replaced the hook; it checks commits again")
    if left:
        context.warn(
            f"{', '.join(left)}: the hook no longer runs git-fedlearn, so private data is not checked"
        )
        context.print_error("hint: git fedlearn install")
    return left


def _short(path: Path, repository: Repository) -> str:
    return str(path.relative_to(repository.top)) if path.is_relative_to(repository.top) else str(path)


def report_unextended(context: Context, done: "Scaffold") -> None:
    """Print the files that could not be extended, and the text to add to them."""
    for path, text in done.left:
        context.print_error(f"error: {path}: not extended: not a YAML file with a plain list under `repos:`")
        context.print_error(f"hint: add this to that list:\n{text.rstrip()}")
