"""Payload indexes of the embedded engine in the words of Qdrant's REST API: `{"type": "keyword"}`."""

from typing import TYPE_CHECKING, Any

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.extras import Lazy

if TYPE_CHECKING:
    import qdrant_edge as edge
else:
    edge = Lazy("qdrant_edge", "local")


def format_index(info: "edge.PayloadIndexInfo") -> JsonObject:
    """The kind of an index and the parameters that were set."""
    told: JsonObject = {"type": _word(info.data_type)}
    for name in dir(info.params) if info.params else ():
        value = getattr(info.params, name)
        if not name.startswith("_") and value is not None:
            told[name] = value if isinstance(value, bool | int) else _word(value)
    return told


def parse_index(index: JsonObject) -> "edge.PayloadSchemaType | edge.PayloadSchemaParams":
    """An index with those of its parameters that its kind has; the type must be one of Qdrant's."""
    kind = str(index["type"]).title()
    form = getattr(edge, f"{kind}IndexParams")
    parameters = {name: _native(name, value) for name, value in index.items() if hasattr(form, name)}
    made: edge.PayloadSchemaParams = form(**parameters)
    return made if parameters else getattr(edge.PayloadSchemaType, kind)


def _native(name: str, value: Json) -> Any:  # noqa: ANN401  a flag, a number or an enumeration of the engine
    return getattr(edge.TokenizerType, str(value).title()) if name == "tokenizer" else value


def _word(value: object) -> str:
    return str(value).rpartition(".")[2].lower()
