"""What git shows of a record set: readable, one field a line, nothing left out, nothing dangerous."""

import io
import json
import subprocess
import sys
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from systems import World

from git_fedlearn.core.record import make_record
from git_fedlearn.plumbing.textconv import write_text

SET = "data/patterns/error-solutions.jsonl"


def _text(data: bytes) -> str:
    out = io.StringIO()
    write_text(io.BytesIO(data), out)
    return out.getvalue()


def _line(**fields: Any) -> bytes:
    return json.dumps(fields).encode() + b"\n"


def test_an_error_solution() -> None:
    identifier = "5a3f9c0e4b7d48f29e6a1c8d70b2f315"
    assert _text(
        _line(
            _id=identifier,
            _seen_by=["sys-abcde23456"],
            error_type="BuildError",
            error_message="missing\nheader",
            solution="install it\n\nthen try again",
            value_score=0.9,
            tags=["nix", "c"],
        )
    ) == (
        "record 5a3f9c0e4b7d BuildError: missing header\n"
        "  score: 0.9\n"
        "  error_message: missing\n"
        "    header\n"
        "  error_type: BuildError\n"
        "  solution: install it\n"
        "\n"
        "    then try again\n"
        "  tags:\n"
        "    - nix\n"
        "    - c\n"
        "  _seen_by:\n"
        "    - sys-abcde23456\n"
        "\n"
    )


def test_headlines_of_the_other_sets() -> None:
    lines = [
        _line(title="Pin it", category="nix", description="x"),
        _line(pattern="retry", skill_name="http"),
        _line(query="how?", response="so"),
        _line(messages=[{"role": "system", "content": "s"}, {"role": "user", "content": "why?"}]),
        _line(prompt="p" * 200, completion="c"),
        _line(anything=1),
    ]
    assert [text.split("\n")[0] for text in _text(b"".join(lines)).split("\n\n")][:-1] == [
        "record nix: Pin it",
        "record http: retry",
        "record how?",
        "record why?",
        f"record {'p' * 99}…",
        "record",
    ]


def test_a_retraction() -> None:
    retracted = {"at": "2026-05-28", "by": "sys-abcde23456", "reason": "wrong"}
    assert _text(_line(_id="5" * 32, _retracted=retracted)) == (
        "record 555555555555 retracted\n  retracted: 2026-05-28 by sys-abcde23456: wrong\n\n"
    )


def test_what_is_no_record_is_shown_with_the_reason() -> None:
    data = b'<<<<<<< ours\n\n[1,"\xc3\xa9"]\n"text"\n\xff\x1b[31m\n{"a":1\r\n\xef\xbb\xbf{"b":2}\nend'
    assert _text(data).split("\n\n")[:-1] == [
        "not a record (not JSON: expecting value at column 1): <<<<<<< ours",
        "not a record (blank line)",
        'not a record (not an object): [1,"é"]',
        "not a record (not an object): text",
        "not a record (not valid UTF-8): \\xff\\x1b[31m",
        "not a record (not JSON: expecting ',' delimiter at column 7): {\"a\":1",
        'not a record (not JSON: expecting value at column 1): \\ufeff{"b":2}',
        "not a record (not JSON: expecting value at column 1): end",
    ]


def test_nothing_commands_the_terminal_or_reorders_text() -> None:
    shown = _text(_line(**{"a\x1b]0;x\x07": "b\u202ec\x9b1m\ud800\r", "pattern": "\x1b[2J"}))
    assert all(char.isprintable() or char == "\n" for char in shown)
    assert "\\x1b]0;x\\x07: b\\u202ec\\x9b1m\\ud800\\r" in shown
    shown.encode("utf-8")


@given(
    st.lists(
        st.binary(max_size=60) | st.builds(_line, pattern=st.text(), value_score=st.floats()), max_size=5
    )
)
def test_any_bytes_give_text_and_a_paragraph_a_line(lines: list[bytes]) -> None:
    data = b"\n".join(lines)
    shown = _text(data)
    assert all(char.isprintable() or char == "\n" for char in shown)
    assert len([line for line in shown.splitlines() if line[:1].strip()]) == len(data.split(b"\n")) - (
        not data.split(b"\n")[-1]
    )


def test_git_diff_shows_it_and_falls_back_to_the_file(world: World) -> None:
    one = world.system("one")
    one.write(SET, make_record({"error_type": "E", "solution": "a"}).line + b"\n")
    assert "+  solution: a\n" in one.git("diff", "--", SET).out
    driver = one.git("config", "diff.fedlearn.textconv").out.strip()
    one.git("config", "diff.fedlearn.textconv", driver.replace(sys.executable, "/gone/python"))
    assert '","error_type":"E","solution":"a"}\n' in one.git("diff", "--", SET).out


def test_it_writes_utf_8_in_any_locale(world: World) -> None:
    file = world.folder / "x.jsonl"
    file.write_bytes(_line(pattern="é"))
    done = subprocess.run(
        [sys.executable, "-I", "-m", "git_fedlearn.plumbing.textconv", file],
        env={"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode("utf-8") == "record é\n  pattern: é\n\n"


def test_a_file_that_is_not_there(world: World) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-m", "git_fedlearn.plumbing.textconv", "-h"],
        cwd=world.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "error: -h: no such file\nhint: usage: git-fedlearn-textconv FILE\n"
