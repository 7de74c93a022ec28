"""What to do if history contains private data, step by step, with the commands to type.

Nothing here repeats what leaked. The blobs to clean are listed by their ids, and git-filter-repo gets a
callback that runs `git fedlearn sanitize` on them alone.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from shlex import quote
from typing import Final

from git_fedlearn.console.context import Context
from git_fedlearn.console.words import SHORT_ID
from git_fedlearn.privacy.kinds import SECRET_KINDS
from git_fedlearn.repository.files import write_file
from git_fedlearn.repository.objects import Oid
from git_fedlearn.repository.settings import SETTINGS_FILE
from git_fedlearn.repository.state import LEAKS
from git_fedlearn.scanning.history import HistoryScan, Leaks
from git_fedlearn.scanning.history_messages import HistoryMessages

MAX_LISTED_COMMITS: Final = 20
_CALLBACK: Final = """\
# For git filter-repo --{kind}-callback: sanitizes each {kind} that `git fedlearn scan --history` listed.
import subprocess
if "leaky_{kind}s" not in globals():
    with open({listed!r}, "rb") as listed:
        globals()["leaky_{kind}s"] = set(listed.read().split())
if {kind}.original_id in globals()["leaky_{kind}s"]:
    {kind}.{part} = subprocess.run(
        ["git", "fedlearn", "sanitize", "-"], input={kind}.{part}, stdout=subprocess.PIPE, check=True
    ).stdout
"""


def advise(context: Context, scan: HistoryScan, messages: HistoryMessages) -> None:
    """Print the steps, and write the files that git-filter-repo needs to our state."""
    leaks = scan.find_leaks()
    leaks = leaks._replace(blobs=[*leaks.blobs, *messages.settings])
    command = _prepare(context, leaks, [*messages.commits])
    found_kinds = {**scan.kinds}
    for commit, kinds in messages.kinds.items():
        found_kinds[commit] = found_kinds.get(commit, Counter()) + kinds
    context.say()
    for commit, kinds in list(found_kinds.items())[:MAX_LISTED_COMMITS]:
        found = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
        context.say(f"commit {commit[:SHORT_ID]} added {found}")
    if len(found_kinds) > MAX_LISTED_COMMITS:
        context.say(f"and {len(found_kinds) - MAX_LISTED_COMMITS} more")
    steps = [*_steps(found_kinds, leaks, scan), *_beside_files(messages), *[_REWRITE] * bool(command)]
    lines = ["", "Everybody who has a clone has this data. What to do:"]
    lines += [f"{number}. {step}" for number, step in enumerate(steps, 1)]
    if command:
        lines += [f"     {command}", "     git fedlearn scan --history", *_AFTER]
    context.say("\n".join(lines))


_REWRITE: Final = "Rewrite the history (git-filter-repo is on PyPI and in most distributions):"


_AFTER: Final = (
    "   Then add the remote again, which git-filter-repo removes, and overwrite it:",
    "     git remote add origin URL && git push --force --all && git push --force --tags",
    "   Delete every other clone and clone again; an old one would bring the data back.",
)


def _steps(found_kinds: Mapping[str, Counter[str]], leaks: Leaks, scan: HistoryScan) -> list[str]:
    steps = []
    if any(SECRET_KINDS.intersection(kinds) for kinds in found_kinds.values()):
        steps.append("Revoke every key, token and password where it was issued, and create new ones.")
    if leaks.in_head:
        steps.append(
            "Redact the current files; affected records are retracted and added again, redacted:\n"
            "     git fedlearn sanitize && git add :/data && git commit -m 'Remove private data'"
        )
    if set(leaks.paths).difference(scan.raw):
        steps.append("Rename files with private names with git mv, and commit that.")
    return steps


def _beside_files(messages: HistoryMessages) -> Iterator[str]:
    """What to do about tags, notes and names, which are written again by hand."""
    if messages.settings:
        yield f"Remove it from {SETTINGS_FILE}, if it is still there, and commit that."
    if any(place.startswith("message of") for place in messages.places):
        yield "Write the messages of these tags again: git tag -f -a TAG COMMIT"
    if any(place.startswith("note of") for place in messages.places):
        yield (
            "Write these notes again, and drop the history of their ref:\n"
            "     git notes --ref=REF edit OBJECT\n"
            "     git update-ref REF $(git commit-tree -m Notes REF^{tree})"
        )
    if any(place.startswith("refs/") for place in messages.places):
        yield "Rename branches and tags with private names: git branch -m OLD NEW"


def _prepare(context: Context, leaks: Leaks, commits: list[Oid]) -> str:
    """Write the lists and the callbacks; returns the command to type at the top, empty if none is needed."""
    folder = context.repository.state.path(LEAKS)
    parts = ["git filter-repo --force"]
    for kind, part, ids in (("commit", "message", commits), ("blob", "data", leaks.blobs)):
        if ids:
            listed, script = folder / f"{kind}s", folder / f"{kind}.py"
            write_file(listed, "".join(f"{oid}\n" for oid in ids).encode("ascii"))
            callback = _CALLBACK.format(kind=kind, part=part, listed=str(listed))
            write_file(script, callback.encode("utf-8", "surrogateescape"))
            parts.append(f'--{kind}-callback "$(cat {quote(str(script))})"')
    if leaks.paths:
        named = "".join(f"literal:{path}\n" for path in leaks.paths)
        write_file(folder / "paths", named.encode("utf-8", "surrogateescape"))
        parts.append(f"--invert-paths --paths-from-file {quote(str(folder / 'paths'))}")
    return " ".join(parts) if len(parts) > 1 else ""
