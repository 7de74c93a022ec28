"""Private data found in lines of data files, put into words that do not repeat it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from git_fedlearn.core.canonical import InvalidJsonError, parse_value
from git_fedlearn.learn.intake import scan_fields
from git_fedlearn.privacy.engine import Finding, PrivacyEngine
from git_fedlearn.repository.gate import NewLine

_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


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
        for finding in _scan_line(engine, line.line):
            yield Found(line.path, line.number, replace(finding, pointer=_shown(engine, finding.pointer)))


def _scan_line(engine: PrivacyEngine, line: bytes) -> Iterable[Finding]:
    try:
        value = parse_value(line)
    except InvalidJsonError:
        return engine.scan(_unescaped(line.decode("utf-8", "replace")))
    return scan_fields(engine, value) if isinstance(value, dict) else engine.scan(value)


def _unescaped(text: str) -> str:
    """Broken JSON as a reader would see it: an escape must not hide a key."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text).replace('\\"', '"').replace("\\/", "/")


def _shown(engine: PrivacyEngine, pointer: str) -> str:
    """A pointer without the keys that are private or not printable themselves."""
    keys = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")]
    return "/".join("…" if not key.isprintable() or engine.scan(key.lstrip("_")) else key for key in keys)
