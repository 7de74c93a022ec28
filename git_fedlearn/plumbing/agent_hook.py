"""The program behind the hooks of agents: `git-fedlearn-agent-hook EVENT [CLONE]`.

The agent gives the facts of an event as JSON on standard input, and reads what it should know from standard
output. Whatever happens here, the agent goes on: the exit code is always 0, nothing is printed on errors, and
what went wrong is in a log in the git folder of the clone.
"""

import json
import os
import select
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.environment import behind_python_path

if TYPE_CHECKING:
    from git_fedlearn.core.canonical import JsonObject

PROBE: Final = "FEDLEARN_PROBE"
MAX_INPUT_BYTES: Final = 32_000_000
MAX_WAIT_SECONDS: Final = 5
"""For the next piece of the input."""
MAX_LOG_BYTES: Final = 100_000
"""Then the log begins again."""


def main() -> None:
    """Console script `git-fedlearn-agent-hook`."""
    sys.path[:] = behind_python_path(sys.path, os.environ)
    run(sys.argv[1:], os.environ)
    sys.stdout.flush()


def run(arguments: list[str], environment: Mapping[str, str]) -> None:
    """Answer an event, or a probe. Raises nothing."""
    event, clone = [*arguments, "", ""][:2]
    if PROBE in environment:
        print(f"fedlearn-probe {environment[PROBE]} {event}")  # noqa: T201
        return
    common = None
    try:
        payload = _read_payload(sys.stdin.fileno())
        if not isinstance(payload, dict):
            return
        found = find_clone(Path(clone or str(payload.get("cwd") or ".")))
        if found is None:
            return
        top, git_dir, common = found
        _answer(event, payload, (top, git_dir, common), environment)
    except Exception as error:  # noqa: BLE001  the boundary: an agent must not fail because of us
        if common:
            _log(common / "fedlearn" / "agents", event, error)


def _read_payload(stream: int) -> object:
    """The JSON that the agent writes, read to its end: some agents leave the pipe open. Raises ValueError."""
    data = bytearray()
    while len(data) < MAX_INPUT_BYTES and select.select([stream], [], [], MAX_WAIT_SECONDS)[0]:
        chunk = os.read(stream, 1_000_000)
        data += chunk
        if chunk.rstrip().endswith(b"}"):
            with suppress(ValueError):
                return json.loads(data)
        elif not chunk:
            break
    return json.loads(data)


def _answer(
    event: str, payload: "JsonObject", clone: tuple[Path, Path, Path], environment: Mapping[str, str]
) -> None:
    from git_fedlearn.agents.loop import EVENTS, AgentLoop, ClonePlace  # noqa: PLC0415  its errors are ours, too

    if event not in EVENTS or not (clone[0] / "data").is_dir():
        return
    # The agent may run in a hook of git in another repository, whose variables are not about this clone.
    around = {
        name: value
        for name, value in environment.items()
        if not name.startswith("GIT_") or name.startswith("GIT_CONFIG")
    }
    text, afterwards = AgentLoop(ClonePlace(*clone, around)).answer(event, payload)
    if text:
        known = {"hookEventName": event, "additionalContext": text}
        print(json.dumps({"hookSpecificOutput": known}), flush=True)  # noqa: T201
    if afterwards and _is_child():
        try:
            afterwards()
        finally:
            os._exit(0)


def _is_child() -> bool:
    """Fork; in the child, which the agent does not wait for, return True."""
    if os.fork():
        return False
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    return True


def find_clone(folder: Path) -> tuple[Path, Path, Path] | None:
    """Work tree, git folder and common git folder of the clone that a folder is in, without asking git."""
    for top in (folder.absolute(), *folder.absolute().parents):
        found = top / ".git"
        if found.is_dir():
            return top, found, found
        if found.is_file():
            link = found.read_text("utf-8").removeprefix("gitdir:").strip()
            git_dir = (top / link).resolve()
            common = git_dir / "commondir"
            shared = (git_dir / common.read_text("utf-8").strip()).resolve() if common.is_file() else git_dir
            return top, git_dir, shared
    return None


def _log(folder: Path, event: str, error: Exception) -> None:
    """Note what went wrong, without any text of the session."""
    import traceback  # noqa: PLC0415  only after an error

    places = traceback.extract_tb(error.__traceback__)
    where = " < ".join(f"{Path(place.filename).stem}:{place.lineno}" for place in reversed(places[-6:]))
    what = error.message if isinstance(error, FedlearnError) else type(error).__name__
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / "hook.log"
        fresh = not path.exists() or path.stat().st_size > MAX_LOG_BYTES
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if fresh else os.O_APPEND), 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            file.write(f"{event}: {what} ({where})\n")


if __name__ == "__main__":
    main()
