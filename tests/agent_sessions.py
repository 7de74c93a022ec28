"""Sessions of agents for tests, and how each tool writes one down."""

import json
from typing import Any

from git_fedlearn.learn.readers.session import Changed, Ran, Said, Step


def user(text: str) -> Step:
    return Said(by_user=True, text=text)


def agent(text: str) -> Step:
    return Said(by_user=False, text=text)


def fails(command: str, output: str) -> Step:
    return Ran(command, failed=True, output=output, when=None)


def passes(command: str, output: str = "done") -> Step:
    return Ran(command, failed=False, output=output, when=None)


def edits(path: str, before: str, after: str) -> Step:
    return Changed(path, before, after)


OTHER_WORK = (
    passes("git status --short", " M src/view.py"),
    agent("Let me look at the callers first."),
    edits("README.md", "## Usage", "## Running it"),
    passes("ls src", "view.py"),
)

SESSION = (
    user("Make the nightly report faster."),
    agent("I look at the query."),
    fails("make report", 'psql: error: FATAL:  role "report" does not exist\nmake: *** [report] Error 2'),
    agent("The new database has no role for reports yet."),
    *OTHER_WORK,
    passes("createuser report"),
    passes("make report 2>&1 | tail -5", "report written"),
    user("By the way, reports in this project are written in UTC, never in local time."),
    agent("Noted."),
    agent("I cache the totals in a global variable."),
    user("No, please. We pass a Cache object everywhere, global state is not allowed here."),
    edits("src/view.py", "TOTALS = {}", "def view(cache: Cache):"),
    agent("The view takes a Cache now."),
    user("Thanks, perfect."),
)
"""One fix, one convention, one correction."""

OUTCOME = ["best-practices", "best-practices", "error-solutions"]


def claude_code(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = [{"type": "file-history-snapshot", "snapshot": {}}]

    def add(kind: str, content: Any, **more: Any) -> None:
        number = len(lines)
        parent = f"u{number - 1}" if number > 1 else None
        when = f"2026-05-20T10:00:{number % 60:02}Z"
        message = {"role": kind, "content": content}
        lines.append(
            {"type": kind, "uuid": f"u{number}", "parentUuid": parent, "timestamp": when, "message": message}
            | {"isSidechain": False, "cwd": "/home/ada/src/shop"}
            | more
        )

    for number, step in enumerate(steps):
        match step:
            case Said(by_user=True, text=text):
                add("user", text, promptSource="typed")
            case Said(text=text):
                add("assistant", [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": text}])
            case Ran(command=command, failed=failed, output=output):
                call = {"type": "tool_use", "id": f"t{number}", "name": "Bash", "input": {"command": command}}
                add("assistant", [call])
                text = f"Exit code 1\n{output}" if failed else output
                result = {"type": "tool_result", "tool_use_id": f"t{number}", "content": text}
                add("user", [result | {"is_error": failed}], toolUseResult=f"Error: {text}")
            case Changed(path=path, before=before, after=after):
                edit = {"file_path": f"/home/ada/src/shop/{path}", "old_string": before, "new_string": after}
                add("assistant", [{"type": "tool_use", "id": f"t{number}", "name": "Edit", "input": edit}])
                add("user", [{"type": "tool_result", "tool_use_id": f"t{number}", "content": "updated"}])
    return lines


def codex(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = [{"type": "session_meta", "payload": {"id": "x", "cwd": "/home/ada"}}]

    def add(kind: str, **payload: Any) -> None:
        lines.append({"timestamp": "2026-05-20T10:00:00Z", "type": kind, "payload": payload})

    scaffold = "<environment_context>\n<cwd>/home/ada</cwd>\n</environment_context>"
    add("response_item", type="message", role="user", content=[{"type": "input_text", "text": scaffold}])
    for number, step in enumerate(steps):
        match step:
            case Said(by_user=by_user, text=text):
                role, part = ("user", "input_text") if by_user else ("assistant", "output_text")
                add("response_item", type="message", role=role, content=[{"type": part, "text": text}])
                add("event_msg", type="user_message" if by_user else "agent_message", message=text)
            case Ran(command=command, failed=failed, output=output):
                arguments = json.dumps({"command": ["bash", "-lc", command]})
                add("response_item", type="function_call", call_id=f"c{number}", arguments=arguments)
                if number % 2:
                    ended = {"exit_code": int(failed), "aggregated_output": output}
                    add("event_msg", type="exec_command_end", call_id=f"c{number}", **ended)
                text = f"Chunk ID: 1\nProcess exited with code {int(failed)}\nOutput:\n{output}"
                add("response_item", type="function_call_output", call_id=f"c{number}", output=text)
            case Changed(path=path, before=before, after=after):
                patch = f"*** Begin Patch\n*** Update File: {path}\n@@\n-{before}\n+{after}\n*** End Patch"
                add("response_item", type="custom_tool_call", call_id=f"c{number}", input=patch)
                text = json.dumps({"output": "Success.", "metadata": {"exit_code": 0}})
                add("response_item", type="custom_tool_call_output", call_id=f"c{number}", output=text)
    return lines


def chat(steps: tuple[Step, ...], *, as_object: bool = False) -> list[dict[str, Any]]:
    """Messages of OpenAI's API; with `as_object` as Ollama has them."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": "You are a coding agent."}]
    for number, step in enumerate(steps):
        if isinstance(step, Said):
            messages.append({"role": "user" if step.by_user else "assistant", "content": step.text})
            continue
        if isinstance(step, Ran):
            arguments = {"command": step.command}
            result = json.dumps({"exit_code": int(step.failed), "output": step.output})
        else:
            arguments = {"path": step.path, "old": step.before, "new": step.after}
            result = "ok"
        call: dict[str, Any] = {"function": {"name": "tool", "arguments": arguments}}
        answer: dict[str, Any] = {"role": "tool", "content": result}
        if not as_object:
            call = {"id": f"c{number}", "type": "function"} | call
            call["function"]["arguments"] = json.dumps(arguments)
            answer["tool_call_id"] = f"c{number}"
        messages += [{"role": "assistant", "content": "", "tool_calls": [call]}, answer]
    return messages


def exchanges(messages: list[dict[str, Any]]) -> list[tuple[list[dict[str, Any]], dict[str, Any]]]:
    """Each answer of the agent, with all messages before it."""
    places = [place for place, message in enumerate(messages) if message["role"] == "assistant"]
    return [(messages[:place], messages[place]) for place in places] + [
        (messages, {"role": "assistant", "content": "That is all."})
    ]


def openai(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    return [
        {
            "timestamp": "2026-05-20T10:00:00Z",
            "request": {"model": "m", "messages": history},
            "response": {"choices": [{"message": answer}]},
        }
        for history, answer in exchanges(chat(steps))
    ]


def litellm(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    return [
        {"startTime": 1779900000.5, "messages": history, "response": {"choices": [{"message": answer}]}}
        | {"call_type": "acompletion", "metadata": {"user_api_key_alias": "ada"}}
        for history, answer in exchanges(chat(steps))
    ]


def litellm_spend_logs(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    """Rows of a table: JSON in texts, messages only in the request of the proxy."""
    return [
        {"request_id": str(number), "startTime": "2026-05-20 10:00:00.5", "user": "ada", "messages": "{}"}
        | {"proxy_server_request": json.dumps({"model": "m", "messages": history})}
        | {"response": json.dumps({"choices": [{"message": answer}]})}
        for number, (history, answer) in enumerate(exchanges(chat(steps)))
    ]


def responses(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    """Requests of OpenAI's Responses API, whose calls are items beside the messages."""
    return [
        {"startTime": 1779900000.5, "call_type": "aresponses", "messages": items(history)}
        | {"response": {"object": "response", "output": items([answer])}}
        for history, answer in exchanges(chat(steps))
    ]


def items(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for message in messages:
        if message["role"] == "tool":
            answer = {"type": "function_call_output", "call_id": message["tool_call_id"]}
            found.append(answer | {"output": message["content"]})
        elif message["content"]:
            part = {"type": "output_text", "text": message["content"]}
            found.append({"type": "message", "role": message["role"], "content": [part]})
        for call in message.get("tool_calls", ()):
            function = call["function"]
            found.append({"type": "function_call", "call_id": call["id"]} | function)
    return found


def ollama(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    return [
        {"time": "2026-05-20T10:00:00Z", "endpoint": "/api/chat", "request": {"messages": history}}
        | {"response": {"message": answer}}
        for history, answer in exchanges(chat(steps, as_object=True))
    ]


def langfuse(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    return [
        {"type": "GENERATION", "start_time": f"2026-05-20 10:{number:02}:00.000000"}
        | {"input": json.dumps(history), "output": json.dumps(answer)}
        for number, (history, answer) in enumerate(exchanges(chat(steps)))
    ]


def langfuse_trace(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    observations = [
        {
            "type": "GENERATION",
            "startTime": f"2026-05-20T10:{number:02}:00Z",
            "input": history,
            "output": answer,
        }
        for number, (history, answer) in enumerate(exchanges(chat(steps)))
    ]
    return [{"id": "x", "userId": "ada", "scores": [], "observations": observations[::-1]}]


def otel(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    lines = []
    for number, (history, answer) in enumerate(exchanges(chat(steps))):
        values = {
            "gen_ai.operation.name": "chat",
            "gen_ai.input.messages": json.dumps([in_parts(message) for message in history]),
            "gen_ai.output.messages": json.dumps([in_parts(answer)]),
        }
        attributes = [{"key": key, "value": {"stringValue": value}} for key, value in values.items()]
        span = {"startTimeUnixNano": f"{1779900000 + number}000000000", "attributes": attributes}
        lines.append({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})
    return lines[::-1]


def in_parts(message: dict[str, Any]) -> dict[str, Any]:
    parts: list[dict[str, Any]] = []
    if message["role"] == "tool":
        answer = {"type": "tool_call_response", "id": message["tool_call_id"]}
        parts.append(answer | {"response": message["content"]})
    elif message.get("content"):
        parts.append({"type": "text", "content": message["content"]})
    for call in message.get("tool_calls", ()):
        function = call["function"]
        parts.append(
            {"type": "tool_call", "id": call["id"], "name": function["name"]}
            | {"arguments": json.loads(function["arguments"])}
        )
    return {"role": message["role"], "parts": parts}


LOGS = {
    "claude-code": claude_code,
    "codex": codex,
    "openai": openai,
    "litellm": litellm,
    "ollama": ollama,
    "otel": otel,
    "langfuse": langfuse,
}
