from __future__ import annotations

import sys
from datetime import date

import pytest

from git_fedlearn.errors import SettingsError
from git_fedlearn.extras import install_line
from git_fedlearn.privacy.detectors import personal
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.privacy.policy import DEFAULT_MODEL, Policy, parse_policy

TODAY = date(2026, 11, 25)


def test_names_of_people_are_found_only_if_the_policy_asks() -> None:
    assert PrivacyEngine().scan("Thanks to Priya Raghavan for the fix") == ()
    assert parse_policy({}, TODAY).names == ""
    assert parse_policy({"privacy": {"names": True}}, TODAY).names == DEFAULT_MODEL
    assert parse_policy({"privacy": {"names": "de_core_news_sm"}}, TODAY).names == "de_core_news_sm"


@pytest.mark.parametrize("names", [1, "os.path", "../x", ["en_core_web_sm"]])
def test_an_invalid_pipeline_name_is_an_error(names: object) -> None:
    with pytest.raises(SettingsError, match="names"):
        parse_policy({"privacy": {"names": names}}, TODAY)


@pytest.mark.parametrize(("hidden", "model"), [({"spacy": None}, DEFAULT_MODEL), ({}, "xx_no_such")])
def test_a_missing_model_is_an_error_with_an_install_command(
    monkeypatch: pytest.MonkeyPatch, hidden: dict[str, None], model: str
) -> None:
    if not hidden:
        pytest.importorskip("spacy", reason="the extra [ner] is not installed")
    for name, module in hidden.items():
        monkeypatch.setitem(sys.modules, name, module)
    personal.load_pipeline.cache_clear()
    with pytest.raises(SettingsError) as error:
        PrivacyEngine(policy=Policy(names=model)).scan("Thanks to Priya Raghavan")
    assert install_line("ner") in error.value.hint
    assert "Priya" not in error.value.message


def test_a_pipeline_finds_people_but_not_products() -> None:
    pytest.importorskip(DEFAULT_MODEL, reason="the extra [ner] is not installed")
    engine = PrivacyEngine(policy=Policy(names=DEFAULT_MODEL))
    once = engine.sanitize(
        {"a": "Thanks to Priya Raghavan and Hans Müller for Docker Compose.", "b": "Priya Raghavan"}
    )
    assert once.value == {
        "a": "Thanks to <PERSON_NAME> and <PERSON_NAME_2> for Docker Compose.",
        "b": "<PERSON_NAME>",
    }
    assert engine.sanitize(once.value).value == once.value
    assert {finding.rule for finding in once.findings} == {f"ner:{DEFAULT_MODEL}"}
