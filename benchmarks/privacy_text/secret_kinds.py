"""Secrets of every kind that a scanner should know, made at random; nothing real, nothing copied."""

import base64
import json
import random
import textwrap
from collections.abc import Callable
from typing import NamedTuple

from benchmarks.privacy_text.sampling import sample
from benchmarks.privacy_text.vendors import NAMED, shapes


class Secret(NamedTuple):
    """A secret, what kind it is, and a name it may be stored under; without one it stands anywhere."""

    kind: str
    text: str
    name: str = ""


class Embedded(NamedTuple):
    """A text in which secrets stand in their own surroundings (a connection string, a key block)."""

    kind: str
    text: str
    secrets: tuple[str, ...]


_PASSWORD_NAMES = """password db_password DB_PASS PGPASSWORD passwd pwd adminPassword smtp_password rootPassword
MYSQL_ROOT_PASSWORD POSTGRES_PASSWORD REDIS_PASSWORD userPassword spring.datasource.password keystorePassword
ansible_become_pass sudo_password LDAP_BIND_PASSWORD vaultPassword passphrase pass PASSWORD mail.password
ftpPass wifi_password proxy_pass""".split()
_WORDS = """summer winter dragon monkey shadow master sunshine football welcome letmein princess charlie coffee
hunter silver purple tiger orange london berlin guitar pepper thunder jordan ginger cookie rocket banana""".split()
_KEY_NAMES = """api_key apiKey secret_key SECRET_KEY auth_token accessToken client_secret signing_key encryption_key
webhook_secret api_token API_TOKEN secret token bearer_token private_key_password session_secret jwtSecret
x-api-key app_secret service_token ACCESS_TOKEN licenseKey aws_secret_access_key consumerSecret hmac_secret
storage_key admin_token credentials DEPLOY_TOKEN""".split()


def weak_password(chance: random.Random) -> str:
    """What people choose: a word, a year, a sign."""
    word = chance.choice(_WORDS)
    forms: tuple[Callable[[], str], ...] = (
        lambda: f"{word.capitalize()}{chance.randrange(1960, 2027)}{chance.choice('!@#$')}",
        lambda: f"{word}{chance.randrange(10, 9999)}",
        lambda: (
            word.replace("e", "3").replace("o", "0").replace("i", "1").capitalize() + chance.choice("!1#?")
        ),
        lambda: f"{word}-{chance.choice(_WORDS)}-{chance.choice(_WORDS)}-{chance.randrange(10, 99)}",
        lambda: (
            f"{chance.choice(_WORDS).capitalize()}{chance.choice('@#_!')}{word}{chance.randrange(1, 999)}"
        ),
        lambda: word + chance.choice(_WORDS),
    )
    return chance.choice(forms)()


def named_secrets(chance: random.Random, count: int) -> list[Secret]:
    """Passwords and keys that only their name tells, `count` of each kind."""
    found: list[Secret] = []
    for _ in range(count):
        names = chance.choice(_PASSWORD_NAMES), chance.choice(_KEY_NAMES)
        found += (
            Secret("weak password", weak_password(chance), names[0]),
            Secret("strong password", sample("{P12-24}", chance), names[0]),
            Secret("alphanumeric password", sample("{A10-20}", chance), names[0]),
            Secret("hex key", sample(chance.choice(("{h32}", "{h40}", "{h64}", "{H32}")), chance), names[1]),
            Secret("alphanumeric key", sample("{A20-64}", chance), names[1]),
            Secret(
                "base64 key",
                sample(chance.choice(("{B43}=", "{B86}==", "{B40}", "{B22}==")), chance),
                names[1],
            ),
            Secret("base64url key", sample("{W22-64}", chance), names[1]),
            Secret("uuid key", sample("{u}", chance), names[1]),
        )
        name, shape = chance.choice(NAMED)
        found.append(Secret("vendor-named key", sample(shape, chance), name))
    return found


def tokens(chance: random.Random, count: int) -> list[Secret]:
    """Tokens of known formats, `count` of each."""
    return [
        Secret("token " + shape.split("{")[0], sample(shape, chance))
        for shape in shapes()
        for _ in range(count)
    ]


def pem(chance: random.Random, label: str, lines: int) -> str:
    """A private key block."""
    body = textwrap.fill(sample(f"MII{{B{64 * lines - 20}}}=", chance), 64)
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----"


def jwt(chance: random.Random) -> str:
    """A signed JSON web token."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    claims = {"sub": sample("{d10}", chance), "iat": 1516239022, "name": chance.choice(_WORDS)}
    return f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}.{sample('{W43}', chance)}"


def structured(chance: random.Random) -> list[Secret]:
    """Blocks, tokens and addresses that stand by themselves."""
    labels = (
        "RSA PRIVATE KEY",
        "PRIVATE KEY",
        "EC PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
    )
    pgp = f"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{textwrap.fill(sample('{B640}', chance), 64)}\n={sample('{B4}', chance)}\n-----END PGP PRIVATE KEY BLOCK-----"
    found = [Secret("pem", pem(chance, label, chance.randint(4, 26))) for label in labels]
    found.append(Secret("pgp", pgp))
    found += [Secret("jwt", jwt(chance)) for _ in range(3)]
    hooks = (
        "https://hooks.slack.com/services/T{U8-10}/B{U8-10}/{A24}",
        "https://discord.com/api/webhooks/{d18}/{W68}",
        "https://discordapp.com/api/webhooks/{d19}/{W68}",
        "https://acme.webhook.office.com/webhookb2/{u}@{u}/IncomingWebhook/{h32}/{u}",
        "https://hooks.zapier.com/hooks/catch/{d7}/{a7}/",
        "https://chat.googleapis.com/v1/spaces/{A11}/messages?key=AIza{W35}&token={W43}",
        "https://maker.ifttt.com/trigger/done/with/key/{W22}",
        "https://api.telegram.org/bot{d10}:AA{W33}/sendMessage",
        "https://open.feishu.cn/open-apis/bot/v2/hook/{u}",
        "https://oapi.dingtalk.com/robot/send?access_token={h64}",
        "https://prod-{d2}.westus.logic.azure.com:443/workflows/{h32}/triggers/manual/paths/invoke?api-version=2016-10-01&sig={W43}",
    )
    return found + [Secret("webhook", sample(hook, chance)) for hook in hooks]


_EMBEDDED = (
    ("url password", "postgresql://app:§@db.prod.acme.io:5432/main", "{A16}"),
    ("url password", "mongodb+srv://root:§@cluster0.x1y2z.mongodb.net/test?retryWrites=true", "{A20}"),
    ("url password", "mysql://web:§@10.2.3.4/shop", "weak"),
    ("url password", "redis://:§@cache.acme.io:6379/0", "{A24}"),
    ("url password", "amqp://guest1:§@mq:5672/%2f", "weak"),
    ("url password", "https://deploy:§@git.acme.io/team/app.git", "{A20}"),
    ("url password", "ftp://anna:§@files.acme.io/pub", "{P12}".replace("P", "A")),
    ("url password", "git clone https://oauth2:§@gitlab.acme.io/x/y.git", "{W26}"),
    ("url password", "jdbc:postgresql://app:§@db:5432/x", "{A14}"),
    ("url password", "smtp://mailer%40acme.io:§@smtp.acme.io:587", "{A16}"),
    ("url token", "https://§@github.com/acme/app.git", "ghp_{A36}"),
    ("url token", "https://§:x-oauth-basic@github.com/acme/app.git", "{h40}"),
    ("dsn", "https://§@o1234.ingest.sentry.io/5678", "{h32}"),
    ("dsn", "Server=tcp:sql.acme.io,1433;Database=shop;User ID=sa;Password=§;Encrypt=true;", "{A18}"),
    ("dsn", "Driver={ODBC Driver 17};Server=db;UID=sa;PWD=§", "{A12}"),
    ("dsn", "host=db.acme.io port=5432 user=app password=§ dbname=main sslmode=require", "{A16}"),
    ("dsn", "jdbc:mysql://db:3306/x?user=app&password=§&useSSL=true", "{A16}"),
    ("dsn", "Data Source=ora;User Id=scott;Password=§;", "weak"),
    ("dsn", "jdbc:sqlserver://db;databaseName=x;user=sa;password=§;", "{A16}"),
    ("dsn", "jdbc:oracle:thin:scott/§@//db.acme.io:1521/orcl", "{A12}"),
    ("dsn", "app:§@tcp(db.acme.io:3306)/shop?parseTime=true", "{A14}"),
    ("azure", "DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=§;EndpointSuffix=core.windows.net", "{B86}=="),
    ("azure", "Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=§", "{B43}="),
    ("azure", "AccountEndpoint=https://acme.documents.azure.com:443/;AccountKey=§;", "{B86}=="),
    ("azure", "HostName=acme.azure-devices.net;DeviceId=d1;SharedAccessKey=§", "{B43}="),
    ("azure", "https://acme.blob.core.windows.net/c/f?sv=2022-11-02&se=2027-01-01&sr=b&sp=r&sig=§", "{A43}%3D"),
    ("azure", "InstrumentationKey=§;IngestionEndpoint=https://westeurope-5.in.applicationinsights.azure.com/", "{u}"),
    ("aws", "[default]\naws_access_key_id = §\naws_secret_access_key = §", "AKIA{U16}|{B40}"),
    ("aws", 'AWS_ACCESS_KEY_ID=§ AWS_SECRET_ACCESS_KEY="§" aws s3 ls', "AKIA{U16}|{B40}"),
    ("aws", '{"AccessKeyId": "§", "SecretAccessKey": "§", "SessionToken": "§"}', "ASIA{U16}|{B40}|IQoJb3JpZ2luX2Vj{B300}=="),
    ("aws", 'provider "aws" {\n  access_key = "§"\n  secret_key = "§"\n}', "AKIA{U16}|{B40}"),
    ("aws", "https://b.s3.amazonaws.com/k?X-Amz-Credential=§%2F20260101%2Feu%2Fs3%2Faws4_request&X-Amz-Signature=§", "AKIA{U16}|{h64}"),
    ("netrc", "machine api.heroku.com\n  login me@acme.io\n  password §", "{u}"),
    ("netrc", "machine github.com login bot password §", "weak"),
    ("pgpass", "db.acme.io:5432:main:app:§", "{A16}"),
    ("npmrc", "//registry.npmjs.org/:_authToken=§", "npm_{A36}"),
    ("npmrc", "//npm.acme.io/:_password=§", "{B24}"),
    ("npmrc", "_auth=§", "{B32}"),
    ("npmrc", "//registry.npmjs.org/:_authToken=§", "{u}"),
    ("pypirc", "[pypi]\nusername = __token__\npassword = §", "pypi-AgEIcHlwaS5vcmc{W140}"),
    ("pypirc", "[acme]\nrepository: https://pypi.acme.io\nusername: ci\npassword: §", "weak"),
    ("header", "Authorization: Bearer §", "{W60}"),
    ("header", "Authorization: Basic §", "base64"),
    ("header", "curl -H 'Authorization: token §' https://api.github.com/user", "{h40}"),
    ("header", 'curl -H "X-Api-Key: §" https://api.acme.io/v1/users', "{A32}"),
    ("header", "PRIVATE-TOKEN: §", "{W20}"),
    ("header", "X-Vault-Token: §", "hvs.{W95}"),
    ("header", "Proxy-Authorization: Basic §", "base64"),
    ("header", "DD-API-KEY: §", "{h32}"),
    ("header", "Ocp-Apim-Subscription-Key: §", "{h32}"),
    ("header", "X-Auth-Token: §", "{h64}"),
    ("cookie", "Cookie: theme=dark; sessionid=§; lang=en", "{a32}"),
    ("cookie", "Set-Cookie: session=§; Path=/; HttpOnly", "eyJ{W60}.{W6}.{W27}"),
    ("cookie", "Cookie: JSESSIONID=§", "{H32}"),
    ("cookie", "Set-Cookie: connect.sid=s%3A§; Path=/", "{W32}.{B43}"),
    ("cookie", "Cookie: PHPSESSID=§; a=b", "{a26}"),
    ("cookie", "set-cookie: auth_token=§; Secure", "{h64}"),
    ("query", "GET /v1/data?api_key=§&format=json HTTP/1.1", "{A32}"),
    ("query", "https://api.acme.io/x?access_token=§", "{W60}"),
    ("query", "https://maps.googleapis.com/maps/api/js?key=§&callback=init", "AIza{W35}"),
    ("query", "https://api.openweathermap.org/data/2.5/weather?q=Oslo&appid=§", "{h32}"),
    ("query", "callback?code=§&state=xyz", "4/0A{W60}"),
    ("query", "https://acme.io/reset?token=§", "{h40}"),
    ("docker auth", '{"auths": {"registry.acme.io": {"auth": "§"}}}', "base64"),
    ("docker auth", "docker login -u ci -p § registry.acme.io", "{A20}"),
    ("docker auth", "echo § | docker login --username ci --password-stdin", "{A24}"),
    ("k8s secret", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  password: §\n", "base64word"),
    ("k8s secret", "kind: Secret\ndata:\n  api-key: §\n  username: YWRtaW4=\n", "base64key"),
    ("k8s secret", "users:\n- name: admin\n  user:\n    token: §", "{W60}"),
    ("k8s secret", "    client-key-data: §", "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQ{B400}=="),
    ("shell", "mysql -u root -p§ shop", "{A14}"),
    ("shell", "mysqldump --user=root --password=§ shop > d.sql", "{A14}"),
    ("shell", "curl -u admin:§ https://jenkins.acme.io/job/x/build", "{A16}"),
    ("shell", "sshpass -p '§' ssh root@10.0.0.7", "weak"),
    ("shell", "export GITHUB_TOKEN=§", "ghp_{A36}"),
    ("shell", "PGPASSWORD=§ psql -h db -U app", "{A14}"),
    ("shell", "openssl enc -aes-256-cbc -k § -in a -out b", "{A16}"),
    ("shell", "echo 'deploy:§' | chpasswd", "{A12}"),
    ("shell", "net use Z: \\\\srv\\share /user:acme\\bob §", "{A12}"),
    ("shell", "ldapsearch -D cn=admin,dc=acme -w § -b dc=acme", "{A12}"),
    ("shell", "redis-cli -h cache -a § ping", "{A20}"),
    ("shell", "az login --service-principal -u {u} -p § --tenant acme", "{A34}"),
    ("shell", "keytool -storepass § -keystore a.jks", "{A12}"),
    ("shell", "gpg --batch --passphrase § -d f.gpg", "{A14}"),
    ("shell", "useradd -p § bob", "{A14}"),
    ("shell", "aws configure set aws_secret_access_key §", "{B40}"),
    ("shell", "heroku config:set SECRET_KEY=§ -a app", "{A40}"),
    ("shell", "kubectl create secret generic db --from-literal=password=§", "{A16}"),
    ("shell", "vault kv put secret/db password=§", "{A16}"),
    ("shell", "gh auth login --with-token <<< §", "gho_{A36}"),
    ("shell", "restic -r s3:x backup --password-command 'echo §'", "{A18}"),
    ("hash", "root:§:19000:0:99999:7:::", "$6${A16}${A86}"),
    ("hash", "admin:§", "$apr1${A8}${A22}"),
    ("hash", "bob:§", "$2y$10${A53}"),
    ("hash", "password_hash = '§'", "$argon2id$v=19$m=65536,t=3,p=4${B22}${B43}"),
    ("hash", "pbkdf2: §", "pbkdf2_sha256$600000${A22}${B43}="),
    ("phrase", "seed phrase: §", "words12"),
    ("phrase", 'mnemonic = "§"', "words12"),
    ("phrase", "recovery phrase is § keep it safe", "words24"),
    ("wallet", "ETH_PRIVATE_KEY=0x§", "{h64}"),
    ("wallet", "wallet private key: §", "5K{A49}"),
    ("wifi", 'network={\n  ssid="home"\n  psk="§"\n}', "weak"),
    ("wifi", "wpa_passphrase=§", "{A16}"),
    ("vpn", "[Interface]\nPrivateKey = §\nAddress = 10.9.0.2/32", "{B42}A="),
    ("totp", "otpauth://totp/ACME:bob?secret=§&issuer=ACME", "{232}"),
    ("xml", "<server><id>nexus</id><username>ci</username><password>§</password></server>", "{A16}"),
    ("xml", '<add key="ApiKey" value="§" />', "{A32}"),
    ("xml", '<property name="password" value="§"/>', "weak"),
    ("xml", '<add key="ClearTextPassword" value="§" />', "{A20}"),
    ("xml", '<connectionStrings><add connectionString="Server=db;Uid=sa;Pwd=§;" /></connectionStrings>', "{A14}"),
    ("ini", "[client]\nuser=root\npassword=§\n", "{A14}"),
    ("ini", "[mail]\nsmtp.user = x\nsmtp.pass = §", "{A16}"),
    ("properties", "spring.datasource.password=§", "weak"),
    ("properties", "jwt.secret=§", "{A48}"),
    ("terraform", 'variable "db_password" {\n  default = "§"\n}', "{A16}"),
    ("terraform", 'resource "aws_db_instance" "x" {\n  username = "a"\n  password = "§"\n}', "weak"),
    ("dockerfile", "ENV API_TOKEN §", "{A40}"),
    ("dockerfile", "ARG NPM_TOKEN=§", "npm_{A36}"),
    ("dockerfile", 'ENV DB_PASSWORD="§"', "{A14}"),
    ("compose", "    environment:\n      - POSTGRES_PASSWORD=§\n", "weak"),
    ("compose", "      MYSQL_ROOT_PASSWORD: §", "{A14}"),
    ("ci log", "2026-01-02T10:11:12Z ##[debug] using token §", "ghs_{A36}"),
    ("ci log", "+ export NPM_TOKEN=§", "npm_{A36}"),
    ("ci log", "ERROR 401 for key '§' at api.acme.io", "sk_live_{A24}"),
    ("stack trace", "KeyError: 'x'\n  api_key = '§'\nFile \"a.py\", line 3", "{A32}"),
    ("stack trace", 'psycopg2.OperationalError: connection to "postgresql://app:§@db/x" failed', "{A16}"),
    ("prose", "Use the password § to log in to the staging box.", "{A12}"),
    ("prose", "my api key is §, please rotate it", "{A32}"),
    ("prose", "The token § expires tomorrow.", "{A40}"),
    ("prose", "login with admin / § and restart", "{A12}"),
    ("prose", "username: admin password: §", "weak"),
    ("prose", "credentials: admin:§", "{A12}"),
    ("prose", "I changed the root password to §.", "weak"),
    ("prose", "pw: §", "{A12}"),
    ("chat", "<bob> the wifi pw is §", "weak"),
    ("chat", "bob: here's the key: §", "{A40}"),
    ("chat", "[10:02] anna: pass § for vpn", "{A12}"),
    ("table", "| service | user | password |\n|---|---|---|\n| db | app | § |", "{A14}"),
    ("table", "| API key | `§` |", "{A32}"),
    ("table", "user,password\nbob,§\n", "{A14}"),
    ("table", "name\tsecret\napp\t§\n", "{A32}"),
    ("escaped json", '{"body": "{\\"password\\": \\"§\\"}"}', "{A16}"),
    ("escaped json", '{"log": "{\\"api_key\\":\\"§\\",\\"x\\":1}"}', "{A32}"),
    ("vault", "$ANSIBLE_VAULT;1.1;AES256\n§", "vault"),
    ("licence", "License Key: §", "{U5}-{U5}-{U5}-{U5}-{U5}"),
    ("pin", "PIN: §", "{d6}"),
    ("rclone", "[remote]\ntype = sftp\npass = §", "{W38}"),
    ("s3cfg", "[default]\naccess_key = §\nsecret_key = §", "{U20}|{B40}"),
    ("gitcredentials", "https://bob:§@github.com", "ghp_{A36}"),
    ("powershell", '$pw = ConvertTo-SecureString "§" -AsPlainText -Force', "{A14}"),
    ("powershell", '$cred = New-Object PSCredential("bob", "§")', "weak"),
    ("bicep", "param adminPassword string = '§'", "{A16}"),
    ("helm", "helm install x --set auth.password=§ chart", "{A14}"),
    ("htpasswd", "htpasswd -b .htpasswd bob §", "{A12}"),
    ("sql", "CREATE USER app WITH PASSWORD '§';", "{A14}"),
    ("sql", "ALTER USER 'root'@'%' IDENTIFIED BY '§';", "weak"),
    ("sql", "INSERT INTO users (name, password) VALUES ('bob', '§');", "{A14}"),
    ("sql", "GRANT ALL ON *.* TO 'x'@'h' IDENTIFIED BY '§'", "{A14}"),
)  # fmt: skip


def embedded(chance: random.Random) -> list[Embedded]:
    """Each of the settings once, with new secrets."""
    return [_fill(kind, text, shape, chance) for kind, text, shape in _EMBEDDED]


def _fill(kind: str, text: str, shape: str, chance: random.Random) -> Embedded:
    secrets = tuple(_make(part, chance) for part in shape.split("|"))
    filled = text.replace("{u}", sample("{u}", chance))
    for secret in secrets:
        filled = filled.replace("§", secret, 1)
    return Embedded(kind, filled, secrets)


def _make(shape: str, chance: random.Random) -> str:
    special: dict[str, Callable[[], str]] = {
        "weak": lambda: weak_password(chance),
        "base64": lambda: base64.b64encode(f"bot:{sample('{A16}', chance)}".encode()).decode(),
        "base64word": lambda: base64.b64encode(weak_password(chance).encode()).decode(),
        "base64key": lambda: base64.b64encode(sample("{A32}", chance).encode()).decode(),
        "words12": lambda: " ".join(chance.choices(_WORDS, k=12)),
        "words24": lambda: " ".join(chance.choices(_WORDS, k=24)),
        "vault": lambda: "\n".join(sample("{d80}", chance) for _ in range(4)),
    }
    return special[shape]() if shape in special else sample(shape, chance)
