"""What may be pushed to which remote."""

import pytest
from systems import System, World

from git_fedlearn.errors import SettingsError
from git_fedlearn.federation.publish_policy import may_publish
from git_fedlearn.repository.repository import Repository

BEST = "data/patterns/best-practices.jsonl"
SKILLS = "data/patterns/skills-patterns.jsonl"
URL = "https://example.org/hub"


@pytest.fixture
def here(world: World) -> System:
    made = world.repository("here")
    made.fedlearn("install")
    return made


def refused(here: System, remote: str, *paths: str) -> tuple[str, ...]:
    refusal = may_publish(Repository.discover(here.path, here.environment), remote, paths)
    return refusal.paths if refusal else ()


def test_without_a_policy_everything_may_go(here: System) -> None:
    here.fedlearn("remote", "add", "hub", URL)
    assert refused(here, "hub", SKILLS, "code.py") == ()
    assert refused(here, "origin", SKILLS) == ()


def test_only_the_named_sets_with_their_shards(here: System) -> None:
    here.fedlearn("remote", "add", "hub", URL, "--publish", "best-practices")
    snapshot = "data/telemetry/snapshots/sys-abcdefghij/2026-05-01.jsonl"
    shard = "data/patterns/best-practices/0a.jsonl"
    allowed = (BEST, shard, "data/README.md", "code.py")
    for remote in ("hub", URL):
        assert refused(here, remote, *allowed) == ()
        assert refused(here, remote, SKILLS, snapshot, *allowed) == (SKILLS, snapshot)


def test_unknown_files_under_data_are_held_to_the_policy(here: System) -> None:
    """They may hold records under a name that no set has; what holds none may go."""
    here.fedlearn("remote", "add", "hub", URL, "--publish", "best-practices")
    unknown = ("data/notes.jsonl", "data/patterns/best-practices/old/x.jsonl", "data/patterns/old.jsonl")
    assert refused(here, "hub", BEST, "data/notes.md", "notes.jsonl", *unknown) == unknown


def test_nothing_goes_to_a_peer_that_is_only_read(here: System) -> None:
    here.fedlearn("remote", "add", "hub", URL, "--publish", "none")
    assert refused(here, "hub", "code.py") == ("code.py",)


def test_federate_keeps_to_it_without_any_hook(world: World) -> None:
    hub, one = world.bare("hub"), world.system("one")
    one.git("remote", "add", "origin", str(hub.path))
    one.git("config", "core.hooksPath", "/dev/null")
    one.fedlearn("remote", "add", "origin", "--publish", "best-practices")
    one.git("config", "fedlearn.pushTo", "systems")
    push = one.fedlearn("federate").out.splitlines()[-2]
    assert push.startswith("push          done          to origin/systems/sys-")
    before = hub.git("for-each-ref").out
    one.add("skills-patterns", {"pattern": "only for us", "value_score": 0.9})
    push = one.fedlearn("federate", code=1).out.splitlines()[-2]
    assert push.startswith(f"push          failed        origin: {SKILLS} may not be pushed there")
    assert hub.git("for-each-ref").out == before


def test_what_another_remote_has_is_still_held_to_the_policy(world: World) -> None:
    own, hub, one = world.bare("own"), world.bare("hub"), world.system("one")
    one.fedlearn("install")
    one.git("remote", "add", "own", str(own.path))
    one.fedlearn("remote", "add", "hub", str(hub.path), "--publish", "best-practices")
    one.add("skills-patterns", {"pattern": "only for us", "value_score": 0.9})
    one.commit()
    one.git("push", "--quiet", "own", "main")
    done = one.git("push", "--quiet", "hub", "main", check=False)
    assert done.code == 1
    assert f"error: hub: {SKILLS} may not be pushed there (only best-practices)\n" in done.err
    assert hub.git("for-each-ref").out == ""


def test_a_policy_that_cannot_be_read_stops_the_push(here: System) -> None:
    here.fedlearn("remote", "add", "hub", URL)
    here.git("config", "remote.hub.fedlearnPublish", "no-such-set")
    with pytest.raises(SettingsError):
        refused(here, "hub", BEST)


def test_git_push_is_stopped_by_the_hook_and_fails_closed(world: World) -> None:
    """By name, by address, as another branch: the hook knows the remote, and refuses what it cannot tell."""
    hub, one = world.bare("hub"), world.system("one")
    one.fedlearn("install")
    one.fedlearn("remote", "add", "hub", str(hub.path), "--publish", "best-practices")
    one.add("skills-patterns", {"pattern": "only for us", "value_score": 0.9})
    one.commit()
    for where in ("hub", str(hub.path)):
        for what in ("main", "HEAD:refs/heads/other"):
            done = one.git("push", "--quiet", where, what, check=False)
            assert done.code == 1
            assert f"error: hub: {SKILLS} may not be pushed there (only best-practices)\n" in done.err
            assert "hint: git fedlearn remote show hub    (shows what may be pushed)\n" in done.err
    blob = one.git("rev-parse", f"main:{SKILLS}").out.strip()
    done = one.git("push", "--quiet", "hub", f"{blob}:refs/tags/x", check=False)
    assert done.code == 1
    assert "error: hub: refs/tags/x is not a commit, so its content cannot be checked\n" in done.err
    one.fedlearn("remote", "add", "hub", "--publish", "none")
    one.git("checkout", "--quiet", "-b", "code", "main~1")
    one.write("code.py", b"1")
    one.commit()
    refusal = one.git("push", "--quiet", "hub", "code", check=False)
    assert refusal.code == 1
    assert "error: hub: nothing may be pushed to this peer\n" in refusal.err
    one.git("config", "remote.hub.fedlearnPublish", "no-such-set")
    refusal = one.git("push", "--quiet", "hub", "code", check=False)
    assert refusal.code == 1
    assert "no-such-set: no such record set" in refusal.err
    assert hub.git("for-each-ref").out == ""
    one.fedlearn("remote", "add", "hub", "--publish", "all")
    one.git("push", "--quiet", "hub", "code")
