"""What a run of `pull-remotes` tells whoever watches it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from git_fedlearn.federation.fetch import Fetched


class PullWatcher:
    """Progress callbacks of a run; these do nothing."""

    def fetched(self, outcome: "Fetched") -> None:
        """Called when the fetch of a peer has ended, well or not."""

    def checked(self, done: int, total: int) -> None:
        """Called with the number of lines checked so far, and of all new lines."""

    def joining(self) -> None:
        """Called when all lines are checked, before the accepted ones are merged."""
