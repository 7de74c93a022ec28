"""Why something a peer sent is not joined: fixed phrases, so that none of them can quote what was sent."""

from enum import Enum


class Reason(Enum):
    """One phrase each; stable in `--json` and in the quarantine."""

    NOT_A_RECORD = "not a record"
    TOO_LARGE = "larger than a record may be"
    WRONG_ID = "wrong id"
    SCORE = "score out of range"
    FUTURE = "dated in the future"
    GENERATION = "generation out of range"
    SECRET = "holds a secret"  # noqa: S105  a phrase
    PERSONAL = "holds personal data"
    INVISIBLE = "holds invisible characters"
    INJECTION = "reads like instructions to an agent"
    RETRACTION = "retracts a record that this peer did not bring"
    RESTORATION = "brings back a retracted record that this peer did not bring"
    MASS_RETRACTION = "retracts too many records at once"
    TOO_MANY = "more new records than a peer may send at once"
    FILE_TOO_LARGE = "a file larger than a file may be"
    NOT_A_FILE = "a link, folder or submodule in place of a file"


OF_PRIVACY = (Reason.SECRET, Reason.PERSONAL, Reason.INVISIBLE)
"""What the privacy engine found; such a record is shown and accepted only in its redacted form."""
