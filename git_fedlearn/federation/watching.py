"""What a run tells whoever watches it while it goes on."""

from git_fedlearn.federation.fetching import Fetched


class Watcher:
    """Told of each step; this one keeps it to itself."""

    def fetched(self, outcome: Fetched) -> None:
        """One peer was fetched, or could not be."""

    def checked(self, done: int, total: int) -> None:
        """So many of all new lines were checked."""

    def joining(self) -> None:
        """Everything is checked; what passed is joined and committed."""
