"""The wheel as a user gets it: built, installed into a fresh environment, and found by git, man and bash."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
pytestmark = pytest.mark.soak


def test_git_and_man_find_it(tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    pip = [str(environment / "bin/pip"), "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", tmp_path, TOP], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    subprocess.run([*pip, "install", "--no-deps", wheel], check=True)
    packages = next(environment.glob("lib/python*/site-packages"))
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    seen = {
        "HOME": str(tmp_path),
        "PATH": f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "MANPAGER": "cat",
        "LC_ALL": "C.UTF-8",
    }

    def said(*command: str) -> str:
        return subprocess.run(
            command, cwd=tmp_path, env=seen, capture_output=True, text=True, check=True
        ).stdout

    python = str(environment / "bin/python")
    location = said(python, "-c", "import git_fedlearn; print(git_fedlearn.__file__)")
    assert location.startswith(str(environment))
    assert said("git", "fedlearn", "--version").startswith("git-fedlearn ")
    if shutil.which("man"):
        assert "share what a local AI stack learns, by plain git" in said("git", "fedlearn", "--help")
        assert "git-fedlearn-verify" in said("man", "git-fedlearn-verify")
    linked = said("git", "fedlearn", "install", "--global").splitlines()[1]
    assert linked.startswith(f"{tmp_path}/.local/share: ")
    assert (tmp_path / ".local/share/bash-completion/completions/git-fedlearn").is_file()
