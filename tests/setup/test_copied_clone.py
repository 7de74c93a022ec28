"""A copy of a clone is told from a clone that was moved, restored or seen at another path."""

import os
import shutil
from pathlib import Path

from systems import System, World

from git_fedlearn.repository.repository import Repository
from git_fedlearn.setup.install import NEW_ID, find_copied_clone


def opened(path: Path, world: World) -> Repository:
    return Repository.discover(path, System(path, world.home).environment)


def test_a_copy_is_noticed_and_a_new_id_ends_it(world: World) -> None:
    one = world.system("one")
    assert find_copied_clone(opened(one.path, world)) is None
    shutil.copytree(one.path, world.folder / "two", symlinks=True)
    two = System(world.folder / "two", world.home)
    assert find_copied_clone(opened(two.path, world)) == one.path / ".git"
    assert find_copied_clone(opened(two.path, world)) == one.path / ".git"
    assert find_copied_clone(opened(one.path, world)) is None
    remote = world.repository("remote")
    two.fedlearn("remote", "add", "remote", str(remote.path))
    system = one.git("config", "fedlearn.system").out
    warning = f"warning: this clone is a copy of {one.path}; both use the id {system}hint: {NEW_ID}\n"
    assert two.fedlearn("pull-remotes").err == warning
    assert warning in two.fedlearn("federate").err
    two.git("config", "--unset", "fedlearn.system")
    two.fedlearn("install")
    assert two.fedlearn("pull-remotes").err == ""
    assert find_copied_clone(opened(two.path, world)) is None


def test_what_is_no_copy(world: World) -> None:
    one = world.system("one")
    assert find_copied_clone(opened(one.path, world)) is None
    one.path.rename(world.folder / "moved")
    assert find_copied_clone(opened(world.folder / "moved", world)) is None
    shutil.copytree(world.folder / "moved", world.folder / "restored", symlinks=True)
    shutil.rmtree(world.folder / "moved")
    assert find_copied_clone(opened(world.folder / "restored", world)) is None
    (world.folder / "link").symlink_to(world.folder / "restored")
    assert find_copied_clone(opened(world.folder / "link", world)) is None
    System(world.folder / "restored", world.home).git("worktree", "add", "--quiet", "--detach", "../tree")
    assert find_copied_clone(opened(world.folder / "tree", world)) is None
    clone = world.clone(System(world.folder / "restored", world.home), "restored-clone")
    assert find_copied_clone(opened(clone.path, world)) is None
    (world.folder / "restored/.git/fedlearn/place.json").write_bytes(os.urandom(20))
    assert find_copied_clone(opened(world.folder / "restored", world)) is None
