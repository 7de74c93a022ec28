"""Models of the fastembed package, which downloads a model when it is first used.

Nothing is downloaded if a folder with the files of the model is given.
"""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from git_fedlearn.errors import FedlearnError, SettingsError
from git_fedlearn.extras import Lazy
from git_fedlearn.search.embedders.base import Vector

if TYPE_CHECKING:
    import fastembed
else:
    fastembed = Lazy("fastembed", "fastembed")

DEFAULT_MODEL: Final = "BAAI/bge-small-en-v1.5"


class FastEmbedder:
    """Loads the model with the first text."""

    def __init__(self, model: str, folder: Path | None = None) -> None:
        """`model` is a name of fastembed; `folder` contains its files, if they are on disk."""
        self.name = f"fastembed/{model or DEFAULT_MODEL}"
        self._name = model or DEFAULT_MODEL
        self._folder = folder

    def embed(self, texts: Sequence[str]) -> list[Vector | None]:
        """A vector for each text, None for a blank one."""
        clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        vectors = self._model.embed(clean)
        made = zip(clean, vectors, strict=True)
        return [vector.tolist() if text.strip() else None for text, vector in made]

    @cached_property
    def _model(self) -> Any:  # noqa: ANN401  what it is depends on the model
        local: dict[str, Any] = {"specific_model_path": str(self._folder)} if self._folder else {}
        names = {str(known["model"]) for known in fastembed.TextEmbedding.list_supported_models()}
        if self._name not in names:
            raise SettingsError(
                f"git config fedlearn.embedderModel: fastembed has no model {self._name}",
                hint=f"git config fedlearn.embedderModel {DEFAULT_MODEL}",
            )
        try:
            return fastembed.TextEmbedding(self._name, providers=["CPUExecutionProvider"], **local)
        except Exception as error:  # those of hub, runtime and package have no common class
            line = (str(error).splitlines() or [type(error).__name__])[0]
            raise FedlearnError(
                f"{self.name}: cannot be loaded: {line}",
                hint="it is downloaded; for files on disk: git config fedlearn.embedderFolder DIR",
            ) from error
