"""A clone opened for a program: no streams, no words, the time of whoever opens it."""

from datetime import UTC, datetime

import pytest
from systems import World

from git_fedlearn.app import Clone
from git_fedlearn.errors import NotARepositoryError, UsageError

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def test_what_is_admitted_is_of_the_day_of_the_clock(world: World) -> None:
    one = world.system("one")
    clone = Clone.open(one.path / "data", one.environment, lambda: NOON)
    record, redacted = clone.admit({"title": "a", "author": "ada" + "@" + "engine-house.net"})
    assert record.fields["_first_seen"] == "2026-03-04"
    assert record.fields["_seen_by"] == [clone.repository.system()]
    assert redacted == {"EMAIL_ADDRESS": 1}
    assert clone.now() == NOON
    assert clone.cache_folder == one.path / ".git/fedlearn"


def test_there_has_to_be_a_clone(world: World) -> None:
    plain = world.folder_system("plain")
    with pytest.raises(NotARepositoryError):
        Clone.open(plain.path, plain.environment)
    assert Clone(plain.environment, plain.path).find_repository() is None


def test_a_name_that_holds_something_private_is_not_repeated(world: World) -> None:
    one = world.system("one")
    name = "collections/" + "ada" + "@" + "engine-house.net"
    with pytest.raises(UsageError) as refused:
        Clone.open(one.path, one.environment).refuse_private_name(name)
    assert "EMAIL_ADDRESS" in refused.value.message
    assert "ada" not in refused.value.message


def test_a_bare_repository_goes_by_what_the_server_decided(world: World) -> None:
    hub, one = world.bare("hub"), world.system("one")
    one.write(".fedlearn.toml", b'format = 1\n[privacy.kinds]\nIP_ADDRESS = "allow"\n')
    one.commit()
    one.git("push", "--quiet", str(hub.path), "main")
    policy = Clone.open(hub.path, hub.environment).policy
    assert policy != Clone.open(world.repository("plain").path, one.environment).policy
    assert policy == Clone.open(one.path, one.environment).policy


def test_settings_that_were_written_hold_once_they_are_read_again(world: World) -> None:
    one = world.system("one")
    clone = Clone.open(one.path, one.environment)
    before = clone.privacy
    one.write(".fedlearn.toml", b"format = 1\n[limits]\nrecord_bytes = 1000\n")
    assert clone.privacy is before
    clone.forget_settings()
    assert clone.privacy is not before
    assert clone.intake.limit == 1000
