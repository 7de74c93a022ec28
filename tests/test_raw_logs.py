"""Raw logs of a source inside the working tree never leave, also if they are added by force."""

from pathlib import Path

import pytest
from systems import System, World

LOG = "telemetry/hybrid-events.jsonl"
RAW = "raw telemetry, which never leaves a machine"


@pytest.fixture
def stack(world: World) -> System:
    one = world.system("one")
    one.git("remote", "add", "origin", str(world.bare("hub").path))
    one.git("push", "--quiet", "origin", "main")
    return one


@pytest.mark.parametrize("source", ["stack", "./stack/", ".", "absolute"])
def test_a_log_is_refused_at_commit_and_push(stack: System, source: str) -> None:
    path = LOG if source == "." else f"stack/{LOG}"
    stack.git("config", "fedlearn.source", str(Path(stack.path, "stack")) if source == "absolute" else source)
    stack.write(path, b"{}\n")
    stack.git("add", "--force", path)
    done = stack.git("commit", "--quiet", "-m", "logs", check=False)
    assert (done.code, done.err) == (
        1,
        f"error: {path}: {RAW}\nhint: git rm --cached FILE    (raw telemetry stays on this machine)\n",
    )
    verified = stack.git("-c", "alias.run=!git-fedlearn-hook verify", "run", check=False)
    assert (verified.code, verified.err) == (done.code, done.err)
    stack.git("commit", "--quiet", "--no-verify", "-m", "logs")
    pushed = stack.git("push", "--quiet", "origin", "main", check=False)
    assert pushed.code == 1
    assert f"error: {path}: {RAW}\n" in pushed.err


@pytest.mark.parametrize(
    "path", ["stack/README.md", "stack/telemetry/.gitignore", "src/a.jsonl", "stack/x/a.py"]
)
def test_other_files_are_the_users(stack: System, path: str) -> None:
    stack.git("config", "fedlearn.source", "stack")
    stack.write(path, b"{}\n")
    stack.git("add", "--force", path)
    done = stack.git("commit", "--quiet", "-m", "more", check=False)
    assert (done.code, done.err) == (0, "")
    assert stack.git("push", "--quiet", "origin", "main").err == ""


@pytest.mark.parametrize("source", ["~/stack", "../elsewhere", "s3://bucket/*.jsonl", "/nowhere/at/all"])
def test_a_source_elsewhere_changes_nothing(stack: System, source: str) -> None:
    stack.git("config", "fedlearn.source", source)
    stack.write("telemetry/a.jsonl", b"{}\n")
    stack.git("add", "telemetry/a.jsonl")
    done = stack.git("commit", "--quiet", "-m", "more", check=False)
    assert (done.code, done.err) == (0, "")
