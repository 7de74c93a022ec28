"""An agent that talks to `git fedlearn mcp`: the SDK's own client over real standard input and output."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from mcp import Client, StdioServerParameters
from systems import System


class Agent:
    """What an agent sees: the text of an answer, or of an error."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def call(self, tool: str, /, *, fails: bool = False, **arguments: Any) -> str:
        result = await self.client.call_tool(tool, arguments)
        (content,) = result.content
        assert content.type == "text"
        assert bool(result.is_error) is fails, content.text
        self.facts = result.structured_content or {}
        return content.text


def serve(system: System, *options: str, then: Callable[[Agent], Awaitable[None]]) -> None:
    """Start the server as an agent does, and talk to it."""

    async def talk() -> None:
        server = StdioServerParameters(
            command=sys.executable,
            args=["-m", "git_fedlearn.cli", "-C", str(system.path), "mcp", *options],
            env=system.environment,
        )
        async with Client(server) as client:
            await then(Agent(client))

    asyncio.run(talk())
