"""A note in one line: what kind of lesson it is, and what is none."""

import pytest

from git_fedlearn.core.scoring import UNSOLVED, RoutedLesson, Skipped
from git_fedlearn.core.substance import PLATITUDE, SAYS_NOTHING, UNRESOLVED
from git_fedlearn.core.weights import DEFAULT_WEIGHTS
from git_fedlearn.learn.notes import NoteOptions, route_note


def lesson(text: str, options: NoteOptions | None = None) -> dict[str, object]:
    routed = route_note(text, options or NoteOptions(), DEFAULT_WEIGHTS)
    assert isinstance(routed, RoutedLesson), routed
    assert isinstance(routed.content.pop("value_score"), float)
    return {"set": routed.set_name, **routed.content}


def refusal(text: str, options: NoteOptions | None = None) -> str:
    routed = route_note(text, options or NoteOptions(), DEFAULT_WEIGHTS)
    assert isinstance(routed, Skipped), routed
    return routed.reason


@pytest.mark.parametrize(
    ("text", "error", "solution"),
    [
        ("connect to port 6333 refused => start qdrant first", "connect to port 6333 refused", None),
        ("flaky login test => pin the clock", "flaky login test", "pin the clock"),
        ("externally-managed-environment => use a venv", "externally-managed-environment", None),
        ("mount: permission denied -> add the user to `fuse`", "mount: permission denied", None),
        ("helm upgrade times out → raise --timeout to 10m", "helm upgrade times out", None),
        ("externally-managed-environment. Fix: use a venv", "externally-managed-environment", "use a venv"),
        (
            "tar: invalid magic\nSolution: the file is zstd, add --zstd",
            "tar: invalid magic",
            "the file is zstd, add --zstd",
        ),
        (
            "When cargo fails with E0463, run rustup target add",
            "cargo fails with E0463",
            "run rustup target add",
        ),
        (
            "git lfs: batch response not found: run git lfs fetch --all",
            "git lfs: batch response not found",
            "run git lfs fetch --all",
        ),
    ],
)
def test_an_error_with_its_solution(text: str, error: str, solution: str | None) -> None:
    found = lesson(text)
    assert found["set"] == "error-solutions"
    assert found["error_message"] == error
    assert solution in (None, found["solution"])


@pytest.mark.parametrize(
    ("text", "content"),
    [
        (
            "Error handling: wrap foreign exceptions at the edge",
            {"title": "Error handling", "description": "wrap foreign exceptions at the edge"},
        ),
        ("when you add a column, backfill it in batches", {"title": "When you add a column"}),
        ("npm install -> pnpm install, see the wiki", {"title": "npm install"}),
        ("Use (a, b) => a + b only in callbacks", {"description": "Use (a, b) => a + b only in callbacks"}),
        (
            "Recovery: when a builder fails twice, stop it first: the next one starts clean",
            {"title": "Recovery"},
        ),
        ("Use `x => y` only in callbacks", {"description": "Use `x => y` only in callbacks"}),
        ("Money is kept as integer cents", {"description": "Money is kept as integer cents"}),
        (
            "Test restores, not backups.\nOnce a month, on another disk.",
            {"title": "Test restores, not backups", "description": "Once a month, on another disk."},
        ),
        (
            "Pin the channel: ask before you update it",
            {"description": "Pin the channel: ask before you update it"},
        ),
        ("https://example.org/api needs a trailing slash", {}),
    ],
)
def test_a_practice(text: str, content: dict[str, str]) -> None:
    found = lesson(text)
    assert found["set"] == "best-practices"
    assert content.items() <= found.items()
    assert "error_message" not in found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ModuleNotFoundError: No module named 'yaml'", UNSOLVED),
        ("connection refused on port 6333", UNSOLVED),
        ("the build fails on arm => not resolved yet", UNRESOLVED),
        ("todo: write the docs", UNRESOLVED),
        ("write good code", PLATITUDE),
        ("hello", SAYS_NOTHING),
        ("n/a", SAYS_NOTHING),
    ],
)
def test_what_is_no_lesson_is_refused_with_the_reason(text: str, reason: str) -> None:
    assert refusal(text) == reason


def test_what_is_said_is_not_guessed() -> None:
    error = NoteOptions(error="OSError: too many open files")
    assert lesson("raise it: LimitNOFILE=65536", error) == {
        "set": "error-solutions",
        "error_message": "OSError: too many open files",
        "solution": "raise it: LimitNOFILE=65536",
    }
    practice = NoteOptions(practice=True)
    assert lesson("pods are refused => that is on purpose here", practice)["set"] == "best-practices"
    assert refusal("none", NoteOptions(error="OSError: too many open files")) == SAYS_NOTHING
