"""The searched text of a record: its head (the question or error) and its body (the answer)."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.identity import content_of
from git_fedlearn.core.patterns import lazy_pattern
from git_fedlearn.core.supersession import SUPERSEDES

TEXT_VERSION: Final = 5
"""Increased with every change here, so that indexes are built again."""

HEAD_FIELDS: Final = (
    *("error_type", "error_message", "error", "query", "prompt", "question", "title", "skill_name"),
    *("task_description", "problem", "category"),
)
BODY_FIELDS: Final = (
    *("solution", "response", "completion", "answer", "description", "usage_pattern", "pattern"),
    *("generalizable_pattern", "solution_approach", "content", "text"),
    *("page_content", "document", "data", "_node_content"),
)
_LABELS: Final = frozenset(
    (
        *("role", "language", "framework", "outcome", "source", "version", "id", "collection", "event_type"),
        *("_node_type", "document_id", "doc_id", "ref_doc_id", "user_id", "agent_id", "run_id", "hash"),
        *("actor_id", "attributed_to", "text_lemmatized", "textLemmatized", "createdAt", "updatedAt"),
        *("userId", "agentId", "runId"),
        SUPERSEDES,
    )
)
"""Fields that classify a lesson or link it to others, and are not part of its text."""

_NAMED: Final = frozenset((*HEAD_FIELDS, *BODY_FIELDS, *_LABELS))
_NODE: Final = "_node_content"

_IS_ID: Final = lazy_pattern(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,128}", re.IGNORECASE)
"""A UUID or a digest, which links a text to a file or a user and says nothing."""

MAX_TEXT: Final = 20_000
"""Characters of head and body each; longer texts are pasted material."""


class LessonText(NamedTuple):
    """Head and body of a lesson; at most one is empty, unless the record has no text at all."""

    head: str
    body: str

    @property
    def whole(self) -> str:
        """Head and body as one text."""
        return "\n".join(part for part in self if part)


def lesson_text(fields: JsonObject, chosen: Sequence[str] = ()) -> LessonText:
    """The text of a record; `chosen` fields, in order, replace the known ones."""
    content = _with_node_text(content_of(fields))
    if chosen:
        return LessonText("\n".join(_texts(content, chosen))[:MAX_TEXT], "")
    head = list(dict.fromkeys(_texts(content, HEAD_FIELDS)))
    body = _texts(content, BODY_FIELDS)
    rest = [text for text in _texts(content, sorted(content.keys() - _NAMED)) if not _IS_ID.fullmatch(text)]
    if not (head or body or rest):
        rest = [f"{key} {value}" for key, value in sorted(content.items())]
    if not (head or body):
        rest.sort(key=lambda text: " " not in text)  # a word alone is a label
        head, rest = rest[:1], rest[1:]
    return LessonText("\n".join(head)[:MAX_TEXT], "\n".join([*body, *rest])[:MAX_TEXT])


def _with_node_text(content: JsonObject) -> JsonObject:
    """The content with the text of a node of LlamaIndex in place of the node, which is JSON in a string."""
    node = content.get(_NODE)
    try:
        value = json.loads(node) if isinstance(node, str) else None
    except (ValueError, RecursionError):
        return content
    match value:
        case {"text": str(text)} | {"text_resource": {"text": str(text)}}:
            return {**content, _NODE: text}
    return content


def _texts(content: JsonObject, keys: Iterable[str]) -> list[str]:
    return [text for key in keys if key in content for text in _strings(content[key])]


def _strings(value: Json) -> Iterator[str]:
    """The strings in a value, in order, without labels; lone surrogates become `?`."""
    if isinstance(value, str):
        text = value.encode("utf-8", "replace").decode("utf-8").strip()
        if text:
            yield text
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for key in sorted(value):
            if key not in _LABELS:
                yield from _strings(value[key])
