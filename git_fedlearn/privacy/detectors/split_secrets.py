"""Secrets that no single string of a record holds: a token cut in two, a key block in lines, a key pair.

A token counts when pieces that end or begin two or more strings of the record make one of a known format
that names itself, and what the later pieces add looks generated. A 40-character secret counts when it stands
beside the AWS key id that it belongs to, in the same object or list.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.detectors.structures import find_private_keys
from git_fedlearn.privacy.detectors.tokens import AWS_KEY_ID, begins_token, is_aws_secret, whole_token
from git_fedlearn.privacy.model import Match
from git_fedlearn.privacy.shapes import is_random
from git_fedlearn.privacy.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


_TAIL = re.compile(r"(?<![A-Za-z0-9_.~+/=-])[A-Za-z0-9_.~+/=-]{2,200}$")
_HEAD = re.compile(r"[A-Za-z0-9_.~+/=-]{4,400}")
_WRAPPING = " \t\r\n\"'`.,;:()[]{}<>…"
_MIN_PIECE_LENGTH = 6
_MAX_PIECES = 4
_MAX_CANDIDATES = 48


class SecretPiece(NamedTuple):
    """A run of token characters in one of the texts."""

    at: int
    start: int
    end: int
    text: str


class SplitText(NamedTuple):
    """A string of the record without what nobody sees, and the pointer of what holds it."""

    text: str
    parent: str


def may_begin(text: str) -> bool:
    """Whether a secret that goes on in another string may begin here; where none begins, none is split."""
    tail = _tail(0, SplitText(text, ""))
    return (tail is not None and begins_token(tail.text)) or _begins_block(text) or _holds_key_id(text)


def find_splits(texts: Sequence[SplitText]) -> dict[int, list[Match]]:
    """For each text by its index, the spans that are part of a secret which is whole only with others."""
    found: defaultdict[int, list[Match]] = defaultdict(list)
    for at, match in (*_cut_tokens(texts), *_listed_blocks(texts), *_aws_pairs(texts)):
        found[at].append(match)
    return dict(found)


def _cut_tokens(texts: Sequence[SplitText]) -> Iterator[tuple[int, Match]]:
    beginnings = [
        piece for piece in map(_tail, range(len(texts)), texts) if piece and begins_token(piece.text)
    ]
    rests = [piece for at, held in enumerate(texts) for piece in _pieces(at, held) if _is_rest(piece.text)]
    for first in beginnings:
        later = [p for p in rests if p.at > first.at] + [p for p in rests if p.at < first.at]
        yield from _joined(first, later[:_MAX_CANDIDATES])


def _joined(first: SecretPiece, later: list[SecretPiece]) -> Iterator[tuple[int, Match]]:
    for index, second in enumerate(later):
        if second.at == first.at:
            continue
        chain = [first, second]
        following = [p for p in later[index + 1 :] if p.at > second.at]
        while True:
            if rule := whole_token(
                "".join(piece.text for piece in chain), len(first.text) + _MIN_PIECE_LENGTH - 1
            ):
                for piece in chain:
                    yield piece.at, Match(piece.start, piece.end, kinds.API_KEY, f"split:{rule}", 0.8)
                return
            if not following or len(chain) == _MAX_PIECES:
                break
            chain.append(following.pop(0))


def _tail(at: int, held: SplitText) -> SecretPiece | None:
    stripped = held.text.rstrip(_WRAPPING)
    hit = _TAIL.search(stripped, max(0, len(stripped) - 200))
    return SecretPiece(at, hit.start(), hit.end(), hit[0]) if hit else None


def _pieces(at: int, held: SplitText) -> Iterator[SecretPiece]:
    """The runs that begin and end a text."""
    lead = len(held.text) - len(held.text.lstrip(_WRAPPING))
    head = _HEAD.match(held.text, lead)
    if head is not None:
        yield SecretPiece(at, head.start(), head.end(), head[0])
    tail = _tail(at, held)
    if tail is not None and (head is None or tail.start > head.start()):
        yield tail


def _is_rest(text: str) -> bool:
    mixed = any(c.isdigit() for c in text) or (
        not text.islower() and not text.isupper() and not text.istitle()
    )
    return len(text) >= _MIN_PIECE_LENGTH and mixed and is_random(text, least=_MIN_PIECE_LENGTH)


def _listed_blocks(texts: Sequence[SplitText]) -> Iterator[tuple[int, Match]]:
    """Key blocks whose lines are the items of a list."""
    parents = {held.parent for held in texts if _begins_block(held.text)}
    for parent in sorted(parents):
        members = [at for at, held in enumerate(texts) if held.parent == parent]
        whole = "\n".join(texts[at].text for at in members)
        for match in find_private_keys(Subject(whole)):
            yield from _apart(match, members, texts)


def _begins_block(text: str) -> bool:
    return "PRIVATE KEY" in text and "-----" in text


def _holds_key_id(text: str) -> bool:
    return ("AKIA" in text or "ASIA" in text) and AWS_KEY_ID.search(text) is not None


def _apart(match: Match, members: Iterable[int], texts: Sequence[SplitText]) -> Iterator[tuple[int, Match]]:
    offset = 0
    for at in members:
        size = len(texts[at].text)
        start, end = max(match.start - offset, 0), min(match.end - offset, size)
        if start < end and not (match.start >= offset and match.end <= offset + size):
            yield at, Match(start, end, match.kind, f"split:{match.rule}", match.confidence)
        offset += size + 1


def _aws_pairs(texts: Sequence[SplitText]) -> Iterator[tuple[int, Match]]:
    parents = {held.parent for held in texts if _holds_key_id(held.text)}
    for at, held in enumerate(texts):
        value = held.text.strip()
        if held.parent in parents and is_aws_secret(value):
            start = held.text.index(value)
            yield at, Match(start, start + len(value), kinds.API_KEY, "split:aws-secret-key", 0.8)
