"""E-mail, IP and MAC addresses that lead to a person or a machine.

Left alone: loopback, unspecified, link-local, multicast and documentation addresses, netmasks, well-known
network blocks, versions of four parts, example domains, `git@host:org/repo.git`, and method calls such as
`router.get@…`, because only top-level domains that receive mail count.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from git_fedlearn.core.patterns import lazy_pattern
from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.model import Match
from git_fedlearn.privacy.subject import around

if TYPE_CHECKING:
    from collections.abc import Iterator

    from git_fedlearn.privacy.subject import Subject

_COUNTRY = """
ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw
by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et
eu fi fj fk fm fo fr ga gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie
il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv
ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr
nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sk sl
sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz
va vc ve vg vi vn vu wf ws ye yt za zm zw
"""
_GENERIC = """
com net org edu gov mil int info biz name pro aero coop museum jobs mobi travel tel asia cat xxx
arpa academy accountant accountants actor agency ai airforce apartments app army art associates
attorney auction audio auto baby band bank bar barcelona beauty beer berlin best bet bid bike bio
black blog blue boston boutique brussels build builders business buzz cab cafe cam camera camp
capital car cards care career careers casa cash casino catering center ceo charity chat cheap church
city claims cleaning clinic clothing cloud club coach codes coffee college cologne community company
computer condos construction consulting contractors cooking cool country coupons courses credit
creditcard cricket cruises cymru dance date dating day deals degree delivery democrat dental dentist
design dev diamonds diet digital direct directory doctor dog domains download earth eco education
email energy engineer engineering enterprises equipment estate events exchange expert exposed
express fail faith family fan fans farm fashion finance financial fish fit fitness flights florist
football forex forsale foundation fun fund furniture futbol fyi gallery game games garden gent gifts
gives glass global gmbh gold golf graphics gratis green gripe group guide guitars guru hamburg haus
health healthcare help hiphop hockey holdings holiday homes horse hospital host hosting house how
immo immobilien inc industries ink institute insurance insure international investments irish
istanbul jetzt jewelry juegos kaufen kim kitchen kiwi koeln land lat law lawyer lease legal lgbt
life lighting limited limo link live llc loan loans lol london love ltd ltda luxury maison
management market marketing markets mba media memorial men menu miami moda moe mom money mortgage
moscow movie nagoya navy network new news ngo ninja nyc observer one online ooo paris partners parts
party pet photo photography photos pics pictures pink pizza place plumbing plus poker porn press
productions properties property pub quebec racing radio realtor recipes red rehab reise reisen rent
rentals repair report republican rest restaurant review reviews rich rip rocks rodeo run ryukyu sale
salon school science scot security select services sex sexy shoes shop shopping show singles site
ski soccer social software solar solutions soy space sport store stream studio study style sucks
supplies supply support surf surgery swiss sydney systems tattoo tax taxi team tech technology
tennis theater tienda tips tires today tokyo tools top tours town toys trade trading training
university uno vacations vegas ventures versicherung vet viajes video villas vin vip vision vodka
vote voyage wales wang watch webcam website wedding wien wiki win wine work works world wtf xyz yoga
yokohama zone
"""
TLDS = frozenset((_COUNTRY + _GENERIC).split())
"""All delegated country codes, and the generic domains in wide use.

Those that are also suffixes of source files or methods (`.zip`, `.mov`, `.post`) are left out.
"""

EMAIL = lazy_pattern(
    r"(?:(?<![\w.$%+/@-])|(?<=%[0-9A-F]{2}))(?P<local>\w(?:[\w.!#$%&'*+?^{|}~-]{0,62}[\w+-])?)(?:@|%40)"
    r"(?P<domain>(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}(?P<tld>[^\W\d_]{2,18}|"
    r"xn--[a-z0-9-]{2,24}))(?![\w(@-]|\.\w)"
)
_AT = lazy_pattern("@|%40")
_MAX_LOCAL_LENGTH = 64
_MAX_DOMAIN_LENGTH = 576
_EXAMPLE_DOMAIN = lazy_pattern(
    r"(?:^|\.)(?:example\.(?:com|org|net|edu)|example|test|invalid|localhost|(?:your|my)?(?:domain|"
    r"company|host|email)\.com)$"
)
_IN_URL = lazy_pattern(r"://[^\s/?#@\"'<>]{0,128}:%?$")
_ROLE = frozenset(("git", "hg", "svn", "noreply", "no-reply", "donotreply", "do-not-reply", "nobody"))


def find_emails(subject: Subject) -> Iterator[Match]:
    """E-mail addresses of people, so not `git@`, `noreply@` or example domains."""
    text = subject.text
    windows = around(_AT, text, _MAX_DOMAIN_LENGTH, _MAX_LOCAL_LENGTH)
    for hit in (hit for span in windows for hit in EMAIL.finditer(text, *span)):
        start = hit.start()
        local = hit["local"]
        if start and text[start - 1] == "\\" and local[0] in "nrt":
            start, local = start + 1, local[1:]
        tld = hit["tld"].lower()
        if not local or local.lower() in _ROLE or _EXAMPLE_DOMAIN.search(hit["domain"].lower()):
            continue
        if _IN_URL.search(text, max(0, start - 160), start) is not None:
            continue  # a password and a host
        if tld in TLDS or tld.startswith("xn--") or not tld.isascii():
            yield Match(start, hit.end(), kinds.EMAIL_ADDRESS, "email-address", 0.95)


_IPV4 = lazy_pattern(r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}(?![\w]|\.[0-9])")
_VERSION_BEFORE = lazy_pattern(
    r"(?:\bv|versions?|\bver\.?|\brelease[sd]?|\brev(?:ision)?|\bbuild|\bsection|\bchapter|\boid|"
    r"[=<>~!^]=|[~^]|\bpython|\bchrome|\bfirmware)"
    r"[ \t]{0,2}[:=]?[ \t]{0,2}[\"'`(]{0,3}$",
    re.IGNORECASE,
)
_NAME_BEFORE = lazy_pattern(r"[A-Za-z][A-Za-z0-9]*[/@_-]$")
_NETWORK_AFTER = lazy_pattern(r"[\"'`]?(?::[0-9]{1,5}\b|/[0-9]{1,2}\b| port )")
_CHANGED_TO = lazy_pattern(
    r"(?:\b(?:up|down)graded? to|\b(?:updat|bump)\w{1,4} to|\binstalled?)[ \t]{1,2}v?$", re.IGNORECASE
)
_TITLE = lazy_pattern(r"\.?[ \t]{1,4}[A-Z<]")
_HOST_BEFORE = lazy_pattern(
    r"(?:ip|addr(?:ess)?|host|server|from|to|inet6?|peer|client)[-/@_:= \"'`(]{0,4}$", re.IGNORECASE
)
_IPV6 = lazy_pattern(
    r"(?:[23][0-9a-f]{3}|f[cd][0-9a-f]{2}|fe[89ab][0-9a-f]|[0-9a-f]{4}(?=:{1,2}[0-9a-f]{4}:[0-9a-f]{4}:[0-9a-f]{4})|"
    r"[0-9a-f]{3}(?=(?::[0-9a-f]{4}){5}))"
    r"(?::{1,2}[0-9a-f]{1,4}){1,7}(?:::)?(?![\w:])",
    re.IGNORECASE,
)
_MAPPED = lazy_pattern(r"(?<![\w:.])(?:[0-9a-f]{0,4}:){1,7}ffff:$", re.IGNORECASE)
"""What stands before an IPv4 address in an IPv6 one."""
_COLONS = lazy_pattern(r":[0-9a-fA-F]{0,4}:")
_BOUND = lazy_pattern(r"[\w:.]")
_DOCUMENTATION = tuple(
    ipaddress.ip_network(n)
    for n in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "192.0.0.0/24", "198.18.0.0/15")
)
_DOCUMENTATION_6 = tuple(
    ipaddress.ip_network(n) for n in ("2001:db8::/32", "3fff::/20", "2001::/23", "64:ff9b::/96")
)
_ROUTERS = ipaddress.ip_network("fe80::/112")
_BLOCKS = frozenset(("10.0.0.0", "172.16.0.0", "192.168.0.0", "100.64.0.0"))
_WELL_KNOWN = frozenset(
    """
    1.1.1.1 1.0.0.1 8.8.8.8 8.8.4.4 9.9.9.9 149.112.112.112 208.67.222.222 208.67.220.220 94.140.14.14
    94.140.15.15 76.76.2.0 4.2.2.1 4.2.2.2 114.114.114.114 223.5.5.5 223.6.6.6 77.88.8.8
    172.17.0.1 172.18.0.1 10.0.2.2 10.0.2.3 10.0.2.15 192.168.122.1 192.168.65.1 192.168.65.2 10.88.0.1
    10.96.0.1 10.96.0.10 10.43.0.1 10.43.0.10 1.2.3.4
    """.split()
)
"""Public resolvers, and the addresses that every installation of a container or virtual machine uses."""
_MAX_VERSION_PARTS = (32, 100, 100, 100)
"""Four parts below these are more likely a version than an address."""
_PRIVATE_NETWORKS = tuple(
    ipaddress.ip_network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
)
_MASK = lazy_pattern(r"/([0-9]{1,2})\b")


def find_ips(subject: Subject) -> Iterator[Match]:
    """IPv4 and IPv6 addresses."""
    text = subject.text
    if text.count(".") >= 3:  # noqa: PLR2004 -- an address has three dots
        for hit in _IPV4.finditer(text):
            mapped = _MAPPED.search(text, max(0, hit.start() - 40), hit.start())
            if (
                (mapped is not None or not _is_bound(text, hit))
                and is_private_ipv4(hit[0])
                and not _is_network(text, hit)
                and not _is_version(text, hit)
            ):
                start = hit.start() if mapped is None else mapped.start()
                yield Match(start, hit.end(), kinds.IP_ADDRESS, "ipv4-address", 0.9)
    if _COLONS.search(text) is not None:
        for hit in _IPV6.finditer(text):
            if not _is_bound(text, hit) and _is_private_ipv6(hit[0]):
                yield Match(*hit.span(), kinds.IP_ADDRESS, "ipv6-address", 0.9)


@lru_cache(maxsize=1024)
def is_private_ipv4(text: str) -> bool:
    """Whether the address identifies a machine, not whether RFC 1918 calls it private."""
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        return False
    if address.is_loopback or address.is_multicast or address.is_reserved or address.is_link_local:
        return False
    if text.startswith("0.") or text in _BLOCKS or text in _WELL_KNOWN:
        return False
    return not any(address in network for network in _DOCUMENTATION)


def _is_network(text: str, hit: re.Match[str]) -> bool:
    """Whether it is a whole private network, `172.20.0.0/16`, which many machines have."""
    mask = _MASK.match(text, hit.end())
    if mask is None or int(mask[1]) > 24:  # noqa: PLR2004 -- smaller ones are almost addresses
        return False
    address = ipaddress.IPv4Address(hit[0])
    is_base = int(address) & (0xFFFFFFFF >> int(mask[1])) == 0
    return is_base and any(address in network for network in _PRIVATE_NETWORKS)


def _is_version(text: str, hit: re.Match[str]) -> bool:
    before = text[max(0, hit.start() - 32) : hit.start()]
    if _CHANGED_TO.search(before):
        return True
    if _HOST_BEFORE.search(before) or before.endswith("//"):
        return False
    if _is_heading(text, hit) or _VERSION_BEFORE.search(before):
        return True
    parts = [int(part) for part in hit[0].split(".")]
    if _NAME_BEFORE.search(before):
        return parts[0] < _MAX_VERSION_PARTS[0] and not hit[0].startswith("10.")
    is_small = all(part < most for part, most in zip(parts, _MAX_VERSION_PARTS, strict=True))
    return is_small and parts[0] != 10 and _NETWORK_AFTER.match(text, hit.end()) is None  # noqa: PLR2004 -- of a local network


def _is_heading(text: str, hit: re.Match[str]) -> bool:
    """`7.1.3.4 Title`: a section number at the start of a line or an element."""
    first = hit.start() == 0 or text[hit.start() - 1] in "\n>"
    small = all(int(part) < 32 for part in hit[0].split("."))  # noqa: PLR2004 -- chapters, not octets
    return first and small and _TITLE.match(text, hit.end()) is not None


@lru_cache(maxsize=1024)
def _is_private_ipv6(text: str) -> bool:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return False
    if address in _ROUTERS:
        return False
    return not any(address in network for network in _DOCUMENTATION_6)


def _is_bound(text: str, hit: re.Match[str]) -> bool:
    """Whether the hit is the end of something longer."""
    return hit.start() > 0 and _BOUND.match(text[hit.start() - 1]) is not None


_MAC_TAIL = lazy_pattern(
    r"([:-])[0-9a-fA-F]{2}(?:\1[0-9a-fA-F]{2}){4}(?![\w:-]|\.\w)|"
    r"\.[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}(?![\w:-]|\.\w)"
)
_MAC_HEAD = lazy_pattern(r"(?<![\w:.-])(?:[0-9a-fA-F]{2}|[0-9a-fA-F]{4})\Z")


def find_macs(subject: Subject) -> Iterator[Match]:
    """Hardware addresses, except broadcast, multicast, zero and the documentation range."""
    text = subject.text
    for tail in _MAC_TAIL.finditer(text):
        head = _MAC_HEAD.search(text, max(0, tail.start() - 5), tail.start())
        if head is None or len(head[0]) != (2 if tail[1] else 4):
            continue
        digits = re.sub(r"[:.-]", "", head[0] + tail[0]).lower()
        if digits.isdigit() and tail[1] != ":":
            continue
        if len(set(digits)) > 1 and not digits.startswith(("00005e0053", "01005e", "3333")):
            yield Match(head.start(), tail.end(), kinds.MAC_ADDRESS, "mac-address", 0.9)
