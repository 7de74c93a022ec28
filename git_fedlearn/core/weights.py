"""What each term of a score is worth: the defaults, and those of a settings table."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from git_fedlearn.errors import SettingsError


class Weights(NamedTuple):
    """The most that each term can be worth. Sums above 1 count as 1."""

    success: float = 0.4
    partial: float = 0.2
    stated: float = 0.35
    feedback_up: float = 0.2
    feedback_none: float = 0.1
    feedback_down: float = 0.0
    reusability: float = 0.2
    complexity: float = 0.1
    novelty: float = 0.1


DEFAULT_WEIGHTS: Final = Weights()


def parse_weights(table: Mapping[str, object]) -> Weights:
    """Weights from a settings table, with defaults for missing keys. Raises SettingsError naming the key."""
    known = Weights._fields
    given: dict[str, float] = {}
    for name, value in table.items():
        if name not in known:
            raise SettingsError(f"unknown weight `{name}`", hint=f"known weights: {', '.join(known)}")
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise SettingsError(f"`{name}` must be a number from 0 to 1")
        given[name] = float(value)
    return Weights(**given)
