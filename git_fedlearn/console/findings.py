"""Report private data, format problems and lost records: where, what kind, and what to type next.

No report repeats private data, not even in a file name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from git_fedlearn.console.context import Context
from git_fedlearn.console.words import (
    ALLOW_HINT,
    MAX_REPORTED_ERRORS,
    SHORT_ID,
    count,
    report_errors,
    short_ids,
)
from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.inspection import Problem
from git_fedlearn.core.layout import SetName, is_data_file, is_raw
from git_fedlearn.core.record_set import Losses
from git_fedlearn.repository.commit_checks import NewLine, changed_paths, new_lines
from git_fedlearn.repository.trees import CommittedTree
from git_fedlearn.scanning.files import Passage
from git_fedlearn.scanning.findings import FileFinding, scan_name, scan_passages, shown_path

if TYPE_CHECKING:
    from git_fedlearn.privacy.engine import PrivacyEngine
    from git_fedlearn.privacy.model import Finding


def scan_lines(engine: PrivacyEngine, lines: Iterable[NewLine]) -> Iterator[FileFinding]:
    """Every finding in lines of data files; a line that is not JSON is scanned as text."""
    passages = (Passage(line.path, line.number, line.line, is_json=True) for line in lines)
    return shown(engine, scan_passages(engine, passages))


def shown(engine: PrivacyEngine, found: Iterable[FileFinding]) -> Iterator[FileFinding]:
    """Findings in data files, with their paths redacted: file names may be private, too."""
    return (item._replace(path=shown_path(engine, item.path)) for item in found)


def format_found(found: FileFinding) -> str:
    """`path:line: KIND (rule) at /pointer [fingerprint]`, in history after `commit:`."""
    finding = found.finding
    commit = f"{found.commit[:SHORT_ID]}:" if found.commit else ""
    line = f":{found.line}" if found.line else ""
    pointer = f" at {finding.pointer}" if finding.pointer else ""
    return f"{commit}{found.path}{line}: {finding.kind} ({finding.rule}){pointer} [{finding.fingerprint}]"


def finding_to_json(finding: Finding) -> JsonObject:
    """A finding for programs; `start` and `end` count code points of the decoded string, or of the line."""
    return {key: value for key, value in finding._asdict().items() if key != "in_key"}


def found_to_json(found: FileFinding) -> dict[str, object]:
    """The same with its place."""
    commit = {"commit": found.commit} if found.commit else {}
    return {**commit, "path": found.path, "line": found.line, **finding_to_json(found.finding)}


def report_problems(context: Context, problems: list[Problem]) -> int:
    """Report violations of the format; 1 if there are any."""
    report_errors(
        context,
        [
            f"{shown_path(context.privacy, one.path)}{f':{one.line}' if one.line else ''}: {one.message}"
            for one in problems
        ],
        "problems",
    )
    if any(problem.fixable for problem in problems):
        context.print_error("hint: git fedlearn verify --fix && git add :/data")
    elif problems:
        context.print_error("hint: fix the file, then git add it")
    return 1 if problems else 0


def report_losses(context: Context, losses: dict[SetName, Losses]) -> int:
    """Report record sets that would lose records; 1 if there are any."""
    if not losses:
        return 0
    for path, found in losses.items():
        name = shown_path(context.privacy, path)
        for noun, ids, done in (("record", found.lost, "lost"), ("retraction", found.revived, "undone")):
            if ids:
                what = f"{count(len(ids), noun)} of {name} would be {done}"
                context.print_error(f"error: {what}: {short_ids(ids)}")
    lost = [identifier[:SHORT_ID] for one in losses.values() for identifier in one.lost]
    context.print_error("hint: git fedlearn verify --fix && git add :/data    (keeps them)")
    if lost:
        listed = " ".join([*lost[:MAX_REPORTED_ERRORS], *["…"] * (len(lost) > MAX_REPORTED_ERRORS)])
        retract = f"git fedlearn retract {listed} --reason WHY && git add :/data"
        context.print_error(
            f"hint: git fedlearn verify --fix && {retract}    (retracts them on every system)"
        )
    if any(found.revived for found in losses.values()):
        context.print_error("hint: git fedlearn restore ID    (undoes a retraction)")
    return 1


RAW = "raw telemetry, which never leaves a machine"
KEEP_RAW = "git rm --cached FILE    (raw telemetry stays on this machine)"


class Private(NamedTuple):
    """What a commit adds that must not be published."""

    found: list[FileFinding]
    named: list[FileFinding]
    """Findings in names of files."""
    raw: list[str]
    """Files of raw telemetry."""


def find_private(engine: PrivacyEngine, candidate: CommittedTree, parents: list[CommittedTree]) -> Private:
    """What the candidate has, no parent has, and must not be published."""
    lines = (line for line in new_lines(candidate, parents) if is_data_file(line.path))
    found = list(scan_lines(engine, lines))
    changed = changed_paths(candidate, parents)
    new = [path for path in changed if not any(path in parent.entries for parent in parents)]
    named = [item for path in new for item in scan_name(engine, path)]
    raw = [path for path in changed if candidate.is_file(path) and is_raw(path)]
    return Private(found, named, raw)


def report_found(context: Context, found: Iterable[FileFinding]) -> int:
    """Report findings, equal ones once; 1 if there are any."""
    lines = Counter(map(format_found, found))
    errors = [f"{line} {times} times" if times > 1 else line for line, times in lines.items()]
    report_errors(context, errors, "findings")
    return 1 if lines else 0


def report_private(
    context: Context, candidate: CommittedTree, parents: list[CommittedTree], *, is_past: bool = False
) -> int:
    """Find and report what must not be published; 1 if there is any. A commit that `is_past` has children."""
    return report(context, find_private(context.privacy, candidate, parents), is_past=is_past)


def report(context: Context, private: Private, *, is_past: bool = False) -> int:
    """Report private data in new lines and names, and raw telemetry; 1 if there is any."""
    found, named, raw = private
    report_found(context, (*named, *found))
    report_raw(context, raw)
    if is_past and any(private):
        context.print_error("hint: git fedlearn scan --history    (how to take it out of an earlier commit)")
        return 1
    if found:
        context.print_error("hint: git fedlearn sanitize && git add :/data")
        context.print_error(ALLOW_HINT)
    if named:
        context.print_error("hint: git rm --cached FILE    (or rename it)")
    if raw:
        context.print_error(f"hint: {KEEP_RAW}")
    return 1 if any(private) else 0


def report_raw(context: Context, paths: Sequence[str]) -> int:
    """Report files of raw telemetry; 1 if there are any."""
    report_errors(context, [f"{shown_path(context.privacy, path)}: {RAW}" for path in paths], "files")
    return 1 if paths else 0
