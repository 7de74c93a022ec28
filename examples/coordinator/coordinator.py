# ruff: noqa: T201, INP001  it prints, and is no package
"""A coordinator that loads shared lessons at start and asks them before it answers.

Run by compose.yaml beside this file; or anywhere: python coordinator.py CLONE "question".
"""

import os
import sys

from qdrant_client import QdrantClient

import git_fedlearn
from git_fedlearn.errors import FedlearnError
from git_fedlearn.search.embedders.wordllama import WordLlamaEmbedder

COLLECTIONS = ("skills-patterns", "error-solutions", "best-practices")


def connect() -> QdrantClient:
    """The stack's own Qdrant, or one in memory to try this out."""
    url = os.environ.get("QDRANT_URL")
    return (
        QdrantClient(url=url, api_key=os.environ.get("QDRANT_API_KEY")) if url else QdrantClient(":memory:")
    )


def load(clone: str, client: QdrantClient) -> None:
    """Bring the collections up to the clone: what is there already is not embedded again."""
    for done in git_fedlearn.open(clone).load_into(client, *COLLECTIONS):
        print(f"{done.name}: {done.added} added, {done.deleted} deleted, {done.count} points")


def recall(client: QdrantClient, question: str) -> list[str]:
    """The lessons nearest to a question, as context for the model."""
    vector = WordLlamaEmbedder().embed([question])[0]
    found = []
    for name in COLLECTIONS:
        for point in client.query_points(name, query=vector, limit=3, with_payload=True).points:
            payload = point.payload or {}
            lesson = payload.get("solution") or payload.get("response") or payload.get("description")
            found.append((point.score, f"[{name}] {lesson}"))
    return [text for _, text in sorted(found, reverse=True)[:3]]


def main() -> int:
    """Load, then answer the question given or wait for questions on standard input."""
    clone = sys.argv[1] if len(sys.argv) > 1 else "/shared"
    client = connect()
    try:
        load(clone, client)
    except FedlearnError as error:
        print(f"error: {error.message}\nhint: {error.hint}", file=sys.stderr)
        return 1
    for question in sys.argv[2:] or sys.stdin:
        print("\n".join(recall(client, question.strip())), flush=True)
    client.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
