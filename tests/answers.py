"""Answers for programs, held to their published schemas (docs/schemas)."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SCHEMAS = Path(__file__).parents[1] / "docs" / "schemas"
BEGINS = '{\n  "schema": "fedlearn.'


def hold_to_schema(printed: str) -> None:
    """Fail if this is an answer that its schema does not describe, key by key."""
    if not printed.startswith(BEGINS):
        return
    answer = json.loads(printed)
    name, _, version = answer["schema"].removeprefix("fedlearn.").partition("/")
    path = SCHEMAS / f"{name}.{version}.json"
    assert path.exists(), f"{path.name} is missing in docs/schemas: what does {answer['schema']} look like?"
    faults = [f"{error.json_path}: {error.message}" for error in _validator(path).iter_errors(answer)]
    assert not faults, f"docs/schemas/{path.name}: {'; '.join(faults[:5])}"


@cache
def _validator(path: Path) -> Draft202012Validator:
    schema = json.loads(path.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(_closed(schema))


def _closed(schema: Any) -> Any:
    """The schema without room for keys that it does not name: published open, so that keys may be added."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and "required" in schema:
        closed.setdefault("additionalProperties", False)
    return closed
