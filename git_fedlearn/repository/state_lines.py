"""What waits for a person, as JSON lines under the git folder: an object a line, what is none is passed over.

Such a file is of this clone alone. One that was damaged costs what its bad lines said and nothing else.
"""

import json
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from git_fedlearn.repository.files import read_file


def read_state_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file, none if there is no such file."""
    data = read_file(path)
    if data:
        import jsonlines  # noqa: PLC0415  costs start-up time, and mostly nothing waits

        reader = jsonlines.Reader(BytesIO(data))
        yield from reader.iter(type=dict, skip_invalid=True, skip_empty=True)


def format_state_lines(items: Iterable[dict[str, Any]]) -> bytes:
    """The bytes of such a file, in ASCII: a line may hold anything a peer sent."""
    import jsonlines  # noqa: PLC0415

    stream = BytesIO()
    jsonlines.Writer(stream, dumps=json.dumps).write_all(items)
    return stream.getvalue()
