"""Files that one system alone writes, brought by a peer: taken whole or not at all, never changed or deleted.

A file that we hold is left as it is: only its system rewrites it. Of dated files only those newer than the
newest that we hold are taken, or what a system has pruned would come back from every other.
"""

from collections.abc import Iterable, Mapping

from git_fedlearn.core.canonical import InvalidJsonError, parse_value
from git_fedlearn.core.layout import FileKind, kind_of, owner_of
from git_fedlearn.core.record_set import split_lines
from git_fedlearn.federation.checking import Checked, Checker, reason_of
from git_fedlearn.federation.reasons import Reason


def wanted_paths(offered: Iterable[str], held: Iterable[str], system: str) -> list[str]:
    """The offered paths of other systems that are newer than all we hold of the same kind."""
    newest: dict[str, str] = {}
    for path in held:
        if owner_of(path):
            newest[_series(path)] = max(newest.get(_series(path), ""), path)
    return [
        path
        for path in sorted(offered)
        if owner_of(path) not in (None, system) and path > newest.get(_series(path), "")
    ]


def lines_to_check(path: str, data: bytes) -> list[bytes]:
    """The lines of a file that must pass the check of records."""
    return [] if kind_of(path) is FileKind.METRICS else split_lines(data)


def find_reason(path: str, data: bytes, checked: Mapping[bytes, Checked], checker: Checker) -> Reason | None:
    """Why a file is not taken: the reason of its first line that has one."""
    if kind_of(path) is FileKind.METRICS:
        return _metrics_reason(data, checker)
    verdicts = (checked[line] for line in split_lines(data))
    return next((found.reason for found in verdicts if found.reason), None)


def _metrics_reason(data: bytes, checker: Checker) -> Reason | None:
    try:
        value = parse_value(data)
    except InvalidJsonError:
        return Reason.NOT_A_RECORD
    return reason_of(checker.engine.scan(value)) if isinstance(value, dict) else Reason.NOT_A_RECORD


def _series(path: str) -> str:
    """What files of one kind share: the folder, and before a date the name of the collection."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/{name.partition('-20')[0] if folder.startswith('data/collections/') else ''}"
