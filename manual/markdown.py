"""Pages as Markdown, for docs/reference."""

import re
from collections.abc import Iterable, Iterator

from manual.pages import Page
from manual.prose import CONFIGURATION, ENVIRONMENT, EXIT_CODES, FILES

MADE = "<!-- Made by `make docs` from the command itself. Do not edit. -->"


def format_overview(page: Page, commands: dict[str, list[Page]]) -> str:
    """The first page of the reference."""
    lines = [MADE, "# Reference", "", *_usage(page), *_paragraphs(page)]
    for heading, pages in commands.items():
        lines += [f"## {heading.capitalize()}", ""]
        lines += [f"* [{page.name}]({page.name}.md): {_text(page.short)}" for page in pages] + [""]
    lines += ["## Options of every command", "", *_table(("option", "meaning"), page.options)]
    for name, heads, pairs in (
        ("Exit codes", ("code", "meaning"), EXIT_CODES),
        ("Environment", ("variable", "meaning"), ENVIRONMENT),
        ("Git config", ("key", "meaning"), CONFIGURATION),
        ("Files", ("file", "meaning"), FILES),
    ):
        lines += [f"## {name}", "", *_table(heads, pairs)]
    return "\n".join(lines).rstrip() + "\n"


def format_command(page: Page) -> str:
    """The page of a command."""
    lines = [MADE, f"# {page.path}", "", f"{_text(page.short)}.", "", *_body(page)]
    for below in page.below:
        lines += [f"## {below.name}", "", *_body(below)]
    if page.examples:
        lines += ["## Examples", "", *_table(("to type", "what for"), page.examples)]
    lines += [
        "[All commands](README.md), and [the options of every command](README.md#options-of-every-command)"
    ]
    return "\n".join(lines) + "\n"


def _body(page: Page) -> Iterator[str]:
    yield from _usage(page)
    yield from _paragraphs(page)
    yield from _table(("option", "meaning"), page.options)


def _usage(page: Page) -> list[str]:
    return ["```text", page.usage, "```", ""]


def _paragraphs(page: Page) -> Iterator[str]:
    for paragraph in (*page.paragraphs, *([page.epilog] if page.epilog else [])):
        yield _text(paragraph)
        yield ""


def _table(heads: tuple[str, str], pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    rows = [f"| `{_in_table(term)}` | {_text(text)} |" for term, text in pairs]
    if rows:
        yield f"| {heads[0]} | {heads[1]} |"
        yield "|---|---|"
        yield from rows
        yield ""


def _in_table(term: str) -> str:
    return term.replace("|", r"\|")


def _text(text: str) -> str:
    """Text in which Markdown finds nothing but the backticks that stand in it."""
    return "".join(
        part if part.startswith("`") else re.sub(r"([\\*_<>|\[\]])", r"\\\1", part)
        for part in re.split(r"(`[^`]+`)", text)
    )
