"""Files of a collection that one system alone writes: dated snapshots and the schema."""

import json
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Final

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.repository.files import read_file, write_file, write_pieces
from git_fedlearn.repository.snapshot_files import held, prune
from git_fedlearn.vectors.store import Schema, VectorSpec

KEPT: Final = 5
SCHEMA_FORM: Final = "fedlearn.collection/v1"
UNKNOWN: Final = "unknown"
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
    told = _format_schema(schema)
    if told != {**_read_object(path), "written": None}:
        text = json.dumps(
            {**told, "written": today.isoformat()}, indent=2, sort_keys=True, ensure_ascii=False
        )
        write_file(path, text.encode("utf-8") + b"\n")


def find_schema(top: Path, collection: str) -> Schema | None:
    """The newest schema that any system wrote, None where there is none that can be read."""
    found = [_read_object(path) for path in snapshot_root(top).glob(f"*/{collection}.schema.json")]
    known = [fields for fields in found if fields.get("schema") == SCHEMA_FORM]
    newest = max(known, key=lambda fields: (str(fields.get("written")), json.dumps(fields)), default=None)
    return _parse_schema(newest) if newest else None


def _dated(folder: Path, collection: str) -> list[Path]:
    dated = [(match, path) for path in folder.glob("*.jsonl") if (match := _DATED.fullmatch(path.stem))]
    return held(sorted(path for match, path in dated if match[1] == collection))


def _format_schema(schema: Schema) -> JsonObject:
    aliases: Json = UNKNOWN if schema.aliases is None else [*schema.aliases]
    return {
        "schema": SCHEMA_FORM,
        "written": None,
        "vectors": {
            name: {"size": spec.size, "distance": spec.distance} for name, spec in schema.vectors.items()
        },
        "sparse_vectors": {**schema.sparse},
        "payload_indexes": {**schema.indexes},
        "aliases": aliases,
    }


def _parse_schema(fields: JsonObject) -> Schema | None:
    """What was written, less what does not have its form: a peer may have written it."""
    vectors, indexes = fields.get("vectors"), fields.get("payload_indexes")
    if not isinstance(vectors, dict) or not isinstance(indexes, dict):
        return None
    specs = {}
    for name, spec in vectors.items():
        match spec:
            case {"size": int(size), "distance": "Cosine" | "Dot" | "Euclid" | "Manhattan" as distance}:
                specs[name] = VectorSpec(size, distance)
    known = {
        field: index
        for field, index in indexes.items()
        if isinstance(index, dict) and index.get("type") in _INDEX_TYPES
    }
    return Schema(specs, {}, known)


_INDEX_TYPES: Final = frozenset({"keyword", "integer", "float", "geo", "text", "bool", "datetime", "uuid"})


def _read_object(path: Path) -> JsonObject:
    try:
        value = json.loads(read_file(path))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
