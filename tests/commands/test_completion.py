"""Completion at <TAB>: what is offered, and that bash, zsh and fish show it for `git fedlearn`."""

import io
import shutil
import tomllib
from pathlib import Path

import pexpect
import pytest
from systems import System, prepared

from git_fedlearn.cli import cli
from git_fedlearn.commands.completion import SCRIPTS
from git_fedlearn.console.completion import add_completion, answer
from git_fedlearn.console.context import Context
from git_fedlearn.console.usage import add_common_options
from git_fedlearn.core.identity import RecordId
from git_fedlearn.repository.inbox import Inbox, ProposedRetraction
from git_fedlearn.repository.repository import Repository

TOP = Path(__file__).parents[2]
SETS = ["skills-patterns", "error-solutions", "best-practices", "fine-tuning"]


@prepared
def learned(one: System) -> None:
    """A repository with a peer, a lesson and a retracted one."""
    one.add("best-practices", {"title": "Pin the channel: always"}, {"title": "Do not"})
    one.fedlearn("retract", ident(one, "Do not"), "--reason", "wrong")
    one.fedlearn("remote", "add", "friend", "https://example.org/lessons.git")


def ident(system: System, title: str) -> str:
    return next(r.id for r in system.records("best-practices") if r.fields.get("title") == title)[:12]


@pytest.fixture
def offered(learned: System, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setattr(cli, "prepare", lambda command: add_completion(add_common_options(command)))
    add_completion(cli)

    def ask(line: str, directory: Path = learned.path) -> list[str]:
        words = line.split(" ")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
        out = io.StringIO()
        assert answer(cli, "bash_complete", Context(learned.environment, directory, stdout=out)) == 0
        return [item.removeprefix("plain,") for item in out.getvalue().splitlines() if item]

    return ask


def test_what_is_offered(learned: System, offered: object, tmp_path: Path) -> None:
    assert callable(offered)
    alive = ident(learned, "Pin the channel: always")
    (gone,) = [r.id[:12] for r in learned.records("best-practices") if r.is_tombstone]
    inbox = Inbox(Repository.discover(learned.path, learned.environment))
    inbox.add_retraction(ProposedRetraction(RecordId(gone), "wrong", "2026-05-28T20:26:40Z"))
    (Path(learned.environment["HOME"]) / ".codex").mkdir()
    learned.write(".fedlearn.toml", b'format = 1\n[sources.mine]\nfiles = "*.jsonl"\n')
    for line, expected in {
        "git-fedlearn ver": ["verify"],
        "git-fedlearn verify --hi": ["--history"],
        "git-fedlearn remote sh": ["show"],
        "git-fedlearn show ": sorted([alive, gone]),
        f"git-fedlearn show {alive[:4]}": [alive],
        f"git-fedlearn show {alive}": [next(iter(learned.fedlearn("show", alive).out.split()))],
        "git-fedlearn retract ": [alive],
        "git-fedlearn restore ": [gone],
        f"git-fedlearn retract {alive} ": [],
        "git-fedlearn show zz": [],
        "git-fedlearn add ": SETS,
        "git-fedlearn search --set fi": ["fine-tuning"],
        "git-fedlearn pull-remotes ": ["friend"],
        "git-fedlearn remote show ": ["friend"],
        "git-fedlearn schedule install --sync da": ["daily"],
        "git-fedlearn retract --commit ": ["main"],
        "git-fedlearn sync --source ": ["dir,"],
        "git-fedlearn sources detect --add ": ["codex", "mine"],
        "git-fedlearn sources detect ": ["dir,"],
        "git-fedlearn sources test m": ["dir,m", "mine"],
        "git-fedlearn note --supersedes ": sorted([alive, gone]),
        "git-fedlearn sanitize ": ["file,"],
        "git-fedlearn help remote a": ["add"],
        "git-fedlearn completion ": ["bash", "zsh", "fish"],
        "git-fedlearn review accept ": [gone],
        "git-fedlearn review list --duplicates fi": ["fine-tuning"],
    }.items():
        assert sorted(offered(line)) == sorted(expected), line
    assert offered("git-fedlearn show ", tmp_path) == []
    assert answer(cli, "bash_source", Context()) == answer(cli, "cmd_complete", Context()) == 1
    assert offered(f"git-fedlearn -C {learned.path.parent} -C one add ", tmp_path) == SETS


def test_help_does_not_list_it(system: System) -> None:
    assert "completion" not in system.fedlearn("-h").out
    assert "Print the script" in system.fedlearn("help", "completion").out


def test_every_script_is_printed_and_shipped(system: System) -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
    shipped = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    for shell, name in SCRIPTS.items():
        path = f"git_fedlearn/completions/{name}"
        assert path in shipped
        assert system.fedlearn("completion", shell).out == (TOP / path).read_text(encoding="utf-8")


@pytest.fixture
def shell_environment(learned: System, tmp_path: Path) -> dict[str, str]:
    """Scripts where an installation puts them, and no files of this machine's user."""
    share = tmp_path / "share"
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
    for source, place in project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"].items():
        if "completions" in source:
            target = tmp_path / place
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(TOP / source, target)
    return learned.environment | {"XDG_DATA_DIRS": f"{share}:/usr/share", "TERM": "dumb", "SHARE": str(share)}


def typed(shell: list[str], start: str, lines: dict[str, str], where: tuple[Path, dict[str, str]]) -> None:
    """Type lines that hold tabs in an interactive shell, and expect what appears."""
    folder, environment = where
    child = pexpect.spawn(
        shell[0],
        shell[1:],
        env=environment,
        cwd=str(folder),
        encoding="utf-8",
        timeout=60,
        dimensions=(50, 180),
    )
    try:
        child.sendline(f"PS1='>'; {start}; echo rea''dy")
        child.expect_exact("ready\r\n")
        for line, appears in lines.items():
            child.send(line)
            child.expect_exact(appears)
            child.send("\x03")  # the next line
    finally:
        child.close(force=True)


needs = {
    shell: pytest.mark.skipif(
        not shutil.which(shell), reason=f"{shell} is not installed (.ci/tools installs it)"
    )
    for shell in ("bash", "zsh", "fish")
}
BASH_COMPLETION = Path("/usr/share/bash-completion/bash_completion")


@needs["bash"]
@pytest.mark.skipif(
    not BASH_COMPLETION.exists(), reason="bash-completion is not installed (.ci/tools installs it)"
)
def test_bash(learned: System, shell_environment: dict[str, str]) -> None:
    alive = ident(learned, "Pin the channel: always")
    lines = {
        "git fedlearn verify --his\t": "git fedlearn verify --history ",
        f"git fedlearn show {alive[:3]}\t": f"git fedlearn show {alive} ",
        "git -C .. fedlearn -C one add best\t": "one add best-practices ",
        "git fedlearn search --set=fi\t": "--set=fine-tuning ",
        "git-fedlearn remote show f\t": "git-fedlearn remote show friend ",
    }
    start = f"bind 'set enable-bracketed-paste off'; source {BASH_COMPLETION}"
    typed(["bash", "--norc", "--noprofile", "-i"], start, lines, (learned.path, shell_environment))


@needs["zsh"]
def test_zsh(learned: System, shell_environment: dict[str, str]) -> None:
    alive = ident(learned, "Pin the channel: always")
    lines = {
        f"git fedlearn retract {alive[:3]}\t": alive[3:],
        "git-fedlearn remote show f\t": "riend",
        "git fedlearn show \t": "best-practices: Pin the channel: always",
    }
    functions = f"{shell_environment['SHARE']}/zsh/site-functions"
    start = f"unsetopt zle_bracketed_paste; fpath=({functions} $fpath); autoload -Uz compinit; compinit -u -D"
    typed(["zsh", "-f", "-i"], start, lines, (learned.path, shell_environment))


@needs["fish"]
def test_fish(learned: System, shell_environment: dict[str, str]) -> None:
    alive = ident(learned, "Pin the channel: always")
    asked = {
        "git fedl": "fedlearn\tShare what a local AI stack learns",
        "git fedlearn verify --his": "--history\t"
        "Look for lost records in all history, not only the last commits.",
        f"git -C .. fedlearn -C one show {alive[:3]}": f"{alive}\tbest-practices: Pin the channel: always",
        "git-fedlearn remote show f": "friend\thttps://example.org/lessons.git",
    }
    script = "; ".join(f"complete -C '{line}'" for line in asked)
    answered, code = pexpect.run(
        f'fish -c "{script}"',
        env=shell_environment,
        cwd=str(learned.path),
        encoding="utf-8",
        withexitstatus=True,
        timeout=60,
    )
    assert (answered.splitlines(), code) == (list(asked.values()), 0)
