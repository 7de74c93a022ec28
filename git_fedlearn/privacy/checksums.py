"""Check digits of numbers that people carry. Each function takes digits (and letters) without separators."""

from __future__ import annotations

from datetime import date
from itertools import cycle

_IBAN_LENGTHS = {
    country: int(length)
    for country, length in (
        item.split(":")
        for item in """
        AD:24 AE:23 AL:28 AT:20 AZ:28 BA:20 BE:16 BG:22 BH:22 BR:29 BY:28 CH:21 CR:22 CY:28 CZ:24 DE:22
        DK:18 DO:28 EE:20 EG:29 ES:24 FI:18 FO:18 FR:27 GB:22 GE:22 GI:23 GL:18 GR:27 GT:28 HR:21 HU:28
        IE:22 IL:23 IQ:23 IS:26 IT:27 JO:30 KW:30 KZ:20 LB:28 LC:32 LI:21 LT:20 LU:20 LV:21 LY:25 MC:27
        MD:24 ME:22 MK:19 MR:27 MT:31 MU:30 NL:18 NO:15 PK:24 PL:28 PS:29 PT:25 QA:29 RO:24 RS:22 SA:24
        SC:31 SD:18 SE:24 SI:19 SK:24 SM:27 ST:25 SV:28 TL:23 TN:24 TR:26 UA:29 VA:22 VG:24 XK:20
        """.split()
    )
}
_VERHOEFF_D = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_VERHOEFF_P = (
    "0123456789", "1576283094", "5803796142", "8916043527",
    "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip


def luhn(digits: str) -> bool:
    """Payment cards, and the ids of Sweden and Canada."""
    total = 0
    for index, char in enumerate(reversed(digits)):
        value = int(char) * (1 + index % 2)
        total += value - 9 if value > 9 else value  # noqa: PLR2004 -- sum of its two digits
    return total % 10 == 0 and len(set(digits)) > 1


def payment_card(digits: str) -> bool:
    """A Luhn number of a length and range that a card scheme issues."""
    size = len(digits)
    two, four = int(digits[:2]), int(digits[:4])
    issued = (
        (digits[0] == "4" and size in {13, 16, 19})
        or ((51 <= two <= 55 or 2221 <= four <= 2720) and size == 16)  # noqa: PLR2004 -- ranges of ISO/IEC 7812
        or (two in {34, 37} and size == 15)  # noqa: PLR2004
        or ((four == 6011 or two in {64, 65, 62, 35, 81}) and 16 <= size <= 19)  # noqa: PLR2004
        or (two in {30, 36, 38, 39} and size == 14)  # noqa: PLR2004
        or (two in {50, 56, 57, 58, 63, 67} and 13 <= size <= 19)  # noqa: PLR2004
    )
    return issued and luhn(digits)


def iban(text: str) -> bool:
    """ISO 13616: the length of its country and remainder 1 modulo 97."""
    if _IBAN_LENGTHS.get(text[:2]) != len(text):
        return False
    return int("".join(str(int(char, 36)) for char in text[4:] + text[:4])) % 97 == 1


def weighted(digits: str, weights: tuple[int, ...]) -> int:
    """The sum of the digits times their weights."""
    return sum(int(d) * w for d, w in zip(digits, cycle(weights), strict=False))


def verhoeff(digits: str) -> bool:
    """Aadhaar."""
    check = 0
    for index, char in enumerate(reversed(digits)):
        check = int(_VERHOEFF_D[check][int(_VERHOEFF_P[index % 8][int(char)])])
    return check == 0 and digits[0] not in "01"


def us_ssn(digits: str) -> bool:
    """Never issued: area 000, 666, 900 and up; group 00; serial 0000."""
    return (
        digits[:3] not in {"000", "666"} and digits[0] != "9" and digits[3:5] != "00" and digits[5:] != "0000"
    )


def spanish_id(text: str) -> bool:
    """DNI and NIE."""
    number = text[:-1].translate(str.maketrans("XYZ", "012"))
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == text[-1]


def italian_code(text: str) -> bool:
    """Codice fiscale."""
    odd = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", _ITALIAN_ODD, strict=True))
    total = sum(
        odd[char] if index % 2 == 0 else int(char, 36) - (10 if char.isalpha() else 0)
        for index, char in enumerate(text[:15])
    )
    return chr(ord("A") + total % 26) == text[15]


_ITALIAN_ODD = (
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21,
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
)  # fmt: skip


def french_nir(digits: str) -> bool:
    """Numéro de sécurité sociale with its key."""
    return digits[0] in "12" and 97 - int(digits[:13]) % 97 == int(digits[13:])


def german_tax_id(digits: str) -> bool:
    """Steuerliche Identifikationsnummer (ISO 7064, mod 11,10)."""
    product = 10
    for char in digits[:10]:
        total = (int(char) + product) % 10 or 10
        product = total * 2 % 11
    return digits[0] != "0" and (11 - product) % 10 == int(digits[10])


def dutch_bsn(digits: str) -> bool:
    """Burgerservicenummer."""
    return weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0 and len(set(digits)) > 1


def polish_pesel(digits: str) -> bool:
    """PESEL: check digit and a date of birth."""
    month = int(digits[2:4]) % 20
    dated = 1 <= month <= 12 and 1 <= int(digits[4:6]) <= 31  # noqa: PLR2004 -- months, days
    return dated and weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


def swedish_id(digits: str) -> bool:
    """Personnummer: Luhn over the last ten digits and a date."""
    ten = digits[-10:]
    return 1 <= int(ten[2:4]) <= 12 and 1 <= int(ten[4:6]) % 60 <= 31 and luhn(ten)  # noqa: PLR2004


def finnish_id(text: str) -> bool:
    """Henkilötunnus: the letter of the number modulo 31."""
    number = int(text[:6] + text[7:10])
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[number % 31] == text[10] and 1 <= int(text[2:4]) <= 12  # noqa: PLR2004


def brazilian_cpf(digits: str) -> bool:
    """CPF: two check digits."""
    first = weighted(digits[:9], (10, 9, 8, 7, 6, 5, 4, 3, 2)) * 10 % 11 % 10
    second = weighted(digits[:10], (11, 10, 9, 8, 7, 6, 5, 4, 3, 2)) * 10 % 11 % 10
    return f"{first}{second}" == digits[9:] and len(set(digits)) > 1


def chinese_id(text: str) -> bool:
    """Resident identity number: date of birth and ISO 7064 mod 11-2."""
    try:
        date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[weighted(text[:17], weights) % 11] == text[17].upper()


def korean_rrn(digits: str) -> bool:
    """Resident registration number: a date; numbers given out since 2020 have no check digit."""
    return 1 <= int(digits[2:4]) <= 12 and 1 <= int(digits[4:6]) <= 31  # noqa: PLR2004 -- months, days


def nhs_number(digits: str) -> bool:
    """National Health Service number of the United Kingdom."""
    return (11 - weighted(digits[:9], (10, 9, 8, 7, 6, 5, 4, 3, 2)) % 11) % 11 == int(digits[9])


def belgian_id(digits: str) -> bool:
    """Rijksregisternummer: remainder modulo 97, born before or after 2000."""
    check = int(digits[9:])
    return check in {97 - int(digits[:9]) % 97, 97 - int("2" + digits[:9]) % 97}


def swiss_ahv(digits: str) -> bool:
    """AHV number: EAN-13 of country 756."""
    return weighted(digits, (1, 3)) % 10 == 0


def turkish_id(digits: str) -> bool:
    """Turkish identity number."""
    odd, even = sum(map(int, digits[0:9:2])), sum(map(int, digits[1:8:2]))
    return (odd * 7 - even) % 10 == int(digits[9]) and sum(map(int, digits[:10])) % 10 == int(digits[10])


def norwegian_id(digits: str) -> bool:
    """Fødselsnummer: two check digits."""
    first = weighted(digits[:10], (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)) % 11
    return first == 0 and weighted(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def portuguese_nif(digits: str) -> bool:
    """Número de identificação fiscal."""
    check = 11 - weighted(digits[:8], (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return (0 if check > 9 else check) == int(digits[8])  # noqa: PLR2004 -- ten and eleven count as zero


def australian_tfn(digits: str) -> bool:
    """Tax file number."""
    return weighted(digits, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def mexican_curp(text: str) -> bool:
    """CURP: check digit over an alphabet with Ñ."""
    letters = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
    total = sum(letters.index(char) * (18 - index) for index, char in enumerate(text[:17]))
    return (10 - total % 10) % 10 == int(text[17])
