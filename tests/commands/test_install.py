"""`git fedlearn install`: what it sets up, where, and what it leaves alone."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from installed import probe, snapshot, write_hook
from systems import Result, System, World

from git_fedlearn.setup.hooks import HOOKS

ID = "sys-abcde23456"


def test_install_says_what_it_did_and_the_second_time_changes_no_byte(world: World) -> None:
    one = world.repository("one")
    first = one.fedlearn("install", "--id", ID)
    assert first.out == (
        f"installed in {one.path}/.git as {ID}\n"
        "  config: merge driver, diff driver and system id\n"
        "  git pull: merges, as you had not decided how (git config pull.rebase false)\n"
        "  attributes: .git/info/attributes\n"
        "  hooks: pre-commit, pre-merge-commit, commit-msg, post-commit, post-merge, post-rewrite, pre-push "
        "in .git/hooks\n"
    )
    before = snapshot(one.path / ".git")
    assert one.fedlearn("install").out == f"already installed as {ID}\n"
    assert snapshot(one.path / ".git") == before
    problems = re.findall(r"^problem  (.{16}) ", one.fedlearn("doctor", code=1).out, re.MULTILINE)
    assert [name.strip() for name in problems] == ["data", "shared rule", "ignored"]


def test_a_system_id_is_random_and_says_nothing(world: World) -> None:
    ids = [world.repository(name) for name in ("one", "two")]
    found = [system.fedlearn("install").out and system.git("config", "fedlearn.system").out for system in ids]
    assert all(re.fullmatch(r"sys-[a-z2-7]{10}\n", identifier) for identifier in found)
    assert found[0] != found[1]


def test_an_id_that_is_none_is_refused(world: World) -> None:
    one = world.repository("one")
    before = snapshot(one.path / ".git")
    assert one.fedlearn("install", "--id", "laptop", code=2).err == (
        "error: laptop: not a system id\nhint: `sys-` and 10 of a-z and 2-7, as in sys-abcde23456\n"
    )
    assert snapshot(one.path / ".git") == before


@pytest.mark.parametrize("verb", ["install", "uninstall", "doctor", "init"])
def test_outside_a_repository_every_verb_says_so(world: World, verb: str) -> None:
    folder = world.folder_system("plain")
    assert folder.fedlearn(verb, code=3).err == (
        f"error: {folder.path}: not in a git repository\n"
        "hint: git init && git fedlearn init    (or: git fedlearn clone URL)\n"
    )


@pytest.mark.parametrize("verb", ["install", "uninstall", "doctor", "init"])
def test_a_repository_of_someone_else_is_not_touched(world: World, verb: str) -> None:
    one = world.repository("one")
    before = snapshot(one.path)
    one.environment["GIT_TEST_ASSUME_DIFFERENT_OWNER"] = "1"
    assert f"git config --global --add safe.directory {one.path}" in one.fedlearn(verb, code=3).err
    assert snapshot(one.path) == before


def test_global_defines_the_drivers_and_links_man_pages_and_completions(world: World) -> None:
    folder = world.folder_system("plain")
    folder.environment["SHELL"] = "/bin/bash"
    first = folder.fedlearn("install", "--global")
    share = world.home / ".local/share"
    drivers, links = first.out.splitlines()
    assert drivers == "git config --global: merge and diff driver defined"
    assert re.fullmatch(f"{re.escape(str(share))}: [0-9]+ files linked \\(man pages, completions\\)", links)
    folder.environment["SHELL"] = "/bin/zsh"
    page = share / "man/man1/git-fedlearn.1"
    assert ".TH" in page.read_text()
    assert (share / "bash-completion/completions/git-fedlearn").is_file()
    (share / "fish/vendor_conf.d/git-fedlearn.fish").unlink()
    (share / "fish/vendor_conf.d/git-fedlearn.fish").write_text("mine")
    page.unlink()
    os.symlink("/gone/share/./man/man1/git-fedlearn.1", page)  # noqa: PTH211  pathlib would drop the dot
    foreign = share / "man/man1/git-fedlearn-verify.1"
    foreign.unlink()
    foreign.symlink_to("/pipx/share/man/man1/git-fedlearn-verify.1")
    again = folder.fedlearn("install", "--global")
    assert again.out.splitlines()[1:] == [f"{share}: 1 file linked (man pages, completions)"]
    assert f"fpath+={share}/zsh/site-functions" in again.err
    assert "fpath" not in first.err
    assert "run `git fedlearn install` in each clone" in first.err
    assert folder.fedlearn("install", "--global").out == "git config --global: already up to date\n"
    keys = folder.git("config", "--global", "--name-only", "--list").out.split()
    assert keys == ["merge.fedlearn.name", "merge.fedlearn.driver", "diff.fedlearn.textconv"]
    assert folder.fedlearn("install", "--global", "--id", ID, code=2).err.startswith(
        "error: --id cannot be used"
    )
    out = folder.fedlearn("uninstall", "--global").out
    assert out.startswith(f"git config --global: merge and diff driver removed\n{share}: ")
    assert not (world.home / ".gitconfig").exists()
    assert sorted(path for path in share.rglob("*") if not path.is_dir()) == [
        share / "fish/vendor_conf.d/git-fedlearn.fish",
        foreign,
    ]


def test_links_that_cannot_be_made_are_an_error(world: World) -> None:
    folder = world.folder_system("plain")
    (world.home / ".local").write_text("a file")
    said = folder.fedlearn("install", "--global", code=3)
    assert said.out == "git config --global: merge and diff driver defined\n"
    assert re.match(r"error: .*/home/\.local.*: man pages and completions cannot be linked: ", said.err)


def test_system_scope_writes_the_config_of_the_machine(world: World) -> None:
    folder = world.folder_system("plain")
    config = world.folder / "etc-gitconfig"
    folder.environment["GIT_CONFIG_SYSTEM"] = str(config)
    folder.fedlearn("install", "--system")
    assert "[merge" in config.read_text()
    assert "could not lock config file" in _unwritable(folder).err


def _unwritable(folder: System) -> Result:
    folder.environment["GIT_CONFIG_SYSTEM"] = str(folder.path / "missing" / "gitconfig")
    return folder.fedlearn("install", "--system", code=3)


def test_a_driver_of_someone_elses_making_is_kept(world: World) -> None:
    one = world.repository("one")
    one.git("config", "merge.fedlearn.driver", "other %A %B")
    assert one.fedlearn("install", code=3).err == (
        "error: git config merge.fedlearn.driver was not set by git-fedlearn: other %A %B\n"
        "hint: git config --local --remove-section merge.fedlearn    (if you do not need it)\n"
    )
    assert one.git("config", "merge.fedlearn.driver").out == "other %A %B\n"


def test_a_driver_of_an_older_installation_is_replaced(world: World) -> None:
    one = world.repository("one")
    one.git("config", "merge.fedlearn.driver", "/old/python -m git_fedlearn.plumbing.merge_driver %A %B")
    one.fedlearn("install")
    assert "/old/python" not in one.git("config", "merge.fedlearn.driver").out


def test_a_bare_repository_joins_but_has_no_hooks(world: World) -> None:
    hub = world.bare("hub")
    hooks = snapshot(hub.path / "hooks")
    hub.fedlearn("install")
    assert snapshot(hub.path / "hooks") == hooks
    assert re.findall(r"^ok +(\S+)", hub.fedlearn("doctor").out, re.MULTILINE) == [
        "git", "objects", "merge", "attributes", "diff", "system",
    ]  # fmt: skip


def test_a_linked_worktree_shares_what_is_installed(world: World) -> None:
    one = world.repository("one")
    one.commit()
    one.git("worktree", "add", "--quiet", "-b", "side", "../linked tree")
    linked = System(world.folder / "linked tree", world.home)
    assert f"installed in {one.path}/.git as" in linked.fedlearn("install").out
    assert one.fedlearn("install").out.startswith("already installed")
    assert probe(linked, "commit", "--allow-empty", "-m", "x") == ["pre-commit"]
    assert probe(one, "commit", "--allow-empty", "-m", "x") == ["pre-commit"]


def test_a_submodule_is_set_up_in_its_own_git_folder(world: World) -> None:
    inner, outer = world.system("inner"), world.repository("outer")
    outer.git("submodule", "--quiet", "add", str(inner.path), "know ledge")
    before = snapshot(outer.path / ".git" / "hooks")
    sub = System(outer.path / "know ledge", world.home)
    sub.fedlearn("install")
    assert snapshot(outer.path / ".git" / "hooks") == before
    assert probe(sub, "commit", "--allow-empty", "-m", "x") == ["pre-commit"]
    assert "problem" not in sub.fedlearn("doctor").out


def test_a_detached_head_makes_no_difference(world: World) -> None:
    one = world.system("one")
    one.git("checkout", "--quiet", "--detach")
    assert one.fedlearn("install").out.startswith("already installed")
    assert "problem" not in one.fedlearn("doctor").out


def test_hooks_go_where_git_looks_for_them(world: World) -> None:
    one = world.repository("one")
    one.git("config", "core.hooksPath", ".githooks")
    done = one.fedlearn("install")
    assert f"hooks: {', '.join(HOOKS)} in .githooks\n" in done.out
    assert "is shared with everyone who clones (core.hooksPath)" in done.err
    assert sorted(path.name for path in (one.path / ".githooks").iterdir()) == sorted(HOOKS)
    assert str(Path(sys.executable).parent) not in one.read(".githooks/pre-commit").decode()
    assert probe(one, "commit", "--allow-empty", "-m", "x") == ["pre-commit"]


def test_hooks_of_the_whole_machine_act_only_where_installed(world: World) -> None:
    one, other = world.repository("one"), world.repository("other")
    one.git("config", "--global", "core.hooksPath", str(world.folder / "my hooks"))
    assert "is shared with other repositories of this machine" in one.fedlearn("install").err
    assert probe(one, "commit", "--allow-empty", "-m", "x") == ["pre-commit"]
    assert probe(other, "commit", "--allow-empty", "-m", "x") == []


def test_husky_9_runs_our_block_from_the_file_it_leaves_to_the_user(world: World) -> None:
    one = world.repository("one")
    one.git("config", "core.hooksPath", ".husky/_")
    write_hook(one.path / ".husky/_/h", HUSKY)
    for name in HOOKS:
        write_hook(one.path / ".husky/_" / name, '#!/usr/bin/env sh\n. "$(dirname "$0")/h"\n')
    user = write_hook(one.path / ".husky/pre-commit", "echo user hook >&2\n", 0o644)
    shim = snapshot(one.path / ".husky/_")
    one.fedlearn("install")
    assert snapshot(one.path / ".husky/_") == shim
    assert probe(one, "commit", "--allow-empty", "-m", "x") == ["pre-commit"]
    assert "user hook" in one.git("commit", "--allow-empty", "-m", "x").err
    assert re.findall(r"^ok +((?:p|commit-)\S+)", one.fedlearn("doctor", code=1).out, re.MULTILINE) == [
        *HOOKS
    ]
    one.fedlearn("uninstall")
    assert user.read_text() == "echo user hook >&2\n"
    assert [path.name for path in (one.path / ".husky").iterdir() if path.is_file()] == ["pre-commit"]


HUSKY = """#!/usr/bin/env sh
[ "$HUSKY" = "2" ] && set -x
n=$(basename "$0")
s=$(dirname "$(dirname "$0")")/$n
[ ! -f "$s" ] && exit 0
export PATH="node_modules/.bin:$PATH"
sh -e "$s" "$@"
c=$?
[ $c != 0 ] && echo "husky - $n script failed (code $c)"
exit $c
"""


def test_hooks_that_are_switched_off_are_reported(world: World) -> None:
    one = world.repository("one")
    one.git("config", "core.hooksPath", "/dev/null")
    assert one.fedlearn("install", code=1).err == (
        "error: /dev/null hooks are disabled: core.hooksPath is not a directory\n"
        "hint: git config --unset core.hooksPath\n"
    )


@pytest.mark.parametrize(
    "first", ["#!/bin/sh -eu", "#!/usr/bin/env bash", "#! /bin/bash -e", "# no shebang", "#!/bin/dash"]
)
def test_a_hook_that_exists_runs_after_ours(world: World, first: str) -> None:
    one = world.repository("one")
    text = f'{first}\necho "user hook $# $0" >&2\nexit ${{USER_EXIT:-0}}\n'
    write_hook(one.path / ".git/hooks/pre-commit", text)
    one.fedlearn("install")
    one.fedlearn("install")
    assert one.read(".git/hooks/pre-commit").count(b">>> git-fedlearn >>>") == 1
    assert probe(one, "commit", "--allow-empty", "-m", "x") == ["pre-commit"]
    assert one.git("commit", "--allow-empty", "-m", "x").err == "user hook 0 .git/hooks/pre-commit\n"
    one.environment["USER_EXIT"] = "5"
    assert one.git("commit", "--allow-empty", "-m", "x", check=False).code == 1


@pytest.mark.parametrize(
    "content", [b"#!/usr/bin/python3\nprint(1)\n", b"\x7fELF\0\0", b"#!/bin/sh\r\ntrue\r\n"]
)
def test_a_hook_that_is_no_shell_script_is_left_alone(world: World, content: bytes) -> None:
    one = world.repository("one")
    hook = write_hook(one.path / ".git/hooks/pre-commit", "")
    hook.write_bytes(content)
    done = one.fedlearn("install", code=1)
    assert hook.read_bytes() == content
    assert f"error: {hook} is not a shell script (" in done.err
    assert "git_fedlearn.plumbing.hook pre-commit\n" in done.err
    assert (one.path / ".git/hooks/pre-push").is_file()
    assert one.git("config", "fedlearn.system").out.startswith("sys-")


def test_a_python_hook_that_calls_us_is_enough(world: World) -> None:
    one = world.repository("one")
    write_hook(
        one.path / ".git/hooks/pre-commit", "#!/usr/bin/python3\n# runs git-fedlearn-hook pre-commit\n"
    )
    one.fedlearn("install")
    assert re.search(r"ok +pre-commit .*\(not probed\)", one.fedlearn("doctor", code=1).out)


def test_hooks_git_would_not_run_are_reported(world: World) -> None:
    one = world.repository("one")
    off = write_hook(one.path / ".git/hooks/pre-commit", "#!/bin/sh\n", 0o644)
    link = one.path / ".git/hooks/pre-push"
    link.symlink_to("gone")
    assert one.fedlearn("install", code=1).err == (
        f"error: {off} is not executable, so git ignores it\nhint: chmod +x {off}, or remove it\n"
        f"error: {link} is a broken symlink\nhint: rm {link}, then: git fedlearn install\n"
    )


def test_a_linked_hook_gets_the_block_where_it_leads(world: World) -> None:
    one = world.repository("one")
    target = write_hook(one.path / "tools/check.sh", "#!/bin/sh\necho user hook >&2\n")
    link = one.path / ".git/hooks/pre-commit"
    link.symlink_to("../../tools/check.sh")
    one.fedlearn("install")
    assert link.is_symlink()
    assert str(Path(sys.executable).parent) not in target.read_text()
    assert probe(one, "commit", "--allow-empty", "-m", "x") == ["pre-commit"]


@pytest.mark.parametrize("shell", ["sh", "bash", "dash"])
def test_pre_push_leaves_its_input_to_the_rest_of_the_hook(world: World, shell: str) -> None:
    one, hub = world.repository("one"), world.bare("hub")
    seen = one.path / ".git" / "seen"
    write_hook(
        one.path / ".git/hooks/pre-push", f'#!/usr/bin/env {shell}\nset -eu\ncat >.git/seen\necho "$1" >&2\n'
    )
    one.fedlearn("install")
    tip = one.commit()
    assert probe(one, "push", str(hub.path), "main") == ["pre-push"]
    one.git("remote", "add", "origin", str(hub.path))
    assert one.git("push", "--quiet", "origin", "main", "main:two").err == "origin\n"
    assert seen.read_text().splitlines() == [
        f"refs/heads/main {tip} refs/heads/main {'0' * 40}",
        f"refs/heads/main {tip} refs/heads/two {'0' * 40}",
    ]
    one.git("push", "--quiet", "origin", "main")
    assert seen.read_bytes() == b""


def _without_interpreter(system: System) -> None:
    """As if the Python that git-fedlearn was installed with were gone."""
    for name in HOOKS:
        hook = system.path / ".git/hooks" / name
        hook.write_text(hook.read_text().replace(sys.executable, "/gone/python"))


def test_without_the_interpreter_only_data_is_stopped(world: World) -> None:
    one, hub = world.repository("one"), world.bare("hub")
    one.git("remote", "add", "origin", str(hub.path))
    one.fedlearn("init")
    _without_interpreter(one)
    one.write("code.py", b"pass\n")
    one.git("add", "code.py")
    assert one.git("commit", "--quiet", "-m", "code").err == ""
    assert one.git("push", "--quiet", "origin", "main", "main:side").err == ""
    one.git("add", "data")
    blocked = one.git("commit", "--quiet", "-m", "data", check=False)
    assert blocked.code == 1
    assert blocked.err == (
        "error: git-fedlearn cannot be run, so this commit of data/ was not checked\n"
        "hint: install git-fedlearn, then: git fedlearn install\n"
    )
    one.git("commit", "--quiet", "--no-verify", "-m", "data")
    assert "so this push of data/ was not checked" in one.git("push", "origin", "main", check=False).err
    one.git("push", "--quiet", "origin", ":side")
    assert probe(one, "commit", "--allow-empty", "-m", "x") == []
    one.fedlearn("install")
    one.git("push", "--quiet", "origin", "main")


def test_without_the_package_only_data_is_stopped(world: World, tmp_path: Path) -> None:
    one = world.repository("one")
    one.fedlearn("init")
    empty = tmp_path / "empty"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", empty], check=True)
    for name in HOOKS:
        hook = one.path / ".git/hooks" / name
        hook.write_text(hook.read_text().replace(sys.executable, str(empty / "bin/python")))
    one.git("commit", "--quiet", "--allow-empty", "-m", "code")
    one.git("add", "data")
    assert "so this commit of data/ was not checked" in one.git("commit", "-m", "x", check=False).err


def test_shared_hooks_let_colleagues_without_git_fedlearn_commit_code(world: World, tmp_path: Path) -> None:
    one = world.repository("one")
    one.git("config", "core.hooksPath", ".githooks")
    one.fedlearn("init")
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("git", "sh"):
        found = subprocess.run(["which", tool], capture_output=True, check=True, text=True).stdout.strip()
        (tools / tool).symlink_to(found)
    one.environment["PATH"] = str(tools)
    one.write("code.py", b"pass\n")
    one.git("add", "code.py")
    assert one.git("commit", "--quiet", "-m", "code").err == ""
    one.git("add", "data")
    assert "hint: install git-fedlearn" in one.git("commit", "-m", "data", check=False).err


FRAMEWORK = """\
repos:
  - repo: local
    hooks:
      - {id: theirs, name: theirs, entry: echo framework ran, language: system, always_run: true,
         verbose: true}
"""


@pytest.mark.parametrize("first", ["framework", "fedlearn"])
def test_the_pre_commit_framework_goes_on_working(world: World, first: str) -> None:
    one = world.repository("one")
    one.write(".pre-commit-config.yaml", FRAMEWORK.encode())
    one.git("add", ".")
    if first == "fedlearn":
        one.fedlearn("install")
    environment = {**one.environment, "PRE_COMMIT_HOME": str(world.folder / "cache")}
    one.environment = environment
    framework = [sys.executable, "-m", "pre_commit", "install", "-t", "pre-commit", "-t", "pre-push"]
    subprocess.run(framework, cwd=one.path, env=environment, check=True, capture_output=True)
    one.fedlearn("install")
    before = snapshot(one.path / ".git/hooks")
    one.fedlearn("install")
    assert snapshot(one.path / ".git/hooks") == before
    assert re.findall(r"^ok +((?:p|commit-)\S+)", one.fedlearn("doctor", code=1).out, re.MULTILINE) == [
        *HOOKS
    ]
    assert "framework ran" in one.git("commit", "-m", "x").err
    assert "pre-commit" in probe(one, "commit", "--allow-empty", "-m", "x")
    one.fedlearn("uninstall")
    assert not any(b"git-fedlearn" in content for _, content in snapshot(one.path / ".git/hooks").values())
    assert "framework ran" in one.git("commit", "--allow-empty", "-m", "x").err


def test_paths_of_any_kind(world: World, tmp_path: Path) -> None:
    """Interpreter and repository lie in folders that no shell would take unquoted."""
    odd = tmp_path / 'it\'s "a" vénv $HOME `id` %A\\'
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", odd], check=True)
    packages = next(odd.glob("lib/python*/site-packages"))
    roots = [path for path in sys.path if path.endswith("site-packages")] + [str(Path(__file__).parents[2])]
    (packages / "git_fedlearn.pth").write_text("\n".join(roots) + "\n")
    one = world.repository("rëpo $(x) 'y'")
    call = [str(odd / "bin/python"), "-c", "from git_fedlearn.cli import main; main()"]
    done = subprocess.run(
        [*call, "init"], cwd=one.path, env=one.environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "vénv" in one.git("config", "merge.fedlearn.driver").out
    assert "problem" not in one.fedlearn("doctor").out
    one.commit()
