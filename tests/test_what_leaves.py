"""docs/what-leaves.md lists every file that git-fedlearn puts into commits."""

import re
from fnmatch import fnmatchcase
from pathlib import Path

from doc_pages import TOP, machine
from systems import World

PAGE = TOP / "docs/what-leaves.md"


def listed_patterns() -> list[str]:
    """The paths in the first column of the first table."""
    table = PAGE.read_text(encoding="utf-8").partition("## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return [pattern for row in rows for pattern in re.findall(r"`([^`]+)`", row)]


def is_listed(path: str, patterns: list[str]) -> bool:
    """Whether a path matches a pattern; a `*` stays within one folder."""
    return any(path.count("/") == one.count("/") and fnmatchcase(path, one) for one in patterns)


def committed_files(world: World) -> list[str]:
    """What git would commit after everything that writes into a repository was run once."""
    stack = machine(world, "mei").system
    system = world.system("lessons")
    system.environment |= {key: stack.environment[key] for key in ("HOME", "GIT_CONFIG_GLOBAL")}
    system.fedlearn("sync")
    system.fedlearn("note", "connect to port 6333 refused => start qdrant and wait for /readyz")
    system.add("collections/notes", {"title": "A note", "text": "Vectors can be made again."})
    found = re.search(r'"_id":"([0-9a-f]+)"', system.read("data/patterns/error-solutions.jsonl").decode())
    assert found
    system.fedlearn("outcome", found[1], "--worked")
    system.fedlearn("dataset", "snapshot")
    system.fedlearn("dataset", "trained", "small-1", "--from", "fine-tuning")
    system.fedlearn("report")
    system.fedlearn("search", "qdrant")
    return system.git("ls-files", "--cached", "--others", "--exclude-standard").out.splitlines()


def test_every_file_in_commits_is_listed(world: World) -> None:
    files = committed_files(world)
    patterns = listed_patterns()
    assert {"data/outcomes", "data/metrics/monthly", "data/telemetry/snapshots"} <= {
        str(folder) for file in files for folder in Path(file).parents
    }
    assert [file for file in files if not is_listed(file, patterns)] == []
