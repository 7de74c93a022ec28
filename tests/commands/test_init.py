"""`git fedlearn init`: the files of a federated repository, made or extended once."""

import re
from datetime import date
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]
from installed import snapshot
from systems import World

from git_fedlearn.privacy.policy import parse_policy
from git_fedlearn.repository.settings import Settings, parse_table, settings_of
from git_fedlearn.setup.drivers import RULES
from git_fedlearn.setup.hooks import HOOKS, SHEBANG, hook_lines
from git_fedlearn.setup.launcher import PORTABLE
from git_fedlearn.setup.scaffold import HOOK_IDS, LOCAL_HOOKS

PROJECT = Path(__file__).parents[2]
ID = "sys-abcde23456"


def test_init_says_what_it_made_and_what_is_next(world: World) -> None:
    one = world.repository("one")
    one.fedlearn("install", "--id", ID)
    done = one.fedlearn("init")
    assert done.err == ""
    assert done.out == (
        "created   .fedlearn.toml\n"
        "created   .gitattributes\n"
        "created   .gitignore\n"
        "created   .pre-commit-config.yaml\n"
        "created   data/README.md\n"
        "created   data/patterns/skills-patterns.jsonl\n"
        "created   data/patterns/error-solutions.jsonl\n"
        "created   data/patterns/best-practices.jsonl\n"
        "created   data/fine-tuning/dataset.jsonl\n"
        "created   README.md in 6 folders of data/\n"
        f"already installed as {ID}\n"
        "next: git add .fedlearn.toml .gitattributes .gitignore .pre-commit-config.yaml data"
        " && git commit -m 'Set up git-fedlearn'\n"
        "then: git fedlearn sources detect    (or write a lesson down: git fedlearn note)\n"
    )
    one.git("add", ".fedlearn.toml", ".gitattributes", ".gitignore", ".pre-commit-config.yaml", "data")
    one.git("commit", "--quiet", "-m", "Set up git-fedlearn")
    assert one.git("status", "--short").out == ""
    before = snapshot(one.path)
    done = one.fedlearn("init")
    assert done.out == f"already installed as {ID}\n"
    assert done.err == "hint: git fedlearn doctor    (checks that it works)\n"
    assert snapshot(one.path) == before


def test_the_result_is_healthy_and_its_settings_are_the_defaults(world: World) -> None:
    one = world.system("one")
    text = one.read(".fedlearn.toml").decode()
    shown = re.sub(r"^# (?=\w+ = |\[\[)", "", text, flags=re.MULTILINE)
    assert settings_of(parse_table(text.encode())) == settings_of(parse_table(shown.encode())) == Settings()
    assert shown.count(" = ") == 1 + 6 + 3 + 3 + 3
    policy = parse_policy(parse_table(shown.encode()), date(2026, 5, 28))
    assert policy.actions == {"HOST_NAME": "allow", "PRIVATE_KEY": "block"}
    assert policy.allowed_fingerprints() == {"0123456789abcdef"}
    assert [rule.kind for rule in policy.rules] == ["CUSTOMER_NUMBER"]
    assert "problem" not in one.fedlearn("doctor").out
    assert one.fedlearn("verify").code == 0


def test_a_repository_with_code_is_extended_and_nothing_else(world: World) -> None:
    one = world.repository("one")
    one.write(".gitattributes", b"*.png binary\r\n* text=auto\r\n")
    one.write(".gitignore", b"node_modules/")
    one.write(".fedlearn.toml", b"format = 1\n[limits]\nrecord_set_bytes = 5000\n")
    one.write("data/README.md", b"ours\n")
    one.write("data/patterns/best-practices.jsonl", b'{"title":"kept"}\n')
    one.write("src/main.py", b"pass\n")
    done = one.fedlearn("-C", "src", "init")
    rules = "".join(f"{rule}\r\n" for rule in ("*.png binary", "* text=auto", *RULES))
    assert one.read(".gitattributes") == rules.encode()
    assert one.read(".gitignore").startswith(b"node_modules/\n# >>> git-fedlearn >>> (also made: line end)\n")
    assert one.read(".fedlearn.toml") == b"format = 1\n[limits]\nrecord_set_bytes = 5000\n"
    assert one.read("data/README.md") == b"ours\n"
    assert one.read("data/patterns/best-practices.jsonl") == b'{"title":"kept"}\n'
    assert "extended  .gitattributes\nextended  .gitignore\n" in done.out
    before = snapshot(one.path)
    one.fedlearn("init")
    assert snapshot(one.path) == before
    assert "problem" not in one.fedlearn("doctor").out


def test_every_folder_of_the_layout_says_what_belongs_there(world: World) -> None:
    one = world.repository("one")
    one.write("data/metrics/README.md", b"# ours\n")
    (world.folder / "elsewhere").mkdir()
    (one.path / "data/outcomes").symlink_to(world.folder / "elsewhere")
    one.fedlearn("init")
    assert [*(world.folder / "elsewhere").iterdir()] == []
    (one.path / "data/outcomes").unlink()
    one.fedlearn("init")
    one.commit("Set up git-fedlearn")
    tracked = one.git("ls-files", "data/*/README.md").out.split()
    folders = ["collections", "fine-tuning", "metrics", "outcomes", "patterns", "telemetry"]
    assert tracked == [f"data/{folder}/README.md" for folder in folders]
    for path in tracked:
        text = one.read(path).decode()
        if path == "data/metrics/README.md":
            assert text == "# ours\n"
        else:
            assert "\n* Written by: " in text
            assert "\n* Never here: " in text
            assert max(map(len, text.splitlines())) <= 120
    assert one.fedlearn("verify").out == "0 records in 5 files, no problems found\n"
    assert "problem" not in one.fedlearn("doctor").out


def test_a_readme_of_the_user_is_neither_changed_nor_committed(world: World) -> None:
    one = world.system("one")
    mine = one.read("data/outcomes/README.md") + b"and what we agreed on\n"
    one.write("data/outcomes/README.md", mine)
    one.write("data/patterns/README.md", b"half edi")
    (one.path / "data/telemetry/README.md").unlink()
    done = one.fedlearn("init").out
    assert "created   README.md in 1 folder of data/\n" in done
    assert "leaves    data/outcomes/README.md, data/patterns/README.md (yours;" in done
    one.add("best-practices", {"title": "pin the channel", "description": "so that builds repeat"})
    one.fedlearn("federate")
    assert one.git("show", "--name-only", "--format=", "HEAD").out.splitlines()[0].endswith(".json")
    assert "README" not in one.git("show", "--name-only", "--format=", "HEAD").out
    one.fedlearn("uninstall")
    assert (one.read("data/outcomes/README.md"), one.read("data/patterns/README.md")) == (mine, b"half edi")


def test_raw_data_and_leftovers_are_ignored_and_lessons_are_not(world: World) -> None:
    one = world.system("one")
    hidden = [
        "data/telemetry/hybrid-events.jsonl",
        "data/telemetry/hybrid-events.jsonl.1",
        f"data/telemetry/snapshots/{ID}/latest.jsonl",
        "data/patterns/skills-patterns.jsonl.bak",
        "data/patterns/skills-patterns.jsonl.tmp",
        "data/dashboards/x.html",
        ".local/share/x",
    ]
    for path in [*hidden, "data/collections/latest.jsonl", f"data/telemetry/snapshots/{ID}/2026-05-28.jsonl"]:
        one.write(path, b"")
    assert one.git("status", "--short", "--untracked-files=all").out.splitlines() == [
        "?? data/collections/latest.jsonl",
        f"?? data/telemetry/snapshots/{ID}/2026-05-28.jsonl",
    ]


def test_a_rule_that_hides_data_is_pointed_out(world: World) -> None:
    one = world.repository("one")
    one.write(".gitignore", b"*.jsonl\n")
    noted = one.fedlearn("init").err
    assert noted.count("is ignored by a .gitignore rule, so git will not commit it") == 4
    assert (
        ".gitignore:1:*.jsonl hides data files from git; remove that rule"
        in one.fedlearn("doctor", code=1).out
    )


def test_in_a_bare_repository_there_is_nothing_to_scaffold(world: World) -> None:
    hub = world.bare("hub")
    assert hub.fedlearn("init", code=3).err == (
        f"error: {hub.path}: a bare repository has no working tree\n"
        "hint: clone it and run `git fedlearn init` in the clone\n"
    )


def test_a_link_where_a_file_belongs_stops_it_before_anything_is_written(world: World) -> None:
    one = world.repository("one")
    (one.path / ".gitignore").symlink_to("elsewhere")
    assert ".gitignore: not a regular file" in one.fedlearn("init", code=3).err
    assert sorted(path.name for path in one.path.iterdir()) == [".git", ".gitignore"]


EXTENDED = {
    "indented": "# ours\nrepos:\n  # lint\n  - repo: local\n    hooks: []  # none yet\n",
    "not indented": "repos:\n- repo: local\n  hooks:\n  - id: x\n    args: [a]\n",
    "keys behind it": "repos:\n    - repo: meta\n      hooks: []\n\n# how\nfail_fast: true\n",
    "no line end": "fail_fast: true\nrepos:\n  - repo: meta\n    hooks: []",
    "CR LF": "repos:\r\n  - repo: meta\r\n    hooks: []\r\n# end\r\n",
    "block text at the end": "repos:\n- repo: meta\n  hooks:\n  - id: x\n    args: |\n      a\n",
}


@pytest.mark.parametrize("case", EXTENDED)
def test_hooks_are_appended_to_an_existing_pre_commit_config(world: World, case: str) -> None:
    one = world.repository("one")
    before = EXTENDED[case].encode()
    one.write(".pre-commit-config.yaml", before)
    one.fedlearn("init")
    after = one.read(".pre-commit-config.yaml")
    old, new = yaml.safe_load(before), yaml.safe_load(after)
    assert new == {**old, "repos": old["repos"] + yaml.safe_load(LOCAL_HOOKS)}
    assert [line for line in before.splitlines() if line not in after.splitlines()] == []
    assert b"\r\n" not in before or after.count(b"\n") == after.count(b"\r\n")
    one.fedlearn("init")
    assert one.read(".pre-commit-config.yaml") == after


LEFT = {
    "flow": "repos: [{repo: meta, hooks: []}]\n",
    "no list": "repos: none\n",
    "no repos": "fail_fast: true\n",
    "not YAML": "repos:\n\t- {\n",
    "text like a comment at the end": "repos:\n- repo: meta\n  hooks:\n  - args: |\n      a\n      # b\n",
}


@pytest.mark.parametrize("case", LEFT)
def test_a_pre_commit_config_that_takes_a_human_is_left(world: World, case: str) -> None:
    one = world.repository("one")
    one.write(".pre-commit-config.yaml", LEFT[case].encode())
    done = one.fedlearn("init", code=1)
    assert one.read(".pre-commit-config.yaml") == LEFT[case].encode()
    assert done.err.startswith("error: .pre-commit-config.yaml: not extended:")
    assert f"hint: add this to that list:\n{LOCAL_HOOKS}" in done.err
    assert "installed in" in done.out


def test_hooks_named_by_the_user_are_not_added_again(world: World) -> None:
    one = world.repository("one")
    text = b"repos:\n  - repo: https://example.org/git-fedlearn\n    hooks: [{id: fedlearn-scan}]\n"
    one.write(".pre-commit-config.yaml", text)
    one.fedlearn("init")
    assert one.read(".pre-commit-config.yaml") == text


def test_the_hooks_we_offer_are_those_we_write() -> None:
    offered = yaml.safe_load((PROJECT / ".pre-commit-hooks.yaml").read_text())
    written = yaml.safe_load(LOCAL_HOOKS)[0]["hooks"]
    keys = ("id", "name", "entry", "files", "require_serial", "stages", "verbose")
    assert [{key: hook.get(key) for key in keys} for hook in offered] == [
        {key: hook.get(key) for key in keys} for hook in written
    ]
    assert tuple(hook["id"] for hook in offered) == HOOK_IDS


@pytest.mark.parametrize("name", HOOKS)
def test_the_scripts_in_hooks_are_the_ones_we_install(name: str) -> None:
    script = PROJECT / "hooks" / name
    head = f"# The {name} hook of git-fedlearn, for use without `git fedlearn install`; see README.md."
    assert script.read_bytes() == SHEBANG + "\n".join([head, *hook_lines(name, PORTABLE), ""]).encode()
    assert script.stat().st_mode & 0o111
