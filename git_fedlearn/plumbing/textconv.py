"""What git shows of a record set in a diff: `git-fedlearn-textconv FILE`. gitattributes(5), "textconv".

One paragraph per record, one line per field, so that a diff shows what changed in which lesson. It is for
reading only: nothing is joined, checked or recomputed, and every line of the file is shown. Characters that
could control a terminal or reorder text are escaped.
"""

import sys
from collections.abc import Iterator
from typing import BinaryIO, Final, TextIO

from git_fedlearn.core.canonical import InvalidJsonError, Json, JsonObject, format_value, parse_value
from git_fedlearn.core.record import ID, RETRACTED, headline, printable, score_of

SHORT_ID: Final = 12


def main() -> None:
    """Console script `git-fedlearn-textconv`."""
    if len(sys.argv) != 2:  # noqa: PLR2004
        sys.exit("usage: git-fedlearn-textconv FILE")
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    try:
        with open(sys.argv[1], "rb") as file:  # noqa: PTH123  pathlib costs start-up time
            write_text(file, sys.stdout)
    except FileNotFoundError:
        sys.exit(f"error: {sys.argv[1]}: no such file\nhint: usage: git-fedlearn-textconv FILE")


def write_text(file: BinaryIO, out: TextIO) -> None:
    """Write the readable text of a record set, line by line."""
    for line in file:
        out.writelines(f"{text}\n" for text in format_text(line.rstrip(b"\r\n")))
        out.write("\n")


def format_text(line: bytes) -> Iterator[str]:
    """The paragraph of one line of a record set."""
    if not line.strip():
        yield "not a record (blank line)"
        return
    try:
        value = parse_value(line)
    except InvalidJsonError as error:
        yield f"not a record ({error}): {printable(line.decode('utf-8', 'backslashreplace'))}"
        return
    if isinstance(value, dict):
        yield from _format_record(value)
    else:
        yield f"not a record (not an object): {printable(_plain(value))}"


def _format_record(record: JsonObject) -> Iterator[str]:
    identifier = printable(str(record.get(ID, "")))
    yield " ".join(filter(None, ["record", identifier[:SHORT_ID], headline(record)]))
    if RETRACTED in record:
        yield f"  retracted: {printable(_retraction(record[RETRACTED]))}"
    score = score_of(record)
    if score >= 0:
        yield f"  score: {score:g}"
    for key in sorted(record, key=lambda key: (key.startswith("_"), key)):
        if key not in (ID, RETRACTED) and not (key == "value_score" and record[key] == score):
            yield from _format_field(printable(key), record[key])


def _retraction(value: Json) -> str:
    """When, by whom and why; a retraction with other fields is shown as JSON."""
    match value:
        case {"at": str(at), "by": str(by), "reason": str(reason), **rest} if not rest:
            return f"{at} by {by}: {reason}"
    return _plain(value)


def _format_field(key: str, value: Json) -> Iterator[str]:
    if isinstance(value, list) and value:
        yield f"  {key}:"
        for item in value:
            yield f"    - {printable(_plain(item))}"
        return
    first, *more = _plain(value).split("\n")
    yield f"  {key}: {printable(first)}".rstrip()
    for line in more:
        yield f"    {printable(line)}".rstrip()


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else format_value(value).decode()


if __name__ == "__main__":
    main()
