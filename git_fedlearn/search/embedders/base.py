"""The protocol of embedders, which turn texts into vectors, and the identity of a model.

Vectors of two models are never mixed: an index or collection keeps the identity of its model. This includes
the vector of a fixed text, since names are reused.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from git_fedlearn.core.canonical import Json
from git_fedlearn.errors import FedlearnError

Vector = list[float]

PROBE = "error: connection refused while opening /var/lib/qdrant; retry after the service is up"
"""The text whose vector identifies a model. A change rebuilds all indexes."""

SAME_MODEL = 0.999
"""Two probe vectors with a cosine above this are from one model."""


class ModelIdentity(NamedTuple):
    """Name, dimensions, and unit vector of PROBE, rounded to four decimals."""

    name: str
    dimensions: int
    probe: tuple[float, ...]

    def is_same_model(self, other: "ModelIdentity") -> bool:
        """Whether vectors of both can be compared; last bits differ between processors."""
        if self.dimensions != other.dimensions:
            return False
        return sum(a * b for a, b in zip(self.probe, other.probe, strict=True)) > SAME_MODEL


class Embedder(Protocol):
    """A model that embeds texts, deterministically."""

    @property
    def name(self) -> str:
        """The model and where it runs, for messages; never contains a key."""

    def embed(self, texts: Sequence[str]) -> list[Vector | None]:
        """A vector for each text, in order; None if the model does not accept a text.

        Raises FedlearnError if it cannot embed at all.
        """


def identify(embedder: Embedder) -> ModelIdentity:
    """The identity of a model. Raises FedlearnError if it cannot embed PROBE."""
    probe = embedder.embed([PROBE])[0]
    if not probe:
        raise FedlearnError(f"{embedder.name}: does not accept a plain text")
    length = sum(x * x for x in probe) ** 0.5 or 1.0
    return ModelIdentity(embedder.name, len(probe), tuple(round(x / length, 4) for x in probe))


def parse_identity(value: Json) -> ModelIdentity | None:
    """A stored identity, None if it is invalid."""
    match value:
        case [str(name), int(dimensions), [*probe]] if len(probe) == dimensions:
            numbers = tuple(float(x) for x in probe if isinstance(x, int | float))
            return ModelIdentity(name, dimensions, numbers) if len(numbers) == dimensions else None
    return None
