"""How git, which may have another PATH (graphical clients), runs our programs.

Programs have absolute paths. The interpreter runs isolated (`-I`), so that neither environment nor current
folder can change which code runs. A launcher is tried before it is written to a config.
"""

import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.git import Finished, Git

_PACKAGE: Final = "git_fedlearn.plumbing"


@dataclass(frozen=True, slots=True)
class Launcher:
    """Shell text that runs our programs: by a Python interpreter, else by console scripts in `folder`.

    With neither, console scripts are found on PATH: for files that are shared between machines.
    """

    python: tuple[str, ...] = ()
    folder: Path | None = None

    def command(self, program: str) -> str:
        """Shell text that runs `merge_driver`, `textconv` or `hook`; arguments follow it."""
        if self.python:
            return shlex.join([*self.python, "-m", f"{_PACKAGE}.{program}"])
        return self._script(program)

    def presence(self, program: str) -> str:
        """Shell text that succeeds, quickly, unless the program certainly cannot run."""
        if self.python:
            return f"test -x {shlex.quote(self.python[0])}"
        return f"command -v {self._script(program)} >/dev/null 2>&1"

    def proof(self, program: str) -> str:
        """Shell text that succeeds if the program can run, for use after it failed."""
        if self.python:
            return f"{shlex.join([*self.python, '-c', f'import {_PACKAGE}.{program}'])} 2>/dev/null"
        return self.presence(program)

    def _script(self, program: str) -> str:
        name = f"git-fedlearn-{program.replace('_', '-')}"
        return shlex.quote(str(self.folder / name)) if self.folder else name


PORTABLE: Final = Launcher()


def find_launcher(git: Git, python: str = sys.executable) -> Launcher:
    """A launcher that works from a bare shell. Raises FedlearnError if none does.

    `-I` also hides packages of `pip install --user`; `-E -P` does not. Wrapped interpreters (Nix) find the
    package only through the console scripts.
    """
    flags: tuple[tuple[str, ...], ...] = (("-I",), ("-E", "-P")) if python else ()
    for launcher in (Launcher((python, *flag)) for flag in flags):
        if run_line(git, launcher.proof("hook")).code == 0:
            return launcher
    script = shutil.which("git-fedlearn-hook", path=git.environment.get("PATH"))
    if script:
        return Launcher(folder=Path(script).absolute().parent)
    raise FedlearnError(
        f"{python or 'python'}: cannot import git_fedlearn without PYTHONPATH",
        hint="install git-fedlearn with pip, pipx or uv, then run the command again",
    )


def run_line(
    git: Git, line: str, *arguments: str, environment: Mapping[str, str] | None = None, stdin: bytes = b""
) -> Finished:
    """Run shell text as git runs it: git's shell and PATH, from the top of the work tree."""
    runner = Git(git.directory, {**git.environment, **(environment or {})})
    return runner.attempt("-c", f"alias.fedlearn-line=!{line}", "fedlearn-line", *arguments, stdin=stdin)
