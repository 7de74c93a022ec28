"""What is nearly a key: a wrong length, a sign that no key has, hex that is none. And what is one."""

from __future__ import annotations

import base64

import pytest
from privacy.private_samples import rand

from git_fedlearn.privacy.engine import PrivacyEngine

ENGINE = PrivacyEngine()
HEX = "0123456789abcdef"
ISSUED = rand(31, seed=3) + "4"
SIGNS = f"s&{rand(9, 'bcdfghjk', 4)}1*k+qq)=-!=0yd5l5#1{rand(4, 'bcdfghjk', 5)}!82@ru25*nts1_9^"
CERTIFICATE = base64.b64encode(b"-----BEGIN CERTIFICATE-----\n" + rand(61, seed=2).encode()).decode()
EMPTY_BLOCK = base64.b64encode(b"-----BEGIN PRIVATE " + b"KEY-----\n-----END PRIVATE KEY-----").decode()
UUID = "-".join(rand(length, HEX, 6) for length in (8, 4, 4, 4, 12))
BROKEN_HEX = rand(17, HEX, 2) + "x" + rand(14, HEX, 3)


def is_left_alone(text: str) -> bool:
    return ENGINE.sanitize(text).value == text


@pytest.mark.parametrize(
    "text",
    [
        *(f"{name} = '{BROKEN_HEX}'" for name in ("infura", "infura_token", "API_KEY", "client_secret")),
        f"API_KEY={'g' + rand(31, HEX, 5)}",
        f"infura = '{rand(30, seed=3) + '4'}'",
        f"infura = '{rand(12, seed=3) + '4d'}9'",
        f"infura = '{rand(39, HEX, 4)}'",
        f"infura = '{ISSUED[:20]}?{ISSUED[3:]}'",
        f"infura = '{ISSUED[:20]}!{ISSUED[3:]}'",
        *(f"API_KEY={ISSUED[:9]}{sign}{ISSUED[9:]}" for sign in "$#@!^*?"),
        f"access_token = '{ISSUED[:9]}^{ISSUED[9:]}'",
        "A" + "IzaSy" + rand(32, seed=2),
        "A" + "IzaSy" + rand(34, seed=2),
        "v" + "cp_" + rand(43, seed=2),
        "h" + "f_" + rand(30, seed=2),
        "vault_secrets = secrets_from_password('velvet_harbor', 'ansible')",
        'define fetch($user,$password="",$timeout="0",$verbose=false) {',
        'passwordLabel:"Password:",rememberMeLabel:"Remember me:"',
        "this.addPassword = '#add-password';",
        "put '/forgot-password' => \"cms/sites/passwords#update\"",
        """echo 'export DB_PASSWORD="\\'$BUILD_PASSWORD\\'"' >> .env""",
        f"client_secret = '?{ISSUED}='",
        "sshpass -p password ssh",
        "password = user_password",
        "PASSWORD=default_secret",
        'status: passed ? "pass" : "broken",',
        'status: "pass" | "fail";',
        '<input type="password" name="password1" id="inputPassword1">',
        'passphrase = b"passphrase"',
        'pass = "\\x00" * 8',
        "github.com/x/gopass v0.0.0-20210920133722-c8aef6fb66ef/go.mod h1:x",
        "github.com/x/go-digest v1.0.0-rc1.0.20180430190053-c9281466c8b2/go.mod h1:x",
        '- key: "3scale-amp-2-rpms-for-rhel-8-x86_64-debug-rpms"',
        f'validateToken("s{"bp_" + HEX[10:] + HEX[:10] + HEX[10:] + HEX[:10] + HEX[10:]}")',
        f"integrity: sha512-{rand(9, seed=2)}u+{rand(40, seed=3)}",
        "assert key2.private?, key3.private?",
        "names(Names2Values.ACCESS_TOKEN, Names2Values.EXPIRES_IN, Names2Values.SCOPE_3)",
        "import { tokensByScope, getTokensByScope4 } from './tokens'",
        "a `HttpLoginCsrfTokenRepository`, csrf_token, `HttpLoginCsrfTokenRepository`",
        "clientSecret: process.env.AUTH_AZURE_AD_B2C_SECRET,",
        "client_secret: process.env.AUTH_FUSION_SECRET!,",
        "- key: server.k8s.client.burst\n  optional: true",
        "key: karpenter.k8s.aws/instance-family",
        "get_secret_key,\n  op_generate_x25519_key,\n",
        "verify(defaultPassword, salt2+hashedPassword)",
        'check(hashedPassword, "Password %q should fit hash %q")',
        "(string $password, ?EventDispatcherInterface $dispatcher = null)",
        f"Sec-WebSocket-Key: {rand(22, seed=5)}==",
        "func dial(endpoint, token types.File2OrContent) error",
        "PKCS12.new(str, pass) -> pkcs12",
        f"<key>AD_UNIT_ID</key>\n<string>{rand(20, HEX, 5)}/{rand(10, HEX, 5)}</string>",
        "GET /bar?key=value%26other%3Dtest",
        'MYSQL_PASSWORD="op://vault/mysql/password"',
        'echo "$password" | base64',
        'senhaseguraAuth "github.com/external-things/things/providers/v1/senhasegura/auth"',
        "--creds flux:$REGISTRY_PAT2",
        f'Key: "id:{UUID}",',
        f"http-cookie (1.0.8) sha256={rand(64, HEX, 8)}",
        'url = "http://x.org/set_cookie"\n\nc = x.Client(transport=x.MockTransport(get_and_set_cookies))',
        '| x.y | Name of the key in the secret that has the password | `"https-jks-password"` |',
        '"PW": "Palau",\n"PY": "Paraguay",',
        "'PW' => 'Palaos',",
        f"tls.key: {EMPTY_BLOCK}",
        'f.write("machine x.org login user password pass\\ndefault\\n")',
        '<string name="sas_verified">Verifisert!</string>',
        f'COINBASE = "0x{rand(40, HEX, 8)}"',
        f"Database key for alias `session_db_{rand(32, HEX, 8)}`",
        'SecretRef SecretKeySelector `json:"secretRef"`',
        'SecretAccessKey v1.Selector `json:"secretAccessKeySecretRef,omitempty"`',
        f'["ssh-rsa", RSAKey, "SHA256:{rand(43, seed=7)}"],',
        r'OPENSSH_AUTH_MAGIC = b"openssh-key-v1\x00"',
        "PASS_ATTRS=<YOUR_USER_PASSWORD_ATTRIBUTE>=name1",
        f"- null secret ([{rand(40, HEX, 8)}](https://github.com/x/y/commit/{rand(40, HEX, 8)}))",
        f"Restore key: Linux-node-{rand(40, HEX, 4)}",
        'gh secret set DEPLOY --body "$DEPLOY_KEY"',
        "heroku config:set NODE_ENV=production-eu-west-1",
        "kubectl create secret generic db --from-literal=region=eu-central-1a",
        "auth = ('maren', 'velvet-harbor2')",
        "7z x -pack archive2.7z",
        "printf %s $DB_PASSWORD | hex2bin",
        "password: {{ $password | b64enc | quote }}",
        "{{- .Values.admin.password | trunc63 -}}",
        "<%= user.password | rot13x %>",
        "| password | sha256sum |",
        "the hash of the token, base64url-encoded.",
        f"pre-auth=https%253A%252F%252Fhub.{'acme'}.org%252F%2526a=b",
        "auth_token=urn%3Aietf%3Aparams%3Ax5",
        "VALUES ('token_auth-0010', 'r_alg-0010', 'u_alg-0010')",
        "for log in builds/android/*/logs42/*",
        f"see http://www.okta.com/exk9{rand(15, seed=4)}7",
        f"'grant_type': 'authorization_code', 'state': 'Z4n{rand(9, seed=6)}8m1H'",
        "DB_SECRET=mysql2://localhost:3306/database7",
        *(
            f"postgres://{login}@db.brimble.io/x"
            for login in (
                "{user}:{word}",
                "%v:%v",
                "{0}:{1}",
                "$DB_USER$:$DB_PASS$",
                "${self:custom.user}:${self:custom.word}",
                "${process.env.DATABASE_USER}:${process.env.DATABASE_WORD}",
                "$GITHUB_TOKEN:x-oauth-basic",
            )
        ),
        "url = /postgres://(.*):(.*)@/",
        f"tls.ca: {CERTIFICATE}",
        f"kind: Secret\ndata:\n  tls.ca: {CERTIFICATE}\n",
        f"http://brimble.io/media/box.i{'co-' + rand(32, HEX, 4)}.png",
        "password: stage-${PASSWORD}",
        "let passwordView: StackView! = nil",
        'val password = property as String? ?: ""',
        '"one_time_password": "Einmalkennwort:"',
        f"mock_token='{ISSUED}'",
        f"token={rand(12, HEX)}notatoken{rand(12, HEX)}",
        f"fake_password = '{ISSUED[:9]}'",
        f"Servi\u00e7{'cio'}{rand(32, seed=4)}",
        f"abc/N.{'s'}.{rand(24, seed=2)}",
        f"{'MX3p'}{rand(19, seed=2)}.{rand(6, seed=3)}.{rand(38, seed=4)}",
        f"20260131-{rand(40, HEX, 4)}",
        "connect('localhost', 'maren', 'password')",
        "snmp-server community public RO",
        'form.setPassword("password")',
        'httpBasicAuth("username", "password")',
        'new UsernamePasswordCredentials("maren", "wrong")',
        "token = b'\\x00\\x00\\x00\\x01\\x00\\x00\\x00\\x01\\x00'",
        "the password 7 times",
        "secret_name = 'Database2'",
        "gpgPassphrase: passphrase,\n  gpgKeyID: keyID,\n",
        'costs "$1$" + amount',
        "signal.connect(button, 'clicked', 'on_click2')",
        "splunk_token: 44444444-5555-6666-7777-888888888888",
        "amzn" + f".mws.{UUID}22",
    ],
)
def test_what_nothing_gives_out_is_left_alone(text: str) -> None:
    assert is_left_alone(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f"infura = '{ISSUED}'", ISSUED),
        (f"infura = '{rand(32, HEX, 4)}'", rand(32, HEX, 4)),
        (f"API_KEY={ISSUED[:9]}.{ISSUED[9:]}", ISSUED),
        (f"API_KEY=sk{rand(32, HEX, 4)}", rand(32, HEX, 4)),
        (f"SECRET_KEY = '{ISSUED[:9]}^${ISSUED[9:]}'", ISSUED[9:]),
        (f"encryption_key: {ISSUED[:9]}!{ISSUED[9:]}", ISSUED[9:]),
        (f"apiKey: '{rand(9, seed=2)}7!x'", rand(9, seed=2)),
        ("A" + "IzaSy" + rand(33, seed=2), rand(33, seed=2)),
        ("v" + "cp_" + rand(56, seed=2), rand(56, seed=2)),
        ("h" + "f_" + rand(34, seed=2), rand(34, seed=2)),
        ("sh" + f"pss_{rand(36, seed=2)}", rand(36, seed=2)),
        (f"https://{rand(40, seed=2)}:x-oauth-basic@github.com/x", rand(40, seed=2)),
        (f"- name: SONAR_LOGIN\n  value: '{rand(40, HEX, 4)}'", rand(40, HEX, 4)),
        *((f"SECRET_KEY={quote}{SIGNS}{quote}\n", SIGNS) for quote in ("", "'")),
    ],
)
def test_what_services_give_out_and_people_choose_is_redacted(text: str, value: str) -> None:
    clean = str(ENGINE.sanitize(text).value)
    assert clean != text
    assert value not in clean


GENERATED = "q7" + rand(30, seed=8)
LETTERS = "mx2rxr8z" + "tizo8kyt" + "vx1kan"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f"brimble token - '{GENERATED}'", GENERATED),
        (f"bugherdAuth := {LETTERS}", LETTERS),
        (f"<secret>{{brimble AQAAABAAA {rand(32, HEX, 9)}}}</secret>", rand(32, HEX, 9)),
        (f"https://api.brimble.io/v1/user?key={rand(32, HEX, 9)}", rand(32, HEX, 9)),
        (f"brimbleKey = '{GENERATED}={GENERATED[5:]}'", GENERATED),
        ("REACT_APP_AUTH_PASS=whiteheron", "whiteheron"),
        (r"psexec \\\\box -u maren -p whiteheron cmd", "whiteheron"),
        ("sshpass -p velvet_harbor ssh", "velvet_harbor"),
        ("DB_PASSWORD=whiteheron    # the old one", "whiteheron"),
        ("user = maren\npassword = velvet_harbor\n", "velvet_harbor"),
        *(
            (form.replace("VALUE", GENERATED), GENERATED)
            for form in (
                "kubectl create secret generic db --from-literal=DB=VALUE",
                "aws ssm put-parameter --name /prod/db --value 'VALUE' --type SecureString",
                "az keyvault secret set --vault-name v --name db --value VALUE",
                'gh secret set DEPLOY --body "VALUE"',
                "echo 'VALUE' | gh secret set DEPLOY",
                "printf '%s' VALUE | vercel env add DEPLOY production",
                "echo -n 'VALUE' | gcloud secrets versions add db --data-file=-",
                "heroku config:set LOG_LEVEL=debug MAILER=VALUE -a app",
                "az sql server create -n s -u admin -p VALUE",
                "lftp -u maren,VALUE ftp.brimble.io",
                "smbclient //srv/share -U 'maren%VALUE'",
                "wpa_passphrase home VALUE",
                "7z x -pVALUE notes.7z",
                "ssh-keygen -t ed25519 -N 'VALUE' -f key",
                "net user maren VALUE /add",
                "rabbitmqctl add_user maren VALUE",
                "mosquitto_pub -u maren -P VALUE -t x",
                "xfreerdp /u:maren /p:VALUE /v:box",
                "jwt.sign(payload, 'VALUE')",
                "crypto.createHmac('sha256', 'VALUE')",
                'hmac.new(b"VALUE", body, "sha256")',
                "requests.get(url, auth=HTTPBasicAuth('maren', 'VALUE'))",
                "session.auth = ('maren', 'VALUE')",
                "bindPW: VALUE",
            )
        ),
        (f"Fernet(b'{rand(43, seed=5)}=')", rand(43, seed=5)),
        ("Data Source=sis2:1521/x;User ID=maren;Password=whiteheron;", "whiteheron"),
        ("password = 48210" + "977\n", "48210" + "977"),
        *(
            (f"{before}{'gh' + 'p_'}{rand(36, seed=7)}", rand(36, seed=7))
            for before in ("\u5bc6\u94a5", "\u30c8\u30fc\u30af\u30f3\u306f", "\u043a\u043b\u044e\u0447")
        ),
        *((f"connect(password={'Gehe' + 'im'}!{after}", "Gehe" + "im") for after in (")", ", port=1)")),
    ],
)
def test_further_ways_to_write_a_secret_are_redacted(text: str, value: str) -> None:
    assert value not in str(ENGINE.sanitize(text).value)
