"""`git fedlearn clone`."""

import pytest
from qdrant.rest_server import rest_server
from systems import System, World

from git_fedlearn.commands.clone import find_name


def _cloned(world: World, name: str) -> System:
    return System(world.folder / name, world.home)


def test_a_clone_is_set_up(world: World) -> None:
    world.system("one")
    done = world.folder_system("here")
    done.path = world.folder
    said = done.fedlearn("clone", "one", "my twö")
    two = _cloned(world, "my twö")
    assert said.out.startswith(f"installed in {two.path}/.git as sys-")
    assert said.err == "hint: cd 'my twö' && git fedlearn status\n"
    assert "problem" not in two.fedlearn("doctor").out


def test_options_behind_two_dashes_are_gits_and_the_url_names_the_folder(world: World) -> None:
    one = world.system("one")
    one.commit("second")
    here = world.folder_system("here")
    here.fedlearn("clone", f"file://{one.path}/.git", "--", "--depth", "1", "--quiet")
    assert System(here.path / "one", world.home).git("rev-parse", "--is-shallow-repository").out == "true\n"


def test_a_clone_without_data_is_noted(world: World) -> None:
    world.repository("one").commit()
    here = world.folder_system("here")
    said = here.fedlearn("clone", "../one", "two")
    assert said.err == "note: no data/ in two; run `git fedlearn init` there to create it\n"


def test_a_remote_whose_head_names_no_branch_is_not_empty(world: World) -> None:
    one, hub = world.system("one"), world.bare("hub")
    one.git("push", "--quiet", str(hub.path), "main")
    hub.git("symbolic-ref", "HEAD", "refs/heads/master")
    here = world.folder_system("here")
    assert here.fedlearn("clone", "../hub", "two", "--", "--quiet").err == (
        "warning: remote HEAD refers to a nonexistent branch; there is main\n"
        "hint: cd two && git checkout main\n"
    )
    two = System(here.path / "two", world.home)
    assert two.fedlearn("status").out.startswith("do first     (learned)  git checkout main\n")
    two.git("checkout", "--quiet", "main")
    assert two.fedlearn("doctor").code == 0


def test_what_looks_like_an_option_is_none(world: World) -> None:
    here = world.folder_system("here")
    assert here.fedlearn("clone", "--upload-pack=touch x", "two", code=2).err.startswith(
        "error: no such option"
    )
    assert "missing argument 'URL'" in here.fedlearn("clone", "--", "--upload-pack=touch x", code=2).err
    assert [*here.path.iterdir()] == []


def test_a_clone_that_fails_says_so(world: World) -> None:
    here = world.folder_system("here")
    assert here.fedlearn("clone", "../nothing", code=3).err == (
        "error: git clone failed (exit code 128)\nhint: see the message of git above\n"
    )


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.org/a/lessons.git", "lessons"),
        ("https://me:secret@example.org/lessons/", "lessons"),
        ("me@example.org:lessons.git", "lessons"),
        ("example.org:a/lessons", "lessons"),
        ("../lessons/.git", "lessons"),
        ("/srv/my lessons.git/", "my lessons"),
        ("lessons.bundle", "lessons"),
        ("/", None),
    ],
)
def test_names_of_clones(url: str, name: str | None) -> None:
    assert find_name(url) == name


def test_what_was_learned_goes_into_the_store_that_this_user_has(world: World) -> None:
    one = world.system("one")
    one.add("error-solutions", {"error_message": "disk full", "solution": "empty the store"})
    one.commit()
    here = world.folder_system("here")
    with rest_server(world.folder / "served") as url:
        here.git("config", "--global", "fedlearn.qdrantUrl", url)
        said = here.fedlearn("clone", str(one.path), "two")
        assert said.out.endswith("error-solutions: 1 added (1 point)\n")
    failed = here.fedlearn("clone", str(one.path), "three", code=1)
    assert failed.err.startswith(f"error: {url}: cannot be reached: ")
    assert "hint: git fedlearn import    (later; no lesson is lost)\n" in failed.err
    assert (here.path / "three/data").is_dir()
