"""`git fedlearn dataset trained` and `list`: which model saw which lesson."""

import json
from typing import Any

import pytest
from systems import System, World, prepared

from git_fedlearn.core.layout import MODELS_FILE
from git_fedlearn.core.merge import merge_files

OWN = "sys-aaaaaaaaaa"
MODELS = f"data/fine-tuning/snapshots/{OWN}/{MODELS_FILE}"
FIX = {"error_message": "disk quota exceeded on /srv", "solution": "raise the quota with xfs_quota -x"}
PRACTICE = {"title": "rotate logs by size", "description": "rotate logs at 100 MB, or the disk fills up"}


def chat(question: str, answer: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"messages": messages, "value_score": 0.9}


@prepared
def trained(system: System) -> None:
    """A model was trained on v0.1.0, which has a sample of its own and one that a lesson makes, too."""
    system.git("config", "fedlearn.system", OWN)
    system.add("error-solutions", FIX)
    system.add("best-practices", PRACTICE)
    system.add(
        "fine-tuning",
        chat("how do I list open ports on Linux?", "run ss -tlnp as root"),
        chat(FIX["error_message"], FIX["solution"]),
    )
    system.fedlearn("dataset", "snapshot")
    done = system.fedlearn("dataset", "trained", "qwen-lessons", "--version", "v0.1.0")
    assert done.out == "recorded: qwen-lessons (v0.1.0, 2026-05-28, this system), trained on 3 lessons\n"
    system.commit("through the hooks")


def identifier(system: System, name: str, word: str) -> str:
    (found,) = (one.id for one in system.records(name) if word in json.dumps(one.fields))
    return found


def test_show_and_retract_name_the_models_and_the_text_leaves(trained: System) -> None:
    lesson = identifier(trained, "error-solutions", "quota")
    sample = identifier(trained, "fine-tuning", "ss -tlnp")
    row = "  trained         qwen-lessons (v0.1.0, 2026-05-28, this system)\n"
    for one in (lesson, sample):
        assert trained.fedlearn("show", one, "--origin").out.endswith(row)
        (model,) = trained.fedlearn("show", one, "--origin", "--json").json()["origin"]["models"]
        assert model == {"model": "qwen-lessons", "data": "v0.1.0", "at": "2026-05-28", "system": OWN}
    other = identifier(trained, "best-practices", "rotate")
    assert "trained" not in trained.fedlearn("show", other, "--origin").out

    done = trained.fedlearn("retract", sample, "--reason", "wrong")
    assert "note: a model saw it: qwen-lessons (v0.1.0, 2026-05-28, this system)\n" in done.err
    assert b"tlnp" not in trained.read(f"data/fine-tuning/snapshots/{OWN}/v0.1.0.jsonl")
    assert sample.encode() in trained.read(MODELS)
    assert trained.fedlearn("show", sample, "--origin").out.endswith(row)
    trained.commit("retracted")
    trained.fedlearn("verify")


def test_an_export_of_lessons_counts_too(trained: System) -> None:
    other = identifier(trained, "best-practices", "rotate")
    done = trained.fedlearn("dataset", "trained", "phi-ops", "--from", "error-solutions,best-practices")
    assert done.out.endswith("2 lessons\n")
    answer = trained.fedlearn("show", other, "--origin", "--json").json()
    assert [one["model"] for one in answer["origin"]["models"]] == ["phi-ops"]
    again = trained.fedlearn(
        "dataset", "trained", "phi-ops", "--from", "error-solutions,best-practices", "--json"
    )
    assert again.json()["new"] is False
    assert trained.fedlearn("dataset", "list").out == (
        "v0.1.0  2 samples\n"
        "model phi-ops (error-solutions, best-practices, 2026-05-28, this system)  2 lessons\n"
        "model qwen-lessons (v0.1.0, 2026-05-28, this system)  3 lessons\n"
    )
    listed = trained.fedlearn("dataset", "list", "--json").json()
    assert listed["versions"] == [{"version": "v0.1.0", "samples": 2}]
    assert [(one["model"], one["lessons"]) for one in listed["models"]] == [
        ("phi-ops", 2),
        ("qwen-lessons", 3),
    ]


def test_other_systems_see_it_and_lines_of_others_are_put_right(trained: System, world: World) -> None:
    other = world.clone(trained, "two")
    lesson = identifier(other, "error-solutions", "quota")
    done = other.fedlearn("retract", lesson, "--reason", "wrong")
    assert f"note: a model saw it: qwen-lessons (v0.1.0, 2026-05-28, {OWN})\n" in done.err

    (world.folder / "empty").mkdir()
    trained.fedlearn("sync", "--source", str(world.folder / "empty"))
    before = trained.read(MODELS)
    trained.write(MODELS, b'{"at":"2026-05-28","data":"v9.0.0","ids":[],"model":"invented"}\n')
    trained.fedlearn("sync", "--source", str(world.folder / "empty"))
    assert trained.read(MODELS) == before


def test_two_branches_of_a_system_join() -> None:
    ours = b'{"at":"2026-05-28","data":"v1.0.0","ids":[],"model":"a"}\n'
    theirs = b'{"at":"2026-05-28","data":"v1.0.0","ids":[],"model":"b"}\n'
    assert merge_files(MODELS, ours, theirs) == merge_files(MODELS, theirs, ours) == ours + theirs


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (["m"], 2, "either --version or --from is needed\nhint: git fedlearn dataset trained MODEL"),
        (["m", "--version", "v0.1.0", "--from", "error-solutions"], 2, "either --version or --from"),
        (["m", "--version", "1"], 2, "1: not a version\n"),
        (["m", "--version", "v9.0.0"], 3, "v9.0.0: this system has no such version\nhint: one of v0.1.0\n"),
        (["m", "--from", "collections/x"], 2, "collections/x: no samples can be made of it\n"),
        (["m", "--from", "skills-patterns"], 3, "skills-patterns: no lesson in it is known here\n"),
        (["m\x1b", "--version", "v0.1.0"], 2, "the name of a model has 1 to 200 visible characters"),
        (
            ["john.doe@acme-corp.com", "--version", "v0.1.0"],
            2,
            "the name of the model contains EMAIL_ADDRESS",
        ),
    ],
)
def test_wrong_uses_record_nothing(trained: System, arguments: list[str], code: int, error: str) -> None:
    before = trained.read(MODELS)
    assert trained.fedlearn("dataset", "trained", *arguments, code=code).err.startswith(f"error: {error}")
    assert trained.read(MODELS) == before
