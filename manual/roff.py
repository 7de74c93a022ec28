"""Pages as man pages (man(7))."""

import re
from collections.abc import Iterable, Iterator

from manual.pages import Page
from manual.prose import CONFIGURATION, ENVIRONMENT, EXIT_CODES, FILES

SEE_ALSO = "git-fedlearn(1), for the options of every command"
Pairs = Iterable[tuple[str, str]]


def format_overview(page: Page, commands: dict[str, list[Page]]) -> str:
    """git-fedlearn(1)."""
    lines = _head("git-fedlearn", "keep and share what your local AI stack learns, with plain git")
    lines += [*_synopsis([page]), *_description(page), *_options(page)]
    for heading, pages in commands.items():
        lines += [f".SH {_quoted(f'COMMANDS: {heading}'.upper())}"]
        lines += _list((f"git-fedlearn-{page.name}(1)", f"{page.short}.") for page in pages)
    for heading, pairs in (
        ("EXIT STATUS", EXIT_CODES),
        ("ENVIRONMENT", ENVIRONMENT),
        ("CONFIGURATION", CONFIGURATION),
        ("FILES", FILES),
    ):
        lines += [f".SH {_quoted(heading)}", *_list(pairs)]
    return _finish([*lines, ".SH SEE ALSO", "git(1), gitattributes(5), githooks(5), git-merge(1)"])


def format_command(page: Page) -> str:
    """git-fedlearn-COMMAND(1)."""
    lines = [*_head(f"git-fedlearn-{page.name}", page.short), *_synopsis(page.below or [page])]
    lines += [*_description(page), *_options(page)]
    if page.below:
        lines.append(".SH COMMANDS")
        for below in page.below:
            lines += [f".SS {_quoted(below.usage)}", *_paragraphs(below.paragraphs), *_list(below.options)]
    if page.examples:
        lines += [".SH EXAMPLES", *_list((line, _sentence(text)) for line, text in page.examples)]
    lines += [".SH EXIT STATUS", *_list(EXIT_CODES), ".SH SEE ALSO", SEE_ALSO]
    return _finish(lines)


def _head(name: str, short: str) -> list[str]:
    return [
        '.\\" Made by `make docs` from the command itself. Do not edit.',
        f'.TH {_quoted(name.upper())} 1 "" git-fedlearn "git-fedlearn manual"',
        ".SH NAME",
        f"{_escape(name)} \\- {_escape(short[:1].lower() + short[1:])}",
    ]


def _synopsis(pages: Iterable[Page]) -> Iterator[str]:
    yield ".SH SYNOPSIS"
    for number, page in enumerate(pages):
        if number:
            yield ".br"
        arguments = page.usage.removeprefix(page.path)
        yield f"\\fB{_escape(page.path)}\\fR{_escape(arguments)}"


def _description(page: Page) -> Iterator[str]:
    yield ".SH DESCRIPTION"
    yield from _paragraphs([*page.paragraphs, *([page.epilog] if page.epilog else [])])


def _options(page: Page) -> list[str]:
    return [".SH OPTIONS", *_list(page.options)] if page.options else []


def _paragraphs(paragraphs: Iterable[str]) -> Iterator[str]:
    for paragraph in paragraphs:
        yield ".PP"
        yield _escape(paragraph)


def _list(pairs: Pairs) -> Iterator[str]:
    for term, text in pairs:
        yield ".TP"
        yield f"\\fB{_escape(term)}\\fR"
        yield _escape(text)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('?') else '.'}"


def _escape(text: str) -> str:
    """Text that roff prints as it is; what stands in backticks becomes bold."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("…", "...")
    text = re.sub(r"`([^`]+)`", r"\\fB\1\\fR", text)
    return f"\\&{text}" if text.startswith((".", "'")) else text


def _quoted(text: str) -> str:
    return f'"{_escape(text).replace(chr(34), "")}"'


def _finish(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"
