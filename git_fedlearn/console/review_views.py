"""How samples that wait are shown: redacted, in ASCII, unless somebody asks to see what is in doubt."""

import json
from typing import Final

from git_fedlearn.console.context import Context
from git_fedlearn.core.canonical import Json
from git_fedlearn.learn.review import Waiting, find_doubts

KEY_LENGTH: Final = 8
"""Characters of a key that people are shown; any unambiguous start is accepted."""


def say_list(context: Context, waiting: list[Waiting]) -> None:
    """A line for each sample."""
    for item in waiting:
        kinds = sorted({doubt.kind for doubt in find_doubts(context.privacy, item.content)})
        context.say(f"{item.key[:KEY_LENGTH]}  {_place(context, item)}  {', '.join(kinds)}")
    if waiting:
        context.note("hint: git fedlearn review show KEY, then keep, redact, edit or drop KEY")
    else:
        context.note("nothing waits for review")


def say_sample(context: Context, item: Waiting, *, reveal: bool) -> None:
    """A sample, redacted; `reveal` adds what the findings of doubt are about."""
    context.say(f"key     {item.key[:KEY_LENGTH]}\nsource  {_place(context, item)}\nsince   {item.since}")
    for doubt in find_doubts(context.privacy, item.content):
        text = ascii(_text_at(item.content, doubt.pointer)[doubt.start : doubt.end]) if reveal else ""
        context.say(f"doubt   {doubt.kind} ({doubt.rule}) at {doubt.pointer} {text}".rstrip())
    context.say(f"sample  {json.dumps(context.privacy.sanitize(item.content).value, ensure_ascii=True)}")


def _text_at(content: Json, pointer: str) -> str:
    """The text that a JSON pointer (RFC 6901) leads to, empty where it leads to none."""
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(content, dict):
            content = content.get(name)
        elif isinstance(content, list) and name.isdecimal() and int(name) < len(content):
            content = content[int(name)]
    return "" if content is None else str(content)


def waiting_to_json(context: Context, item: Waiting) -> Json:
    """A sample for programs, redacted."""
    doubts: list[Json] = [
        {
            "kind": doubt.kind,
            "rule": doubt.rule,
            "pointer": doubt.pointer,
            "start": doubt.start,
            "end": doubt.end,
            "fingerprint": doubt.fingerprint,
            "confidence": doubt.confidence,
        }
        for doubt in find_doubts(context.privacy, item.content)
    ]
    return {
        "key": item.key,
        "source": _place(context, item),
        "since": item.since,
        "doubts": doubts,
        "sample": context.privacy.sanitize(item.content).value,
    }


def _place(context: Context, item: Waiting) -> str:
    return str(context.privacy.sanitize(item.place).value)
