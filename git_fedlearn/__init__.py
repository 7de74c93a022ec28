"""Keep and share what your local AI stack learns, with plain git."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os

    from git_fedlearn.api import FederatedRepository

__version__ = "0.1.0"


def open(path: "str | os.PathLike[str]" = ".") -> "FederatedRepository":  # noqa: A001  as in git_fedlearn.open(path)
    """The federated repository in a folder, for programs: records, search, add, load_into."""
    from git_fedlearn.api import FederatedRepository  # noqa: PLC0415  the merge driver does not pay for it

    return FederatedRepository(path)
