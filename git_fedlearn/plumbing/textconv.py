"""What git shows of a record set in a diff: `git-fedlearn-textconv FILE`. gitattributes(5), "textconv".

One paragraph a record, one line a field, so that a diff names what changed in which lesson. It is for
reading only: nothing is joined, checked or recomputed, and every line of the file shows up, whatever it
is. Characters that could command a terminal or reorder text are escaped.
"""

import sys
from collections.abc import Iterator
from typing import BinaryIO, Final, TextIO

from git_fedlearn.core.canonical import InvalidJsonError, Json, JsonObject, format_value, parse_value
from git_fedlearn.core.record import ID, RETRACTED, score_of

SHORT_ID: Final = 12
HEADLINE: Final = 100
_HEADLINES: Final = (
    ("error_type", "error_message"),
    ("category", "title"),
    ("skill_name", "pattern"),
    ("usage_pattern",),
    ("query",),
    ("question",),
    ("prompt",),
    ("instruction",),
)
"""Fields that name a lesson: error solution, best practice, pattern, interaction, training sample."""


def main() -> None:
    """Console script `git-fedlearn-textconv`."""
    if len(sys.argv) != 2:  # noqa: PLR2004
        sys.exit("usage: git-fedlearn-textconv FILE")
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    with open(sys.argv[1], "rb") as file:  # noqa: PTH123  pathlib costs start-up time
        write_text(file, sys.stdout)


def write_text(file: BinaryIO, out: TextIO) -> None:
    """Write the readable text of a record set, line by line."""
    for line in file:
        out.writelines(f"{text}\n" for text in format_text(line.rstrip(b"\r\n")))
        out.write("\n")


def format_text(line: bytes) -> Iterator[str]:
    """The paragraph of one line of a record set."""
    if not line.strip():
        yield "no record (a blank line)"
        return
    try:
        value = parse_value(line)
    except InvalidJsonError as error:
        yield f"no record ({error}): {printable(line.decode('utf-8', 'backslashreplace'))}"
        return
    if isinstance(value, dict):
        yield from _format_record(value)
    else:
        yield f"no record (not an object): {printable(_plain(value))}"


def printable(text: str) -> str:
    """The text with everything but visible characters and spaces escaped."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _format_record(record: JsonObject) -> Iterator[str]:
    identifier = printable(str(record.get(ID, "")))
    yield " ".join(filter(None, ["record", identifier[:SHORT_ID], _headline(record)]))
    if RETRACTED in record:
        yield f"  retracted: {printable(_plain(record[RETRACTED]))}"
    score = score_of(record)
    if score >= 0:
        yield f"  score: {score:g}"
    for key in sorted(record, key=lambda key: (key.startswith("_"), key)):
        if key not in (ID, RETRACTED):
            yield from _format_field(printable(key), record[key])


def _headline(record: JsonObject) -> str:
    if RETRACTED in record:
        return "retracted"
    parts = next((found for names in _HEADLINES if (found := _texts(record, names))), _chat(record))
    text = printable(" ".join(": ".join(parts).split()))
    return text if len(text) <= HEADLINE else f"{text[: HEADLINE - 1]}…"


def _texts(record: JsonObject, names: tuple[str, ...]) -> list[str]:
    return [text for name in names if isinstance(text := record.get(name), str) and text]


def _chat(record: JsonObject) -> list[str]:
    """The first question of a training sample in chat form."""
    messages = record.get("messages")
    for message in messages if isinstance(messages, list) else []:
        if isinstance(message, dict) and message.get("role") == "user":
            return _texts(message, ("content",))
    return []


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
