"""`git fedlearn search`."""

import os
import subprocess
import sys
from typing import Any

import pytest
from coordinator_store import fill, store_of
from systems import System, prepared

from git_fedlearn.core.record import Record, make_record
from git_fedlearn.extras import install_line
from git_fedlearn.qdrant.store import Schema, VectorSpec


@prepared
def learned(system: System) -> None:
    system.git("config", "fedlearn.system", "sys-aaaaaaaaaa")
    system.add(
        "error-solutions",
        {
            "error_message": "permission denied opening the lock file",
            "solution": "move the lock file to a folder of its own",
            "value_score": 0.8,
        },
    )
    system.add("skills-patterns", {"query": "how do I pin a nix channel", "response": "use a flake"})


def test_it_shows_the_lesson_its_scores_and_who_learned_it(learned: System) -> None:
    lesson = learned.records("error-solutions")[0]
    shown = learned.fedlearn("search", "lock file: permission denied", "--limit", "1").out
    first, second, *rest = shown.splitlines()
    assert first == f"1. {lesson.id[:12]}  error-solutions"
    assert second.endswith("score 0.65 (author's score 0.80), learned by 1 system since 2026-05-28 (today)")
    assert rest == [
        "     permission denied opening the lock file",
        "     move the lock file to a folder of its own",
        "",
    ]


def test_json(learned: System) -> None:
    answer = learned.fedlearn("search", "pinning channels in nix", "--json").json()
    assert answer["schema"] == "fedlearn.search/v1"
    hit = answer["hits"][0]
    assert hit["sets"] == ["skills-patterns"]
    assert hit["claimed_score"] is None
    assert hit["effective_score"] == 0.5
    assert hit["seen_by"] == ["sys-aaaaaaaaaa"]
    assert hit["record"]["response"] == "use a flake"


NOISE = "\n".join(
    [
        *(f"time=12:00:{n:02} level=info msg=retrying component=pull attempt={n}" for n in range(20)),
        "remote: Compressing objects: 40% (12/30)",
        "0 errors, 3 warnings in 12 files",
        "  at Layer.next (router/layer.js:12:3)",
    ]
)


def test_of_a_pasted_log_the_line_that_matched_is_shown(learned: System) -> None:
    lesson = learned.records("error-solutions")[0]
    error = "permission denied opening the lock file"
    for paste in (f"{NOISE}\n{error}\n{NOISE}", f"{NOISE}\n" * 400 + error):
        answer = learned.fedlearn("search", "-", "--json", stdin=paste.encode()).json()
        assert [hit["id"] for hit in answer["hits"]] == [lesson.id]
        assert error in answer["hits"][0]["matched"]
    shown = learned.fedlearn("search", paste.replace("opening", "while opening")[-4000:]).out.splitlines()
    assert shown[0].startswith(f"1. {lesson.id[:12]}")
    assert shown[2] == "   matches: permission denied while opening the lock file"


def test_a_log_without_a_known_error_has_no_answer(learned: System) -> None:
    nothing = learned.fedlearn("search", NOISE, code=1)
    assert (nothing.out, nothing.err) == ("", "no lesson matches\n")


@pytest.mark.parametrize("question", ["how do I cook rice", "terraform state is held by another apply"])
def test_a_question_that_no_lesson_answers_has_no_answer(learned: System, question: str) -> None:
    assert learned.fedlearn("search", question, code=1).err == "no lesson matches\n"


def test_an_answer_that_may_be_wrong_is_a_weak_match(learned: System) -> None:
    assert "(weak match), score" in learned.fedlearn("search", "the job may not open a file").out
    assert "weak" not in learned.fedlearn("search", "permission denied opening the lock file").out


def test_samples_that_were_left_out_are_named(learned: System) -> None:
    learned.add("fine-tuning", {"prompt": "about alpacas", "completion": "they hum"})
    nothing = learned.fedlearn("search", "alpacas hum", code=1)
    hint = "git fedlearn search --set fine-tuning TEXT    (fine-tuning was not searched)"
    assert nothing.err == f"no lesson matches\nhint: {hint}\n"
    assert learned.fedlearn("search", "alpacas hum", "--json", code=1).json()["left_out"] == ["fine-tuning"]
    named = learned.fedlearn("search", "alpacas hum", "--set", "fine-tuning", "--json").json()
    assert (len(named["hits"]), named["left_out"]) == (1, [])


def test_set_and_least_score_narrow_the_answer(learned: System) -> None:
    question = "permission denied opening the lock file"
    assert learned.fedlearn("search", question, "--set", "skills-patterns", code=1).out == ""
    assert learned.fedlearn("search", question, "--min-score", "0.9", code=1).out == ""
    assert learned.fedlearn("search", question, "--min-score", "0.6").out


def test_no_answer_is_exit_code_1_and_a_note(learned: System) -> None:
    nothing = learned.fedlearn("search", "zzz qqq", code=1)
    assert (nothing.out, nothing.err) == ("", "no lesson matches\n")
    assert learned.fedlearn("-q", "search", "zzz qqq", code=1).err == ""


def test_an_empty_repository_has_no_answer(system: System) -> None:
    assert system.fedlearn("search", "anything", code=1).out == ""


def test_a_set_that_cannot_be_is_refused(learned: System) -> None:
    refused = learned.fedlearn("search", "x", "--set", "nonsense", code=2)
    assert refused.err.startswith("error: nonsense: no such record set\nhint: one of skills-patterns")


def test_a_blank_text_is_refused(learned: System) -> None:
    assert learned.fedlearn("search", " ", code=2).err.startswith("error: nothing to search for\nhint: ")


def test_control_characters_of_a_record_do_not_reach_the_terminal(learned: System) -> None:
    learned.add("best-practices", {"title": "erase \x07 the bell", "description": "ring \r twice"})
    assert "\x07" not in learned.fedlearn("search", "bell").out


def test_trust_in_a_system_comes_from_git_config(learned: System) -> None:
    theirs = {"query": "why is the queue stuck", "response": "drain it", "value_score": 1.0}
    receive(learned, theirs, "sys-bbbbbbbbbb")
    scores = []
    for trust in ("0", "1", "2"):
        learned.git("config", "fedlearn.sys-bbbbbbbbbb.trust", trust)
        scores.append(score_of(learned, "queue stuck"))
    assert scores == [0.5, 0.6667, 0.75]


def receive(system: System, fields: dict[str, Any], *learners: str) -> Record:
    """Put a lesson that other systems learned into a set, as a merge would."""
    record = make_record({**fields, "_seen_by": [*learners]})
    path = "data/patterns/skills-patterns.jsonl"
    lines = [*system.read(path).splitlines(), record.line]
    system.write(path, b"".join(line + b"\n" for line in sorted(lines)))
    return record


def score_of(system: System, question: str) -> float:
    """The effective score of the first answer."""
    found = system.fedlearn("search", question, "--json").json()["hits"][0]["effective_score"]
    assert isinstance(found, float)
    return found


def test_a_system_grows_with_lessons_that_agree_and_falls_with_those_that_failed(learned: System) -> None:
    new = {"query": "why is the queue stuck", "response": "drain it", "value_score": 1.0}
    receive(learned, new, "sys-bbbbbbbbbb")
    unknown = score_of(learned, "queue stuck")
    tried = [receive(learned, {"query": f"step {n}"}, "sys-bbbbbbbbbb").id for n in range(12)]
    learned.fedlearn("outcome", *tried, "--worked")
    grown = score_of(learned, "queue stuck")
    assert 0.5 < unknown < grown - 0.05
    for _ in range(2):
        learned.fedlearn("outcome", *tried, "--failed")
    assert score_of(learned, "queue stuck") < unknown


def test_fifty_invented_systems_score_below_one_that_is_known(learned: System) -> None:
    letters = "abcdefgh"
    crowd = [f"sys-cccccccc{one}{two}" for one in letters[:7] for two in letters][:50]
    receive(learned, {"query": "why is the disk full", "response": "delete it", "value_score": 1.0}, *crowd)
    known = {"query": "why is the queue stuck", "response": "drain it", "value_score": 0.9}
    receive(learned, known, "sys-bbbbbbbbbb")
    tried = [receive(learned, {"query": f"step {n}"}, "sys-bbbbbbbbbb").id for n in range(20)]
    learned.fedlearn("outcome", *tried, "--worked")
    assert score_of(learned, "disk full") < score_of(learned, "queue stuck") - 0.02


def test_an_exact_match_that_failed_often_does_not_come_first(learned: System) -> None:
    error = "permission denied opening the lock file of the queue worker in var run"
    exact = {"error_message": error, "solution": "run everything as root", "value_score": 1.0}
    near = {"error_message": "permission denied: lock file", "solution": "own the folder"}
    learned.add("error-solutions", exact, near)
    worst = {record.fields["solution"]: record.id for record in learned.records("error-solutions")}[
        "run everything as root"
    ]

    def answers() -> list[str]:
        return [hit["id"] for hit in learned.fedlearn("search", error, "--json").json()["hits"]]

    assert answers()[0] == worst
    for _ in range(3):
        learned.fedlearn("outcome", worst, "--failed")
    assert answers()[0] != worst
    assert worst in answers()


def test_a_missing_extra_is_named_with_its_pip_line(learned: System) -> None:
    program = (
        "import sys; sys.modules['qdrant_edge'] = None\n"
        "from git_fedlearn.cli import main\nsys.argv = ['x', 'search', 'lock']\nmain()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=learned.path,
        env={**os.environ, **learned.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (
        3,
        f"error: the package qdrant_edge is not installed\nhint: {install_line('local')}\n",
    )


def test_the_store_is_asked_where_that_is_wished(learned: System) -> None:
    fill(
        learned,
        "error-solutions",
        {
            1: {"error_message": "port 6333 is taken", "solution": "stop the other database"},
            2: {"error_message": "certificate expired", "solution": "renew it", "value_score": 0.9},
            3: {"last_used": "no lesson"},
        },
    )
    question = ("search", "the certificate has expired", "--limit", "1")
    assert "renew it" not in learned.fedlearn(*question, code=1).out
    shown = learned.fedlearn(*question, "--store").out.splitlines()
    assert shown[0].endswith("  error-solutions")
    assert shown[1].endswith("(author's score 0.90), learned by unknown systems")
    assert shown[2:] == ["     certificate expired", "     renew it", ""]
    answer = learned.fedlearn(*question, "--store", "--set", "error-solutions", "--json").json()
    assert [hit["record"]["solution"] for hit in answer["hits"]] == ["renew it"]
    refused = learned.fedlearn(*question, "--store", "--set", "notes", code=2)
    assert refused.err.endswith("no collection notes\nhint: collections: error-solutions\n")


def test_a_store_with_vectors_of_another_size_is_named(learned: System) -> None:
    with store_of(learned) as store:
        store.create("error-solutions", Schema({"": VectorSpec(3)}))
    assert learned.fedlearn("search", "x", "--store", code=3).err == (
        "error: error-solutions: vectors have 3 dimensions, those of wordllama/l2_supercat_256 have 256\n"
        "hint: set the embedder that made them: git config fedlearn.embedder\n"
    )


@pytest.mark.parametrize("question", ["the of and", "\udcff\udcfe", "?", "日本語", "x " * 50_000])
def test_odd_questions_are_answered_or_not(learned: System, question: str) -> None:
    assert learned.fedlearn("search", question, code=1).out == ""
