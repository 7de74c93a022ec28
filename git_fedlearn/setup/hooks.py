"""Our blocks in the hook files that git runs here. githooks(5).

git names the hooks folder (`core.hooksPath` is respected, never set). Existing hooks are kept: our block is
inserted at their start, and the rest runs if our checks pass. Hooks that are not shell scripts are left alone
and reported. The block is POSIX sh, works under `set -eu`, and leaves no variable behind. If git-fedlearn is
missing, only commits and pushes that touch data/ are stopped.
"""

import os
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from git_fedlearn.repository.environment import CLEARED
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.repository import SYSTEM_KEY, Repository
from git_fedlearn.setup.blocks import (
    MADE_FILE,
    find_file_block,
    missing_parts,
    put_block,
    put_file_block,
    take_file_block,
)
from git_fedlearn.setup.drivers import runs_our_program
from git_fedlearn.setup.launcher import PORTABLE, Launcher

HOOKS: Final = (
    "pre-commit",
    "pre-merge-commit",
    "commit-msg",
    "post-commit",
    "post-merge",
    "post-rewrite",
    "pre-push",
)
"""The hooks that are installed; `hooks/` at the top of the project has pre-receive too."""

SHEBANG: Final = b"#!/bin/sh\n"
PROBE: Final = "FEDLEARN_PROBE"
"""Environment variable: with it, a hook only reports that it was reached (`git fedlearn doctor`)."""

_SHELL: Final = re.compile(
    rb"#![ \t]*(/\S*/)?(env[ \t]+(-\S+[ \t]+)*)?(\S*/)?(sh|bash|dash|ash|ksh|mksh|zsh)([ \t][^\r]*)?"
)


def is_shell_script(data: bytes) -> bool:
    """Whether a shell runs this file: by its `#!` line, or because it is text without one."""
    first = data.split(b"\n", 1)[0]
    if first.startswith(b"#!"):
        return bool(_SHELL.fullmatch(first))
    return b"\0" not in data


def after_shebang(data: bytes) -> int:
    """The position of our block: after a `#!` line, else at the top."""
    return data.find(b"\n") + 1 or len(data) if data.startswith(b"#!") else 0


def hook_lines(name: str, launcher: Launcher, *, only_installed: bool = False) -> list[str]:
    """The lines of our block. `only_installed`: do nothing in clones without a system id."""
    guard = ["\tgit config --get fedlearn.system >/dev/null || exit 0"] if only_installed else []
    lines = [
        "(",
        *_CLEAR,
        *guard,
        *_FIRST.get(name, []),
        *_run(name, launcher),
        *_MISSING[name],
        ") || " + _ENDING.get(name, "exit $?"),
    ]
    return [*_SAVE_INPUT, *lines, *_RESTORE_INPUT] if name in _WITH_INPUT else lines


def _run(name: str, launcher: Launcher) -> list[str]:
    feed = '{ test -z "$fedlearn_refs" || printf "%s\\n" "$fedlearn_refs" 2>/dev/null; } | '
    command = f'{feed if name in _WITH_INPUT else ""}{launcher.command("hook")} {name} "$@"'
    return [
        f"\tif {launcher.presence('hook')}; then",
        f"\t\t{command} && exit 0",
        "\t\tcode=$?",
        f'\t\t{launcher.proof("hook")} && exit "$code"',
        "\tfi",
        f'\ttest -z "${{{PROBE}-}}" || exit 96',
    ]


def _refusal(what: str) -> list[str]:
    return [
        f"\techo 'error: git-fedlearn cannot be run, so this {what} of data/ was not checked' >&2",
        "\techo 'hint: install git-fedlearn, then: git fedlearn install' >&2",
    ]


_CLEAR: Final = textwrap.wrap(
    f"unset {' '.join(CLEARED)}", 100, initial_indent="\t", subsequent_indent="\tunset "
)
"""The rest of the user's hook, outside our subshell, still has these variables."""

_UNTOUCHED: Final = [
    f'\tif test -z "${{{PROBE}-}}" && git diff --no-ext-diff --cached --quiet -- data; then',
    "\t\traw=$(git config --get fedlearn.source || :)",
    '\t\traw=${raw#"$PWD"/}',
    "\t\tcase $raw in '' | [/~:]* | ../*) raw= ;; esac",
    '\t\t{ test -z "$raw" || git diff --no-ext-diff --cached --quiet -- "$raw"; } &&',
    "\t\t\t! git rev-parse --quiet --verify MERGE_HEAD >/dev/null && exit 0",
    "\tfi",
]
_FIRST: Final = {
    "pre-commit": _UNTOUCHED,
    "pre-merge-commit": _UNTOUCHED,
    "post-commit": [
        f'\ttest -n "${{{PROBE}-}}" || case $(git reflog -1 --format=%gs 2>/dev/null) in',
        '\t(revert* | cherry-pick* | "commit (cherry-pick)"*)',
        "\t\tgit diff --no-ext-diff --quiet HEAD~1 HEAD -- data 2>/dev/null && exit 0 ;;",
        "\t(*) exit 0 ;;",
        "\tesac",
    ],
    "post-merge": [
        f'\tif test -z "${{{PROBE}-}}"; then',
        '\t\tchecked=$(cat "$(git rev-parse --git-common-dir)/fedlearn/merged" 2>/dev/null || :)',
        '\t\ttest -z "$checked" || test "$checked" != "$(git rev-parse HEAD:data HEAD^@)" || exit 0',
        "\tfi",
    ],
    "post-rewrite": [f'\ttest -n "${{{PROBE}-}}" || test "${{1-}}" = rebase || exit 0'],
}
"""A commit of code alone runs three git commands and does not start Python.

In a merge, an unchanged data/ may mean that the other side was dropped. A merge of which pre-merge-commit
noted that it loses nothing is not checked again. After a commit only a revert or a cherry-pick is looked at:
git runs no other hook for them.
"""

_COMMIT: Final = [*_refusal("commit"), "\texit 1"]
_MISSING: Final = {
    "pre-commit": _COMMIT,
    "pre-merge-commit": _COMMIT,
    **{name: ["\texit 0"] for name in ("commit-msg", "post-commit", "post-rewrite")},
    "post-merge": [
        "\tgit diff --no-ext-diff --quiet ORIG_HEAD HEAD -- data 2>/dev/null && exit 0",
        *_refusal("merge"),
        "\texit 0",
    ],
    "pre-push": [
        '\ttouched=$(printf "%s\\n" "$fedlearn_refs" | while read -r _ tip _; do',
        '\t\tcase $tip in (*[!0]*) git rev-list -n 1 "$tip" --not --remotes="$1" -- data ;; esac',
        "\tdone)",
        '\ttest -n "$touched" || exit 0',
        *_refusal("push"),
        "\texit 1",
    ],
}
_ENDING: Final = dict.fromkeys(("post-commit", "post-merge", "post-rewrite"), "test $? -lt 96 || exit 1")
"""The commit or merge is already done, so the rest of the hook always runs."""

_WITH_INPUT: Final = ("post-rewrite", "pre-push")

_SAVE_INPUT: Final = ["fedlearn_refs=$(cat)"]
_RESTORE_INPUT: Final = [
    'if test -n "$fedlearn_refs"; then',
    "\texec <<FEDLEARN_REFS",
    "$fedlearn_refs",
    "FEDLEARN_REFS",
    "else",
    "\texec </dev/null",
    "fi",
    "unset fedlearn_refs",
]


class Reach(Enum):
    """Who else runs the hooks of a folder."""

    CLONE = "this clone"
    COMMITTED = "everyone who clones"
    """Inside the work tree: may be committed, so it must not name anything on this machine."""
    MACHINE = "other repositories of this machine"


@dataclass(frozen=True, slots=True)
class HookFile:
    """A hook: the file git runs, and the file our block belongs in (husky 9 runs another one)."""

    name: str
    runs: Path
    edits: Path

    @property
    def is_executable(self) -> bool:
        """Whether git runs it."""
        return self.runs.is_file() and os.access(self.runs, os.X_OK)

    @property
    def has_block(self) -> bool:
        """Whether our block is in the file."""
        return find_file_block(self.edits) is not None

    @property
    def is_ours(self) -> bool:
        """Whether `install` created the file."""
        block = find_file_block(self.edits)
        return block is not None and MADE_FILE in block.made

    @property
    def calls_us(self) -> bool:
        """Whether the file runs git-fedlearn, in our block or in a line of the user."""
        return self.edits.is_file() and runs_our_program(read_file(self.edits).decode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class SkippedHook:
    """A hook that was left unchanged, why, and what to do about it."""

    path: Path
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class HooksWritten:
    """The result of installing or removing the hooks."""

    folder: Path
    changed: tuple[str, ...] = ()
    refused: tuple[SkippedHook, ...] = ()
    reach: Reach = Reach.CLONE


def hooks_folder(repository: Repository) -> Path:
    """The folder in which git looks for hooks."""
    return Path(repository.git.text("rev-parse", "--path-format=absolute", "--git-path", "hooks"))


def find_hooks(repository: Repository) -> Iterator[HookFile]:
    """Every hook we install; one that pre-commit moved aside (`.legacy`) still runs."""
    folder = hooks_folder(repository)
    husky = folder.name == "_" and (folder / "h").is_file()
    for name in HOOKS:
        runs = folder / name
        legacy = folder / f"{name}.legacy"
        edits = folder.parent / name if husky else runs
        if find_file_block(legacy):
            edits = legacy
        yield HookFile(name, runs, edits.resolve())


def find_missing(repository: Repository) -> list[HookFile]:
    """The hooks of an installed clone that no longer run git-fedlearn: another tool replaced or removed them.

    A hook that only its tool's own config leads to git-fedlearn (pre-commit, lefthook) is not missing.
    """
    if repository.is_bare or repository.git.find_config(SYSTEM_KEY) is None:
        return []
    return [
        hook
        for hook in find_hooks(repository)
        if not (hook.is_executable and (hook.calls_us or is_run_by_tool(repository, hook)))
    ]


def is_run_by_tool(repository: Repository, hook: HookFile) -> bool:
    """Whether the hook belongs to pre-commit or lefthook, whose own config runs git-fedlearn from it.

    lefthook skips jobs before a push that seems to change no files, unless they get files of their own.
    """
    if not hook.runs.is_file():
        return False
    runner = read_file(hook.runs)
    if b"generated by pre-commit" in runner and hook.name in _FRAMEWORK_HOOKS:
        return _FRAMEWORK_HOOKS[hook.name] in read_file(repository.top / ".pre-commit-config.yaml")
    called = f"git-fedlearn-hook {hook.name}".encode()
    needed = b"{files}" if hook.name == "pre-push" else b""
    configs = (read_file(path) for pattern in _LEFTHOOK_CONFIGS for path in repository.top.glob(pattern))
    return b"lefthook" in runner and any(called in config and needed in config for config in configs)


_FRAMEWORK_HOOKS: Final = {"pre-commit": b"fedlearn-scan", "commit-msg": b"fedlearn-message"}
"""The hooks of the pre-commit framework that check the same."""
_LEFTHOOK_CONFIGS: Final = ("lefthook*.y*ml", ".lefthook*.y*ml", ".config/lefthook*.y*ml")


def write_hooks(repository: Repository, launcher: Launcher) -> HooksWritten:
    """Insert our block at the start of each hook; creates missing hooks."""
    folder = hooks_folder(repository)
    if folder.exists() and not folder.is_dir():
        reason = "hooks are disabled: core.hooksPath is not a directory"
        return HooksWritten(
            folder, refused=(SkippedHook(folder, reason, "git config --unset core.hooksPath"),)
        )
    changed: list[str] = []
    refused: list[SkippedHook] = []
    for hook in find_hooks(repository):
        refusal = _find_refusal(hook, launcher)
        if refusal:
            refused.append(refusal)
        elif (hook.has_block or not hook.calls_us) and _write(repository, hook, launcher):
            changed.append(hook.name)
    return HooksWritten(folder, tuple(changed), tuple(refused), reach_of(repository, folder))


def remove_hooks(repository: Repository) -> HooksWritten:
    """Remove our blocks, and the hooks that contain nothing else."""
    folder = hooks_folder(repository)
    if not folder.is_dir():
        return HooksWritten(folder)
    # The folder is removed with the hook that created it, so that one comes last.
    hooks = [hook for hook in reversed([*find_hooks(repository)]) if hook.has_block]
    removed = [hook.name for hook in hooks if take_file_block(hook.edits, bare=SHEBANG)]
    return HooksWritten(folder, tuple(reversed(removed)), reach=reach_of(repository, folder))


def reach_of(repository: Repository, path: Path) -> Reach:
    """Who else runs a hook at this path."""
    path = path.resolve()
    if any(path.is_relative_to(folder.resolve()) for folder in (repository.common_dir, repository.git_dir)):
        return Reach.CLONE
    return Reach.COMMITTED if path.is_relative_to(repository.top.resolve()) else Reach.MACHINE


def _write(repository: Repository, hook: HookFile, launcher: Launcher) -> bool:
    reach = reach_of(repository, hook.edits)
    lines = hook_lines(
        hook.name,
        PORTABLE if reach is Reach.COMMITTED else launcher,
        only_installed=reach is Reach.MACHINE,
    )
    if not hook.edits.exists():
        write_file(hook.edits, put_block(SHEBANG, lines, made=missing_parts(hook.edits)))
        hook.edits.chmod(0o755)
        return True
    if hook.is_ours:
        hook.edits.chmod(0o755)
    return put_file_block(hook.edits, lines, at=after_shebang(read_file(hook.edits)))


def _find_refusal(hook: HookFile, launcher: Launcher) -> SkippedHook | None:
    path = hook.edits
    if hook.runs.is_symlink() and not hook.runs.exists():
        return SkippedHook(hook.runs, "is a broken symlink", f"rm {hook.runs}, then: git fedlearn install")
    if not path.exists() or hook.is_ours or (hook.calls_us and not hook.has_block):
        return None
    if not path.is_file():
        return SkippedHook(path, "is not a file", "move it away, then: git fedlearn install")
    if path.suffix != ".legacy" and hook.runs.resolve() == path and not os.access(path, os.X_OK):
        return SkippedHook(path, "is not executable, so git ignores it", f"chmod +x {path}, or remove it")
    data = read_file(path)
    if is_shell_script(data):
        return None
    first = data.split(b"\n", 1)[0].decode("utf-8", "replace") if data.startswith(b"#!") else "binary"
    return SkippedHook(
        path,
        f"is not a shell script ({first.removeprefix('#!').strip()})",
        f"let it run this and end with its exit code: {launcher.command('hook')} {hook.name}",
    )
