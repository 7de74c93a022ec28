"""What was found of an older layout of data/, and what became of it, in words."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from git_fedlearn.console.context import Context
from git_fedlearn.console.words import count, kinds, redactions
from git_fedlearn.core.layout import FINE_TUNING, ROOT, SHARED_SETS, path_of
from git_fedlearn.learn.adopt import Adopted, AdoptedFile
from git_fedlearn.repository.older_layout import OlderFile, OlderKind

if TYPE_CHECKING:
    from git_fedlearn.qdrant.dumps import TakenDump

MAX_LISTED_FILES = 10


def say_older_files(context: Context, files: list[OlderFile]) -> None:
    """Name what scripts wrote before git-fedlearn, and the command that adopts it."""
    for file in files[:MAX_LISTED_FILES]:
        context.say(f"found     {file.path}: {file.kind.value}")
    rest = len(files) - MAX_LISTED_FILES
    if rest > 0:
        context.say(f"found     {count(rest, 'more file')} of that layout")
    if files:
        context.note("hint: git fedlearn verify --fix    (adopts them: lessons become records, links go)")


def say_adopted(context: Context, adopted: Adopted) -> None:
    """What became of each file; what a person must do goes to standard error."""
    for file in adopted.done:
        context.say(f"{file.path}: {_describe(file)}")
    for path, number in adopted.kept.items():
        context.say(f"{path}: {count(number, 'event')} without a lesson left as they are")
    if adopted.redacted:
        context.say(redactions(adopted.redacted))
    for path in adopted.uncommitted:
        context.print_error(f"error: {path}: not adopted: HEAD does not have it as it is")
    if adopted.uncommitted:
        context.print_error("hint: git add PATH && git commit    (then nothing can be lost), or move it away")


def _describe(file: AdoptedFile) -> str:
    match file.kind:
        case OlderKind.EVENTS:
            is_training = file.path == path_of(SHARED_SETS[FINE_TUNING], ROOT)
            return f"{count(file.number, 'sample' if is_training else 'whole event')} made records"
        case OlderKind.TELEMETRY:
            return f"{count(file.number, 'lesson')} taken in, file removed"
        case OlderKind.SAMPLES:
            return f"{count(file.number, 'sample')} moved to {file.target}"
        case OlderKind.MONTH:
            return f"moved to {file.target}" if file.target else "removed: it has no figures to keep"
        case OlderKind.RAW:
            return "taken out of git; the file stays on this machine"
        case _:
            return "removed"


def say_dumps(context: Context, taken: "Iterable[TakenDump]") -> None:
    """What became of each dump; points that cannot be records go to standard error."""
    for dump in taken:
        removed = ", file removed" if dump.is_removed else ""
        taken_in = f"{count(dump.points, 'point')} taken into {dump.set_name}"
        context.say(f"{dump.path}: {taken_in}{removed}{kinds(dump.redacted)}")
        for fault in dump.faults:
            context.print_error(f"error: {dump.path}: {fault}")
