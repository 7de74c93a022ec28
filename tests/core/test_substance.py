from typing import Any

import pytest

from git_fedlearn.core.canonical import Json
from git_fedlearn.core.scoring import BELOW, RoutedLesson, Skipped, route_event
from git_fedlearn.core.substance import (
    DOCUMENT,
    ELSEWHERE,
    MAX_ERROR,
    MAX_LESSON,
    PLATITUDE,
    RESTATES,
    SAYS_NOTHING,
    STATUS_ONLY,
    THOUGHT,
    UNNAMED,
    UNRESOLVED,
    WHOLE_LOG,
    find_emptiness,
    is_unnamed,
    reports_success,
    strip_thoughts,
    without_thought,
)

ERROR = "the spooler drops jobs of more than nine pages"
FIX = "Raise MaxJobPages to 40 and restart the spooler."


def verdict(**event: Any) -> str:
    outcome = route_event(event)[1]
    return outcome.reason if isinstance(outcome, Skipped) else outcome.set_name


@pytest.mark.parametrize("claim", [{}, {"value_score": 0.97}])
@pytest.mark.parametrize(
    ("solution", "reason"),
    [
        *(
            (text, SAYS_NOTHING)
            for text in ("none", "?", "-", "…", "N/A", "n.a.", "null", "Unknown.", "keine", "x")
        ),
        *((text, SAYS_NOTHING) for text in ("None (automated check)", "Nothing yet", "no")),
        *(
            (text, ELSEWHERE)
            for text in ("see above", "Same as before.", "https://example.com/a/1", "siehe oben")
        ),
        *((text, ELSEWHERE) for text in ("Refer to the documentation.", "See the thread in Slack", "#4711")),
        *(
            (text, UNRESOLVED)
            for text in (
                "I'm sorry, but I can't help with that.",
                "As an AI language model I cannot access your system.",
                "An error occurred while generating the solution",
                "Please try again later.",
                "User resolved it themselves.",
            )
        ),
        *((text, UNRESOLVED) for text in ("TODO: not resolved yet", "TBD", "Not fixed yet.", "No fix found")),
        *(
            (text, UNRESOLVED)
            for text in ("Partial: the first half landed", "still investigating", "FIXME later")
        ),
        *(
            (text, UNRESOLVED)
            for text in ("to be determined", "Needs further investigation", "Root cause unknown")
        ),
        *(
            (text, STATUS_ONLY)
            for text in ("Merge branch 'main' into dev", "Moved to the backlog", "blocked by #12")
        ),
        *((text, ELSEWHERE) for text in ("Ask Bob.", "Filed as see-4c0, see there")),
        *((text, STATUS_ONLY) for text in ("HTTP/1.1 200 OK", "status: ok", "exit code 0", "Done.", "LGTM")),
        *(
            (text, STATUS_ONLY)
            for text in ("Merge pull request #12 from a/b", "Merged branch a/b (fixed with c-12d)")
        ),
        *(
            (text, STATUS_ONLY)
            for text in ("automated health check passed", "Works for me", "fixed in 1a2b3c4")
        ),
        *(
            (text, STATUS_ONLY)
            for text in ("Issue has been resolved successfully.", "closed as duplicate of AB-7")
        ),
        ("Merged: the spooler drops no jobs", STATUS_ONLY),
        ("The spooler drops more jobs.", RESTATES),
        ("Check the configuration and try again.", PLATITUDE),
        ("Thought: the user wants a fix, so I should look at pages.", THOUGHT),
        ("<think>Pages? Perhaps a limit.</think>", "an error without a solution"),
        ("page " * MAX_LESSON, DOCUMENT),
    ],
)
def test_no_form_of_words_makes_a_lesson(solution: str, reason: str, claim: dict[str, float]) -> None:
    assert verdict(error_message=ERROR, solution=solution, **claim) == reason


@pytest.mark.parametrize(
    "solution",
    [
        FIX,
        "Sorry, but I misread the page: free the queue",
        "Please try again after deleting ~/.cache/cups",
        "The user resolved the name of the queue in /etc/hosts",
        "Restart it.",
        "Run as root",
        "Not a bug: pass -I/usr/include/cups",
        "free the queue",
        "`cupsenable lp0`",
        "Merged the two queues, and raised MaxJobPages to 40.",
        "Fixed by raising the page limit of the queue",
        "Upgrade to the latest version.",
        "Not fixed upstream; pin cups below 2.4 and rebuild the filter.",
        "See the limit in cupsd.conf: raise MaxJobPages to 40.",
        "No fix needed after the filter is rebuilt with ghostscript.",
    ],
)
def test_a_concise_true_solution_passes(solution: str) -> None:
    assert verdict(error_message=ERROR, solution=solution) == "error-solutions"


@pytest.mark.parametrize(
    "error", ["error", "Unknown error", "?", "HTTP 200 OK", "An unexpected problem occurred"]
)
def test_an_error_that_is_not_named_helps_nobody(error: str) -> None:
    assert verdict(error_message=error, solution=FIX) == UNNAMED


def test_a_whole_log_is_no_error() -> None:
    assert verdict(error_message=f"{ERROR}\n" * (MAX_ERROR // 40), solution=FIX) == WHOLE_LOG


@pytest.mark.parametrize(
    "practice",
    [
        {"category": "docker", "description": "Pin base images by digest, so that builds are the same."},
        {"title": "WAL", "description": "Set PRAGMA journal_mode=WAL when several readers use SQLite."},
        {"description": "Rotate the keys weekly.", "endorsement_count": 12},
        {"category": "tokens", "description": "Never log tokens."},
    ],
)
def test_a_concise_practice_passes_without_an_outcome(practice: dict[str, Any]) -> None:
    assert verdict(**practice) == "best-practices"


@pytest.mark.parametrize(
    "practice",
    [
        {"title": "Quality", "description": "Always write clean code and follow best practices."},
        {
            "category": "work",
            "description": "Be careful when deploying to production.",
            "endorsement_count": 9,
        },
        {"title": "Tests", "description": "Test your code thoroughly before you deploy it."},
        {"title": "Teams", "description": "Communication is key to the success of every project."},
    ],
)
def test_a_platitude_is_no_practice(practice: dict[str, Any]) -> None:
    assert verdict(**practice, value_score=0.9) == PLATITUDE


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How do I list the jobs of a printer?", "lpstat -o lp0"),
        (
            "Why does the queue stop after a jam?",
            "Its error policy is stop-printer; set it to retry-job instead.",
        ),
    ],
)
def test_a_concise_answer_to_a_general_question_passes_without_an_outcome(question: str, answer: str) -> None:
    assert verdict(query=question, response=answer) == "skills-patterns"
    assert verdict(query=question, response=answer, user_feedback=-1) == BELOW


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("<think>a</think>Use it.", "Use it."),
        ("<Thinking>\na\n</Thinking>\n\nUse it.", "Use it."),
        ("a</think>Use it.", "Use it."),
        ("<think>a, and never an end", ""),
        ("Use it.\n<think>b", "Use it."),
        ("[THINK]a[/THINK]Use it.", "Use it."),
        ("\u25c1think\u25b7a\u25c1/think\u25b7Use it.", "Use it."),
        ("<seed:think>a</seed:think>\nUse it.", "Use it."),
        ("<|START_THINKING|>a<|END_THINKING|><|START_RESPONSE|>Use it.<|END_RESPONSE|>", "Use it."),
        (
            "<|begin_of_thought|>a<|end_of_thought|>\n\n<|begin_of_solution|>\nUse it.\n<|end_of_solution|>",
            "Use it.",
        ),
        (
            (
                "<|channel|>analysis<|message|>a<|end|>"
                "<|start|>assistant<|channel|>final<|message|>Use it.<|return|>"
            ),
            "Use it.",
        ),
        ("<|channel|>analysis<|message|>a", ""),
        ("Cut `[THINK]` and `<|channel|>` off.", "Cut `[THINK]` and `<|channel|>` off."),
        ("Shift with `a <| b`.", "Shift with `a <| b`."),
        ("Thought: a\nFinal Answer: Use it.", "Use it."),
        ("Strip `<think>` up to `</think>` first.", "Strip `<think>` up to `</think>` first."),
        ("if a < b and b > c", "if a < b and b > c"),
    ],
)
def test_a_chain_of_thought_is_taken_out(text: str, rest: str) -> None:
    assert without_thought(text) == rest


def test_parts_that_are_thoughts_are_taken_out() -> None:
    parts: list[Json] = [
        {"type": "thinking", "thinking": "a"},
        {"type": "text", "text": "<think>b</think>Use it."},
    ]
    assert strip_thoughts({"content": parts}) == {"content": [{"type": "text", "text": "Use it."}]}


def test_the_answer_behind_a_thought_is_the_lesson() -> None:
    event: dict[str, Any] = {
        "error_message": ERROR,
        "solution": f"<think>Hm.</think>{FIX}",
        "tags": ["<think>a</think>cups"],
    }
    outcome = route_event(event)[1]
    assert isinstance(outcome, RoutedLesson)
    assert outcome.content["solution"] == FIX
    assert outcome.content["tags"] == ["cups"]


@pytest.mark.parametrize("wrap", ["{}", "```json\n{}", '{{"facts": {}'])
@pytest.mark.parametrize("fields", [{}, {"finish_reason": "length"}])
def test_a_list_that_was_cut_off_keeps_its_whole_facts(wrap: str, fields: dict[str, str]) -> None:
    facts = '[{"fact": "Queues keep their state in /var/spool/cups."}, {"fact": "Ghostscript must be bui'
    event = {"query": "List facts of this diff.", "response": wrap.format(facts), "outcome": "success"}
    outcome = route_event({**event, **fields})[1]
    assert isinstance(outcome, RoutedLesson)
    assert outcome.content["description"] == "Queues keep their state in /var/spool/cups."


def test_what_is_tied_to_a_moment_ranks_below_what_is_general() -> None:
    general = route_event({"error_message": ERROR, "solution": FIX})[0].value
    tied = route_event({"error_message": ERROR, "solution": f"{FIX} See #12; all 40 tests pass."})[0].value
    vague = route_event({"error_message": ERROR, "solution": "Restart it."})[0].value
    assert general > tied
    assert general > vague


LINKS = "see https://example.org/" + "a" * 200 + " and #12, docs/" + "b" * 200 + "/c.md "


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (LINKS + FIX, None),
        (LINKS, ELSEWHERE),
        ("The spooler is NOT yet Fixed." + " It is the same." * 40, UNRESOLVED),
        ("It is " + "the " * 60 + "cause: \u017ftill unknown", UNRESOLVED),
        ("It is " + "the " * 60, SAYS_NOTHING),
    ],
)
def test_a_long_answer_is_read_to_its_end(answer: str, reason: str | None) -> None:
    assert find_emptiness(answer) == reason


@pytest.mark.parametrize(
    "answer",
    [
        "rebooting fixed it",
        "after a reboot it was gone",
        "Restarted and it was fine",
        "turned it off and on again",
        "rebooted the server and everything was fine afterwards",
        "try again later",
        "no longer happens",
        "somebody fixed it",
        "looks good now",
        "figured it out",
        "nvm, my fault",
        "HTTP/1.1 200 OK",
        "204 No Content",
        "GET /health 200",
        "exit code 0",
    ],
)
def test_that_a_fault_went_away_is_no_remedy(answer: str) -> None:
    assert find_emptiness(answer) is not None


@pytest.mark.parametrize(
    "answer",
    [
        "reboot with nomodeset",
        "restart nginx after the certificate was renewed",
        "reboot into the older kernel and pin it",
        "return 200 from the health check before the model is loaded",
        "replug the sensor once",
        "Set max_connections to 200",
        "turn off IPv6",
    ],
)
def test_a_restart_of_something_is_a_remedy(answer: str) -> None:
    assert find_emptiness(answer) is None


@pytest.mark.parametrize(
    "message",
    [
        "HTTP 200 OK",
        "GET /x 200",
        "response 204",
        "exit code 0",
        "0 errors",
        "completed successfully",
        "no error",
    ],
)
def test_a_message_of_success_is_no_error(message: str) -> None:
    assert is_unnamed(message)
    assert reports_success(message)


@pytest.mark.parametrize("message", ["HTTP 500", "exit code 137", "200 retries failed", "error", "10 errors"])
def test_a_message_of_failure_reports_no_success(message: str) -> None:
    assert not reports_success(message)
