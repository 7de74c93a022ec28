"""`--filter` expressions."""

import pytest

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.errors import UsageError
from git_fedlearn.vectors.payload_filter import parse_filter


@pytest.mark.parametrize(
    ("text", "payload", "accepted"),
    [
        ("value_score>=0.7", {"value_score": 0.7}, True),
        ("value_score >= 0.7", {"value_score": 0.69}, False),
        ("value_score>0.7", {"value_score": 0.7}, False),
        ("value_score<1", {"value_score": 0}, True),
        ("value_score<=0", {"value_score": True}, False),
        ("value_score>=0", {}, False),
        ("value_score>=0", {"value_score": "1"}, False),
        ("language=nix", {"language": "nix"}, True),
        ("language==nix", {"language": "c"}, False),
        ("language!=nix", {}, True),
        ('version="3"', {"version": "3"}, True),
        ("version=3", {"version": "3"}, False),
        ("meta.deep.flag=true", {"meta": {"deep": {"flag": True}}}, True),
        ("meta.deep=1", {"meta": 1}, False),
    ],
)
def test_filters(text: str, payload: JsonObject, accepted: bool) -> None:  # noqa: FBT001
    assert parse_filter(text).accepts(payload) is accepted


@pytest.mark.parametrize("text", ["", "x", ">=1", "score>=high", "score>=true", "a b=1"])
def test_what_is_no_filter(text: str) -> None:
    with pytest.raises(UsageError):
        parse_filter(text)
