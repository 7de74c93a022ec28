"""`git fedlearn dataset`: what is counted, what a version freezes, what trainers get."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from systems import System, World, prepared

from git_fedlearn.extras import install_line

SAMPLES: list[dict[str, Any]] = [
    {
        "prompt": f"How do I restart unit {number}?",
        "completion": f"systemctl restart unit{number}",
        "value_score": 0.8,
    }
    for number in range(40)
]
CHAT: dict[str, Any] = {
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Which port?"},
        {"role": "assistant", "content": "8080"},
        {"role": "user", "content": "And TLS?"},
        {"role": "assistant", "content": "8443"},
    ]
}
CALL: dict[str, Any] = {
    "messages": [
        {"role": "user", "content": "Is nginx up?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "1", "type": "function", "function": {"name": "unit", "arguments": '{"n":"nginx"}'}}
            ],
        },
        {"role": "tool", "tool_call_id": "1", "content": "active"},
        {"role": "assistant", "content": "Yes."},
    ],
    "tools": [{"type": "function", "function": {"name": "unit"}}],
    "quality_score": 0.9,
}


@prepared
def filled(system: System) -> None:
    system.git("config", "fedlearn.system", "sys-abcde23456")
    system.add("fine-tuning", *SAMPLES[:3], CHAT, CALL)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_stats_count_what_a_trainer_will_meet(filled: System) -> None:
    filled.add(
        "fine-tuning",
        {
            "prompt": "how do I  restart unit 0?",
            "completion": "SYSTEMCTL restart unit0",
            "_seen_by": ["sys-bcdefg2345"],
        },
        {"prompt": "How do I restart unit 1?", "completion": "systemctl start unit1"},
        {"prompt": "no answer"},
    )
    taken = filled.add("fine-tuning", {"prompt": "wrong", "completion": "wrong"})
    assert "1 record added" in taken.out
    wrong = next(
        record.id for record in filled.records("fine-tuning") if record.fields.get("prompt") == "wrong"
    )
    filled.fedlearn("retract", wrong, "--reason", "wrong")
    assert filled.fedlearn("dataset", "stats").out == (
        "7 samples, about 85 tokens, 936 bytes\n"
        "  malformed           1\n"
        "  retracted           1\n"
        "  form                5  completion\n"
        "                      2  chat\n"
        "  role                4  assistant\n"
        "                      3  user\n"
        "                      1  system\n"
        "                      1  tool\n"
        "  system              6  sys-abcde23456\n"
        "                      1  sys-bcdefg2345\n"
        "  repeated            1  same text, ignoring case and white space\n"
        "                      2  same question\n"
        "  no score            3\n"
        "  tokens              7  < 128     ########################################\n"
    )
    answer = filled.fedlearn("dataset", "stats", "--json").json()
    assert answer["schema"] == "fedlearn.dataset-stats/v1"
    assert (answer["samples"], answer["malformed"], answer["same_question"]) == (7, 1, 2)
    assert answer["lengths"][0] == {"below": 128, "samples": 7}


def test_stats_of_an_empty_set(system: System) -> None:
    assert system.fedlearn("dataset", "stats").out.startswith("0 samples, about 0 tokens, 0 bytes\n")


def test_a_snapshot_is_training_ready_and_the_same_for_the_same_samples(filled: System, world: World) -> None:
    path = "data/fine-tuning/snapshots/sys-abcde23456/v0.1.0.jsonl"
    assert filled.fedlearn("dataset", "snapshot").out == f"wrote 5 samples to {path}\n"
    rows = lines(filled.path / path)
    assert all(row.keys() <= {"messages", "prompt", "completion", "tools"} for row in rows)
    other = world.system("other")
    other.add("fine-tuning", CALL, CHAT, *reversed(SAMPLES[:3]))
    written = other.fedlearn("dataset", "snapshot", "--json").json()
    assert other.read(written["path"]) == filled.read(path)
    filled.commit()
    assert filled.fedlearn("verify").err == ""
    assert filled.git("status", "--porcelain", "--ignored").out == (
        "!! data/fine-tuning/snapshots/sys-abcde23456/latest.jsonl\n"
    )


def test_versions_go_up_are_never_rewritten_and_five_stay(filled: System) -> None:
    folder = filled.path / "data/fine-tuning/snapshots/sys-abcde23456"
    filled.fedlearn("dataset", "snapshot", "--version", "v0.9.0")
    assert filled.fedlearn("dataset", "snapshot").out.startswith("no changes since v0.9.0")
    for number in range(3, 8):
        filled.add("fine-tuning", SAMPLES[number])
        last = filled.fedlearn("dataset", "snapshot").out
    assert last.splitlines()[-1] == "emptied v0.9.0"
    held = [path for path in folder.iterdir() if path.stat().st_size]
    kept = sorted(path.name for path in held if path.name != "latest.jsonl")
    assert kept == [f"v0.{minor}.0.jsonl" for minor in range(10, 15)]
    assert (folder / "latest.jsonl").readlink() == Path("v0.14.0.jsonl")
    filled.add("fine-tuning", SAMPLES[9])
    refused = filled.fedlearn("dataset", "snapshot", "--version", "v0.14.0", code=2)
    assert refused.err == (
        "error: v0.14.0: not higher than the newest version v0.14.0; versions are never rewritten\n"
        "hint: git fedlearn dataset snapshot --version v0.14.1\n"
    )
    assert (
        "error: 1.0: not a version" in filled.fedlearn("dataset", "snapshot", "--version", "1.0", code=2).err
    )


def test_a_snapshot_of_nothing_says_how_to_get_samples(system: System) -> None:
    refused = system.fedlearn("dataset", "snapshot", code=3)
    assert refused.err == "error: the fine-tuning set is empty\nhint: git fedlearn sync\n"


def test_sharegpt_and_alpaca_say_what_they_cannot_express(filled: System) -> None:
    filled.fedlearn("dataset", "export", "--format", "sharegpt", "-o", "out/s")
    rows = lines(filled.path / "out/s/train.jsonl")
    called = next(row["conversations"] for row in rows if "tools" in row)
    assert called == [
        {"from": "human", "value": "Is nginx up?"},
        {"from": "function_call", "value": '{"arguments":"{\\"n\\":\\"nginx\\"}","name":"unit"}'},
        {"from": "observation", "value": "active"},
        {"from": "gpt", "value": "Yes."},
    ]
    said = filled.fedlearn("dataset", "export", "--format", "alpaca", "-o", "out/a").out
    assert said.splitlines()[1] == "  skipped 1: tool calls, which the format cannot express"
    rows = lines(filled.path / "out/a/train.jsonl")
    assert next(row for row in rows if row["system"]) == {
        "instruction": "And TLS?",
        "input": "",
        "output": "8443",
        "system": "Be brief.",
        "history": [["Which port?", "8080"]],
    }


def test_a_split_goes_by_id_so_no_sample_ever_changes_sides(filled: System) -> None:
    filled.add("fine-tuning", *SAMPLES[3:20])
    arguments = ("dataset", "export", "--format", "openai", "--split", "0.7", "-o", "out")
    filled.fedlearn(*arguments)
    before = {side: (filled.path / f"out/{side}.jsonl").read_bytes() for side in ("train", "validation")}
    filled.add("fine-tuning", *SAMPLES[20:])
    filled.fedlearn(*arguments)
    for side, data in before.items():
        after = (filled.path / f"out/{side}.jsonl").read_bytes()
        assert set(data.splitlines()) < set(after.splitlines())
    train, validation = (lines(filled.path / f"out/{side}.jsonl") for side in before)
    assert len(train) + len(validation) == 42
    assert 22 <= len(train) <= 36
    stale = filled.fedlearn("dataset", "export", "--format", "openai", "-o", "out", code=3)
    assert "left over from an export with --split" in stale.err


@pytest.mark.parametrize("share", ["nan", "-nan", "inf", "-1", "0", "1", "2", "half", ""])
def test_a_share_that_is_none_is_a_usage_error(filled: System, share: str) -> None:
    arguments = ("dataset", "export", "--format", "openai", "-o", "out", "--split", share)
    assert "error: invalid value for '--split': " in filled.fedlearn(*arguments, code=2).err
    assert not (filled.path / "out").exists()


def test_a_single_sample_is_trained_on_whatever_the_share(system: System) -> None:
    system.add("fine-tuning", SAMPLES[0])
    arguments = ("dataset", "export", "--format", "openai", "-o", "out", "--split", "0.0001")
    assert "wrote 1 sample to" in system.fedlearn(*arguments).out
    assert len(lines(system.path / "out/train.jsonl")) == 1
    assert not (system.path / "out/validation.jsonl").exists()


def test_min_score_leaves_out_what_claims_less_or_nothing(filled: System) -> None:
    said = filled.fedlearn("dataset", "export", "--format", "openai", "--min-score", "0.85").out
    path = filled.path / ".local/dataset/openai/train.jsonl"
    assert said == f"wrote 1 sample to {path}\nskipped 4: author's score below 0.85, or missing\n"
    assert len(lines(path)) == 1
    assert filled.git("status", "--porcelain", "--", ".local").out == ""


def test_parquet_has_one_schema_whatever_the_samples(filled: System) -> None:
    filled.fedlearn("dataset", "export", "--format", "parquet", "-o", "out")
    table = pyarrow.parquet.read_table(filled.path / "out/train.parquet")
    assert table.column_names == ["id", "messages", "tools", "score"]
    assert table.num_rows == 5
    by_id = {row["id"]: row for row in table.to_pylist()}
    assert sorted(by_id) == [record.id for record in filled.records("fine-tuning")]
    called = next(row for row in by_id.values() if row["tools"])
    assert json.loads(called["messages"][1]["tool_calls"])[0]["function"]["name"] == "unit"


def test_without_pyarrow_the_hint_is_the_line_to_type(filled: System) -> None:
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from git_fedlearn.cli import run; from git_fedlearn.console.context import Context\n"
        "sys.exit(run(['dataset', 'export', '--format', 'parquet'], Context()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=filled.path,
        env=filled.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (
        3,
        f"error: the package pyarrow is not installed\nhint: {install_line('parquet')}\n",
    )


def test_hugging_face_datasets_loads_every_format(filled: System) -> None:
    filled.add("fine-tuning", *SAMPLES, PAIR, {**PAIR, "prompt": "Which unit restarts the mail server?"})
    chats = [[ASK, {**SAY, "content": text}] for text in ("Nine degrees.", "I cannot feel it.")]
    filled.add("fine-tuning", {"chosen": chats[0], "rejected": chats[1]})
    counts = {}
    for name in ("openai", "sharegpt", "alpaca", "parquet", "dpo", "kto"):
        filled.fedlearn("dataset", "export", "--format", name, "--split", "0.8", "-o", f"out/{name}")
        counts[name] = {"alpaca": 41, "dpo": 3, "kto": 48}.get(name, 42)
    code = (
        "import sys, json, datasets\n"
        "print(json.dumps({name: sum(len(part) for part in datasets.load_dataset(f'out/{name}').values())"
        " for name in sys.argv[1:]}))"
    )
    environment = {**filled.environment, "HF_HUB_OFFLINE": "1", "HF_HOME": str(filled.path.parent / "hf")}
    done = subprocess.run(
        [sys.executable, "-c", code, *counts],
        cwd=filled.path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == counts


PAIR: dict[str, Any] = {
    "prompt": "Which unit restarts the web server?",
    "chosen": "systemctl restart nginx",
    "rejected": "reboot the machine",
    "value_score": 0.9,
}


def test_a_preference_pair_is_exported_as_one_and_nowhere_else(filled: System) -> None:
    filled.add("fine-tuning", PAIR)
    filled.fedlearn("dataset", "export", "--format", "dpo", "-o", "out/dpo")
    assert lines(filled.path / "out/dpo/train.jsonl") == [
        {name: PAIR[name] for name in ("prompt", "chosen", "rejected")}
    ]
    filled.fedlearn("dataset", "export", "--format", "kto", "-o", "out/kto")
    rows = lines(filled.path / "out/kto/train.jsonl")
    assert [row["label"] for row in rows].count(False) == 1
    assert {
        "prompt": [{"role": "user", "content": PAIR["prompt"]}],
        "completion": [{"role": "assistant", "content": PAIR["rejected"]}],
        "label": False,
    } in rows
    said = filled.fedlearn("dataset", "export", "--format", "openai", "-o", "out/openai").out
    assert "skipped 1: a preference pair" in said
    filled.fedlearn("dataset", "snapshot")
    for path in filled.path.glob("**/*.jsonl"):
        if "snapshots" in path.parts or "openai" in path.parts:
            assert PAIR["rejected"] not in path.read_text(encoding="utf-8")


def test_a_sample_that_is_labeled_out_is_not_exported(filled: System) -> None:
    filled.add("fine-tuning", {"prompt": "Which side?", "completion": "The dark side", "train": False})
    done = filled.fedlearn("dataset", "export", "--format", "openai", "-o", "out")
    assert "labeled as not for training" in done.err
    assert "dark side" not in (filled.path / "out/train.jsonl").read_text(encoding="utf-8")


def test_an_undesired_answer_is_a_negative_of_kto_and_nowhere_else(filled: System) -> None:
    filled.add("fine-tuning", {"prompt": "Which side?", "completion": "The dark side", "label": False})
    filled.fedlearn("dataset", "export", "--format", "kto", "-o", "out/kto")
    assert [
        row["completion"][0]["content"]
        for row in lines(filled.path / "out/kto/train.jsonl")
        if not row["label"]
    ] == ["The dark side"]
    for name in ("openai", "sharegpt", "alpaca", "dpo"):
        said = filled.fedlearn("dataset", "export", "--format", name, "-o", f"out/{name}").out
        assert "skipped 1: an answer that is labeled as undesired" in said
    filled.fedlearn("dataset", "snapshot")
    assert not any(
        "dark side" in path.read_text() for path in filled.path.glob("data/fine-tuning/snapshots/*/*")
    )


ERRORS: list[dict[str, Any]] = [
    {
        "error_type": "MountError",
        "error_message": "mount of the tape library failed: drive busy",
        "solution": "release the drive with mtx unload 3 before the mount",
        "value_score": 0.9,
        "host_class": "archive",
    },
    {"error_message": "the relay clicks without end", "solution": "none"},
]
PRACTICE = {
    "category": "storage",
    "title": "Keep the changer file in git",
    "description": "Commit the changer file after each inventory, so that slots can be compared.",
}


def test_lessons_become_samples_without_their_provenance(filled: System) -> None:
    filled.add("error-solutions", *ERRORS)
    filled.add("best-practices", PRACTICE)
    export = ("dataset", "export", "--format", "openai", "-o", "out", "--from")
    answer = filled.fedlearn(*export, "error-solutions, best-practices", "--json").json()
    assert [part["samples"] for part in answer["files"]] == [2]
    assert answer["left_out"] == {"it says nothing": 1}
    chats = [[turn["content"] for turn in row["messages"]] for row in lines(filled.path / "out/train.jsonl")]
    assert sorted(chats) == [
        ["Keep the changer file in git", PRACTICE["description"]],
        ["mount of the tape library failed: drive busy", ERRORS[0]["solution"]],
    ]
    assert all(row.keys() == {"messages"} for row in lines(filled.path / "out/train.jsonl"))
    filled.fedlearn(*export, "fine-tuning,best-practices")
    assert len(lines(filled.path / "out/train.jsonl")) == 6
    refused = filled.fedlearn(*export, "collections/notes", code=2)
    assert refused.err.startswith("error: collections/notes: no samples can be made of it\nhint: one of ")


def test_a_lesson_that_another_replaces_is_no_sample(filled: System) -> None:
    filled.add("error-solutions", ERRORS[0])
    (old,) = filled.records("error-solutions")
    newer = {**ERRORS[0], "solution": "mtx 1.4 releases the drive itself, upgrade it"}
    line = json.dumps(newer).encode()
    filled.fedlearn("add", "error-solutions", "-", "--supersedes", old.id, stdin=line)
    export = ("dataset", "export", "--format", "openai", "-o", "out", "--from", "error-solutions")
    assert "skipped 1: a lesson that another replaces" in filled.fedlearn(*export).out
    assert [row["messages"][1]["content"] for row in lines(filled.path / "out/train.jsonl")] == [
        newer["solution"]
    ]


def test_near_copies_and_answers_that_are_cut_off_are_left_out_and_counted(filled: System) -> None:
    answer = (
        "Drive each of the blinds to its upper end first; the count of turns starts there again, "
        "and then close them."
    )
    question = "Which order do the blinds need after a cut of the power in the night?"
    filled.add(
        "fine-tuning",
        {"prompt": question, "completion": answer, "value_score": 0.8},
        {"prompt": question.upper(), "completion": answer.replace("and then", "then"), "value_score": 0.9},
        {"prompt": question, "completion": answer.replace("first", "at 7")},
        {
            "prompt": "Give me the plan as JSON.",
            "completion": '{"ring": {"north": [1, 2, 3], "south": [4, "clos',
        },
    )
    said = filled.fedlearn("dataset", "export", "--format", "openai", "-o", "out").out
    assert "skipped 1: nearly the same as another sample\nskipped 1: the answer is cut off\n" in said.replace(
        "skipped 1: the answer is cut off\nskipped 1: nearly the same as another sample\n",
        "skipped 1: nearly the same as another sample\nskipped 1: the answer is cut off\n",
    )
    written = (filled.path / "out/train.jsonl").read_text(encoding="utf-8")
    assert question.upper() in written
    assert "at 7" in written
    assert "clos" not in written.replace("close", "")


def turn(role: str, text: str | None, **fields: Any) -> dict[str, Any]:
    return {"role": role, "content": text, **fields}


ASK, SAY = turn("user", "How warm is it?"), turn("assistant", "Nine degrees, and falling.")
TOOL_CALL = {"type": "function", "function": {"name": "gauge", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([ASK, SAY, ASK], "does not end with an answer of the assistant"),
        ([ASK, SAY, SAY], "turns of the assistant that do not alternate with those of others"),
        (
            [ASK, turn("assistant", None, tool_calls=[{"id": "a", **TOOL_CALL}])],
            "does not end with an answer of the assistant",
        ),
        (
            [ASK, turn("assistant", None, tool_calls=[{"id": "a", **TOOL_CALL}]), SAY],
            "tool calls and results that do not belong together",
        ),
        (
            [ASK, turn("tool", "9", tool_call_id="a"), SAY],
            "tool calls and results that do not belong together",
        ),
    ],
)
@pytest.mark.parametrize("name", ["openai", "sharegpt"])
def test_what_breaks_the_rules_of_a_format_is_left_out_and_counted(
    filled: System, messages: list[dict[str, Any]], reason: str, name: str
) -> None:
    filled.add("fine-tuning", {"messages": messages})
    said = filled.fedlearn("dataset", "export", "--format", name, "-o", "out").out
    assert said.endswith(f"  skipped 1: {reason}\n")
    assert len(lines(filled.path / "out/train.jsonl")) == 5


def test_no_file_is_written_without_samples(filled: System) -> None:
    said = filled.fedlearn("dataset", "export", "--format", "dpo", "-o", "out").out
    assert "no samples for" in said
    assert not (filled.path / "out/train.jsonl").exists()
