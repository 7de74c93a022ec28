"""The errors that users see, each with its exit code.

A finding, an invalid record or an unreachable peer is a result value, never an error. Messages are lower
case, name file and line if there is one, and never contain the text of a secret.
"""


class FedlearnError(Exception):
    """Something failed. `message` says what and where, `hint` what to do next."""

    exit_code = 3

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(FedlearnError):
    """The command line or a setting is wrong; nothing was read or written."""

    exit_code = 2


class RefusedError(FedlearnError):
    """The answer is no: what was asked for may not be done."""

    exit_code = 1


class GitError(FedlearnError):
    """A git command failed; the message contains git's own."""


class NotARepositoryError(FedlearnError):
    """The command needs a git repository, or a federated one, and was run elsewhere."""


class StoreDownError(FedlearnError):
    """A vector store cannot be reached or rejects the key, so no collection of it can be used."""


class LockedError(FedlearnError):
    """Another git-fedlearn process holds the lock of this repository."""


class SettingsError(FedlearnError):
    """A settings file or git config value cannot be used."""
