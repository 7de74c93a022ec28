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
from typing import Final

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.report.figures import set_names

MAX_PAGE_BYTES: Final = 1_500_000
"""The page is smaller than this; the table omits lessons to fit."""

_SCRIPTS: Final = ("d3.min.js", "plot.min.js", "report.js")
_ESCAPES: Final = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def format_page(figures: JsonObject) -> bytes:
    """The page of these figures, in UTF-8."""
    scripts = [_asset(name) for name in _SCRIPTS]
    frame = _fill(
        _asset("report.html"), style=_asset("report.css"), policy=_policy(scripts), data="", scripts=""
    )
    budget = MAX_PAGE_BYTES - len(frame.encode()) - sum(len(script.encode()) for script in scripts) - 2_000
    body = "".join(f"<script>{script}</script>\n" for script in scripts)
    page = _fill(
        _asset("report.html"),
        style=_asset("report.css"),
        policy=_policy(scripts),
        data=format_data(figures, budget),
        scripts=body,
    )
    return page.encode("utf-8")


def format_data(figures: JsonObject, max_bytes: int) -> str:
    """The figures as JSON for a script block, of about `max_bytes` bytes at most."""
    lessons = figures["lessons"] if isinstance(figures["lessons"], list) else []
    others = {key: value for key, value in figures.items() if key != "lessons"}
    names = _names(figures)
    room = max_bytes - len(_dumps({**others, "names": [*names], "left_out": 0}).encode())
    rows: list[Json] = []
    for lesson in lessons:
        row = _row(lesson, names) if isinstance(lesson, dict) else []
        room -= len(_dumps(row).encode()) + 1
        if room < 0:
            break
        rows.append(row)
    return _dumps({**others, "names": [*names], "rows": rows, "left_out": len(lessons) - len(rows)})


def _names(figures: JsonObject) -> dict[str, int]:
    """A number for each set, and for each system that is shown by name."""
    systems = figures["systems"] if isinstance(figures["systems"], list) else []
    return {name: number for number, name in enumerate([*set_names(figures), *map(str, systems)])}


def _row(lesson: JsonObject, names: dict[str, int]) -> list[Json]:
    systems = lesson["systems"] if isinstance(lesson["systems"], list) else []
    return [
        str(lesson["id"])[:12],
        names[str(lesson["set"])],
        lesson["title"],
        lesson["body"],
        lesson["first"],
        len(systems),
        [names[str(system)] for system in systems if system in names],
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
