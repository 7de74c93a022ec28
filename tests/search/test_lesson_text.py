"""What of a record is searched."""

import pytest

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.search.lesson_text import MAX_TEXT, lesson_text


@pytest.mark.parametrize(
    ("fields", "head", "body"),
    [
        ({"error_type": "E", "error_message": "m", "solution": "s"}, "E\nm", "s"),
        ({"query": "q", "response": "r", "language": "nix"}, "q", "r"),
        ({"title": "t", "category": "c", "description": "d"}, "t\nc", "d"),
        ({"note": "only this", "more": "and this"}, "and this", "only this"),
        ({"port": 8080}, "port 8080", ""),
        ({"content": "c", "author": "a"}, "", "c\na"),
        ({"kind": "faq", "passage": "a whole sentence", "by": "us"}, "a whole sentence", "us\nfaq"),
        ({"text": "t", "file": {"sha": "0a" * 20, "uuid": "5C1A2F0E-9f0d-4e5b-8a67-1f2e3d4c5b6a"}}, "", "t"),
        (
            {"messages": [{"role": "user", "content": "ask"}, {"role": "assistant", "content": "tell"}]},
            "ask",
            "tell",
        ),
        (
            {"query": "same", "prompt": "same", "value_score": 1, "_seen_by": ["x"], "last_used": "t"},
            "same",
            "",
        ),
        ({"query": "q", "host": "h", "_note": "n", "_point_id": "p"}, "q", "n\nh"),
    ],
)
def test_head_and_body(fields: JsonObject, head: str, body: str) -> None:
    assert lesson_text(fields) == (head, body)


def test_chosen_fields_alone_count_in_their_order() -> None:
    assert lesson_text({"a": "1", "b": "2", "query": "3"}, ["b", "a"]).whole == "2\n1"


def test_a_long_text_is_cut() -> None:
    assert len(lesson_text({"query": "x" * 10 * MAX_TEXT}).whole) == MAX_TEXT
