"""`git fedlearn review --duplicates`: clusters, what accepting leaves, and systems that differ."""

import subprocess
import sys
from typing import Any

from systems import System, World, prepared

from git_fedlearn.core.record import RETRACTED, score_of
from git_fedlearn.extras import install_line

TEXT = (
    "To let nginx write its log, add the path to the profile, reload the profile with apparmor_parser -r, "
    "then restart the unit and read the journal for further denials of the same path."
)


def lesson(end: str, **more: Any) -> dict[str, Any]:
    return {"query": "How do I fix a denial?", "response": f"{TEXT} {end}", **more}


@prepared
def filled(system: System) -> None:
    system.git("config", "fedlearn.system", "sys-aaaaaaaaaa")
    system.add(
        "skills-patterns",
        lesson("Twice.", value_score=0.8),
        lesson("Once more.", value_score=0.9),
        {"query": "How do I list units?", "response": "systemctl list-units", "value_score": 0.7},
    )


def ids(system: System) -> dict[float, str]:
    """The ids of the living, by score."""
    living = [record for record in system.records("skills-patterns") if not record.is_tombstone]
    return {score_of(record.fields): record.id for record in living}


def key(system: System) -> str:
    """The key of the one cluster."""
    (cluster,) = system.fedlearn("review", "list", "--duplicates", "--json").json()["duplicates"]
    return str(cluster["key"])


def test_it_only_lists(filled: System) -> None:
    before = filled.read("data/patterns/skills-patterns.jsonl")
    best, weak = ids(filled)[0.9], ids(filled)[0.8]
    listed = filled.fedlearn("review", "--duplicates", "skills-patterns")
    shown = "How do I fix a denial? | To let nginx write its log, add the path to the pr…"
    assert listed.out == (
        f"{key(filled)[:12]}  duplicates  skills-patterns\n"
        f"  keep      {best[:12]} 0.90  {shown}\n"
        f"  similar   {weak[:12]} 0.80  {shown}  92%\n"
    )
    assert listed.err == "hint: git fedlearn review show KEY --duplicates    (then accept or drop)\n"
    shown_again = filled.fedlearn("review", "show", key(filled), "--duplicates").out
    assert shown_again.startswith(f"key     {key(filled)}\nset     skills-patterns\n  keep      {best[:12]}")
    assert filled.read("data/patterns/skills-patterns.jsonl") == before
    assert filled.fedlearn("review").err == "nothing to review\n"


def test_accept_leaves_the_best_with_what_was_known_of_the_weaker(filled: System) -> None:
    best, weak = ids(filled)[0.9], ids(filled)[0.8]
    filled.add("skills-patterns", lesson("Once more.", _seen_by=["sys-bbbbbbbbbb"], _first_seen="2026-01-01"))
    assert filled.fedlearn("review", "list", "--duplicates", "--json").json() == {
        "schema": "fedlearn.review/v1",
        "duplicates": [
            {
                "key": key(filled),
                "set": "skills-patterns",
                "best": best,
                "weaker": [
                    {"id": weak, "similarity": 0.923, "by_meaning": False, "reads_like_instructions": False}
                ],
                "reads_like_instructions": False,
            }
        ],
        "orphans": [],
    }
    done = filled.fedlearn("review", "accept", "--duplicates", key(filled)[:8])
    assert done.out == f"retracted {weak[:12]} from skills-patterns in favor of {best[:12]}\n"
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
    assert weak[:12] in filled.fedlearn("review", "list", "--duplicates").out
    assert weak in {record.id for record in filled.records("skills-patterns") if not record.is_tombstone}


def test_lessons_in_other_words_are_found_and_accepted_by_their_keys_only(system: System) -> None:
    system.add(
        "best-practices",
        {
            "title": "worktree cleanup",
            "description": "worktree clean must check for live children before it removes the worktree "
            "of a lead, else builders lose their working directory",
        },
        {
            "title": "live children guard",
            "description": "before cleaning a lead's worktree, worktree clean checks whether children "
            "are alive: builders would lose the working directory",
        },
        {"title": "pin the channel", "description": "a flake with a lock file gives the same packages"},
    )
    (cluster,) = system.fedlearn("review", "list", "--duplicates", "--json").json()["duplicates"]
    (weaker,) = cluster["weaker"]
    assert weaker["by_meaning"]
    assert system.fedlearn("review", "list", "--duplicates").out.endswith("% by meaning\n")
    left = system.fedlearn("review", "accept", "--duplicates", "--all")
    assert (left.out, left.err) == ("", "left out 1 cluster by meaning: accept them by their keys\n")
    done = system.fedlearn("review", "accept", "--duplicates", cluster["key"])
    assert done.out.startswith(f"retracted {weaker['id'][:12]} from best-practices")


def test_what_was_dropped_is_not_asked_again_until_another_lesson_is_similar(filled: System) -> None:
    best, weak = ids(filled)[0.9], ids(filled)[0.8]
    assert filled.fedlearn("review", "drop", "--duplicates", "--all").out == "dropped 1 cluster\n"
    assert filled.fedlearn("review", "list", "--duplicates").err == "nothing to review\n"
    assert {best, weak} < {record.id for record in filled.records("skills-patterns")}
    filled.add("skills-patterns", lesson("And again.", value_score=0.95))
    third = ids(filled)[0.95]
    (cluster,) = filled.fedlearn("review", "list", "--duplicates", "--json").json()["duplicates"]
    assert (cluster["best"], [one["id"] for one in cluster["weaker"]]) == (third, [best, weak])
    filled.fedlearn("review", "drop", cluster["key"], "--duplicates")
    filled.fedlearn("retract", third, "--reason", "wrong")
    assert filled.fedlearn("review", "list", "--duplicates").err == "nothing to review\n"


def test_two_systems_that_take_back_each_others_choice_are_told(world: World, filled: System) -> None:
    filled.commit()
    other = world.clone(filled, "other")
    first, second = ids(filled)[0.9], ids(filled)[0.8]
    filled.fedlearn("review", "accept", "--duplicates", "--all")
    filled.commit()
    other.add("skills-patterns", lesson("Twice.", value_score=0.95))
    other.fedlearn("review", "accept", "--duplicates", "--all")
    other.commit()
    other.git("pull", "--quiet", "--no-rebase", "--no-edit")
    gone = min(first, second)
    assert other.fedlearn("review", "list", "--duplicates", "--json", code=1).json()["orphans"] == [
        {"set": "skills-patterns", "id": gone}
    ]
    found = other.fedlearn("review", "--duplicates", code=1)
    assert found.err == (
        f"error: skills-patterns: {gone} and its replacement are both retracted\n"
        f"hint: git fedlearn restore {gone}\n"
    )
    other.fedlearn("restore", gone)
    assert "error" not in other.fedlearn("review", "--duplicates").err


def test_without_the_library_the_hint_is_the_line_to_type(filled: System) -> None:
    code = (
        "import sys; sys.modules['rensa'] = None\n"
        "from git_fedlearn.cli import run; from git_fedlearn.console.context import Context\n"
        "sys.exit(run(['review', 'list', '--duplicates'], Context()))"
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
    assert done.stderr == (f"error: the package rensa is not installed\nhint: {install_line('duplicates')}\n")


def test_a_set_that_cannot_be(filled: System) -> None:
    assert (
        "error: nothing: no such record set"
        in filled.fedlearn("review", "list", "--duplicates", "nothing", code=2).err
    )


def test_of_a_chat_the_answer_is_shown(system: System) -> None:
    context = "You are an agent of the stack, and here is all that you know about it. " * 5
    for end in ("now.", "then."):
        messages = [{"role": "user", "content": context}, {"role": "assistant", "content": f"Do it {end}"}]
        system.add("fine-tuning", {"messages": messages, "source": "tool", "value_score": 0.8})
    lines = system.fedlearn("review", "--duplicates", "fine-tuning").out.splitlines()
    assert sorted(line[31:50] for line in lines[1:3]) == ["Do it now. | You ar", "Do it then. | You a"]
