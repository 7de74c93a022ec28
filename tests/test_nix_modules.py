"""The modules for NixOS and home-manager, evaluated by Nix with the library of nixpkgs."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from git_fedlearn.timers.jobs import parse_service

MODULES = Path(__file__).parents[1] / "examples/nix"
PACKAGE = "/nix/store/00000000000000000000000000000000-git-fedlearn"
COMMAND = f"{PACKAGE}/bin/git-fedlearn"
ODD = '/home/mei/My "100%" lessons; $HOME\\é'

EVALUATION = """
{ library, module, settings }:
let
  lib = import (/. + library);
  stored = name: {
    inherit name;
    type = "derivation";
    outPath = "/nix/store/${lib.fixedWidthString 32 "0" ""}-${name}";
  };
  self.packages.x86_64-linux.default = stored "git-fedlearn";
  pkgs = lib.genAttrs [ "coreutils" "git" "openssh" ] stored // {
    stdenv.hostPlatform.system = "x86_64-linux";
  };
  others = lib.mkOption { type = lib.types.attrsOf lib.types.anything; default = { }; };
  evaluated = lib.evalModules {
    specialArgs = { inherit pkgs; };
    modules = [
      (import (/. + module) self)
      {
        options = { home = others; environment = others; systemd = others; };
        config.services.git-fedlearn = builtins.fromJSON settings;
      }
    ];
  };
in
builtins.mapAttrs (_: builtins.toJSON) { inherit (evaluated.config) systemd; }
"""
"""Options that are not ours take any value here; what a module sets is the answer."""


@pytest.fixture(scope="module")
def library() -> Path:
    """The library of nixpkgs. Neither Debian, PyPI nor npm has it, so a checkout must be named."""
    if not shutil.which("nix-instantiate"):
        pytest.skip("no nix-instantiate: .ci/tools installs it")
    folder = Path(os.environ.get("NIXPKGS", "")) / "lib"
    if "NIXPKGS" not in os.environ or not (folder / "default.nix").exists():
        pytest.skip("no nixpkgs: set NIXPKGS to a checkout of NixOS/nixpkgs or nix-community/nixpkgs.lib")
    return folder.resolve()


def evaluate(library: Path, module: str, settings: Mapping[str, object]) -> dict[str, Any]:
    arguments = {
        "library": str(library),
        "module": str(MODULES / module),
        "settings": json.dumps(settings),
    }
    done = subprocess.run(
        [
            *("nix-instantiate", "--store", "dummy://", "--eval", "--strict", "--json", "-E", EVALUATION),
            *(word for name, value in arguments.items() for word in ("--argstr", name, value)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(json.loads(done.stdout)["systemd"])
    return answer


def words(service: Mapping[str, str]) -> tuple[str, ...]:
    return parse_service(f"ExecStart={service['ExecStart']}").words


def test_the_home_module_makes_user_timers(library: Path) -> None:
    user = evaluate(
        library, "home-manager.nix", {"enable": True, "repository": ODD, "source": ODD, "sync": "hourly"}
    )["user"]
    sync = user["services"]["git-fedlearn-sync"]
    assert words(sync["Service"]) == (COMMAND, "-C", ODD, "sync", "--commit", "--source", ODD)
    assert sync["Unit"] == {"Description": f"git fedlearn sync in {ODD.replace('%', '%%')}"}
    folders = [
        f"/nix/store/{'0' * 32}-{name}/bin" for name in ("coreutils", "git", "openssh", "git-fedlearn")
    ]
    assert sync["Service"]["Environment"] == f"PATH={':'.join(folders)}"
    assert {name: timer["Timer"]["OnCalendar"] for name, timer in user["timers"].items()} == {
        "git-fedlearn-sync": "hourly",
        "git-fedlearn-federate": "daily",
    }


def test_the_nixos_module_runs_as_a_user(library: Path) -> None:
    settings = {"enable": True, "repository": ODD, "user": "mei", "federate": None}
    systemd = evaluate(library, "nixos.nix", settings)
    assert systemd["services"].keys() == systemd["timers"].keys() == {"git-fedlearn-sync"}
    service = systemd["services"]["git-fedlearn-sync"]
    assert service["startAt"] == "00/6:00"
    assert service["serviceConfig"]["User"] == "mei"
    assert words(service["serviceConfig"]) == (COMMAND, "-C", ODD, "sync", "--commit")


@pytest.mark.parametrize("module", ["home-manager.nix", "nixos.nix"])
def test_a_module_that_is_not_enabled_sets_nothing(library: Path, module: str) -> None:
    assert evaluate(library, module, {}) == {}


def test_systemd_accepts_the_units(library: Path, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if not analyze:
        pytest.skip("units were not checked by systemd-analyze, which is not installed")
    settings = {"enable": True, "repository": ODD, "source": ODD}
    user = evaluate(library, "home-manager.nix", settings)["user"]
    program = tmp_path / "git-fedlearn"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    units = [tmp_path / f"{name}.{kind[:-1]}" for kind in ("services", "timers") for name in user[kind]]
    for unit in units:
        sections = user[f"{unit.suffix[1:]}s"][unit.stem]
        unit.write_text(
            "".join(format_section(*section) for section in sections.items()).replace(COMMAND, str(program))
        )
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
    command = [analyze, "--user", "verify", *map(str, units)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def format_section(name: str, settings: Mapping[str, object]) -> str:
    """A section of a unit as home-manager writes it."""
    lines = [
        f"{key}={str(one).lower() if isinstance(one, bool) else one}\n"
        for key, value in settings.items()
        for one in (value if isinstance(value, list) else [value])
    ]
    return f"[{name}]\n{''.join(lines)}\n"
