"""The table of answers: each `--json` has its schema, each schema its command."""

import json
import re
from pathlib import Path

import pytest
from answers import BEGINS, SCHEMAS, hold_to_schema

PACKAGE = Path(__file__).parents[1] / "git_fedlearn"


def test_every_answer_has_a_schema_and_every_schema_an_answer() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    names = re.findall(r'(?:say_json|answer)\(\s*"([a-z-]+)/(v\d+)"', code)
    said = {f"{name}.{version}.json" for name, version in names}
    described = {path.name for path in SCHEMAS.glob("*.json")}
    assert said == described, f"docs/schemas lacks {said - described}, and no command has {described - said}"


def test_a_schema_names_what_it_describes() -> None:
    for path in SCHEMAS.glob("*.json"):
        schema = json.loads(path.read_text(encoding="utf-8"))
        name, version, _ = path.name.split(".")
        assert schema["$id"] == f"urn:fedlearn:{name}:{version}"
        assert schema["properties"]["schema"] == {"const": f"fedlearn.{name}/{version}"}


@pytest.mark.parametrize("answer", ['show/v1", "records": [], "more": 1}', 'show/v1"}', 'nobody/v9"}'])
def test_an_answer_that_is_not_as_described_is_found(answer: str) -> None:
    with pytest.raises(AssertionError, match="docs/schemas"):
        hold_to_schema(BEGINS + answer)
