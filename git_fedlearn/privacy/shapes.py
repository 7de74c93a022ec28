"""What a string looks like without its context: random, a placeholder, a hash, code. Pure and linear."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections import Counter

from git_fedlearn.core.patterns import lazy_pattern

_STAND_IN = lazy_pattern(
    r"example|placeholder|change[-_ ]?(?:me|it|this)|replace[-_ ]?(?:me|with|this)|redacted|dummy|"
    r"insert[-_ ]|(?:^|[-_<\[{ ])(?:your|my|some|the)[-_ ]|xxxx|\*{3}|\.{3}|…|todo|fixme|"
    r"not[-_]?(?:an?|the)[-_]?(?:real|key|token|secret|password)|your_?[a-z]|00000000|012345678|abcdefgh|deadbeef|\bfake|foobar",
    re.IGNORECASE,
)
_WORD_VALUES = frozenset(
    """
    password passwd pass secret token key string str text none null nil undefined true false yes no on
    off empty required optional default unset value test testing admin root user username guest demo
    sample foo bar baz hidden masked unknown invalid missing bytes int bool any object type boolean
    number char varchar varchar2 secretstr pwd mypassword mysecret my-secret secretkey apikey api_key
    auth bearer basic digest oauth oauth2 basic-auth postgres mysql redis encrypted hashed plaintext
    plain file not-set not_set notset env environment
    fail failed vault manual auto prompt stdin changeit expired valid here there this
    that x-oauth-basic
    """.split()
)
# A path begins with a slash, but so does one base64 value in 64: one with padding, or long, with digits and
# capitals.
_NO_PATH = (
    r"[A-Za-z0-9+/]{16,512}={1,2}$|"
    r"(?=[^0-9]{0,40}[0-9][^0-9]{0,40}[0-9])(?=[^A-Z]{0,20}[A-Z][^A-Z]{0,20}[A-Z])[A-Za-z0-9+/]{36,512}$"
)
_VARIABLE = lazy_pattern(
    r"^(?:\$[({]|\$[A-Za-z_]{3,40}(?:[/:@]|\$$)|%[A-Za-z_]{1,40}%$|%[a-z(]$|%\(|\{[\w.$:]*\}$|\{\{|<[^>]*>$|"
    r"\[[^\]]*\]$|[\w.-]{1,64}:\$\{?[A-Z][A-Z0-9_]{1,63}\}?$|#\{|\*\*|~/|"
    rf"/(?!{_NO_PATH})|\.\.?/|file:|arn:|urn(?::|%3[aA])|"
    r"[a-z][a-z0-9+]{1,16}(?:://(?![^/\s]*@)|%(?:25){0,3}3[aA](?:%(?:25){0,3}2[fF]){2}(?!.*%(?:25){0,3}40))|"
    r"(?:\w{1,64}\??\.){0,8}[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+!?$)",
)
_CODE = lazy_pattern(r"[(){}\[\];]|->|=>|::|\?\.[A-Za-z_]|\$\{|\s\s|\\[nrt]$|^[A-Za-z_]+(?:\.[A-Za-z_]+)+$")
_EMPTY_BLOCK = re.compile(rb"-----BEGIN [A-Z ]{1,40}-----\s*-----END ")
_JOINTS = lazy_pattern(r"[.+/]")
_ALGORITHM = lazy_pattern(
    r"(?:b(?:ase)?(?:16|32|36|58|62|64|85)|sha-?(?:1|2|3|224|256|384|512)|md[245]|utf-?(?:8|16|32)|"
    r"[hrep]s(?:256|384|512)|aes-?(?:128|192|256)|blake[23][bs]?|[ex]d?25519|rc4|crc(?:16|32|64))"
    r"(?:[-_]?(?:[a-z]{2,10}|256|512)){0,3}",
    re.IGNORECASE,
)
"""An encoding, a hash or a cipher, also with words behind it: `sha256sum`, `base64url-encoded`."""
_VERSION = lazy_pattern(
    r"[~^=<>v]{0,2}\d{1,4}(?:\.\w{1,8}){1,3}(?:-[0-9.]{1,17})?|"
    r"v?\d{1,8}\.\d{1,8}\.\d{1,8}(?:[-+][0-9A-Za-z.+-]{1,80})?(?:/go\.mod)?"
)
_HEX = lazy_pattern(r"[0-9a-f]+|[0-9A-F]+")
_UUID = lazy_pattern(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_SEGMENT = lazy_pattern(
    r"(?P<word>[A-Za-z]*)[0-9]{0,5}|[a-z][0-9]{1,2}[a-z]|[0-9]{1,4}[A-Za-z]{0,2}|[0-9]{8}|[0-9][a-z]{4,16}"
)
_CAMEL = lazy_pattern(r"[A-Z]?[a-z]+|[A-Z]+")
_BREAKS = lazy_pattern(r"[-_./ :]+|%20")
_DIGITS = lazy_pattern(r"[0-9]+")
_UNSPEAKABLE = lazy_pattern(
    r"[bcdfghjklmnpqrstvwxz]{6}|[A-Z][a-z][A-Z][a-z][A-Z]|"
    r"[a-z](?!(?:As|At|By|Db|Id|If|In|Ip|Is|My|No|Of|On|Or|To|Ui|Up)[A-Z])[A-Z]{1,2}[a-z][A-Z]{1,2}[a-z]|"
    r"[A-Z][a-z][A-Z][^_-]{0,24}[A-Z]{2}[a-z][A-Z]"
)


def is_stand_in(value: str) -> bool:
    """Whether documentation would print this in place of a secret."""
    return (
        len(set(value)) <= 1
        or value.lower() in _WORD_VALUES
        or _VARIABLE.match(value) is not None
        or (value[0] in "$&*!~@:?" and is_identifier_like(value.lstrip("$:")[value[0] not in "$:" :]))
        or _STAND_IN.search(value) is not None
        or _ALGORITHM.fullmatch(value) is not None
        or (_UUID.fullmatch(value) is not None and len(set(value)) <= 6)  # noqa: PLR2004 -- of zeros and the like
    )


_EXAMPLE_SIGNS = (
    "example",
    "xxxxxx",
    "your",
    "000000000000",
    "abcdefghijkl",
    "abc123def456",
    "1234567890abcdef",
    "0123456789abcdef",
    "abcdef0123456789",
    "tokenhere",
)


def is_marked_example(token: str) -> bool:
    """Whether a token of a known format is marked as an example (`AKIA…EXAMPLE`, `sk-xxxxxxxx`)."""
    lowered = token.lower()
    return any(sign in lowered for sign in _EXAMPLE_SIGNS)


def is_code(value: str) -> bool:
    """Whether the value is an expression: code that may compute a secret but does not contain one."""
    if _CODE.search(value) is not None:
        return True
    parts = _JOINTS.split(value)
    return len(parts) > 1 and all(
        part.isidentifier() and is_identifier_like(part.strip("_")) for part in parts
    )


def is_identifier_like(value: str) -> bool:
    """Whether the value consists of words, versions and dates: digits end a word or are separate."""
    if not value.isascii():
        return value.isalpha()
    if _is_unspeakable(value):
        return False
    if _is_name_with_numbers(value):
        return True
    words: list[str] = []
    for segment in _BREAKS.split(value):
        hit = _SEGMENT.fullmatch(segment)
        if hit is None:
            return False
        words += _CAMEL.findall(hit["word"] or "")
    if words and len(words[0]) == 1:
        del words[0]  # as in `x-token`, `r_value`
    return sum(map(len, words)) >= 3 * len(words)


def _is_unspeakable(value: str) -> bool:
    """Whether it cannot be read aloud: too many consonants in a row, or alternating case."""
    return len(value) >= 8 and _UNSPEAKABLE.search(value) is not None  # noqa: PLR2004 -- shorter ones are acronyms


def _is_name_with_numbers(value: str) -> bool:
    """`Ed25519PrivateKey`: camel-case words around one or two short numbers."""
    numbers = _DIGITS.findall(value)
    words = _CAMEL.findall(value)
    plain = value.replace("_", "").isalnum() and len(numbers) <= 2 and all(len(n) <= 5 for n in numbers)  # noqa: PLR2004
    spoken = bool(words) and sum(map(len, words)) >= 4 * len(words)
    # Without capitals, two letters are no word.
    return plain and spoken and len(words[-1]) > 1 and (not value.islower() or min(map(len, words)) > 2)  # noqa: PLR2004


def is_version(value: str) -> bool:
    """Whether it is the version of a program or module, also of a commit."""
    return _VERSION.fullmatch(value) is not None


def is_certificate(value: str) -> bool:
    """Whether it is the beginning of a certificate or public key in base64, or of a block without a key."""
    return value.startswith(("LS0tLS1CRUdJTiBDRVJU", "LS0tLS1CRUdJTiBQVUJM")) or (
        value.startswith("LS0tLS1CRUdJTi") and _EMPTY_BLOCK.match(_decoded(value[:120])) is not None
    )


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value[: len(value) // 4 * 4])
    except binascii.Error:
        return b""


def is_hash_like(value: str) -> bool:
    """Whether the value has the shape of a digest or an id that people publish."""
    return _UUID.fullmatch(value) is not None or (len(value) in {32, 40, 56, 64, 96, 128} and is_hex(value))


_WORDS_OF_CODE = frozenset(
    """
    password passwd pass pwd secret token key auth credential credentials hash hashed value input field param
    get set read load new old my your the default current db user username admin root name env config conf
    file path string str int bytes var arg args option self this data text random generated encrypted from
    plain test not required optional confirm repeat reset change login access client server service app api
    """.split()
)
"""Words of the names that code gives to passwords and to where it gets them from."""
_BRACKET = lazy_pattern(r"[()\[\]{};|#]+")
_SYNTAX = lazy_pattern(
    r"[\s\"'`,]|=>|->|::|\$[({]|\{\{|%[({]|</|^[A-Za-z_.]+\(.*\);?$|^[A-Za-z_.]+\[[^\]]*\]$"
)


def is_generated_with_brackets(value: str) -> bool:
    """Whether a value that has the brackets of code is no code: what stands between them is generated."""
    classes = any(map(str.isupper, value)) + any(map(str.islower, value)) + any(map(str.isdigit, value))
    if classes < 3 or _SYNTAX.search(value) is not None or not is_random(value):  # noqa: PLR2004
        return False
    parts = _BRACKET.split(value)
    return len(parts) > 1 and any(len(part) > 3 and not is_identifier_like(part) for part in parts)  # noqa: PLR2004


_MIN_SIGNS = 6
_MANY_SIGNS = 10
_SIGN = lazy_pattern(r"[^\w\s]")
_WORD = lazy_pattern(r"(?=[a-z]{0,3}[aeiou])[a-z]{6}")


def is_full_of_signs(value: str) -> bool:
    """Whether a program made it of all the keys: no code has so many signs and so few words."""
    signs = len(set(_SIGN.findall(value)))
    is_mixed = value.lower() != value != value.upper()
    # Of twenty keys chosen at random, one in three has a single digit; keys of Django have no capitals.
    least_digits = 5 if not is_mixed else 1 if signs >= _MANY_SIGNS else 2
    return (
        len(value) >= 20  # noqa: PLR2004 -- below, code can look like that
        and signs >= _MIN_SIGNS
        and " " not in value
        and sum(map(str.isdigit, value)) >= least_digits
        and _WORD.search(value) is None
    )


_BYTE = lazy_pattern(r"\\x[0-9a-fA-F]{2}")


def is_escaped_bytes(value: str) -> bool:
    """Whether it is written as escaped bytes, at least eight distinct ones, as Python prints a random key."""
    return len(set(_BYTE.findall(value))) >= 8  # noqa: PLR2004 -- half of a short key


_PHRASE = lazy_pattern(r"[a-z]{3,12}(?:[ ][a-z]{3,12}){2,11}(?:[ ][0-9]{1,4})?")
_WORDS_OF_SENTENCES = frozenset(
    """
    the and your you our for not must should can cannot will are was were has have had with from this that
    these those please enter type choose confirm new old current password passphrase passwd user username
    invalid wrong incorrect required missing reset change forgot forgotten field value string here use used
    using set when then than but its least characters letters numbers digits long match does did into again
    optional default login sign account secret key token hash file prompt read ask asks get none empty only
    all any one per via text input
    """.split()
)


def is_passphrase(value: str) -> bool:
    """Whether it is several words that form no sentence: `walnut seven harbor 41`."""
    return _PHRASE.fullmatch(value) is not None and _WORDS_OF_SENTENCES.isdisjoint(value.split())


def is_hex(value: str) -> bool:
    """Hex digits of one case only."""
    return _HEX.fullmatch(value) is not None


_MIN_DAMAGED_LENGTH = 24
_HEX_LENGTHS = frozenset((24, 32, 40, 48, 64, 96, 128))
_NO_HEX_DIGIT = lazy_pattern(r"[G-Zg-z]")


def is_damaged_hex(value: str) -> bool:
    """Whether one or two characters inside keep it from being hex or a UUID: nothing generates such a value.

    Of random letters and digits of this length, less than one in a million would look like that.
    """
    digits = value.replace("-", "")
    wrong = [hit.start() for hit in _NO_HEX_DIGIT.finditer(digits)]
    return (
        len(digits) >= _MIN_DAMAGED_LENGTH
        and digits.isascii()
        and digits.isalnum()
        and 1 <= len(wrong) <= 2  # noqa: PLR2004 -- see above
        # A letter before is a prefix, one behind a suffix; both come in addition to the digits.
        and (
            (len(wrong) == 1 and len(digits) in _HEX_LENGTHS)
            or (wrong[0] > 3 and len(digits) - wrong[-1] > 2)  # noqa: PLR2004
        )
    )


def entropy(value: str) -> float:
    """Shannon entropy, in bits per character."""
    size = len(value)
    return -sum(n / size * math.log2(n / size) for n in Counter(value).values()) if size else 0.0


def is_random(value: str, *, min_length: int = 16) -> bool:
    """Whether it looks generated: long enough, mixed, and not made of words."""
    if len(value) < min_length or is_identifier_like(value):
        return False
    if is_hex(value):
        digits = sum(map(str.isdigit, value))
        return digits < len(value) and entropy(value) > 2.7  # noqa: PLR2004 -- measured on hashes
    classes = sum(any(map(belongs, value)) for belongs in (str.isdigit, str.isupper, str.islower))
    return classes >= 2 and entropy(value) > min(3.2, math.log2(len(value)) * 0.75)  # noqa: PLR2004 -- see is_hex


def is_strong_password(value: str) -> bool:
    """Whether an unquoted word after "password" is one: neither a dictionary word nor an expression."""
    if len(value) < 6:  # noqa: PLR2004 -- shorter ones look like words
        return False
    has_digit = any(c.isdigit() for c in value)
    has_letter = any(c.isalpha() for c in value)
    mixed = len(value) >= 8 and not value.islower() and not value.isupper() and not is_identifier_like(value)  # noqa: PLR2004
    return has_letter and (has_digit or mixed or any(c in "!@#$%^&*+=?~" for c in value))


_CHOSEN_WORDS = lazy_pattern(r"[a-z]{3,16}[_-][a-z]{3,16}")


def is_chosen_word(value: str) -> bool:
    """Whether it is a word that people choose as a password, or two (`open_sesame`); no name in code is."""
    if not 5 <= len(value) <= 32:  # noqa: PLR2004 -- shorter ones are values of settings
        return False
    if value.isalpha():
        return value.islower() or value.istitle()
    return _CHOSEN_WORDS.fullmatch(value) is not None and _WORDS_OF_CODE.isdisjoint(re.split("[_-]", value))
