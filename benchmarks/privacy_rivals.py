"""Other scanners over one text, as spans; those that are not installed are left out."""

import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from benchmarks.measure import Run

Scan = Callable[[str], list[tuple[int, int]]]

_TIMED = {
    "ours": "from git_fedlearn.privacy.engine import PrivacyEngine; scan = PrivacyEngine().scan",
    "betterleaks": "from betterleaks import scan_string as scan",
    "detect-secrets": "from detect_secrets.core.scan import scan_line; "
    "from detect_secrets.settings import default_settings; "
    "context = default_settings(); context.__enter__(); scan = lambda line: list(scan_line(line))",
}
_LOOP = """
import sys, time
texts = open(sys.argv[1], encoding="utf-8").read().split("\\0")
tenth = len(texts) // 10
for text in texts[:tenth]: scan(text)
started = time.process_time()
for text in texts[tenth:]: scan(text)
print(time.process_time() - started)
"""


def scanners() -> dict[str, Scan]:
    """By name; each gives the places of what it found."""
    found: dict[str, Scan] = {}
    if find_spec("detect_secrets"):
        found["detect-secrets"] = _detect_secrets()
    if find_spec("betterleaks"):
        found["betterleaks"] = _betterleaks()
    if find_spec("credsweeper"):
        found["credsweeper"] = _credsweeper()
    return found


def personal_scanners() -> dict[str, Scan]:
    """The same for personal data."""
    return {"presidio": _presidio()} if find_spec("presidio_analyzer") else {}


def timed(name: str, texts: Path) -> Callable[[], Run]:
    """CPU seconds of a scanner over the texts of a file (zero bytes between them), in a process of its own.

    A tenth of the texts warms it up and does not count: whoever remembers texts knows them.
    """

    def measure() -> Run:
        command = (sys.executable, "-c", _TIMED[name] + _LOOP, str(texts))
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return Run(float(done.stdout), 0.0)

    return measure


def _places(text: str, secrets: list[str]) -> list[tuple[int, int]]:
    return [(at, at + len(s)) for s in secrets if s and (at := text.find(s)) >= 0]


def _detect_secrets() -> Scan:
    from detect_secrets.core.scan import scan_line
    from detect_secrets.settings import transient_settings

    plain = {"plugins_used": [{"name": name} for name in _PLUGINS]}

    def scan(text: str) -> list[tuple[int, int]]:
        with transient_settings(plain):
            found = [secret.secret_value or "" for line in text.splitlines() for secret in scan_line(line)]
        return _places(text, found)

    return scan


# All but the entropy plugins, which flag a quarter of the lines of a build log.
_PLUGINS = """
ArtifactoryDetector AWSKeyDetector AzureStorageKeyDetector BasicAuthDetector CloudantDetector
DiscordBotTokenDetector GitHubTokenDetector GitLabTokenDetector IbmCloudIamDetector
IbmCosHmacDetector JwtTokenDetector KeywordDetector MailchimpDetector NpmDetector OpenAIDetector
PrivateKeyDetector PypiTokenDetector SendGridDetector SlackDetector SoftlayerDetector
SquareOAuthDetector StripeDetector TelegramBotTokenDetector TwilioKeyDetector
""".split()


def _betterleaks() -> Scan:
    import betterleaks

    def scan(text: str) -> list[tuple[int, int]]:
        return _places(text, [str(finding.match.value) for finding in betterleaks.scan_string(text)])

    return scan


def _credsweeper() -> Scan:
    from credsweeper import CredSweeper, StringContentProvider

    sweeper = CredSweeper()

    def scan(text: str) -> list[tuple[int, int]]:
        found = sweeper.file_scan(StringContentProvider(text.split("\n")))
        sweeper.credential_manager.set_credentials([])
        return _places(text, [line.value or "" for one in found for line in one.line_data_list])

    return scan


def _presidio() -> Scan:
    """With the pipeline that `[privacy] names` uses, which the package index has."""
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    from git_fedlearn.privacy.policy import DEFAULT_MODEL

    settings = {
        "nlp_engine_name": "spacy",
        "models": [{"lang_code": "en", "model_name": DEFAULT_MODEL}],
    }
    analyzer = AnalyzerEngine(nlp_engine=NlpEngineProvider(nlp_configuration=settings).create_engine())
    kinds = [kind for kind in analyzer.get_supported_entities("en") if kind not in _NOT_COUNTED]

    def scan(text: str) -> list[tuple[int, int]]:
        return [(found.start, found.end) for found in analyzer.analyze(text, "en", entities=kinds)]

    return scan


_NOT_COUNTED = ("PERSON", "LOCATION", "NRP", "ORGANIZATION", "DATE_TIME", "URL")
"""What ours has no kind for, or publishes."""
