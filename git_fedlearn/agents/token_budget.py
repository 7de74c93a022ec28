"""Texts for agents within a budget of tokens.

A token is counted as four characters, which is what tokenizers of today's models need for English and code on
average.
"""

import math
from typing import Final

CHARACTERS_PER_TOKEN: Final = 4
SHORT_ID: Final = 8
"""Characters of an id, enough for `git fedlearn show`."""


def count_tokens(text: str) -> int:
    """The estimated number of tokens of a text."""
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)


def shorten(text: str, most: int) -> str:
    """The text, cut at a word if it is too long."""
    return text if len(text) <= most else f"{text[: most - 2].rsplit(' ', 1)[0]} …"
