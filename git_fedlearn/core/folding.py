"""How many inputs became fewer records, and in which fields they differed."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from git_fedlearn.core.canonical import format_value
from git_fedlearn.core.identity import is_metadata_key
from git_fedlearn.core.record import Record, parse_record


@dataclass(slots=True)
class Folds:
    """Inputs that shared a record with others, the records they became, and the fields that differed."""

    inputs: int = 0
    records: int = 0
    fields: set[str] = field(default_factory=set)

    def __str__(self) -> str:
        """`3 inputs became 1 record (differed in: value_score)`; empty if nothing was folded."""
        if not self.inputs:
            return ""
        records = "1 record" if self.records == 1 else f"{self.records} records"
        differed = f" (differed in: {', '.join(sorted(self.fields))})" if self.fields else " (equal)"
        return f"{self.inputs} inputs became {records}{differed}"

    def add(self, lines: Iterable[bytes]) -> None:
        """Count record lines in canonical form, one for each input; all lines of a record at a time."""
        groups: dict[bytes, list[bytes]] = {}
        for line in lines:
            groups.setdefault(line[8:40], []).append(line)
        for same in groups.values():
            if len(same) > 1:
                self.inputs += len(same)
                self.records += 1
                self.fields |= _differences([parse_record(line) for line in set(same)])


def _differences(records: list[Record]) -> set[str]:
    """The fields of the lessons, not of the format, that are not the same in all records."""
    keys = {key for record in records for key in record.fields if not is_metadata_key(key)}
    return {key for key in keys if len({_text(record, key) for record in records}) > 1}


def _text(record: Record, key: str) -> bytes | None:
    return format_value(record.fields[key]) if key in record.fields else None
