"""All files of the manual: one per command, so that new commands never conflict in one file."""

from pathlib import Path

from manual import markdown, roff
from manual.pages import command_pages, overview

MAN = "docs/man"
REFERENCE = "docs/reference"


def made_files() -> dict[str, str]:
    """Path and text of every file that is made from the commands."""
    root, commands = overview(), command_pages()
    files = {
        f"{MAN}/git-fedlearn.1": roff.format_overview(root, commands),
        f"{REFERENCE}/README.md": markdown.format_overview(root, commands),
    }
    for page in (page for pages in commands.values() for page in pages):
        files[f"{MAN}/git-fedlearn-{page.name}.1"] = roff.format_command(page)
        files[f"{REFERENCE}/{page.name}.md"] = markdown.format_command(page)
    return files


def surplus(root: Path) -> list[Path]:
    """Files of the manual that no command makes any more."""
    made = {root / path for path in made_files()}
    there = [*(root / MAN).glob("*.1"), *(root / REFERENCE).glob("*.md")]
    return sorted(path for path in there if path not in made)
