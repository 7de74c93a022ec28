"""Files as passages: what is scanned, or redacted, as one text or one JSON value.

A line of JSON lines is a value. A line of any other text is a text of its own, except that a block which only
makes sense as a whole (a key in PEM, PuTTY or PGP armour, an Ansible vault) stays together. So a file of any
size is read in little memory, and what a line holds does not depend on the lines around it.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import Json
from git_fedlearn.core.layout import DATA

JSON_LINES: Final = (".jsonl", ".ndjson")
_BOM: Final = b"\xef\xbb\xbf"
_OPENS: Final = re.compile(rb"---(?:--)? ?BEGIN |PuTTY-User-Key-File-|\$ANSIBLE_VAULT;")
_CLOSES: Final = re.compile(rb"---(?:--)? ?END |^Private-(?:MAC|Hash):")
_HEX_LINE: Final = re.compile(rb"[ \t]*[0-9a-fA-F]+\s*")
_LONGEST: Final = 400
"""Lines of a block; an RSA key of 16 kbit has 200."""


class Passage(NamedTuple):
    """Bytes without their final line end, the number of the first line, and whether JSON is expected."""

    path: str
    number: int
    data: bytes
    is_json: bool
    commit: str = ""
    """In history, the commit that brought the file."""


class NotJson:
    """What stands for a line that is no JSON."""


NOT_JSON: Final = NotJson()


def expects_json(path: str) -> bool:
    """Whether the lines of a file are JSON: JSON lines anywhere, and any JSON under data/."""
    return path.endswith(JSON_LINES) or (path.endswith(".json") and path.startswith(f"{DATA}/"))


def read_passages(path: str, lines: Iterable[bytes], *, is_json: bool) -> Iterator[Passage]:
    """The passages of a file, given its lines with or without their ends."""
    held: list[bytes] = []
    number = 0
    for number, line in enumerate(lines, 1):
        whole = (line.removeprefix(_BOM) if number == 1 else line).rstrip(b"\r\n")
        if held and _is_past(held, whole):
            yield _block(path, number - 1, held)
            held = []
        if is_json or not (held or _OPENS.search(whole)):
            yield Passage(path, number, whole, is_json)
            continue
        held.append(whole)
        if _CLOSES.search(whole) or len(held) >= _LONGEST:
            yield _block(path, number, held)
            held = []
    if held:
        yield _block(path, number, held)


def parse_json_line(data: bytes) -> "Json | NotJson":
    """The value of a line, whatever reader may have to make sense of it: NaN and any depth are JSON here.

    A key that occurs twice is not, for a value would be lost.
    """
    try:
        value: Json = _DECODER.decode(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return NOT_JSON
    return value


def text_of(data: bytes) -> str:
    """The text of a passage; bytes that are no UTF-8 count as one unknown character each."""
    return data.decode("utf-8", "replace")


def _is_past(held: list[bytes], line: bytes) -> bool:
    """Whether a vault, which has no end mark, ended before this line."""
    return b"$ANSIBLE_VAULT;" in held[0] and not _HEX_LINE.fullmatch(line)


def _block(path: str, last: int, lines: list[bytes]) -> Passage:
    return Passage(path, last - len(lines) + 1, b"\n".join(lines), is_json=False)


def _unique_keys(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError
    return fields


_DECODER = json.JSONDecoder(object_pairs_hook=_unique_keys)
