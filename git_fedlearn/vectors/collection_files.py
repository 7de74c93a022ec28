"""Files of a collection that one system alone writes: dated snapshots and the schema."""

import json
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Final

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.repository.files import read_file, write_file, write_pieces
from git_fedlearn.repository.snapshot_files import held, prune
from git_fedlearn.vectors.schema_form import format_schema, parse_schema
from git_fedlearn.vectors.store import Schema

KEPT: Final = 5
_DATED: Final = re.compile(r"(.+)-(\d{4}-\d\d-\d\d)")


def snapshot_root(top: Path) -> Path:
    """The folder with a folder for each system."""
    return top / "data" / "collections" / "snapshots"


def write_snapshot(folder: Path, collection: str, pieces: Iterable[bytes], today: date) -> Path:
    """Write the snapshot of a day from whole lines; keep the newest five. The caller holds the lock."""
    path = folder / f"{collection}-{today.isoformat()}.jsonl"
    write_pieces(path, pieces)
    prune(_dated(folder, collection), KEPT)
    return path


def newest_snapshots(top: Path, collection: str) -> list[Path]:
    """The newest snapshot of every system that has one."""
    root = snapshot_root(top)
    folders = sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
    return [dated[-1] for folder in folders if (dated := _dated(folder, collection))]


def write_schema(folder: Path, collection: str, schema: Schema, today: date) -> None:
    """Write what a collection is made of, if that changed. The caller holds the lock."""
    path = folder / f"{collection}.schema.json"
    told = format_schema(schema)
    if told != {**_read_object(path), "written": None}:
        text = json.dumps(
            {**told, "written": today.isoformat()}, indent=2, sort_keys=True, ensure_ascii=False
        )
        write_file(path, text.encode("utf-8") + b"\n")


def find_schema(top: Path, collection: str) -> Schema | None:
    """The newest schema that any system wrote, None where there is none that can be read.

    Payload indexes that the newest cannot tell are those of the newest that can.
    """
    written = [_read_object(path) for path in snapshot_root(top).glob(f"*/{collection}.schema.json")]
    written.sort(key=lambda told: (str(told.get("written")), json.dumps(told)), reverse=True)
    found = [schema for told in written if (schema := parse_schema(told))]
    if not found:
        return None
    indexes = next((schema.indexes for schema in found if schema.indexes is not None), {})
    return found[0]._replace(indexes=indexes)


def _dated(folder: Path, collection: str) -> list[Path]:
    dated = [(match, path) for path in folder.glob("*.jsonl") if (match := _DATED.fullmatch(path.stem))]
    return held(sorted(path for match, path in dated if match[1] == collection))


def _read_object(path: Path) -> JsonObject:
    try:
        value = json.loads(read_file(path))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
