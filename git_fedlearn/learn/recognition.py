"""Whose sessions or lessons a file holds, by its first bytes: for folders that no profile names."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from git_fedlearn.learn.profiles import Profile, parse_profiles

HEAD_BYTES: Final = 16_384
"""Bytes in which a format must show itself."""

_ENDINGS: Final = (".jsonl", ".ndjson", ".json")

_SIGNS: Final[Mapping[str, re.Pattern[bytes]]] = {
    "mulch": re.compile(rb'"classification": ?"(?:foundational|tactical|observational)"'),
    "otel": re.compile(rb'\A\s*\{\s*"resource(?:Spans|Logs)"'),
    "codex": re.compile(rb'"type": ?"(?:session_meta|turn_context|response_item)"'),
    "claude-code": re.compile(rb'"(?:parentUuid|isSidechain|leafUuid)": ?'),
    "langfuse": re.compile(rb'"(?:parent_observation_id|parentObservationId)": ?|"type": ?"GENERATION"'),
    "ollama": re.compile(rb'"/api/chat"|"(?:eval_count|done_reason)": ?'),
    "litellm": re.compile(rb'"call_type": ?"|"(?:standard_logging_object|proxy_server_request)": ?'),
    "openai": re.compile(rb'"chat\.completion"|"choices": ?\[|/v1/(?:chat/completions|responses)'),
}
"""What each format has in its first lines and no other has; the first that matches counts."""


def find_sessions(root: Path) -> Iterator[tuple[Path, Profile]]:
    """The sessions of known tools in a folder or file, each with the profile of its reader; no links."""
    profiles: dict[str, Profile] = {}
    paths = [root] if root.is_file() else sorted(root.rglob("*"))
    for path in paths:
        if path.suffix in _ENDINGS and path.is_file() and not path.is_symlink():
            name = recognize(path)
            if name:
                if name not in profiles:
                    (profiles[name],) = parse_profiles({name: {"profile": name, "files": "**"}})
                yield path, profiles[name]


def recognize(path: Path) -> str | None:
    """The reader of a file; None if it is unknown or cannot be read."""
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except OSError:
        return None
    return next((name for name, sign in _SIGNS.items() if sign.search(head)), None)
