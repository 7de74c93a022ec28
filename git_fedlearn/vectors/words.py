"""BM25 of a handful of texts that lie in no index: as Qdrant's, with frequencies among these texts."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from git_fedlearn.extras import Lazy

if TYPE_CHECKING:
    import qdrant_edge as edge
else:
    edge = Lazy("qdrant_edge", "local")


class Words:
    """Words are stems without stop words, as Qdrant's BM25 makes them."""

    def __init__(self) -> None:
        self._bm25 = edge.Bm25()

    def coverage(self, question: str, text: str) -> float:
        """The share of a question's words that occur in a text; in [0, 1]."""
        asked = {*self._bm25.embed_query(question).indices}
        held = {*self._bm25.embed_document(text).indices}
        return len(asked & held) / len(asked) if asked else 0.0

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """The BM25 score of each text."""
        asked = {*self._bm25.embed_query(question).indices}
        documents = [
            {word: weight for word, weight in zip(made.indices, made.values, strict=True) if word in asked}
            for made in map(self._bm25.embed_document, texts)
        ]
        holding = Counter(word for document in documents for word in document)
        rare = {
            word: math.log(1 + (len(texts) - number + 0.5) / (number + 0.5))
            for word, number in holding.items()
        }
        return [sum(rare[word] * weight for word, weight in document.items()) for document in documents]
