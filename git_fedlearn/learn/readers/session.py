"""A session of an agent, in one form for all tools: messages as a log has them, and the steps that they are.

Tools name their functions as they like, so a call is recognized by its arguments: a command, or a path with
what replaces what. How a command ended is said by the log, else by the text of its output.
"""

import json
import re
import shlex
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import InvalidJsonError, Json, JsonObject, objects_in, parse_value

MAX_TEXT: Final = 8000
"""Characters of a text that are looked at: half of them from its start, half from its end."""


class ToolCall(NamedTuple):
    """A call of a tool; `name` and `id` may be empty."""

    id: str
    name: str
    arguments: Json


class Message(NamedTuple):
    """What a user, an agent or a tool said; the result of a tool names its call, if the log does."""

    role: str
    text: str
    calls: tuple[ToolCall, ...] = ()
    answers: str = ""
    failed: bool | None = None
    """Whether the tool failed; None if only the text says so."""
    when: Json = None


class Said(NamedTuple):
    """Words of the user or the agent."""

    by_user: bool
    text: str


class Ran(NamedTuple):
    """A command, whether it failed, and its output without what the tool put around it."""

    command: str
    failed: bool
    output: str
    when: Json


class Changed(NamedTuple):
    """A file that was changed, and how; `before` is empty for a new file."""

    path: str
    before: str
    after: str


Step = Said | Ran | Changed


def shortened(text: str) -> str:
    """The start and the end of a long text."""
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT // 2]}\n{text[-MAX_TEXT // 2 :]}"


def text_of_parts(content: Json) -> str:
    """The text of a message: a string, or the text parts of a list; images and others are left out."""
    if isinstance(content, str):
        return shortened(content)
    if not isinstance(content, list):
        return ""
    texts = [part if isinstance(part, str) else _part_text(part) for part in content]
    return shortened("\n".join(text for text in texts if text))


def _part_text(part: Json) -> str:
    if not isinstance(part, dict) or part.get("type") in ("thinking", "reasoning", "image", "input_image"):
        return ""
    value = part.get("text", part.get("content"))
    return value if isinstance(value, str) else ""


def parse_text(value: Json) -> Json:
    """The value of a text that is JSON, as arguments and messages often are; any other value unchanged."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return value
    try:
        return parse_value(value.encode("utf-8", "replace"))
    except InvalidJsonError:
        return value


def is_scaffold(text: str) -> bool:
    """Whether a program, not the user, wrote a message: nothing but markup, or a notice in brackets."""
    rest = _MARKUP.sub("", text).strip()
    return not rest or bool(_NOTICE.match(rest))


_MARKUP: Final = re.compile(r"<([A-Za-z][\w -]*)(?:\s[^<>]*)?>.*?</\1>", re.DOTALL)
_NOTICE: Final = re.compile(
    r"\[Request interrupted|Caveat: The messages below|This session is being continued"
)


def steps_of(messages: Iterable[Message]) -> list[Step]:
    """The steps of a session, in order; a command or change is a step when its result is known."""
    steps: list[Step] = []
    waiting: dict[str, ToolCall] = {}
    for number, message in enumerate(messages):
        if message.role in ("user", "assistant") and not message.answers and message.text.strip():
            by_user = message.role == "user"
            if not (by_user and is_scaffold(message.text)):
                steps.append(Said(by_user, message.text.strip()))
        for place, call in enumerate(message.calls):
            waiting[call.id or f"{number} {place}"] = call
        if message.role == "tool":
            key = message.answers if message.answers in waiting else next(iter(waiting), "")
            if key:
                steps += _steps_of_call(waiting.pop(key), message)
    return steps


def _steps_of_call(call: ToolCall, result: Message) -> Iterator[Step]:
    if _REJECTED.search(result.text[:_NOTICE_CHARACTERS]):
        return
    arguments = parse_text(call.arguments)
    failed, output = parse_result(result.text, result.failed)
    changes = [*_changes_of(arguments)]
    if changes:
        yield from () if failed else changes
    elif command := _command_of(arguments):
        yield Ran(command, failed, output, result.when)


_NOTICE_CHARACTERS: Final = 300
_REJECTED: Final = re.compile(
    r"(?i)\buser (?:doesn't want|does not want|rejected|declined|denied|interrupted)"
)


def _command_of(arguments: Json) -> str:
    if not isinstance(arguments, dict):
        return ""
    value = next((arguments[key] for key in ("command", "cmd", "script") if arguments.get(key)), None)
    if isinstance(value, list) and value and all(isinstance(word, str) for word in value):
        words = [str(word) for word in value]
        is_shell = len(words) == 3 and words[1].startswith("-") and words[1].endswith("c")  # noqa: PLR2004
        return words[2] if is_shell else shlex.join(words)
    return value.strip() if isinstance(value, str) else ""


_PATHS: Final = ("file_path", "path", "filename", "target_file", "file")
_OLD: Final = ("old_string", "old_str", "old", "search", "before", "old_text")
_NEW: Final = (
    *("new_string", "new_str", "new", "replace", "after", "new_text"),
    *("content", "file_text", "contents"),
)


def _changes_of(arguments: Json) -> Iterator[Changed]:
    """The changes of files that a call asks for."""
    if isinstance(arguments, str):
        yield from parse_patch(arguments)
        return
    if not isinstance(arguments, dict):
        return
    path = _first_text(arguments, _PATHS)
    for edit in [arguments, *objects_in(arguments.get("edits"))]:
        if edit_path := path or _first_text(edit, _PATHS):
            before, after = _first_text(edit, _OLD), _first_text(edit, _NEW)
            if before or after:
                yield Changed(edit_path, shortened(before), shortened(after))
    for value in arguments.values():
        text = "\n".join(map(str, value)) if isinstance(value, list) else value
        if isinstance(text, str) and not path:
            yield from parse_patch(text)


def _first_text(fields: JsonObject, names: Iterable[str]) -> str:
    return next((value for name in names if isinstance(value := fields.get(name), str) and value), "")


_PATCHED_FILE: Final = re.compile(r"(?m)^(?:\*\*\* (?:Update|Add) File: |\+\+\+ (?:b/)?)(.+)$")


def parse_patch(text: str) -> Iterator[Changed]:
    """The changes in a patch, in the form of `apply_patch` or of diff; none if the text is no patch."""
    if "*** Begin Patch" not in text and not re.search(r"(?m)^--- .*\n\+\+\+ ", text):
        return
    files = [*_PATCHED_FILE.finditer(text)]
    for match, following in zip(files, [*files[1:], None], strict=True):
        lines = text[match.end() : following.start() if following else len(text)].splitlines()
        removed = [line[1:] for line in lines if line.startswith("-") and not line.startswith("---")]
        added = [line[1:] for line in lines if line.startswith("+")]
        yield Changed(match[1].strip(), shortened("\n".join(removed)), shortened("\n".join(added)))


_CODE: Final = re.compile(
    r"(?im)^(?:error: )?(?:process )?(?:exit(?:ed)?(?: with)?(?: code| status)?|return ?code)[ :=]+(-?\d+)\b"
)
_LAST_CODE: Final = re.compile(
    r"(?im)(?:exit(?:ed)?|return(?:ed)?|terminated|completed|finished|failed)\b[\w\s-]{0,30}?"
    r"\b(?:code|status)[ :=]+(-?\d+)\b[^\w\n]*\Z"
    r"|^exit (-?\d+)\s*\Z"
)
"""An exit code at the end of an output."""

_TAGGED_CODE: Final = re.compile(r"<(?:exit_?code|returncode)>\s*(-?\d+)\s*</")

_TIMED_OUT: Final = re.compile(r"(?i)\A.{0,80}\b(?:command|process|tool|execution)\b.{0,40}\btimed out\b")

_HEADER: Final = re.compile(
    r"(?i)\A(?:(?:error: )?(?:process )?exit(?:ed)?\b.*|chunk id:.*|wall time:.*|original token count:.*"
    r"|total output lines:.*|output:)\n?"
)
FAILURE_WORDS: Final = re.compile(
    r"(?im)^(?:.*[\s\[:])?(?:error|fatal|panic|exception|traceback|failed|failure|denied|abort(?:ed)?)\b"
    r"|\w(?:Error|Exception)\b|command not found|No such file|\b[1-9]\d* (?:failed|errors?)\b"
)
"""What the output of a failed command mostly says."""

_LAST_CHARACTERS: Final = 1500


def parse_result(text: str, failed: bool | None) -> tuple[bool, str]:  # noqa: FBT001  as a log says it
    """Whether a tool failed, and its output. An explicit code counts most, then the log, then the text."""
    value = parse_text(text)
    if isinstance(value, dict) and (found := _parse_structured(value)):
        code, output = found
        if code is None and failed is None:
            code = _code_in_words(value)
        return (bool(failed) if code is None else code != 0), output
    output = text
    while (header := _HEADER.match(output)) and header.end():
        output = output[header.end() :]
    head = text[: len(text) - len(output)] or text[:200]
    if match := _CODE.search(head):
        return int(match[1]) != 0, output
    if match := _LAST_CODE.search(text[-_NOTICE_CHARACTERS:]) or _TAGGED_CODE.search(text):
        return any(code and int(code) != 0 for code in match.groups()), output
    if _TIMED_OUT.match(text):
        return True, output
    if failed is None:
        failed = bool(FAILURE_WORDS.search(output[-_LAST_CHARACTERS:]))
    return failed, output


def _parse_structured(value: JsonObject) -> tuple[int | None, str] | None:
    """The exit code and the output of a result in JSON; None if it has neither."""
    inner = (value.get(name) for name in ("metadata", "result", "data"))
    fields = {**next((item for item in inner if isinstance(item, dict)), {}), **value}
    names = ("exit_code", "exitCode", "returncode", "return_code", "returnCode", "exit_status")
    code = next((item for name in names if isinstance(item := fields.get(name), int)), None)
    outputs = ("output", "aggregated_output", "stdout", "stderr", "error", "content", "text", "message")
    texts = [text for name in outputs if (text := text_of_parts(fields.get(name)))]
    if code is None and not texts:
        return None
    return code, shortened("\n".join(dict.fromkeys(text for text in texts if text)))


def _code_in_words(fields: JsonObject) -> int | None:
    """0 or 1 as flags and states say it; None if none does."""
    for name, value in (("isError", True), ("is_error", True), ("success", False), ("ok", False)):
        if isinstance(fields.get(name), bool):
            return int(fields[name] is value)
    state = str(fields.get("status", fields.get("state", ""))).casefold()
    if state in ("error", "failed", "failure", "timeout", "timed_out"):
        return 1
    return 0 if state in ("success", "ok", "succeeded", "passed") else None


def format_arguments(arguments: Json) -> str:
    """The arguments of a call as one text, to compare calls by."""
    value = parse_text(arguments)
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
