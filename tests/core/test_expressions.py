"""JMESPath computes what it says, within bounds, and tells how it is written."""

import json
import time
from typing import Any

import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_fedlearn.core.canonical import JsonObject, format_value
from git_fedlearn.core.expressions import (
    MAX_LENGTH,
    compile_expression,
    compile_filter,
    compile_path,
    is_true,
)
from git_fedlearn.errors import SettingsError, UsageError

FIELDS: dict[str, Any] = {
    "status": "ok",
    "tokens": 250,
    "rating": None,
    "good": True,
    "usage": {"total": 40},
    "tags": ["nix", "nginx"],
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sum([`0.4`, status == 'ok' && `0.3` || `0`])", 0.7),
        ("contains(tags, 'nix') && !rating && `0.9` || `0`", 0.9),
        ("product([usage.total, `0.02`])", 0.8),
        ("usage.total.more", None),
        ("sum([missing, `1`])", None),
        ("length(rating)", None),
        ("print", None),
        ("min([`1`, tokens])", 1),
        ("abs(tokens) <= `10` || missing > `1`", None),
        ("!contains(['ok', 'fine'], status)", False),
        ("contains(status, 'o')", True),
        ("contains(status, `1`)", None),
        ("missing == `null`", True),
        ("good == `true`", True),
        ("product([`1e300`, `1e300`])", None),
        ("[to_number('1e999')]", [None]),
        ("to_number('nan')", None),
        ("tags[::0]", None),
        ("avg(`[]`)", None),
        ("max_by([{n: tokens}, {n: usage.total}], &n).n", 250),
        ("join(', ', map(&to_string(@), tags))", "nix, nginx"),
    ],
)
def test_values(text: str, expected: object) -> None:
    assert compile_expression(text)(FIELDS) == (
        pytest.approx(expected) if type(expected) is float else expected
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("__import__('os').system('true')", "no such function: __import__()"),
        ("(lambda: 1)()", "not JMESPath: "),
        ("", "not JMESPath: "),
        ("a b", "not JMESPath: "),
        ("&a", "`&` is for the functions"),
        ("not_null(&a)", "not_null() takes `&expression` once"),
        ("map(a, b)", "map() takes `&expression` once"),
        ("length(a, b)", "length() takes 1, not 2"),
        ("merge()", "merge() takes 1, not 0"),
        ("`NaN`", "a value that JSON cannot hold"),
        ('`"\\ud800"`', "a value that JSON cannot hold"),
        ('{"\\ud800": a}', "a value that JSON cannot hold"),
        ("`" + "[" * 240 + "]" * 240 + "`", "a value that JSON cannot hold"),
        ("a" * (MAX_LENGTH + 1), "an expression longer than"),
        ("!" * 240 + "a", "an expression nested too deeply"),
        ("a" + "||a" * 100, "an expression nested too deeply"),
        ("|".join(["[@, @]"] * 60), "an expression that takes too long"),
        ("".join(["[@,@][]|"] * 50) + "@", "an expression that takes too long"),
        ("@" + "[].[@,@]" * 15, "an expression that takes too long"),
        ("join('', [@,@])" + "|join('',[@,@])" * 20, "an expression that takes too long"),
        ("to_string(to_array(" * 12 + "@" + "))" * 12, "an expression that takes too long"),
        ("join(a, b)", "join() needs a separator in quotes"),
        ("join('" + "x" * 400 + "', @)", "an expression that takes too long"),
        ("map(&map(&map(&[@,@,@,@,@,@,@],[@,@,@,@,@,@,@]),[@,@,@,@,@,@,@]),@)", "an expression that takes"),
        ("good == true", "`true` is a field here"),
        ("good == None", "`None` is a field here"),
    ],
)
def test_what_is_wrong_or_could_take_long_is_refused_before_it_is_evaluated(text: str, message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        compile_expression(text)
    assert raised.value.message.startswith(message)
    assert raised.value.hint or "longer" in message


@pytest.mark.parametrize(
    "text", ["kind == 'turn' and not error", "tokens>=10", "0.5 + 0.3 * ok", "a[role=user]"]
)
def test_what_is_written_in_another_language_is_refused_with_the_forms_of_jmespath(text: str) -> None:
    with pytest.raises(SettingsError) as raised:
        compile_expression(text)
    assert "&&, ||, !, numbers as `0.7`" in str(raised.value.hint)


def test_the_dearest_expressions_that_are_accepted_are_quick() -> None:
    deep: Any = "x"
    for _ in range(60):
        deep = [deep, deep[:1]]
    fields = {"a": ["x" * 50] * 20_000, "deep": deep}
    texts = [
        "[a,a,a,a,a,a][] | [@,@,@,@][] | length(@)",
        "to_string(to_string([a]))",
        "[deep,deep]==[deep,deep]",
    ]
    start = time.process_time()
    for text in texts:
        assert compile_expression(text)(fields) is not None
    assert time.process_time() - start < 20


names = st.sampled_from(
    ["status", "tokens", "rating", "usage.total", "tags", "@", "`1`", "'x'", "`0.5`", "`null`", "`true`"]
)
texts = st.recursive(
    names,
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from("< == != >= && || |".split()), inner)
        | st.builds(
            "{}({})".format,
            st.sampled_from(
                "abs avg ceil floor keys length max min product reverse sort sum to_array to_number "
                "to_string type values not_null merge".split()
            ),
            inner,
        )
        | st.builds("[{}, {}]".format, inner, inner)
        | st.builds("{{a: {}, b: {}}}".format, inner, inner)
        | st.builds("{}[?{}]".format, inner, inner)
        | st.builds("({})[{}]".format, inner, st.integers(-2, 2))
        | st.builds("!({})".format, inner)
        | st.builds("({})[*].{}".format, inner, st.sampled_from(["a", "[@, @]", "length(@)"]))
        | st.builds("({})[]".format, inner)
        | st.builds("({})[::{}]".format, inner, st.integers(-2, 2))
        | st.builds("sort_by({}, &{})".format, inner, inner)
        | st.builds("contains({}, {})".format, inner, inner)
    ),
    max_leaves=8,
)
values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3)
    | st.lists(st.integers(), max_size=2)
)


@given(texts, st.dictionaries(st.sampled_from(["status", "tokens", "rating", "usage", "tags"]), values))
def test_evaluation_never_raises_and_gives_what_jmespath_does(text: str, fields: dict[str, Any]) -> None:
    try:
        evaluate = compile_path(text)
    except SettingsError:
        return
    format_value({"value": evaluate(fields)})
    if "product" not in text:
        try:
            expected = jmespath.search(text, fields)
        except (ValueError, TypeError, ArithmeticError):
            expected = None
        assert "Infinity" in json.dumps(expected) or compile_expression(text)(fields) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.b", 1),
        ("a.missing.c", None),
        ("list[0]", "x"),
        ("list[-1]", "y"),
        ("list[7]", None),
        ("a[0]", None),
        ("turns[?who=='me'] | [-1].said", "two"),
        ("turns[?who=='nobody'] | [0].said", None),
        ('"with space"."b-c"', 3),
        ("parts", "one\ntwo"),
    ],
)
def test_paths(path: str, expected: object) -> None:
    event: dict[str, Any] = {
        "a": {"b": 1},
        "list": ["x", "y"],
        "turns": [{"who": "me", "said": "one"}, {"who": "you", "said": "no"}, {"who": "me", "said": "two"}],
        "with space": {"b-c": 3},
        "parts": [{"type": "text", "text": "one"}, {"type": "image"}, {"type": "text", "text": "two"}],
    }
    assert compile_path(path)(event) == expected


@pytest.mark.parametrize("value", [None, False, "", [], {}])
def test_what_jmespath_takes_as_false(value: Any) -> None:
    assert not is_true(value)
    assert is_true([value])
    assert is_true(0)


@pytest.mark.parametrize(
    ("text", "payload", "accepted"),
    [
        ("value_score >= `0.7`", {"value_score": 0.7}, True),
        ("value_score>=`0.7`", {"value_score": 0.69}, False),
        ("value_score > `0.7`", {"value_score": 0.7}, False),
        ("value_score <= `0`", {"value_score": True}, False),
        ("value_score >= `0`", {}, False),
        ("value_score >= `0`", {"value_score": "1"}, False),
        ("language == 'nix'", {"language": "nix"}, True),
        ("language != 'nix'", {}, True),
        ("version == '3'", {"version": "3"}, True),
        ("meta.deep.flag", {"meta": {"deep": {"flag": True}}}, True),
        ("meta.deep == `1`", {"meta": 1}, False),
        ("contains(tags, 'nix') && !draft", {"tags": ["nix"]}, True),
    ],
)
def test_filters(text: str, payload: JsonObject, accepted: bool) -> None:  # noqa: FBT001
    assert is_true(compile_filter(text)(payload)) is accepted


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("value_score>=0.7", "--filter 'value_score >= `0.7`'"),
        ("language=nix", "--filter \"language == 'nix'\""),
        ("language==nix", "--filter \"language == 'nix'\""),
        ("meta.flag=true", "--filter 'value_score >= `0.7`'"),
        ("", "JMESPath: a.b"),
        (">=1", "JMESPath: a.b"),
    ],
)
def test_filters_with_a_value_without_quotes_are_refused_with_the_right_form(text: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        compile_filter(text)
    assert hint in str(raised.value.hint)
