"""`git fedlearn uninstall`: afterwards the git folder has the bytes it had before `install`."""

from collections.abc import Callable
from pathlib import Path

import pytest
from installed import snapshot, write_hook
from systems import System, World

ID = "sys-abcde23456"


def _hooks(one: System) -> None:
    write_hook(one.path / ".git/hooks/pre-commit", "#!/bin/sh\necho mine\n")
    write_hook(one.path / ".git/hooks/pre-push", "#!/bin/bash\ncat")
    write_hook(one.path / ".git/hooks/post-merge", "echo no shebang, no line end")


def _attributes(one: System) -> None:
    one.write(".git/info/attributes", b"*.png binary\n*.bin -text")


def _attributes_crlf(one: System) -> None:
    one.write(".git/info/attributes", b"*.png binary\r\n*.bin -text\r\n")


def _attributes_crlf_unended(one: System) -> None:
    one.write(".git/info/attributes", b"*.png binary\r\n*.bin -text")


def _no_template(one: System) -> None:
    for folder in ("hooks", "info"):
        for path in (one.path / ".git" / folder).iterdir():
            path.unlink()
        (one.path / ".git" / folder).rmdir()


def _empty_folders(one: System) -> None:
    for folder in ("hooks", "info"):
        for path in (one.path / ".git" / folder).iterdir():
            path.unlink()


def _hooks_path(one: System) -> None:
    one.git("config", "core.hooksPath", ".githooks")


def _hooks_path_outside(one: System) -> None:
    write_hook(one.path.parent / "my hooks/pre-commit", "#!/bin/sh -e\ntrue\n")
    one.git("config", "core.hooksPath", str(one.path.parent / "my hooks"))


def _config_with_comments(one: System) -> None:
    config = one.path / ".git/config"
    config.write_text(
        "; mine\n[fedlearn] # of an earlier life\n\tlockTimeout = 5\n"
        + config.read_text()
        + '[alias]\n\tx = "!f() { :; }; f" ; y\n# the end\n'
    )


def _config_unended(one: System) -> None:
    config = one.path / ".git/config"
    config.write_text(config.read_text().removesuffix("\n"))


def _linked_hook(one: System) -> None:
    write_hook(one.path / "tools/check.sh", "#!/bin/sh\ntrue\n")
    (one.path / ".git/hooks/pre-commit").symlink_to("../../tools/check.sh")


CASES: list[list[Callable[[System], None]]] = [
    [],
    [_hooks, _attributes, _config_with_comments],
    [_linked_hook, _attributes_crlf, _config_unended],
    [_hooks_path, _attributes_crlf_unended],
    [_hooks_path_outside],
    [_no_template],
    [_empty_folders],
]


@pytest.mark.parametrize("prepared", CASES)
def test_uninstall_gives_back_the_bytes(world: World, prepared: list[Callable[[System], None]]) -> None:
    one = world.repository("one")
    for prepare in prepared:
        prepare(one)
    before = snapshot(world.folder)
    one.fedlearn("install")
    installed = snapshot(world.folder)
    one.fedlearn("install")
    assert snapshot(world.folder) == installed
    assert installed != before
    one.fedlearn("uninstall")
    assert snapshot(world.folder) == before


def test_in_a_linked_worktree_and_a_bare_repository_too(world: World) -> None:
    one, hub = world.repository("one"), world.bare("hub")
    one.commit()
    one.git("worktree", "add", "--quiet", "-b", "side", "../linked")
    linked = System(world.folder / "linked", world.home)
    before = snapshot(world.folder)
    for system in (linked, hub):
        system.fedlearn("install")
        system.fedlearn("uninstall")
    assert snapshot(world.folder) == before


def test_uninstall_says_who_this_was(world: World) -> None:
    one = world.repository("one")
    one.fedlearn("install", "--id", ID)
    done = one.fedlearn("uninstall")
    assert done.out == f"uninstalled from {one.path}/.git\n"
    assert done.err == f"hint: git fedlearn install --id {ID}    (to reuse this clone's id)\n"
    assert one.fedlearn("uninstall").out == f"not installed in {one.path}/.git\n"
    assert f"as {ID}" in one.fedlearn("install", "--id", ID).out


def test_what_was_added_since_stays(world: World) -> None:
    one = world.repository("one")
    one.fedlearn("install")
    one.git("config", "fedlearn.lockTimeout", "5")
    hook, attributes = one.path / ".git/hooks/pre-commit", one.path / ".git/info/attributes"
    for path in (hook, attributes):
        path.write_text(path.read_text() + "# mine\n")
    one.fedlearn("uninstall")
    assert hook.read_text() == "#!/bin/sh\n# mine\n"
    assert attributes.read_text() == "# mine\n"
    assert (one.path / ".git/config").read_text().endswith("[fedlearn]\n\tlockTimeout = 5\n")


def test_lines_before_and_after_a_block_without_line_end_stay_apart(world: World) -> None:
    one = world.repository("one")
    path = one.write(".git/info/attributes", b"*.png binary")
    one.fedlearn("install")
    path.write_bytes(path.read_bytes() + b"*.bin -text\n")
    one.fedlearn("uninstall")
    assert path.read_bytes() == b"*.png binary\n*.bin -text\n"


def test_a_block_without_end_is_not_guessed_at(world: World) -> None:
    one = world.repository("one")
    path = one.write(".git/info/attributes", b"# >>> git-fedlearn >>>\n*.bin -text\n")
    assert one.fedlearn("install", code=3).err == (
        f"error: {path}: the git-fedlearn block has no end marker\n"
        "hint: remove the lines from `# >>> git-fedlearn >>>` on that are not yours\n"
    )
    assert path.read_bytes() == b"# >>> git-fedlearn >>>\n*.bin -text\n"


def test_the_user_config_keeps_everything_else(world: World) -> None:
    folder = world.folder_system("plain")
    config = Path(world.home / ".gitconfig")
    config.write_text("[user]\n\tname = Ä\n# the end\n")
    folder.fedlearn("install", "--global")
    folder.fedlearn("uninstall", "--global")
    assert config.read_text() == "[user]\n\tname = Ä\n# the end\n"
    assert folder.fedlearn("uninstall", "--global").out == "git config --global: nothing to remove\n"


def test_lessons_that_may_be_nowhere_else_stay(world: World) -> None:
    one = world.system("one")
    kept = one.write(".git/fedlearn/retracted.jsonl", b"{}\n")
    one.write(".git/fedlearn/checkpoints/a.json", b"{}")
    one.fedlearn("uninstall")
    assert [*(one.path / ".git/fedlearn").iterdir()] == [kept]
