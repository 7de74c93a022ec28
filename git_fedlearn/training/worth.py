"""Whether a sample is worth training on: the rules of lessons, and the labels of its author. Pure."""

import re
from typing import Final

from git_fedlearn.core.canonical import JsonObject, objects_in
from git_fedlearn.core.events import SCORE, words_of
from git_fedlearn.core.quality import PROBE, find_answer_fault, is_echo
from git_fedlearn.core.scoring import BELOW
from git_fedlearn.core.substance import THOUGHT, find_emptiness, find_platitude, is_thinking_aloud
from git_fedlearn.core.wholeness import CUT_OFF
from git_fedlearn.training.samples import is_undesired, is_weightless

MAX_SAMPLE_ANSWER: Final = 16_000

NOT_FOR_TRAINING: Final = "labeled as not for training"
GREETING: Final = "a greeting"
TOOL_RESULT: Final = "the result of a tool in place of an answer"
TOO_LONG: Final = f"an answer of more than {MAX_SAMPLE_ANSWER} characters"

_GREETINGS = frozenset(
    "hello hi hey hallo hola bonjour salut ciao good morning afternoon evening day greetings welcome thanks "
    "thank you please how are is it going i im m am a an the can may help assist with today what do need "
    "there your my me for to at of your service here ready happy glad nice meet sure certainly course no "
    "problem anything else let know if bye goodbye see later assistant ai fine well great".split()
)
_VERDICTS = (["yes"], ["no"], ["true"], ["false"])
"""Answers that are enough for a model, though not for a lesson."""
_REJECTED = frozenset(
    "false no bad negative reject rejected discard exclude excluded skip wrong incorrect dislike "
    "thumbs_down off never".split()
)
_TOOL_SOURCE = re.compile(r"tool|observation|function[-_](?:result|output|response)|\bmcp\b", re.IGNORECASE)
_TOOL_QUESTION = re.compile(
    r"(?:^|[|>\n])\s*(?:tool|function|action|tool call)\s*:\s*[\w.-]+\s*\(", re.IGNORECASE
)
_TOOL_ANSWER = re.compile(
    r'\A\s*\{\s*"(?:success|ok|status|error|isError|result|results|output|stdout|stderr|exit_code|returncode'
    r'|tool|tool_call_id|tool_use_id|observation)"\s*:'
    r'|\A\s*\{.*"(?:isError|is_error|stdout|stderr|exit_code|exitCode|returncode|tool_call_id|tool_use_id)"\s*:',
    re.DOTALL,
)
_TOOL_MARK = re.compile(
    r"\A\s*(?:[<\[]\W?(?:tool|function)[\s_-]?(?:response|results?|output)s?\b[^>\]]*[>\]]"
    r"|(?:tool|function) (?:response|result|output)s?\s*:|observation\s*:|(?:stdout|exit code)\s*:)",
    re.IGNORECASE,
)
"""How agents write down what a tool gave back."""


def is_labeled_out(fields: JsonObject) -> bool:
    """Whether its author said not to train on a sample: `label`, `weight`, `train`, `exclude`."""
    about = fields.get("metadata")
    fields = {**about, **fields} if isinstance(about, dict) else fields
    label, weight = fields.get("label"), fields.get("weight")
    is_rejected = label is not False and label in (0, -1)
    if isinstance(label, str):
        is_rejected = "_".join(words_of(label)) in _REJECTED
    is_unweighted = (isinstance(weight, int | float) and weight <= 0) or weight == "0"
    train = fields.get("train", True)
    is_excluded = train in (False, 0) or (isinstance(train, str) and train.casefold() in _REJECTED)
    return (
        is_rejected or is_unweighted or is_excluded or fields.get("exclude") is True or _has_no_weight(fields)
    )


def find_refusal(fields: JsonObject, content: JsonObject, threshold: float) -> str | None:
    """Why a sample is not worth training on; None if it is. `content` is what `parse_sample` made of it.

    A preference pair, and a sample whose `label` is false, are judged by their other labels and their score
    alone: an answer of theirs is bad on purpose.
    """
    if is_labeled_out({**fields, **content}):
        return NOT_FOR_TRAINING
    score = content.get(SCORE)
    if isinstance(score, int | float) and score < threshold:
        return BELOW
    if "chosen" in content or is_undesired(content):
        return None
    question, answer, is_tool = last_turn(content)
    if is_tool or _is_tool_result(fields, question, answer):
        return TOOL_RESULT
    return find_answer_refusal(fields, question, answer) if answer else None


def find_answer_refusal(fields: JsonObject, question: str, answer: str) -> str | None:
    """Why the last answer of a sample teaches a model nothing."""
    asked, said = words_of(question), words_of(answer)
    is_cut = fields.get("truncated") is True or str(fields.get("finish_reason")).strip() == "length"
    faults = (
        (CUT_OFF, is_cut),
        (TOO_LONG, len(answer) > MAX_SAMPLE_ANSWER),
        (THOUGHT, is_thinking_aloud(answer)),
        (GREETING, bool(said) and _GREETINGS.issuperset(said)),
        (PROBE, bool(asked) and is_echo(asked, said)),
    )
    if fault := next((phrase for phrase, applies in faults if applies), None):
        return fault
    lack = None if said in _VERDICTS else find_emptiness(answer) or find_platitude(answer, strict=False)
    return lack or find_answer_fault(answer)


def last_turn(content: JsonObject) -> tuple[str, str, bool]:
    """The texts of the last question and the last answer to train on, and whether a tool gives the answer."""
    messages = content.get("messages")
    if not isinstance(messages, list):
        return str(content.get("prompt", "")), str(content.get("completion", "")), False
    question, answer, is_tool = "", "", False
    for message in objects_in(messages):
        if message.get("role") == "user":
            question = text_of_message(message)
        elif message.get("role") != "assistant" or is_weightless(message):
            continue
        elif text := text_of_message(message):
            answer, is_tool = text, "tool_call_id" in message
    return question, answer, is_tool


def text_of_message(message: JsonObject) -> str:
    """The text of a message, of its text parts if it has parts."""
    content = message.get("content")
    texts = [part.get("text") for part in objects_in(content)]
    return content if isinstance(content, str) else "\n".join(text for text in texts if isinstance(text, str))


def _is_tool_result(fields: JsonObject, question: str, answer: str) -> bool:
    source = fields.get("source")
    if isinstance(source, str) and _TOOL_SOURCE.search(source):
        return True
    if _TOOL_QUESTION.search(question) or _TOOL_MARK.match(answer):
        return True
    return bool(_TOOL_ANSWER.match(answer)) and not _asks_for_json(fields, question)


def _asks_for_json(fields: JsonObject, question: str) -> bool:
    messages = [one for one in objects_in(fields.get("messages")) if one.get("role") != "assistant"]
    return any("json" in text.casefold() for text in (question, *map(text_of_message, messages)))


def _has_no_weight(fields: JsonObject) -> bool:
    """Whether each message of the assistant has the weight 0."""
    answers = [one for one in objects_in(fields.get("messages")) if one.get("role") == "assistant"]
    return bool(answers) and all(map(is_weightless, answers))
