"""Export, import and search. VECTOR_POINTS sets the number of points (3000)."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.git_merge import ENVIRONMENT
from benchmarks.measure import Run, compare, in_child, run
from benchmarks.records import record_fields
from benchmarks.table import Row
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import make_record
from git_fedlearn.repository.record_sets import RecordSets

COLLECTION = "skills-patterns"

_LOCAL_MODE = """
import sys, warnings; warnings.simplefilter("ignore")
from qdrant_client import QdrantClient, models
from benchmarks.records import record_fields
client = QdrantClient(path="local")
client.create_collection("x", vectors_config=models.VectorParams(size=256, distance=models.Distance.COSINE))
number, batch = int(sys.argv[1]), int(sys.argv[2])
for start in range(0, number, batch):
    made = [(n, record_fields(n)) for n in range(start, start + batch)]
    points = [models.PointStruct(id=n, vector=[1.0] * 256, payload=fields) for n, fields in made]
    client.upsert("x", points, wait=True)
"""
_ONE_BY_ONE = """
import sys
from pathlib import Path
from benchmarks.records import record_fields
from git_fedlearn.qdrant.embedded import open_edge_store
from git_fedlearn.search.lesson_text import lesson_text
from git_fedlearn.qdrant.store import Point, Schema, VectorSpec
from git_fedlearn.search.embedders.wordllama import WordLlamaEmbedder
model = WordLlamaEmbedder()
with open_edge_store(Path("one-by-one"), "bench") as store:
    made = store.create("x", Schema({"": VectorSpec(256)}))
    for n in range(int(sys.argv[1])):
        fields = record_fields(n)
        made.upsert([Point(n, fields, model.embed([lesson_text(fields).whole])[0])])
"""
_BM25 = """
import sys
from pathlib import Path
from git_fedlearn.search.relevance import WordMatcher
lines = [line for path in Path("data").rglob("*.jsonl") for line in path.read_text().splitlines()]
scores = WordMatcher().scores(sys.argv[1], lines)
print(lines[scores.index(max(scores))])
"""


def rows(folder: Path) -> Iterator[Row]:
    """Import and export of a collection, a second import, a search."""
    number = int(os.environ.get("VECTOR_POINTS", "3000"))
    repository = folder / "repository"
    in_child(_prepare, repository, number)
    environment = {**ENVIRONMENT, "PYTHONPATH": str(Path(__file__).parents[1])}

    def ours(*arguments: str) -> Callable[[], Run]:
        return lambda: run((sys.executable, "-m", "git_fedlearn.cli", *arguments), repository, environment)

    def rival(program: str, *arguments: str) -> Callable[[], Run]:
        return lambda: run((sys.executable, "-c", program, *arguments), folder, environment)

    def fresh() -> None:
        for path in (repository / ".git/fedlearn/qdrant", repository / ".git/fedlearn/imports"):
            shutil.rmtree(path, ignore_errors=True)
        for name in ("one-by-one", "local"):
            shutil.rmtree(folder / name, ignore_errors=True)

    imported = ours("import", COLLECTION)
    one = rival(_ONE_BY_ONE, str(number))
    yield Row(f"import of {number} points", "one upsert a point", compare(imported, one, fresh, pairs=1))
    local = rival(_LOCAL_MODE, str(number), "100")
    yield Row(
        f"import of {number} points", "local mode, no embedding", compare(imported, local, fresh, pairs=1)
    )
    imported()
    bare = rival("pass")
    nothing = compare(imported, bare, lambda: None, pairs=3)
    yield Row("import, nothing new", "python -c pass", nothing, note=f"{nothing.ours:.2f} s (under 2)")
    exported = ours("export", COLLECTION)
    yield Row(f"export of {number} points", "python -c pass", compare(exported, bare, lambda: None, pairs=1))
    yield from _searches(repository, number, ours, environment)
    log = "\n".join(f"step {chr(97 + n % 26) * 3} of {chr(97 + n // 2) * 2} took long" for n in range(40))
    pasted = compare(ours("search", log), bare, lambda: None, pairs=3)
    yield Row(f"search for a log of 40 lines among {number} lessons", "python -c pass", pasted)


def _searches(
    repository: Path, number: int, ours: Callable[..., Callable[[], Run]], environment: dict[str, str]
) -> Iterator[Row]:
    """Search with and without an index, against a bare start, BM25 alone and grep."""
    question = record_fields(number // 2)["query"]
    words = " ".join(str(question).split()[:6])
    asked, exact = ours("search", words), ours("search", str(question))

    def rival(*command: str) -> Callable[[], Run]:
        return lambda: run(command, repository, environment)

    def forget() -> None:
        shutil.rmtree(repository / ".git/fedlearn/index", ignore_errors=True)

    bare, grep = rival(sys.executable, "-c", "pass"), rival("grep", "-riE", words.replace(" ", "|"), "data")
    bm25 = rival(sys.executable, "-c", _BM25, words)
    cold = compare(asked, bare, forget, pairs=1)
    yield Row(f"search, index of {number} lessons built", "python -c pass", cold)
    for name, against in (("python -c pass", bare), ("grep", grep), ("BM25 alone, no index", bm25)):
        yield Row(f"search among {number} lessons", name, compare(asked, against, lambda: None, pairs=3))
    sure = compare(exact, asked, lambda: None, pairs=3)
    yield Row("search that BM25 answers beyond doubt", "search by meaning, too", sure)


def _prepare(repository: Path, number: int) -> None:
    (repository / "data").mkdir(parents=True)
    for command in (("init", "--quiet"), ("config", "fedlearn.system", "sys-abcdefghij")):
        subprocess.run(("git", *command), cwd=repository, check=True)
    lines = [make_record(record_fields(n)).line for n in range(number)]
    RecordSets(repository, 10_000_000).join(SetName(COLLECTION), lines)
