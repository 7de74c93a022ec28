"""Where personal data stands, and what only looks like it."""

FIELDS = ('"§name": "§"', "§name: §", "§name=§", "<§name>§</§name>", "| §name | § |", "§name,§", "§name = '§'", "§name → §", "self.§name = \"§\"", "- §name: §")  # fmt: skip

SENTENCES: dict[str, tuple[str, ...]] = {
    "email": ("mail § about it", "From: Jane <§>", "contact: §.", "author = \"§\"", "user § logged in", "[§](mailto:§)", "git commit --author='X <§>'", "cc §, bob", "login=§&x=1", "reply-to §;"),
    "phone": ("call me at §", "Tel: §", "phone: §", "my number is §", "fax §", "reach me on § today", "Mobile §", "WhatsApp §", "tel:§", "ring § please", "Contact: §", "sms to §"),
    "iban": ("pay to §", "IBAN: §", "transfer to account §.", "iban=§", "§"),
    "ipv4": ("connected from §", "Failed password from § port 22", "§ - - [10/Oct/2026] \"GET /\"", "ping §", "server=§", "http://§:8080/x", "[§]", "client §:51234 closed", "dial tcp §:443: timeout", "inet §/24", "\"§\"", "X-Forwarded-For: §"),
    "private ipv4": ("connected from §", "ping §", "http://§:8080/x", "ssh root@§", "inet §/24", "dial tcp §:443: refused", "host §"),
    "ipv6": ("connected from §", "ping6 §", "http://[§]:8080/x", "inet6 §/64 scope global", "addr=§", "from [§]:443", "§"),
    "mac": ("link/ether § brd", "device § joined", "HWaddr §", "mac=§", "§", "DHCPACK to § via eth0"),
    "card": ("card § declined", "charged § today", "cc: §", "PAN=§", "paid with §", "§"),
    "ssn": ("my SSN is §", "SSN: §", "ssn=§", "social security number §", "the applicant § filed", "§"),
    "home path": ("cd §", "open §", "File \"§/a.py\", line 3", "error in §", "PATH=§/bin:/usr/bin", "'§'", "(§)", "in §: no such file", "§", "=> §", "path=§", "see §."),
    "login": ("§", "$ §", "run `§`", "> §", "+ §", "2026-01-02 § failed"),
    "internal host": ("ping §", "connect to §:8443", "https://§/x", "host=§", "from § by mx", "ssh §", "dial tcp: lookup § on 1.1.1.1:53", "server §", "curl http://§:9000/metrics", "resolve §"),
    "birth": ("born on §", "DOB: §", "date of birth: §", "Geburtsdatum: §", "birthday §", "was born § in Oslo", "née le §", "d.o.b. §", "Born: §", "Date of Birth §"),
    "position": ("at §", "GPS: §", "location: §", "position §", "found at § today", "coordinates §", "we met at §", "§"),
    "id": ("national id §", "ID number: §", "id §", "tax id: §", "identity card §", "SSN §", "personal number §", "§"),
}  # fmt: skip

NEGATIVES = (
    "version 1.2.3.4", "v10.4.2.1 released", "pip install x==2.0.1.3", "upgrade to 4.18.2.9", "listen on 127.0.0.1:8080", "bind 0.0.0.0", "::1 localhost", "http://[::1]:3000/", "fe80::1%lo0",
    "user@example.com", "bob@example.org", "someone@test.invalid", "git@github.com:org/repo.git", "git@gitlab.com:a/b.git", "ssh://git@github.com/org/repo.git", "noreply@github.com", "2026-01-02T10:11:12Z",
    "1716920051863", "id=8839201938", "build 20260102.3", "order 4400123456789", "std::vector<int>", "a::b", "Foo::Bar::baz()", "crate::core::join", "use a::b::c;", "192.0.2.1", "198.51.100.7", "203.0.113.9", "2001:db8::1",
    "255.255.255.0", "10.0.0.0/8", "224.0.0.1", "169.254.169.254", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "12:34:56", "took 00:12:33.123", "sha256:0123abcd", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "@types/node@18.0.1", "lodash@4.17.21",
    "npm i react@^18.2.0", "foo@1.2.3", "@scope/pkg", "decorator @app.route", "ratio 3.14159, 2.71828", "vector [0.12, 0.55, 0.99]", "range 10.5,20.25", "score: 0.98234, 0.11233", "loss 0.12345 0.23456", "x=12.345, y=67.890",
    "the date 2024-05-01", "released on 12 March 2021", "2023-10-01 to 2023-12-31", "port 5432", "error 0x80070005", "pid 123456789", "commit 1234567", "1 000 000 000", "1,234,567,890", "+1 for this", "+100500", "phone-home", "call 911", "tel aviv",
    "section 1.2.3.4 of the spec", "OID 1.3.6.1.4.1.311", "RFC 5321", "ISBN 978-3-16-148410-0", "UPC 036000291452", "4111", "isbn 0-306-40615-2", "ticket ABC-123456", "AB123456", "part no 12-34-56", "model 123-45-678",
    "~/src/x", "/home", "/usr/home", "$HOME/x", "%USERPROFILE%\\x", "/Users/Shared/x", "C:\\Users\\Public\\x", "/home/*/x", "/home/$USER/x", "/home/<user>/x", "users/login", "api/users/me", "/api/v1/users/list", "Users/", "/srv/home.html",
    "localhost:8080", "host.docker.internal", "foo.local()", "settings.local.json", ".env.local", "threading.local", "process.env.local", "svc.cluster.local", "metadata.google.internal", "my-module.internal.foo", "java.lang.Internal",
    "name@", "@user", "a@b", "foo@bar", "mail@localhost", "x@y.z", "img@2x.png", "icon@3x.png", "file@v2", "user@host", "ssh user@host", "scp x user@server:/tmp", "1.2.3-4", "0.0.0.0/0", "1e-10", "12.5.2024 was", "00-00-00-00-00-00",
    "ms 1700000000000", "1700000000.123456", "ts=1700000000", "123-456", "2020-2021", "1-800", "0800", "0x1234567890", "deadbeefcafe", "aa:bb", "10:20:30:40", "a:b:c:d:e:f", "::ffff", "fc00::/7", "x::y::z", "ABCD::EF", "face::book",
    "lat/long columns", "birth of a process", "dob column", "born again", "card view", "iban field", "DE number", "GB12 release", "FR-75", "social network", "ssn column", "12-3456789 items", "000-00-0000", "666-12-3456", "987-65-4321",
)  # fmt: skip

# Hashes, ids and locks that every build prints; shapes for `sampling.sample` (`{n}` is nix's base 32).
DIGESTS = (
    "/nix/store/{n32}-hello-2.12.1", "building '/nix/store/{n32}-source.drv'...", "copying path '/nix/store/{n32}-glibc-2.39-52' from 'https://cache.nixos.org'...",
    "got:    sha256-{B43}=", "specified: sha256:{n52}", "narHash = \"sha256-{B43}=\";", '"narHash": "sha256-{B43}=",', '"rev": "{h40}",', "rev = \"{h40}\";", "sha256 = \"{n52}\";", "outputHash = \"{h64}\";",
    '"integrity": "sha512-{B86}==",', "  integrity sha512-{B86}==", '"resolved": "https://registry.npmjs.org/x/-/x-1.2.3.tgz#{h40}"', "  resolution: {integrity: sha512-{B86}==}", "golang.org/x/net v0.1.0 h1:{B43}=", "golang.org/x/net v0.1.0/go.mod h1:{B43}=",
    'checksum = "{h64}"', '{file = "x.whl", hash = "sha256:{h64}"},', "--hash=sha256:{h64}", "    --hash=sha256:{h64} \\\\", "image: ghcr.io/a/b@sha256:{h64}", "Digest: sha256:{h64}", "Status: Downloaded newer image {h12}", "commit {h40}", "index {h7}..{h7} 100644", "Merge: {h7} {h7}",
    "{h40} refs/heads/main", "HEAD is now at {h7} fix", "session {u}", "request_id={u}", "uuid: {u}", "trace_id={h32} span_id={h16}", "ETag: \"{h32}\"", "md5sum {h32}  a.tar", "{h64}  b.iso", "container {h64} started", "pod web-{a10}-{a5} ready", "run-{h8}", "arn:aws:iam::{d12}:role/x", "i-0{h16}", "vpc-{h17}",
    "chatcmpl-{A29}", "call_{A24}", "msg_{A24}", "toolu_{A24}", "evt_{A24}", "cus_{A14}", "model-{h8}.safetensors", "job {d10} finished", "build {d6} {d10}", "epoch {d10}", "ts={d13}", "pid {d5}", "0x{h16}", "at 0x{h12}", "ref: {A11}", "https://youtu.be/{W11}", "sys-{a10}", '"_id":"{h32}"', "key id {H16}", "gpg: key {H16}: public key imported",
    "SHA256:{B43}", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{B43} bob", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ{B340}", "-----BEGIN CERTIFICATE-----", "cache.nixos.org-1:{B43}=", "data:image/png;base64,iVBORw0KGgo{B200}",
)  # fmt: skip
