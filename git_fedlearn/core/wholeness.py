"""Whether a text stops before its end, and which items of a list are whole all the same. Pure."""

import json
import re
from functools import lru_cache
from itertools import pairwise
from typing import Final

CUT_OFF: Final = "the answer is cut off"

MIN_WHOLE_ITEMS: Final = 2
"""Whole items of a list that was cut off, for it to be worth keeping."""

_FENCED = re.compile(r"\A```\w*\n(.*?)\n?```\Z", re.DOTALL)
_CODE = re.compile(r"```.*?```", re.DOTALL)
_ITEM = re.compile(r"\s*(?:[-*+•]|\d+[.)])(?:\s|$)")
_END = re.compile(r"[.!?;:)`*\"'\]]$")
_ELLIPSIS = re.compile(r"(?<=[\w\s,;:)])(?:\.{3}|…)\Z")
_CUT_WORDS = (
    r"(?:truncated?|omitted|snip(?:ped)?|clipped|cut(?: off| short)?|elided|abbreviated|shortened"
    r"|trimmed|continue[sd])"
)
_CUT_LINE = re.compile(
    r"[\W_]*(?:"
    rf"[\[(<{{][^\n]{{0,40}}\b{_CUT_WORDS}\b[^\n]{{0,40}}[\])>}}]"
    rf"|(?:\.\.|…)[^\n]{{0,40}}\b{_CUT_WORDS}\b[^\n]{{0,40}}"
    rf"|(?<!^[-*+•] )(?:\w+ ){{0,3}}{_CUT_WORDS}(?: (?:here|due to|because|in|at|by|for)\b[^\n]{{0,40}})?"
    r"|(?:and )?\d[\d,.]*k? ?more(?: \w+)?(?:\W*\([^)\n]*\))?"
    r"|(?<=[\[(<{…+.])\d[\d,.]*k? ?(?:lines?|chars?|characters?|bytes|tokens)\b(?:\W*\([^)\n]*\))?"
    r"|(?:\.\.\.|…)\W*(?:and so on|rest of|existing|remaining|same as)\b[^\n]{0,60}|more"
    r")?[\W_]*",
    re.IGNORECASE,
)
"""A whole line by which a program or a person says that more is missing."""

MAX_CUT_LINE: Final = 120


@lru_cache(maxsize=1)
def is_cut_off(answer: str) -> bool:
    """Whether an answer stops before its end: it says so, or leaves a block, a heading or sentence open."""
    text = answer.rstrip()
    lines = _prose_lines(text)
    if _is_open(text, lines) or without_cut_mark(text) != text:
        return True
    if _is_json_like(text):
        return False
    last = lines[-1] if lines else ""
    if last.count("`") % 2 or last.count("(") > last.count(")"):
        return True
    return bool(last) and (last[-1].isalnum() or last[-1] in "_,") and _ends_unlike_its_kind(lines)


def is_surely_cut_off(note: str) -> bool:
    """Whether a note stops before its end beyond doubt: people often leave out the last full stop."""
    text = note.rstrip()
    lines = _prose_lines(text)
    if _is_open(text, lines) or without_cut_mark(text) != text:
        return True
    *others, last = lines or [""]
    is_list = len(others) >= MIN_WHOLE_ITEMS and all(map(_ITEM.match, [*others, last]))
    return is_list and not _END.search(last) and all(_END.search(line.rstrip()) for line in others)


def without_cut_mark(text: str) -> str:
    """A text without the last lines or the ellipsis that say that more is missing."""
    kept = text.rstrip()
    while (end := kept.rfind("\n")) >= 0 and _is_cut_mark(kept[end + 1 :]):
        kept = kept[:end].rstrip()
    return _ELLIPSIS.sub("", kept).rstrip() if kept.endswith(("...", "…")) else kept


def whole_items(text: str) -> str:
    """A list that was cut off, up to its last whole item; empty unless there are several and nothing else."""
    kept = without_cut_mark(text)
    lines = kept.splitlines()
    starts = [number for number, line in enumerate(lines) if _ITEM.match(line)]
    least = _indent(lines[starts[0]]) if starts else 0
    top = [number for number in starts if _indent(lines[number]) == least]
    if text.rstrip().startswith(f"{kept}\n") and not _is_open(kept, _prose_lines(kept)) and _END.search(kept):
        top.append(len(lines))
    if len(top) <= MIN_WHOLE_ITEMS:
        return ""
    between = lines[top[0] : top[-1]]
    if any(line.strip() and not _indent(line) and not _ITEM.match(line) for line in between):
        return ""
    return "\n".join(lines[: top[-1]]).rstrip()


def unfenced(answer: str) -> str:
    """The content of an answer that is one fenced block, else the answer, stripped."""
    match = _FENCED.match(answer.strip())
    return match[1] if match and "```" not in match[1] else answer.strip()


def _is_cut_mark(line: str) -> bool:
    says = re.search(r"[^\W_]|[.…]", line)
    return len(line) <= MAX_CUT_LINE and says is not None and _CUT_LINE.fullmatch(line) is not None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_open(text: str, lines: list[str]) -> bool:
    """Whether a code block, JSON, a heading or an item is left open; `lines` are its `_prose_lines`."""
    if text.count("```") % 2:
        return True
    if _is_json_like(text):
        return _is_open_json(unfenced(text))
    return len(lines) > 1 and bool(
        re.fullmatch(r"\s*(?:#{1,6}.*|[-*+•]|\d+[.)]|#{1,6}\s*\d+[.)])\s*", lines[-1])
    )


def _prose_lines(text: str) -> list[str]:
    prose = _CODE.sub(".", text) if "```" in text else text
    return [line for line in prose.splitlines() if line and not line.isspace()]


def _is_json_like(text: str) -> bool:
    return unfenced(text).startswith(("{", "["))


def _is_open_json(text: str) -> bool:
    """Whether brackets are left open; text that only starts like JSON passes."""
    try:
        json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        bare = re.sub(r'"(?:[^"\\]|\\.)*"', "", text)
        return bare.count("{") + bare.count("[") > bare.count("}") + bare.count("]")
    return False


def _ends_unlike_its_kind(lines: list[str]) -> bool:
    """Whether the last line lacks an end mark although most lines of its kind (items, or prose) have one."""
    item = bool(_ITEM.match(lines[-1]))
    kin = [
        line for line in lines[:-1] if bool(_ITEM.match(line)) == item and not line.lstrip().startswith("#")
    ]
    kin = [line for line in kin if len(line) >= 40]  # noqa: PLR2004  shorter lines are labels
    if kin:
        return sum(line.rstrip()[-1] in ".!?;:)`*\"'" for line in kin) * 2 > len(kin)
    return len(lines[-1]) >= 200 or any(b == " " and a in ".!?" for a, b in pairwise(lines[-1]))  # noqa: PLR2004
