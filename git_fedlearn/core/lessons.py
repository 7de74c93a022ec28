"""The forms in which an event can contain a lesson, and the record fields each form becomes.

Field names are those of the hybrid coordinator's collections. Content depends on the lesson alone: no
ids, times, hosts or run data, so that two systems that learn the same lesson write the same content.
"""

import json
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from git_fedlearn.core.canonical import Json, JsonObject, iter_strings
from git_fedlearn.core.events import SYNONYMS, text_of, texts_of, unit_number
from git_fedlearn.core.identity import is_volatile
from git_fedlearn.core.layout import BEST_PRACTICES, ERROR_SOLUTIONS, SKILLS_PATTERNS, SetName
from git_fedlearn.core.record import SESSION_FIELDS, USAGE_FIELDS
from git_fedlearn.core.wholeness import unfenced

QUESTION_HEAD: Final = 2000
QUESTION_TAIL: Final = 500
"""Characters kept of the beginning and end of a question; the middle of a longer one is pasted material."""

MAX_QUESTION: Final = 10_000

_PATTERN_FIELDS = ("pattern", "skill_name", "usage_pattern", "generalizable_pattern", "solution_approach")
_TEXT_FIELDS: Final = (
    *("error_type", "error_message", "solution", "profile", "title", "category", "description"),
    *("query", "response", *_PATTERN_FIELDS),
)
"""Every field whose text determines the form or becomes part of it."""

_RUN_FIELDS: Final = frozenset(
    "event event_type type source zone role mode profile agent agent_id agent_type agent_name backend node "
    "system outcome success status status_code exit_code returncode error_count user_feedback feedback "
    "rating novelty tool_calls iterations iteration stop_reason truncated pattern_extracted endorsed user "
    "user_id username context_ids context_provided metadata metrics success_metrics commit_hash id version "
    "level logger".split()
)
_INJECTED = re.compile(r"\[([\w -]+)\].*?\[/\1\]\s*", re.DOTALL)
_DIRECTIVE = re.compile(r"\A(?:/\w+\s+)+")
_RUN_SUFFIXES = ("_id", "_at", "_ts", "_ms", "_seconds", "_time", "_hash")


_FIELDS: Final = SESSION_FIELDS | USAGE_FIELDS.union(
    """
    solution_verified
    timestamps datetime created updated modified started_at finished_at completed_at
    host hostname pid
    model model_id model_name model_version provider temperature top_p top_k seed finish_reason
    tokens cost cost_usd duration duration_s
    """.split()
)
"""Times, sessions, the machine, and the run of a model."""

_PREFIXES: Final = ("last_", "tokens_", "latency_")
_SUFFIXES: Final = ("_count", "_timestamp")


@lru_cache(maxsize=1024)
def is_of_one_occurrence(key: str) -> bool:
    """Whether the field of an event belongs to one occurrence, or is volatile."""
    return is_volatile(key) or key in _FIELDS or key.startswith(_PREFIXES) or key.endswith(_SUFFIXES)


@dataclass(frozen=True, slots=True)
class Draft:
    """A lesson before it is scored. `distilled`: general by its form, whatever the question."""

    set_name: SetName
    content: JsonObject
    question: str
    answer: str
    distilled: bool
    by_rules: bool = False
    """Made of access rules, not of anybody's words."""
    is_list: bool = False
    """Made of the whole items of a list, which may have been cut off."""

    def shortened(self, answer: str) -> "Draft | None":
        """The draft with only the start of its answer; None without a start or a field with the answer."""
        names = [name for name, value in self.content.items() if value == self.answer]
        if not answer or not names:
            return None
        return replace(self, content={**self.content, **dict.fromkeys(names, answer)}, answer=answer)


def find_draft(event: JsonObject) -> Draft | None:
    """The lesson in an (unwrapped) event, in the first form that fits; None if no form does."""
    texts = texts_of(event, _TEXT_FIELDS)
    forms = (_error_solution, _access_fix, _best_practice, _facts, _pattern, _interaction)
    return next((draft for form in forms if (draft := form(event, texts))), None)


def _error_solution(event: JsonObject, texts: dict[str, str]) -> Draft | None:
    kind, message, solution = texts["error_type"], texts["error_message"], texts["solution"]
    if not solution or not (kind or message):
        return None
    named = {"error_type": kind, "error_message": message, "solution": solution}
    return _distilled(ERROR_SOLUTIONS, event, named, question=f"{kind} {message}".strip(), answer=solution)


def _access_fix(event: JsonObject, texts: dict[str, str]) -> Draft | None:
    """Access rules added to a profile: the denials they end are the error, the rules the solution."""
    profile = texts["profile"]
    rules = added_access_rules(event, texts["response"]) if profile else []
    if not rules:
        return None
    shared = [rule for rule in rules if not _PRIVILEGE.search(rule)]
    paths = ", ".join(rule.rsplit(" ", 1)[0] for rule in shared)
    content: JsonObject = {
        "error_type": "apparmor_denial",
        "error_message": f"AppArmor DENIED in profile {profile}: {paths}",
        "solution": "\n".join([f"Add to the AppArmor profile {profile}:", *shared]),
        "tags": ["apparmor"],
    }
    if not shared:
        return Draft(ERROR_SOLUTIONS, {}, "", "", distilled=True, by_rules=True)
    question, answer = str(content["error_message"]), str(content["solution"])
    return Draft(ERROR_SOLUTIONS, content, question, answer, distilled=True, by_rules=True)


def _best_practice(event: JsonObject, texts: dict[str, str]) -> Draft | None:
    title, category, description = texts["title"], texts["category"], texts["description"]
    if not ((title or category) and description) and not (is_endorsed(event) and (title or description)):
        return None
    named = {"title": title, "category": category, "description": description}
    question = f"{category} {title}".strip() if description else category
    return _distilled(BEST_PRACTICES, event, named, question=question, answer=description or title)


def is_endorsed(event: JsonObject) -> bool:
    """Whether somebody endorsed what the event says."""
    count = event.get("endorsement_count")
    is_counted = isinstance(count, int | float) and not isinstance(count, bool) and count > 0
    return event.get("endorsed") is True or is_counted


def _facts(_event: JsonObject, texts: dict[str, str]) -> Draft | None:
    """An answer that is a JSON list of facts: objects with `fact`, optionally `scope` and `confidence`."""
    facts = _parse_facts(texts["response"]) if '"fact"' in texts["response"] else []
    if not facts:
        return None
    scopes = sorted({scope for fact in facts if (scope := text_of(fact, "scope"))})
    description = "\n".join(dict.fromkeys(text_of(fact, "fact") for fact in facts))
    content: JsonObject = {"category": ", ".join(scopes) or "facts", "description": description}
    return Draft(BEST_PRACTICES, content, texts["query"], description, distilled=True, is_list=True)


def _pattern(event: JsonObject, texts: dict[str, str]) -> Draft | None:
    described = any(event.get(name) for name in _PATTERN_FIELDS)
    if not described and event.get("pattern_extracted") is not True:
        return None
    said = ("pattern", "usage_pattern", "generalizable_pattern", "solution_approach")
    told = (texts[name] for name in (*said, "description", "response", "skill_name") if texts[name])
    nested = (" ".join(iter_strings(event.get(name, ""))) for name in _PATTERN_FIELDS)
    answer = next((text for text in (*told, *nested) if text), "")
    named = {name: texts[name] for name in ("query", "response")}
    draft = _distilled(SKILLS_PATTERNS, event, named, question=texts["query"], answer=answer)
    return draft if draft.content else None


def _interaction(event: JsonObject, texts: dict[str, str]) -> Draft | None:
    question, answer = without_scaffold(texts["query"]), texts["response"]
    if not question or not answer:
        return None
    is_long = len(question) > QUESTION_HEAD + QUESTION_TAIL
    ends = question[:QUESTION_HEAD].rstrip(), question[-QUESTION_TAIL:].lstrip()
    named: JsonObject = {"query": "\n[…]\n".join(ends) if is_long else question, "response": answer}
    kept = {name: event[name] for name in ("category", "language", "framework", "tags") if event.get(name)}
    return Draft(SKILLS_PATTERNS, kept | named, question, answer, distilled=False)


def without_scaffold(question: str) -> str:
    """A question without the wrapping of tools: `[x]…[/x]` blocks and leading `/directives`.

    Only both ends of an overlong question are examined.
    """
    if len(question) > 2 * MAX_QUESTION:
        question = f"{question[:MAX_QUESTION]}\n{question[-MAX_QUESTION:]}"
    if "[/" in question:
        question = _INJECTED.sub("", question)
    return _DIRECTIVE.sub("", question.strip()).strip()


def added_access_rules(event: JsonObject, answer: str) -> list[str]:
    """The access rules an event added, without indentation and machine-specific parts, each once, sorted.

    If `rules_added` is only a number, they are read from the answer, provided it lists that many.
    """
    value = event.get("rules_added")
    if isinstance(value, list):
        return sorted({_generalized(rule) for rule in value if isinstance(rule, str) and rule.strip()})
    listed = re.findall(r"'\s*(/[^']+,)'", answer)
    if isinstance(value, int) and not isinstance(value, bool) and value == len(listed):
        return sorted({_generalized(rule) for rule in listed})
    return []


_PRIVILEGE = re.compile(
    r"secret|credential|passw|shadow|token|\.ssh|\.gnupg|_key\b|\.pem|/run/wrappers/|/(?:sudo|su|doas|pkexec)\b"
    r"|\s[a-zA-Z]*(?:ux|Ux|UX)\w*,$"
)
"""A rule that grants access to credentials or extra privileges: the owner decides, not a peer."""
_MACHINE_PART = re.compile(r"(?<![0-9a-z])[0-9a-f]{16,}(?:[-_][0-9a-f]{8,})*(?![0-9a-z])")


def _generalized(rule: str) -> str:
    return _MACHINE_PART.sub("*", " ".join(rule.split()))


def _distilled(
    set_name: SetName, event: JsonObject, named: dict[str, str], *, question: str, answer: str
) -> Draft:
    other = {synonym for names in SYNONYMS.values() for synonym in names}
    content = {
        name: _lasting(value) for name, value in event.items() if name not in other and _lasts(name, value)
    }
    content |= {name: text for name, text in named.items() if text}
    return Draft(set_name, content, question, answer, distilled=True)


def _lasts(name: str, value: Json) -> bool:
    """Whether a field belongs to the lesson rather than to the session that wrote it."""
    bound = name in _RUN_FIELDS or name.endswith(_RUN_SUFFIXES) or is_of_one_occurrence(name)
    return not bound and not name.startswith("_") and value not in (None, "", [], {})


def _lasting(value: Json, depth: int = 4) -> Json:
    if isinstance(value, dict) and depth:
        return {name: _lasting(item, depth - 1) for name, item in value.items() if _lasts(name, item)}
    if isinstance(value, list) and depth:
        return [_lasting(item, depth - 1) for item in value]
    return value


def _parse_facts(answer: str) -> list[JsonObject]:
    text = re.sub(r"\A```\w*\n", "", unfenced(answer))
    if text[:1] not in ("[", "{"):
        return []
    try:
        value = json.loads(text)
    except RecursionError:
        return []
    except ValueError:
        value = _whole_objects(text)
    listed = value.get("facts") if isinstance(value, dict) else value
    facts = (
        [fact for fact in listed if isinstance(fact, dict) and text_of(fact, "fact")]
        if isinstance(listed, list)
        else []
    )
    return [fact for fact in facts if (sure := unit_number(fact, "confidence")) is None or sure >= 0.7]  # noqa: PLR2004


def _whole_objects(text: str) -> list[Json]:
    """The objects of a list that was cut off, as far as they are whole."""
    decoder, found = json.JSONDecoder(), list[Json]()
    at = text.find("{", text.find("["))
    while at >= 0:
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        found.append(value)
        at = text.find("{", end)
    return found
