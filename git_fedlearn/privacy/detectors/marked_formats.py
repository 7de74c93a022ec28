"""Token formats without a prefix: data tables, one row each.

`MARKED` rows have a mark inside: the pattern is tried only on texts that contain it. `SHAPED` rows have no
mark that distinguishes them from ordinary text. Repeats are bounded or anchored, so that a scan stays linear.
"""

from __future__ import annotations

from typing import NamedTuple

from git_fedlearn.privacy import kinds


class MarkedFormat(NamedTuple):
    """A format recognized by one of its marks; a group `secret` narrows the span."""

    rule: str
    marks: tuple[str, ...]
    pattern: str
    kind: str = kinds.API_KEY


_W = "[A-Za-z0-9_-]"
_A = "[A-Za-z0-9]"
_UUID = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"

MARKED: tuple[MarkedFormat, ...] = (
    MarkedFormat("newrelic-licence", ("NRAL",), r"[A-Za-z0-9]{30,40}NRAL(?!\w)"),
    MarkedFormat("jwk-private", ("kty",), r"\"(?:d|p|q|dp|dq|qi|k)\"\s?:\s?\"(?P<secret>[\w-]{20,4096})"),
    MarkedFormat("telegram-bot-token", (":AA",), rf"[0-9]{{8,10}}:AA{_W}{{32,40}}"),
    MarkedFormat("terraform-cloud-token", (".atlasv1.",), rf"{_A}{{14}}\.atlasv1\.{_W}{{50,80}}"),
    MarkedFormat("azure-ad-secret", ("Q~",), r"[\w~.-]{3}\dQ~[\w~.-]{30,36}"),
    MarkedFormat(
        "azure-storage-key", ("AccountKey=",), r"AccountKey=(?P<secret>[A-Za-z0-9+/]{60,100}={0,2})"
    ),
    MarkedFormat(
        "azure-shared-access-key",
        ("AccessKey=",),
        r"(?:Shared)?AccessKey=(?P<secret>[A-Za-z0-9+/]{30,100}={0,2})",
    ),
    MarkedFormat("azure-sas-signature", ("sig=",), r"\bsig=(?P<secret>[\w%/+-]{30,120}={0,2})"),
    MarkedFormat(
        "signed-url", ("X-Amz-",), r"X-Amz-(?:Signature|Security-Token)=(?P<secret>[\w%/+=-]{30,4096})"
    ),
    MarkedFormat("signed-url", ("X-Goog-Signature=",), r"X-Goog-Signature=(?P<secret>[0-9a-f]{64,1024})"),
    MarkedFormat("signed-url", ("Signature=",), r"Signature=(?P<secret>[\w%/+=~-]{26,512})"),
    MarkedFormat("query-key", ("appid=",), r"appid=(?P<secret>[0-9a-f]{32})"),
    MarkedFormat("azure-key-checksum", ("JQQJ99",), rf"{_A}{{52}}JQQJ99{_A}{{10,36}}={{0,2}}"),
    MarkedFormat(
        "azure-key-checksum",
        ("+ASt", "+ABa", "+AMC", "ACDb", "APIM"),
        r"[A-Za-z0-9+/]{76}(?:\+ASt|\+ABa|\+AMC|ACDb|APIM)[A-Za-z0-9+/]{5}[AQgw]==",
    ),
    MarkedFormat(
        "azure-key-checksum",
        ("AIoT", "AZEG", "AzCa", "+AEh", "+ARm", "+ASb", "+ASt"),
        r"[A-Za-z0-9+/]{33}(?:AIoT|AZEG|AzCa|\+AEh|\+ARm|\+ASb|\+ASt)[A-P][A-Za-z0-9+/]{5}=",
    ),
    MarkedFormat(
        "azure-key-checksum",
        ("+ACR", "AzSe", "AzCa", "+AEh", "+ARm", "+ASb"),
        r"[A-Za-z0-9+/]{42,44}(?:\+ACR|AzSe|AzCa|\+AEh|\+ARm|\+ASb)[A-D][A-Za-z0-9+/]{5}",
    ),
    MarkedFormat("azure-key-checksum", ("AzFu",), rf"{_W}{{44}}AzFu{_W}{{5}}[AQgw]=="),
    MarkedFormat("mailchimp-key", tuple(f"-us{digit}" for digit in range(10)), r"[0-9a-f]{32}-us[0-9]{1,2}"),
    MarkedFormat("google-refresh-token", ("1//0",), rf"1//0{_W}{{30,512}}"),
    MarkedFormat(
        "google-oauth-client",
        (".apps.googleusercontent.com",),
        r"\d{6,20}-[0-9a-z]{20,40}\.apps\.googleusercontent\.com",
    ),
    MarkedFormat(
        "node-provider-key",
        ("alchemy", "infura.io", "quiknode", "chainstack", "getblock", "blastapi", "ankr.com"),
        r"[\w.-]{0,64}(?:alchemy(?:api)?\.(?:com|io)|infura\.io|quiknode\.pro|chainstack\.com|getblock\.(?:io|us)|"
        r"blastapi\.io|ankr\.com)/(?:(?:ws/)?v[23]/|nft/v[23]/|\w{1,24}/)?(?P<secret>[\w-]{26,80})(?![\w.-])",
    ),
    MarkedFormat(
        "airtable-oauth-token", (".v1.",), rf"{_A}{{16,36}}\.v1\.{_W}{{40,1024}}(?:\.[0-9a-f]{{5,64}})?"
    ),
    MarkedFormat("thingsboard-token", ("/telemetry",), r"/api/v1/(?P<secret>[A-Za-z0-9]{20})/telemetry"),
    MarkedFormat("firebase-key", ("APA91b",), rf"{_W}{{11}}:APA91b{_W}{{100,180}}"),
    MarkedFormat("rapidapi-key", ("jsn",), r"[a-z0-9]{10}msh[a-z0-9]{15}p1[a-z0-9]{5}jsn[a-z0-9]{12}(?!\w)"),
    MarkedFormat("maxmind-key", ("_mmk",), rf"{_A}{{6}}_{_A}{{29}}_mmk"),
    MarkedFormat("ebay-key", ("-PRD-",), r"[\w]{1,40}-[\w]{1,40}-PRD-[a-f0-9]{8,12}-[a-f0-9]{8,12}"),
    MarkedFormat("fly-macaroon", ("FlyV1 ",), r"FlyV1 (?P<secret>[\w,=/+-]{60,4096})"),
    MarkedFormat("openai-legacy-key", ("T3BlbkFJ",), rf"[A-Za-z0-9_-]{{10,120}}T3BlbkFJ{_W}{{10,120}}"),
    MarkedFormat(
        "npm-legacy-token", ("_authToken",), rf"_authToken(?:\s?=\s?|\s)(?P<secret>{_UUID}|{_W}{{20,255}})"
    ),
    MarkedFormat("gitlab-session", ("_gitlab_session=",), r"_gitlab_session=(?P<secret>[0-9a-z]{32})"),
    MarkedFormat("tableau-token", ("==:",), rf"[A-Za-z0-9+/]{{22}}==:{_A}{{32}}"),
    MarkedFormat("cloudinary-url", ("cloudinary://",), r"cloudinary://\d{10,20}:(?P<secret>[\w-]{20,40})@"),
    MarkedFormat(
        "nix-signing-key",
        ("==",),
        r"[\w.-]{1,64}-\d{1,2}:(?P<secret>[A-Za-z0-9+/]{86}==)",
        kinds.PRIVATE_KEY,
    ),
    MarkedFormat("minisign-key", ("RWR",), r"RWRTY0Iy[A-Za-z0-9+/]{100,300}={0,2}", kinds.PRIVATE_KEY),
    MarkedFormat(
        "wireguard-key",
        ("PrivateKey",),
        r"(?:PrivateKey|PresharedKey)\s?=\s?(?P<secret>[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)",
        kinds.PRIVATE_KEY,
    ),
    MarkedFormat(
        "htpasswd-hash",
        ("$1$", "$8$", "$9$", "$2a$", "$2b$", "$2x$", "$2y$", "$apr1$", "$5$", "$6$", "$y$", "$argon2i"),
        r"\$(?:2[abxy]\$\d\d\$[./A-Za-z0-9]{53}|(?:1|apr1)\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}|[89]\$[./A-Za-z0-9]{14}\$[./A-Za-z0-9]{43}|[56]\$(?:rounds=\d{1,9}\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{43,86}|y\$[./A-Za-z0-9]{2,12}\$[./A-Za-z0-9]{1,86}\$[./A-Za-z0-9]{43}|argon2id?\$[\w=,$+/-]{30,200})",
        kinds.PASSWORD,
    ),
    MarkedFormat(
        "password-hash",
        ("pbkdf2", "scrypt", "argon2i", "bcrypt_sha256"),
        r"(?:pbkdf2[_:-]sha\d{1,3}|scrypt|argon2id?|bcrypt_sha256)[$:][\w:,=$+./-]{4,64}\$[\w+./-]{4,128}\$[\w+./-]{20,256}={0,2}",
        kinds.PASSWORD,
    ),
    MarkedFormat(
        "ldap-hash",
        ("SHA}",),
        r"\{S?SHA(?:256|512)?\}(?P<secret>[A-Za-z0-9+/]{26,160}={0,2})",
        kinds.PASSWORD,
    ),
    MarkedFormat(
        "ansible-vault",
        ("$ANSIBLE_VAULT",),
        r"\$ANSIBLE_VAULT;[\d.]{3,5};AES256[^\n]{0,64}(?:\s{1,16}[0-9a-f]{40,80}){1,4096}",
        kinds.SECRET,
    ),
    MarkedFormat(
        "otp-secret",
        ("otpauth://",),
        r"otpauth://[^\s\"'<>]{0,200}?[?&]secret=(?P<secret>[A-Z2-7a-z]{16,128})",
        kinds.SECRET,
    ),
)

SHAPED: tuple[MarkedFormat, ...] = (
    MarkedFormat(
        "product-key", ("-",), r"(?=[A-Z]{0,4}[0-9])[A-Z0-9]{5}(?:-[A-Z0-9]{5}){4}(?![\w-])", kinds.SECRET
    ),
    MarkedFormat("mailgun-key", ("-",), r"[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}(?![\w-])"),
    MarkedFormat(
        "discord-bot-token",
        (".",),
        rf"(?:[MNO]{_W}{{23,27}}|(?:[MNO][DTjz][AEIMQUYcgk][w-z0-5]){{5}}[MNO][DTjz][AEIMQUYcgk])"
        rf"\.{_W}{{6,7}}\.{_W}{{27,40}}(?![\w-])",
    ),
    MarkedFormat("ngrok-token", ("_",), rf"[12]{_A}{{26}}_(?=[A-Za-z]{{0,20}}[0-9]){_A}{{21}}(?!\w)"),
    MarkedFormat(
        "twitter-access-token",
        ("-",),
        r"[0-9]{7,19}-(?=[a-z0-9]{0,39}[A-Z])(?=[A-Za-z]{0,39}[0-9])[A-Za-z0-9]{40}(?![\w-])",
    ),
    MarkedFormat("zhipu-key", (".",), rf"[a-f0-9]{{32}}\.{_A}{{16}}(?!\w)"),
    MarkedFormat("facebook-app-token", ("|",), rf"\d{{12,18}}\|{_W}{{24,40}}"),
)
"""Formats of grouped characters, tried only in long runs of token characters, of which a text has few."""
