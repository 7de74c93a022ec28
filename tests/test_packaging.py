"""What is shipped beside the program: its files in the wheel, the action, and the examples for Nix."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]
from packaging.requirements import Requirement
from systems import System

from git_fedlearn import __version__, extras

TOP = Path(__file__).parents[1]
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
SOURCE = PROJECT["project"]["urls"]["Source"]
TOOLS = {"bench", "dev"}
"""Extras for those who work on git-fedlearn."""

WITH_ADDRESS = (
    "docs/howto/ci.md",
    "hooks/README.md",
    "examples/coordinator/Dockerfile",
    "examples/forgejo/fedlearn-join.yml",
    "examples/github/fedlearn-join.yml",
    "examples/gitlab/.gitlab-ci.yml",
)
"""What tells a machine or a person where to fetch git-fedlearn."""

NIX = sorted((TOP / "examples/nix").glob("*.nix"))


def test_what_the_wheel_shares_is_there() -> None:
    shared = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert [path for path in shared if not (TOP / path).exists()] == []
    folder = TOP / "git_fedlearn/completions"
    scripts = {path.name for path in folder.iterdir() if path.suffix != ".pyc"}
    assert {Path(path).name for path in shared if "completions" in path} == scripts


def test_the_source_distribution_has_what_the_makefile_needs() -> None:
    included = set(PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"])
    assert {
        "git_fedlearn",
        "tests",
        "manual",
        "docs",
        "examples",
        "hooks",
        "benchmarks",
        "Makefile",
    } <= included


def check_step() -> dict[str, str]:
    action = yaml.safe_load((TOP / "action.yml").read_text(encoding="utf-8"))
    step = next(step for step in action["runs"]["steps"] if step.get("name") == "check")
    return {"run": step["run"]}


def run_check(system: System) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", check_step()["run"]],
        cwd=system.path,
        env=system.environment | {"HISTORY": "true"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_action_passes_what_is_whole_and_stops_what_is_not(system: System) -> None:
    system.add("best-practices", {"title": "Look first"})
    system.commit()
    done = run_check(system)
    assert done.returncode == 0, done
    assert done.stdout.endswith("1 record in 5 files, no problems found\n")
    system.write("data/patterns/best-practices.jsonl", b"")
    done = run_check(system)
    assert done.returncode == 1
    assert "best-practices: 1 record lost" in done.stdout


def test_the_action_points_at_private_data_in_a_detached_checkout(system: System) -> None:
    system.add("best-practices", {"title": "Look first"})
    system.commit()
    system.git("checkout", "--quiet", "--detach")
    mail = "jane.roe" + "@" + "corp-mail.net"
    data = system.read("data/patterns/best-practices.jsonl")
    system.write("data/patterns/best-practices.jsonl", data + f'{{"title":"Ask {mail}"}}\n'.encode())
    done = run_check(system)
    assert done.returncode == 1
    assert "::error file=data/patterns/best-practices.jsonl,line=2,title=EMAIL_ADDRESS::" in done.stdout
    assert mail not in done.stdout + done.stderr


@pytest.mark.skipif(not shutil.which("nix-instantiate"), reason="no nix-instantiate: .ci/tools installs it")
def test_the_nix_files_are_nix() -> None:
    done = subprocess.run(
        ["nix-instantiate", "--store", "dummy://", "--parse", *map(str, NIX)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


_NIX_NAMES = {"phonenumberslite": "phonenumbers"}


def test_the_nix_package_has_the_dependencies_and_the_version() -> None:
    text = (TOP / "examples/nix/package.nix").read_text(encoding="utf-8")
    listed = re.search(r"dependencies = with python3Packages; \[(.*?)\]", text, re.DOTALL)
    assert listed
    wanted = [re.match(r"[\w.-]+", needed) for needed in PROJECT["project"]["dependencies"]]
    names = sorted(match[0] for match in wanted if match)
    assert listed[1].split() == [_NIX_NAMES.get(name, name) for name in names]
    version = re.search(r'version = "(.*)"', text)
    assert version
    assert version[1] == __version__


def test_the_program_knows_every_extra() -> None:
    assert set(extras.EXTRAS) == set(EXTRAS) - TOOLS
    assert all(extras.installed_extras().values()), "make sets up all of them"


def test_dev_is_made_of_the_other_extras() -> None:
    (named,) = (found for found in map(Requirement, EXTRAS["dev"]) if found.name == "git-fedlearn")
    assert named.extras == set(EXTRAS) - TOOLS


def test_the_page_on_installing_has_a_row_for_each_extra_with_its_size() -> None:
    text = (TOP / "docs/installing.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z]+)` \| [^|]+ \| (\d+) MB \|$", text, re.MULTILINE)
    assert sorted(name for name, _ in rows) == sorted(EXTRAS)
    assert re.search(r"^\| none \| [^|]+ \| \d+ MB \|$", text, re.MULTILINE)


def test_there_is_one_address() -> None:
    place = SOURCE.removeprefix("https://github.com/")
    assert all(
        url.startswith(f"{SOURCE}/") for name, url in PROJECT["project"]["urls"].items() if name != "Source"
    )
    wrong = []
    for name in WITH_ADDRESS:
        found = re.findall(r"(?:https://|uses: )\S*git-fedlearn", (TOP / name).read_text(encoding="utf-8"))
        assert found, f"{name}: no address"
        wrong += [f"{name}: {one}" for one in found if one not in {SOURCE, f"uses: {place}"}]
    assert not wrong, f"pyproject.toml says {SOURCE}: {', '.join(wrong)}"
