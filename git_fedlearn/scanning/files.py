"""The files that PATH arguments name, read as passages: one text or JSON value to scan or redact.

A line of a JSON lines file is one value. A line of any other file is one text, except that a block which only
makes sense as a whole (a key in PEM, PuTTY or PGP armor, an Ansible vault) stays together. So a file of any
size is read in little memory, and the findings in a line do not depend on the lines around it.
"""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import Json
from git_fedlearn.core.layout import DATA, is_data_file
from git_fedlearn.core.patterns import lazy_pattern
from git_fedlearn.errors import FedlearnError, NotARepositoryError, UsageError
from git_fedlearn.repository.files import read_file
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.trees import WorkTree, is_local

JSON_LINES: Final = (".jsonl", ".ndjson")
_BOM: Final = b"\xef\xbb\xbf"
_OPENS: Final = lazy_pattern(rb"---(?:--)? ?BEGIN |PuTTY-User-Key-File-|\$ANSIBLE_VAULT;")
_CLOSES: Final = lazy_pattern(rb"---(?:--)? ?END |^Private-(?:MAC|Hash):")
_HEX_LINE: Final = lazy_pattern(rb"[ \t]*[0-9a-fA-F]+\s*")
_MAX_PASSAGE_LINES: Final = 400
"""Lines of a block; a 16 kbit RSA key has 200."""


class Passage(NamedTuple):
    """Bytes without the last line ending, the number of the first line, and whether JSON is expected."""

    path: str
    number: int
    data: bytes
    is_json: bool
    commit: str = ""
    """In history, the commit that added this version of the file."""


class NotJson:
    """The value of a line that is not JSON."""


NOT_JSON: Final = NotJson()


def expects_json(path: str) -> bool:
    """Whether the lines of a file are JSON: JSON lines anywhere, and any JSON under data/."""
    return path.endswith(JSON_LINES) or (path.endswith(".json") and path.startswith(f"{DATA}/"))


def read_passages(path: str, lines: Iterable[bytes], *, is_json: bool) -> Iterator[Passage]:
    """The passages of a file, given its lines with or without line endings."""
    block: list[bytes] = []
    number = 0
    for number, line in enumerate(lines, 1):
        whole = (line.removeprefix(_BOM) if number == 1 else line).rstrip(b"\r\n")
        if block and _is_past(block, whole):
            yield _block(path, number - 1, block)
            block = []
        if is_json or not (block or _OPENS.search(whole)):
            yield Passage(path, number, whole, is_json)
            continue
        block.append(whole)
        if _CLOSES.search(whole) or len(block) >= _MAX_PASSAGE_LINES:
            yield _block(path, number, block)
            block = []
    if block:
        yield _block(path, number, block)


def parse_json_line(data: bytes) -> "Json | NotJson":
    """The value of a line, by lenient rules: NaN and any depth are accepted.

    A line with a repeated key is not JSON, as one value would be lost.
    """
    try:
        value: Json = _DECODER.decode(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return NOT_JSON
    return value


def text_of(data: bytes) -> str:
    """The text of a passage; each byte that is not UTF-8 becomes one replacement character."""
    return data.decode("utf-8", "replace")


def _is_past(block: list[bytes], line: bytes) -> bool:
    """Whether a vault, which has no end marker, ended before this line."""
    return b"$ANSIBLE_VAULT;" in block[0] and not _HEX_LINE.fullmatch(line)


def _block(path: str, last: int, lines: list[bytes]) -> Passage:
    return Passage(path, last - len(lines) + 1, b"\n".join(lines), is_json=False)


def _unique_keys(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError
    return fields


_DECODER = json.JSONDecoder(object_pairs_hook=_unique_keys)

_BINARY_TEST_BYTES = 8000
"""The start of a file in which git looks for a NUL byte (`buffer_is_binary` in xdiff-interface.c)."""


class ScanTarget(NamedTuple):
    """A file, its name in reports, and whether it is one of our data files of this repository.

    Data files are named by their paths in the repository, others as typed.
    """

    shown: str
    file: Path
    is_data: bool


def find_targets(directory: Path, repository: Repository | None, paths: Iterable[str]) -> list[ScanTarget]:
    """The files that paths name, relative to a folder; of a folder all files; without paths all data files.

    `repository` is the one that the folder is in. Raises UsageError for a missing file, and without paths
    NotARepositoryError outside a repository.
    """
    chosen = [target for path in paths for target in _named(directory, repository, path)]
    if chosen or tuple(paths):
        return list(dict.fromkeys(chosen))
    hint = "name the files"
    if repository is None:
        raise NotARepositoryError(f"{directory}: not in a git repository", hint=hint)
    try:
        repository.require_data()
    except NotARepositoryError as error:
        raise NotARepositoryError(error.message, hint=hint) from error
    top = repository.top
    return [ScanTarget(path, top / path, is_data=True) for path in WorkTree(top).paths()]


def read_lines(target: ScanTarget) -> Iterator[bytes]:
    """The lines of a file. Raises FedlearnError."""
    if target.is_data:
        yield from read_file(target.file).split(b"\n")
        return
    try:
        with target.file.open("rb") as stream:
            yield from stream
    except OSError as error:
        raise FedlearnError(f"{target.shown}: cannot be read: {error.strerror}") from error


def is_binary(target: ScanTarget) -> bool:
    """Whether git would call a file binary. Raises FedlearnError."""
    try:
        with target.file.open("rb") as stream:
            return b"\0" in stream.read(_BINARY_TEST_BYTES)
    except OSError as error:
        raise FedlearnError(f"{target.shown}: cannot be read: {error.strerror}") from error


def _named(directory: Path, repository: Repository | None, path: str) -> Iterator[ScanTarget]:
    absolute = Path(os.path.normpath(directory / path))
    if absolute.is_dir() and not absolute.is_symlink():
        found = [
            Path(folder) / name
            for folder, folders, names in os.walk(absolute)
            for name in names
            if _is_walked(folders)
        ]
        shown = [os.path.join(path, file.relative_to(absolute)) for file in sorted(found)]  # noqa: PTH118
        targets = (_target(repository, name, file) for name, file in zip(shown, sorted(found), strict=True))
        yield from (target for target in targets if target.file.is_file() and not is_local(target.shown))
    elif absolute.is_file():
        yield _target(repository, path, absolute)
    else:
        what = "not a file" if absolute.exists() or absolute.is_symlink() else "no such file"
        raise UsageError(f"{path}: {what}")


def _is_walked(folders: list[str]) -> bool:
    """Keep os.walk out of git's own folders; always true."""
    folders[:] = [name for name in folders if name != ".git"]
    return True


def _target(repository: Repository | None, shown: str, file: Path) -> ScanTarget:
    if repository is None:
        return ScanTarget(shown, file, is_data=False)
    top = os.path.realpath(repository.top)
    relative = os.path.relpath(os.path.realpath(file.parent) + os.sep + file.name, top).replace(os.sep, "/")
    if relative.startswith(f"{DATA}/") and is_data_file(relative):
        return ScanTarget(relative, repository.top / relative, is_data=True)
    return ScanTarget(shown, file, is_data=False)
