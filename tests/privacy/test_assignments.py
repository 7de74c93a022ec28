from __future__ import annotations

import base64

import pytest
from privacy.private_samples import ALNUM, rand, strong_word

from git_fedlearn.privacy.engine import PrivacyEngine

ENGINE = PrivacyEngine()
KEY = rand(32)
HEX = rand(40, "0123456789abcdef")
WORD = strong_word()
CHOSEN = "purple" + "rocket"


def clean(text: str) -> str:
    value = ENGINE.sanitize(text).value
    assert isinstance(value, str)
    return value


@pytest.mark.parametrize("value", [KEY, HEX])
@pytest.mark.parametrize(
    "template",
    [
        'let secret: string = "{}";',
        'let session_secret: &str = "{}";',
        'val deployToken: String = "{}"',
        'public string SigningKey {{ get; set; }} = "{}";',
        'os.environ["service_token"] = "{}"',
        'process.env.API_KEY || "{}"',
        "${{API_TOKEN:-{}}}",
        "api_key = r'{}'",
        "api_key = b'{}'",
        "api_key = '''{}'''",
        '#define client_secret "{}"',
        "ENV ACCESS_TOKEN {}",
        "setx admin_token {}",
        "admin_token: {}",
        "credentials: `{}`",
        "| access token | {} |",
        "the signing key is set to {} in prod",
        "%API_TOKEN%={}",
        'variable "api_token" {{\n  type = string\n  default = "{}"\n}}',
        "<API_KEY>{}</API_KEY>",
        "name,api key\nbuild,{}\n",
        "| host | secret |\n|---|---|\n| a | {} |\n| b | none |",
        "GET / HTTP/1.1\r\nCookie: theme=dark; sid={}; lang=en",
        "https://{}@o123.ingest.acme.io/4",
        "https://b.acme.io/k?X-Amz-Signature={}&x=1",
    ],
)
def test_a_generated_key_is_read_in_many_syntaxes(template: str, value: str) -> None:
    text = template.format(value)
    assert value[4:-4] not in clean(text)
    assert ENGINE.scan(clean(text)) == ()


@pytest.mark.parametrize(
    "template",
    [
        "app:{}@tcp(db:3306)/shop",
        "amqp://guest1:{}@mq:5672/x",
        "jdbc:oracle:thin:scott/{}@//db:1521/orcl",
        "CREATE USER app WITH PASSWORD '{}';",
        "INSERT INTO users (name, password, age) VALUES ('bob', '{}', 3), ('eve', '{}', 4);",
        "user;password\nbob;{}\neve;{}\n",
        "htpasswd -b .htpasswd bob {}",
        "net use Z: \\\\srv\\share /user:acme\\bob {}",
        'ConvertTo-SecureString "{}" -AsPlainText',
        "the wifi pw is {}",
        "log in with admin / {} please",
        "ftpPass={}",
        "keytool -storepass {} -keystore a",
        "db.acme.io:5432:main:app:{}",
        "machine git.acme.io login bot password {}",
        "echo {} | docker login --username ci --password-stdin",
        "Use the password {} to log in.",
    ],
)
def test_a_password_is_read_in_many_syntaxes(template: str) -> None:
    text = template.format(WORD, WORD)
    assert clean(text) == text.replace(WORD, "<PASSWORD>")


@pytest.mark.parametrize(
    "template", ["DB_PASSWORD={}", "password: {}\nuser: bob", "smtp.password={}", 'pw = "{}"']
)
def test_a_plain_word_is_a_password_if_the_line_has_nothing_else(template: str) -> None:
    assert CHOSEN not in clean(template.format(CHOSEN))


@pytest.mark.parametrize(
    "text",
    [
        '"minipass": "^7.0.3"',
        "id_pass = False",
        "def login(password: str = None) -> bool:",
        "password=getpass()",
        "call(password=password, token=token)",
        "max_tokens: 4096 | total tokens | 9912 |",
        "| password | required |",
        "user,password\nname,string\n",
        "INSERT INTO t (id, token_count) VALUES ('a', '77')",
        "pin: 7",
        "<API_KEY> and <PASSWORD> stay",
    ],
)
def test_assigned_values_that_are_not_secrets_are_left_alone(text: str) -> None:
    assert ENGINE.scan(text) == ()


def test_an_at_sign_in_a_url_password_does_not_end_it() -> None:
    assert clean(f"amqp://guest1:Pur@{WORD}@mq:5672/x") == "amqp://guest1:<PASSWORD>@mq:5672/x"
    two = f"amqp://a:{WORD}1@mq:5672/x,amqp://b:{WORD}2@mq2/y"
    assert clean(two) == "amqp://a:<PASSWORD>@mq:5672/x,amqp://b:<PASSWORD_2>@mq2/y"


def test_a_base64_pair_under_auth_is_redacted_whole() -> None:
    pair = base64.b64encode(f"bot:{rand(14, ALNUM)}".encode()).decode()
    assert clean(f'{{"auths": {{"r.acme.io": {{"auth": "{pair}"}}}}}}').count(pair[4:12]) == 0
