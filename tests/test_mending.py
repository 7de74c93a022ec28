"""What the simulation found: merges that drop files or outgrow a limit, and writers that were killed."""

import json
from pathlib import Path

import pytest
from systems import EPOCH, System, World

TINY = "format = 1\n[limits]\nrecord_set_bytes = 1000\n"
LONG = "word " * 100


def lesson(number: int) -> dict[str, str]:
    letter = chr(ord("a") + number)
    return {"query": f"How to configure {letter * 5}", "response": f"{LONG}{letter * 5}"}


@pytest.fixture
def pair(world: World) -> tuple[System, System]:
    """Two systems; the second has sharded a set that the first knows in one file."""
    one = world.system("one")
    one.write(".fedlearn.toml", TINY.encode())
    one.commit()
    two = world.clone(one, "two")
    two.add("skills-patterns", *(lesson(number) for number in range(4)))
    two.commit()
    one.git("remote", "add", "two", str(two.path))
    return one, two


def test_a_shard_that_a_merge_dropped_is_made_again_so_that_the_next_pull_is_no_conflict(
    pair: tuple[System, System],
) -> None:
    one, two = pair
    one.git("fetch", "--quiet", "two")
    one.git("merge", "--quiet", "--no-edit", "--strategy=ours", "two/main")
    shard = next(Path(two.path, "data/patterns/skills-patterns").iterdir()).relative_to(two.path)
    broken = one.fedlearn("verify", code=1)
    assert f"{shard}: missing; files of a record set are never deleted\n" in broken.out
    one.fedlearn("verify", "--fix")
    one.commit("mend")
    assert [record.id for record in one.records("skills-patterns")] == [
        record.id for record in two.records("skills-patterns")
    ]
    two.add("skills-patterns", *({**lesson(number), "value_score": 0.9} for number in range(4)))
    two.commit()
    one.git("pull", "--quiet", "--no-rebase", "--no-edit", "two", "main")
    assert one.git("ls-files", "--unmerged").out == ""
    one.fedlearn("verify")


def test_no_hook_stops_a_merge_that_makes_a_set_larger_than_its_limit(world: World) -> None:
    one = world.system("one")
    one.write(".fedlearn.toml", TINY.encode())
    one.commit()
    two = world.clone(one, "two")
    for number, system in enumerate((one, two)):
        system.add("skills-patterns", lesson(number))
        system.commit()
    two.git("pull", "--quiet", "--no-rebase", "--no-edit", "origin", "main")
    assert two.git("status", "--porcelain").out == ""
    assert len(two.records("skills-patterns")) == 2
    assert "skills-patterns.jsonl: larger than 1000 bytes\n" in two.fedlearn("verify", code=1).out
    two.fedlearn("verify", "--fix")


def test_what_a_killed_writer_left_is_removed(system: System) -> None:
    left = system.write("data/patterns/skills-patterns.jsonl.tmp", b'{"_id":"')
    system.fedlearn("verify", "--fix")
    assert not left.exists()


def test_records_in_the_root_file_of_a_sharded_set_move_to_their_shards(pair: tuple[System, System]) -> None:
    _one, two = pair
    root = "data/patterns/skills-patterns.jsonl"
    shards = sorted(Path(two.path, "data/patterns/skills-patterns").iterdir())
    two.write(root, shards[0].read_bytes())
    before = [shard.read_bytes() for shard in shards]
    two.fedlearn("verify", "--fix")
    assert two.read(root) == b""
    assert [shard.read_bytes() for shard in shards] == before


def test_a_pruned_snapshot_is_no_conflict_after_a_squash_merge(world: World) -> None:
    one = world.system("one")
    one.write(".fedlearn.toml", b"format = 1\n[keep]\ntelemetry_snapshots = 1\n")
    one.commit()
    two = world.clone(one, "two")
    learn_on_day(one, 0, "alpha")
    two.git("pull", "--quiet", "--no-rebase", "--no-edit", "origin", "main")
    learn_on_day(one, 0, "beta")
    two.git("fetch", "--quiet", "origin")
    two.git("merge", "--quiet", "--squash", "origin/main")
    two.commit("squash")
    learn_on_day(one, 1, "gamma")
    two.git("pull", "--quiet", "--no-rebase", "--no-edit", "origin", "main", check=False)
    assert two.git("ls-files", "--unmerged").out == ""


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        ("telemetry/snapshots/sys-*/2026-*.jsonl", "snapshots"),
        ("metrics/monthly/sys-*/*.json", "monthly metrics"),
    ],
)
def test_a_file_of_one_system_that_a_merge_dropped_is_brought_back(
    world: World, pattern: str, what: str
) -> None:
    one = world.system("one")
    two = world.clone(one, "two")
    learn_on_day(one, 0, "alpha")
    two.add("best-practices", {"title": "t", "description": "d"})
    two.commit()
    two.git("fetch", "--quiet", "origin")
    two.git("merge", "--quiet", "-s", "ours", "--no-edit", "origin/main")
    (file,) = (one.path / "data").glob(pattern)
    path = file.relative_to(one.path).as_posix()
    assert f"{path}: missing; {what} are never deleted" in two.fedlearn("verify", code=1).out
    two.fedlearn("verify", "--fix")
    assert two.read(path) == file.read_bytes()


def learn_on_day(system: System, day: int, word: str) -> None:
    response = f"Set {word}.timeout to 30 seconds, because the default of 5 fails on slow networks."
    event = {"query": f"How to configure {word}", "response": response, "value_score": 0.9}
    source = system.path.parent / "stack"
    path = source / "telemetry" / "agents-events.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps(event) + "\n")
    system.environment["SOURCE_DATE_EPOCH"] = str(EPOCH + 86_400 * day)
    system.fedlearn("sync", "--source", str(source), "--commit")
