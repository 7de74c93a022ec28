"""What is private in a line is private in the middle of a long text, whatever stands around it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from privacy.private_samples import github_token, rand

from git_fedlearn.core.patterns import lazy_pattern
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.privacy.subject import around

if TYPE_CHECKING:
    from collections.abc import Sequence

ENGINE = PrivacyEngine()
FILLERS = (
    "the build took a while and nothing of it was private. ",
    "12 of 345 in the 3rd, 1.2.3 and 0.125 of it; ",
    "someVeryLongIdentifierOfTheProject1 = other_long_identifier(2) \\n ",
    "größer als 3 — „sehr“ viel — ",
)
PRIVATE = (
    "call me at 0278 " + "808414 now",
    "(415) " + "555-2671 office",
    "my card is 4111 1111 " + "1111 1111",
    "passport number: L" + "8988901C",
    "look at lat 48.85661, " + "lon 2.35222 there",
    '"coordinates": [13.40495, ' + "52.52000]",
    f"use {github_token()} here",
    f"quillbee key {rand(32, '0123456789abcdef')} x",
    f"{rand(14)}7q is the password",
    github_token()[:20] + f"\\u00{ord(github_token()[20]):x}" + github_token()[21:],
    "mail bob%40" + "corp.acme-industries.de",
)


def found(text: str) -> Sequence[str]:
    return [f"{f.kind} {text[f.start : f.end]}" for f in ENGINE.scan(text)]


@pytest.mark.parametrize("filler", FILLERS)
@pytest.mark.parametrize("private", PRIVATE)
def test_a_long_text_hides_nothing(private: str, filler: str) -> None:
    long = filler * (3000 // len(filler))
    alone = found(f"{filler}\n{private}\n{filler}")
    assert alone
    assert found(f"{long}\n{private}\n{long}") == alone


ANCHOR = lazy_pattern(r"[0-9]\.[0-9]")
WHOLE = lazy_pattern(r"(?<![a-z])x?[0-9]{1,2}\.[0-9]{1,2}(?![0-9])")


@given(st.text("x1. a", max_size=80))
def test_what_is_around_a_sign_has_every_match(text: str) -> None:
    spans = list(around(ANCHOR, text, 6))
    hits = [hit.span() for span in spans for hit in WHOLE.finditer(text, *span)]
    assert hits == [hit.span() for hit in WHOLE.finditer(text)]
    assert all(end < start for (_, end), (start, _) in pairwise(spans))
