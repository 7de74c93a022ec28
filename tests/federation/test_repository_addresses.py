"""A rule about what may be pushed holds for a repository, under any remote and spelling of its URL."""

from pathlib import Path

import pytest
from systems import World

from git_fedlearn.federation.publish_policy import address_of


@pytest.mark.parametrize(
    "spellings",
    [
        (
            "https://example.org/Team/lessons.git",
            "https://user@example.org:443/team/lessons/",
            "ssh://git@example.org/team/lessons.git",
            "ssh://git@EXAMPLE.org:22/team/lessons",
            "git@example.org:team/lessons.git",
            "example.org:/team/lessons",
            "git://example.org/team/lessons.git",
        ),
        ("/srv/hub.git", "/srv/hub", "/srv/x/../hub.git/", "../../srv/hub", "file:///srv/hub.git"),
    ],
)
def test_spellings_of_one_repository_have_one_address(spellings: tuple[str, ...]) -> None:
    assert len({address_of(url, Path("/home/me")) for url in spellings}) == 1


def test_other_repositories_have_other_addresses() -> None:
    urls = (
        "https://example.org/team/lessons",
        "https://example.org/team/other",
        "https://example.net/team/lessons",
        "https://example.org:8443/team/lessons",
        "/team/lessons",
        "https://[not-a-host/x",
    )
    assert len({address_of(url, Path("/home/me")) for url in urls}) == len(urls)


def test_another_name_or_spelling_does_not_lead_around_a_rule(world: World) -> None:
    one, hub = world.system("one"), world.bare("hub")
    one.add("error-solutions", {"error_type": "E1", "solution": "Load the module before the service starts."})
    one.commit()
    one.fedlearn("remote", "add", "hub", str(hub.path), "--publish", "none")
    one.git("remote", "add", "other", f"{hub.path}/")
    for target in ("hub", "other", str(hub.path), f"file://{hub.path}", f"{one.path}/../{hub.path.name}"):
        done = one.git("push", "--quiet", target, "HEAD:refs/heads/main", check=False)
        assert "nothing may be pushed to this peer" in done.err, target
