"""Man pages and completions of this installation, and links to them where man and the shells look.

A wheel contains them as shared data, below its environment. man and bash find them there only if the `bin`
next to it is on PATH: pipx links the man pages, uv links nothing.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.environment import home_folder
from git_fedlearn.repository.git import Git, attempt_program

_MARK: Final = "/./"
"""Part of the targets of our links, so that only those are replaced and removed."""

_FOLDERS: Final = (
    "man/man1",
    "bash-completion/completions",
    "fish/vendor_completions.d",
    "fish/vendor_conf.d",
    "zsh/site-functions",
)


def share_folder(environment: Mapping[str, str]) -> Path:
    """The `share` folder of this user."""
    return Path(environment.get("XDG_DATA_HOME") or Path(home_folder(environment), ".local", "share"))


def link_shared_files(target: Path) -> int:
    """Link every missing file; returns how many. Other files stay. Raises FedlearnError."""
    try:
        return sum(_link(target, path, source) for path, source in _shared_files())
    except OSError as error:
        raise FedlearnError(
            f"{error.filename}: man pages and completions cannot be linked: {error.strerror}",
            hint="everything else is set up; git fedlearn help and git fedlearn completion work without them",
        ) from error


def _link(target: Path, path: PurePosixPath, source: Path) -> bool:
    """Link a file; whether it was missing, or a link of ours to something else."""
    link, aim = target / path, f"{source.parents[len(path.parts) - 1]}{_MARK}{path}"
    if _is_our_link(link) and os.readlink(link) != aim:  # noqa: PTH115  pathlib would drop the mark
        link.unlink()
    if os.path.lexists(link):
        return False
    link.parent.mkdir(parents=True, exist_ok=True)
    os.symlink(aim, link)  # noqa: PTH211  the same
    return True


def unlink_shared_files(target: Path) -> int:
    """Remove our links, broken ones too, and empty folders; returns the number of links."""
    links = [path for folder in _FOLDERS for path in (target / folder).glob("*git-fedlearn*")]
    ours = [link for link in links if _is_our_link(link)]
    for link in ours:
        link.unlink()
        for folder in link.relative_to(target).parents:
            if not folder.name or any((target / folder).iterdir()):
                break
            (target / folder).rmdir()
    return len(ours)


def find_manual(git: Git) -> str | None:
    """The page that `git fedlearn --help` shows: "" if there is none, None if man is not installed."""
    environment = dict(git.environment)
    environment["MANPATH"] = f"{git.text('--man-path')}:{environment.get('MANPATH', '')}"
    found = attempt_program(("man", "-w", "git-fedlearn"), environment)
    return found.out.decode("utf-8", "replace").strip() if found else None


def _shared_files() -> Iterator[tuple[PurePosixPath, Path]]:
    """Paths below `share`, with the files of this installation."""
    from importlib.metadata import PackageNotFoundError, distribution  # noqa: PLC0415  costs start-up time

    try:
        files = distribution("git-fedlearn").files or []
    except PackageNotFoundError:
        return
    for file in files:
        parts = file.parts
        if "share" in parts and not file.suffix.startswith(".py"):
            path = PurePosixPath(*parts[parts.index("share") + 1 :])
            source = Path(str(file.locate())).resolve()
            if str(path.parent) in _FOLDERS and source.is_file():
                yield path, source


def _is_our_link(link: Path) -> bool:
    """Whether we made this link, to this installation or to an earlier one; pipx makes others."""
    return link.is_symlink() and _MARK in os.readlink(link)  # noqa: PTH115  pathlib would drop the mark
