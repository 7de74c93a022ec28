"""Values made from a shape: `{A36}` is 36 letters and digits, `{h8-12}` eight to twelve hex digits, `{u}` a UUID."""

import random
import re
import string
import uuid

_UPPER, _LOWER, _DIGITS = string.ascii_uppercase, string.ascii_lowercase, string.digits
_ALPHABETS = {
    "A": _UPPER + _LOWER + _DIGITS,
    "W": _UPPER + _LOWER + _DIGITS + "-_",
    "B": _UPPER + _LOWER + _DIGITS + "+/",
    "a": _LOWER + _DIGITS,
    "U": _UPPER + _DIGITS,
    "L": _UPPER,
    "l": _LOWER,
    "d": _DIGITS,
    "h": "0123456789abcdef",
    "H": "0123456789ABCDEF",
    "n": "0123456789abcdfghijklmnpqrsvwxyz",
    "2": _UPPER + "234567",
    "P": _UPPER + _LOWER + _DIGITS + "!#%*+-.=?@^_~",
}
_PIECE = re.compile(r"\{([A-Za-z2])(?:(\d+)(?:-(\d+))?)?\}")


def sample(shape: str, chance: random.Random) -> str:
    """A value of the shape; everything outside braces stands for itself."""

    def piece(hit: re.Match[str]) -> str:
        if hit[1] == "u":
            return str(uuid.UUID(int=chance.getrandbits(128), version=4))
        least = int(hit[2])
        return "".join(chance.choices(_ALPHABETS[hit[1]], k=chance.randint(least, int(hit[3] or least))))

    return _PIECE.sub(piece, shape)
