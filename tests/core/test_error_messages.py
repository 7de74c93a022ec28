"""What one error is, on real messages: one lesson is folded, two are kept apart. See docs/scoring.md."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from core.error_messages import APART_ALL_THE_SAME, FOLDED_ALL_THE_SAME, KINDS, ONE_LESSON, TWO_LESSONS

from git_fedlearn.learn.intake import Intake
from git_fedlearn.privacy.engine import LocalIdentity, PrivacyEngine

MACHINES = [
    Intake(PrivacyEngine(LocalIdentity(user=user, host=host, home=f"/home/{user}")), "sys-aaaaaaaaaa", 10**6)
    for user, host in (("alice", "red"), ("bob", "blue"))
]


def are_one(one: str, two: str) -> bool:
    """Whether the two machines make one record of the two messages."""
    ids = {
        machine.admit({"error_message": message, "solution": "restart"}, date(2026, 5, 28)).record.id
        for machine, message in zip(MACHINES, (one, two), strict=True)
    }
    return len(ids) == 1


@pytest.mark.parametrize(("tool", "one", "two"), ONE_LESSON + FOLDED_ALL_THE_SAME)
def test_one_error_on_two_machines_is_one_lesson(tool: str, one: str, two: str) -> None:
    assert are_one(one, two), tool


@pytest.mark.parametrize(("tool", "one", "two"), TWO_LESSONS + APART_ALL_THE_SAME)
def test_two_errors_are_two_lessons(tool: str, one: str, two: str) -> None:
    assert not are_one(one, two), tool


def test_errors_of_all_tools_stay_apart() -> None:
    firsts = [one for _, one, _ in ONE_LESSON]
    ids = [
        MACHINES[0].admit({"error_message": one, "solution": "x"}, date(2026, 5, 28)).record.id
        for one in firsts
    ]
    assert len(set(ids)) == len(firsts)


def test_the_table_of_the_documentation_counts_them() -> None:
    text = (Path(__file__).parent.parent.parent / "docs" / "scoring.md").read_text(encoding="utf-8")
    kinds = {tool: kind for kind, tools in KINDS.items() for tool in tools.split()}
    one, two = (Counter(kinds[tool] for tool, *_ in pairs) for pairs in (ONE_LESSON, TWO_LESSONS))
    for kind, folded, apart in (
        *((kind, one[kind], two[kind]) for kind in KINDS),
        ("all", one.total(), two.total()),
    ):
        assert f"\n| {kind} | {folded} | {apart} |\n" in text
