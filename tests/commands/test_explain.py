"""`git fedlearn explain`: the way of a record into this clone."""

from systems import World


def test_a_record_of_a_peer_from_its_first_system_to_its_end(world: World) -> None:
    here, peer = world.system("here"), world.system("peer")
    theirs = peer.git("config", "fedlearn.system").out.strip()
    own = here.git("config", "fedlearn.system").out.strip()
    peer.add("skills-patterns", {"pattern": "from afar", "value_score": 0.9})
    peer.commit()
    here.fedlearn("remote", "add", "friend", str(peer.path))
    here.fedlearn("pull-remotes")
    pulled = here.git("rev-parse", "HEAD").out[:12]
    (record,) = here.records("skills-patterns")
    assert here.fedlearn("explain", record.id[:8]).out == (
        f"{record.id}  skills-patterns\n  learned by    {theirs}\n  first seen    2026-05-28\n"
        "  first through friend\n  also held by  friend\n"
        f"  learned       2026-05-28  {pulled}  pull-remotes: learn 1 record from 1 peer  through friend\n"
    )
    here.fedlearn("retract", record.id, "--reason", "no longer true")
    here.commit("take it back")
    answer = here.fedlearn("explain", record.id, "--json").json()
    assert answer["retracted"] is True
    assert [(change["what"], change["peers"]) for change in answer["changes"]] == [
        ("learned", ["friend"]),
        ("retracted", []),
    ]
    assert f"  retracted by  {own}: no longer true\n" in here.fedlearn("explain", record.id).out


def test_what_is_not_committed_and_what_is_not_there(world: World) -> None:
    here = world.system("here")
    here.add("skills-patterns", {"pattern": "new", "value_score": 0.9})
    (record,) = here.records("skills-patterns")
    assert here.fedlearn("explain", record.id).out.endswith("  not committed yet\n")
    assert here.fedlearn("explain", "0000", code=1).err.startswith("error: 0000: ")
