"""Personal data of every kind, made at random: Faker where it knows the locale's forms, rules of our own elsewhere."""

import random
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

import phonenumbers
from faker import Faker

from benchmarks.privacy_text.sampling import sample

LOCALES = tuple(
    "en_US en_GB de_DE fr_FR es_ES it_IT nl_NL sv_SE pl_PL pt_BR es_MX en_IN zh_CN ja_JP en_AU da_DK fi_FI no_NO en_CA".split()
)


class Personal(NamedTuple):
    """A private value, its kind, and a name a field with it would have."""

    kind: str
    text: str
    name: str
    parts: tuple[str, ...] = ()
    """What of it must go, in order; without, all of it."""


def personal_values(chance: random.Random) -> Iterator[Personal]:
    """One round: every kind at least once, in all locales where they matter."""
    for locale in LOCALES:
        fake = Faker(locale)
        fake.seed_instance(chance.getrandbits(32))
        yield Personal("email", re.sub(r"@example\.\w+$", f"@{fake.domain_name()}", fake.email()), "email")
        yield Personal(
            "phone",
            _phone(locale, chance),
            chance.choice(("phone", "mobile", "tel", "phoneNumber", "contact_phone")),
        )
        yield Personal("iban", _iban(locale, chance, fake), "iban")
    fake = Faker("en_US")
    fake.seed_instance(chance.getrandbits(32))
    user = chance.choice(
        (fake.user_name(), fake.first_name().lower(), fake.first_name() + fake.last_name()[0])
    )
    host = chance.choice(
        (sample("{l4-8}", chance), f"web{chance.randrange(1, 99)}", f"{fake.first_name().lower()}-laptop")
    )
    for kind, name, make in _plain(chance, fake):
        for _ in range(3):
            yield Personal(kind, make(), name)
    for form in _HOMES:
        yield Personal("home path", form.replace("§", user), "path", (user,))
    for form in _LOGINS:
        yield Personal(
            "login", form.replace("§u", user).replace("§h", host), "target", _order(form, user, host)
        )
    for zone in ("local", "lan", "internal", "corp", "home.arpa", "intranet"):
        yield Personal("internal host", f"{host}.{zone}", "host")
    yield Personal("internal host", f"{host}.tail{sample('{h5}', chance)}.ts.net", "host")
    yield Personal("internal host", f"{host}.eng.acme.corp", "hostname")
    born = date(1940, 1, 1) + timedelta(days=chance.randrange(25_000))
    for form in _DATES:
        yield Personal(
            "birth", _written(born, form), chance.choice(("dob", "date_of_birth", "birthdate", "birthday"))
        )
    lat, lon = chance.uniform(-60, 70), chance.uniform(-179, 179)
    for index, form in enumerate(_positions(lat, lon)):
        yield Personal(
            f"position {index}", form, chance.choice(("location", "coordinates", "gps")), _parts(form)
        )


def _plain(chance: random.Random, fake: Faker) -> tuple[tuple[str, str, Callable[[], str]], ...]:
    def ipv4() -> str:
        return str(fake.ipv4_public())

    def ipv6() -> str:
        groups = [f"{chance.getrandbits(16):x}" for _ in range(7)]
        text = f"{chance.choice(('2a01', '2600', '2001:4860', '2a02', '240e'))}:{':'.join(groups[:6])}"
        short = f"{chance.choice(('2a01:4f8', '2606:4700', '2a00:1450', 'fd12:3456'))}::{groups[6]}"
        return chance.choice(
            (
                ":".join(text.split(":")[:8]) if text.count(":") > 7 else text + ":1" * (7 - text.count(":")),
                short,
            )
        )

    def mac() -> str:
        pairs = [
            f"{chance.choice((0x00, 0x3C, 0xA4, 0xF0)):02x}",
            *(f"{chance.getrandbits(8):02x}" for _ in range(5)),
        ]
        plain = "".join(pairs)
        forms = (
            ":".join(pairs),
            "-".join(pairs).upper(),
            ":".join(pairs).upper(),
            f"{plain[:4]}.{plain[4:8]}.{plain[8:]}",
        )
        return chance.choice(forms)

    def card() -> str:
        digits = fake.credit_card_number(chance.choice(("visa16", "mastercard", "amex", "discover")))
        if len(digits) == 16:
            return chance.choice(
                (
                    digits,
                    " ".join(digits[i : i + 4] for i in range(0, 16, 4)),
                    "-".join(digits[i : i + 4] for i in range(0, 16, 4)),
                )
            )
        return chance.choice((digits, f"{digits[:4]} {digits[4:10]} {digits[10:]}"))

    return (
        ("ipv4", "ip", ipv4),
        (
            "private ipv4",
            "host",
            lambda: chance.choice(
                (
                    sample("10.{d2}.1{d1}.2{d1}", chance).replace(".0", ".7"),
                    f"192.168.{chance.randrange(256)}.{chance.randrange(1, 255)}",
                )
            ),
        ),
        ("ipv6", "client_ip", ipv6),
        ("mac", "mac", mac),
        ("card", "card_number", card),
        ("ssn", "ssn", fake.ssn),
        *(
            (f"id {locale}", "national_id", _national(locale, chance))
            for locale in (
                "es_ES",
                "it_IT",
                "pl_PL",
                "sv_SE",
                "fi_FI",
                "pt_BR",
                "nl_NL",
                "fr_FR",
                "en_GB",
                "zh_CN",
                "de_DE",
                "no_NO",
            )
        ),
    )


def _national(locale: str, chance: random.Random) -> Callable[[], str]:
    fake = Faker(locale)
    fake.seed_instance(chance.getrandbits(32))
    own = {"pt_BR": "cpf", "pl_PL": "pesel", "es_ES": "nif"}.get(locale, "ssn")
    return lambda: str(getattr(fake, own)())


def _phone(locale: str, chance: random.Random) -> str:
    region = locale[-2:]
    sort = chance.choice((phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE))
    known = phonenumbers.example_number_for_type(region, sort) or phonenumbers.example_number(region)
    assert known is not None, f"no example number of {region}"
    digits = str(known.national_number)
    for _ in range(50):
        tail = "".join(chance.choices("0123456789", k=5))
        number = phonenumbers.PhoneNumber(known.country_code, int(digits[:-5] + tail))
        if phonenumbers.is_valid_number(number):
            break
    style = chance.choice(
        (
            phonenumbers.PhoneNumberFormat.INTERNATIONAL,
            phonenumbers.PhoneNumberFormat.E164,
            phonenumbers.PhoneNumberFormat.NATIONAL,
        )
    )
    text = str(phonenumbers.format_number(number, style))
    return text.replace("+", "00", 1) if chance.random() < 0.1 and text[0] == "+" else text


def _iban(locale: str, chance: random.Random, fake: Faker) -> str:
    land = {
        "en_US": "DE",
        "pt_BR": "PT",
        "es_MX": "ES",
        "en_IN": "GB",
        "zh_CN": "FR",
        "ja_JP": "NL",
        "en_AU": "BE",
        "en_CA": "CH",
    }.get(locale, locale[-2:])
    shapes = {"DE": "{d18}", "GB": "{L4}{d14}", "FR": "{d10}{U11}{d2}", "ES": "{d20}", "IT": "{L1}{d10}{U12}", "NL": "{L4}{d10}", "SE": "{d20}", "PL": "{d24}", "PT": "{d21}", "BE": "{d12}", "CH": "{d5}{U12}", "DK": "{d14}", "FI": "{d14}", "NO": "{d11}"}  # fmt: skip
    body = sample(shapes[land], chance)
    check = 98 - int("".join(str(int(c, 36)) for c in f"{body}{land}00")) % 97
    text = f"{land}{check:02}{body}"
    del fake
    return chance.choice((text, " ".join(text[i : i + 4] for i in range(0, len(text), 4))))


_HOMES = (
    "/home/§", "/Users/§", "C:\\Users\\§", "C:\\\\Users\\\\§", "C:/Users/§", "/mnt/c/Users/§", "/c/Users/§", "file:///home/§", "file:///C:/Users/§",
    "/home/§/.ssh/id_ed25519", "/Users/§/Library/Caches/x", "C:\\Users\\§\\AppData\\Local\\x", "\\\\wsl$\\Ubuntu\\home\\§", "\\\\wsl.localhost\\Debian\\home\\§\\x",
    "file:///Users/§/Documents/a.pdf", "%2Fhome%2F§%2Fx", "vscode://file/home/§/x.py", "/var/home/§/x", "/export/home/§", "D:\\Users\\§\\x", "\\/home\\/§\\/x",
    "/cygdrive/c/Users/§", "/data/home/§/run", "vscode-remote://wsl+Ubuntu/home/§/app", "/run/user/1000/../../home/§", "C:\\Documents and Settings\\§\\x", "/home/§:/usr/bin",
    "\\\\fileserver\\Users\\§\\x", "/System/Volumes/Data/Users/§", "/usr/home/§/x", "~§/x", "/mnt/wsl/home/§", "file://localhost/home/§/a", "C:%5CUsers%5C§%5Cx",
)  # fmt: skip
_LOGINS = (
    "ssh §u@§h", "ssh -p 2222 §u@§h", "scp a.txt §u@§h:/tmp", "rsync -av x/ §u@§h:~/y", "ssh://§u@§h/", "sftp §u@§h", "§u@§h:~$ ls", "[§u@§h ~]$ ls", "ssh -i k §u@§h.acme.io",
    "mosh §u@§h", "Last login of §u@§h:", "ssh-copy-id §u@§h", "§u@§h:/srv/x", "ssh -J jump §u@§h uptime", "sshfs §u@§h:/ m", "Host §h\n  User §u", "§u@§h ~ % git status", "ssh -l §u §h",
)  # fmt: skip
_DATES = ("{y}-{m:02}-{d:02}", "{d:02}.{m:02}.{y}", "{m:02}/{d:02}/{y}", "{d} {B} {y}", "{B} {d}, {y}", "{y}/{m:02}/{d:02}", "{d:02}-{b}-{y}", "{d}.{m}.{y}", "{d:02}/{m:02}/{yy:02}", "{y}{m:02}{d:02}", "{b} {d} {y}", "{d:02}-{m:02}-{y}", "{d}th of {B} {y}", "{y}-{m:02}-{d:02}T00:00:00Z")  # fmt: skip


def _order(form: str, user: str, host: str) -> tuple[str, str]:
    return (user, host) if form.index("§u") < form.index("§h") else (host, user)


def _parts(form: str) -> tuple[str, ...]:
    return () if "°" in form or re.search("[0-9] ?[NS]", form) else tuple(re.findall(r"\d+\.\d{4,}", form))


def _written(day: date, form: str) -> str:
    return form.format(y=day.year, yy=day.year % 100, m=day.month, d=day.day, B=f"{day:%B}", b=f"{day:%b}")


def _positions(lat: float, lon: float) -> Iterator[str]:
    ns, ew = "NS"[lat < 0], "EW"[lon < 0]
    a, o = abs(lat), abs(lon)
    yield f"{lat:.5f}, {lon:.5f}"
    yield f"{lat:.6f},{lon:.6f}"
    yield f"({lat:.4f}, {lon:.4f})"
    yield f"{a:.4f}° {ns}, {o:.4f}° {ew}"
    yield f"{a:.4f}{ns} {o:.4f}{ew}"
    dms = [(int(x), int(x * 60 % 60), x * 3600 % 60) for x in (a, o)]
    yield f"{dms[0][0]}°{dms[0][1]}'{dms[0][2]:.1f}\"{ns} {dms[1][0]}°{dms[1][1]}'{dms[1][2]:.1f}\"{ew}"
    yield f"{dms[0][0]}° {dms[0][1]}\u2032 {dms[0][2]:.0f}\u2033 {ns}, {dms[1][0]}° {dms[1][1]}\u2032 {dms[1][2]:.0f}\u2033 {ew}"
    yield f"{dms[0][0]}°{a * 60 % 60:.3f}' {ns}, {dms[1][0]}°{o * 60 % 60:.3f}' {ew}"
    yield f"geo:{lat:.5f},{lon:.5f}"
    yield f"https://www.google.com/maps/@{lat:.7f},{lon:.7f},15z"
    yield f"https://maps.google.com/?q={lat:.6f},{lon:.6f}"
    yield f"https://www.openstreetmap.org/#map=15/{lat:.4f}/{lon:.4f}"
    yield f"https://maps.apple.com/?ll={lat:.6f},{lon:.6f}"
    yield f"POINT({lon:.5f} {lat:.5f})"
    yield f"POINT ({lon:.6f} {lat:.6f})"
    yield f'{{"type":"Point","coordinates":[{lon:.5f},{lat:.5f}]}}'
    yield f'"lat": {lat:.6f}, "lng": {lon:.6f}'
    yield f"lat={lat:.5f}&lon={lon:.5f}"
    yield f"latitude: {lat:.5f}\nlongitude: {lon:.5f}"
    yield f"Lat {lat:.4f} Lon {lon:.4f}"
    yield f"https://www.openstreetmap.org/?mlat={lat:.5f}&mlon={lon:.5f}"
