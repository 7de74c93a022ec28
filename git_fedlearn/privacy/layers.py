"""What the detectors find under one layer: in decoded base64, behind escapes."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.addresses import find_emails
from git_fedlearn.privacy.detectors import DETECTORS, SECRET_DETECTORS
from git_fedlearn.privacy.model import Match
from git_fedlearn.privacy.prefilter import Prefilter
from git_fedlearn.privacy.subject import Subject
from git_fedlearn.privacy.wrapped import blank_letter_escapes, decoded_base64, unescaped

if TYPE_CHECKING:
    from collections.abc import Iterator


def find_in_base64(subject: Subject) -> Iterator[Match]:
    """Runs of base64 whose plain text holds a secret; the whole run goes."""
    for start, end, plain in decoded_base64(subject):
        inner = Subject(plain)
        found = min(
            (m for detector in _secret_detectors().choose(inner) for m in detector(inner)),
            key=lambda m: (kinds.RANK[m.kind], m.rule),
            default=None,
        )
        if found is not None:
            yield Match(start, end, found.kind, f"base64:{found.rule}", 0.9)


def find_behind_escapes(subject: Subject) -> Iterator[Match]:
    """What shows only once escapes are read: a key after a written newline, an escaped letter."""
    blanked = blank_letter_escapes(subject.text)
    if blanked is not None:
        inner = Subject(blanked)
        for detector in _glued_detectors().choose(inner):
            yield from detector(inner)
    view = unescaped(subject.text)
    if view is None:
        return
    inner = Subject(view.text, subject.key)
    for detector in _plain_detectors().choose(inner):
        for match in detector(inner):
            at = bisect_left(view.changed, match.start)
            if at < len(view.changed) and view.changed[at] < match.end:
                yield replace(match, start=view.starts[match.start], end=view.ends[match.end - 1])


_secret_detectors = cache(lambda: Prefilter(SECRET_DETECTORS))
_glued_detectors = cache(lambda: Prefilter((*SECRET_DETECTORS, find_emails)))
_plain_detectors = cache(lambda: Prefilter(DETECTORS))

ALL_DETECTORS = (*DETECTORS, find_in_base64, find_behind_escapes)
