"""Files of a collection that only one system writes: its schema as JSON, and dated snapshots of its records.

The schema is written as the store reports it. A peer may have written the one that is read, so only known
names, types and numbers are taken from it.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Final

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.collection_names import escape_name, is_collection_name, known_name, unescape_name
from git_fedlearn.qdrant.store import Schema, VectorSpec
from git_fedlearn.repository.files import held, prune, read_file, write_file, write_pieces
from git_fedlearn.repository.repository import Repository

SCHEMA_FORM: Final = "fedlearn.collection/v1"
KEEP_SNAPSHOTS: Final = 5
SNAPSHOTS: Final = "data/collections/snapshots"
"""The folder that contains one folder per system."""
_SCHEMA_ENDING: Final = ".schema.json"

UNKNOWN: Final = "unknown"
"""Written if a store cannot tell."""

_INDEX_TYPES: Final = frozenset({"keyword", "integer", "float", "geo", "text", "bool", "datetime", "uuid"})
_TOKENIZERS: Final = ("prefix", "whitespace", "word", "multilingual")
_DATED: Final = re.compile(r"(.+)-(\d{4}-\d\d-\d\d)")
_MAX_VECTORS: Final = 16
"""Of each kind, and aliases."""
MAX_SIM: Final = "max_sim"
"""The one way in which Qdrant compares multivectors."""
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
"""Parameters of a payload index that are restored, with a check of their values."""


def format_schema(schema: Schema) -> JsonObject:
    """A schema as JSON, without the date."""
    return {
        "schema": SCHEMA_FORM,
        "written": None,
        "vectors": {
            name: {
                "size": spec.size,
                "distance": spec.distance,
                **({"multivector": schema.multi[name]} if name in schema.multi else {}),
            }
            for name, spec in schema.vectors.items()
        },
        "sparse_vectors": {**schema.sparse},
        "payload_indexes": UNKNOWN if schema.indexes is None else {**schema.indexes},
        "aliases": UNKNOWN if schema.aliases is None else [*schema.aliases],
    }


def parse_schema(fields: JsonObject) -> Schema | None:
    """A schema from JSON, None if it is not one."""
    vectors, sparse = fields.get("vectors"), fields.get("sparse_vectors")
    if fields.get("schema") != SCHEMA_FORM or not isinstance(vectors, dict):
        return None
    specs, multi = {}, {}
    for name, spec in [*vectors.items()][:_MAX_VECTORS]:
        match spec:
            case {"size": int(size), "distance": "Cosine" | "Dot" | "Euclid" | "Manhattan" as distance}:
                if 0 < size <= _MAX_DIMENSIONS:
                    specs[name] = VectorSpec(size, distance)
                    if isinstance(spec, dict) and spec.get("multivector") == MAX_SIM:
                        multi[name] = MAX_SIM
    aliases = fields.get("aliases")
    return Schema(
        specs,
        _parse_sparse(sparse) if isinstance(sparse, dict) else {},
        _parse_indexes(fields.get("payload_indexes")),
        _parse_aliases(aliases) if isinstance(aliases, list) else None,
        multi,
    )


def _parse_aliases(aliases: list[Json]) -> list[str]:
    return [name for name in aliases[:_MAX_VECTORS] if isinstance(name, str) and is_collection_name(name)]


def _parse_sparse(sparse: JsonObject) -> dict[str, JsonObject]:
    found = [(name, vector) for name, vector in sparse.items() if isinstance(vector, dict)]
    return {
        name: {"modifier": "idf"} if vector.get("modifier") == "idf" else {}
        for name, vector in found[:_MAX_VECTORS]
    }


def _parse_indexes(indexes: Json) -> dict[str, JsonObject] | None:
    if not isinstance(indexes, dict):
        return None
    return {
        field: {
            "type": index["type"],
            **{key: value for key, value in index.items() if key in _PARAMETERS and _PARAMETERS[key](value)},
        }
        for field, index in indexes.items()
        if isinstance(index, dict) and index.get("type") in _INDEX_TYPES
    }


def write_snapshot(folder: Path, collection: str, pieces: Iterable[bytes], today: date) -> Path:
    """Write the snapshot of a day, and keep the newest KEEP_SNAPSHOTS. The caller holds the lock.

    `pieces` consist of whole lines.
    """
    path = folder / f"{escape_name(collection)}-{today.isoformat()}.jsonl"
    write_pieces(path, pieces)
    prune(_dated(folder, collection), KEEP_SNAPSHOTS)
    return path


def newest_snapshots(repository: Repository, collection: str) -> list[str]:
    """The path of the newest snapshot of each system that has one, sorted."""
    newest: dict[str, str] = {}
    for path in sorted(_files(repository, ".jsonl")):
        folder, _, name = path.rpartition("/")
        match = _DATED.fullmatch(name.removesuffix(".jsonl"))
        if match and unescape_name(match[1]) == known_name(collection):
            newest[folder] = path
    return sorted(newest.values())


def write_schema(folder: Path, collection: str, schema: Schema, today: date) -> None:
    """Write the schema of a collection if it changed. The caller holds the lock."""
    path = folder / f"{escape_name(collection)}{_SCHEMA_ENDING}"
    fields = format_schema(schema)
    if known_name(collection) != collection:
        fields["collection"] = collection
    if fields != {**_parse_object(read_file(path)), "written": None}:
        text = json.dumps(
            {**fields, "written": today.isoformat()}, indent=2, sort_keys=True, ensure_ascii=False
        )
        write_file(path, text.encode("utf-8") + b"\n")


def find_schema(repository: Repository, collection: str) -> Schema | None:
    """The newest valid schema of all systems, None if there is none.

    If its payload indexes are unknown, they are taken from the newest schema that has them.
    """
    written = [
        _parse_object(_read(repository, path))
        for path in _files(repository, _SCHEMA_ENDING)
        if unescape_name(_file_stem(path)) == known_name(collection)
    ]
    written.sort(key=lambda fields: (str(fields.get("written")), json.dumps(fields)), reverse=True)
    found = [schema for fields in written if (schema := parse_schema(fields))]
    if not found:
        return None
    indexes = next((schema.indexes for schema in found if schema.indexes is not None), {})
    return found[0]._replace(indexes=indexes)


def find_whole_name(repository: Repository, cut: str) -> str:
    """The name of a collection whose file name is cut, from a schema; the cut one if no schema has it."""
    for path in _files(repository, _SCHEMA_ENDING):
        if _file_stem(path) == cut:
            name = _parse_object(_read(repository, path)).get("collection")
            if isinstance(name, str) and escape_name(name) == cut:
                return name
    return cut


def _file_stem(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(_SCHEMA_ENDING)


def _files(repository: Repository, ending: str) -> set[str]:
    """The non-empty files of all systems that end so, also those that a sparse checkout leaves out."""
    here = held(repository.top.glob(f"{SNAPSHOTS}/*/*{ending}"))
    left_out = repository.sparse.below(SNAPSHOTS)
    return {*map(repository.relative, here), *(path for path in left_out if path.endswith(ending))}


def _read(repository: Repository, path: str) -> bytes:
    return read_file(repository.top / path) or repository.sparse.read(path)


def _dated(folder: Path, collection: str) -> list[Path]:
    dated = [(match, path) for path in folder.glob("*.jsonl") if (match := _DATED.fullmatch(path.stem))]
    return held(sorted(path for match, path in dated if match[1] == escape_name(collection)))


def _parse_object(data: bytes) -> JsonObject:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
