"""Vectors seen from the center of the lessons."""

import math

import pytest

from git_fedlearn.search.centering import PRIOR_VECTORS, center_of, centered, shift

LESSONS = [[0.6, 0.8, 0.0], [0.6, 0.0, 0.8], [0.6, -0.8, 0.0], [0.6, 0.0, -0.8]] * 25
"""Units that share a direction and differ otherwise."""


def cosine(one: list[float], other: list[float]) -> float:
    return sum(x * y for x, y in zip(one, other, strict=True)) / (math.hypot(*one) * math.hypot(*other))


def seen(query: list[float], lesson: list[float], center: list[float]) -> float:
    shifted = shift(query, center)
    return centered(shifted, center)(cosine(shifted, lesson), cosine(center, lesson))


def test_the_center_is_the_mean_whatever_the_order() -> None:
    assert center_of(LESSONS) == pytest.approx([0.6 * 100 / (100 + PRIOR_VECTORS), 0, 0], abs=1e-5)
    assert center_of(LESSONS) == center_of(LESSONS[::-1])
    assert center_of([]) == []


def test_unrelated_lessons_have_no_cosine_from_the_center() -> None:
    center = center_of(LESSONS)
    plain = [cosine(LESSONS[0], lesson) for lesson in LESSONS[:3]]
    assert plain == pytest.approx([1, 0.36, -0.28])
    assert [centered(LESSONS[0], [])(one, None) for one in plain] == plain
    found = [seen(LESSONS[0], lesson, center) for lesson in LESSONS[:3]]
    assert found[0] == pytest.approx(1)
    assert abs(found[1]) < 0.01
    assert found[2] < -0.9


def test_a_cosine_from_the_center_is_that_of_both_vectors_less_the_center() -> None:
    center, query, lesson = [0.3, 0.2, -0.1], [2.0, 1.0, 0.0], [0.6, 0.0, 0.8]
    moved = [x - y for x, y in zip(lesson, center, strict=True)]
    assert seen(query, lesson, center) == pytest.approx(cosine(shift(query, center), moved))


def test_the_length_of_a_query_does_not_matter() -> None:
    center = center_of(LESSONS)
    assert shift([2 * x for x in LESSONS[0]], center) == pytest.approx(shift(LESSONS[0], center))


def test_a_lesson_of_unknown_place_is_taken_to_be_an_average_one() -> None:
    center = center_of(LESSONS)
    shifted = shift(LESSONS[0], center)
    for lesson in LESSONS[:3]:
        estimated = centered(shifted, center)(cosine(shifted, lesson), None)
        assert estimated == pytest.approx(seen(LESSONS[0], lesson, center), abs=0.1)
