"""The acts of the demo: what the three systems do. A new act is one more function in ACTS."""

import json
from collections.abc import Callable
from typing import Final

from git_fedlearn.core.identity import is_metadata_key
from git_fedlearn.core.layout import BEST_PRACTICES, ERROR_SOLUTIONS
from git_fedlearn.core.record import Record, score_of
from git_fedlearn.demo.knowledge import find_record
from git_fedlearn.demo.samples import SYSTEMS, private_texts, write_stack
from git_fedlearn.demo.systems import STACK, Stage, System, share
from git_fedlearn.extras import install_line, installed_extras


class Cast:
    """The three systems and the remotes between them."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.workstation, self.laptop, self.server = self.all = [System(name, stage) for name in SYSTEMS]


def found(cast: Cast) -> None:
    """Three systems, one shared remote, and a direct remote between two of them."""
    first = cast.workstation
    hub, direct = cast.stage.bare("hub"), cast.stage.bare("direct")
    for system in cast.all:
        system.home.mkdir(parents=True)
        write_stack(system.name, system.home / STACK, system.home)
    first.path.mkdir()
    first.git.run("init", "--quiet", "--template=", "--initial-branch=main")
    first.show_step("git init")
    _introduce(first)
    first.fedlearn("init", show=False)
    first.show_step(
        "git fedlearn init", "created data/, .fedlearn.toml, .gitattributes, hooks and a merge driver"
    )
    first.git.run("add", "--all")
    message = "Set up git-fedlearn"
    first.run("commit", "--quiet", "--message", message, shown=f"git add --all && git commit -m '{message}'")
    first.run("remote", "add", "hub", str(hub))
    first.run("push", "--quiet", "hub", "main", shown="git push hub main")
    for system in (cast.laptop, cast.server):
        system.fedlearn("clone", str(hub), str(system.path), "--", "--quiet", "--origin", "hub", show=False)
        system.show_step(
            f"git fedlearn clone hub.git {system.name}", "cloned; merge driver and hooks installed"
        )
        _introduce(system)
    cast.laptop.run("remote", "add", "direct", str(direct))
    first.run("remote", "add", "direct", str(direct))


def learn(cast: Cast) -> None:
    """Each system learns from the logs of its own AI stack; nothing is shared yet."""
    for system in cast.all:
        system.fedlearn("sync", "--commit")


def look(cast: Cast) -> None:
    """Private data in the log is not in the record."""
    system = cast.workstation
    record = find_record(system, ERROR_SOLUTIONS, "LoadCredential")
    log = next((system.home / STACK / "telemetry").iterdir())
    raw = next(line for line in log.read_text(encoding="utf-8").splitlines() if "LoadCredential" in line)
    system.show_step(f"grep LoadCredential ~/{STACK}/telemetry/{log.name}", _masked(system, raw))
    system.fedlearn("show", record.id[:12])


def race(cast: Cast) -> None:
    """All three push at once: git lets one through, the others pull and push again."""
    cast.laptop.push("direct")
    for system in (cast.workstation, cast.laptop, cast.server):
        share(system, "hub")


def wander(cast: Cast) -> None:
    """Lessons reach each system in another order: directly, through the hub, crosswise."""
    cast.workstation.pull("direct")
    cast.workstation.pull("hub")
    cast.laptop.pull("hub")
    cast.server.pull("hub")


def raise_score(cast: Cast) -> None:
    """Two systems raise the score of one lesson at the same time: the higher score wins everywhere."""
    for system, score in ((cast.workstation, 0.97), (cast.server, 0.92)):
        record = _about_qdrant(system)
        line = json.dumps({**_content(record), "value_score": score}).encode()
        shown = f"git fedlearn add error-solutions    (the same record with the score {score})"
        system.fedlearn("add", ERROR_SOLUTIONS, "-", stdin=line, shown=shown)
        system.commit("Raise a score")
    share(cast.workstation, "hub")
    share(cast.server, "hub")
    cast.workstation.pull("hub")
    cast.laptop.pull("hub")
    for system in cast.all:
        score = score_of(_about_qdrant(system).fields)
        system.show_step(f"git fedlearn show {_about_qdrant(system).id[:12]}", f"score {score:g}")


def retract(cast: Cast) -> None:
    """The server retracts a bad lesson from the laptop: it disappears everywhere and never returns."""
    bad = find_record(cast.server, ERROR_SOLUTIONS, "Switch the sandbox off")
    cast.server.fedlearn("retract", bad.id[:12], "--reason", "switching the sandbox off solves nothing")
    cast.server.commit("Retract a bad lesson")
    share(cast.server, "hub")
    cast.laptop.fedlearn("sync", "--full", "--commit", show=False)
    cast.laptop.show_step(
        "git fedlearn sync --full --commit", "reads the log again, with the bad lesson in it"
    )
    cast.laptop.pull("hub")
    cast.laptop.fedlearn("sync", "--full", "--commit", show=False)
    cast.laptop.show_step("git fedlearn sync --full --commit", "again, after the pull")
    cast.laptop.fedlearn("show", bad.id[:12])


def cross(cast: Cast) -> None:
    """Two systems learn lessons at the same time and merge them, each in its own order."""
    for system, name, text in (
        (cast.laptop, BEST_PRACTICES, "Snapshot the vectors"),
        (cast.workstation, BEST_PRACTICES, "Keep a fixed set"),
    ):
        lesson = find_record(system, name, text)
        shown = f"git fedlearn add {name}    (also learned here: {text} …)"
        system.fedlearn("add", name, "-", stdin=json.dumps(_content(lesson)).encode(), shown=shown)
        system.commit("Confirm a lesson")
    cast.laptop.push("direct")
    share(cast.workstation, "hub")
    cast.workstation.pull("direct")
    cast.laptop.pull("hub")
    share(cast.laptop, "hub")
    cast.server.pull("hub")


def ask(cast: Cast) -> None:
    """Any system finds the lessons of all: a search by meaning, offline."""
    if not installed_extras()["local"]:
        cast.laptop.show_step(
            f"git fedlearn search '{QUESTION}'",
            "With the extra [local], this finds the lessons that answer the question, in any wording.",
            install_line("local"),
        )
        return
    cast.laptop.fedlearn("search", QUESTION, "--limit", "2")
    cast.server.fedlearn("search", "the prompt is too long for the context of llama-server", "--limit", "2")


QUESTION: Final = "connection refused when my service starts before qdrant"

ACTS: Final[tuple[Callable[[Cast], None], ...]] = (
    found,
    learn,
    look,
    race,
    wander,
    raise_score,
    retract,
    cross,
    ask,
)
"""In order; the first line of each docstring is shown as the heading."""


def play(stage: Stage) -> list[System]:
    """Play all acts; returns the systems in their final state."""
    cast = Cast(stage)
    for number, act in enumerate(ACTS, 1):
        stage.show(f"{number}. {(act.__doc__ or '').rstrip('.')}")
        act(cast)
    return cast.all


def _introduce(system: System) -> None:
    """Give the repository a git identity; the demo does not use that of the user."""
    system.git.run("config", "user.name", f"Ada's {system.name}")
    system.git.run("config", "user.email", f"{system.name}@example.org")


def _about_qdrant(system: System) -> Record:
    return find_record(system, ERROR_SOLUTIONS, "6333/readyz")


def _content(record: Record) -> dict[str, object]:
    return {key: value for key, value in record.fields.items() if not is_metadata_key(key)}


def _masked(system: System, raw: str) -> str:
    """The error message of a raw event, with the middle of each private value hidden."""
    message = str(json.loads(raw)["error_message"])
    for private in private_texts(system.home).values():
        message = message.replace(private, f"{private[:3]}…{private[-2:]}")
    return message
