"""What to do when history holds private data, step by step, with the commands to type.

Nothing here repeats what leaked: what is to be cleaned is named by the ids of its blobs, and git-filter-repo
is given a callback that runs our own `sanitize` over just those.
"""

from shlex import quote
from typing import Final

from git_fedlearn.console.context import Context
from git_fedlearn.console.findings import COMMIT_LENGTH
from git_fedlearn.console.words import count
from git_fedlearn.privacy.kinds import SECRET_KINDS
from git_fedlearn.repository.files import write_file
from git_fedlearn.repository.state import LEAKS
from git_fedlearn.scanning.history import HistoryScan, Leaks

MAX_LISTED_PATHS: Final = 20
_CALLBACK: Final = """\
# For git filter-repo --blob-callback: the blobs that `git fedlearn scan --history` named, sanitized.
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
    """Print the way out, and write what git-filter-repo needs into our state."""
    leaks = scan.find_leaks()
    command = _prepare(context, leaks)
    context.say()
    for commit, kinds in list(scan.kinds.items())[:MAX_LISTED_PATHS]:
        found = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
        context.say(f"commit {commit[:COMMIT_LENGTH]} brought {found}")
    if len(scan.kinds) > MAX_LISTED_PATHS:
        context.say(f"and {count(len(scan.kinds) - MAX_LISTED_PATHS, 'commit')} more")
    steps = [
        "Whoever has a clone has what leaked. What to do about it:",
        *_steps(scan, leaks),
        "rewrite the history (git-filter-repo is on PyPI and in most distributions):",
    ]
    numbered = [steps[0], *(f"{number}. {step}" for number, step in enumerate(steps[1:], 1))]
    context.say("\n".join(["", *numbered, f"     {command}", "     git fedlearn scan --history", *_AFTER]))


_AFTER: Final = (
    "   then, as git-filter-repo takes the remote away, add it again and replace what it has:",
    "     git remote add origin URL && git push --force --all && git push --force --tags",
    "   Every other clone must be cloned anew; an old one would bring the leak back.",
)


def _steps(scan: HistoryScan, leaks: Leaks) -> list[str]:
    steps = []
    if any(SECRET_KINDS.intersection(kinds) for kinds in scan.kinds.values()):
        steps.append("revoke every key, token and password where it was issued, and make new ones;")
    if leaks.in_head:
        steps.append(
            "take it out of what is shared now; records that held it are retracted and come back clean:\n"
            "     git fedlearn sanitize && git add :/data && git commit -m 'take out private data'"
        )
    if leaks.paths:
        steps.append("give files with private names others: git mv, and commit that;")
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
