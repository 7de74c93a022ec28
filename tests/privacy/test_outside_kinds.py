"""Kinds of secrets and personal data that text from outside showed, and what only looks like them."""

from __future__ import annotations

import base64
import hashlib

import pytest
from privacy.private_samples import rand

from git_fedlearn.privacy.engine import PrivacyEngine

ENGINE = PrivacyEngine()
HEX = "0123456789abcdef"
MIXED = rand(27, seed=3) + "4"
HASH = rand(40, HEX)
KEY = rand(32, HEX, 4)
UUID = "-".join((rand(8, HEX), rand(4, HEX), "4" + rand(3, HEX), "a" + rand(3, HEX), rand(12, HEX)))
GITHUB = "gh" + "p_" + rand(36, seed=5)
LETTERS = "7k" + rand(9, "bdfhjlnprtv") + "4z9q" + rand(7, "cgkmqsw") + "2m8w5x3v"
LONG = rand(900, seed=6)
WORDS = "lantern orchard " + "thirteen velvet 82"
ADDRESS = "93.201" + ".77.140"
SIGNS = f"7`D'}}/v{rand(9, seed=4)}R)T;W]5]EB&k>q{rand(7, seed=5)}X??]=;@v"
KEYS = SIGNS.replace("'", "(")
DER = "MIIEv" + "gIBADANBgkqhkiG9w0BAQEFAASC" + rand(200, seed=6)
TOKENS = (
    rand(76, seed=1) + "+AS" + "t" + rand(5, seed=2) + "A==",
    rand(33, seed=1) + "AIo" + "TB" + rand(5, seed=2) + "=",
    rand(44, seed=1) + "AzF" + "u" + rand(5, seed=2) + "Q==",
    "cf" + "ut_" + rand(48, seed=7),
    "sk-" + f"ant-api03-{rand(95, seed=7)}",
    "1PR" + "K-" + "-".join(rand(4, "ABCDEFGHJKLMNPQRSTUVWXYZ23456789", n) for n in range(13)),
    "packagist_" + f"acs_{rand(80, HEX, 8)}",
    "key" + f"_{rand(128, HEX, 8)}",
    rand(42, seed=1) + "+AR" + "mC" + rand(5, seed=2),
    "AAAA" + rand(7, seed=1) + ":APA" + "91b" + rand(134, seed=2),
    "dt0" + f"a01.{rand(8, seed=1)}.{rand(64, HEX, 8)}",
    "shp" + f"mkt_{rand(8, HEX, 1)}_{rand(32, HEX, 8)}",
    base64.b64encode(b"48213097551208346").decode().rstrip("=") + f".{rand(7, seed=1)}.{rand(27, seed=2)}",
    "2" + rand(26, seed=1) + f"_{rand(21, seed=2)}7"[:22],
    f"48213097-{rand(20, seed=1)}" + rand(20, seed=2),
    "live" + f"_{rand(25, seed=3)}",
    "IQoJ" + f"b3JpZ2lu{rand(200, seed=3)}==",
    "Atza" + f"|{rand(160, seed=3)}",
    "APP_" + f"USR-{rand(16, '0123456789')}-010126-{rand(32, HEX)}-{rand(9, '0123456789')}",
    f"https://chat.brimble.io/hooks/{rand(17, seed=3)}/{rand(47, seed=4)}",
    f"https://events.pagerduty.com/integration/{rand(32, HEX, 8)}/enqueue",
)


def clean(text: str) -> object:
    return ENGINE.sanitize(text).value


def base64_of(text: str | bytes) -> str:
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def bitcoin_address(payload: bytes) -> str:
    """Base58 with its checksum."""
    data = b"\0" + payload
    data += hashlib.sha256(hashlib.sha256(data).digest()).digest()[:4]
    number, digits = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"[digit] + digits
    return "1" + digits


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(
            (frame.format(value), value)
            for value in (MIXED,)
            for frame in (
                "brimble token - '{}'",
                'brimble secret -> "{}"',
                "api key \u2013 '{}'",
                "brimble 'tok' '{}'",
                "brimble ACCESS {}",
                "brimbleKEY {}",
                "brimble-secret-key-{}",
                "brimble.TOKEN.{}",
                "<secret>{{brimble {}}}</secret>",
                "<password>{{v2 {}}}</password>",
                'token = "Other {}"',
                '"authorization": "{}"',
                "said '\\nTOKEN {}'",
            )
        ),
        *((f"brimble_key = {value}", value) for value in (KEY, UUID)),
        *((f"brimble secret {value}", value) for value in (HASH, KEY)),
        *((f"brimble.login={value}", value) for value in (HASH, UUID)),
        *((f"mailgun {value}", value) for value in (KEY, UUID)),
        (f"got qz_{MIXED} there", MIXED),
        (f"got qz_live_{KEY} there", KEY),
        (f"got qz-pri-{KEY} there", KEY),
        ('signing_secret: "Qr8(kTz4v]m{3Wpx|9h"', "kTz4v"),
        (f'password: "{WORDS}"', WORDS),
        (f"PASSPHRASE='{WORDS}'", WORDS),
        (f'        apiKey:              "{KEY}"', KEY),
        *((f"{name} = '{KEY}'", KEY) for name in ("monkeybrimble token", "PASSPORT_SECRET", "deepgram-api")),
        (f"qz42_key: {UUID}", UUID),
        (f'new HubSpotAPI("{UUID}")', UUID),
        (f"BRIMBLE_KEY: {KEY[:20]}", KEY[:20]),
        (f"brimble token - '{LETTERS}'", LETTERS),
        (f"KEY_B64={LONG}", LONG[-200:]),
        (f"brimble token = '{LONG}'", LONG[-200:]),
        (f"http://chat:8065/hooks/{LETTERS[:26]}", LETTERS[:26]),
        (f"https://eth.alchemyapi.io/v2/{MIXED}", MIXED),
        (
            f"https://x.io/workflows/{KEY}/triggers/manual/paths/invoke?sp=a&sig={rand(20)}-{rand(22)}",
            rand(20),
        ),
        (f"mongodb://maren:{MIXED}@%2Ftmp%2Fdb.sock", MIXED),
        (f"SECRET_KEY = 'django-insecure-_x(^{rand(20).lower()}!%(@9k&{rand(12).lower()}'", rand(20).lower()),
        (f"psexec //box -u maren -p {MIXED} cmd", MIXED),
        (f"vault operator unseal {MIXED}", MIXED),
        (f"$ curl https://x.io/token \\\n  --user maren:{MIXED} --data a=b", MIXED),
        (f"curl --user maren:'{MIXED}' -X PATCH", MIXED),
        (f"curl --header  'Authorization:  {UUID}'", UUID),
        (f"Authorization: Bearer {MIXED[:15]}", MIXED[:15]),
        ('new NetworkCredential("maren", "velvetharbor")', "velvetharbor"),
        (f"ConvertTo-SecureString -String -Force {MIXED[:12]}", MIXED[:12]),
        (f'"ConvertTo-SecureString \\"{MIXED[:12]}\\""', MIXED[:12]),
        (f"ALTER USER 'm'@'h' IDENTIFIED WITH mysql_native_password BY '{MIXED[:10]}';", MIXED[:10]),
        (f"smtps://maren@mail.brimble.io:{MIXED[:8]}@smtp.brimble.io:465", MIXED[:8]),
        (f"Please use the following password to proceed to installation:\n\n{KEY}\n", KEY),
        (f"password for master:{MIXED[:10]}", MIXED[:10]),
        (f'jwtsecret: "{SIGNS}"', SIGNS),
        (f'brimble token = "{SIGNS}"', SIGNS),
        ("brimble token = 'SSVmFDNCFf" + "OHKXQAEckx'", "SSVmFDNCFf"),
        (f"kind: Secret\ndata:\n  extra: {base64_of('maren:harbor')}\n", base64_of("maren:harbor")),
        (f'"data": {{\n  "a.b": "{base64_of("harbor")}"\n}},\n"kind": "Secret"\n', base64_of("harbor")),
        (f"rsaKey: {DER}", DER),
        *((f"got {token} there", token) for token in TOKENS),
        *((f"http://maren:q@${MIXED[:6]}{sign}x7@git.brimble.io", MIXED[:6]) for sign in "@$"),
        *(
            (call.format("white7heron"), "white7heron")
            for call in (
                "pymysql.connect('db1', \"maren\", '{}')",
                'DriverManager.getConnection(url, "maren", "{}");',
                'new PDO("mysql:host=db1", $user, "{}", $options);',
                'oci_connect("maren", "{}")',
            )
        ),
        *((f"define('{name}',  '{KEYS} {KEYS[9:]}');", KEYS) for name in ("LOGGED_IN_SALT", "AUTH_KEY")),
        *(
            (form.format("white7heron"), "white7heron")
            for form in (
                "nmcli device wifi connect home password {}",
                "etcdctl --user maren:{} get x",
                "rdesktop -u maren -p {} box",
                "impdp maren/{}@db1 schemas=x",
                "rman target sys/{}@db1",
                "radius-server key {}",
                "snmp-server community {} RO",
                "crypto isakmp key {} address 93.201.77.140",
                "requirepass {}",
                'dataSource.setPassword("{}");',
                'request.setBasicAuth("maren", "{}")',
                'new UsernamePasswordCredentials("maren", "{}")',
                'new PasswordAuthentication("maren", "{}".toCharArray())',
            )
        ),
        *((f"{line} 7 {KEY[:18]}", KEY[:18]) for line in ("username maren password", "tacacs-server key")),
        *(
            (f"got {value} there", value)
            for value in ("$1$" + f"{rand(8)}${rand(22)}", "$9$" + f"{rand(14)}${rand(43)}")
        ),
        ("app.secret_key = b'" + "".join(f"\\x{n:02x}" for n in range(60, 250, 12)) + "'", "\\x3c"),
        (f'AES.new("{MIXED[:16]}", AES.MODE_CBC)', MIXED[:16]),
        (f'builder.signWith(SignatureAlgorithm.HS256, "{MIXED}")', MIXED),
        (f"npm config set //npm.brimble.io/:_authToken {UUID}", UUID),
        *((line, "hite") for line in ("JWT_SECRET=whiteheron42", 'secret_key = "White2026!"')),
        *((f"{name}Vn4tWq8hS", "Vn4tWq8hS") for name in ("ENV TOKEN=", "secretKey: ")),
        *(
            (f"jdbc:x://db1/y?user=maren&{name}=whiteheron", "whiteheron")
            for name in ("password", "userpass")
        ),
        *((f"password={word}\n", word) for word in ("h3ron", "her!n")),
        ("brimble_api_token = 'mq7xr42zkowdnfp'", "mq7xr42zkowdnfp"),
        ("password = 'k;M&}q!x<Wz@,{Ru~p)[Hd4'", "Ru~p"),
    ],
)
def test_a_secret_is_found_by_the_words_before_it_and_by_its_form(text: str, value: str) -> None:
    assert value not in str(clean(text))


@pytest.mark.parametrize(
    "text",
    [
        GITHUB.encode().hex(),
        base64_of(base64_of(GITHUB)),
        base64_of(f"gru\u00df {GITHUB}"),
        base64_of(b"\0maren\0" + rand(12).encode()),
        base64_of("write to maren@" + "fastmail.com now"),
        "\n".join(base64_of(f"export TOKEN={GITHUB}")[at : at + 20] for at in range(0, 80, 20)),
        "^[[1m".join((GITHUB[:11], GITHUB[11:23], GITHUB[23:])),
        "\\u001b[0m".join((GITHUB[:11], GITHUB[11:23], GITHUB[23:])),
        GITHUB.replace("p", "\u0440", 1),
        GITHUB.replace("g", "\uff47", 1),
        f"t = '{GITHUB[:20]}' + '{GITHUB[20:]}'",
        "".join(f"%25{ord(char):02X}" for char in GITHUB),
    ],
)
def test_a_secret_is_found_in_its_wrapping(text: str) -> None:
    assert GITHUB[8:20] not in str(clean(text))
    assert clean(text) != text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"ssh maren@{ADDRESS}", "ssh <LOGIN>"),
        (f"rsync -a x/ maren@{ADDRESS}:y/", "rsync -a x/ <LOGIN>:y/"),
        (f"switch --target-host maren@{ADDRESS}", "switch --target-host <LOGIN>"),
        (f"deploy/{ADDRESS}", "deploy/<IP_ADDRESS>"),
        (f"::ffff:{ADDRESS}", "<IP_ADDRESS>"),
        ("addr A1B2::7F0C:3E4D:5A6B", "addr <IP_ADDRESS>"),
        ("maren@box7: Permission denied (publickey).", "<LOGIN>: Permission denied (publickey)."),
        ("maren@box7's password:", "<LOGIN>'s password:"),
        ("Accepted publickey for maren from box7", "Accepted publickey for <LOGIN> from box7"),
        ("session opened for user maren", "session opened for user <LOGIN>"),
        ("Authenticating to box7 as 'maren'", "Authenticating to <LOGIN> as '<LOGIN_2>'"),
        ("git.corp.brimble.com down", "<HOST_NAME> down"),
        ("http://pg.svc.brimble.io:80/", "http://<HOST_NAME>:80/"),
        ("api.staging.svc.cluster.local", "<HOST_NAME>"),
        ("charged to card 5038" + "12345679", "charged to card <CREDIT_CARD>"),
        ("front desk 704 733 784", "front desk <PHONE_NUMBER>"),
        ("704 966 198 (reception)", "<PHONE_NUMBER> (reception)"),
        (f"wallet {bitcoin_address(bytes(range(20)))}", "wallet <CRYPTO_WALLET>"),
        ("eth wallet 0x" + rand(40, HEX), "eth wallet <CRYPTO_WALLET>"),
        ("536 22 1234", "<US_SSN>"),
        ("is 4929 my limit for card 50186466" + "7909?", "is 4929 my limit for card <CREDIT_CARD>?"),
        ("card 44215210" + "28146, please", "card <CREDIT_CARD>, please"),
        ("cc 06042607" + "0011 lost", "cc <CREDIT_CARD> lost"),
        ("my iban is gb82west123456" + "98765432", "my iban is <IBAN>"),
        ("nobody answers at 78 651 450", "nobody answers at <PHONE_NUMBER>"),
        ("Desk: 540 392 6876", "Desk: <PHONE_NUMBER>"),
        ("416 60 039 office\n781 1704-Fax", "<PHONE_NUMBER> office\n<PHONE_NUMBER_2>-Fax"),
        ("map.setView([51.50735, -0.12776], 9)", "map.setView([<COORDINATES>], 9)"),
    ],
)
def test_personal_data_is_found_in_the_forms_of_tools(before: str, after: str) -> None:
    assert clean(before) == after


@pytest.mark.parametrize(
    "text",
    [
        "sha384-" + rand(64),
        "sha512-" + rand(86) + "==",
        f'AssemblyVersion("{7}.12.40.3")',
        f"nginx {2}.23.7.8 released",
        "GET /home/timeline?after=7 200",
        'href="/home/pricing"',
        'mountpoint = "/home/Pictures";',
        "bridge 172.20.0.0/16 up",
        "dns 1.1.1.1 and 8.8.8.8",
        "eth0 10.0.2.15/24",
        "seed=5555555555554444",
        "pid 4111111111111111 exceeded",
        "sourcehut:~maren/themes",
        "call 87654321 times",
        "nixos@nixos:~$ ls",
        f"cache_key = {KEY}",
        f"commit key {HASH}",
        f"id: {UUID}",
        f"device {UUID}",
        f"the password {HASH} (git hash in a table)",
        f"Add the key {HASH.upper()} to the list",
        f"img_{KEY}.png",
        "gl" + "pat-my_token_for_gitlab_docs",
        "sk-" + "ant-api03-" + rand(60),
        "hf_" + "a" * 34,
        "1" + rand(33, "ABCDEFGH"),
        'password: "enter your new password twice"',
        'token = "call(Name[Index2])"',
        "com.sun.internal.xml",
        "kubernetes.default.svc.cluster.local",
        "if an invalid user or hostname is given",
        '"Lima": {"lat": -12.046374, "lon": -77.042793}',
        "Accepted publickey for root from box7",
        "#define TLS1_CK_PSK_WITH_NULL_SHA 0x0300002C",
        "#define OWN_PW_DEFAULTS 0x20000000UL",
        "[entityKey]: usedRepositoryInPkgJson",
        "it should pass desired_capacity=0.",
        "uid;\tpassword;\nchar *pw_dir2;\t/* 9 */",
        "kdf,\npasswd,\npkcs12,\npkey,",
        'void to_des(char " *passwd ", char *" key ");"',
        "max cell rate: 353207.547 cells/sec",
        "DK50 0040 0440 1162 44",
        "the discard 441234567890 of packets",
        "port number is not in valid range (1024-49151)",
        f"aws/service/signin v1.5.0 h1:{rand(16)}/5Q+{rand(23)}=",
        f"x/cloud-credential-operator v0.0.0-20260331064609-{rand(12, HEX)} h1:",
        "* **auth:** Bump grpc.golang.org/grpc@v1.64.1",
        'copy_pass_by_ref = "warn"',
        'pw_name="maren",',
        "ResetPassword::$createUrlCallback = null;",
        "const key = '$$excludedInstanceCount7'",
        "error_per_key = 100000.0/first_set_max_id",
        "data_password == data1_plaintext",
        "password: process.env?.MSSQL_PASSWORD ?? ''",
        "key-value: name=%3Cscript%3Econfirm%28%29%3C",
        '"pass2"\n  type        = "network"',
        f'"second_key": "{UUID}"',
        "Failed none for invalid user <*> from <*> port <*>",
        r"national_number_pattern='60[04579]\d{7}'",
        r"national_number_pattern='900200\d{3}'",
    ],
)
def test_what_only_looks_private_is_left_alone(text: str) -> None:
    assert ENGINE.scan(text) == ()
