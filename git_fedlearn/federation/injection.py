"""Texts that try to steer the agent that reads them. A heuristic, for a warning or a quarantine."""

import re
from typing import Final

from git_fedlearn.core.canonical import JsonObject, format_value
from git_fedlearn.core.identity import is_metadata_key
from git_fedlearn.privacy.json_strings import iter_strings

_PHRASES: Final = (
    (
        r"(ignore|disregard|forget|override)\s+(all\s+|any\s+)?(of\s+)?(the\s+|your\s+)?"
        r"(previous|prior|above|earlier|preceding|system)\s+(instruction|prompt|rule|direction|message)"
    ),
    r"you\s+are\s+now\s+(a|an|in|the)\b",
    r"(reveal|print|repeat|show|output)\s+(me\s+)?(the\s+|your\s+)?(hidden\s+|full\s+)?system\s+prompt",
    r"(do\s+not|don't|never)\s+(tell|inform|alert|mention\s+(this|it)\s+to)\s+(the\s+)?user",
    r"<\|?(im_start|im_end|system|endoftext)\|?>|\[/?INST\]|<</?SYS>>",
    r"(curl|wget)\s[^|\n]{1,300}\|\s*(sudo\s+)?(ba|z|da)?sh\b",
    r"new\s+(system\s+)?instructions?\s*:",
)
_INJECTION: Final = re.compile("|".join(f"(?:{phrase})" for phrase in _PHRASES), re.IGNORECASE)
_HINTS: Final = (
    *(b"ignore", b"disregard", b"forget", b"override", b"now", b"prompt", b"instruct", b"user"),
    *(b"curl", b"wget", b"inst]", b"<|", b"<im_", b"<system", b"<end", b"sys>>"),
)
"""Every match contains one of these in lower case; looking for them is cheap."""


def reads_like_instructions(line: bytes, fields: JsonObject) -> bool:
    """Whether a text of a record tries to steer the agent that reads it. A heuristic, for a warning.

    `line` is the canonical line of the fields.
    """
    lowered = line.lower()
    if not any(hint in lowered for hint in _HINTS):
        return False
    learned = {key: value for key, value in fields.items() if not is_metadata_key(key)}
    return any(_INJECTION.search(place.text) for place in iter_strings(learned))


def is_suspicious(fields: JsonObject) -> bool:
    """Whether a text in these fields tries to steer the agent that reads it. A heuristic."""
    return reads_like_instructions(format_value(fields), fields)
