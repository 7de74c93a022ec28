"""`git fedlearn consolidate`: what it lists, what `--apply` leaves, and systems that judge differently."""

import subprocess
import sys
from typing import Any

import pytest
from systems import System, World

from git_fedlearn.core.record import RETRACTED, score_of

TEXT = (
    "To let nginx write its log, add the path to the profile, reload the profile with apparmor_parser -r, "
    "then restart the unit and read the journal for further denials of the same path."
)


def lesson(end: str, **more: Any) -> dict[str, Any]:
    return {"query": "How do I fix a denial?", "response": f"{TEXT} {end}", **more}


@pytest.fixture
def filled(system: System) -> System:
    system.git("config", "fedlearn.system", "sys-aaaaaaaaaa")
    system.add(
        "skills-patterns",
        lesson("Twice.", value_score=0.8),
        lesson("Once more.", value_score=0.9),
        {"query": "How do I list units?", "response": "systemctl list-units", "value_score": 0.7},
    )
    return system


def ids(system: System) -> dict[float, str]:
    """The ids of the living, by score."""
    living = [record for record in system.records("skills-patterns") if not record.is_tombstone]
    return {score_of(record.fields): record.id for record in living}


def test_without_apply_it_only_lists(filled: System) -> None:
    before = filled.read("data/patterns/skills-patterns.jsonl")
    best, weak = ids(filled)[0.9], ids(filled)[0.8]
    listed = filled.fedlearn("consolidate", "skills-patterns")
    shown = "How do I fix a denial? | To let nginx write its log, add the path to the pr…"
    assert listed.out == (
        "skills-patterns\n"
        f"  keep      {best[:12]} 0.90  {shown}\n"
        f"  alike     {weak[:12]} 0.80  {shown}  92%\n"
        "1 lesson could be retracted in favour of 1\n"
    )
    assert filled.read("data/patterns/skills-patterns.jsonl") == before
    assert (
        filled.fedlearn("consolidate", "--similarity", "0.99").out == "no two lessons are that much alike\n"
    )


def test_apply_leaves_the_best_with_what_was_known_of_the_weaker(filled: System) -> None:
    best, weak = ids(filled)[0.9], ids(filled)[0.8]
    filled.add("skills-patterns", lesson("Once more.", _seen_by=["sys-bbbbbbbbbb"], _first_seen="2026-01-01"))
    answer = filled.fedlearn("consolidate", "--apply", "--json").json()
    applied = next(one for one in answer["sets"] if one["set"] == "skills-patterns")
    assert applied["clusters"] == [{"best": best, "weaker": [{"id": weak, "similarity": 0.923}]}]
    records = {str(record.id): record for record in filled.records("skills-patterns")}
    assert records[weak].is_tombstone
    assert records[weak].fields[RETRACTED] == {
        "at": "2026-05-28T20:26:40Z",
        "by": "sys-aaaaaaaaaa",
        "reason": "says nearly the same as a better one",
        "superseded_by": best,
    }
    assert records[best].fields["_seen_by"] == ["sys-aaaaaaaaaa", "sys-bbbbbbbbbb"]
    assert records[best].fields["_first_seen"] == "2026-01-01"
    assert len(records) == 3
    filled.commit()
    filled.fedlearn("verify")
    filled.fedlearn("restore", weak)
    assert "retracted" not in filled.fedlearn("consolidate").out.splitlines()[0]
    assert weak in {record.id for record in filled.records("skills-patterns") if not record.is_tombstone}


def test_two_systems_that_take_back_each_others_choice_are_told(world: World, filled: System) -> None:
    filled.commit()
    other = world.clone(filled, "other")
    first, second = ids(filled)[0.9], ids(filled)[0.8]
    filled.fedlearn("consolidate", "--apply")
    filled.commit()
    other.add("skills-patterns", lesson("Twice.", value_score=0.95))
    other.fedlearn("consolidate", "--apply")
    other.commit()
    other.git("pull", "--quiet", "--no-rebase", "--no-edit")
    gone = min(first, second)
    found = other.fedlearn("consolidate", code=1)
    assert found.err == (
        f"error: skills-patterns: {gone} and what replaced it are both retracted\n"
        f"hint: git fedlearn restore {gone}\n"
    )
    other.fedlearn("restore", gone)
    assert other.fedlearn("consolidate").err == ""


def test_without_the_library_the_hint_is_the_line_to_type(filled: System) -> None:
    code = (
        "import sys; sys.modules['rensa'] = None\n"
        "from git_fedlearn.cli import run; from git_fedlearn.console.context import Context\n"
        "sys.exit(run(['consolidate'], Context()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=filled.path,
        env=filled.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert done.stderr == (
        "error: the package rensa is not installed\nhint: pip install 'git-fedlearn[duplicates]'\n"
    )


def test_a_set_that_cannot_be(filled: System) -> None:
    assert "error: nothing: no such record set" in filled.fedlearn("consolidate", "nothing", code=2).err


def test_of_a_chat_the_answer_is_shown(system: System) -> None:
    context = "You are an agent of the stack, and here is all that you know about it. " * 5
    for end in ("now.", "then."):
        messages = [{"role": "user", "content": context}, {"role": "assistant", "content": f"Do it {end}"}]
        system.add("fine-tuning", {"messages": messages, "source": "tool", "value_score": 0.8})
    lines = system.fedlearn("consolidate", "fine-tuning").out.splitlines()
    assert sorted(line[31:50] for line in lines[1:3]) == ["Do it now. | You ar", "Do it then. | You a"]
