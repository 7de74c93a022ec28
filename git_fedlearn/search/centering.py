"""Vectors relative to the center of the lessons.

The vectors of a model, and more so those of lessons on one subject, share a direction that says nothing: any
two of them have a cosine well above 0. Without that direction, an unrelated lesson has a cosine near 0,
whichever model made the vectors, so that one bar of relevance fits all of them (J. Mu and P. Viswanath,
"All-but-the-Top", 2018). The center depends on the lessons alone, not on the order in which they came.
"""

import math
from collections.abc import Sequence
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


def centered(cosine: float, shifted: Vector, center: Vector, at_center: float | None = None) -> float:
    """The cosine of a query and a lesson, seen from the center, in [-1, 1].

    `cosine` is that of the lesson and `shifted`, the query seen from the center; `at_center` that of the
    lesson and the center. Where it is unknown, the lesson is taken to be as near the center as lessons are
    on average.
    """
    if not center:
        return max(-1.0, min(cosine, 1.0))
    square = _dot(center, center)
    near = square if at_center is None else at_center * math.sqrt(square)
    distance = math.sqrt(max(1.0 - 2.0 * near + square, 1e-9))
    return max(-1.0, min((cosine - _dot(shifted, center) / _length(shifted)) / distance, 1.0))


def _dot(one: Vector, other: Vector) -> float:
    return sum(x * y for x, y in zip(one, other, strict=True))


def _length(vector: Vector) -> float:
    return math.sqrt(_dot(vector, vector)) or 1.0
