"""After a revert, cherry-pick or rebase, the hooks say what it lost and what came from other commits."""

import pytest
from systems import Result, System, prepared

SHARDED = b"format = 1\n[limits]\nrecord_set_bytes = 2500\n"
LOST = "of skills-patterns: "
FIX = "hint: git fedlearn verify --fix && git add :/data && git commit -m 'Restore lost records'\n"
CAME = "hint: git fedlearn retract ID --reason WHY    (if they were to stay out)\n"


@prepared
def one(one: System) -> None:
    """A system that learned ten lessons."""
    one.add("skills-patterns", *({"title": f"lesson {number}", "text": "x" * 150} for number in range(10)))
    one.commit("ten")


def learn(system: System, *titles: str) -> None:
    for title in titles:
        system.add("skills-patterns", {"title": title})
        system.commit(title)


def shard(system: System, title: str = "with the shards") -> None:
    """Learn one more lesson, and outgrow the file with it."""
    system.write(".fedlearn.toml", SHARDED)
    learn(system, title)


def titles(system: System) -> set[str]:
    return {str(record.fields["title"]) for record in system.records("skills-patterns")}


def replay(system: System, *command: str) -> Result:
    """Run it and resolve what git asks about."""
    done = system.git(*command, check=False)
    if done.code:
        system.fedlearn("resolve")
        done = system.git("-c", "core.editor=true", command[0], "--continue")
    return done


def restore(system: System) -> None:
    """The documented remedy."""
    system.fedlearn("verify", "--fix")
    system.git("add", ":/data")
    system.git("commit", "--quiet", "--message", "Restore lost records")


@pytest.mark.parametrize("later", [(), ("later",), ("later", "more", "most")], ids=len)
@pytest.mark.parametrize("editor", ["--no-edit", "--edit"])
def test_a_revert_of_the_commit_that_sharded_a_set_says_what_it_lost(
    one: System, later: tuple[str, ...], editor: str
) -> None:
    shard(one)
    learn(one, *later)
    known = titles(one)
    one.git("config", "core.editor", "true")
    done = replay(one, "revert", editor, f"HEAD~{len(later)}")
    assert f"warning: this revert lost 1 record {LOST}" in done.err
    assert done.err.endswith(FIX)
    restore(one)
    assert titles(one) == known
    one.fedlearn("verify")


def test_a_revert_of_the_last_commit_says_what_it_lost(one: System) -> None:
    learn(one, "last")
    done = one.git("revert", "--no-edit", "HEAD")
    assert f"warning: this revert lost 1 record {LOST}" in done.err
    restore(one)
    assert "last" in titles(one)


def test_a_revert_that_loses_nothing_says_nothing(one: System) -> None:
    learn(one, "first", "second")
    assert "warning" not in one.git("revert", "--no-edit", "--allow-empty", "HEAD~1", check=False).err
    assert {"first", "second"} <= titles(one)


def test_a_pick_of_the_commit_that_sharded_a_set_says_what_came_along(one: System) -> None:
    one.git("checkout", "--quiet", "-b", "topic")
    learn(one, "unpicked")
    shard(one)
    one.git("checkout", "--quiet", "main")
    learn(one, "ours")
    done = one.git("cherry-pick", "topic")
    assert "unpicked" in titles(one)
    assert "warning: this cherry-pick brought 1 record of skills-patterns from other commits: " in done.err
    assert done.err.endswith(CAME)
    one.fedlearn("verify", "--fix")
    assert {"ours", "with the shards", "lesson 0", "lesson 9"} <= titles(one)


@pytest.mark.parametrize("backend", ["--merge", "--apply"])
def test_a_rebase_of_the_commit_that_sharded_a_set_says_what_came_along(one: System, backend: str) -> None:
    one.git("checkout", "--quiet", "-b", "topic")
    learn(one, "dropped")
    shard(one)
    learn(one, "later")
    one.git("checkout", "--quiet", "main")
    learn(one, "ours")
    done = replay(one, "rebase", "--quiet", backend, "--onto", "main", "topic~2", "topic")
    assert "dropped" in titles(one)
    assert "warning: this rebase brought 1 record of skills-patterns from other commits: " in done.err
    one.fedlearn("verify", "--fix")
    assert {"ours", "with the shards", "later", "lesson 0", "lesson 9"} <= titles(one)


def test_a_rebase_over_the_commit_that_sharded_a_set_loses_nothing(one: System) -> None:
    one.git("checkout", "--quiet", "-b", "topic")
    learn(one, "first", "second")
    one.git("checkout", "--quiet", "main")
    shard(one)
    done = replay(one, "rebase", "--quiet", "main", "topic")
    assert "warning" not in done.err
    assert {"first", "second", "with the shards", "lesson 0"} <= titles(one)


def test_plain_commits_and_replays_say_nothing(one: System) -> None:
    one.git("checkout", "--quiet", "-b", "topic")
    learn(one, "unpicked", "picked")
    one.git("checkout", "--quiet", "main")
    learn(one, "ours")
    assert "warning" not in one.git("cherry-pick", "topic").err
    assert "warning" not in one.git("commit", "--quiet", "--amend", "--message", "x").err
    assert "warning" not in one.git("rebase", "--quiet", "--onto", "main", "topic~2", "topic").err
