"""Whether the vectors of a collection that this clone did not fill are of our model, by a sample of them.

A collection does not say which model filled it. What another model of the same size makes of a text points
anywhere: in 256 dimensions, cosines of such pairs have a standard deviation of 0.06.
"""

from itertools import islice
from typing import Final

from git_fedlearn.vectors.importing import Gist
from git_fedlearn.vectors.lesson_text import lesson_text
from git_fedlearn.vectors.store import Collection

SAMPLE: Final = 5
LEAST_LIKE: Final = 0.2
"""Cosine that the best of a sample reaches if the model is ours, also where other fields were embedded."""


def is_of_our_model(collection: Collection, gist: Gist) -> bool:
    """Whether it may be so: the best of the sample is alike, or there is nothing to compare."""
    page = next(collection.pages(), [])
    texts = ((point.id, lesson_text(point.payload, gist.text_fields).whole) for point in page)
    chosen = [*islice(((point, text) for point, text in texts if text), SAMPLE)]
    ours = gist.embedder.embed([text for _, text in chosen])
    theirs = [collection.vector_of(point) for point, _ in chosen]
    found = [_cosine(a, b) for a, b in zip(ours, theirs, strict=True) if a and b]
    return max(found, default=1.0) >= LEAST_LIKE


def _cosine(left: list[float], right: list[float]) -> float:
    lengths = (sum(x * x for x in left) * sum(x * x for x in right)) ** 0.5
    return sum(a * b for a, b in zip(left, right, strict=True)) / lengths if lengths else 0.0
