"""A seeded leak through every entry point, hidden in every form: nothing is stored, nothing is printed."""

import base64
import json
import random
from pathlib import Path
from typing import Any

import pytest
from systems import System, World

from git_fedlearn.core.record import make_record

SET = "data/patterns/skills-patterns.jsonl"
METRICS = "data/metrics/monthly/{}/2026-05.json"
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789"
_SEED = random.Random(20261125)  # noqa: S311  a leak that is the same in every run
TOKEN = "gh" + "p_" + "".join(_SEED.choices(_LETTERS, k=36))
HALVES = TOKEN[:22], TOKEN[22:]
BASE64 = base64.b64encode(f"the token is {TOKEN} now".encode()).decode()
ESCAPED = "".join(f"\\u{ord(char):04x}" for char in TOKEN)
PIECES = (TOKEN, *HALVES, BASE64, ESCAPED, TOKEN[4:30])
"""Must neither be stored nor printed."""

FORMS: dict[str, bytes] = {
    "nested value": json.dumps({"title": "a", "steps": [{"run": {"env": [f"export T={TOKEN}"]}}]}).encode(),
    "nested key": json.dumps({"title": "b", "seen": [{"tokens": {TOKEN: 3}}]}).encode(),
    "escaped": f'{{"title":"c","note":"{ESCAPED}"}}'.encode(),
    "split over two fields": json.dumps({"title": "d", "one": HALVES[0], "two": HALVES[1]}).encode(),
    "base64": json.dumps({"title": "e", "blob": BASE64}).encode(),
    "zero-width characters": json.dumps({"title": "f", "note": "\u200b".join(TOKEN)}).encode(),
    "a key of the format": json.dumps({"title": "g", "_note": f"use {TOKEN}"}).encode(),
    "a link": json.dumps({"title": "h", "see": f"https://x-access:{TOKEN}@github.com/o/r.git"}).encode(),
}
BROKEN = f'{{"title":"i","note":"{ESCAPED}"'.encode()
"""An invalid line: it is kept unchanged, so it must be stopped."""


def is_clean(*texts: str) -> bool:
    return not any(piece in text for text in texts for piece in PIECES)


def kept(folder: Path) -> str:
    """Every byte of every data file, and the names of the files."""
    files = sorted(path for path in (folder / "data").rglob("*") if path.is_file())
    return "\n".join(f"{path}\n{path.read_bytes().decode('utf-8', 'replace')}" for path in files)


def own_metrics(system: System) -> str:
    return METRICS.format(system.git("config", "fedlearn.system").out.strip())


def leak(system: System) -> dict[str, int]:
    """Stage every form in a set, in metrics and in a file name; returns the line of each in the set."""
    lines = [*FORMS.values(), BROKEN]
    system.write(SET, b"\n".join(lines) + b"\n")
    system.write(own_metrics(system), json.dumps({"models": {"by": {"key": TOKEN}}}, indent=1).encode())
    system.write(f"data/collections/{TOKEN}.jsonl", make_record({"title": "clean"}).line + b"\n")
    system.git("add", "--all")
    return {name: number for number, name in enumerate([*FORMS, "broken"], 1)}


def test_add_writes_nothing_private(system: System) -> None:
    result = system.fedlearn(
        "add", "skills-patterns", "-", stdin=b"\n".join([*FORMS.values(), BROKEN]), code=1
    )
    assert f"{len(FORMS)} records added" in result.out
    assert is_clean(kept(system.path), result.out, result.err)
    system.fedlearn("scan")
    assert system.fedlearn("add", f"collections/{TOKEN}", "-", stdin=b"{}", code=2).out == ""
    assert is_clean(kept(system.path))


def test_sync_writes_nothing_private(system: System) -> None:
    events: list[dict[str, Any]] = []
    samples: list[dict[str, Any]] = []
    for name, form in FORMS.items():
        said = json.loads(form)
        text = "see the context" if name.startswith("split") else json.dumps(said)
        title = f"PushError {said['title']}: remote end hung up"
        solution = f"Set `http.postBuffer` to 524288000, because the proxy cuts large packs: {text}"
        error = {"error_message": title, "error_type": "PushError", "solution": solution}
        events.append({**error, "context": said, "query": text, "value_score": 0.9})
        talk = [
            {"role": "user", "content": f"Why does git push stop at 99%? {text}"},
            {"role": "assistant", "content": solution, "tool_calls": [said]},
        ]
        samples.append({"messages": talk})
    for path, rows in (("telemetry/x-events", events), ("fine-tuning/dataset", samples)):
        system.write(f"stack/{path}.jsonl", "".join(json.dumps(row) + "\n" for row in rows).encode())
    result = system.fedlearn("sync", "--source", "stack", "--commit")
    assert " new\n" in result.out
    assert is_clean(kept(system.path), result.out, result.err, system.git("log", "--all", "-p").out)


def test_a_commit_is_stopped_with_every_finding_listed(system: System) -> None:
    lines = leak(system)
    system.git("config", "fedlearn.sanitize", "stop")
    stopped = system.git("commit", "-m", "leak", check=False)
    assert stopped.code == 1
    for form, number in lines.items():
        assert f"error: {SET}:{number}: API_KEY" in stopped.err, form
    assert f"error: {own_metrics(system)}:4: API_KEY" in stopped.err
    assert "error: data/collections/…: API_KEY (file-name:" in stopped.err
    assert is_clean(stopped.out, stopped.err)
    for arguments in (("scan",), ("scan", "--staged"), ("scan", "--format", "json")):
        result = system.fedlearn(*arguments, code=1)
        assert is_clean(result.out, result.err), arguments


def test_sanitize_leaves_nothing_private(system: System) -> None:
    leak(system)
    result = system.fedlearn("sanitize")
    system.git("mv", f"data/collections/{TOKEN}.jsonl", "data/collections/notes.jsonl")
    assert is_clean(kept(system.path), result.out, result.err)
    system.fedlearn("scan")


def test_a_commit_without_hooks_is_stopped_at_every_push(world: World, system: System) -> None:
    hub = world.guarded("hub")
    system.git("push", "--quiet", str(hub.path), "main")
    lines = leak(system)
    system.git("commit", "--quiet", "--no-verify", "-m", "leak")
    system.git("rm", "--quiet", "-r", "--cached", "data/collections", own_metrics(system))
    system.git("checkout", "--quiet", "HEAD~1", "--", SET)
    system.git("commit", "--quiet", "--no-verify", "-m", "hide it")
    for option in ("--verify", "--no-verify"):
        bounced = system.git("push", option, str(hub.path), "main", check=False)
        assert bounced.code == 1
        for form, number in lines.items():
            assert f"error: {SET}:{number}: API_KEY" in bounced.err, (option, form)
        assert f"error: {own_metrics(system)}:4: API_KEY" in bounced.err
        assert "error: data/collections/…: API_KEY (file-name:" in bounced.err
        assert is_clean(bounced.out, bounced.err)
    assert hub.git("rev-list", "--all", "--count").out == "1\n"
    history = system.fedlearn("scan", "--history", code=1)
    assert is_clean(history.out, history.err)
    assert len({line.split(":")[2] for line in history.out.splitlines() if f":{SET}:" in line}) == len(lines)


@pytest.mark.parametrize("trust", ["verify", "full"])
def test_a_hostile_peer_brings_nothing_private(world: World, system: System, trust: str) -> None:
    peer = world.clone(system, "peer")
    leak(peer)
    peer.git("commit", "--quiet", "--no-verify", "-m", "leak")
    system.fedlearn("remote", "add", "peer", str(peer.path), "--trust", trust)
    result = run_any(system, "pull-remotes")
    shown = run_any(system, "review", "list")
    assert is_clean(kept(system.path), result, shown, system.git("log", "-p", "--no-textconv", "main").out)


def run_any(system: System, *arguments: str) -> str:
    """The output of a command, whatever its exit code."""
    try:
        result = system.fedlearn(*arguments)
    except AssertionError:
        result = system.fedlearn(*arguments, code=1)
    return result.out + result.err
