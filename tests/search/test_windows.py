"""Which parts of a text are searched for."""

from hypothesis import given
from hypothesis import strategies as st

from git_fedlearn.search.windows import QUESTION_LINES, is_paste, windows_of


def test_a_question_is_asked_whole() -> None:
    question = "error: no space left\n\n  while writing the layer\nwhat now?"
    assert windows_of(question) == [question]


def test_a_paste_is_asked_by_lines_and_pairs_of_lines() -> None:
    assert windows_of("a\n\n b\nc\nd\n") == ["a", "a\nb", "b", "b\nc", "c", "c\nd", "d"]


def test_lines_that_differ_in_numbers_only_are_asked_once() -> None:
    log = "\n".join([*(f"12:00:{n:02} request {n} served" for n in range(40)), "disk full"])
    assert [window for window in windows_of(log) if "\n" not in window] == [
        "12:00:00 request 0 served",
        "disk full",
    ]


def test_of_too_many_lines_those_are_asked_that_the_log_repeats_least() -> None:
    log = "\n".join([*["ping", "pong"] * 50, "disk full", *["ping"] * 9])
    assert windows_of(log, 1) == ["disk full", "disk full\nping"]


FRAMES = [
    "at process (node_modules/express/lib/router/layer.js:95:5)",
    "at async Promise.all (index 0)",
    "at Object.parse [as read] (<anonymous>)",
    "at org.example.Server.run(Server.java:44)",
    "at System.IO.File.Open(String path) in C:\\\\build\\\\io.cs:line 12",
    'File "/srv/app/main.py", line 12, in run',
    "#3 0x00007f2a in poll () from /lib/libc.so.6",
    "from lib/server.rb:10:in `listen'",
    "/src/server/main.go:44 +0x1d",
    "4: core::panicking::panic_fmt",
]
ERRORS = ["disk full", "at 12:03 the server refused: no route", "File not found: a.py", "4: no space left"]


def test_frames_of_a_stack_are_not_asked_alone() -> None:
    for frame in FRAMES:
        windows = windows_of(f"first\n{frame}\n{frame}\nlast")
        assert windows == ["first", f"first\n{frame}", f"{frame}\nlast", "last"], frame
    for error in ERRORS:
        assert error in windows_of(f"first\n{error}\n{error}\nlast"), error
    assert windows_of("\n".join(FRAMES[:4]))


LINES = st.sampled_from([*FRAMES, *ERRORS, "", "  12:00 request 7 served"]) | st.text(max_size=9)


@given(st.lists(LINES, max_size=9).map("\n".join))
def test_windows_are_lines_of_the_text(text: str) -> None:
    windows = windows_of(text)
    if is_paste(text):
        lines = {line.strip() for line in text.splitlines()}
        assert windows
        assert all(part in lines for window in windows for part in window.split("\n"))
    else:
        assert windows == [text]
        assert len([line for line in text.splitlines() if line.strip()]) <= QUESTION_LINES
