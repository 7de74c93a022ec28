"""Git takes the file of one system for that of another if a commit is picked without its parents."""

import json

import pytest
from systems import System, prepared

FIRST, OTHER = "sys-aaaaaaaaaa", "sys-bbbbbbbbbb"


def month(system: System, name: str, number: int, month: str = "2026-05") -> None:
    facts = {"format": 1, "system": name, "month": month, "synced_at": f"2026-05-2{number}T00:00:00Z"}
    facts |= {"sets": {}, "value_scores": {"0.7": number, "0.8": 0, "0.9": 0}, "retractions": 0}
    text = json.dumps(facts, indent=2, sort_keys=True) + "\n"
    system.write(f"data/metrics/monthly/{name}/{month}.json", text.encode())


def outcomes(system: System, name: str, *worked: int) -> None:
    lines = [f'{{"_id":"{n:032x}","failed":0,"worked":{count}}}\n' for n, count in enumerate(worked)]
    system.write(f"data/outcomes/{name}.jsonl", "".join(lines).encode())


def own_files(system: System) -> dict[str, bytes]:
    top = system.path / "data"
    paths = [*top.glob("metrics/monthly/*/*.json"), *top.glob("outcomes/*.jsonl")]
    return {str(path.relative_to(system.path)): path.read_bytes() for path in paths}


@prepared
def one(one: System) -> None:
    """`theirs` has two commits of one system; `main` has the files of another, which are similar."""
    one.git("checkout", "--quiet", "-b", "theirs")
    for number in (1, 2):
        month(one, FIRST, number)
        outcomes(one, FIRST, 1, 1, number)
        one.commit(f"theirs {number}")
    month(one, FIRST, 3, "2026-06")
    one.commit("next month")
    one.git("checkout", "--quiet", "main")
    month(one, OTHER, 1)
    outcomes(one, OTHER, 1, 1, 0, 1)
    one.commit("ours")


REPLAYS = {
    "cherry-pick": ("cherry-pick theirs~1", ["theirs~1"]),
    "cherry-pick of two": ("cherry-pick theirs~2..theirs", ["theirs~1", "theirs"]),
    "rebase": ("rebase --quiet --onto main theirs~2 theirs", ["theirs~1", "theirs"]),
    "rebase, by patches": ("rebase --quiet --apply --onto main theirs~2 theirs", ["theirs~1", "theirs"]),
}


@pytest.mark.parametrize("renames", ["true", "conflict"])
@pytest.mark.parametrize(("command", "picked"), REPLAYS.values(), ids=REPLAYS)
def test_a_file_that_git_took_for_another_is_named_and_the_hint_brings_it(
    one: System, command: str, picked: list[str], renames: str
) -> None:
    ours, changed = own_files(one), one.git("diff", "--name-only", "theirs~2", picked[-1]).out.split()
    theirs = {name: one.git("show", f"{picked[-1]}:{name}").out.encode() for name in changed}
    commits = " ".join(one.git("rev-parse", *picked).out.split())
    one.git("config", "merge.directoryRenames", renames)
    said = finish(one, command)
    assert f" left out {changed[0]}, for which git took a similar file\n" in said
    *_, hint = (line.removeprefix("hint: ") for line in said.splitlines() if "no-renames" in line)
    begin, again = hint.partition("    ")[0].replace("COMMIT...", commits).split(" && ")
    one.git(*begin.split()[1:])
    assert "warning" not in finish(one, again.removeprefix("git "))
    counted = {f"data/outcomes/{FIRST}.jsonl": b'{"_id":"%032x","failed":0,"worked":2}\n' % 2}
    assert own_files(one) == ours | theirs | counted
    one.fedlearn("verify")


def test_a_stopped_pick_that_takes_a_file_for_another_is_not_finished(one: System) -> None:
    stopped = one.git("cherry-pick", "theirs", check=False)
    assert "CONFLICT (file location)" in stopped.out
    assert one.fedlearn("resolve", code=1).err == (
        "1 file merged and staged\n"
        f"warning: this cherry-pick left out data/metrics/monthly/{FIRST}/2026-06.json, "
        "for which git took a similar file\n"
        "hint: git cherry-pick --abort && git cherry-pick --strategy=recursive -X no-renames COMMIT...    "
        "(the same commits)\n"
    )


def finish(one: System, command: str) -> str:
    """Run a replay, resolve what git asks about, and return the messages."""
    done = one.git(*command.split(), check=False)
    said = done.err
    while done.code:
        resolved = one.fedlearn("resolve", code=None)
        said += resolved.err
        if resolved.code:
            break
        done = one.git("-c", "core.editor=true", command.split(maxsplit=1)[0], "--continue", check=False)
        said += done.err
    return said
