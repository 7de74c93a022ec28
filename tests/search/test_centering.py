"""Vectors seen from the center of the lessons."""

import pytest

from git_fedlearn.search.centering import (
    PRIOR_VECTORS,
    center_of,
    centered_cosines,
    estimate_centered,
    shift,
)

LESSONS = [[0.6, 0.8, 0.0], [0.6, 0.0, 0.8], [0.6, -0.8, 0.0], [0.6, 0.0, -0.8]] * 25
"""Units that share a direction and differ otherwise."""


def test_the_center_is_the_mean_whatever_the_order() -> None:
    assert center_of(LESSONS) == pytest.approx([0.6 * 100 / (100 + PRIOR_VECTORS), 0, 0], abs=1e-5)
    assert center_of(LESSONS) == center_of(LESSONS[::-1])
    assert center_of([]) == []


def test_unrelated_lessons_have_no_cosine_from_the_center() -> None:
    center = center_of(LESSONS)
    (plain,) = centered_cosines([LESSONS[0]], LESSONS[:3], [[0, 1, 2]], None)
    (seen,) = centered_cosines([LESSONS[0]], LESSONS[:3], [[0, 1, 2]], center)
    assert plain == pytest.approx([1, 0.36, -0.28])
    assert seen[0] == pytest.approx(1)
    assert abs(seen[1]) < 0.01
    assert seen[2] < -0.9


def test_lengths_of_vectors_do_not_matter() -> None:
    center = center_of(LESSONS)
    doubled = [2 * x for x in LESSONS[0]]
    assert shift(doubled, center) == pytest.approx(shift(LESSONS[0], center))
    assert centered_cosines([doubled], LESSONS, [[1]], center) == [
        pytest.approx(one) for one in centered_cosines([LESSONS[0]], LESSONS, [[1]], center)
    ]


def test_a_missing_vector_has_no_cosine() -> None:
    assert centered_cosines([None], LESSONS, [[0]], None) == [[0.0]]
    assert centered_cosines([LESSONS[0], None], [None, LESSONS[0]], [[0, 1], [1]], center_of(LESSONS)) == [
        [0.0, pytest.approx(1)],
        [0.0],
    ]


def test_centered_cosines_of_unknown_vectors_are_near_the_real_ones() -> None:
    center = center_of(LESSONS)
    (real,) = centered_cosines([LESSONS[0]], LESSONS[:3], [[0, 1, 2]], center)
    assert estimate_centered([1.0, 0.36, -0.28], LESSONS[0], center) == pytest.approx(real, abs=0.1)
    assert estimate_centered([0.36], LESSONS[0], []) == [0.36]
