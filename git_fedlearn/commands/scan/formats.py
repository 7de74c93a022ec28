"""The formats of a scan's report. None of them contains the private text."""

import json
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Final
from urllib.parse import quote

from git_fedlearn import __version__
from git_fedlearn.console.context import Context
from git_fedlearn.console.findings import format_found, found_to_json
from git_fedlearn.console.words import SHORT_ID
from git_fedlearn.privacy.kinds import SECRET_KINDS
from git_fedlearn.scanning.findings import FileFinding

SARIF_SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
ScanReport = Callable[[Context, Iterable[FileFinding]], int]
"""Prints findings one by one, returns their number."""


def report_text(context: Context, items: Iterable[FileFinding]) -> int:
    """A line for each finding; repeated ones in one place are counted."""
    number = 0
    for line, same in groupby(map(format_found, items)):
        times = sum(1 for _ in same)
        context.say(line + (f" {times} times" if times > 1 else ""))
        number += times
    return number


def report_jsonl(context: Context, items: Iterable[FileFinding]) -> int:
    """A line with a JSON object for each finding."""
    return _say_each(context, (json.dumps(found_to_json(item)) for item in items))


def report_json(context: Context, items: Iterable[FileFinding]) -> int:
    """One JSON document, versioned like the answers of other commands."""
    found = [found_to_json(item) for item in items]
    context.say_json("scan/v1", {"findings": found})
    return len(found)


def report_github(context: Context, items: Iterable[FileFinding]) -> int:
    """Workflow commands, which GitHub shows next to the changed lines (docs: "Workflow commands")."""
    return _say_each(context, map(_format_github, items))


def report_sarif(context: Context, items: Iterable[FileFinding]) -> int:
    """SARIF 2.1.0 (OASIS), for code scanning services."""
    found = list(items)
    rules = sorted({(item.finding.rule, item.finding.kind) for item in found})
    ids = {rule: number for number, (rule, _) in reversed(list(enumerate(rules)))}
    results: list[object] = [_result(item, ids) for item in found]
    described: list[object] = [
        {"id": rule, "shortDescription": {"text": f"{kind.replace('_', ' ').lower()} in data"}}
        for number, (rule, kind) in enumerate(rules)
        if ids[rule] == number
    ]
    driver: object = {"name": "git-fedlearn", "semanticVersion": __version__, "rules": described}
    run: object = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    context.say(json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2))
    return len(found)


def _say_each(context: Context, lines: Iterable[str]) -> int:
    number = 0
    for number, line in enumerate(lines, 1):  # noqa: B007  the last number counts
        context.say(line)
    return number


def _format_github(item: FileFinding) -> str:
    finding = item.finding
    line = f",line={item.line}" if item.line else ""
    where = f" at {finding.pointer}" if finding.pointer else ""
    commit = f" in commit {item.commit[:SHORT_ID]}" if item.commit else ""
    properties = f"file={_property(item.path)}{line},title={_property(finding.kind)}"
    message = f"{finding.kind} ({finding.rule}){where}{commit} [{finding.fingerprint}]"
    return f"::error {properties}::{_escaped(message)}"


def _result(item: FileFinding, ids: dict[str, int]) -> object:
    finding = item.finding
    where = f" at {finding.pointer}" if finding.pointer else ""
    place: dict[str, object] = {"artifactLocation": {"uri": quote(item.path)}}
    if item.line:
        columns: dict[str, object] = {"startColumn": finding.start + 1, "endColumn": finding.end + 1}
        place["region"] = {"startLine": item.line, **({} if finding.pointer else columns)}
    location: dict[str, object] = {"physicalLocation": place}
    if finding.pointer:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.pointer}]
    properties: dict[str, object] = {"kind": finding.kind, "confidence": finding.confidence}
    if item.commit:
        properties["commit"] = item.commit
    return {
        "ruleId": finding.rule,
        "ruleIndex": ids[finding.rule],
        "level": "error" if finding.kind in SECRET_KINDS else "warning",
        "message": {"text": f"{finding.kind}{where}"},
        "locations": [location],
        "partialFingerprints": {"gitFedlearn/v1": f"{finding.kind}:{finding.fingerprint}"},
        "properties": properties,
    }


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


REPORTS: Final[dict[str, ScanReport]] = {
    "text": report_text,
    "json": report_json,
    "jsonl": report_jsonl,
    "sarif": report_sarif,
    "github": report_github,
}
