"""What turns texts into vectors, and how a model is known again.

Vectors of two models are never mixed: an index or collection keeps the identity of the model that made
its vectors, with a fingerprint of what that model makes of a fixed text, since names are reused.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from git_fedlearn.core.canonical import Json
from git_fedlearn.errors import FedlearnError

Vector = list[float]

PROBE = "error: connection refused while opening /var/lib/qdrant; retry after the service is up"
"""The text whose vector is a model's fingerprint. Part of every index: a change rebuilds them all."""

SAME_MODEL = 0.999
"""Cosine of two probe vectors above which they are of one model."""


class ModelIdentity(NamedTuple):
    """A model by name, size of its vectors, and the unit vector it gives the probe, to four decimals."""

    name: str
    dimensions: int
    probe: tuple[float, ...]

    def is_same_model(self, other: "ModelIdentity") -> bool:
        """Whether vectors of both may be compared; the last bits differ between processors."""
        if self.dimensions != other.dimensions:
            return False
        return sum(a * b for a, b in zip(self.probe, other.probe, strict=True)) > SAME_MODEL


class Embedder(Protocol):
    """A model that embeds texts. The same text gives the same vector."""

    @property
    def name(self) -> str:
        """Which model and where, as people name it; never a key."""

    def embed(self, texts: Sequence[str]) -> list[Vector | None]:
        """A vector for each text in order, None for a text that the model does not take.

        Raises FedlearnError when it cannot embed at all.
        """


def identify(embedder: Embedder) -> ModelIdentity:
    """The identity of a model. Raises FedlearnError when it has no vector for the probe."""
    probe = embedder.embed([PROBE])[0]
    if not probe:
        raise FedlearnError(f"{embedder.name}: gives no vector for a plain text")
    length = sum(x * x for x in probe) ** 0.5 or 1.0
    return ModelIdentity(embedder.name, len(probe), tuple(round(x / length, 4) for x in probe))


def parse_identity(value: Json) -> ModelIdentity | None:
    """An identity as it was stored, None for anything else."""
    match value:
        case [str(name), int(dimensions), [*probe]] if len(probe) == dimensions:
            numbers = tuple(float(x) for x in probe if isinstance(x, int | float))
            return ModelIdentity(name, dimensions, numbers) if len(numbers) == dimensions else None
    return None
