"""`git fedlearn diff`: the whole answer for commits, the index and the work tree."""

from systems import System, World, prepared


@prepared
def one(one: System) -> None:
    """Three lessons committed; one raised, one retracted and one new in the work tree."""
    one.git("config", "fedlearn.system", "sys-aaaaaaaaaa")
    one.add(
        "skills-patterns",
        {"pattern": "kept", "value_score": 0.8},
        {"pattern": "raised", "value_score": 0.72},
        {"pattern": "wrong", "value_score": 0.8},
    )
    one.commit()
    one.add("skills-patterns", {"pattern": "raised", "value_score": 0.9})
    one.fedlearn("retract", identifier(one, "wrong"), "--reason", "outdated")
    one.add("error-solutions", {"error_type": "E", "error_message": "m", "solution": "s", "value_score": 0.8})


def identifier(system: System, pattern: str) -> str:
    return next(r.id for r in system.records("skills-patterns") if r.fields.get("pattern") == pattern)


def test_the_work_tree_the_index_and_any_two_revisions(one: System) -> None:
    solution = one.records("error-solutions")[0].id[:12]
    raised = identifier(one, "raised")[:12]
    wrong = next(r.id for r in one.records("skills-patterns") if r.is_tombstone)[:12]
    expected = (
        "1 learned, 1 score raised to 0.90, 1 retracted\n"
        "error-solutions\n"
        f"  learned  {solution}  0.80  E: m  by this system\n"
        "skills-patterns\n"
        f"  score raised  {raised}  0.72 → 0.90  raised\n"
        f"  retracted     {wrong}  {'':<11}  wrong  by this system: outdated\n"
    )
    assert one.fedlearn("diff", code=1).out == expected
    assert one.fedlearn("diff", "HEAD", code=1).out == expected
    assert one.fedlearn("diff", "--staged").out == "no changes\n"
    one.git("add", "data/patterns/error-solutions.jsonl")
    assert one.fedlearn("diff", "--staged", "--stat", code=1).out == "1 learned\nerror-solutions: 1 learned\n"
    one.commit()
    assert one.fedlearn("diff").out == "no changes\n"
    for named in (["HEAD~1", "HEAD"], ["HEAD~1..HEAD"], ["HEAD~1...HEAD"]):
        assert one.fedlearn("diff", *named, code=1).out == expected
    assert one.fedlearn("diff", "HEAD", "HEAD~1", "--stat", code=1).out.splitlines()[0] == (
        "1 score lowered to 0.72, 2 lost"
    )
    only = one.fedlearn("diff", "HEAD~1", "HEAD", "--set", "error-solutions", code=1).out
    assert only.splitlines()[0] == "1 learned"


def test_for_programs(one: System) -> None:
    answer = one.fedlearn("diff", "--json", code=1).json()
    assert answer["schema"] == "fedlearn.diff/v1"
    assert answer["summary"] == "1 learned, 1 score raised to 0.90, 1 retracted"
    assert [(c["kind"], c["set"], c["before"], c["after"], c["reason"]) for c in answer["changes"]] == [
        ("learned", "error-solutions", None, 0.8, None),
        ("raised", "skills-patterns", 0.72, 0.9, None),
        ("retracted", "skills-patterns", 0.8, None, "outdated"),
    ]


def test_wrong_uses(one: System, world: World) -> None:
    assert one.fedlearn("diff", "nope", code=2).err.startswith("error: nope: no such commit\n")
    assert one.fedlearn("diff", "a", "b", "c", code=2).err.startswith("error: at most two revisions\n")
    assert "no such record set in either state" in one.fedlearn("diff", "--set", "nope", code=2).err
    assert "not a federated repository" in world.repository("plain").fedlearn("diff", code=3).err
