"""`python -m manual.recording`: docs/demo.svg, a picture of a real run of `git fedlearn demo`.

The run has random ids, so a picture that says the same but for its ids stays.
"""

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

PICTURE: Final = Path(__file__).parents[1] / "docs" / "demo.svg"
WIDTH: Final = 96
GAP: Final = "    ⋮"

THEME: Final = TerminalTheme(
    (24, 26, 32),
    (214, 218, 226),
    [
        *((40, 44, 52), (224, 108, 117), (152, 195, 121), (229, 192, 123)),
        *((97, 175, 239), (198, 120, 221), (86, 182, 194), (214, 218, 226)),
    ],
)

FORMAT: Final = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" role="img" xmlns="http://www.w3.org/2000/svg">
<title>{title}</title>
<!-- {desc} -->
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def run_demo() -> list[Text]:
    """The lines of a real run, with their colors."""
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
    done = subprocess.run(
        [sys.executable, "-m", "git_fedlearn.cli", "demo"], env=environment, capture_output=True, check=True
    )
    return [Text.from_ansi(line) for line in done.stdout.decode("utf-8").splitlines()]


def choose(lines: list[Text]) -> Iterator[Text]:
    """What a visitor should see: learning, what was redacted, a race, and that all agree in the end."""
    acts = _acts(lines)
    yield from _until(acts["2."], "committed")
    yield from [Text(GAP), Text(""), *acts["3."], *_until(acts["4."], "merged, no conflict")]
    yield from [Text(GAP), Text(""), *acts["What each"], acts["result"][0]]


def _acts(lines: list[Text]) -> dict[str, list[Text]]:
    acts: dict[str, list[Text]] = {}
    current: list[Text] = []
    for line in lines:
        start = re.match(r"\d\.(?= [A-Z])|What each|(?=\d+ pulls)", line.plain)
        if start:
            current = acts.setdefault(start[0] or "result", [])
        current.append(line)
    return acts


def _until(lines: list[Text], word: str) -> list[Text]:
    last = next(number for number, line in enumerate(lines) if word in line.plain)
    return lines[: last + 1]


def draw(lines: list[Text], title: str, name: str) -> str:
    """The lines as SVG, without anything that would be fetched; `name` is the prefix of its ids."""
    console = Console(
        record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    for line in lines:
        console.print(line, soft_wrap=True)
    described = re.sub("-(?=-)", "- ", _masked("\n".join(line.plain for line in lines)))
    form = FORMAT.replace("{desc}", described.replace("{", "{{").replace("}", "}}")).replace("{title}", title)
    return console.export_svg(title=title, theme=THEME, code_format=form, unique_id=name)


def _masked(text: str) -> str:
    """The text without what differs from run to run."""
    return (
        re.sub(r"sys-[a-z2-7]{10}|\b[0-9a-f]{8,40}\b", "…", text).replace("&", "&amp;").replace("<", "&lt;")
    )


def _says(svg: str) -> str:
    return svg.partition("<!-- ")[2].partition(" -->")[0]


def write_picture(path: Path, drawn: str) -> None:
    """Write a picture, unless the one that is there says the same but for its ids."""
    if not path.exists() or _says(path.read_text(encoding="utf-8")) != _says(drawn):
        path.write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    write_picture(PICTURE, draw([*choose(run_demo())], "git fedlearn demo", "demo"))
