"""The policy of a repository at every entry point, for what comes in and what is pushed."""

import json
import re

import pytest
from systems import System, World

SET = "data/patterns/skills-patterns.jsonl"
MAIL = "jane.roe" + "@" + "corp-mail.net"
ALLOW = '\n[privacy.kinds]\nEMAIL_ADDRESS = "allow"\n'
BLOCK = '\n[privacy.kinds]\nEMAIL_ADDRESS = "block"\n'


def decide(system: System, text: str) -> None:
    system.write(".fedlearn.toml", b"format = 1\n" + text.encode())


def titles(system: System) -> list[str]:
    return sorted(str(record.fields.get("title")) for record in system.records("skills-patterns"))


def test_an_allowed_kind_is_kept_everywhere(world: World, system: System) -> None:
    decide(system, ALLOW)
    system.add("skills-patterns", {"title": f"ask {MAIL}"})
    system.fedlearn("scan")
    system.commit()
    assert titles(system) == [f"ask {MAIL}"]
    assert system.fedlearn("sanitize").out == "no private data found\n"
    hub = world.bare("hub")
    system.git("push", "--quiet", str(hub.path), "main")


def test_only_records_with_a_blocked_kind_are_refused(system: System) -> None:
    decide(system, BLOCK)
    lines = [json.dumps({"title": f"ask {MAIL}"}), json.dumps({"title": "clean"})]
    result = system.fedlearn("add", "skills-patterns", "-", stdin="\n".join(lines).encode(), code=1)
    reason = "contains EMAIL_ADDRESS, which the privacy policy blocks"
    assert result.err == f"error: standard input:1: {reason}; skipped\n"
    assert titles(system) == ["clean"]


def test_a_custom_rule_redacts_and_stops_a_commit(system: System) -> None:
    decide(system, "[[privacy.rules]]\nname = 'customer'\npattern = 'CUST-[0-9]{4}'\nkind = 'CUSTOMER'\n")
    system.add("skills-patterns", {"title": "for CUST-1234"})
    assert titles(system) == ["for <CUSTOMER>"]
    system.write("data/README.md", b"see CUST-1234\n")
    system.git("add", "--all")
    stopped = system.git("commit", "-m", "x", check=False)
    assert "error: data/README.md:1: CUSTOMER (custom:customer) [" in stopped.err


def test_scan_allow_writes_an_entry_that_every_command_follows(system: System) -> None:
    system.write(SET, json.dumps({"title": f"ask {MAIL}"}).encode() + b"\n")
    found = re.search(r"\[([0-9a-f]+)\]", system.fedlearn("scan", code=1).out)
    assert found
    allowed = system.fedlearn("scan", "--allow", found[1], "--reason", "our help desk")
    assert allowed.out == f"allowed in .fedlearn.toml: {found[1]}\n"
    assert (
        system.read(".fedlearn.toml")
        .decode()
        .endswith(f'\n[[privacy.allow]]\nfingerprint = "{found[1]}"\nreason = "our help desk"\n')
    )
    again = system.fedlearn("scan", "--allow", found[1], "--reason", "twice")
    assert again.out == f"already allowed in .fedlearn.toml: {found[1]}\n"
    system.fedlearn("scan")
    system.fedlearn("verify", "--fix")
    system.commit()
    assert titles(system) == [f"ask {MAIL}"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--allow", "nothex", "--reason", "r"], "error: 'nothex': not a fingerprint"),
        (["--allow", "abcde"], "error: an allow-list entry needs a reason"),
        (["--allow", "abcde", "--reason", f"it is {MAIL}"], "error: the reason contains private data"),
    ],
)
def test_invalid_entries(system: System, options: list[str], message: str) -> None:
    assert system.fedlearn("scan", *options, code=2).err.startswith(message)


def test_invalid_settings_stop_every_command_that_needs_them(system: System) -> None:
    decide(system, "[[privacy.rules]]\nname = 'x'\npattern = '('\n")
    system.write(SET, b'{"title":"t"}\n')
    for command in ("scan", "sanitize"):
        said = system.fedlearn(command, code=3).err
        assert said.startswith(
            "error: .fedlearn.toml: `privacy.rules[1].pattern`: RE2 cannot compile rule x: "
        )


def test_a_push_cannot_allow_its_own_content(world: World, system: System) -> None:
    hub = world.guarded("hub")
    system.git("push", "--quiet", str(hub.path), "main")
    decide(system, ALLOW)
    system.git("add", "--all")
    system.git("commit", "--quiet", "-m", "allow")
    system.add("skills-patterns", {"title": f"ask {MAIL}"})
    system.commit()
    bounced = system.git("push", "--no-verify", str(hub.path), "main", check=False)
    assert bounced.code == 1
    assert f"{SET}:1: EMAIL_ADDRESS" in bounced.err
    assert "hint: git push REMOTE COMMIT:BRANCH    (push the commit that changes it first)" in bounced.err
    assert MAIL not in bounced.err
    system.git("push", "--quiet", str(hub.path), "main~1:main")
    system.git("push", "--quiet", str(hub.path), "main")
    pinned = hub.path / "policy.toml"
    pinned.write_text("[privacy]\n")
    hub.git("config", "fedlearn.privacyPolicy", "policy.toml")
    system.add("skills-patterns", {"title": f"or {MAIL}"})
    system.commit()
    assert system.git("push", "--no-verify", str(hub.path), "main", check=False).code == 1


def test_a_push_of_invalid_settings_is_rejected(world: World, system: System) -> None:
    hub = world.guarded("hub")
    system.git("push", "--quiet", str(hub.path), "main")
    decide(system, "[privacy.kinds]\nEMAIL = 'allow'\n")
    system.git("add", "--all")
    system.git("commit", "--quiet", "--no-verify", "-m", "settings")
    bounced = system.git("push", "--no-verify", str(hub.path), "main", check=False)
    assert "error: .fedlearn.toml: `privacy.kinds.EMAIL`: unknown kind" in bounced.err
    assert "hint: did you mean EMAIL_ADDRESS?" in bounced.err


def test_a_peer_cannot_change_what_this_clone_allows(world: World, system: System) -> None:
    peer = world.clone(system, "peer")
    decide(peer, ALLOW)
    peer.add("skills-patterns", {"title": f"ask {MAIL}"})
    peer.commit()
    system.fedlearn("remote", "add", "friend", str(peer.path))
    system.fedlearn("pull-remotes", code=0)
    assert titles(system) == []
    assert b"EMAIL" not in system.read(".fedlearn.toml").split(b"[privacy]")[0]
    assert "privacy.kinds]" not in system.read(".fedlearn.toml").decode()
    assert "secret" not in system.fedlearn("review", "list").out
