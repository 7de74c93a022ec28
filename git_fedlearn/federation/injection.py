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
    (
        r"\b(note|message|attention|instructions?)\s+(to|for)\s+(all\s+|any\s+|the\s+)*"
        r"(llms?|language\s+models?|ai\s+(agents?|assistants?|models?))\s*[:,]"
    ),
    r"\byour\s+(real|true|actual|new)\s+(task|goal|purpose|instructions?)\s+(is|are)\b",
    r"\bfrom\s+now\s+on,?\s+you\s+(will|must|shall)\s+(only\s+|always\s+)?(answer|respond|reply|obey|act)\b",
    (
        r"\b(ignorier|vergiss|vergessen\s+sie|missachte)\w*\s+(\w+\s+){0,3}"
        r"(vorherig|vorig|bisherig|obig|früher)\w*\s+(\w+\s+)?(anweisung|instruktion|befehl|regel|vorgabe)"
    ),
    r"\b(ignor|oubli)(e|er|ez)\s+(\w+\s+){0,2}(instructions|consignes|directives|règles)\s+(précédent|antérieur|ci-dessus)",
    (
        r"\b(ignor[ae]|olvid[ae]|descart[ae]|dimentica|esqueça)\w*\s+(\w+\s+){0,3}"
        r"(instrucciones|indicaciones|reglas|istruzioni|regole|instruções|regras)\s+(anterior|previ|prévi|precedent)"
    ),
    r"\b(игнориру|забуд)\w+\s+(\w+\s+){0,2}(предыдущ|прежн)\w+\s+(инструкц|указан)",
    r"(忽略|无视|忘记).{0,6}(之前|以上|先前|上面|前面).{0,6}(指令|指示|提示|规则)",
    r"(以前|これまで|上記|前).{0,4}(指示|命令|ルール).{0,4}(無視|忘れ)",
)
_INJECTION: Final = re.compile("|".join(f"(?:{phrase})" for phrase in _PHRASES), re.IGNORECASE)
_HINTS: Final = (
    *(b"ignore", b"disregard", b"forget", b"override", b"now", b"prompt", b"instruct", b"user"),
    *(b"curl", b"wget", b"inst]", b"<|", b"<im_", b"<system", b"<end", b"sys>>"),
    *(b"llm", b"language model", b"ai agent", b"ai assistant", b"ai model", b"task is", b"goal is"),
    *(b"purpose is", b"anweisung", b"instru", b"istru", b"befehl", b"regel", b"vorgabe", b"consigne"),
    *(b"directives", b"gles ", b"indicaciones", b"reglas", b"regole", b"regras"),
    *(hint.encode() for hint in ("нструкц", "казан", "忽略", "无视", "忘记", "無視", "忘れ")),
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
