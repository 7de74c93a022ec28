"""`git fedlearn report`: the command; what the page does in a browser is in tests/report."""

import json
import re

from systems import EPOCH, System, prepared

OWN, OTHER, THIRD = "sys-aaaaaaaaaa", "sys-bbbbbbbbbb", "sys-cccccccccc"


def lesson(text: str, first: str, *seen: str, **more: object) -> dict[str, object]:
    return {"query": text, "response": f"so {text}", "_first_seen": first, "_seen_by": [*seen], **more}


@prepared
def federation(system: System) -> None:
    system.git("config", "fedlearn.system", OWN)
    system.add(
        "skills-patterns",
        lesson("one", "2026-05-18", OWN, OTHER, value_score=0.9),
        lesson("two", "2026-05-25", OTHER, value_score=1.0),
        lesson("three", "9999-01-01", THIRD),
        lesson("bad\x07", "2026-05-25", OWN),
    )
    by_text = {str(record.fields["query"]): record.id for record in system.records("skills-patterns")}
    system.fedlearn("retract", by_text["bad"], "--reason", "wrong")
    system.fedlearn("outcome", by_text["two"], "--worked")
    system.fedlearn("outcome", by_text["three"], "--failed")
    system.commit(f"sync\n\nFedlearn-System: {OTHER}")


def test_the_figures_add_up(federation: System) -> None:
    answer = federation.fedlearn("report", "--json").json()
    assert answer["schema"] == "fedlearn.report/v1"
    assert answer["systems"] == [OTHER, OWN, THIRD]
    totals = answer["totals"]
    assert totals.pop("bytes") > 300
    assert totals == {
        "lessons": 3,
        "sets": {"skills-patterns": 3},
        "systems": 3,
        "adopted": 1,
        "adoption_rate": 0.333,
        "worked": 1,
        "failed": 1,
        "with_outcomes": 2,
        "retracted": 1,
    }
    assert (answer["unit"], answer["undated"]) == ("week", 1)
    assert answer["by_set"] == [
        {"start": "2026-05-18", "set": "skills-patterns", "lessons": 1},
        {"start": "2026-05-25", "set": "skills-patterns", "lessons": 1},
    ]
    assert answer["adoption"] == [{"systems": "1", "lessons": 2}, {"systems": "2", "lessons": 1}]
    assert answer["overlap"] == [{"a": a, "b": b, "lessons": 1} for a, b in ((OWN, OTHER), (OTHER, OWN))]
    assert answer["links"]["edges"] == [
        {"source": OTHER, "target": OWN, "lessons": 1, "used": 1},
        {"source": THIRD, "target": OWN, "lessons": 1, "used": 1},
    ]
    assert answer["links"]["nodes"] == [
        {"system": OTHER, "lessons": 2, "reads": 0},
        {"system": OWN, "lessons": 1, "reads": 2},
        {"system": THIRD, "lessons": 1, "reads": 0},
    ]
    assert [bin_["effective"] for bin_ in answer["scores"]["bins"] if bin_["effective"]] == [1, 1, 1]
    assert answer["scores"]["unscored"] == 1
    assert [one["title"] for one in answer["lessons"]] == ["two", "one", "three"]
    assert answer["retractions"][0]["reason"] == "wrong"


def test_adoption_is_the_figure_of_metrics(federation: System) -> None:
    (dated,) = (r for r in federation.records("skills-patterns") if r.fields.get("query") == "three")
    federation.fedlearn("retract", dated.id, "--reason", "metrics counts no days to come")
    federation.add("collections/notes", lesson("four", "2026-05-18", OWN, OTHER))
    answer = federation.fedlearn("report", "--json").json()
    rate = federation.fedlearn("metrics", "--json").json()["cross_system_adoption_rate"]
    assert (answer["totals"]["lessons"], answer["totals"]["adopted"]) == (3, 1)
    assert answer["totals"]["adoption_rate"] == rate == 0.5
    assert answer["adoption"] == [{"systems": "1", "lessons": 1}, {"systems": "2", "lessons": 1}]


def test_the_terminal_in_a_pipe_is_plain(federation: System) -> None:
    out = federation.fedlearn("report", "--terminal").out
    assert "\x1b" not in out
    assert out == "".join(f"{line.rstrip()}\n" for line in out.splitlines())
    assert out.startswith(
        "What our systems learned\n"
        f"2026-05-28 20:26 UTC, by {OWN}\n"
        "\n"
        "totals\n"
        "skills-patterns      3  ████████████████████████████\n"
        "all lessons          3  learned by 3 systems\n"
        "adopted          33.3%  learned by two or more systems\n"
        "outcomes             1  worked, 1 failed\n"
        "retracted            1\n"
    )
    assert f"\n{OTHER} → {OWN}  1  1 used\n" in out
    federation.environment["FORCE_COLOR"] = "1"
    assert "\x1b[1m" in federation.fedlearn("report", "--terminal").out
    federation.environment["NO_COLOR"] = "1"
    assert federation.fedlearn("report", "--terminal").out == out


def changes(page: str) -> object:
    """What a page says of the last report."""
    found = re.search(r'"changes":(\{[^}]*\}|null)', page)
    assert found
    return json.loads(found[1])


def test_a_page_shows_what_changed_since_the_last_day_with_one(federation: System) -> None:
    assert changes(federation.fedlearn("report", "-o", "-").out) is None
    federation.fedlearn("report")
    federation.environment["SOURCE_DATE_EPOCH"] = str(EPOCH + 86_400)
    federation.add("skills-patterns", lesson("five", "2026-05-29", OWN))
    (two,) = (r for r in federation.records("skills-patterns") if r.fields.get("query") == "two")
    federation.fedlearn("outcome", two.id, "--failed")
    expected = {"since": "2026-05-28 20:26 UTC", "lessons": 1, "systems": 0, "worked": 0, "failed": 1}
    for _ in range(2):
        federation.fedlearn("report")
        page = federation.read(".local/report.html").decode()
        assert changes(page) == expected | {"retracted": 0, "waiting": 0}
    (federation.path / ".git/fedlearn/report.json").write_text('{"latest": {"made": 3}}')
    assert changes(federation.fedlearn("report", "-o", "-").out) is None


def test_systems_have_their_local_names(federation: System) -> None:
    federation.fedlearn("remote", "name", OTHER, "anna")
    assert f"\nanna → {OWN} " in federation.fedlearn("report", "--terminal").out
    assert federation.fedlearn("report", "--json").json()["names"] == {OTHER: "anna"}


def test_where_the_page_goes(federation: System) -> None:
    done = federation.fedlearn("report")
    assert done.out.startswith("wrote .local/report.html (")
    assert done.err == "hint: open .local/report.html in a browser\n"
    assert federation.git("status", "--porcelain").out == ""
    page = federation.read(".local/report.html").decode()
    assert page == federation.fedlearn("report", "-o", "-").out
    federation.fedlearn("report", "-o", "mine.html")
    assert federation.read("mine.html").decode() == page


def test_wrong_uses(federation: System) -> None:
    assert federation.fedlearn("report", "-o", "data", code=2).err.startswith(
        f"error: {federation.path / 'data'}: is a folder\nhint: git fedlearn report -o "
    )
    assert "no such folder\nhint: mkdir -p " in federation.fedlearn("report", "-o", "no/x.html", code=3).err
    assert (
        "-o, --terminal and --json cannot be used together"
        in federation.fedlearn("report", "--json", "--terminal", code=2).err
    )


def test_nothing_learned_yet(system: System) -> None:
    assert "learned by 0 systems" in system.fedlearn("report", "--terminal").out
    assert system.fedlearn("report", "--json").json()["lessons"] == []
