"""The same text has the same findings at every entry point: nothing private has an easier way in."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterable

import pytest
from federation.foreign import Foreign, line
from mcp import Client, StdioServerParameters
from privacy.private_samples import ALNUM, aws_key, github_token, jwt, pem_block, rand, slack_webhook
from systems import System, World

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
        "maple": f"cache key {rand(40, HEX)} and sha256-{rand(43)}= are public",
    }.items()
)
EXPECTED = sorted(str(ENGINE.sanitize({"pattern": text}).value["pattern"]) for text in TEXTS)  # type: ignore[index,call-overload]


def lines(texts: Iterable[str] = TEXTS) -> bytes:
    return b"".join(json.dumps({"pattern": text}).encode() + b"\n" for text in texts)


def stored(system: System) -> list[str]:
    return sorted(str(record.fields["pattern"]) for record in system.records("skills-patterns"))


def by_sanitize(system: System, _: World) -> list[str]:
    clean = system.fedlearn("sanitize", "-", stdin=lines()).out
    return sorted(json.loads(item)["pattern"] for item in clean.splitlines())


def by_add(system: System, _: World) -> list[str]:
    system.fedlearn("add", "skills-patterns", "-", stdin=lines())
    return stored(system)


def by_commit(system: System, _: World) -> list[str]:
    system.write(SET, b"".join(sorted(line(pattern=text, value_score=0.8) + b"\n" for text in TEXTS)))
    system.git("add", "--all")
    system.git("commit", "--quiet", "--message", "learn")
    committed = system.git("show", f"HEAD:{SET}").out.splitlines()
    system.fedlearn("scan", code=0)
    live = (json.loads(item) for item in committed)
    return sorted(record["pattern"] for record in live if "pattern" in record)


def by_pull_remotes(system: System, world: World) -> list[str]:
    peer = Foreign(world, "peer")
    peer.offer(*(line(pattern=text) for text in TEXTS))
    system.fedlearn("remote", "add", "peer", str(peer.path))
    system.fedlearn("pull-remotes")
    for held in system.fedlearn("review", "list", "--json").json()["records"]:
        system.fedlearn("review", "accept", held["key"])
    return stored(system)


def by_mcp(system: System, _: World) -> list[str]:
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "git_fedlearn.cli", "-C", str(system.path), "mcp"],
        env=system.environment,
    )

    async def record() -> None:
        async with Client(server) as client:
            for text in TEXTS:
                arguments = {
                    "set": "skills-patterns",
                    "fields": {"pattern": text, "solution_approach": "as told"},
                }
                result = await client.call_tool("record", arguments)
                assert not result.is_error, result.content

    asyncio.run(record())
    return stored(system)


@pytest.mark.parametrize("door", [by_sanitize, by_add, by_commit, by_pull_remotes, by_mcp])
def test_every_door_redacts_alike(
    system: System, world: World, door: Callable[[System, World], list[str]]
) -> None:
    assert door(system, world) == EXPECTED


def test_scan_finds_what_the_engine_finds(system: System) -> None:
    path = system.write("notes.jsonl", lines())
    found = map(json.loads, system.fedlearn("scan", "--format", "jsonl", str(path), code=1).out.splitlines())
    assert sorted((item["line"], item["kind"], item["fingerprint"]) for item in found) == sorted(
        (number, finding.kind, finding.fingerprint)
        for number, text in enumerate(TEXTS, start=1)
        for finding in ENGINE.scan({"pattern": text})
    )


def test_sync_finds_what_the_engine_finds(system: System) -> None:
    asked = [{"type": "query_gap", "query": text, "success": True, "value_score": 0.9} for text in TEXTS]
    events = ({**event, "response": f"what helped: {event['query']}"} for event in asked)
    system.write("logs/telemetry/aidb-events.jsonl", "".join(json.dumps(e) + "\n" for e in events).encode())
    system.fedlearn("sync", "--source", "logs")
    learned = "".join(path.read_text("utf-8") for path in sorted((system.path / "data").rglob("*.jsonl")))
    assert learned.count("lesson ") > len(TEXTS) // 2
    for text in TEXTS:
        for finding in ENGINE.scan(text):
            assert text[finding.start : finding.end] not in learned
