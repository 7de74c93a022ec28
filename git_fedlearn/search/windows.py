"""What of a text is searched for: a question whole, a paste by windows of one and two lines.

The vector and the words of a whole log are those of its noise. An error takes one line of it, or two. Frames
of a stack name places, not errors: every program has the same ones, whatever failed in it.
"""

import re
from collections import Counter
from typing import Final

from git_fedlearn.core.identity import normal_form

QUESTION_LINES: Final = 3
"""A text of more lines is a paste."""

MAX_LINES: Final = 1_000
"""Different lines of a paste that are searched for. A line that a log repeats is rarely its error, so the
rarest ones are chosen."""

_FRAMES: Final = (
    # JavaScript, Java, .NET
    r"at\s+(?:async\s+|new\s+)?[^\s(]+(?:\s\[as\s[^\]]+\])?\s*(?:\([^()]*\))?(?:\s(?:in|~?\[)\s?\S+(?:\s\d+)?)?",
    # Python
    r'File\s"[^"]*",\sline\s\d+(?:,\sin\s\S+)?',
    # C, PHP, Dart
    r"#\d+\s+\S.*",
    # Ruby
    r"(?:from\s+)?[^\s:]+:\d+:in\s\S.*",
    # Go
    r"\S+\.go:\d+(?:\s\+0x[0-9a-f]+)?",
    # Rust
    r"\d+:\s+(?:0x[0-9a-f]+\s+-\s+)?[\w:<>{}$.]+",
)
_FRAME: Final = re.compile("|".join(_FRAMES))
"""A line that is a frame of a stack."""


def is_paste(text: str) -> bool:
    """Whether a text is searched for by windows."""
    return len(_lines(text)) > QUESTION_LINES


def windows_of(text: str, max_lines: int = MAX_LINES) -> list[str]:
    """The parts of a text to search for: the whole question, or all lines and pairs of lines of a paste.

    Lines that differ in times, numbers and hashes only are one line. Frames of a stack are not asked alone,
    unless there is nothing else.
    """
    if not is_paste(text):
        return [text]
    lines = _lines(text)
    forms = [normal_form(line) for line in lines]
    numbers = Counter(forms)
    chosen = {*sorted(numbers, key=lambda form: numbers[form])[:max_lines]}
    windows: dict[tuple[str, ...], str] = {}
    frames = [_FRAME.fullmatch(line) is not None for line in lines]
    for at, form in enumerate(forms):
        if form not in chosen:
            continue
        for end in (at + 1, at + 2):
            if not all(frames[at:end]) or all(frames):
                windows.setdefault((*forms[at:end],), "\n".join(lines[at:end]))
    return [*windows.values()]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
