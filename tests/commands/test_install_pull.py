"""`git fedlearn install`: a bare `git pull` merges where nobody has decided otherwise."""

from systems import World


def test_a_bare_pull_merges_unless_the_user_decided_otherwise(world: World) -> None:
    hub = world.bare("hub")
    one = world.system("one")
    one.git("config", "--unset", "pull.rebase")
    one.fedlearn("install")
    one.git("push", "--quiet", str(hub.path), "main")
    two = world.clone(hub, "two")
    decided = world.folder_system("decided")
    decided.git("clone", "--quiet", str(hub.path), ".")
    decided.git("config", "pull.ff", "only")
    decided.fedlearn("install")
    for system in (one, two, decided):
        system.add("skills-patterns", {"title": system.path.name})
        system.commit()
    one.git("push", "--quiet", str(hub.path), "main")
    two.git("pull", "--quiet", "--no-edit")
    assert len(two.records("skills-patterns")) == 2
    assert decided.git("pull", "--quiet", check=False).code != 0
    assert decided.git("config", "--get", "pull.rebase", check=False).code != 0
