"""`pull-remotes` over every transport, with real servers on loopback."""

import os
import pwd
import shutil

import pytest
from federation.foreign import Foreign, line, patterns, pull
from federation.servers import HttpBackend, git_daemon, make_key, serving, sshd
from systems import System, World

USER, WORD = "reader", "open-sesame"


@pytest.fixture
def served(world: World) -> Foreign:
    made = Foreign(world, "served")
    made.offer(line(pattern="good"))
    return made


def learns(here: System, url: str) -> None:
    here.fedlearn("remote", "add", "served", url)
    assert pull(here)["peers"]["served"]["contact"] == "reached"
    assert patterns(here) == ["good"]


def test_file(here: System, served: Foreign) -> None:
    learns(here, f"file://{served.path}")


def test_git_daemon(here: System, served: Foreign, world: World) -> None:
    with serving(git_daemon(world.folder, served.environment)) as port:
        learns(here, f"git://127.0.0.1:{port}/served.git")
        here.fedlearn("remote", "add", "gone", f"git://127.0.0.1:{port}/gone.git")
        found = pull(here, "gone", code=1)["peers"]["gone"]
    assert found["contact"] in ("no access", "unreachable")
    here.fedlearn("remote", "add", "closed", f"git://127.0.0.1:{port}/served.git")
    assert pull(here, "closed", code=1)["peers"]["closed"]["contact"] == "unreachable"


def test_http_backend_with_a_credential_helper(here: System, served: Foreign, world: World) -> None:
    with serving(HttpBackend(world.folder, served.environment, f"{USER}:{WORD}")) as port:
        url = f"http://127.0.0.1:{port}/served.git"
        here.fedlearn("remote", "add", "served", url)
        found = pull(here, code=1)["peers"]["served"]
        assert (found["contact"], patterns(here)) == ("no access", [])
        here.git("config", "credential.helper", f"!f() {{ echo username={USER}; echo password={WORD}; }}; f")
        learns(here, url)


def test_a_password_that_is_wrong_is_not_printed(here: System, served: Foreign, world: World) -> None:
    with serving(HttpBackend(world.folder, served.environment, f"{USER}:{WORD}")) as port:
        here.git("remote", "add", "served", f"http://{USER}:wrong-word@127.0.0.1:{port}/served.git")
        here.git("config", "remote.served.fedlearn", "true")
        result = here.fedlearn("pull-remotes", code=1)
        listed = here.fedlearn("remote", "list")
    assert "no access" in result.out
    assert "wrong-word" not in result.out + result.err + listed.out


def test_ssh(here: System, served: Foreign, world: World) -> None:
    server = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
    if not server or not shutil.which("ssh-keygen"):
        pytest.skip("ssh was not tested: sshd (OpenSSH server) is not installed")
    key = world.folder / "key"
    make_key(key)
    ssh = f"ssh -F /dev/null -i {key} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
    with serving(sshd(world.folder, server, key.with_suffix(".pub"))) as port:
        url = f"ssh://{pwd.getpwuid(os.getuid()).pw_name}@127.0.0.1:{port}{served.path}"
        here.git("config", "core.sshCommand", ssh.replace(str(key), "/dev/null"))
        here.fedlearn("remote", "add", "served", url)
        assert pull(here, code=1)["peers"]["served"]["contact"] == "no access"
        here.git("config", "core.sshCommand", ssh)
        learns(here, url)
