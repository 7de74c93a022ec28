"""Patterns that tell whether they match, in RE2 and in `re`."""

import re

import pytest

from git_fedlearn.core import quality, substance
from git_fedlearn.core.events import words_of
from git_fedlearn.core.patterns import PatternTest
from git_fedlearn.federation import injection

TESTS = [
    test
    for module in (quality, substance, injection)
    for test in vars(module).values()
    if isinstance(test, PatternTest)
]
TEXTS = (
    "",
    "Restart it.",
    "It is NOT yet resolved, and nobody knows why.",
    "We do not have an answer.",
    "It may have been damaged.\nHmm, wait, let me think.",
    "\n - Actually, no: set `x` to 1.",
    "See a/b/c, x.y, or fooBar; 'a name'\x0b\x1c",
)


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.pattern.pattern[:20])
@pytest.mark.parametrize("text", TEXTS)
def test_agrees_with_re_on_texts_of_any_script(test: PatternTest, text: str) -> None:
    for one in (
        text,
        text.upper(),
        f"{text} Änderung",
        text.replace("i", "\u0130"),
        text.replace("s", "\u017f"),
        text.replace(" ", " \u2014 "),
        text.replace(" ", "\u2019").replace(".", "\u2026"),
        text.replace(" ", "\u2003"),
        text.replace(",", "\u0301\ud800\U0001f600"),
    ):
        assert test.is_in(one) == bool(test.pattern.search(one))


def test_reads_dashes_and_quotes_with_re2() -> None:
    test = PatternTest("b.c")
    assert test.is_in("abcd bxc")
    del test.pattern
    assert test.is_in("a \u2013 \u201cb\u2019c\u201d \u2026")
    assert not test.is_in("\u2022 b\u2019\u2019c")


def test_minds_the_flags() -> None:
    assert PatternTest("^b.c", re.IGNORECASE | re.MULTILINE | re.DOTALL).is_in("a\nB\nC")
    assert not PatternTest("^b.c", re.MULTILINE).is_in("a\nb\nc")
    assert not PatternTest("^b", re.DOTALL).is_in("a\nb")


def test_words_are_the_same_in_ascii_text_and_any_other() -> None:
    text = "".join(map(chr, range(128))) + " Mixed_Case-Words 3x"

    assert [*words_of(text), "ä"] == words_of(f"{text} Ä")
    assert words_of("Don\u2019t \u2014 \u2192 STOP\u2026now") == words_of("Don't - > STOP.now")
    assert words_of("a\u0345") == words_of("a\u03b9")
