"""Whether a commit with private data is redacted or stopped: git config `fedlearn.sanitize` of a clone."""

from typing import Final

from git_fedlearn.errors import SettingsError
from git_fedlearn.repository.repository import Repository

SANITIZE_KEY: Final = "fedlearn.sanitize"
_MODES: Final = ("redact", "stop")


def must_stop(repository: Repository) -> bool:
    """Whether a commit stops instead of being redacted, which is the default. Raises SettingsError."""
    mode = repository.git.find_config(SANITIZE_KEY) or _MODES[0]
    if mode not in _MODES:
        raise SettingsError(f"git config {SANITIZE_KEY}: must be one of {', '.join(_MODES)}")
    return mode == "stop"
