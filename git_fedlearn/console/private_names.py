"""Names that become file names: they leave with the files, so they must not be private."""

from git_fedlearn.console.context import Context
from git_fedlearn.errors import UsageError


def refuse_private_name(context: Context, name: str) -> None:
    """Raise UsageError, which does not repeat it, for the name of a set that holds something private."""
    found = sorted({finding.kind for finding in context.privacy.scan(name.rpartition("/")[2])})
    if found:
        raise UsageError(
            f"the name of the collection holds {', '.join(found)}, and would be the name of a file",
            hint="give it another name",
        )
