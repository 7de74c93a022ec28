"""One line of `status`."""

from dataclasses import dataclass, field

from git_fedlearn.core.canonical import Json


@dataclass(frozen=True, slots=True)
class StatusLine:
    """Topic, state, and the command to run if there is anything to do."""

    name: str
    text: str
    command: str = ""
    facts: dict[str, Json] = field(default_factory=dict)
    """Numbers and names for `--json` and `--porcelain`."""
