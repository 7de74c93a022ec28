"""What is cut off, in the words of many programs and people, and what is kept of it."""

from typing import Any

import pytest

from git_fedlearn.core.scoring import RoutedLesson, Skipped, route_event
from git_fedlearn.core.substance import CONVERSATION, DOCUMENT
from git_fedlearn.core.wholeness import CUT_OFF, is_cut_off, whole_items

LIST = (
    "1. Set `vm.swappiness=10` so that pages of the database stay in memory.\n"
    "2. Put the journal on a disk of its own, because its syncs block others.\n"
    "3. Mount data volumes with `noatime`, which saves a write for each read."
)
MARKS = [
    *("…", "...", "[truncated]", "[... truncated ...]", "<snip>", "(12 more lines)", "... 40 lines omitted"),
    *("... (output truncated)", "[12 lines omitted]", "(continued)", "[continued in next message]", "[cut]"),
    *("... and 5 more", "+ 14 more", "more...", "--More--", "# ... rest of the file", "... [3211 chars]"),
    *("**[Response truncated due to length]**", "… +31 lines (ctrl+r to expand)", "--- clipped ---"),
]
STARTS = [
    *("4. Enable huge pages and…", "4. Enable hugep", "4.", "-", "4. Run:\n```sh\nsysctl -w vm.nr_h"),
    *("4. Pages that are", "4. Use `sysctl -w` for it,"),
]
FORMS: list[tuple[str, dict[str, Any]]] = [
    ("response", {"query": "How do I configure a host for a busy database?", "success": True}),
    ("description", {"title": "Host of a busy database"}),
    ("solution", {"error_message": "FATAL: out of shared memory"}),
]


def routed(event: dict[str, Any]) -> RoutedLesson | Skipped:
    return route_event(event)[1]


@pytest.mark.parametrize("end", [*MARKS, *STARTS])
@pytest.mark.parametrize(("field", "others"), FORMS)
def test_a_list_that_is_cut_off_keeps_its_whole_items(field: str, others: dict[str, Any], end: str) -> None:
    lesson = routed({**others, field: f"{LIST}\n{end}"})
    assert isinstance(lesson, RoutedLesson), lesson
    assert lesson.content[field] == LIST


@pytest.mark.parametrize("end", MARKS)
@pytest.mark.parametrize(("field", "others"), FORMS)
def test_prose_that_is_cut_off_is_no_lesson(field: str, others: dict[str, Any], end: str) -> None:
    prose = (
        "Give the database a disk of its own, since its syncs block the others.\nThen mount it with `noatime`"
    )
    assert routed({**others, field: f"{prose}\n{end}"}) == Skipped(CUT_OFF)


@pytest.mark.parametrize("flag", [{"truncated": True}, {"finish_reason": "length"}])
def test_a_list_that_its_program_calls_cut_off_loses_the_last_item(flag: dict[str, Any]) -> None:
    lesson = routed({**FORMS[1][1], "description": LIST, **flag})
    assert isinstance(lesson, RoutedLesson)
    assert lesson.content["description"] == "\n".join(LIST.splitlines()[:2])


def test_one_whole_item_or_other_text_between_is_not_worth_keeping() -> None:
    assert whole_items("- Set the swappiness to ten.\n- Put the jour…") == ""
    assert whole_items(f"{LIST}\nAnd now for something else.\n4. Put the jour…") == ""
    assert whole_items(f"In short:\n{LIST}\n[truncated]") == f"In short:\n{LIST}"


@pytest.mark.parametrize(
    "text",
    [
        LIST,
        "Run go test ./...",
        "Use these:\n- tabs in makefiles\n- spaces in python\n- trailing commas can be omitted",
        "Set `limit`.\nThe default is 10 lines.",
        "Heading\n=====\nKeep the journal on its own disk.\n___",
        "Call it with (a, b, ...)",
        "Delete tests, docs, etc.",
    ],
)
def test_what_is_whole_is_not_cut_off(text: str) -> None:
    assert not is_cut_off(text)


def test_a_conversation_and_a_document_in_another_field_are_no_lessons() -> None:
    turns = (
        "User: the disk is full\nAssistant: which one?\nUser: /var\nAssistant: remove the old journals first."
    )
    assert routed({"title": "Full disk", "description": turns}) == Skipped(CONVERSATION)
    assert routed({"title": "Full disk", "description": LIST, "notes": "syncs " * 4000}) == Skipped(DOCUMENT)
