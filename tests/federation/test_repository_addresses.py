"""A rule about what may be pushed holds for a repository, under any remote and spelling of its URL."""

from itertools import combinations
from pathlib import Path

import pytest
from systems import System, World

from git_fedlearn.federation.addresses import find_address

LESSON = {"error_type": "E1", "solution": "Load the module before the service starts."}


def is_same(first: str, second: str, folder: Path = Path("/home/me")) -> bool:
    return find_address(first, folder).is_same(find_address(second, folder))


@pytest.mark.parametrize(
    "spellings",
    [
        (
            "https://example.org/Team/lessons.git",
            "https://user@example.org:443/team/lessons/",
            "https://user:pass@word@example.org/team/lessons",
            "https://example.org/team/LESSONS.GIT",
            "https://example.org/team/%6Cessons",
            "https://example.org/team//./x/../lessons.git?service=x#y",
            "https://example.org./team/lessons/.git",
            "https://www.example.org/team/lessons",
            "https::https://example.org/team/lessons",
            "http://example.org/team/lessons",
            "ssh://git@example.org/team/lessons.git",
            "ssh://git@EXAMPLE.org:22/team/lessons",
            "ssh://git@ex%61mple.org/team/lessons",
            "ssh://git@example.org/~/team/lessons",
            "ssh://git@example.org/~git/team/lessons",
            "git+ssh://git@example.org/team/lessons",
            "ssh://git@ssh.example.org/team/lessons",
            "git@example.org:team/lessons.git",
            "git@example.org:~/team/lessons.git",
            "git@example.org:./team/lessons.git/",
            "example.org:/team/lessons",
            "[git@example.org]:team/lessons",
            "[example.org:22]:team/lessons",
            "git@[example.org]:team/lessons",
            "git://example.org/team/lessons.git",
        ),
        ("/srv/hub.git", "/srv/hub", "/srv/x/../hub.git/", "../../srv/hub", "file:///srv/hub.git"),
        ("//localhost/srv/hub", "file://localhost/srv/hub"),
        (
            "ssh://git@[::1]/hub.git",
            "ssh://git@[0:0:0:0:0:0:0:1]:22/hub",
            "git@[::1]:hub",
            "[git@::1]:hub",
            "127.0.0.1:hub",
            "http://localhost/hub",
        ),
        ("ssh://git@example.org:2222/a.git", "[git@example.org:2222]:a", "git@[example.org:2222]:a"),
        ("https://exämple.org/a", "https://xn--exmple-cua.org/a", "git@EXÄMPLE.org:a"),
        ("git@example.org:a?b", "ssh://git@example.org/a?b", "ssh://git@example.org/a%3Fb"),
        ("git@example.org:a%20b", "ssh://git@example.org/a%2520b"),
    ],
)
def test_spellings_of_one_repository_have_one_address(spellings: tuple[str, ...]) -> None:
    for pair in combinations(spellings, 2):
        assert is_same(*pair), pair


@pytest.mark.parametrize(
    ("web", "ssh"),
    [
        ("https://git.example.org/team/lessons", "ssh://git@git.example.org:2222/team/lessons.git"),
        ("https://git.example.org:3000/team/lessons", "git@git.example.org:team/lessons.git"),
    ],
)
def test_services_of_one_host_have_ports_of_their_own(web: str, ssh: str) -> None:
    assert is_same(web, ssh)


def test_other_repositories_have_other_addresses() -> None:
    urls = (
        "https://example.org/team/lessons",
        "https://example.org/team/other",
        "https://example.org/team/lessons.git/more",
        "https://example.net/team/lessons",
        "https://example.org:8443/team/lessons",
        "/team/lessons",
        "./team/lessons",
        "https://[not-a-host/x",
        "https://[::1]:8443/x",
        "https://[::2]/x",
        "git@example.org:a%20b",
        "git@example.org:a b",
        "~nobody-has-this-name/x",
    )
    for pair in combinations(urls, 2):
        assert not is_same(*pair), pair


def test_a_folder_is_one_repository_by_any_of_its_names(world: World) -> None:
    hub, one = world.bare("hub.git"), world.system("one")
    link, tree, elsewhere = world.folder / "link", world.folder / "tree", world.folder / "elsewhere"
    link.symlink_to(hub.path)
    one.git("worktree", "add", "--quiet", str(tree), "-b", "tree")
    one.git(
        "clone", "--quiet", "--separate-git-dir", str(elsewhere), str(one.path), str(world.folder / "two")
    )
    for first, second in (
        (hub.path, link),
        (hub.path.with_suffix(""), hub.path),
        (one.path, one.path / ".git"),
        (one.path, tree),
        (elsewhere, world.folder / "two"),
    ):
        assert is_same(str(first), str(second)), second
    assert not is_same(str(one.path), str(elsewhere))


@pytest.fixture
def guarded(world: World) -> tuple[System, System]:
    """A system with a lesson, and a peer to which nothing may be pushed."""
    one, hub = world.system("one"), world.bare("hub")
    one.add("error-solutions", LESSON)
    one.commit()
    one.fedlearn("remote", "add", "hub", str(hub.path), "--publish", "none")
    return one, hub


def is_refused(one: System, target: str) -> bool:
    done = one.git("push", "--quiet", target, "HEAD:refs/heads/main", check=False)
    return "nothing may be pushed to this peer" in done.err


def test_another_name_or_spelling_does_not_lead_around_a_rule(guarded: tuple[System, System]) -> None:
    one, hub = guarded
    one.git("remote", "add", "other", f"{hub.path}/")
    for target in ("hub", "other", str(hub.path), f"file://{hub.path}", f"{one.path}/../{hub.path.name}"):
        assert is_refused(one, target), target


@pytest.mark.parametrize("key", ["insteadOf", "pushInsteadOf"])
def test_a_rewritten_url_does_not_lead_around_a_rule(guarded: tuple[System, System], key: str) -> None:
    one, hub = guarded
    one.git("config", f"url.{hub.path.parent}/.{key}", "hubs:")
    one.git("remote", "add", "other", f"hubs:{hub.path.name}")
    assert is_refused(one, "other")
    assert is_refused(one, f"hubs:{hub.path.name}")


def test_a_rule_for_a_rewritten_url_holds_for_where_it_leads(world: World) -> None:
    one, hub = world.system("one"), world.bare("hub")
    one.add("error-solutions", LESSON)
    one.commit()
    one.git("config", f"url.{hub.path.parent}/.insteadOf", "ssh://hubs.example.org/")
    one.fedlearn("remote", "add", "hub", f"ssh://hubs.example.org/{hub.path.name}", "--publish", "none")
    assert is_refused(one, str(hub.path))


@pytest.mark.parametrize("key", ["url", "pushurl"])
def test_each_url_of_a_peer_counts(world: World, key: str) -> None:
    one, hub, mirror = world.system("one"), world.bare("hub"), world.bare("mirror")
    one.add("error-solutions", LESSON)
    one.commit()
    one.fedlearn("remote", "add", "hub", str(hub.path), "--publish", "none")
    one.git("config", "--add", f"remote.hub.{key}", str(mirror.path))
    assert is_refused(one, str(mirror.path))
    assert is_refused(one, str(hub.path))


def test_only_what_all_rules_for_a_repository_allow_may_go(world: World) -> None:
    one, hub = world.system("one"), world.bare("hub")
    one.add("error-solutions", LESSON)
    one.add("skills-patterns", {"pattern": "only for us", "value_score": 0.9})
    one.commit()
    one.fedlearn("remote", "add", "first", str(hub.path), "--publish", "error-solutions, best-practices")
    one.fedlearn("remote", "add", "second", f"{hub.path}/", "--publish", "skills-patterns, error-solutions")
    done = one.git("push", "--quiet", "first", "HEAD:refs/heads/main", check=False)
    assert "skills-patterns.jsonl may not be pushed there (only error-solutions)" in done.err
