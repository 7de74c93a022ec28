"""What of a record is searched: its head (what was asked, or went wrong) and its body (what helped)."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.identity import content_of

TEXT_VERSION: Final = 1
"""Changed with anything here, so that indexes are built again."""

HEAD_FIELDS: Final = (
    *("error_type", "error_message", "error", "query", "prompt", "question", "title", "skill_name"),
    *("task_description", "problem", "category"),
)
BODY_FIELDS: Final = (
    *("solution", "response", "completion", "answer", "description", "usage_pattern", "pattern"),
    *("generalizable_pattern", "solution_approach", "content", "text"),
)
_LABELS: Final = frozenset(
    ("role", "language", "framework", "outcome", "source", "version", "id", "collection", "event_type")
)
"""Fields whose values sort lessons rather than tell one."""

MAX_TEXT: Final = 20_000
"""Characters of a record that are searched; what is longer is pasted material."""


class LessonText(NamedTuple):
    """The two parts of a lesson; either may be empty, not both for a record that says anything."""

    head: str
    body: str

    @property
    def whole(self) -> str:
        """Head and body as one text."""
        return "\n".join(part for part in self if part)


def lesson_text(fields: JsonObject, chosen: Sequence[str] = ()) -> LessonText:
    """The text of a record. `chosen` names the fields that count, in order, instead of the known ones."""
    content = content_of(fields)
    if chosen:
        named = [text for key in chosen for text in _strings(content.get(key))]
        return LessonText("\n".join(named)[:MAX_TEXT], "")
    head = list(dict.fromkeys(text for key in HEAD_FIELDS for text in _strings(content.get(key))))
    body = [text for key in BODY_FIELDS for text in _strings(content.get(key))]
    used = {*HEAD_FIELDS, *BODY_FIELDS, *_LABELS}
    rest = [text for key in sorted(content) if key not in used for text in _strings(content[key])]
    if not (head or body or rest):
        rest = [f"{key} {value}" for key, value in sorted(content.items())]
    if not head:
        head, rest = rest[:1], rest[1:]
    return LessonText("\n".join(head)[:MAX_TEXT], "\n".join([*body, *rest])[:MAX_TEXT])


def _strings(value: Json) -> Iterator[str]:
    """The texts in a value, in order; lone surrogates become `?`, labels of nested objects are left out."""
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
