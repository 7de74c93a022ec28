"""`python -m manual`: write the man pages and the reference, and remove the pages of removed commands."""

from pathlib import Path

from manual.making import made_files, surplus

ROOT = Path(__file__).parents[1]

if __name__ == "__main__":
    for path, text in made_files().items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8")
    for old in surplus(ROOT):
        old.unlink()
