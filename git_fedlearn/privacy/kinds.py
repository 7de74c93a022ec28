"""The kinds of private data, their rank if spans overlap, and their placeholders.

The placeholder is `<KIND>` for the first distinct value in a record, then `<KIND_2>`, `<KIND_3>` and so on.
"""

from __future__ import annotations

import re

PRIVATE_KEY = "PRIVATE_KEY"
WEBHOOK_URL = "WEBHOOK_URL"
JWT = "JWT"
API_KEY = "API_KEY"
PASSWORD = "PASSWORD"  # noqa: S105 -- the name of a kind
SECRET = "SECRET"  # noqa: S105 -- the name of a kind
EMAIL_ADDRESS = "EMAIL_ADDRESS"
IP_ADDRESS = "IP_ADDRESS"
MAC_ADDRESS = "MAC_ADDRESS"
PHONE_NUMBER = "PHONE_NUMBER"
CREDIT_CARD = "CREDIT_CARD"
IBAN = "IBAN"
US_SSN = "US_SSN"
NATIONAL_ID = "NATIONAL_ID"
CRYPTO_WALLET = "CRYPTO_WALLET"
DATE_OF_BIRTH = "DATE_OF_BIRTH"
COORDINATES = "COORDINATES"
LOGIN = "LOGIN"
HOME_PATH = "HOME_PATH"
HOST_NAME = "HOST_NAME"
USER_NAME = "USER_NAME"
PERSON_NAME = "PERSON_NAME"
INVISIBLE_TEXT = "INVISIBLE_TEXT"

KINDS = (
    PRIVATE_KEY,
    WEBHOOK_URL,
    JWT,
    API_KEY,
    PASSWORD,
    SECRET,
    IBAN,
    CREDIT_CARD,
    US_SSN,
    NATIONAL_ID,
    CRYPTO_WALLET,
    EMAIL_ADDRESS,
    HOME_PATH,
    LOGIN,
    COORDINATES,
    DATE_OF_BIRTH,
    PHONE_NUMBER,
    IP_ADDRESS,
    MAC_ADDRESS,
    HOST_NAME,
    PERSON_NAME,
    USER_NAME,
    INVISIBLE_TEXT,
)
"""Best first: the best kind of overlapping spans becomes the kind of the whole."""

RANK = {kind: index for index, kind in enumerate(KINDS, start=1)}
SECRET_KINDS = frozenset((PRIVATE_KEY, WEBHOOK_URL, JWT, API_KEY, PASSWORD, SECRET))

FIXED = {HOME_PATH: "~", INVISIBLE_TEXT: ""}
"""Kinds that are replaced by a fixed text instead of a placeholder."""

KIND_NAME = re.compile(r"[A-Z][A-Z]{0,15}(?:_[A-Z]{1,15}){0,3}")


def placeholder_pattern(extra: tuple[str, ...] = ()) -> re.Pattern[str]:
    """Matches the placeholders of the known kinds and these extra ones, but not `<AKIA…>`."""
    names = "|".join(sorted((*(k for k in KINDS if k not in FIXED), *extra), key=lambda k: (-len(k), k)))
    return re.compile(f"<({names})(?:_([1-9][0-9]{{0,3}}))?>")
