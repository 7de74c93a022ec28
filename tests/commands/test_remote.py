"""`git fedlearn remote`: peers as git config."""

import pytest
from systems import System, World


@pytest.fixture
def here(world: World) -> System:
    made = world.repository("here")
    made.fedlearn("install")
    return made


def config(system: System, name: str) -> dict[str, str]:
    listed = system.git("config", "--local", "--get-regexp", rf"^remote\.{name}\.fedlearn", check=False).out
    return dict(item.removeprefix(f"remote.{name}.").split(" ", 1) for item in listed.splitlines())


def test_add_list_show_remove(here: System) -> None:
    result = here.fedlearn("remote", "add", "friend", "https://example.org/a.git", "--trust", "full")
    assert result.out == "friend: https://example.org/a.git\n  trust full, branch HEAD, publish all\n"
    assert result.err == "hint: git fedlearn pull-remotes friend\n"
    assert config(here, "friend") == {"fedlearnmade": "true", "fedlearntrust": "full", "fedlearn": "true"}
    assert here.fedlearn("remote", "list").out == (
        "friend  full    never reached  https://example.org/a.git\n"
    )
    assert here.fedlearn("remote", "show", "friend").out == (
        "name         friend\nurl          https://example.org/a.git\ntrust        full\nbranch       HEAD\n"
        "publish      all\ncontact      never reached\n"
    )
    assert here.fedlearn("remote", "remove", "friend").out == "friend: removed\n"
    assert here.git("remote").out == ""
    assert here.fedlearn("remote", "list").err == "no peers yet\nhint: git fedlearn remote add NAME URL\n"


def test_list_says_when_a_peer_was_reached_and_that_it_is_gone(here: System, world: World) -> None:
    here.fedlearn("init")
    here.commit()
    peer = world.system("peer")
    here.fedlearn("remote", "add", "near", str(peer.path))
    here.fedlearn("remote", "add", "far", str(world.folder / "nowhere"))
    here.fedlearn("pull-remotes", code=1)
    assert here.fedlearn("remote", "list").out == (
        "far   verify  never reached, now unreachable  "
        f"{world.folder}/nowhere\n"
        f"near  verify  last contact just now  {peer.path}\n"
    )
    peer.path.rename(world.folder / "moved")
    here.fedlearn("pull-remotes", code=1)
    (_, near) = here.fedlearn("remote", "list").out.splitlines()
    assert "last contact just now, now unreachable  " in near


def test_adding_again_changes_only_what_is_named(here: System) -> None:
    here.fedlearn(
        "remote", "add", "hub", "ssh://git@example.org/hub", "--branch", "systems/*", "--publish", "none"
    )
    here.fedlearn("remote", "add", "hub", "--trust", "signed")
    assert config(here, "hub") == {
        "fedlearnmade": "true",
        "fedlearntrust": "signed",
        "fedlearnbranch": "systems/*",
        "fedlearnpublish": "none",
        "fedlearn": "true",
    }
    here.fedlearn("remote", "add", "hub", "--publish", "best-practices,error-solutions", "--branch", "")
    shown = here.fedlearn("remote", "show", "hub", "--json").json()
    assert (shown["publish"], shown["branch"], shown["trust"]) == (
        "best-practices error-solutions",
        "HEAD",
        "signed",
    )


def test_an_ordinary_remote_becomes_a_peer_and_stays_a_remote(here: System) -> None:
    here.git("remote", "add", "origin", "git@example.org:team/lessons.git")
    before = here.git("config", "--local", "--list").out
    here.fedlearn("remote", "add", "origin")
    here.fedlearn("remote", "remove", "origin")
    assert here.git("config", "--local", "--list").out == before


def test_a_folder_is_kept_as_an_absolute_path(here: System, world: World) -> None:
    here.fedlearn("remote", "add", "near", "../near.git")
    assert here.git("config", "remote.near.url").out == f"{world.folder}/near.git\n"


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c touch% pwned",
        "fd::17",
        "http://example.org/a.git",
        "ftp://example.org/a.git",
        "--upload-pack=touch pwned",
        "transport::address",
        "https://user:word@example.org/a.git",
        "https://example.org/\x1b[31m",
        "",
    ],
)
def test_addresses_that_are_refused(here: System, url: str) -> None:
    result = here.fedlearn("remote", "add", "x", "--", url, code=2)
    assert result.err.startswith("error: ")
    assert "word" not in result.err.replace("password", "")
    assert here.git("remote").out == ""


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8000/a", "http://localhost/a", "git://example.org/a", "file:///srv/a", "host:a.git"],
)
def test_addresses_that_are_allowed(here: System, url: str) -> None:
    here.fedlearn("remote", "add", "x", url)
    assert here.git("config", "remote.x.url").out == f"{url}\n"


@pytest.mark.parametrize("name", ["../x", "a..b", "-x", "a b", "x.lock", ".x", "a/b", ""])
def test_names_that_are_refused(here: System, name: str) -> None:
    here.fedlearn("remote", "add", "--", name, "https://example.org/a", code=2)
    assert here.git("remote").out == ""


@pytest.mark.parametrize("branch", ["*", "a*b/*", "../x", "a b", "-x", "systems*", "a//b"])
def test_branches_that_are_refused(here: System, branch: str) -> None:
    here.fedlearn("remote", "add", "x", "https://example.org/a", f"--branch={branch}", code=2)
    assert here.git("remote").out == ""


def test_another_address_for_a_known_name(here: System) -> None:
    here.fedlearn("remote", "add", "x", "https://example.org/a")
    assert here.fedlearn("remote", "add", "x", "https://example.org/b", code=2).err == (
        "error: x: the git remote already exists, with the URL https://example.org/a\n"
        "hint: git remote set-url x https://example.org/b\n"
    )


def test_config_that_cannot_be_used(here: System) -> None:
    here.fedlearn("remote", "add", "x", "https://example.org/a")
    here.git("config", "remote.x.fedlearnTrust", "blind")
    refused = here.fedlearn("remote", "list", code=3).err
    assert refused.startswith("error: git config remote.x.fedlearn*: ")
    assert refused.endswith("hint: git fedlearn remote add x\n")
    assert here.fedlearn("remote", "add", "x").out.endswith("\n  trust verify, branch HEAD, publish all\n")
    here.fedlearn("remote", "list")
