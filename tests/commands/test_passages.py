"""Which part of a lesson is printed."""

from hypothesis import given
from hypothesis import strategies as st

from git_fedlearn.commands.search import CUT, WIDTH, passage

STORY = "\n".join(
    [*(f"line {n} says nothing" for n in range(20)), "the disk is full", "empty the store", "end"]
)


def test_a_short_text_is_printed_whole() -> None:
    assert passage("one\n\n  two  \n", "two", 6) == ["one", "  two"]
    assert passage("", "two", 6) == []


def test_the_lines_around_the_words_of_the_question_are_printed() -> None:
    assert passage(STORY, "is my DISK full, what of the store?", 3) == [
        CUT,
        "line 19 says nothing",
        "the disk is full",
        "empty the store",
        CUT,
    ]
    assert passage(STORY, "unheard of", 2) == ["line 0 says nothing", "line 1 says nothing", CUT]


def test_long_lines_are_wrapped_and_keep_their_indent() -> None:
    lines = passage("    " + "word " * 60, "word", 9)
    assert all(len(line) <= WIDTH and line.startswith("    ") for line in lines)
    assert " ".join(" ".join(lines).split()) == "word " * 59 + "word"


def test_control_characters_are_escaped() -> None:
    assert passage("ring \x07 \x1b[31m", "", 3) == ["ring \\x07 \\x1b[31m"]


@given(st.text(max_size=600), st.text(max_size=40), st.integers(1, 7))
def test_never_more_than_asked_for(text: str, question: str, most: int) -> None:
    lines = passage(text, question, most)
    assert len([line for line in lines if line != CUT]) <= most
    assert all(line.isprintable() for line in lines)
