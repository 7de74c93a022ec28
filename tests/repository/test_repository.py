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
