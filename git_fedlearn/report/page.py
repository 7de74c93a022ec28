"""One self-contained HTML page: figures, charts, table; it makes no network request.

The text of a record is inert: it is JSON in a block that the browser does not run, no character in it can end
the block, and the script inserts it as text only. The content security policy allows only the scripts of this
page, by their hashes.
"""

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final, NamedTuple

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.report.figures import set_names

MAX_PAGE_BYTES: Final = 1_500_000
"""The page is smaller than this; the table omits lessons to fit."""

MAX_LISTED_SYSTEMS: Final = 500
"""Systems that the page can list and filter by: those with the most lessons."""

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

    Lessons that need attention are first, then the best ones. If not all fit, the last ones are left out; the
    first ones open whole: half of the room is for them.
    """
    facts: dict[str, Any] = figures
    week = _week(facts["made"])
    lessons = sorted(facts["lessons"], key=lambda one: not (one["failed"] or _is_new(one, week)))
    systems = _all_systems(lessons)
    index: dict[str, int] = {
        name: number for number, name in enumerate([*set_names(figures), *(row[0] for row in systems)])
    }
    others: dict[str, Any] = {key: value for key, value in facts.items() if key not in _NOT_SHOWN}
    others |= {
        "attention": _attention(lessons, week),
        "week": [*week],
        "index": [*index],
        "all_systems": systems,
    }
    room = max_bytes - len(_dumps(others).encode()) - 100
    rows: list[Json] = [_row(lesson, index) for lesson in lessons]
    texts = _choose_texts(lessons, [len(_dumps(row).encode()) + 1 for row in rows], room)
    shown = len(texts)
    return _dumps({**others, "rows": rows[:shown], "texts": texts, "left_out": len(rows) - shown})


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


class ReportWeek(NamedTuple):
    """The first and the last day of a week, in ISO form."""

    first: str
    last: str


def _week(made: str) -> ReportWeek:
    """The week up to the day of the report, and the next day: in some places it has begun."""
    day = date.fromisoformat(made[:10])
    return ReportWeek((day - timedelta(days=6)).isoformat(), (day + timedelta(days=1)).isoformat())


def _is_new(lesson: dict[str, Any], week: ReportWeek) -> bool:
    return bool(week.first <= lesson["first"] <= week.last)


def _attention(lessons: list[dict[str, Any]], week: ReportWeek) -> JsonObject:
    """How many lessons are new, failed (and never worked) or are disputed (worked and failed)."""
    return {
        "new": sum(_is_new(one, week) for one in lessons),
        "failed": sum(one["failed"] > 0 and not one["worked"] for one in lessons),
        "disputed": sum(one["failed"] > 0 and one["worked"] > 0 for one in lessons),
    }


def _all_systems(lessons: list[dict[str, Any]]) -> list[Any]:
    """Each system with its number of lessons and the day of its newest one; those with most lessons first."""
    counted = Counter(system for one in lessons for system in one["systems"])
    newest: dict[str, str] = {}
    for one in lessons:
        newest |= {system: max(newest.get(system, ""), one["first"]) for system in one["systems"]}
    most = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:MAX_LISTED_SYSTEMS]
    return [[system, number, newest[system]] for system, number in most]


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
