"""Columns of secrets: a header cell `password` or `API key`, and the cells below it.

In Markdown tables, in values separated by commas, semicolons or tabs, and in SQL `INSERT` statements.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from git_fedlearn.core.patterns import lazy_pattern
from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.detectors.assignments import is_password_value, is_secret_value
from git_fedlearn.privacy.model import Match
from git_fedlearn.privacy.subject import name_of_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from git_fedlearn.privacy.subject import Name, Subject

_SEPARATORS = "|\t;,"
_RULE = lazy_pattern(r"[\s|:+-]*")
_WRAPPING = " \t\r\n*`\"'"
_INSERT = lazy_pattern(
    r"\binsert\s{1,4}into\s{1,4}[\w.\"`\[\]]{1,64}\s{0,4}\((?P<names>[^()]{1,400})\)\s{0,4}values\s{0,4}",
    re.IGNORECASE,
)
_TUPLE = lazy_pattern(r"\s{0,4},?\s{0,4}\((?P<cells>(?:'[^'\r\n]{0,400}'|[^()'\r\n]){1,2000})\)")
_SQL_CELL = lazy_pattern(r"\s*(?:[NnEe]?'(?P<text>[^']*)'|[^,']*)\s*(?:,|$)")


def find_columns(subject: Subject) -> Iterator[Match]:
    """Cells under the name of a secret."""
    text = subject.text
    stems = subject.stem_positions
    if not stems:
        return
    if "\n" in text:
        yield from _in_lines(text, stems)
    if "insert" in subject.lowered:
        yield from _in_inserts(text)


def _in_lines(text: str, stems: list[int]) -> Iterator[Match]:
    columns: dict[int, Name] = {}
    separator = ""
    width = at = named = 0
    for line in text.splitlines(keepends=True):
        end = at + len(line)
        has_name = named < len(stems) and stems[named] < end
        if has_name:
            named = bisect_left(stems, end)
        if columns and line.count(separator) == width:
            if _RULE.fullmatch(line) is None:
                yield from _cells(line, at, separator, columns)
        elif has_name or columns:
            separator, columns = _header(line) if has_name else ("", {})
            width = line.count(separator) if columns else 0
        at = end


def _header(line: str) -> tuple[str, dict[int, Name]]:
    """The separator of a header line, and the names of secrets in it by column; empty for any other line."""
    if len(line) < 400:  # noqa: PLR2004 -- headers are short
        for separator in _SEPARATORS:
            cells = line.split(separator)
            if sum(bool(cell.strip()) for cell in cells) > 1 and all(len(cell) <= 40 for cell in cells):  # noqa: PLR2004 -- a name, not a sentence
                names = {i: name for i, cell in enumerate(cells) if (name := _column_name(cell))}
                if names:
                    return separator, names
    return "", {}


def _column_name(cell: str) -> Name | None:
    cell = cell.strip(_WRAPPING)
    if len(cell.split()) > 3 or not cell.replace(" ", "").replace("_", "").replace("-", "").isalnum():  # noqa: PLR2004
        return None
    name = name_of_key(cell)
    return name if name is not None and name.sort != "key" else None


def _cells(line: str, at: int, separator: str, columns: dict[int, Name]) -> Iterator[Match]:
    for index, cell in enumerate(line.split(separator)):
        value = cell.strip(_WRAPPING)
        if index in columns and value:
            yield from _secret_cell(columns[index], value, at + cell.index(value))
        at += len(cell) + 1


def _secret_cell(name: Name, value: str, start: int) -> Iterator[Match]:
    end = start + len(value)
    if name.sort == "password":
        if " " not in value and is_password_value(value, quoted=False):
            yield Match(start, end, kinds.PASSWORD, "table-column", 0.75)
    elif is_secret_value(value):
        yield Match(start, end, kinds.SECRET, "table-column", 0.75)


def _in_inserts(text: str) -> Iterator[Match]:
    for head in _INSERT.finditer(text):
        names = [_column_name(cell) for cell in head["names"].split(",")]
        at = head.end()
        while any(names) and (row := _TUPLE.match(text, at)) is not None:
            at = row.end()
            place = row.start("cells")
            for name in names:
                cell = _SQL_CELL.match(text, place, row.end("cells"))
                if cell is None or cell.end() == place:
                    break
                if name is not None and cell["text"]:
                    yield from _secret_cell(name, cell["text"], cell.start("text"))
                place = cell.end()
