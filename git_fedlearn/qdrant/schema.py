"""The schema of a collection as JSON: what the store told is written, what is understood is read.

A peer may have written what is read, so names, kinds and numbers are checked and everything else is left.

Files of a collection that one system alone writes: dated snapshots and the schema.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Final

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.qdrant.store import Schema, VectorSpec
from git_fedlearn.repository.files import held, prune, read_file, write_file, write_pieces

SCHEMA_FORM: Final = "fedlearn.collection/v1"
UNKNOWN: Final = "unknown"
"""Written where a store cannot say."""

_KINDS: Final = frozenset({"keyword", "integer", "float", "geo", "text", "bool", "datetime", "uuid"})
_TOKENIZERS: Final = ("prefix", "whitespace", "word", "multilingual")
_MAX_VECTORS: Final = 16
_MAX_DIMENSIONS: Final = 65_536
_MAX_TOKEN_LENGTH: Final = 1000


def _is_flag(value: Json) -> bool:
    return isinstance(value, bool)


def _is_length(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_TOKEN_LENGTH


_PARAMETERS: Final[Mapping[str, Callable[[Json], bool]]] = {
    **dict.fromkeys(("lowercase", "ascii_folding", "phrase_matching", "is_tenant", "is_principal"), _is_flag),
    **dict.fromkeys(("lookup", "range", "on_disk", "enable_hnsw"), _is_flag),
    **dict.fromkeys(("min_token_len", "max_token_len"), _is_length),
    "tokenizer": lambda value: value in _TOKENIZERS,
}
"""Parameters of a payload index that are made again, and what they may be."""


def format_schema(schema: Schema) -> JsonObject:
    """A schema as it is written, the day left open."""
    return {
        "schema": SCHEMA_FORM,
        "written": None,
        "vectors": {
            name: {"size": spec.size, "distance": spec.distance} for name, spec in schema.vectors.items()
        },
        "sparse_vectors": {**schema.sparse},
        "payload_indexes": UNKNOWN if schema.indexes is None else {**schema.indexes},
        "aliases": UNKNOWN if schema.aliases is None else [*schema.aliases],
    }


def parse_schema(fields: JsonObject) -> Schema | None:
    """The schema that was written, None for something else."""
    vectors, sparse = fields.get("vectors"), fields.get("sparse_vectors")
    if fields.get("schema") != SCHEMA_FORM or not isinstance(vectors, dict):
        return None
    specs = {}
    for name, spec in [*vectors.items()][:_MAX_VECTORS]:
        match spec:
            case {"size": int(size), "distance": "Cosine" | "Dot" | "Euclid" | "Manhattan" as distance}:
                if 0 < size <= _MAX_DIMENSIONS:
                    specs[name] = VectorSpec(size, distance)
    return Schema(
        specs,
        _parse_sparse(sparse) if isinstance(sparse, dict) else {},
        _parse_indexes(fields.get("payload_indexes")),
    )


def _parse_sparse(sparse: JsonObject) -> dict[str, JsonObject]:
    found = [(name, told) for name, told in sparse.items() if isinstance(told, dict)]
    return {
        name: {"modifier": "idf"} if told.get("modifier") == "idf" else {}
        for name, told in found[:_MAX_VECTORS]
    }


def _parse_indexes(indexes: Json) -> dict[str, JsonObject] | None:
    if not isinstance(indexes, dict):
        return None
    return {
        field: {
            "type": told["type"],
            **{key: value for key, value in told.items() if key in _PARAMETERS and _PARAMETERS[key](value)},
        }
        for field, told in indexes.items()
        if isinstance(told, dict) and told.get("type") in _KINDS
    }


KEEP_SNAPSHOTS: Final = 5
_DATED: Final = re.compile(r"(.+)-(\d{4}-\d\d-\d\d)")


def snapshot_root(top: Path) -> Path:
    """The folder with a folder for each system."""
    return top / "data" / "collections" / "snapshots"


def write_snapshot(folder: Path, collection: str, pieces: Iterable[bytes], today: date) -> Path:
    """Write the snapshot of a day from whole lines; keep the newest five. The caller holds the lock."""
    path = folder / f"{collection}-{today.isoformat()}.jsonl"
    write_pieces(path, pieces)
    prune(_dated(folder, collection), KEEP_SNAPSHOTS)
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
