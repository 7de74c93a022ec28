"""Careless and hostile command lines: each ends with a clear error and changes nothing.

The command lines and what they print are in tests/data/careless.txt. After a change of words:
REWRITE_OUTPUT=1 python -m pytest tests/test_careless_input.py && git diff tests/data/careless.txt
"""

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from systems import System, World

EXPECTED = Path(__file__).parent / "data/careless.txt"
REWRITE = bool(os.environ.get("REWRITE_OUTPUT"))


class Row(NamedTuple):
    """A command line, the folder it runs in, and what it prints."""

    folder: str
    line: str
    printed: str


def rows() -> list[Row]:
    found = re.findall(
        r"^(.*)\$ git fedlearn (.*)\n((?:(?!.*\$ git fedlearn ).*\n)*)", EXPECTED.read_text(), re.MULTILINE
    )
    return [Row(*groups) for groups in found]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("world"))
    one = world.system("one")
    one.git("config", "fedlearn.system", "sys-aaaaaaaaaa")
    one.add("best-practices", {"title": "pin it", "description": "so that builds repeat"})
    one.commit()
    one.git("remote", "add", "origin", "../hub")
    for name, data in {
        "file": b"x\n",
        "utf16.jsonl": '{"title":"a"}\n'.encode("utf-16"),
        "array.json": b'\xef\xbb\xbf [{"title":"a"}]',
        "binary.jsonl": b"\x89PNG\r\n\0\0\xff\n" * 30,
    }.items():
        (world.folder / name).write_bytes(data)
    (world.folder / "folder").mkdir()
    world.repository("plain")
    world.bare("bare")
    world.folder_system("none")
    yield world
    if REWRITE:
        EXPECTED.write_text("".join(run(world, row) for row in rows()))


def run(world: World, row: Row) -> str:
    """The row as it is printed now."""
    system = System(world.folder / (row.folder or "one"), world.home)
    identifier = System(world.folder / "one", world.home).records("best-practices")[0].id
    arguments = shlex.split(row.line.replace("ID", identifier))
    done = system.fedlearn(*arguments, code=None)
    text = f"{done.out}{done.err}exit code {done.code}\n"
    text = text.replace(str(world.folder), "FOLDER").replace(identifier, "ID")
    return f"{row.folder}$ git fedlearn {row.line}\n{text}"


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.folder}$ {row.line}")
def test_a_careless_command_line(world: World, row: Row) -> None:
    one = System(world.folder / "one", world.home)
    before = one.git("status", "--porcelain", "--ignored").out, one.git("config", "--list", "--local").out
    printed = run(world, row)
    assert re.search(r"^error: \S", printed, re.MULTILINE)
    assert not re.search(r"^exit code 0$|this is a bug|Traceback", printed, re.MULTILINE)
    assert (
        one.git("status", "--porcelain", "--ignored").out,
        one.git("config", "--list", "--local").out,
    ) == before
    if not REWRITE:
        assert printed == f"{row.folder}$ git fedlearn {row.line}\n{row.printed}"


def test_there_are_enough_of_them() -> None:
    assert len(rows()) >= 100
