"""Our blocks in the hook files that git runs here. githooks(5).

git says where the hooks are (`core.hooksPath` is respected, never set). A hook that exists is kept: our
block goes in front of it. What is no shell script is left alone and reported.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.setup.block_files import find_file_block, put_file_block, take_file_block
from git_fedlearn.repository.setup.blocks import MADE_FILE, MADE_FOLDER, put_block
from git_fedlearn.repository.setup.drivers import is_ours
from git_fedlearn.repository.setup.hook_scripts import (
    HOOKS,
    SHEBANG,
    after_shebang,
    hook_lines,
    is_shell_script,
)
from git_fedlearn.repository.setup.launcher import PORTABLE, Launcher


class Reach(Enum):
    """Who else runs the hooks of a folder."""

    CLONE = "this clone"
    COMMITTED = "everyone who clones"
    """Inside the work tree: may be committed, so nothing of this machine is written there."""
    MACHINE = "other repositories of this machine"


@dataclass(frozen=True, slots=True)
class HookFile:
    """A hook: the file git runs, and the file our block belongs in (husky 9 runs another one)."""

    name: str
    runs: Path
    edits: Path

    @property
    def has_block(self) -> bool:
        """Whether our block stands in the file."""
        return find_file_block(self.edits) is not None

    @property
    def calls_us(self) -> bool:
        """Whether the file runs git-fedlearn, in our block or in a line of the user's own."""
        return self.edits.is_file() and is_ours(read_file(self.edits).decode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class Refusal:
    """A hook that was left as it is, why, and what to do about it."""

    path: Path
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class HooksWritten:
    """What installing the hooks did."""

    folder: Path
    changed: tuple[str, ...] = ()
    refused: tuple[Refusal, ...] = ()
    reach: Reach = Reach.CLONE


def hooks_folder(repository: Repository) -> Path:
    """Where git looks for hooks."""
    return Path(repository.git.text("rev-parse", "--path-format=absolute", "--git-path", "hooks"))


def find_hooks(repository: Repository) -> Iterator[HookFile]:
    """Every hook we take part in; one that pre-commit moved aside (`.legacy`) still runs."""
    folder = hooks_folder(repository)
    husky = folder.name == "_" and (folder / "h").is_file()
    for name in HOOKS:
        runs = folder / name
        legacy = folder / f"{name}.legacy"
        edits = folder.parent / name if husky else runs
        if find_file_block(legacy):
            edits = legacy
        yield HookFile(name, runs, edits.resolve())


def write_hooks(repository: Repository, launcher: Launcher) -> HooksWritten:
    """Put our block in front of each hook; makes the hooks that do not exist."""
    folder = hooks_folder(repository)
    if folder.exists() and not folder.is_dir():
        reason = "hooks are switched off: core.hooksPath is no folder"
        return HooksWritten(folder, refused=(Refusal(folder, reason, "git config --unset core.hooksPath"),))
    changed: list[str] = []
    refused: list[Refusal] = []
    made_folder = not folder.exists()
    for hook in find_hooks(repository):
        refusal = _find_refusal(hook, launcher)
        if refusal:
            refused.append(refusal)
        elif not _calls_elsewhere(hook) and _write(repository, hook, launcher, made_folder=made_folder):
            changed.append(hook.name)
    return HooksWritten(folder, tuple(changed), tuple(refused), reach_of(repository, folder))


def remove_hooks(repository: Repository) -> HooksWritten:
    """Take our blocks out, and the hooks that held nothing else."""
    folder = hooks_folder(repository)
    if not folder.is_dir():
        return HooksWritten(folder)
    # The folder goes with the first hook, which made it, so that one comes last.
    hooks = [hook for hook in reversed([*find_hooks(repository)]) if hook.has_block]
    removed = [hook.name for hook in hooks if take_file_block(hook.edits, bare=SHEBANG)]
    return HooksWritten(folder, tuple(reversed(removed)), reach=reach_of(repository, folder))


def reach_of(repository: Repository, path: Path) -> Reach:
    """Who else runs a hook at this path."""
    path = path.resolve()
    if any(path.is_relative_to(folder.resolve()) for folder in (repository.common_dir, repository.git_dir)):
        return Reach.CLONE
    return Reach.COMMITTED if path.is_relative_to(repository.top.resolve()) else Reach.MACHINE


def _write(repository: Repository, hook: HookFile, launcher: Launcher, *, made_folder: bool) -> bool:
    reach = reach_of(repository, hook.edits)
    lines = hook_lines(
        hook.name,
        PORTABLE if reach is Reach.COMMITTED else launcher,
        only_installed=reach is Reach.MACHINE,
    )
    if not hook.edits.exists():
        made = (MADE_FILE, MADE_FOLDER) if made_folder and hook.name == HOOKS[0] else (MADE_FILE,)
        write_file(hook.edits, put_block(SHEBANG, lines, made=made))
        hook.edits.chmod(0o755)
        return True
    if _is_made_by_us(hook.edits):
        hook.edits.chmod(0o755)
    return put_file_block(hook.edits, lines, at=after_shebang(read_file(hook.edits)))


def _calls_elsewhere(hook: HookFile) -> bool:
    return hook.calls_us and not hook.has_block


def _is_made_by_us(path: Path) -> bool:
    block = find_file_block(path)
    return block is not None and MADE_FILE in block.made


def _find_refusal(hook: HookFile, launcher: Launcher) -> Refusal | None:
    path = hook.edits
    if hook.runs.is_symlink() and not hook.runs.exists():
        return Refusal(
            hook.runs, "is a link that leads nowhere", f"rm {hook.runs}, then: git fedlearn install"
        )
    if not path.exists() or _is_made_by_us(path) or _calls_elsewhere(hook):
        return None
    if not path.is_file():
        return Refusal(path, "is not a file", "move it away, then: git fedlearn install")
    if path.suffix != ".legacy" and hook.runs.resolve() == path and not os.access(path, os.X_OK):
        return Refusal(path, "is not executable, so git does not run it", f"chmod +x {path}, or remove it")
    data = read_file(path)
    if is_shell_script(data):
        return None
    first = data.split(b"\n", 1)[0].decode("utf-8", "replace") if data.startswith(b"#!") else "binary"
    return Refusal(
        path,
        f"is no shell script ({first.removeprefix('#!').strip()})",
        f"let it run this and end with its exit code: {launcher.command('hook')} {hook.name}",
    )
