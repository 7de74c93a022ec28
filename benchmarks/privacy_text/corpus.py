"""The records to measure on: a text and the spans in it that must go."""

import random
import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from benchmarks.privacy_text import personal_contexts, personal_kinds, secret_contexts, secret_kinds
from benchmarks.privacy_text.sampling import sample


class Record(NamedTuple):
    """A text, what it is an example of, and the private values in it (none: nothing may be found)."""

    kind: str
    context: str
    text: str
    secrets: tuple[str, ...]

    @property
    def is_held_out(self) -> bool:
        """Whether the cell (kind and context) belongs to the half that nobody looks at while writing rules."""
        return zlib.crc32(f"{self.kind}\0{self.context}".encode()) % 2 == 1


def secret_records(seed: int, rounds: int) -> Iterator[Record]:
    """Secrets by kind and context; `rounds` of each cell, drawn anew."""
    chance = random.Random(seed)
    for _ in range(rounds):
        yield from _named(chance)
        yield from _tokens(chance)
        for item in secret_kinds.embedded(chance):
            shape = re.sub(r"\s+", " ", item.text.replace(item.secrets[0], "…"))[:40]
            yield Record(item.kind, _stable(shape), item.text, item.secrets)


def personal_records(seed: int, rounds: int) -> Iterator[Record]:
    """Personal data by kind and context; fields and sentences."""
    chance = random.Random(seed)
    for _ in range(rounds):
        for item in personal_kinds.personal_values(chance):
            key = item.kind.split()[0] if item.kind.split()[0] in {"position", "id"} else item.kind
            contexts = personal_contexts.SENTENCES[key]
            if key not in {"home path", "login"}:
                contexts += personal_contexts.FIELDS
            for context in contexts:
                text = context.replace("§name", item.name).replace("§", item.text)
                yield Record(item.kind, context, text, item.parts or (item.text,))


def negative_records() -> Iterator[Record]:
    """What only looks private, in six settings."""
    for text in personal_contexts.NEGATIVES:
        for setting in ("§", "see § here", '"§"', "2026-01-02 INFO §", "- §", "x = §;"):
            yield Record("negative", setting, setting.replace("§", text), ())


def digest_records(seed: int, rounds: int) -> Iterator[Record]:
    """Hashes and ids of builds, lock files and logs: nobody's secret."""
    chance = random.Random(seed)
    for _ in range(rounds):
        for shape in personal_contexts.DIGESTS:
            yield Record("digest", shape, sample(shape, chance), ())


def _stable(shape: str) -> str:
    """The setting without what chance put there."""
    return re.sub(r"[0-9A-Za-z+/_-]{20,}", "…", shape)


def _named(chance: random.Random) -> Iterator[Record]:
    for context in secret_contexts.NAMED:
        for secret in secret_kinds.named_secrets(chance, 1):
            quote = {'"', "'"} & set(secret.text)
            if quote or ("'" in context and "'" in secret.text):
                continue
            text = context.replace("§name", secret.name).replace("§", secret.text)
            yield Record(secret.kind, context, text, (secret.text,))


def _tokens(chance: random.Random) -> Iterator[Record]:
    for secret in (*secret_kinds.tokens(chance, 2), *secret_kinds.structured(chance)):
        context = chance.choice(secret_contexts.BARE)
        escaped = chance.random() < 0.3 and "\n" in secret.text
        written = secret.text.replace("\n", "\\n") if escaped else secret.text
        yield Record(
            secret.kind, context + (" escaped" if escaped else ""), context.replace("§", written), (written,)
        )
