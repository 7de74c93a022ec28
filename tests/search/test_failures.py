"""Whether two failures are the same one, by their words."""

from collections import Counter
from collections.abc import Mapping

import pytest
from core.error_messages import ONE_LESSON, TWO_LESSONS

from git_fedlearn.search.failures import (
    FAILURE_BAR,
    WordWeights,
    likeness,
    lines_of_error,
    telling_words,
    windows_of_output,
    words_of,
)

LESSONS = {
    "volume": "FATAL: database files are incompatible with server\nDETAIL: The data directory was initialized by "
    "PostgreSQL version 15, which is not compatible with this version 16.2.",
    "module": "ModuleNotFoundError: No module named 'yaml'",
    "memory": "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
    "port": "Error: listen EADDRINUSE: address already in use :::3000",
    "lock": "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4242 (apt-get)",
}
NOISE = "\n".join(f"GET /items?page={number} 304 - {number}ms" for number in range(30))


def found(lessons: Mapping[str, str], output: str) -> str:
    """The lesson about an output, empty for none."""
    errors = {name: lines_of_error(text) for name, text in lessons.items()}
    frequencies = Counter(word for lines in errors.values() for word in telling_words(lines))
    windows, weights = windows_of_output(output), WordWeights(frequencies, len(lessons))
    like = {name: likeness(lines, windows, weights) for name, lines in errors.items()}
    best = max(like, key=lambda name: like[name])
    return best if like[best] >= FAILURE_BAR else ""


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("postgres-1  | FATAL:  database files are incompatible with server", "volume"),
        ('  File "/srv/app/load.py", line 3, in <module>\n    import yaml\nModuleNotFoundError: No module named \'yaml\'', "module"),
        ("npm error Allocation failed - JavaScript heap out of memory", "memory"),
        ("Error: listen EADDRINUSE: address already in use 0.0.0.0:3000\n    at Server.setupListenHandle", "port"),
        ("ModuleNotFoundError: No module named 'toml'", ""),
        ("src/cart.py:12: error: Incompatible return value type", ""),
        ("make: *** [all] Error 2", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_the_same_failure_is_found_and_no_other(output: str, expected: str) -> None:
    assert found(LESSONS, output) == expected
    assert found(LESSONS, f"{NOISE}\n{output}\n{NOISE}") == expected


def test_two_machines_print_one_error_and_it_is_known() -> None:
    lessons = {str(number): first for number, (_, first, _) in enumerate(ONE_LESSON)}
    known = [found(lessons, second) == str(number) for number, (_, _, second) in enumerate(ONE_LESSON)]
    assert sum(known) >= 0.9 * len(known)


def test_an_error_with_another_name_or_code_is_mostly_another_one() -> None:
    lessons = {str(number): first for number, (_, first, _) in enumerate(TWO_LESSONS)}
    wrong = [second for _, _, second in TWO_LESSONS if found(lessons, second)]
    assert len(wrong) <= 0.35 * len(TWO_LESSONS), wrong


def test_folders_times_and_spelling_do_not_matter() -> None:
    one = words_of("/home/jan/app/load.py:12: error: cannot find module 'left-pad' at 2026-11-01 10:00:00")
    two = words_of("/srv/x/load.py:7: error: could not find module 'left-pad' at 2025-01-02 03:04:05")
    assert one == two


def test_an_output_of_a_hundred_thousand_lines_is_bounded() -> None:
    output = "\n".join(f"step {number} of the build went well enough" for number in range(100_000))
    assert found(LESSONS, f"{output}\nE: Could not get lock /var/lib/dpkg/lock-frontend") == "lock"


def test_lines_that_repeat_do_not_hide_an_error_among_them() -> None:
    noise = "\n".join(f"step {number} of the build went well enough" for number in range(1_000))
    assert found(LESSONS, f"{noise}\nE: Could not get lock /var/lib/dpkg/lock-frontend\n{noise}") == "lock"
