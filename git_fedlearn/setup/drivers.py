"""The merge driver and the textconv filter in git config, and the attributes of data files: gitattributes(5).

Whatever happens to our program, both sides stay in the file: if a driver fails in any other way, git keeps
only ours, without markers, and a hasty `git add` loses theirs.

`$GIT_COMMON_DIR/info/attributes` applies to every branch, with or without a `.gitattributes`, in every
linked worktree and in a bare repository; the committed `.gitattributes` is for other clones.
"""

import os
from pathlib import Path
from typing import Final, Literal

from git_fedlearn.core.layout import ATTRIBUTE_PATTERNS
from git_fedlearn.errors import FedlearnError, GitError
from git_fedlearn.repository.git import Git
from git_fedlearn.setup.blocks import append_line, put_file_block, take_file_block
from git_fedlearn.setup.launcher import Launcher

Scope = Literal["--local", "--global", "--system"]
"""The config file: of this repository, of this user, of this machine."""

DRIVER_KEY: Final = "merge.fedlearn.driver"
TEXTCONV_KEY: Final = "diff.fedlearn.textconv"
NAME_KEY: Final = "merge.fedlearn.name"
UNENDED_KEY: Final = "merge.fedlearn.unended"
"""The size in bytes of a config file that did not end in a newline, so that uninstall can restore it."""
PULL_KEY: Final = "pull.rebase"
PULL_MARK_KEY: Final = "merge.fedlearn.pull"
"""Whether `install` set PULL_KEY, so that uninstall removes it."""
_OURS: Final = ("git_fedlearn.plumbing", "git-fedlearn-")
_HEADERS: Final = (b'[merge "fedlearn"]', b'[diff "fedlearn"]', b"[fedlearn]", b"[pull]")


RULES: Final = tuple(
    f"{pattern} text eol=lf merge=fedlearn{' diff=fedlearn' if pattern.endswith('.jsonl') else ''}"
    for pattern in ATTRIBUTE_PATTERNS
)
"""One for each kind of file of ours, and none for anything else under data/."""

EXPECTED: Final = {"text": "set", "eol": "lf", "merge": "fedlearn", "diff": "fedlearn"}
"""What `git check-attr` prints for record sets and snapshots."""


def format_driver(launcher: Launcher) -> str:
    """The line git runs for a merge, with a fallback for every kind of failure.

    Exit 66: the file is not ours, so git merges it over its base, like a file without a driver. Exit 2
    with a marker in %A: the driver failed and has written both sides. Anything else (killed, interpreter
    missing): git merges over an empty base, so that no line of either side is lost; if it cannot (binary
    data), theirs is appended to ours. The path is in conflict then; if nothing could be written, 129 makes
    git abort the merge.

    Before all that, the join is taken if another driver of this merge made it (plumbing/joins_ahead.py).
    """
    ahead = ".git/fedlearn/joined-$PPID"
    blobs = "set -- $(git hash-object --no-filters %A %B)"
    take = f'{blobs} && mv -f {ahead}/%P."$1-$2" %A 2>/dev/null && exit 0'
    command = launcher.command("merge_driver").replace("%", "%%")
    both = "git merge-file -q -L ours -L base -L theirs --marker-size=%L %A /dev/null %B"
    with_base = "git merge-file -L ours -L base -L theirs --marker-size=%L %A %O %B"
    return (
        f"test ! -d {ahead} || {{ {take}; }}; FEDLEARN_MERGE=$PPID "
        f"{command} %O %A %B %L %P || {{ code=$?; rm -f %A.fedlearn-*; "
        f"test $code -ne 66 || {{ {with_base} && exit; exit 1; }}; "
        "test $code -eq 2 && grep -q '^<<<<<<<* ours' %A || "
        f"{{ {both}; test $? -le 127; }} || {{ echo; cat %B; }} >>%A || exit 129; exit 1; }}"
    )


def format_textconv(launcher: Launcher) -> str:
    """The command git runs to show a version of a file; it shows the raw file if our program is missing."""
    return f'f() {{ {launcher.command("textconv")} "$1" 2>/dev/null || cat "$1"; }}; f'


def write_drivers(git: Git, scope: Scope, launcher: Launcher) -> list[str]:
    """Define both drivers; returns the changed keys. Raises FedlearnError for someone else's driver."""
    _refuse_foreign_driver(git, scope)
    wanted = {
        **_unended_size(git, scope),
        NAME_KEY: "merge of record sets (git-fedlearn)",
        DRIVER_KEY: format_driver(launcher),
        TEXTCONV_KEY: format_textconv(launcher),
    }
    return [key for key, value in wanted.items() if write_config(git, scope, key, value)]


def write_pull_default(git: Git) -> list[str]:
    """Let a bare `git pull` merge, unless the user decided how branches are reconciled; returns changed keys.

    Without a decision, git refuses to pull if both sides have commits, which is every day here. git-pull(1).
    """
    if git.is_true("config", "--get-regexp", r"^(pull\.(rebase|ff)|branch\..*\.rebase)$"):
        return []
    values = {PULL_MARK_KEY: "true", PULL_KEY: "false"}
    return [key for key, value in values.items() if write_config(git, "--local", key, value)]


def pull_keys(git: Git) -> tuple[str, ...]:
    """The keys that `write_pull_default` set and nobody changed since."""
    if git.find_config(PULL_MARK_KEY, "--local") is None:
        return ()
    is_ours = git.find_config(PULL_KEY, "--local") == "false"
    return (PULL_MARK_KEY, PULL_KEY) if is_ours else (PULL_MARK_KEY,)


def remove_drivers(git: Git, scope: Scope, *others: str) -> list[str]:
    """Remove both drivers and other keys; returns the keys that were set.

    Restores the original bytes of the file. Raises FedlearnError for someone else's driver.
    """
    _refuse_foreign_driver(git, scope)
    path, size = _find_file(git, scope), git.find_config(UNENDED_KEY, scope)
    keys = (UNENDED_KEY, NAME_KEY, DRIVER_KEY, TEXTCONV_KEY, *others)
    removed = [key for key in keys if git.is_true("config", scope, "--unset-all", key)]
    if removed and path:
        _tidy(path, unended_size=int(size or -1), keep_empty=scope == "--local")
    return removed


def write_config(git: Git, scope: Scope, key: str, value: str) -> bool:
    """Set a key; returns whether that changed anything."""
    if git.find_config(key, scope) == value:
        return False
    git.run("config", scope, "--replace-all", key, value)
    return True


def runs_our_program(value: str) -> bool:
    """Whether a config value or a hook runs a program of git-fedlearn."""
    return any(name in value for name in _OURS)


def _refuse_foreign_driver(git: Git, scope: Scope) -> None:
    found = git.find_config(DRIVER_KEY, scope)
    if found and not runs_our_program(found):
        raise FedlearnError(
            f"git config {DRIVER_KEY} was not set by git-fedlearn: {found}",
            hint=f"git config {scope} --remove-section merge.fedlearn    (if you do not need it)",
        )


def _find_file(git: Git, scope: Scope) -> Path | None:
    """The file of a scope, None if nothing is set in it."""
    listed = git.attempt("config", scope, "-z", "--show-origin", "--name-only", "--list")
    origin = os.fsdecode(listed.out.split(b"\0")[0]).removeprefix("file:")
    return (git.directory / origin).resolve() if origin else None


def _unended_size(git: Git, scope: Scope) -> dict[str, str]:
    """The size of a file without a final newline, which git adds and `uninstall` removes."""
    path = None if git.find_config(DRIVER_KEY, scope) else _find_file(git, scope)
    data = path.read_bytes() if path else b""
    return {UNENDED_KEY: str(len(data))} if data and not data.endswith(b"\n") else {}


def _tidy(path: Path, *, unended_size: int, keep_empty: bool) -> None:
    """Drop what git leaves when keys are unset: headers around a comment, and a newline."""
    before = path.read_bytes()
    after = _without_empty_sections(before)
    if len(after) == unended_size + 1:
        after = after.removesuffix(b"\n")
    if not after and not keep_empty:
        path.unlink()
    elif after != before:
        _replace_locked(path, after)


def _without_empty_sections(data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    ends = [*(line.lstrip() for line in lines[1:]), b"["]
    kept = [
        line
        for line, following in zip(lines, ends, strict=False)
        if not (line.strip() in _HEADERS and following.startswith(b"["))
    ]
    return b"".join(kept)


def _replace_locked(path: Path, data: bytes) -> None:
    lock = path.with_name(f"{path.name}.lock")
    try:
        descriptor = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL, path.stat().st_mode & 0o777)
    except OSError as error:
        raise GitError(
            f"{path}: cannot be locked: {error.strerror}", hint=f"rm {lock}, if no git runs"
        ) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    lock.replace(path)


def write_info_attributes(common_dir: Path) -> Path | None:
    """Put the rules into info/attributes; returns its path if that changed it."""
    path = common_dir / "info" / "attributes"
    return path if put_file_block(path, [*RULES]) else None


def remove_info_attributes(common_dir: Path) -> Path | None:
    """Remove the rules; returns the path if they were there."""
    path = common_dir / "info" / "attributes"
    return path if take_file_block(path) else None


def with_shared_rule(data: bytes) -> bytes:
    """The bytes of a .gitattributes with our rules appended if missing; other rules are unchanged."""
    for rule in RULES:
        known = [line.split() for line in data.decode("utf-8", "replace").splitlines()]
        data = data if rule.split() in known else append_line(data, rule)
    return data
