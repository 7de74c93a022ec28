"""What of a text is searched for: a question whole, a paste by windows of one and two lines.

The vector and the words of a whole log are those of its noise. An error takes one line of it, or two.
"""

from collections import Counter
from typing import Final

from git_fedlearn.core.identity import normal_form

QUESTION_LINES: Final = 3
"""A text of more lines is a paste."""

MAX_LINES: Final = 1_000
"""Different lines of a paste that are searched for. A line that a log repeats is rarely its error, so the
rarest ones are chosen."""


def is_paste(text: str) -> bool:
    """Whether a text is searched for by windows."""
    return len(_lines(text)) > QUESTION_LINES


def windows_of(text: str, max_lines: int = MAX_LINES) -> list[str]:
    """The parts of a text to search for: the whole question, or all lines and pairs of lines of a paste.

    Lines that differ in times, numbers and hashes only are one line.
    """
    if not is_paste(text):
        return [text]
    lines = _lines(text)
    forms = [normal_form(line) for line in lines]
    numbers = Counter(forms)
    chosen = {*sorted(numbers, key=lambda form: numbers[form])[:max_lines]}
    windows: dict[tuple[str, ...], str] = {}
    for at, form in enumerate(forms):
        if form in chosen:
            windows.setdefault((form,), lines[at])
            windows.setdefault((form, *forms[at + 1 : at + 2]), "\n".join(lines[at : at + 2]))
    return [*windows.values()]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
