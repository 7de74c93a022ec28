"""Secrets that no single string of a record contains: a token in pieces, a key block in lines, a key pair.

A token counts if pieces at the beginning or end of two or more strings form one with a distinctive prefix,
and the later pieces look generated. A secret of 40 characters counts if it is next to the AWS key id it
belongs to, in the same object or list.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from git_fedlearn.core.patterns import lazy_pattern
from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.detectors.structures import find_private_keys
from git_fedlearn.privacy.detectors.tokens import AWS_KEY_ID, begins_token, is_aws_secret, whole_token
from git_fedlearn.privacy.model import Match
from git_fedlearn.privacy.shapes import is_random
from git_fedlearn.privacy.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_RUN_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.~+/=-"
_MIN_TAIL_LENGTH = 2
_MAX_TAIL_LENGTH = 200
_HEAD = lazy_pattern(r"[A-Za-z0-9_.~+/=-]{4,400}")
_WRAPPING = " \t\r\n\"'`.,;:()[]{}<>…"
_MIN_PIECE_LENGTH = 6
_MAX_PIECES = 4
_MAX_CANDIDATES = 48


class SecretPiece(NamedTuple):
    """A run of token characters in the text with this index."""

    at: int
    start: int
    end: int
    text: str


class SplitText(NamedTuple):
    """A string of the record without invisible characters, and the pointer of the object or list it is in."""

    text: str
    parent: str


def may_begin(text: str) -> bool:
    """Whether a secret that continues in another string may begin in this one."""
    tail = _tail(0, SplitText(text, ""))
    return (tail is not None and begins_token(tail.text)) or _begins_block(text) or _has_key_id(text)


def find_splits(texts: Sequence[SplitText]) -> dict[int, list[Match]]:
    """The spans that are pieces of secrets, by the index of the text."""
    found: defaultdict[int, list[Match]] = defaultdict(list)
    for at, match in (*_cut_tokens(texts), *_listed_blocks(texts), *_aws_pairs(texts)):
        found[at].append(match)
    return dict(found)


def _cut_tokens(texts: Sequence[SplitText]) -> Iterator[tuple[int, Match]]:
    beginnings = [
        piece for piece in map(_tail, range(len(texts)), texts) if piece and begins_token(piece.text)
    ]
    rests = [
        piece for at, source in enumerate(texts) for piece in _pieces(at, source) if _may_continue(piece.text)
    ]
    places = [piece.at for piece in rests]
    for first in beginnings:
        after = bisect_right(places, first.at)
        later = rests[after : after + _MAX_CANDIDATES]
        later += rests[: min(_MAX_CANDIDATES - len(later), bisect_left(places, first.at))]
        yield from _completed(first, later)


def _completed(first: SecretPiece, later: list[SecretPiece]) -> Iterator[tuple[int, Match]]:
    """The pieces of the first token that `first` and some of the later pieces form."""
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


def _tail(at: int, source: SplitText) -> SecretPiece | None:
    stripped = source.text.rstrip(_WRAPPING)
    start = len(stripped.rstrip(_RUN_CHARACTERS))
    if _MIN_TAIL_LENGTH <= len(stripped) - start <= _MAX_TAIL_LENGTH:
        return SecretPiece(at, start, len(stripped), stripped[start:])
    return None


def _pieces(at: int, source: SplitText) -> Iterator[SecretPiece]:
    """The runs at the beginning and the end of a text."""
    lead = len(source.text) - len(source.text.lstrip(_WRAPPING))
    head = _HEAD.match(source.text, lead)
    if head is not None:
        yield SecretPiece(at, head.start(), head.end(), head[0])
    tail = _tail(at, source)
    if tail is not None and (head is None or tail.start > head.start()):
        yield tail


def _may_continue(text: str) -> bool:
    mixed = any(c.isdigit() for c in text) or (
        not text.islower() and not text.isupper() and not text.istitle()
    )
    return len(text) >= _MIN_PIECE_LENGTH and mixed and is_random(text, min_length=_MIN_PIECE_LENGTH)


def _listed_blocks(texts: Sequence[SplitText]) -> Iterator[tuple[int, Match]]:
    """Key blocks whose lines are the items of a list."""
    parents: dict[str, list[int]] = {source.parent: [] for source in texts if _begins_block(source.text)}
    for at, source in enumerate(texts):
        if source.parent in parents:
            parents[source.parent].append(at)
    for _, members in sorted(parents.items()):
        whole = "\n".join(texts[at].text for at in members)
        for match in find_private_keys(Subject(whole)):
            yield from _per_line(match, members, texts)


def _begins_block(text: str) -> bool:
    return "PRIVATE KEY" in text and "-----" in text


def _has_key_id(text: str) -> bool:
    return ("AKIA" in text or "ASIA" in text) and AWS_KEY_ID.search(text) is not None


def _per_line(
    match: Match, members: Iterable[int], texts: Sequence[SplitText]
) -> Iterator[tuple[int, Match]]:
    offset = 0
    for at in members:
        size = len(texts[at].text)
        start, end = max(match.start - offset, 0), min(match.end - offset, size)
        if start < end and not (match.start >= offset and match.end <= offset + size):
            yield at, Match(start, end, match.kind, f"split:{match.rule}", match.confidence)
        offset += size + 1


def _aws_pairs(texts: Sequence[SplitText]) -> Iterator[tuple[int, Match]]:
    parents = {source.parent for source in texts if _has_key_id(source.text)}
    for at, source in enumerate(texts):
        value = source.text.strip()
        if source.parent in parents and is_aws_secret(value):
            start = source.text.index(value)
            yield at, Match(start, start + len(value), kinds.API_KEY, "split:aws-secret-key", 0.8)
