"""Texts that try to steer the agent that reads them. A heuristic, for a warning or a quarantine."""

import re
from typing import Final

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.identity import is_metadata_key
from git_fedlearn.core.patterns import PatternTest
from git_fedlearn.privacy.json_strings import iter_strings

_AGENTS: Final = r"(?:llms?|(?:large )?language models?|ai (?:agents?|assistants?|models?))"
_PHRASES: Final = (
    (
        r"\b(?:ignore|disregard|forget|override) (?:about )?(?:all |any |of |the |your |these )*"
        r"(?:previous|prior|above|earlier|preceding|system|safety)(?: and \w+)? "
        r"(?:instruction|prompt|rule|direction|directive|guideline|constraint|message)"
    ),
    (
        r"\b(?:ignore|disregard|forget) (?:all )?(?:of )?your (?:\w+ )?"
        r"(?:instruction|rule|directive|guideline|programming)"
    ),
    r"\b(?:ignore|disregard|forget) (?:the above and|everything (?:above|before|you))\b",
    r"\byou are now (?:a|an|in|the|operating)\b",
    (
        r"\b(?:reveal|print|repeat|show|output|display) (?:\w+ ){0,5}?"
        r"(?:(?:your (?:\w+ )?(?:initial|hidden|original|system)|the (?:full |hidden )*system) prompt|"
        r"your (?:initial|hidden|system) (?:message|instruction))"
    ),
    r"\b(?:do not|don't|never) (?:tell|inform|alert|mention (?:\w+ ){1,3}to) (?:the )?user",
    r"<\|?(?:im_start|im_end|endoftext)\|?>|<\|system\|>|(?:^|[^.\w])<system>[^.]|\[/?INST\]|<</?SYS>>",
    r"\bsystem\]?: (?:ignore|you (?:are|must)|the user has)\b",
    r"(?:curl|wget) [^|\n]+\| (?:sudo )?(?:ba|z|da)?sh\b",
    r"\bnew (?:system )?instructions?:",
    (
        r"\b(?:note|message|attention|instructions?) (?:to|for) (?:all |any |the )*"
        rf"{_AGENTS}(?:[:,]| reading | processing )"
    ),
    rf"\b{_AGENTS} (?:reading|processing) this\b|\bif you are an (?:ai|llm|assistant)\b",
    r"\byour (?:real|true|actual|new) (?:\w+ )?(?:task|goal|purpose|instructions?|directives?) (?:is|are)\b",
    r"\bfrom now on,? you (?:(?:will|must|shall) )?(?:only |always )?(?:answer|respond|reply|obey|act)\b",
    (
        r"\b(?:ignorier|vergiss|vergessen sie|missachte)\w* (?:(?:\w+ ){0,3}"
        r"(?:vorherig|vorig|bisherig|obig|früher)\w* (?:\w+ )?|(?:alle )?deine )"
        r"(?:anweisung|instruktion|befehl|regel|richtlinie|vorgabe)"
    ),
    (
        r"\b(?:ignor|oubli)(?:e|er|ez) (?:\w+ ){0,2}(?:instructions|consignes|directives|r[èe]gles) "
        r"(?:pr[ée]c[ée]dent|ant[ée]rieur|ci-dessus)"
    ),
    (
        r"\b(?:ignor[ae]|olvid[ae]|descart[ae]|dimentica|esqueça)\w* (?:\w+ ){0,3}"
        r"(?:instrucciones|indicaciones|reglas|istruzioni|regole|instruções|regras) "
        r"(?:anterior|previ|prévi|precedent)"
    ),
    r"\b(?:(?:про)?игнориру|забуд)\w+ (?:\w+ ){0,2}(?:предыдущ|прежн)\w+ (?:инструкц|указан|правил)",
    r"(?:忽略|无视|忘记).{0,6}(?:之前|以上|先前|上面|前面).{0,6}(?:指令|指示|提示|规则)",
    r"(?:以前|これまで|上記|前).{0,8}(?:指示|命令|ルール).{0,4}(?:無視|忘れ)",
)
"""A blank stands for any run of blanks."""
_INJECTION: Final = PatternTest("|".join(_PHRASES).replace(" ", r"[ \t\r\n]+"), re.IGNORECASE)

_COLOR: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
"""A sequence that a terminal does not show: its last letter would hide where the next word begins."""


def is_suspicious(fields: JsonObject) -> bool:
    """Whether a text of a record tries to steer the agent that reads it. A heuristic, for a warning."""
    learned = {key: value for key, value in fields.items() if not is_metadata_key(key)}
    return any(_INJECTION.is_in(_COLOR.sub(" ", place.text)) for place in iter_strings(learned))
