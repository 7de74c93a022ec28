"""Private data that was found, put into words that do not repeat it."""

from collections.abc import Iterable, Iterator

from git_fedlearn.core.canonical import Json
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.repository.gate import NewLine
from git_fedlearn.scanning.findings import Found, scan_passages, shown_path
from git_fedlearn.scanning.passages import Passage

SHORT_COMMIT = 12


def scan_lines(engine: PrivacyEngine, lines: Iterable[NewLine]) -> Iterator[Found]:
    """Every finding in lines of data files; what is no JSON is scanned as text."""
    passages = (Passage(line.path, line.number, line.line, is_json=True) for line in lines)
    return shown(engine, scan_passages(engine, passages))


def shown(engine: PrivacyEngine, found: Iterable[Found]) -> Iterator[Found]:
    """Findings with the paths that may be shown, for data files: their names may be private too."""
    return (item._replace(path=shown_path(engine, item.path)) for item in found)


def format_found(found: Found) -> str:
    """`path:line: KIND (rule) at /pointer [fingerprint]`, in history with the commit before it."""
    finding = found.finding
    commit = f"{found.commit[:SHORT_COMMIT]}:" if found.commit else ""
    line = f":{found.line}" if found.line else ""
    pointer = f" at {finding.pointer}" if finding.pointer else ""
    return f"{commit}{found.path}{line}: {finding.kind} ({finding.rule}){pointer} [{finding.fingerprint}]"


def found_to_json(found: Found) -> dict[str, Json]:
    """A finding for programs; `start` and `end` count code points of the decoded string, or of the line."""
    finding = found.finding
    commit: dict[str, Json] = {"commit": found.commit} if found.commit else {}
    return {
        **commit,
        "path": found.path,
        "line": found.line,
        "pointer": finding.pointer,
        "start": finding.start,
        "end": finding.end,
        "kind": finding.kind,
        "rule": finding.rule,
        "fingerprint": finding.fingerprint,
    }
