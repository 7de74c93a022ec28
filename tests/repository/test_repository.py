"""What a repository gives to everybody who asks: its record sets and its objects, opened once."""

import pytest
from systems import World

from git_fedlearn.core.layout import ERROR_SOLUTIONS
from git_fedlearn.repository.repository import Repository


@pytest.mark.parametrize("is_packed", [False, True])
def test_objects_see_what_a_later_fetch_adds(world: World, *, is_packed: bool) -> None:
    one = world.system("one")
    two = world.clone(one, "two")
    repository = Repository.discover(one.path, one.environment)
    objects = repository.objects
    before = objects.find_commit("HEAD")
    two.add("error-solutions", {"error_message": "later", "solution": "fetch"})
    later = two.commit()
    assert before
    assert objects.find_commit(later) is None
    one.git(
        "-c", f"fetch.unpackLimit={1 if is_packed else 1000}", "fetch", "--quiet", str(two.path), "main:later"
    )
    assert objects.find_commit("later") == later
    one.git("gc", "--quiet", "--prune=now")
    changed = objects.changed_files(before, objects.find_commit("later") or before, "data")
    ((_, (_, entry)),) = changed.items()
    assert entry
    assert b"later" in objects.read(entry.oid)
    assert repository.objects is objects


def test_record_sets_follow_the_settings_once_these_are_forgotten(world: World) -> None:
    one = world.system("one")
    repository = Repository.discover(one.path, one.environment)
    sets = repository.sets
    one.write(".fedlearn.toml", b"format = 1\n[limits]\nrecord_set_bytes = 1000\n")
    assert repository.sets is sets
    repository.forget_settings()
    assert repository.sets.limit == 1000
    assert [*repository.sets.read(ERROR_SOLUTIONS)] == []


def test_a_plain_repository_is_found_without_asking_where_it_is(world: World) -> None:
    one = world.system("one")
    found = Repository.find_plain(one.path, one.environment)
    asked = Repository.discover(one.path, one.environment)
    assert found
    assert (found.top, found.git_dir, found.common_dir) == (asked.top, asked.git_dir, asked.common_dir)


@pytest.mark.parametrize("kind", ["worktree", "subfolder", "core.worktree", "GIT_DIR", "bare", "symlink"])
def test_git_is_asked_where_any_other_repository_is(world: World, kind: str) -> None:
    one = world.system("one")
    path, environment = one.path, one.environment
    if kind == "worktree":
        one.git("worktree", "add", "--quiet", str(path := world.folder / "linked"), "-b", "linked")
    elif kind == "subfolder":
        path = one.path / "data"
    elif kind == "core.worktree":
        one.git("config", "core.worktree", str(world.folder))
    elif kind == "GIT_DIR":
        environment = {**environment, "GIT_DIR": ".git"}
    elif kind == "bare":
        path = world.bare("hub").path
    else:
        (one.path / ".git").rename(world.folder / "elsewhere")
        (one.path / ".git").symlink_to(world.folder / "elsewhere")
    assert Repository.find_plain(path, environment) is None
