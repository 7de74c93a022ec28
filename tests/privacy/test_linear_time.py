"""Four times the input takes four times the work, whatever it is: counted in instructions, not in seconds."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from privacy.private_samples import aws_key, github_token

from git_fedlearn.privacy.detectors.assignments import find_assignments
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.privacy.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from git_fedlearn.core.canonical import Json

SIZE = 600
"""Characters of the smaller text; the counting makes everything fifty times slower."""
ALLOWED_GROWTH = 7
"""Of four times the input; in quadratic time it would be sixteen. Values of up to 512 characters add some."""
TOKEN = github_token()
PIECES = (
    *(
        "a",
        "1.",
        "eyJ.",
        "sk-ant-",
        "xoxb-1-",
        "a@b.",
        "password='",
        "token ",
        "a://b:",
        "/home/a/",
        "2001:",
        "ab:",
    ),
    *(
        "C:\\Users\\",
        "%2F",
        "\\\\/",
        "bearer a",
        "glpat-",
        "secret_",
        "\u200b",
        "pass:",
        "key=",
        "cookie: a=",
        "a_",
    ),
    *(
        "<API_KEY>",
        "<PASSWORD> ",
        "<PASSWORD>=x ",
        "A1b2C3d4",
        "1.2345,",
        "ssh -l ",
        "~a/",
        "('a','b'),",
        "key, ",
    ),
    *(
        "Host a\n  ",
        "a,password\n",
        "login a:",
        "\\\\a\\Users\\",
        "'a'+'b'",
        "kind: Secret\n",
        "kind: Secret\ndata:\n  a: YWJj\n",
        "data:\n ",
        "curl \\\n",
        "password a ",
        "authorization: ",
        "identified with a ",
        "card no: 1 1",
        "MIIEvgIBADAN",
        "^[[0m",
        "%25",
        "YWJj\n",
        "6161",
        "\u0455",
    ),
    *(
        "a.corp.b.",
        "Accepted a for b from c\n",
        "704 343 755 ",
        "[1.23456, 2.34567] ",
        "acme KEY ",
        "a1b2c3d4e5f6a7b8 ",
    ),
    *(
        "token: >-\n  ",
        "<secret>{",
        'password: "a b ',
        "card 5038 ",
        "::ffff:",
        "1:2:",
        '"lat": 1.2345, ',
        "\\n",
        "a:b@",
    ),
    *(
        "| a | password |\n",
        "insert into a (password) values ('b'),",
        "curl -u ",
        "mnemonic ",
        "is the key ",
        "@tcp(",
    ),
    *(
        "\\u0041",
        "%41",
        "fax\n0278 ",
        "0278 808 414 office, ",
        "4.5e11 ",
        "A1 ",
        "de12a",
        "x is the password ",
        " as a",
        "°",
        "\u00e9 key ",
        "a1b2c3d4e5f6g7",
        "ab:cd@",
    ),
    f"{aws_key()} ",
    f"{TOKEN} ",
    f"password={TOKEN[8:20]} {TOKEN[8:20]} ",
)


def shape(piece: str) -> Callable[[int], Json]:
    return lambda size: (piece * (size // len(piece) + 1))[:size]


def nested(value: Json, depth: int) -> Json:
    """The value in lists or in objects, each inside of the next."""
    for _ in range(depth):
        value = [value, "a1"] if isinstance(value, list) else {"k": value}
    return value


SHAPES: dict[str, Callable[[int], Json]] = {
    **{repr(piece): shape(piece) for piece in PIECES},
    # Its last value is found first, then the one before it, and so on.
    "a chain of names": lambda size: "password=" * (size // 9) + "pass",
    "a list of beginnings of tokens": lambda size: [TOKEN[:17]] * (size // 8),
    "a list of tokens in halves": lambda size: [TOKEN[:17], TOKEN[17:]] * (size // 16),
    "lists that begin with a key block": lambda size: [["-----BEGIN PRIVATE KEY-----", "x"]] * (size // 8),
    "a list of numbers": lambda size: [f"0278 80{n % 10} 414" for n in range(size // 8)],
    "lists in lists": lambda size: nested(["call 0278 808 414"], size // 16),
    "objects in objects": lambda size: nested({"phone": "\\u0030278 808 414"}, size // 16),
    "distinct mails": lambda size: [f"user{n}@acme-industries.de" for n in range(size // 8)],
    "distinct addresses": lambda size: " ".join(f"93.7.{n // 250}.{n % 250}" for n in range(size // 4)),
    "distinct passwords": lambda size: [{"password": f"Xq7{n}zz!"} for n in range(size // 8)],
    "distinct keys": lambda size: {f"u{n}@acme-industries.de": n for n in range(size // 8)},
    "distinct home folders": lambda size: [f"/home/maren{n}/x maren{n}" for n in range(size // 8)],
    "keys that become equal": lambda size: {f"/home/user{n}x/a": 1 for n in range(size // 8)},
}


def steps(value: Json) -> int:
    """The bytecode instructions that sanitizing takes."""
    counted = 0

    def trace(frame: FrameType, event: str, _: object) -> object:
        nonlocal counted
        frame.f_trace_lines = False
        frame.f_trace_opcodes = True
        counted += event == "opcode"
        return trace

    engine = PrivacyEngine()
    old = sys.gettrace()
    sys.settrace(trace)  # type: ignore[arg-type]
    try:
        engine.sanitize(value)
    finally:
        sys.settrace(old)
    return counted


@pytest.mark.parametrize("name", SHAPES)
def test_the_steps_grow_with_the_input(name: str) -> None:
    make = SHAPES[name]
    for size in (SIZE, 4 * SIZE):
        PrivacyEngine().sanitize(make(size))  # imports, tables and patterns, once
    small, large = steps(make(SIZE)), steps(make(4 * SIZE))
    assert large <= ALLOWED_GROWTH * small + 3000


class CountingText(str):
    """A text that counts how often it is searched from end to end."""

    __slots__ = ("searches",)

    def __contains__(self, part: object) -> bool:
        self.searches = getattr(self, "searches", 0) + 1
        return str.__contains__(self, str(part))


@pytest.mark.parametrize("piece", ["<PASSWORD> ", "<API_KEY>=x "])
def test_placeholders_search_no_text_once_each(piece: str) -> None:
    counts: list[int] = []
    for times in (100, 200):
        text = CountingText(piece * times)
        list(find_assignments(Subject(text)))
        counts.append(text.searches)
    assert counts[0] == counts[1]
