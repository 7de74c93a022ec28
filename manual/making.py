"""All files of the manual: one for each verb, so that two people who add verbs do not meet in one file."""

from pathlib import Path

from manual import markdown, roff
from manual.pages import overview, verb_pages

MAN = "docs/man"
REFERENCE = "docs/reference"


def made_files() -> dict[str, str]:
    """Path and text of every file that is made from the commands."""
    root, verbs = overview(), verb_pages()
    files = {
        f"{MAN}/git-fedlearn.1": roff.format_overview(root, verbs),
        f"{REFERENCE}/README.md": markdown.format_overview(root, verbs),
    }
    for page in (page for pages in verbs.values() for page in pages):
        files[f"{MAN}/git-fedlearn-{page.verb}.1"] = roff.format_verb(page)
        files[f"{REFERENCE}/{page.verb}.md"] = markdown.format_verb(page)
    return files


def surplus(root: Path) -> list[Path]:
    """Files of the manual that no command makes any more."""
    made = {root / path for path in made_files()}
    there = [*(root / MAN).glob("*.1"), *(root / REFERENCE).glob("*.md")]
    return sorted(path for path in there if path not in made)
