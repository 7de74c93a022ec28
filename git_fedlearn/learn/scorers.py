"""A scoring function of one's own, for events that carry no score: git config `fedlearn.scorer`.

Only git config of this machine can name it, never a committed file, and it is imported from where Python
looks anyway, never from the work tree: a peer must not be able to say what runs here.
"""

import importlib
import math
from collections.abc import Callable
from typing import Final

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.scoring import Score, Term
from git_fedlearn.errors import FedlearnError, SettingsError

KEY: Final = "fedlearn.scorer"


class ScorerError(FedlearnError):
    """The function of one's own failed on an event."""


class Scorer:
    """A function by its name, `module:function`: of an event a number from 0 to 1, or None."""

    def __init__(self, name: str) -> None:
        """Import the function. Raises SettingsError."""
        self.name = name
        module, _, function = name.partition(":")
        try:
            found = getattr(importlib.import_module(module), function)
        except (ImportError, AttributeError, ValueError) as error:
            raise SettingsError(
                f"git config {KEY}: {name}: {type(error).__name__}",
                hint=f"git config {KEY} MODULE:FUNCTION, of a module that this Python can import",
            ) from error
        self._function: Callable[[JsonObject], object] = found

    def __reduce__(self) -> "tuple[type[Scorer], tuple[str]]":
        """To another process it goes as its name."""
        return Scorer, (self.name,)

    def score(self, event: JsonObject) -> Score | None:
        """The score of an event; None leaves it to the default. Raises ScorerError."""
        try:
            value = self._function(event)
        except Exception as error:
            raise ScorerError(
                f"the scorer {self.name} failed: {type(error).__name__}", hint=f"git config --unset {KEY}"
            ) from error
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ScorerError(f"the scorer {self.name} gave no number", hint=f"git config --unset {KEY}")
        held = round(min(1.0, max(0.0, float(value))), 3)
        return Score(held, (Term("scorer", held, f"by {self.name}"),))
