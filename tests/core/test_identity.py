"""Which records are one lesson."""

import json
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_fedlearn.core.canonical import parse_value
from git_fedlearn.core.identity import ERROR_KEYS, VOLATILE_KEYS, identity_form, normal_form, record_id
from git_fedlearn.core.record import parse_record

LESSON: dict[str, Any] = {"title": "a", "n": 1, "tags": ["x", "é"]}


def id_of(text: str) -> str:
    return parse_record(text.encode()).id


def error_id(message: Any, key: str = "error_message") -> str:
    return id_of(json.dumps({key: message, "solution": "s"}))


@pytest.mark.parametrize(
    "text",
    [
        '{"n":1,"tags":["x","é"],"title":"a"}',
        '{"title":"a","tags":["x","é"],"n":1}',
        ' { "title" : "a" , "n" : 1.0 , "tags" : [ "x" , "\\u00e9" ] } ',
        '{"title":"\\u0061","n":1e0,"tags":["x","\\u00E9"]}',
        '{"title":"a","n":10.0E-1,"tags":["x","é"],"_id":"forged","_gen":3,"_point_id":7}',
        '{"title":"a","n":1,"tags":["x","e\\u0301"]}',
        '{"title":"a","n":1,"tags":["x","é"],"_seen_by":["sys-aaaaaaaaaa"],"_first_seen":"2026-05-28"}',
    ],
)
def test_spelling_and_metadata_do_not_change_the_id(text: str) -> None:
    assert id_of(text) == id_of(json.dumps(LESSON))


@pytest.mark.parametrize(
    "text",
    [
        '{"n":2,"tags":["x","é"],"title":"a"}',
        '{"n":true,"tags":["x","é"],"title":"a"}',
        '{"n":"1","tags":["x","é"],"title":"a"}',
        '{"n":1,"tags":["é","x"],"title":"a"}',
        '{"n":1,"tags":["x","é"],"title":"A"}',
        '{"n":1,"tags":["x","e"],"title":"a"}',
        '{"n":1,"tags":["x","é"],"title":"a","more":null}',
        '{"n":1,"tags":["x","é"],"title":"a "}',
    ],
)
def test_other_content_is_another_lesson(text: str) -> None:
    assert id_of(text) != id_of(json.dumps(LESSON))


@given(st.text(st.characters(max_codepoint=0x2FF) | st.sampled_from("\u0301\u0323\u3099かハ각가👩日")))
def test_unicode_form_does_not_change_the_id(text: str) -> None:
    composed, apart = normalize("NFC", text), normalize("NFD", text)
    forms = {
        identity_form({"number": 1, "text": form, "inner": [{form: 1}], "error": form})
        for form in (text, composed, apart)
    }
    assert len(forms) == 1
    assert parse_value(identity_form({"text": apart})) == {"text": composed}


def test_two_keys_never_become_one() -> None:
    form = identity_form({"é": 1, "e\u0301": 2})
    assert form == '{"e\u0301":2,"é":1}'.encode()


@pytest.mark.parametrize("text", ["\U000113c2\U000113c2", "\U00016d67\U00016d67", "a\u0358\u0323"])
def test_characters_that_a_system_may_not_know_stay_as_they_are(text: str) -> None:
    """Unicode 16 composes the first two; Unicode 3.2 does not know the others' marks in their order."""
    assert parse_value(identity_form({"title": f"e\u0301{text}"})) == {"title": f"é{text}"}


@pytest.mark.parametrize("key", sorted(VOLATILE_KEYS))
def test_volatile_field_does_not_change_the_id(key: str) -> None:
    for value in (1, "text", None, [1]):
        assert id_of(json.dumps({**LESSON, key: value})) == id_of(json.dumps(LESSON))


@pytest.mark.parametrize(
    "key",
    """
    model host last_name tokens latency seed temperature session_id error_count column_count solution_verified
    Value_Score value_scores _value_score last_used_at user_timestamp
    _node_content _x _seen _Gen __gen _ _points
    """.split(),
)
def test_every_other_key_is_content(key: str) -> None:
    """Also one that begins with `_`: LlamaIndex keeps its text in such a field."""
    ids = {id_of(json.dumps({**LESSON, **more})) for more in ({}, {key: 1}, {key: 2})}
    assert len(ids) == 3


def test_a_mirrored_point_is_not_the_lesson_of_the_same_content() -> None:
    points: list[Any] = [7, 8, "7", "b7c1a2f0-0000-4000-8000-000000000000"]
    ids = {id_of(json.dumps({**LESSON, "_point": point})) for point in points}
    assert len(ids | {id_of(json.dumps(LESSON))}) == len(points) + 1
    assert id_of(json.dumps({**LESSON, "_point": 7.0, "_point_id": 9})) in ids


def test_volatile_counts_at_the_top_only() -> None:
    assert id_of('{"a":{"timestamp":1}}') != id_of('{"a":{"timestamp":2}}')


def test_identity_form_is_the_canonical_content() -> None:
    fields = parse_value(b'{"_gen":1,"value_score":0.5,"b":1.0,"_a":"x","error":"at line 5"}')
    assert isinstance(fields, dict)
    assert identity_form(fields) == b'{"_a":"x","b":1,"error":"at line #"}'


def test_id_is_xxh3_128_of_the_identity_form() -> None:
    assert record_id(b"") == "99aa06d3014798d86001c324468d497f"
    assert record_id(b'{"title":"a"}') == id_of('{"title":"a"}')


SAME_ERROR = [
    (
        "builder for '/nix/store/0c3zhpfk4ag3n8i0dkhdkfh1dg2vbqkl-hello-2.12.drv' failed with exit code 1",
        "builder for '/nix/store/zzzzhpfk4ag3n8i0dkhdkfh1dg2vbqkl-hello-2.12.drv' failed with exit code 1",
    ),
    (
        "hash mismatch: got: sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "hash mismatch: got: sha256-b0c+/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    ),
    (
        "got sha256:1b2m2y8asgtpgaigyk3y6zp7fw7zr8dihfl3b9bvzjc3s3b4k9qa",
        "got sha256:0000000asgtpgaigyk3y6zp7fw7zr8dihfl3b9bvzjc3s3b4k9qa",
    ),
    ("cannot open /tmp/tmpab12/x.py", "cannot open /tmp/pytest-of-bob/1/y.py"),
    ("cannot open /var/tmp/a b", "cannot open /private/tmp/c b"),
    ("cannot open '/var/folders/zz/T/x'", "cannot open '/var/folders/q1/T/y'"),
    ("socket /run/user/1000/bus gone", "socket /run/user/1001/pulse gone"),
    ("src/main.rs:12:5: mismatched types", "src/main.rs:480:31: mismatched types"),
    ('File "app.py", line 12, in main', 'File "app.py", line 1300, in main'),
    ("process 4242 killed", "process 17 killed"),
    ("pid=4242: killed", "pid=17: killed"),
    ("Connection to 127.0.0.1:8080 refused", "Connection to 10.1.2.3:8080 refused"),
    ("Connection to <IP_ADDRESS>:8080 refused", "Connection to 127.0.0.1:8080 refused"),
    ("read tcp 10.0.0.7:41532->10.0.0.9:443: reset", "read tcp 10.0.0.8:58010->10.1.1.1:443: reset"),
    ("Connection to <IP_ADDRESS_2> refused", "Connection to <IP_ADDRESS> refused"),
    ("dial tcp [::1]:6333: refused", "dial tcp [fe80::1ff:fe23:4567:890a%eth0]:6333: refused"),
    ("no carrier on 00:1a:2b:3c:4d:5e", "no carrier on 00:1A:2B:99:4D:00"),
    ("segfault at 0x7fff5fbff8a0 ip", "segfault at 0xDEADBEEF ip"),
    ("segfault at 00007f32aa10bb20 ip", "segfault at 000055d0c0ffee00 ip"),
    ("bad object a1b2c3d4e5f60718293a4b5c6d7e8f9012345678", "bad object 0a1b2c3"),
    (
        "request 3f2b8c1e-1111-2222-3333-444455556666 lost",
        "request 00000000-AAAA-2222-3333-ffffffffffff lost",
    ),
    ("2026-05-28T18:14:11.863954Z refused", "2025-01-02 03:04:05,678 refused"),
    ("2026-05-28T18:14:11+02:00 refused", "2025-01-02 refused"),
    ("May 28 18:14:11 unit failed", "Dec  1 03:00:59 unit failed"),
    ("Thu May 28 18:14:11 UTC 2026: failed", "Fri Jan  2 08:00:00 2027: failed"),
    ("Thu, 28 May 2026 18:14:11 GMT failed", "Fri, 1 Jan 2027 08:00:00 +0100 failed"),
    ("[28/May/2026:18:14:11 +0000] failed", "[01/Jan/2027:08:00:00 +0200] failed"),
    ("timed out after 30 s", "timed out after 1.5 seconds"),
    ("timed out after 30000ms", "timed out after 2min"),
    ("tried to allocate 2.50 GiB", "tried to allocate 800MB"),
    ("index -1 out of range", "index 15 out of range"),
    ("1,024 of 2,048 shards", "7 of 12 shards"),
    ("loss 1e-05 at 50%", "loss 0.73 at 7%"),
    ("worker-3 died", "worker-41 died"),
    ("\x1b[31merror\x1b[0m: bad", "error: bad"),
    ("two  words\n\tindented ", "two words indented"),
    ("error: \u2018foo\u2019 undeclared", "error: 'foo' undeclared"),
    ("May 28 18:14:11 amber sshd[412]: failed", "Dec  1 03:00:59 <HOSTNAME> sshd[7]: failed"),
    (
        "2026-05-28T18:14:11+02:00 amber kernel: [   12.345678] BUG",
        "2026-06-01T08:00:00Z birch kernel: [99999.1] BUG",
    ),
    ("2026-05-28 18:14:11.123 CEST [42] FATAL", "2026-06-02 07:00:00 JST [7] FATAL"),
    ("Exited 3 days ago", "Exited an hour ago"),
    ("up 2 weeks", "up 45 minutes"),
    ("cannot write /root/.cache/x", "cannot write /home/mia/.cache/x"),
    ("cannot write /Users/kim/.cache/x", "cannot write /home/mia/.cache/x"),
    ("C:\\Users\\kim\\a.py: denied", "C:\\Users\\mia\\a.py: denied"),
    ("/usr/lib/python3.9/json/decoder.py failed", "/usr/lib/python3.13/json/decoder.py failed"),
    ("at /opt/nvm/versions/node/v18.2.0/bin/npm", "at /opt/nvm/versions/node/v22.11.0/bin/npm"),
    ("/srv/a/lib/python3.9/site-packages/x/y.py", "/opt/b/env/lib/python3.12/dist-packages/x/y.py"),
    ("/srv/shop/node_modules/sharp/lib/index.js", "/work/node_modules/sharp/lib/index.js"),
    ("lock /srv/a/.git/index.lock exists", "lock ~/code/b/.git/index.lock exists"),
    ("npm ERR! code EACCES", "npm error code EACCES"),
    ("pod api-6c8f9d7b5-q8zlt crashed", "pod api-7d5b8c9f64-x2v9n crashed"),
    ("pod agent-x7k2p evicted", "pod agent-9bqv4 evicted"),
    ("on endpoint db_1 (9f86d081884c7d65): busy", "on endpoint shop-db (2c26b46b68ffc68f): busy"),
    ("peer lodash@4.17.20 missing", "peer lodash@4.17.21 missing"),
    ("Node.js v20.11.1", "Node.js v22.3.0"),
]


@pytest.mark.parametrize(("here", "there"), SAME_ERROR)
def test_the_same_error_on_two_machines_is_one_lesson(here: str, there: str) -> None:
    assert error_id(here) == error_id(there)


DIFFERENT_ERRORS = [
    ("error[E0308]: mismatched types", "error[E0382]: mismatched types"),
    ("error TS2322: not assignable", "error TS2345: not assignable"),
    ("ORA-00942: failed", "ORA-01017: failed"),
    ("not built for x86_64-linux", "not built for aarch64-linux"),
    ("invalid utf8", "invalid utf16"),
    ("version `GLIBC_2.34' not found", "version `GLIBC_2.38' not found"),
    ("python3.11: not found", "python3.12: not found"),
    ("libssl.so.3: cannot open shared object file", "libssl.so.1.1: cannot open shared object file"),
    ("CUDA error on sm_80", "CUDA error on sm_90"),
    ("cannot open /etc/hosts", "cannot open /etc/passwd"),
    ("attribute 'foo' missing", "attribute 'bar' missing"),
    (
        "/nix/store/0c3zhpfk4ag3n8i0dkhdkfh1dg2vbqkl-hello",
        "/nix/store/0c3zhpfk4ag3n8i0dkhdkfh1dg2vbqkl-world",
    ),
    ("std::vector overflow", "std::map overflow"),
    ("connection refused", "connection reset"),
    ("Error: Case", "error: case"),
    ("deadbeef module", "facade module"),
    ("may fail", "can fail"),
    ("Connection to 127.0.0.1:8080 refused", "Connection to 127.0.0.1:6333 refused"),
    ("Connection to <IP_ADDRESS>:8080 refused", "Connection to <IP_ADDRESS>:6333 refused"),
    ("dial tcp [::1]:6333: refused", "dial tcp [::1]:80: refused"),
    ("listen tcp :8080: in use", "listen tcp :9090: in use"),
    ("POST http://search:9200/_bulk failed", "POST http://search:9300/_bulk failed"),
    ("no answer on port 53", "no answer on port 853"),
    ("curl: (6) see --verbose", "curl: (28) see --verbose"),
    ("the proxy answered 502", "the proxy answered 504"),
    ("server returned (403)", "server returned (500)"),
    ("550 5.1.1 rejected", "550 5.7.1 rejected"),
    ("lookup failed, rcode 2", "lookup failed, rcode 3"),
    ("NVRM: Xid (PCI:0000:01:00): 79, pid=7", "NVRM: Xid (PCI:0000:01:00): 31, pid=7"),
    ("mount failed: err=-5", "mount failed: err=-110"),
    ("stopped with error 0x2", "stopped with error 0x7B"),
    ("HTTP/2 stream closed", "HTTP/3 stream closed"),
    ("not a 32-bit binary", "not a 64-bit binary"),
    ("requires Python 3.11 or later", "requires Python 3.13 or later"),
    ("engine is incompatible: expected 18", "engine is incompatible: expected 22"),
    ("No match for torch==2.1.0", "No match for torch==2.4.0"),
    ("peer lodash@3.10.1 missing", "peer lodash@4.17.21 missing"),
    ("unknown format version 2", "unknown format version 3"),
    ("channel nixos-23.05 is gone", "channel nixos-24.11 is gone"),
    ("built for CUDA 11.8", "built for CUDA 12.1"),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT_ERRORS)
def test_different_errors_are_different_lessons(one: str, other: str) -> None:
    assert error_id(one) != error_id(other)


@pytest.mark.parametrize(
    "text",
    [
        "E0308",
        "x86_64",
        "utf8",
        "GLIBC_2.34",
        "python3.11",
        "sha256",
        "i686",
        "UTF-8",
        "v18.12.1",
        "decade",
        "a::b",
    ],
)
def test_words_with_digits_stay(text: str) -> None:
    assert normal_form(text) == text


@pytest.mark.parametrize("key", sorted(ERROR_KEYS))
def test_every_error_field_is_taken_in_normal_form(key: str) -> None:
    assert error_id("at line 5", key) == error_id("at  line 77", key)
    assert error_id(["line 5", {"pid": 1}], key) == error_id(["line 6", {"pid": 2}], key)
    assert error_id({"code": True}, key) != error_id({"code": 1}, key)


def test_other_fields_are_taken_as_they_are() -> None:
    assert error_id("at line 5", "note") != error_id("at line 6", "note")
    assert id_of('{"a":{"error":"line 5"}}') != id_of('{"a":{"error":"line 6"}}')


@given(st.text(st.sampled_from("aAfF019 .:-_/<>#\n\u00e9\ud800+e%sx[]"), max_size=30))
def test_normal_form_takes_any_text_and_leaves_no_edges(message: str) -> None:
    found = normal_form(message)
    assert found == found.strip(" ")
    assert "\n" not in found


@pytest.mark.parametrize(
    "unit",
    [
        "1:",
        "ab:",
        "0",
        "a1",
        " ",
        "/var/tmp/",  # noqa: S108  text, not a path
        "1.",
        "::",
        "-",
        "May ",
        "Mon ",
        "\x1b[",
        "1e+",
        "-b2",
        "/a",
        "~/.",
        "to a",
        "# a ",
    ],
)
def test_normal_form_takes_linear_time(unit: str) -> None:
    assert len(normal_form(unit * 20_000)) <= 20_000 * len(unit)
