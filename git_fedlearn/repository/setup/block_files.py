"""Our blocks in files on disk; a file is written only when that changes it."""

from pathlib import Path

from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.setup.blocks import (
    MADE_FILE,
    MADE_FOLDER,
    Block,
    find_block,
    put_block,
    take_block,
)


def find_file_block(path: Path) -> Block | None:
    """The block in a file, None if it has none or is none. Raises FedlearnError for a block without end."""
    if not path.is_file():
        return None
    try:
        return find_block(read_file(path))
    except FedlearnError as error:
        raise FedlearnError(f"{path}: {error.message}", hint=error.hint) from None


def put_file_block(
    path: Path, lines: list[str], *, made: tuple[str, ...] = (), at: int | None = None
) -> bool:
    """Write a block into a file, in place of the old one; returns whether that changed it."""
    find_file_block(path)
    before = read_file(path)
    after = put_block(before, lines, made=made, at=at)
    if after == before:
        return False
    write_file(path, after)
    return True


def take_file_block(path: Path, *, bare: bytes = b"") -> bool:
    """Remove a block; returns whether there was one.

    A file that was made for it goes too when nothing but `bare` is left in it, and so does its folder.
    """
    block = find_file_block(path)
    if not block:
        return False
    after = take_block(read_file(path))
    if MADE_FILE not in block.made or after != bare:
        write_file(path, after)
        return True
    path.unlink()
    if MADE_FOLDER in block.made and not any(path.parent.iterdir()):
        path.parent.rmdir()
    return True
