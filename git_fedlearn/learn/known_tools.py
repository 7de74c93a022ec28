"""Where tools keep their logs on this machine, and whose log a file is.

A home of a coding agent has a layout of its own, so a pattern below it names the sessions. Request logs have
no common place: folders that are named after a tool are looked at, and files are recognized by their start.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from git_fedlearn.learn.profiles import Profile, parse_profiles


class ToolHome(NamedTuple):
    """The home of a tool: its profile, the pattern of its sessions, and where the home can be."""

    profile: str
    files: str
    variable: str
    """The environment variable that names the home; then no other place counts."""
    places: tuple[str, ...]
    """Other places, `~/` being the user's home, `config/` the user's folder of settings."""


HOMES: Final = (
    ToolHome("claude-code", "projects/**/*.jsonl", "CLAUDE_CONFIG_DIR", ("~/.claude", "config/claude")),
    ToolHome("codex", "*sessions/**/rollout-*.jsonl", "CODEX_HOME", ("~/.codex",)),
)

HOME_FILES: Final = frozenset((home.profile, home.files) for home in HOMES)
"""Profile and pattern of each home."""

LOG_FOLDERS: Final = (
    *("ollama", "openai", "litellm", "otel", "otelcol", "opentelemetry", "langfuse"),
    *("llm-proxy", "llama.cpp", "llama-swap", "vllm", "lmstudio"),
)
"""Names of folders that may have request logs, traces or exports in a format that a reader understands."""

MULCH_FOLDER: Final = ".mulch"
"""A folder of lessons in the top of a project."""


def find_homes(environment: Mapping[str, str]) -> Iterator[tuple[ToolHome, Path]]:
    """The homes that are on this machine."""
    for home in HOMES:
        named = environment.get(home.variable)
        places = [Path(named)] if named else [_expand(place, environment) for place in home.places]
        yield from ((home, place) for place in places if _is_folder(place))


def find_log_folders(environment: Mapping[str, str], top: Path) -> Iterator[Path]:
    """The folders of this user and of the work tree `top` that may have request logs, exports or lessons."""
    user = Path(environment.get("HOME", "~"))
    bases = [
        _xdg(environment, "XDG_DATA_HOME", ".local/share"),
        _xdg(environment, "XDG_STATE_HOME", ".local/state"),
        _xdg(environment, "XDG_CACHE_HOME", ".cache"),
        user / "Library" / "Logs",
    ]
    places = [base / name for name in LOG_FOLDERS for base in bases]
    places += [user / f".{name}" for name in LOG_FOLDERS]
    places += [top / MULCH_FOLDER, user / MULCH_FOLDER]
    yield from (place for place in places if _is_folder(place) and not place.is_symlink())


def _is_folder(path: Path) -> bool:
    with suppress(OSError):  # no permission, or a name that no file system takes
        return path.is_dir()
    return False


def _expand(place: str, environment: Mapping[str, str]) -> Path:
    first, _, rest = place.partition("/")
    base = _xdg(environment, "XDG_CONFIG_HOME", ".config") if first == "config" else None
    return (base or Path(environment.get("HOME", "~"))) / rest


def _xdg(environment: Mapping[str, str], variable: str, default: str) -> Path:
    """A folder of the XDG base directory specification; a relative one counts as unset."""
    named = Path(environment.get(variable, ""))
    return named if named.is_absolute() else Path(environment.get("HOME", "~")) / default


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
