"""The shell text of our part of each hook: POSIX sh, also under `set -eu`, leaving no variable behind.

It stands first in a hook and lets the rest of it run when our checks pass. When git-fedlearn is gone,
only commits and pushes that touch data/ are stopped.
"""

import re
from typing import Final

from git_fedlearn.repository.setup.launcher import PORTABLE, Launcher

HOOKS: Final = ("pre-commit", "pre-merge-commit", "post-merge", "pre-push")
"""The hooks that are installed; `hooks/` at the top of the project has pre-receive too."""

SHEBANG: Final = b"#!/bin/sh\n"
PROBE: Final = "FEDLEARN_PROBE"
"""Environment variable: a hook run with it only says that it was reached (`git fedlearn doctor`)."""

_SHELL: Final = re.compile(
    rb"#![ \t]*(/\S*/)?(env[ \t]+(-\S+[ \t]+)*)?(\S*/)?(sh|bash|dash|ash|ksh|mksh|zsh)([ \t][^\r]*)?"
)


def is_shell_script(data: bytes) -> bool:
    """Whether sh runs this file: by its first line, or because it is text without one."""
    first = data.split(b"\n", 1)[0]
    if first.startswith(b"#!"):
        return bool(_SHELL.fullmatch(first))
    return b"\0" not in data


def after_shebang(data: bytes) -> int:
    """Where our block belongs: behind the first line of a script that has a `#!` line, else at the top."""
    return data.find(b"\n") + 1 or len(data) if data.startswith(b"#!") else 0


def hook_lines(name: str, launcher: Launcher, *, only_installed: bool = False) -> list[str]:
    """The lines of our block. `only_installed`: act only where `install` made a system id."""
    guard = ["\tgit config --get fedlearn.system >/dev/null || exit 0"] if only_installed else []
    lines = [
        "(",
        *guard,
        *_FIRST.get(name, []),
        *_run(name, launcher),
        *_MISSING[name],
        ") || " + _ENDING.get(name, "exit $?"),
    ]
    return [*_SAVE_INPUT, *lines, *_RESTORE_INPUT] if name == "pre-push" else lines


def portable_script(name: str) -> bytes:
    """A whole hook for any machine, as in the folder hooks/ of the project."""
    head = f"# The {name} hook of git-fedlearn, for use without `git fedlearn install`; see README.md."
    return SHEBANG + "\n".join([head, *hook_lines(name, PORTABLE), ""]).encode()


def _run(name: str, launcher: Launcher) -> list[str]:
    feed = '{ test -z "$fedlearn_refs" || printf "%s\\n" "$fedlearn_refs" 2>/dev/null; } | '
    command = f'{feed if name == "pre-push" else ""}{launcher.command("hook")} {name} "$@"'
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


_UNTOUCHED: Final = [
    f'\ttest -z "${{{PROBE}-}}" && git diff --cached --quiet -- data &&',
    "\t\t! git rev-parse --quiet --verify MERGE_HEAD >/dev/null && exit 0",
]
_FIRST: Final = {"pre-commit": _UNTOUCHED, "pre-merge-commit": _UNTOUCHED}
"""A commit of code alone pays for two git commands, not for starting Python.

In a merge, data/ as HEAD has it may be what drops the other side.
"""

_COMMIT: Final = [*_refusal("commit"), "\texit 1"]
_MISSING: Final = {
    "pre-commit": _COMMIT,
    "pre-merge-commit": _COMMIT,
    "post-merge": [
        "\tgit diff --quiet ORIG_HEAD HEAD -- data 2>/dev/null && exit 0",
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
_ENDING: Final = {"post-merge": "test $? -lt 96 || exit 1"}
"""A merge cannot be stopped any more, so the rest of post-merge runs whatever our check says."""

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
