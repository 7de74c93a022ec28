"""How many inputs became fewer records, and in which fields they differed."""

from collections.abc import Iterable
from typing import NamedTuple

from git_fedlearn.core.canonical import Json, format_value
from git_fedlearn.core.identity import is_metadata_key
from git_fedlearn.core.record import Record, parse_record


class Fold(NamedTuple):
    """One record, how many inputs it came from, and the fields that differed in them."""

    record: str
    inputs: int
    fields: tuple[str, ...]


class Folds:
    """The records that came from several inputs."""

    def __init__(self) -> None:
        self.found: list[Fold] = []

    def __str__(self) -> str:
        """`3 inputs became 1 record (differed in: value_score)`; empty if nothing was folded."""
        if not self.found:
            return ""
        number = len(self.found)
        records = "1 record" if number == 1 else f"{number} records"
        fields = {name for fold in self.found for name in fold.fields}
        differed = f" (differed in: {', '.join(sorted(fields))})" if fields else " (equal)"
        return f"{sum(fold.inputs for fold in self.found)} inputs became {records}{differed}"

    def add(self, lines: Iterable[bytes]) -> None:
        """Count record lines in canonical form, one for each input; all lines of a record at a time."""
        groups: dict[bytes, list[bytes]] = {}
        for line in lines:
            groups.setdefault(line[8:40], []).append(line)
        for identifier, same in groups.items():
            if len(same) > 1:
                fields = _differences([parse_record(line) for line in set(same)])
                self.found.append(Fold(identifier.decode("ascii"), len(same), tuple(sorted(fields))))

    def to_json(self) -> list[Json]:
        """As in the JSON answers of commands."""
        return [{"id": one.record, "inputs": one.inputs, "differed": [*one.fields]} for one in self.found]


def find_folds(lines: Iterable[bytes]) -> Folds:
    """What of these record lines, one for each input, shares a record."""
    folds = Folds()
    folds.add(lines)
    return folds


def _differences(records: list[Record]) -> set[str]:
    """The fields of the lessons, not of the format, that are not the same in all records."""
    keys = {key for record in records for key in record.fields if not is_metadata_key(key)}
    texts = {
        key: {format_value([*map(one.fields.get, {key} & one.fields.keys())]) for one in records}
        for key in keys
    }
    return {key for key in keys if len(texts[key]) > 1}
