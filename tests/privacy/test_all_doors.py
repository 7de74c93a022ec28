"""The same text has the same findings at every entry point: nothing private has an easier way in."""

import asyncio
import json
import os
import random
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from federation.foreign import Foreign, line
from mcp import Client, StdioServerParameters
from privacy.private_samples import ALNUM, aws_key, github_token, jwt, pem_block, rand, slack_webhook
from systems import System, World

from git_fedlearn.core.substance import find_emptiness, is_inconclusive
from git_fedlearn.privacy.engine import PrivacyEngine

SET = "data/patterns/skills-patterns.jsonl"
ENGINE = PrivacyEngine()
HEX = "0123456789abcdef"
TEXTS = tuple(
    f"lesson {word}: {text}"
    for word, text in {
        "amber": f"push with {github_token()} as before",
        "birch": f"the id is {aws_key()} and jane.roe" + "@" + "corp-mail.net owns it",
        "cedar": f"header Bearer {jwt()} was refused",
        "delta": pem_block(),
        "ember": f"post to {slack_webhook()} when it fails",
        "fjord": f"DATABASE_URL=postgres://app:{rand(14)}7@db.internal:5432/app",
        "grove": f"HEROKU_API_KEY={rand(32, HEX)} in the file",
        "heath": f"brimble token - '{rand(24, ALNUM, 9)}42'",
        "inlet": "ssh maren@" + "93.201" + ".77.140 and call 704 733 784",
        "kelp": "the card 44215210" + "28146, and 536-22-" + "1234",
        "larch": "see /home/" + "brannigan/notes, and write to brannigan there",
        "linden": "see 0711 2345" + "678 for the rest",
        "maple": f"cache key {rand(40, HEX)} and sha256-{rand(43)}= are public",
    }.items()
)
OUTSIDE = os.environ.get("FEDLEARN_CORPUS", "")
"""Folders of labelled text that others wrote, as the benchmark privacy_corpora reads them."""
SAMPLE_SIZE = 60


def outside_texts() -> tuple[str, ...]:
    """Some texts with private data from each folder, the same on every run; each can be a lesson."""
    chosen: list[str] = []
    for folder in filter(None, OUTSIDE.split(os.pathsep)):
        for path in sorted(Path(folder).glob("*.jsonl")):
            records = map(json.loads, path.read_text("utf-8").splitlines())
            private = (r["text"].strip() for r in records if r["label"] in {"secret", "pii"})
            texts = [text for text in private if len(text) < 2_000]
            chosen += random.Random(1).sample(texts, min(SAMPLE_SIZE, len(texts)))  # noqa: S311 -- a sample
    lessons = (f"lesson {number}: {text}" for number, text in enumerate(chosen))
    return tuple(text for text in lessons if find_emptiness(text) is None and not is_inconclusive(text))


@pytest.fixture(
    params=[
        pytest.param(TEXTS, id="own"),
        pytest.param(
            None,
            id="outside",
            marks=pytest.mark.skipif(not OUTSIDE, reason="FEDLEARN_CORPUS names no text from outside"),
        ),
    ]
)
def texts(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return outside_texts() if request.param is None else TEXTS


def expected(texts: Iterable[str]) -> set[str]:
    clean = (ENGINE.sanitize({"pattern": text}).value for text in texts)
    return {str(value["pattern"]) for value in clean if isinstance(value, dict)}


def lines(texts: Iterable[str]) -> bytes:
    return b"".join(json.dumps({"pattern": text}).encode() + b"\n" for text in texts)


def stored(system: System, field: str = "pattern") -> set[str]:
    return {str(record.fields[field]) for record in system.records("skills-patterns")}


def by_sanitize(system: System, _: World, texts: tuple[str, ...]) -> set[str]:
    clean = system.fedlearn("sanitize", "-", stdin=lines(texts)).out
    return {json.loads(item)["pattern"] for item in clean.splitlines()}


def by_add(system: System, _: World, texts: tuple[str, ...]) -> set[str]:
    system.fedlearn("add", "skills-patterns", "-", stdin=lines(texts))
    return stored(system)


def by_sync(system: System, _: World, texts: tuple[str, ...]) -> set[str]:
    asked = (
        {"type": "query_gap", "query": text, "response": "as told", "value_score": 0.9} for text in texts
    )
    system.write("logs/telemetry/aidb-events.jsonl", "".join(json.dumps(e) + "\n" for e in asked).encode())
    system.fedlearn("sync", "--source", "logs")
    return stored(system, "query")


def by_commit(system: System, _: World, texts: tuple[str, ...]) -> set[str]:
    system.write(SET, b"".join(sorted(line(pattern=text, value_score=0.8) + b"\n" for text in texts)))
    system.git("add", "--all")
    system.git("commit", "--quiet", "--message", "learn")
    committed = system.git("show", f"HEAD:{SET}").out.splitlines()
    system.fedlearn("scan", code=0)
    live = (json.loads(item) for item in committed)
    return {record["pattern"] for record in live if "pattern" in record}


def by_pull_remotes(system: System, world: World, texts: tuple[str, ...]) -> set[str]:
    peer = Foreign(world, "peer")
    peer.offer(*(line(pattern=text) for text in texts))
    system.fedlearn("remote", "add", "peer", str(peer.path))
    system.fedlearn("pull-remotes")
    for held in system.fedlearn("review", "list", "--json").json()["records"]:
        system.fedlearn("review", "accept", held["key"])
    return stored(system)


def by_mcp(system: System, _: World, texts: tuple[str, ...]) -> set[str]:
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "git_fedlearn.cli", "-C", str(system.path), "mcp"],
        env=system.environment,
    )

    async def record() -> None:
        async with Client(server) as client:
            for text in texts:
                arguments = {
                    "set": "skills-patterns",
                    "fields": {"pattern": text, "solution_approach": "as told"},
                }
                result = await client.call_tool("record", arguments)
                assert not result.is_error, result.content

    asyncio.run(record())
    return stored(system)


def by_note(system: System, _: World, texts: tuple[str, ...]) -> set[str]:
    for number, text in enumerate(texts):
        system.fedlearn("note", "--error", f"fault number {number}", "-", stdin=text.encode())
    return {str(record.fields["solution"]) for record in system.records("error-solutions")}


def by_review(system: System, _: World, texts: tuple[str, ...]) -> set[str]:
    """As questions of training samples, of which the doubtful wait until somebody decides."""
    answer = {"role": "assistant", "content": "as told"}
    samples = [{"messages": [{"role": "user", "content": text}, answer]} for text in texts]
    system.fedlearn("add", "fine-tuning", "-", stdin="\n".join(map(json.dumps, samples)).encode())
    assert system.fedlearn("review", "--json").json()["samples"]
    system.fedlearn("review", "accept", "--samples", "--all")
    learned = (json.loads(record.line) for record in system.records("fine-tuning"))
    return {fields["messages"][0]["content"] for fields in learned}


def by_publish(system: System, world: World, texts: tuple[str, ...]) -> set[str]:
    """Of records that came in without a hook."""
    hub = world.bare("community.git")
    system.fedlearn("remote", "add", "community", str(hub.path))
    system.write(SET, b"".join(sorted(line(pattern=text, value_score=0.8) + b"\n" for text in texts)))
    system.git("add", "--all")
    system.git("-c", "core.hooksPath=/dev/null", "commit", "--quiet", "--message", "learn")
    system.fedlearn("publish", "community", "--set", "skills-patterns", "--min-score", "0.5", "--yes")
    return {json.loads(item)["pattern"] for item in hub.git("show", f"main:{SET}").out.splitlines()}


def by_message(system: System, _: World, texts: tuple[str, ...]) -> set[str]:
    written = set()
    for text in texts:
        file = system.write("message", text.encode())
        system.git("-c", "commit.cleanup=verbatim", "hook", "run", "commit-msg", "--", str(file))
        written.add(file.read_bytes().decode())
    return written


DOORS = [
    by_sanitize,
    by_add,
    by_sync,
    by_commit,
    by_message,
    by_pull_remotes,
    by_mcp,
    by_note,
    by_review,
    by_publish,
]


@pytest.mark.parametrize("door", DOORS)
def test_every_door_redacts_alike(
    system: System,
    world: World,
    texts: tuple[str, ...],
    door: Callable[[System, World, tuple[str, ...]], set[str]],
) -> None:
    assert door(system, world, texts) == expected(texts)


def test_scan_finds_what_the_engine_finds(system: System, texts: tuple[str, ...]) -> None:
    path = system.write("notes.jsonl", lines(texts))
    found = map(json.loads, system.fedlearn("scan", "--format", "jsonl", str(path), code=1).out.splitlines())
    assert sorted((item["line"], item["kind"], item["fingerprint"]) for item in found) == sorted(
        (number, finding.kind, finding.fingerprint)
        for number, text in enumerate(texts, start=1)
        for finding in ENGINE.scan({"pattern": text})
    )


_REPORTED = re.compile(
    r"(?:remote: )?error: (?:[0-9a-f]{12}:)?(?P<place>.+?)(?::\d+)?: "
    r"(?P<kind>[A-Z_]+) \(.*\[(?P<fingerprint>[0-9a-f]+)\]"
)
_GROUP = 4
_REPORTED_AT_MOST = 20


@pytest.mark.parametrize("options", [(), ("--no-verify",)], ids=["clone", "server"])
def test_a_push_is_told_what_the_engine_finds(
    system: System, world: World, texts: tuple[str, ...], options: tuple[str, ...]
) -> None:
    """In records and messages of commits that no hook saw."""
    system.git("remote", "add", "origin", str(world.guarded("hub").path))
    few = [text for text in texts if len(ENGINE.scan(text)) * _GROUP <= _REPORTED_AT_MOST]
    for number in range(0, len(few), _GROUP):
        system.git("checkout", "--quiet", "-b", f"lessons-{number}", "main")
        group = few[number : number + _GROUP]
        for text in group:
            system.write(SET, line(pattern=text, value_score=0.8) + b"\n")
            system.git("add", "--all")
            silent = ("-c", "core.hooksPath=/dev/null", "-c", "commit.cleanup=verbatim")
            system.git(*silent, "commit", "--quiet", "--file=-", stdin=text.encode())
        pushed = system.git("push", *options, "origin", "HEAD", check=False)
        told = [hit for hit in map(_REPORTED.match, pushed.err.splitlines()) if hit]
        found = {(one.kind, one.fingerprint) for text in group for one in ENGINE.scan(text)}
        assert found == {(hit["kind"], hit["fingerprint"]) for hit in told if hit["place"] == SET}
        assert found == {(hit["kind"], hit["fingerprint"]) for hit in told if hit["place"] != SET}
        assert bool(pushed.code) == bool(found)
