"""`git fedlearn demo`: the whole play under hostile git config, what it leaves, and that it can fail."""

import io
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from systems import System, World

from git_fedlearn.commands.demo import Audience
from git_fedlearn.console.context import Context
from git_fedlearn.demo.samples import SYSTEMS, private_texts, write_stack
from git_fedlearn.demo.systems import Stage
from git_fedlearn.demo.systems import System as Player

HOSTILE = """\
[commit]
\tgpgsign = true
[core]
\thooksPath = /nonexistent
[merge]
\tff = only
[pull]
\trebase = true
[init]
\tdefaultBranch = trunk
[user]
\tuseConfigOnly = true
"""


@dataclass(frozen=True)
class Played:
    """A demo that was kept: its folder and what it printed."""

    folder: Path
    out: str
    err: str

    def system(self, name: str) -> System:
        return System(self.folder / name, self.folder / "home" / name)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """One play for all tests that only look at it."""
    world = World(tmp_path_factory.mktemp("demo"))
    one = world.folder_system("anywhere")
    (world.home / ".gitconfig").write_text(HOSTILE)
    for name in [name for name in one.environment if name.startswith(("GIT_AUTHOR", "GIT_COMMITTER"))]:
        del one.environment[name]
    one.environment["GIT_DIR"] = "/nonexistent"
    done = one.fedlearn("demo", "--keep")
    (folder,) = re.findall(r"^The three systems are in (.*)\. Try:$", done.out, re.MULTILINE)
    yield Played(Path(folder), done.out, done.err)
    shutil.rmtree(folder)


def test_nothing_conflicts_and_everybody_knows_the_same(played: Played) -> None:
    assert played.err == ""
    assert re.search(
        r"^14 pulls, 0 conflicts; record sets: identical on all systems", played.out, re.MULTILINE
    )
    trees = {played.system(name).git("rev-parse", "HEAD:data/patterns").out for name in SYSTEMS}
    assert len(trees) == 1
    heads = {played.system(name).git("rev-parse", "HEAD").out for name in SYSTEMS}
    assert len(heads) > 1, "equal sets prove nothing if the commits are equal"


def test_what_the_audience_sees(played: Played) -> None:
    shown = [
        "workstation$ git fedlearn sync --commit\n    read 12 events, 2 fine-tuning samples from 2 files",
        "redacted 1 API_KEY, 1 EMAIL_ADDRESS, 1 HOME_PATH, 1 IP_ADDRESS\n",
        "key <API_KEY> is not known; ask",
        "laptop$ git push hub main\n    rejected: another system was faster\nlaptop$ git pull hub main\n",
        "    score 0.97\n",
        "      reason          switching the sandbox off solves nothing\n",
        "retracted                              1         1         1\n",
        "    3 systems, score 0.97, error-solutions\n",
    ]
    assert [text for text in shown if text not in played.out] == []
    assert max(map(len, played.out.splitlines()[:-8])) <= 100
    assert "\x1b" not in played.out


def test_nothing_private_enters_the_object_database(played: Played) -> None:
    for name in SYSTEMS:
        one = played.system(name)
        objects = one.git("cat-file", "--batch", "--batch-all-objects").out
        for private in private_texts(played.folder / "home" / name).values():
            assert private not in objects
            assert private not in played.out.partition("The three systems are in")[0]


def test_the_kept_systems_are_sound_and_work_on(played: Played) -> None:
    for name in SYSTEMS:
        one = played.system(name)
        assert one.git("status", "--porcelain").out == ""
        one.fedlearn("verify", "--history")
    assert f"The three systems are in {played.folder}" in played.out


def test_a_conflict_or_a_difference_makes_it_fail(played: Played) -> None:
    stage = Stage(played.folder, os.environ, lambda _: None)
    systems = [Player(name, stage) for name in SYSTEMS]
    audience = Audience(Context(stdout=io.StringIO()))
    assert audience.conclude(stage, systems) == 0
    stage.conflicts = 1
    assert audience.conclude(stage, systems) == 1
    stage.conflicts = 0
    laptop = played.system("laptop")
    head = laptop.git("rev-parse", "HEAD").out.strip()
    laptop.add("skills-patterns", {"query": "what only the laptop knows", "response": "this"})
    laptop.commit()
    assert audience.conclude(stage, systems) == 1
    laptop.git("reset", "--quiet", "--hard", head)


def test_interrupted_it_leaves_nothing(world: World) -> None:
    one = world.folder_system("anywhere")
    listening = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    with subprocess.Popen(  # where the tests run in the background, SIGINT would be ignored
        [sys.executable, "-c", f"{listening}; from git_fedlearn.cli import main; main()", "demo", "--keep"],
        cwd=one.path,
        env={**one.environment, "TMPDIR": str(one.path), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as demo:
        assert demo.stdout
        assert any(b"git fedlearn sync" in line for line in demo.stdout)
        os.killpg(demo.pid, signal.SIGINT)
        _, err = demo.communicate()
    assert (demo.returncode, err.strip()) == (130, b"interrupted")
    assert [*one.path.iterdir()] == []


def test_samples_hold_no_private_text_before_the_play(tmp_path: Path) -> None:
    home = tmp_path / "ada"
    package = Path(write_stack.__code__.co_filename).parent
    files = [path for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    shipped = b"".join(path.read_bytes() for path in files)
    for private in private_texts(home).values():
        assert private.encode() not in shipped
    write_stack("workstation", home / "stack", home)
    laid_out = "".join(path.read_text() for path in sorted((home / "stack").rglob("*.jsonl")))
    assert [text for text in private_texts(home).values() if text not in laid_out] == []
