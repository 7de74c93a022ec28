"""The wheel as a user gets it: built, installed with what it depends on, and found by git, man and bash."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

TOP = Path(__file__).parents[1]
pytestmark = pytest.mark.soak


MAX_BASE_MB: Final = 120
"""What a base install may take, pip included: megabytes of 2**20 bytes, as `du -m` counts them."""

EVENT: Final = (
    b'{"event_type":"error_resolved","error_message":"no space left on device","value_score":0.9,'
    b'"solution":"Empty the store with nix-collect-garbage -d, then build again."}\n'
)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel and the newest of what it depends on."""
    folder = tmp_path_factory.mktemp("wheel")
    environment = folder / "environment"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    pip = [str(environment / "bin/pip"), "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", folder, TOP], check=True)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([*pip, "install", wheel], check=True)
    return environment


class Shell:
    """Commands of somebody who has only this environment."""

    def __init__(self, environment: Path, home: Path) -> None:
        self.home = home
        self.environment = {
            "HOME": str(home),
            "PATH": f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "MANPAGER": "cat",
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_SYSTEM": os.devnull,
        }

    def said(self, *command: str, folder: Path | None = None) -> str:
        """What a command prints; it must succeed."""
        done = subprocess.run(
            command,
            cwd=folder or self.home,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done
        return done.stdout


@pytest.fixture
def shell(environment: Path, tmp_path: Path) -> Shell:
    return Shell(environment, tmp_path)


def test_git_and_man_find_it(environment: Path, shell: Shell) -> None:
    location = shell.said("python", "-c", "import git_fedlearn; print(git_fedlearn.__file__)")
    assert location.startswith(str(environment))
    assert shell.said("git", "fedlearn", "--version").startswith("git-fedlearn ")
    if shutil.which("man"):
        page = " ".join(shell.said("git", "fedlearn", "--help").split())
        assert "share what your local AI stack learns, with plain git" in page
        assert "git-fedlearn-verify" in shell.said("man", "git-fedlearn-verify")
    linked = shell.said("git", "fedlearn", "install", "--global").splitlines()[1]
    assert linked.startswith(f"{shell.home}/.local/share: ")
    assert (shell.home / ".local/share/bash-completion/completions/git-fedlearn").is_file()


def test_the_base_is_small_and_brings_no_extra(environment: Path, shell: Shell) -> None:
    used = shell.said("du", "-sm", str(environment)).split()[0]
    assert int(used) < MAX_BASE_MB
    packages = shell.said("python", "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check")
    names = {line.partition("==")[0].lower() for line in packages.splitlines()}
    assert not names & {
        "numpy",
        "grpcio",
        "qdrant-client",
        "pydantic",
        "protobuf",
        "qdrant-edge-py",
        "tokenizers",
    }


def test_the_base_syncs_pulls_verifies_and_scans(shell: Shell) -> None:
    hub, one, other = (shell.home / name for name in ("hub", "one", "other"))
    for name, value in (("user.name", "A Tester"), ("user.email", "tester@example.org")):
        shell.said("git", "config", "--global", name, value)
    shell.said("git", "init", "--quiet", "--bare", "--initial-branch=main", str(hub))
    shell.said("git", "init", "--quiet", "--initial-branch=main", str(one))
    shell.said("git", "fedlearn", "init", folder=one)
    shell.said("git", "add", "--all", folder=one)
    shell.said("git", "commit", "--quiet", "--message", "federate", folder=one)
    shell.said("git", "push", "--quiet", str(hub), "main", folder=one)
    shell.said("git", "fedlearn", "clone", str(hub), str(other))
    for folder in (one, other):
        log = shell.home / f"stack-{folder.name}" / "telemetry" / "a-events.jsonl"
        log.parent.mkdir(parents=True)
        log.write_bytes(EVENT.replace(b"device", b"device: " + folder.name.encode()))
        shell.said("git", "fedlearn", "sync", "--source", str(log.parent.parent), "--commit", folder=folder)
    shell.said("git", "push", "--quiet", str(hub), "main", folder=one)
    shell.said("git", "pull", "--quiet", "--no-rebase", "--no-edit", folder=other)
    learned = (other / "data/patterns/error-solutions.jsonl").read_bytes()
    assert learned.count(b"\n") == 2
    assert shell.said("git", "fedlearn", "verify", "--history", folder=other).endswith("no problems found\n")
    shell.said("git", "fedlearn", "scan", folder=other)
