"""The plugins of detect-secrets that find what no rule here does, used only for their compiled patterns.

No settings (a process-wide singleton), no verification, no network. detect-secrets takes 0.11 s to import,
so a plugin is imported for the first text that has the form of what some plugin finds.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Final

from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.detectors.tokens import extend_token
from git_fedlearn.privacy.model import Match
from git_fedlearn.privacy.shapes import is_marked_example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from git_fedlearn.privacy.subject import Subject

PLUGINS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("aws", "AWSKeyDetector", ("akia", "asia", "abia", "acca", "a3t", "aws")),
    ("github_token", "GitHubTokenDetector", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_")),
    ("sendgrid", "SendGridDetector", ("sg.",)),
    ("stripe", "StripeDetector", ("k_live_",)),
)
"""Module, class, and lower-case keywords, one of which the text must contain."""
FORMS: Final = (
    r"(?:A3T[A-Z0-9]|ABIA|ACCA|AKIA|ASIA)[0-9A-Z]{16}",
    r"(?i:aws[^\n]*(?:key|pwd|pw|pass|token)[^\n]*[\"'][0-9a-z/+]{40}[\"'])",
    "gh[oprsu]_[A-Za-z0-9_]{36}",
    r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
    "[rs]k_live_[0-9a-zA-Z]{24}",
)
"""What the patterns of the plugins find, for the gate."""
_LOADED: dict[str, tuple[re.Pattern[str], ...]] = {}


def find_with_detect_secrets(subject: Subject) -> Iterator[Match]:
    """The hits of the plugins, each extended to the whole token."""
    if not subject.has_digit_run:
        return
    lowered = subject.lowered
    for module, name, keywords in PLUGINS:
        if any(word in lowered for word in keywords):
            for pattern in _LOADED.get(module) or _load(module, name):
                yield from _hits(pattern, subject.text, f"detect-secrets:{module}")


def _load(module: str, name: str) -> tuple[re.Pattern[str], ...]:
    plugin = getattr(import_module(f"detect_secrets.plugins.{module}"), name)()
    patterns = tuple(p for p in plugin.denylist if isinstance(p, re.Pattern))
    _LOADED[module] = patterns
    return patterns


def _hits(pattern: re.Pattern[str], text: str, rule: str) -> Iterator[Match]:
    at = 0
    while (hit := pattern.search(text, at)) is not None:
        # The first group long enough to be the secret, or the whole match.
        group = next((g for g in range(1, hit.re.groups + 1) if hit[g] and len(hit[g]) > 8), 0)  # noqa: PLR2004
        start, end = hit.span(group)
        at = end = max(extend_token(text, end), hit.start() + 1)
        token = text[start:end]
        whole = start == 0 or not text[start - 1].isalnum()
        if whole and not is_marked_example(token):
            yield Match(start, end, kinds.API_KEY, rule, 0.9)
