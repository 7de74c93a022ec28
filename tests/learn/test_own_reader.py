"""The reader of docs/sources.md, as it is printed there, reads sessions like the readers of the package."""

import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from agent_sessions import OUTCOME, SESSION

from git_fedlearn.core.scoring import RoutedLesson, route_event
from git_fedlearn.learn.readers import find_lessons
from git_fedlearn.learn.readers.session import Changed, Ran, Said, Step, steps_of

PAGE = Path(__file__).parents[2] / "docs" / "sources.md"
MAX_LINES = 30


@pytest.fixture(scope="module")
def code() -> str:
    section = PAGE.read_text(encoding="utf-8").partition("### Write a reader\n")[2]
    found = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert found
    return found[1]


def written(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    """A session as the tool of that page writes it down."""
    lines: list[dict[str, Any]] = [{"kind": "newer"}, {}]
    for number, step in enumerate(steps):
        match step:
            case Said(by_user=by_user, text=text):
                lines.append({"kind": "user" if by_user else "assistant", "text": text, "time": number})
            case Ran(command=command, failed=failed, output=output):
                lines.append({"kind": "command", "id": number, "command": command, "time": number})
                lines.append({"kind": "result", "id": number, "exit_code": int(failed), "output": output})
            case Changed():
                pass
    return lines


def test_it_yields_the_lessons_that_each_tool_yields(code: str) -> None:
    reader = ModuleType("my_agent")
    exec(compile(code, str(PAGE), "exec"), reader.__dict__)  # noqa: S102  the code of our own page
    (messages,) = reader.read(written(SESSION))
    routed = [route_event(event)[1] for event in find_lessons(steps_of(messages))]
    assert sorted(lesson.set_name for lesson in routed if isinstance(lesson, RoutedLesson)) == OUTCOME


def test_it_has_thirty_lines(code: str) -> None:
    assert len(code.splitlines()) <= MAX_LINES
