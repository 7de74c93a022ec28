"""Vectors relative to the center of the lessons.

The vectors of a model, and more so those of lessons on one subject, share a direction that says nothing: any
two of them have a cosine well above 0. Without that direction, an unrelated lesson has a cosine near 0,
whichever model made the vectors, so that one bar of relevance fits all of them (J. Mu and P. Viswanath,
"All-but-the-Top", 2018). The center depends on the lessons alone, not on the order in which they came.
"""

import math
from collections.abc import Callable, Sequence
from typing import Final

from git_fedlearn.search.embedders.base import Vector

PRIOR_VECTORS: Final = 10
"""Zero vectors in the mean: the center of few lessons is mostly what they say."""


def center_of(units: Sequence[Vector]) -> Vector:
    """The mean of unit vectors and PRIOR_VECTORS zeros, to five decimals; empty without vectors."""
    return [round(math.fsum(column) / (len(units) + PRIOR_VECTORS), 5) for column in zip(*units, strict=True)]


def shift(vector: Vector, center: Vector) -> Vector:
    """A vector, scaled to length 1, seen from the center."""
    if not center:
        return vector
    length = _length(vector)
    return [x / length - y for x, y in zip(vector, center, strict=True)]


def centered(shifted: Vector, center: Vector) -> Callable[[float, float | None], float]:
    """How the cosines of a query look from the center, in [-1, 1]; `shifted` is the query seen from there.

    The first argument is the cosine of `shifted` and a lesson, the second that of the center and the lesson.
    Where that is unknown (None), the lesson is taken to be as near the center as lessons are on average.
    """
    if not center:
        return lambda cosine, _: max(-1.0, min(cosine, 1.0))
    square = _dot(center, center)
    length, moved = math.sqrt(square), _dot(shifted, center) / _length(shifted)

    def seen(cosine: float, at_center: float | None) -> float:
        near = square if at_center is None else at_center * length
        distance = math.sqrt(max(1.0 - 2.0 * near + square, 1e-9))
        return max(-1.0, min((cosine - moved) / distance, 1.0))

    return seen


def _dot(one: Vector, other: Vector) -> float:
    return sum(x * y for x, y in zip(one, other, strict=True))


def _length(vector: Vector) -> float:
    return math.sqrt(_dot(vector, vector)) or 1.0
