"""Vectors relative to the center of the lessons.

The vectors of a model, and more so those of lessons on one subject, share a direction that says nothing: any
two of them have a cosine well above 0. Without that direction, an unrelated lesson has a cosine near 0,
whichever model made the vectors, so that one bar of relevance fits all of them (J. Mu and P. Viswanath,
"All-but-the-Top", 2018). The center depends on the lessons alone, not on the order in which they came.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from git_fedlearn.extras import Lazy
from git_fedlearn.search.embedders.base import Vector

if TYPE_CHECKING:
    import numpy as np
else:
    np = Lazy("numpy", "local")

PRIOR_VECTORS: Final = 10
"""Zero vectors in the mean: the center of few lessons is mostly what they say."""


def center_of(units: Sequence[Vector]) -> Vector:
    """The mean of unit vectors and PRIOR_VECTORS zeros, to five decimals; empty without vectors."""
    if not units:
        return []
    mean = np.asarray(units, dtype=np.float64).sum(axis=0) / (len(units) + PRIOR_VECTORS)
    center: Vector = np.round(mean, 5).tolist()
    return center


def shift(vector: Vector, center: Vector | None) -> Vector:
    """A vector, scaled to length 1, seen from the center."""
    if not center:
        return vector
    made = np.asarray(vector, dtype=np.float64)
    shifted: Vector = (made / (np.linalg.norm(made) or 1.0) - np.asarray(center)).tolist()
    return shifted


def centered_cosines(
    queries: Sequence[Vector | None],
    units: Sequence[Vector | None],
    rows: Sequence[Sequence[int]],
    center: Vector | None,
) -> list[list[float]]:
    """The cosines of each query with its rows of `units`, seen from the center; 0 for a missing vector."""
    size = max((len(vector) for vector in (*queries, *units) if vector), default=0)
    if not size or not any(queries):
        return [[0.0] * len(one) for one in rows]
    zero = [0.0] * size
    seen = _seen_from(center or zero, [unit or zero for unit in units])
    asked = _seen_from(center or zero, [query or zero for query in queries])
    cosines: list[list[float]] = []
    for query, one, vector in zip(asked, rows, queries, strict=True):
        found = seen[[*one]] @ query if vector and one else np.zeros(len(one))
        cosines.append(
            [float(c) if units[row] is not None else 0.0 for row, c in zip(one, found, strict=True)]
        )
    return cosines


def estimate_centered(cosines: Sequence[float], query: Vector, center: Vector) -> list[float]:
    """Centered cosines of lessons whose vectors are not known, from their cosines with a query.

    The lessons are taken to be as near the center as they are on average.
    """
    bounded = np.clip(np.asarray(cosines, dtype=np.float64), -1.0, 1.0)
    if center:
        unit, middle = np.asarray(query, dtype=np.float64), np.asarray(center)
        unit = unit / (np.linalg.norm(unit) or 1.0)
        scale = np.linalg.norm(unit - middle) * np.sqrt(max(1.0 - float(middle @ middle), 1e-9))
        bounded = np.clip((bounded - float(unit @ middle)) / (scale or 1.0), -1.0, 1.0)
    estimated: list[float] = bounded.tolist()
    return estimated


def _seen_from(center: Vector, vectors: Sequence[Vector]) -> "np.ndarray":
    """Unit vectors that point from the center to others, which are scaled to length 1 before."""
    made = np.asarray(vectors, dtype=np.float64).reshape(len(vectors), len(center))
    moved = made / _lengths(made) - np.asarray(center)
    seen: np.ndarray = moved / _lengths(moved)
    return seen


def _lengths(vectors: "np.ndarray") -> "np.ndarray":
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.where(lengths > 0, lengths, 1.0)
