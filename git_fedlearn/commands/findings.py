"""Private data found in lines of data files, put into words that do not repeat it."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from git_fedlearn.core.canonical import InvalidJsonError, Json, parse_value
from git_fedlearn.core.identity import is_ours
from git_fedlearn.core.record import FIRST_SEEN, GEN, ID, POINT_ID, SEEN_BY
from git_fedlearn.privacy.engine import Finding, PrivacyEngine
from git_fedlearn.repository.gate import NewLine


class Found(NamedTuple):
    """A finding and where it stands."""

    path: str
    line: int
    finding: Finding

    def __str__(self) -> str:
        place = f" at {self.finding.pointer}" if self.finding.pointer else ""
        return f"{self.path}:{self.line}: {self.finding.kind} ({self.finding.rule}){place}"


def scan_lines(engine: PrivacyEngine, lines: Iterable[NewLine]) -> Iterator[Found]:
    """Every finding in lines of data files; what is no JSON is scanned as text."""
    for line in lines:
        for finding in engine.scan(_to_scan(line.line)):
            yield Found(line.path, line.number, finding)


def _to_scan(line: bytes) -> Json:
    """The value of a line, keys of ours that can hold free text made visible to the engine."""
    try:
        value = parse_value(line)
    except InvalidJsonError:
        return line.decode("utf-8", "replace")
    if not isinstance(value, dict):
        return value
    plain = {ID, GEN, SEEN_BY, FIRST_SEEN, POINT_ID}
    return {key.lstrip("_") if is_ours(key) else key: item for key, item in value.items() if key not in plain}
