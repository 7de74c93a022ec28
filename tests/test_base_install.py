"""git-fedlearn as `pip install git-fedlearn` brings it, without any extra, and with one alone."""

import json
import os
from pathlib import Path

import pytest
from installed import make_install
from qdrant.rest_server import rest_server
from systems import System, World

EVENT = {
    "event_type": "error_resolved",
    "error_message": "nix-build: no space left on device",
    "solution": "Empty the store with nix-collect-garbage -d, then build again.",
    "value_score": 0.9,
}


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_install(tmp_path_factory.mktemp("base") / "environment")


@pytest.fixture
def one(world: World, programs: Path) -> System:
    return with_programs(world.folder_system("one"), programs)


def with_programs(system: System, programs: Path) -> System:
    """The system, on which git finds the base install alone."""
    others = system.environment["PATH"].partition(os.pathsep)[2]
    system.environment["PATH"] = f"{programs}{os.pathsep}{others}"
    return system


def write_log(system: System, name: str) -> None:
    event = {**EVENT, "error_message": f"{EVENT['error_message']}: {name}"}
    system.write(f"stack/telemetry/{name}-events.jsonl", json.dumps(event).encode() + b"\n")


def test_it_syncs_scans_verifies_and_pulls(world: World, programs: Path, one: System) -> None:
    hub, other = world.bare("hub"), with_programs(System(world.folder / "other", world.home), programs)
    one.git("init", "--quiet")
    one.git("fedlearn", "init")
    one.write(".gitignore", one.read(".gitignore") + b"/stack/\n")
    one.commit("federate")
    one.git("push", "--quiet", str(hub.path), "main")
    one.git("fedlearn", "clone", str(hub.path), str(other.path))
    for system, name in ((one, "store"), (other, "cache")):
        write_log(system, name)
        assert "error-solutions: 1 new" in system.git("fedlearn", "sync", "--source", "stack", "--commit").out
    one.git("push", "--quiet", str(hub.path), "main")
    other.git("pull", "--quiet", "--no-rebase", "--no-edit")
    assert len(other.records("error-solutions")) == 2
    assert other.git("fedlearn", "verify", "--history").out.endswith("no problems found\n")
    assert other.git("fedlearn", "scan").code == 0
    other.git("fedlearn", "remote", "add", "hub", str(hub.path))
    assert other.git("fedlearn", "pull-remotes").code == 0


def install_line(environment: Path, extra: str) -> str:
    """What installs an extra into an environment without pip, as uv makes it."""
    return f"uv pip install --python {environment} 'git-fedlearn[{extra}]'"


@pytest.mark.parametrize("package", ["numpy", "grpc", "qdrant_client", "pydantic", "qdrant_edge"])
def test_packages_of_extras_are_not_there(one: System, programs: Path, package: str) -> None:
    done = one.git("-c", f"alias.py=!{programs}/python", "py", "-c", f"import {package}", check=False)
    assert done.err.endswith(f"ModuleNotFoundError: No module named '{package}'\n")


@pytest.mark.parametrize(
    ("arguments", "server", "package", "extra"),
    [
        (["search", "disk full"], False, "tokenizers", "local"),
        (["import"], False, "tokenizers", "local"),
        (["import"], True, "qdrant_client", "qdrant"),
        (["export", "--all"], True, "qdrant_client", "qdrant"),
        (["search", "--store", "disk full"], True, "qdrant_client", "qdrant"),
        (["mcp"], False, "mcp", "mcp"),
        (["review", "--duplicates"], False, "rensa", "duplicates"),
        (["sync", "--source", "s3://bucket/*.jsonl"], False, "fsspec", "dask"),
    ],
)
def test_what_takes_an_extra_names_the_line_that_installs_it(
    world: World, programs: Path, arguments: list[str], package: str, extra: str, *, server: bool
) -> None:
    one = with_programs(world.system("one"), programs)
    if server:
        one.environment["QDRANT_URL"] = "http://127.0.0.1:1"
    done = one.git("fedlearn", *arguments, check=False)
    assert (done.code, done.out, done.err) == (
        3,
        "",
        f"error: the package {package} is not installed\nhint: {install_line(programs.parent, extra)}\n",
    )


def test_with_the_extra_for_a_server_alone_lessons_come_from_it(
    world: World, one: System, tmp_path: Path
) -> None:
    other = world.system("other")
    other.add("error-solutions", {"error_message": "disk full", "solution": "empty the store"})
    with_programs(one, make_install(tmp_path / "environment", "qdrant"))
    one.git("init", "--quiet")
    one.git("fedlearn", "init")
    with rest_server(tmp_path / "served") as url:
        for each in (other, one):
            each.environment["QDRANT_URL"] = url
        other.fedlearn("import", "error-solutions")
        exported = one.git("fedlearn", "export", "error-solutions")
        imported = one.git("fedlearn", "import", "error-solutions", check=False)
    assert exported.out.startswith("error-solutions: 1 lesson added; 1 point read")
    assert imported.code == 3
    assert imported.err.endswith(f"hint: {install_line(tmp_path / 'environment', 'local')}\n")


@pytest.mark.parametrize(
    "whole", [False, pytest.param(True, marks=pytest.mark.soak)], ids=["last act", "whole"]
)
def test_the_demo_says_what_the_search_would_show(one: System, programs: Path, whole: bool) -> None:  # noqa: FBT001
    act = (
        "import os, pathlib; from git_fedlearn.commands.demo import Audience\n"
        "from git_fedlearn.console.context import Context\n"
        "from git_fedlearn.demo import acts; from git_fedlearn.demo.systems import Stage\n"
        "acts.ask(acts.Cast(Stage(pathlib.Path('play'), os.environ, Audience(Context()).show)))"
    )
    alias = f"alias.py=!{programs}/python"
    done = one.git("fedlearn", "demo") if whole else one.git("-c", alias, "py", "-c", act)
    assert not whole or "0 conflicts; record sets: identical on all systems" in done.out
    said = (
        "laptop$ git fedlearn search 'connection refused when my service starts before qdrant'"
        " With the extra [local], this finds the lessons that answer the question, in any wording."
        f" {install_line(programs.parent, 'local')}"
    )
    assert said in " ".join(done.out.split())
