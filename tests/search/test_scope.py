"""Lessons that say what they are for, and those that do not."""

import pytest

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.search.scope import LessonScope, is_in_scope

PYTHON = LessonScope(languages=("python",))
DOCKER = LessonScope(tools=("Docker",))
WEB = LessonScope(project_kinds=("web app", "api"))


@pytest.mark.parametrize(
    ("fields", "scope", "is_in"),
    [
        ({}, PYTHON, True),
        ({"language": "Python 3.11"}, PYTHON, True),
        ({"language": "py"}, PYTHON, True),
        ({"languages": ["go", "python3"]}, PYTHON, True),
        ({"language": "go, python"}, PYTHON, True),
        ({"language": "Rust"}, PYTHON, False),
        ({"language": 3}, PYTHON, True),
        ({"tags": ["disk", "rust"]}, PYTHON, False),
        ({"tags": ["disk", "shell"]}, PYTHON, True),
        ({"tags": ["go", "python"]}, PYTHON, True),
        ({"language": "C++"}, LessonScope(languages=("cpp",)), True),
        ({"language": "C"}, LessonScope(languages=("C++",)), False),
        ({"language": "C#"}, LessonScope(languages=("c",)), False),
        ({"framework": "django"}, DOCKER, False),
        ({"framework": "django", "tags": ["docker"]}, DOCKER, True),
        ({"tools": ["docker compose"]}, DOCKER, True),
        ({"tags": ["kubernetes"]}, DOCKER, True),
        ({"project_type": "embedded"}, WEB, False),
        ({"project_type": "REST API"}, WEB, True),
        ({"language": "python", "framework": "django"}, LessonScope(("python",), ("docker",)), False),
        ({"language": "rust"}, LessonScope(languages=("", " ")), True),
        ({"language": "rust"}, LessonScope(), True),
    ],
)
def test_only_a_lesson_that_names_something_else_is_left_out(
    fields: JsonObject, scope: LessonScope, *, is_in: bool
) -> None:
    assert is_in_scope(fields, scope) is is_in
