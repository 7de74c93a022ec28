"""What to do if history contains private data, step by step, with the commands to type.

Nothing here repeats what leaked. The blobs to clean are listed by their ids, and git-filter-repo gets a
callback that runs `git fedlearn sanitize` on them alone.
"""

from shlex import quote
from typing import Final

from git_fedlearn.console.context import Context
from git_fedlearn.console.findings import COMMIT_LENGTH
from git_fedlearn.privacy.kinds import SECRET_KINDS
from git_fedlearn.repository.files import write_file
from git_fedlearn.repository.state import LEAKS
from git_fedlearn.scanning.history import HistoryScan, Leaks

MAX_LISTED_COMMITS: Final = 20
_CALLBACK: Final = """\
# For git filter-repo --blob-callback: sanitizes the blobs that `git fedlearn scan --history` listed.
import subprocess
if "leaky_blobs" not in globals():
    with open({blobs!r}, "rb") as listed:
        globals()["leaky_blobs"] = set(listed.read().split())
if blob.original_id in globals()["leaky_blobs"]:
    blob.data = subprocess.run(
        ["git", "fedlearn", "sanitize", "-"], input=blob.data, stdout=subprocess.PIPE, check=True
    ).stdout
"""


def advise(context: Context, scan: HistoryScan) -> None:
    """Print the steps, and write the files that git-filter-repo needs to our state."""
    leaks = scan.find_leaks()
    command = _prepare(context, leaks)
    context.say()
    for commit, kinds in list(scan.kinds.items())[:MAX_LISTED_COMMITS]:
        found = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
        context.say(f"commit {commit[:COMMIT_LENGTH]} added {found}")
    if len(scan.kinds) > MAX_LISTED_COMMITS:
        context.say(f"and {len(scan.kinds) - MAX_LISTED_COMMITS} more")
    steps = [
        "Everybody who has a clone has this data. What to do:",
        *_steps(scan, leaks),
        "Rewrite the history (git-filter-repo is on PyPI and in most distributions):",
    ]
    numbered = [steps[0], *(f"{number}. {step}" for number, step in enumerate(steps[1:], 1))]
    context.say("\n".join(["", *numbered, f"     {command}", "     git fedlearn scan --history", *_AFTER]))


_AFTER: Final = (
    "   Then add the remote again, which git-filter-repo removes, and overwrite it:",
    "     git remote add origin URL && git push --force --all && git push --force --tags",
    "   Delete every other clone and clone again; an old one would bring the data back.",
)


def _steps(scan: HistoryScan, leaks: Leaks) -> list[str]:
    steps = []
    if any(SECRET_KINDS.intersection(kinds) for kinds in scan.kinds.values()):
        steps.append("Revoke every key, token and password where it was issued, and create new ones.")
    if leaks.in_head:
        steps.append(
            "Redact the current files; affected records are retracted and added again, redacted:\n"
            "     git fedlearn sanitize && git add :/data && git commit -m 'Remove private data'"
        )
    if leaks.paths:
        steps.append("Rename files with private names with git mv, and commit that.")
    return steps


def _prepare(context: Context, leaks: Leaks) -> str:
    """Write the lists and the callback; returns the command to type at the top of the repository."""
    folder = context.repository.state.path(LEAKS)
    parts = ["git filter-repo --force"]
    if leaks.blobs:
        write_file(folder / "blobs", "".join(f"{oid}\n" for oid in leaks.blobs).encode("ascii"))
        callback = _CALLBACK.format(blobs=str(folder / "blobs"))
        write_file(folder / "callback.py", callback.encode("utf-8", "surrogateescape"))
        parts.append(f'--blob-callback "$(cat {quote(str(folder / "callback.py"))})"')
    if leaks.paths:
        listed = "".join(f"literal:{path}\n" for path in leaks.paths)
        write_file(folder / "paths", listed.encode("utf-8", "surrogateescape"))
        parts.append(f"--invert-paths --paths-from-file {quote(str(folder / 'paths'))}")
    return " ".join(parts)
