"""Trust `signed`: the newest commit of a peer is signed by somebody who is allowed to, with SSH or GnuPG."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from federation.foreign import Foreign, line, patterns, pull
from federation.servers import make_key
from systems import System, World

GOOD = line(pattern="good")
NO_SIGNER = "its newest commit has no good signature by an allowed signer"


@pytest.fixture
def key(world: World) -> Path:
    """A key pair of OpenSSH."""
    if not shutil.which("ssh-keygen"):
        pytest.skip("signatures are tested with ssh-keygen (OpenSSH), which is not installed")
    make_key(world.folder / "key")
    return world.folder / "key"


def sign(peer: Foreign, *settings: str) -> None:
    """Sign what the peer offers in a new commit on top."""
    options = [word for setting in settings for word in ("-c", setting)]
    commit = peer.git(*options, "commit-tree", "-S", "main^{tree}", "-p", "main", "-m", "x").out.strip()
    peer.git("update-ref", "refs/heads/main", commit)


def refusal(here: System) -> str:
    """Why the peer was not believed, less the commit."""
    found = pull(here, code=1)["peers"]["peer"]
    assert (found["contact"], patterns(here)) == ("not signed", [])
    return str(found["detail"]).partition(": ")[2]


def test_ssh(here: System, peer: Foreign, key: Path, world: World) -> None:
    by_ssh = ("gpg.format=ssh", f"user.signingKey={key}")
    allowed = world.folder / "allowed"
    unknown = "no allowed signers configured; git config gpg.ssh.allowedSignersFile FILE"
    here.fedlearn("remote", "add", "peer", "--trust", "signed")
    peer.offer(GOOD)
    assert refusal(here) == "its newest commit is not signed"
    sign(peer, *by_ssh)
    assert refusal(here) == unknown
    here.git("config", "gpg.ssh.allowedSignersFile", str(allowed))
    assert refusal(here) == unknown
    allowed.write_text("")
    assert refusal(here) == NO_SIGNER
    allowed.write_text(f"* {key.with_suffix('.pub').read_text()}")
    here.git("config", "gpg.ssh.program", "/no/such/ssh-keygen")
    assert refusal(here) == "signatures cannot be checked: install ssh-keygen (OpenSSH) or gpg"
    here.git("config", "--unset", "gpg.ssh.program")
    pull(here)
    assert patterns(here) == ["good"]
    peer.offer(GOOD, line(pattern="by somebody else"))
    detail = pull(here, code=1)["peers"]["peer"]["detail"]
    assert detail.endswith(": its newest commit is not signed")
    sign(peer, *by_ssh)
    assert pull(here)["peers"]["peer"]["learned"] == 1


@pytest.fixture
def gnupg() -> Iterator[Path]:
    """A home for gpg with one key; its path is short, or the socket of the agent would not fit."""
    if not shutil.which("gpg"):
        pytest.skip("signatures are tested with gpg (GnuPG), which is not installed")
    with tempfile.TemporaryDirectory(prefix="gpg") as home:
        make = ["gpg", "--homedir", home, "--batch", "--quiet", "--passphrase", "", "--quick-gen-key"]
        subprocess.run(
            [*make, "A Tester <tester@example.org>", "ed25519", "sign"], check=True, capture_output=True
        )
        yield Path(home)
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=True)


def test_gpg(here: System, peer: Foreign, gnupg: Path, world: World) -> None:
    here.fedlearn("remote", "add", "peer", "--trust", "signed")
    peer.environment["GNUPGHOME"] = str(gnupg)
    peer.offer(GOOD)
    sign(peer, "user.signingKey=tester@example.org")
    stranger = world.folder / "g"
    stranger.mkdir(mode=0o700)
    here.environment["GNUPGHOME"] = str(stranger)
    assert refusal(here) == NO_SIGNER
    here.git("config", "gpg.program", "/no/such/gpg")
    assert refusal(here) == "signatures cannot be checked: install ssh-keygen (OpenSSH) or gpg"
    here.git("config", "--unset", "gpg.program")
    here.environment["GNUPGHOME"] = str(gnupg)
    pull(here)
    assert patterns(here) == ["good"]
