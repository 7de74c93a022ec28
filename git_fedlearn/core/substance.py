"""Whether a text says anything: the refusals that come before any score. See docs/scoring.md.

A claimed score does not switch them off. The rules look at the words that are left when references, words
without meaning of their own and words of a status are taken away, never at the length alone: a concise answer
passes. Pure functions; each refusal is one of the phrases below.
"""

import re
from typing import Final

from git_fedlearn.core.canonical import Json
from git_fedlearn.core.empty_words import (
    ERROR_WORDS,
    FUNCTION_WORDS,
    GENERIC_WORDS,
    NOTHING_WORDS,
    POINTER_WORDS,
    RESTART_WORDS,
    STATUS_WORDS,
    SUCCESS_WORDS,
)
from git_fedlearn.core.events import words_of
from git_fedlearn.core.patterns import PatternTest

MAX_LESSON: Final = 6_000
"""Characters of an answer; a longer one is a document, not a lesson."""

MAX_ERROR: Final = 10_000
"""Characters of an error; a longer one is a whole log."""

MAX_OTHERS: Final = 16_000
"""Characters of all other fields of a lesson together."""

MAX_THOUGHTS: Final = 100_000
"""Characters of a text whose thoughts are looked for; a longer one is no lesson."""

MAX_ASKED_WORDS: Final = 30
MAX_STATUS: Final = 200
"""Characters of a text that may be nothing but a status."""

MAX_RESTATEMENT_WORDS: Final = 12

SAYS_NOTHING: Final = "it says nothing"
STATUS_ONLY: Final = "only a status or a merge note"
ELSEWHERE: Final = "it only points elsewhere"
UNRESOLVED: Final = "not resolved yet"
RESTATES: Final = "it says nothing that is not in the question"
THOUGHT: Final = "only a chain of thought"
PLATITUDE: Final = "a platitude"
UNNAMED: Final = "the error is not named"
DOCUMENT: Final = f"longer than {MAX_LESSON} characters"
CONVERSATION: Final = "a conversation, not a lesson"
WHOLE_LOG: Final = f"an error of more than {MAX_ERROR} characters"

_THOUGHT_NAMES = "think|thinking|thought|thoughts|reasoning|reflection|scratchpad|analysis"
_THOUGHT = re.compile(rf"(?<!`)<({_THOUGHT_NAMES})\b[^<>]*>.*?</\1\s*>(?!`)\s*", re.DOTALL | re.IGNORECASE)
_THOUGHT_TAG = re.compile(rf"</?(?:{_THOUGHT_NAMES})\b", re.IGNORECASE)
"""Without one, none of the patterns around it matches."""
_THOUGHT_END = re.compile(
    rf"\A(?:(?!<(?:{_THOUGHT_NAMES})\b).)*?(?<!`)</(?:{_THOUGHT_NAMES})\s*>(?!`)\s*",
    re.DOTALL | re.IGNORECASE,
)
_THOUGHT_START = re.compile(
    rf"^\s*<(?:{_THOUGHT_NAMES})\b[^<>]*>(?!`).*", re.DOTALL | re.IGNORECASE | re.MULTILINE
)
_THOUGHT_MARKS: Final = (
    (
        re.compile(
            r"(?<!`)(?:\[THINK\]|\u25c1think\u25b7|<seed:think>|<\|(?:begin_of_thought|START_THINKING)\|>)(?!`)"
        ),
        "<think>",
    ),
    (
        re.compile(
            r"(?<!`)(?:\[/THINK\]|\u25c1/think\u25b7|</seed:think>|<\|(?:end_of_thought|END_THINKING)\|>)(?!`)"
        ),
        "</think>",
    ),
    (re.compile(r"(?<!`)<\|(?:(?:begin|end)_of_solution|(?:START|END)_RESPONSE)\|>(?!`)\s*"), ""),
    (
        re.compile(
            r"(?:<\|start\|>assistant)?(?<!`)<\|channel\|>(?:analysis|commentary)\b[^<]*<\|message\|>"
        ),
        "<think>",
    ),
    (
        re.compile(r"(?:<\|end\|>\s*)?(?:<\|start\|>assistant)?(?<!`)<\|channel\|>final<\|message\|>"),
        "</think>",
    ),
    (re.compile(r"(?<!`)<\|(?:end|return|im_end|eot_id|endoftext)\|>\s*\Z"), ""),
)
"""How other models mark thoughts and answers: Magistral, Kimi, Seed, Command, and gpt-oss (harmony)."""
_THOUGHT_PARTS: Final = frozenset({"thinking", "redacted_thinking", "reasoning"})
"""The `type` of a part of a message that is a thought."""

_THOUGHT_ALOUD = re.compile(
    r"\A\W*(?:thoughts?|thinking|reasoning|chain of thought|analysis)\W*:"
    r"|\A\W*(?:okay|ok|alright|hmm|so),? (?:so |let me |let's |the user |i need to |i should |first,? i )"
    r"|\A\W*(?:let me think|the user (?:is asking|asks|wants|asked)|i need to (?:think|figure))",
    re.IGNORECASE,
)
_FINAL_ANSWER = re.compile(r"^\W*(?:final answer|answer|response)\W*:\s*", re.IGNORECASE | re.MULTILINE)

_TURN = re.compile(
    r"^\W*(?:user|human|assistant|ai|agent|bot|model|gpt|claude|customer|support)\W{0,4}:",
    re.IGNORECASE | re.MULTILINE,
)
MIN_TURNS: Final = 4
"""Turns of a conversation; a question and its answer may be quoted in a lesson."""

_REFERENCE = re.compile(
    r"https?://\S+|\b[\w.-]+/[\w.-]+#\d+|#\d+|\bgh-\d+\b|\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,40}\b",
    re.IGNORECASE,
)
_WEAK_REFERENCE = re.compile(
    r"\b[a-z][\w]*-(?=[a-z]*\d)[0-9a-z]{1,8}\b|(?<![\w/~.-])(?:[\w.-]+/)+[\w.-]+|@\w+|\bv?\d[\d.]*%?",
    re.IGNORECASE,
)
_REFERENCE_SIGN = re.compile(r"[\d/@]")
"""Each reference has one of these, also a weak one."""
_NAMES_BY_FORM: Final = (
    r"`[^`]+`",
    r"(?<![\w-])--?[A-Za-z][\w-]*",
    r"\b\w+[._:]\w+",
    r"(?<!\w)[~.]{0,2}/\w+",
    r"\b\w+/\w+/\w+",
    r"\b[a-z]+[A-Z]\w*",
    r"\b[A-Z]{2,}\w*",
    r"\b\w*_\w+",
    r"\d",
    r"\w\(\)",
    r"[\"'][^\"']{3,}[\"']",
)
_CONCRETE = re.compile("|".join(_NAMES_BY_FORM))
_CLEARLY_CONCRETE = PatternTest(
    "|".join(form for form in _NAMES_BY_FORM if "(?<" not in form and "[A-Z]{2" not in form)
)
"""What needs no look at the characters before it, and is concrete with and without capitals."""


_EMPTY_WORDS = NOTHING_WORDS | STATUS_WORDS | POINTER_WORDS | RESTART_WORDS
IMPERATIVES: Final = frozenset(["restart", "reboot"])
HELPED: Final = frozenset("helped helps fixed fixes worked works solved gone did".split())
"""Words by which a leading `reboot` says what happened (`reboot helped`), not what to do (`reboot it`)."""
_OK_STATUS = re.compile(
    r"(?:\W|_|(?:GET|POST|PUT|DELETE|HEAD|PATCH|OPTIONS)\s+\S+|https?[\w/.]*|status|code|response|responded|returned"
    r"|returns|exit(?:ed)?|with|server|answered)*?(?<![\d.])(?:20\d|304|0)"
    r"(?:\W|ok|success(?:ful(?:ly)?)?|created|accepted|no|content|not|modified|partial)*",
    re.IGNORECASE,
)

_UNRESOLVED_LEAD = re.compile(
    r"\A\W*(?:(?:todo|tbd|tba|fixme|wip|unresolved|unsolved|untriaged)\b"
    r"|(?:partial(?:ly)?|incomplete|open|pending|blocked|deferred|postponed|in progress|ongoing"
    r"|under investigation|investigating|backlog(?:ged)?|on hold)\s*(?:[:;.,(\u2013\u2014-]|\Z)"
    r"|as an? (?:ai|language model)\b"
    r"|(?:(?:i'm|i am|we're|we are) )?(?:so |very )?(?:sorry|afraid)\b[,.]?(?: but)?"
    r" (?:i|we)(?: am| are|'m|'re| was| were)?"
    r" ?(?:can't|cannot|can not|unable|couldn't|could not|don't have|do not have|not able)\b"
    r"|an (?:\w+ )?error (?:has )?occurred (?:while|when|during) (?:\w+ing|the generation)\b[^.]*\.?\s*\Z"
    r"|please try (?:it )?again(?: later| in an? (?:few )?\w+)?\W*\Z"
    r"|(?:the )?user (?:has )?(?:resolved|fixed|solved) (?:it|this|that|the \w+)"
    r"(?: (?:them|him|her)sel(?:f|ves))?\W*\Z)",
    re.IGNORECASE,
)
_DONE_WORDS = (
    "resolved|fixed|solved|addressed|reproduced|determined|identified|found|diagnosed|understood|known|clear"
    "|available|investigated|implemented|done|decided|established|ready|figured out"
)
_UNRESOLVED = PatternTest(
    r"\b(?:not|never|hasn't|isn't|wasn't|couldn't|cannot|can't|n't) (?:yet )?(?:been |be |yet )?(?:yet )?"
    rf"(?:{_DONE_WORDS})\b"
    rf"|\bto be (?:{_DONE_WORDS}|fixed|announced)\b"
    r"|\bno (?:known |clear |permanent |real |good )?"
    r"(?:solution|fix|workaround|resolution|remedy|answer|idea|clue)\b"
    r"|\bstill (?:investigating|looking|open|fail(?:s|ing)|broken|happen(?:s|ing)|occurs|un\w+|there)\b"
    r"|\b(?:needs?|requires?|awaiting|awaits|pending|waiting for|under) (?:further |more |some |a )?"
    r"(?:investigation|review|triage|analysis|debugging|info|information|feedback|work|decision|upstream|fix)\b"
    r"|\b(?:cause|reason) (?:is |was |remains )?(?:still )?(?:unknown|unclear)\b"
    r"|\b(?:unclear|unknown|unsure|no idea) (?:why|how|what|if|whether|where)\b"
    r"|\b(?:should|need to|needs to|must|have to) (?:look into|investigate|figure out|debug|revisit)\b"
    r"|\b(?:don't|do not|didn't|did not) know\b|\bgave up\b|\b(?:will|let's|we'll|i'll) "
    r"(?:be )?(?:fix|look|investigate|revisit|check|follow|address|retry|handle)(?:e?d)?\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|\n+")
_IN_VAIN = re.compile(
    r"\b(?:no (?:luck|effect|success)|(?:to no|without) (?:avail|success|effect))\b"
    r"|\b(?:same (?:error|issue|problem|result)|nothing (?:helped|worked)|still (?:fails|crashes|hangs))\b"
    r"|\bdid(?:n['\u2019]?t| not) (?:\w+ )?(?:work|help|solve|fix)\b"
    r"|\b(?:do|does|could|won)(?:n['\u2019]?t| not) (?:\w+ )?(?:work|help|solve|fix)"
    r"(?:\W|it|this|for me|at all|any ?more|either)*\Z"
    r"|\b(?:error|problem|issue|crash)s? (?:still )?(?:persist|remain|occur)s?\W*\Z"
    r"|\b(?:rolled (?:it|this|that) back|backed out|made (?:it|things) worse)\b",
    re.IGNORECASE,
)
_TENTATIVE = re.compile(
    r"\A\W*(?:maybe|possibly|probably|(?:it|this)(?:'s| is| could be| might be) (?:probably|maybe)|next step"
    r"|chances are|i(?:'ll|'m| am| will)? (?:suspect|think|guess\w*|believe|going)\b"
    r"|if\b.*\b(?:might|could)\b)|\?\W*\Z|\b(?:untested|(?:not|n['\u2019]t|never) (?:yet )?tried)\b",
    re.IGNORECASE,
)
_SHORT_BEGINNING: Final = 40
"""Characters that often say something already."""
_BEGINNING: Final = 160
"""Characters that mostly do."""
MAX_PHRASE: Final = 8
"""Words of a phrase in _UNRESOLVED."""
_MERGE_NOTE = re.compile(
    r"\A\W*(?:merge (?:branch|pull request|remote-tracking|commit|tag)\b|revert \"|chore(?:\(\w+\))?: )"
    r"[^\n]*\Z",
    re.IGNORECASE,
)
_ASK_SOMEBODY = re.compile(
    r"\A\W*(?:please )?(?:ask|contact|ping|talk to|speak (?:to|with)|reach out to)\b(?:\W+\w+){1,4}\W*\Z",
    re.IGNORECASE,
)
_OPTION = re.compile(r"(?<!\S)--?[A-Za-z][\w-]*")
_STATUS_LEAD = re.compile(
    r"\A\W*(?:merged?|closed?|done|fixed|resolved|completed?|shipped|landed|implemented|verified)\b\s*"
    r"(?:[:.,;\u2013\u2014-]|\bin\b|\bvia\b|\bby\b|\bbranch\b|\bpr\b|\bpull request\b)\s*",
    re.IGNORECASE,
)


def without_thought(text: str) -> str:
    """A text without its chain of thought: what stands between `<think>` and `</think>`, also half of it.

    Tags in backticks are talked about, not used. After thoughts under a heading, only a final answer stays.
    """
    if len(text) > MAX_THOUGHTS:
        return text
    if any(mark in text for mark in ("THINK]", "\u25b7", "<|", "seed:think>")):
        for pattern, tag in _THOUGHT_MARKS:
            text = pattern.sub(tag, text)
    if "<" in text:
        if _THOUGHT_TAG.search(text):
            text = _THOUGHT_START.sub("", _THOUGHT_END.sub("", _THOUGHT.sub("", text)))
        text = text.strip()
    if _THOUGHT_ALOUD.match(text[:200]) and (parts := _FINAL_ANSWER.split(text))[1:]:
        return parts[-1].strip()
    return text


def strip_thoughts(value: Json, depth: int = 6) -> Json:
    """A JSON value whose texts, and whose lists of parts, are without thoughts."""
    if isinstance(value, str):
        return without_thought(value)
    if isinstance(value, dict) and depth:
        return {name: strip_thoughts(item, depth - 1) for name, item in value.items()}
    if isinstance(value, list) and depth:
        return [strip_thoughts(item, depth - 1) for item in value if not _is_thought(item)]
    return value


def _is_thought(part: Json) -> bool:
    return isinstance(part, dict) and isinstance(part.get("type"), str) and part["type"] in _THOUGHT_PARTS


def is_conversation(text: str) -> bool:
    """Whether a text is a record of who said what: several turns of a user and a model."""
    return text.count(":") >= MIN_TURNS and len(_TURN.findall(text)) >= MIN_TURNS


def is_thinking_aloud(text: str) -> bool:
    """Whether a text begins as a chain of thought without tags."""
    return bool(_THOUGHT_ALOUD.match(text[:200]))


def find_emptiness(text: str) -> str | None:  # noqa: PLR0911  one per reason
    """Why a text says nothing, or not what to do; None if it says something."""
    if _UNRESOLVED_LEAD.match(text):
        return UNRESOLVED
    if _MERGE_NOTE.match(text) or (len(text) <= MAX_STATUS and _OK_STATUS.fullmatch(text)):
        return STATUS_ONLY
    if _ASK_SOMEBODY.match(text):
        return ELSEWHERE
    beginning = _beginning(text, _BEGINNING)
    says_something = _has_substance(_beginning(text, _SHORT_BEGINNING)) or _has_substance(beginning)
    if says_something and (not _UNRESOLVED.is_in(text) or _has_remedy(beginning)):
        return None
    bare = _REFERENCE.sub(" ", text)
    words = _content(bare)
    if all(word in NOTHING_WORDS for word in words):
        return ELSEWHERE if not words and _REFERENCE.search(text) else SAYS_NOTHING
    said = _content(_WEAK_REFERENCE.sub(" ", bare))
    is_told_to = bool(said) and said[0] in IMPERATIVES and HELPED.isdisjoint(said)
    told = {word for word in said if is_told_to or word not in _EMPTY_WORDS}
    if _UNRESOLVED.is_in(text):
        left = told.intersection(_content(_UNRESOLVED.pattern.sub(" ", text)))
        if len(left) < 3:  # noqa: PLR2004  words of a remedy
            return UNRESOLVED
    # An answer may be a number or a name with one; a status with one is still a status.
    return None if told or not said or _OPTION.search(text) else _kind_of_emptiness(said)


def _beginning(text: str, length: int) -> str:
    """The text up to the first blank behind this many characters.

    No reference contains a blank, so its words are the same in the whole text.
    """
    end = text.find(" ", length)
    return text[:end] if end >= 0 else text


def _has_remedy(beginning: str) -> bool:
    """Whether three words say something outside of phrases that leave it open, one of which may be cut."""
    left = _content(_UNRESOLVED.pattern.sub(" ", beginning))[:-MAX_PHRASE]
    said = _content(_WEAK_REFERENCE.sub(" ", _REFERENCE.sub(" ", beginning)))
    return len({*said}.intersection(left) - _EMPTY_WORDS) >= 3  # noqa: PLR2004  words of a remedy


def _has_substance(beginning: str) -> bool:
    """Whether these words already say something."""
    if not _REFERENCE_SIGN.search(beginning):
        return not _EMPTY_WORDS.issuperset(_content(beginning))
    beginning = _REFERENCE.sub(" ", beginning)
    return not NOTHING_WORDS.issuperset(_content(beginning)) and not _EMPTY_WORDS.issuperset(
        _content(_WEAK_REFERENCE.sub(" ", beginning))
    )


def _kind_of_emptiness(words: list[str]) -> str:
    if words[0] in NOTHING_WORDS:
        return SAYS_NOTHING
    return STATUS_ONLY if POINTER_WORDS.isdisjoint(words) else ELSEWHERE


def is_inconclusive(solution: str) -> bool:
    """Whether the last sentence of a solution tells of failure, or each one does, guesses or asks."""
    said = [part for part in _SENTENCE_END.split(solution.strip()) if re.search(r"\w", part)]
    is_none = all(_IN_VAIN.search(part) or _TENTATIVE.search(part) for part in said)
    return bool(said) and (is_none or _IN_VAIN.search(said[-1]) is not None)


def find_restatement(question: str, answer: str) -> str | None:
    """RESTATES, or STATUS_ONLY for a status that goes on with the words of the question.

    Only the first line of the question counts: a long report often contains the remedy, too.
    """
    asked = {_stem(word) for word in words_of(question.strip().partition("\n")[0])[:MAX_ASKED_WORDS]}
    lead = _STATUS_LEAD.match(answer)
    rest = answer[lead.end() :] if lead else answer
    words = _content(_REFERENCE.sub(" ", rest))
    new = {_stem(word) for word in words if not lead or word not in _EMPTY_WORDS} - asked
    if lead and len(new) < 3 and not _CONCRETE.search(_REFERENCE.sub(" ", rest)):  # noqa: PLR2004  to say how
        return STATUS_ONLY
    return None if new or len(words) > MAX_RESTATEMENT_WORDS else RESTATES


def find_platitude(text: str, *, strict: bool) -> str | None:
    """PLATITUDE for words that fit everywhere; `strict` also for a longer text with hardly any other word."""
    if _names_something(text):
        return None
    words = set(_content(text))
    specific = {word for word in words if word not in GENERIC_WORDS and word not in STATUS_WORDS}
    if not specific:
        return PLATITUDE
    if strict and ((len(specific) == 1 and len(words) >= 4) or len(specific) * 5 < len(words)):  # noqa: PLR2004
        return PLATITUDE
    return None


def is_unnamed(error: str) -> bool:
    """Whether an error says no more than that there was one, or that all is well."""
    words = _content(error)
    return all(word in ERROR_WORDS or word in NOTHING_WORDS for word in words) or reports_success(error)


def reports_success(message: str) -> bool:
    """Whether a message says that there was no error: `HTTP/1.1 204 No Content`, `completed successfully`."""
    if len(message) > MAX_STATUS:
        return False
    words = words_of(message)
    is_told = any(word in SUCCESS_WORDS and word not in ERROR_WORDS for word in words)
    return bool(_OK_STATUS.fullmatch(message)) or (is_told and SUCCESS_WORDS.issuperset(words))


def estimate_specificity(answer: str) -> tuple[float, str]:
    """A share in [0, 1] for how concrete an answer is: names and values, a reason or rule, enough words."""
    names = {match[0] for match in _CONCRETE.finditer(_without_capitals(answer))}
    reasons = len({match[0].casefold() for match in _REASONS.finditer(answer)})
    words = len(set(_content(answer)))
    share = 0.4 * min(1.0, len(names) / 4) + 0.3 * min(1.0, reasons / 2) + 0.3 * min(1.0, words / 16)
    return share, f"{len(names)} names and values, {reasons} reasons or rules, {words} words"


def is_concrete(answer: str) -> bool:
    """Whether an answer names something, or has words enough to explain."""
    return _names_something(answer) or len(set(_content(answer))) >= 6  # noqa: PLR2004


def _names_something(text: str) -> bool:
    return _CLEARLY_CONCRETE.is_in(text) or bool(_CONCRETE.search(_without_capitals(text)))


_REASONS = re.compile(
    r"\b(?:because|since|so that|otherwise|due to|caus\w+|instead|must|only|never|always|avoid\w*|prefer"
    r"|before|after|when|if|unless|until|not|need\w*|fix|prevent\w*|use|set|require\w*)\b",
    re.IGNORECASE,
)


def _without_capitals(text: str) -> str:
    """A text whose lone sentence openings do not look like names."""
    return re.sub(r"\b(?:AI|OK|TODO|NOT|NEVER|ALWAYS|MUST|DO|ALL|CODE|BEST|IT)\b", _lower, text)


def _lower(match: "re.Match[str]") -> str:
    return match[0].lower()


def _content(text: str) -> list[str]:
    """The words that mean something by themselves, in order; a lone letter of an alphabet does not."""
    return [
        word
        for word in words_of(text)
        if word not in FUNCTION_WORDS and (len(word) > 1 or not _is_letter(word))
    ]


def _is_letter(character: str) -> bool:
    return character.isalpha() and (character.isascii() or character < "\u4e00")


def _stem(word: str) -> str:
    for suffix in ("ings", "ing", "ied", "ies", "ed", "es", "ly", "s", "e"):
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:  # noqa: PLR2004  letters of a stem
            return word[: -len(suffix)]
    return word
