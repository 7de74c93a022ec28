"""Private-looking values, put together at run time: no file contains what looks like a real secret."""

from __future__ import annotations

import base64
import json
import random
import string

ALNUM = string.ascii_letters + string.digits


def rand(length: int, alphabet: str = ALNUM, seed: int = 1) -> str:
    """Random characters, the same on every run."""
    source = random.Random(f"{seed}/{length}/{alphabet}")  # noqa: S311 -- test data
    return "".join(source.choice(alphabet) for _ in range(length))


def aws_key(seed: int = 1) -> str:
    return "AK" + "IA" + rand(16, string.ascii_uppercase + "234567", seed)


def github_token(seed: int = 1) -> str:
    return "gh" + "p_" + rand(36, seed=seed)


def strong_word(seed: int = 1) -> str:
    return rand(6, seed=seed) + "7!" + rand(5, seed=seed + 1) + "x"


def pem_block(label: str = "RSA ", lines: int = 6) -> str:
    body = "\n".join(rand(64, ALNUM + "+/", seed) for seed in range(lines))
    dashes = "-" * 5
    return f"{dashes}BEGIN {label}PRIVATE KEY{dashes}\n{body}\n{dashes}END {label}PRIVATE KEY{dashes}"


def jwt(payload: dict[str, object] | None = None) -> str:
    parts = ({"alg": "HS256", "typ": "JWT"}, payload or {"sub": "1234", "name": "x"})
    encoded = [base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts]
    return ".".join((*encoded, rand(43)))


def slack_webhook() -> str:
    return (
        "https://hooks.slack.com/services/T" + rand(8, "ABC123") + "/B" + rand(8, "ABC123") + "/" + rand(24)
    )
