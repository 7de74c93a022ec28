"""One self-contained HTML page: figures, charts, table; it makes no network request.

The text of a record is inert: it is JSON in a block that the browser does not run, no character in it can end
the block, and the script inserts it as text only. The content security policy allows only the scripts of this
page, by their hashes.
"""

import json
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.report.figures import set_names

MAX_PAGE_BYTES: Final = 1_500_000
"""The page is smaller than this; the table omits lessons to fit."""

MAX_ROWS: Final = 25_000
"""More lessons than fit into a page: a row has 60 bytes."""

_NOT_SHOWN: Final = ("lessons", "top", "overlap")
_SCRIPTS: Final = ("charts.js", "report.js")
_ESCAPES: Final = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def format_page(figures: JsonObject, changes: "JsonObject | None" = None) -> bytes:
    """The page of these figures, in UTF-8; `changes` are those since the last report."""
    scripts = [_asset(name) for name in _SCRIPTS]
    body = "".join(f"<script>{script}</script>\n" for script in scripts)
    parts = {"style": _asset("report.css"), "policy": _policy(scripts), "scripts": body}
    template = _asset("report.html")
    budget = MAX_PAGE_BYTES - len(_fill(template, data="", **parts).encode()) - 2_000
    data = format_data({**figures, "changes": changes}, budget)
    return _fill(template, data=data, **parts).encode("utf-8")


def format_data(figures: JsonObject, max_bytes: int) -> str:
    """The figures as JSON for a script block, of about `max_bytes` bytes at most.

    If not all lessons fit, the last ones are left out. The first ones open whole: half of the room is theirs.
    """
    facts: dict[str, Any] = figures
    lessons, names = facts["lessons"], [row[0] for row in facts["all_systems"]]
    index: dict[str, int] = {name: number for number, name in enumerate([*set_names(figures), *names])}
    others: dict[str, Any] = {key: value for key, value in facts.items() if key not in _NOT_SHOWN}
    others["index"] = [*index]
    room = max_bytes - len(_dumps(others).encode()) - 100
    rows: list[Json] = [_row(lesson, index) for lesson in lessons]
    texts = _choose_texts(lessons, [len(_dumps(row).encode()) + 1 for row in rows], room)
    shown = len(texts)
    return _dumps(
        {**others, "rows": rows[:shown], "texts": texts, "left_out": facts["totals"]["lessons"] - shown}
    )


def _choose_texts(lessons: list[dict[str, Any]], sizes: list[int], room: int) -> list[Json]:
    """The texts of each lesson that has a row in the page, or None without room for them."""
    chosen: list[Json] = []
    used, rest = 0, sum(sizes)
    for lesson, size in zip(lessons, sizes, strict=True):
        if used + size + len(",null") > room:
            break
        rest -= size
        used += size
        length = len(_dumps(lesson["texts"]).encode()) + 1
        fits = used + length <= max(room // 2, room - rest - len(",null") * len(lessons))
        chosen.append(lesson["texts"] if fits else None)
        used += length if fits else len(",null")
    return chosen


def _row(lesson: dict[str, Any], index: dict[str, int]) -> list[Json]:
    return [
        lesson["id"][:12],
        index[lesson["set"]],
        lesson["title"],
        lesson["first"],
        len(lesson["systems"]),
        [index[system] for system in lesson["systems"] if system in index],
        lesson["claimed"],
        lesson["effective"],
        lesson["worked"],
        lesson["failed"],
        lesson["reads_like_instructions"],
    ]


def _dumps(value: Json) -> str:
    """JSON in which nothing can end a script block or a line; lone surrogates stay escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace").decode("utf-8").translate(_ESCAPES)


def _policy(scripts: Sequence[str]) -> str:
    hashes = " ".join(
        f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in scripts
    )
    nothing = "default-src 'none'; base-uri 'none'; form-action 'none'"
    return f"{nothing}; script-src {hashes}; style-src 'unsafe-inline'"


def _fill(template: str, **parts: str) -> str:
    """The template with each `{{name}}` filled in once, in the order of the page."""
    filled = []
    for piece in template.split("{{"):
        name, end, rest = piece.partition("}}")
        filled.append(parts[name] + rest if end else piece)
    return "".join(filled)


def _asset(name: str) -> str:
    return files("git_fedlearn.report").joinpath("assets", name).read_text(encoding="utf-8")
