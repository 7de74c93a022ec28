"""The schema of a collection as JSON: what the store told is written, what is understood is read.

A peer may have written what is read, so names, kinds and numbers are checked and everything else is left.
"""

from collections.abc import Callable, Mapping
from typing import Final

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.vectors.store import Schema, VectorSpec

SCHEMA_FORM: Final = "fedlearn.collection/v1"
UNKNOWN: Final = "unknown"
"""Written where a store cannot say."""

_KINDS: Final = frozenset({"keyword", "integer", "float", "geo", "text", "bool", "datetime", "uuid"})
_TOKENIZERS: Final = ("prefix", "whitespace", "word", "multilingual")
_MOST_VECTORS: Final = 16
_MOST_DIMENSIONS: Final = 65_536
_LONGEST_TOKEN: Final = 1000


def _is_flag(value: Json) -> bool:
    return isinstance(value, bool)


def _is_length(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LONGEST_TOKEN


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
    for name, spec in [*vectors.items()][:_MOST_VECTORS]:
        match spec:
            case {"size": int(size), "distance": "Cosine" | "Dot" | "Euclid" | "Manhattan" as distance}:
                if 0 < size <= _MOST_DIMENSIONS:
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
        for name, told in found[:_MOST_VECTORS]
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
