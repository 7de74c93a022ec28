"""Export, import and search. VECTOR_POINTS sets the number of points (3000).

`python -m benchmarks.search` prints the table of recall in docs/search.md, by wordllama or by the ONNX
model in MODEL_FOLDER.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.git_merge import ENVIRONMENT
from benchmarks.measure import Run, compare, in_child, run
from benchmarks.records import record_fields
from benchmarks.search_questions import DISTRACTORS, PASTED, REWORDED
from benchmarks.table import Row
from git_fedlearn.console.context import Context
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import make_record
from git_fedlearn.repository.record_sets import RecordSets
from git_fedlearn.repository.state import INDEX
from git_fedlearn.search.edge_shard import Candidate
from git_fedlearn.search.embedders.base import Embedder
from git_fedlearn.search.embedders.onnx import OnnxEmbedder
from git_fedlearn.search.embedders.wordllama import WordLlamaEmbedder
from git_fedlearn.search.index import open_index
from git_fedlearn.search.search import relevances

COLLECTION = "skills-patterns"
SAMPLES = Path(__file__).parents[1] / "git_fedlearn" / "demo" / "samples"

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
    asked = ours("search", "how to pin a version")
    asked()
    yield Row(f"search among {number} lessons", "python -c pass", compare(asked, bare, lambda: None, pairs=3))


def _prepare(repository: Path, number: int) -> None:
    (repository / "data").mkdir(parents=True)
    for command in (("init", "--quiet"), ("config", "fedlearn.system", "sys-abcdefghij")):
        subprocess.run(("git", *command), cwd=repository, check=True)
    lines = [make_record(record_fields(n)).line for n in range(number)]
    RecordSets(repository, 10_000_000).join(SetName(COLLECTION), lines)


def recall(ranked: Sequence[Sequence[str]], wanted: Sequence[str], most: int) -> float:
    """The share of questions whose lesson is among the first `most` answers."""
    hits = [
        any(part in answer for answer in answers[:most]) for answers, part in zip(ranked, wanted, strict=True)
    ]
    return sum(hits) / len(hits)


def print_recall(model_folder: str) -> None:
    """Recall of words, vectors and both over the lessons of the demo and as many that resemble them."""
    with tempfile.TemporaryDirectory() as folder:
        _learn(Path(folder))
        context = Context(environment={**os.environ, **ENVIRONMENT}, directory=Path(folder))
        repository = context.repository
        model: Embedder = OnnxEmbedder(Path(model_folder)) if model_folder else WordLlamaEmbedder()
        with open_index(repository.state.path(INDEX), model) as index:
            index.refresh(repository.top)
            print(f"{index.shard.count()} lessons")
            for title, questions in (("reworded", REWORDED), ("pasted", PASTED)):
                found = [
                    index.shard.candidates(model.embed([text])[0], text, [*_SETS], 100)
                    for text, _ in questions
                ]
                ways: dict[str, list[list[float]]] = {
                    "BM25": [[one.words for one in all_] for all_ in found],
                    model.name: [[one.cosine for one in all_] for all_ in found],
                    "hybrid": [
                        relevances(text, all_) for (text, _), all_ in zip(questions, found, strict=True)
                    ],
                }
                for way, scores in ways.items():
                    ranked = [_ranked(*pair) for pair in zip(found, scores, strict=True)]
                    parts = [part for _, part in questions]
                    figures = " | ".join(f"{recall(ranked, parts, most):.2f}" for most in (1, 5))
                    print(f"| {title} ({len(questions)}) | {way} | {figures} |")


def _ranked(found: Sequence[Candidate], scores: Sequence[float]) -> list[str]:
    pairs = zip(scores, [one.line for one in found], strict=True)
    return [line for _, line in sorted(pairs, key=lambda pair: (-pair[0], pair[1]))]


_SETS = ("skills-patterns", "error-solutions", "best-practices")


def _learn(folder: Path) -> None:
    (folder / "data").mkdir()
    for command in (("init", "--quiet"), ("config", "fedlearn.system", "sys-abcdefghij")):
        subprocess.run(("git", *command), cwd=folder, check=True)
    for name in ("laptop", "server", "workstation"):
        sync = (sys.executable, "-m", "git_fedlearn.cli", "sync", "--source", str(SAMPLES / name))
        subprocess.run(sync, cwd=folder, check=True, capture_output=True)
    lines = [make_record({"error_message": error, "solution": fix}).line for error, fix in DISTRACTORS]
    RecordSets(folder, 10_000_000).join(SetName("error-solutions"), lines)


if __name__ == "__main__":
    print_recall(os.environ.get("MODEL_FOLDER", ""))
