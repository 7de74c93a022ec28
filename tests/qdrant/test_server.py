"""Export and import over Qdrant's REST API: every request is checked by a strict server on loopback.

No Qdrant server binary could be had, so this is not one (see rest_server.py). The contract suite of
test_stores.py runs against a real server where FEDLEARN_TEST_QDRANT_URL names one.
"""

import shutil
import subprocess
from pathlib import Path

import pytest
from qdrant.rest_server import Served, rest_server
from qdrant.test_full_cycle import payloads
from systems import System, World

from git_fedlearn.core.record import Record
from git_fedlearn.qdrant.store import parse_point_id


def without_ours(record: Record) -> dict[str, object]:
    return {key: value for key, value in record.fields.items() if not key.startswith("_")}


def test_lessons_go_through_a_server_to_another_system(world: World) -> None:
    one, two = world.system("one"), world.system("two")
    lessons = payloads(130)
    one.add("error-solutions", *({**payload, "_point_id": point} for point, payload in lessons.items()))
    served = Served(key="a-key")
    with rest_server(world.folder / "served", served) as url:
        for system in (one, two):
            system.environment |= {"QDRANT_URL": url, "QDRANT_API_KEY": "a-key"}
        assert "error-solutions: 130 added" in one.fedlearn("import", "error-solutions").out
        assert "nothing new (130 points)" in one.fedlearn("import", "error-solutions").out
        assert "130 lessons added; 130 points read" in two.fedlearn("export", "error-solutions").out
        raised = two.records("collections/error-solutions")[0].fields
        one.add("error-solutions", {**raised, "value_score": 0.9})
        one.fedlearn("retract", str(two.records("collections/error-solutions")[1].id), "--reason", "wrong")
        assert "1 updated, 1 deleted (129 points)" in one.fedlearn("import", "error-solutions").out
        assert two.fedlearn("export", "error-solutions").out.startswith(
            "error-solutions: 1 lesson updated, 128 already known; 129 points read"
        )
    assert set(served.keys) == {"a-key"}
    records = two.records("collections/error-solutions")
    learned = {parse_point_id(record.fields["_point_id"]): without_ours(record) for record in records}
    assert learned.keys() == lessons.keys()
    assert sum(learned[point] == payload for point, payload in lessons.items()) >= len(lessons) - 1


def test_a_server_that_fails_midway_loses_nothing_and_the_next_import_goes_on(system: System) -> None:
    system.add("collections/notes", *({"text": f"note number {n}"} for n in range(350)))
    served = Served()
    with rest_server(system.path.parent / "served", served) as url:
        system.environment["QDRANT_URL"] = url
        served.fail_after = 9
        failed = system.fedlearn("import", "notes", code=3)
        assert failed.err == (
            f"error: {url}: the server answered HTTP 500: Service internal error: No space left on device\n"
            "hint: run it again; it resumes where it stopped\n"
        )
        served.fail_after = None
        answer = system.fedlearn("import", "notes", "--json").json()["collections"][0]
    assert answer["added"] + answer["present"] == 350
    assert answer["present"] > 0


def test_a_server_of_another_schema_is_refused_in_words(system: System) -> None:
    system.add("error-solutions", {"error_message": "e", "solution": "s"})
    with rest_server(system.path.parent / "served") as url:
        system.git("config", "fedlearn.qdrantUrl", url)
        system.fedlearn("import", "error-solutions", "--into", "v2", "--switch-alias")
        again = system.fedlearn("import", "error-solutions")
        assert again.out == "error-solutions: nothing new (1 point)\n"
        refused = system.fedlearn("import", "error-solutions", "--into", "v3", "--switch-alias")
        assert refused.out.startswith("v3: 1 added")


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    if not shutil.which("openssl"):
        pytest.skip("TLS did not run: openssl is not installed")
    made = (tmp_path / "cert.pem", tmp_path / "key.pem")
    options = "-x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(
        ("openssl", "req", *options.split(), "-out", made[0], "-keyout", made[1]),
        check=True,
        capture_output=True,
    )
    return made


def test_tls_is_checked_against_the_certificates_that_this_machine_trusts(
    system: System, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with rest_server(system.path.parent / "served", certificate=certificate) as url:
        system.environment |= {"QDRANT_URL": url, "QDRANT_API_KEY": "a-key"}
        refused = system.fedlearn("export", code=3).err
        assert refused.startswith(f"error: {url}: cannot be reached: ")
        assert "certificate verify failed" in refused
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        assert "nothing to export" in system.fedlearn("export").err
