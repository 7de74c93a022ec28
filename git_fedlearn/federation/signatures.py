"""Trust `signed`: the newest commit must carry a good signature by an allowed signer, as git verifies it."""

from collections.abc import Iterable

from git_fedlearn.repository.objects import Oid
from git_fedlearn.repository.repository import Repository

_SIGNERS = "gpg.ssh.allowedSignersFile"


def find_signature_problem(repository: Repository, tips: Iterable[Oid]) -> str:
    """Why one of these commits is not to be believed, and what to do; empty when all are."""
    git = repository.git
    if git.find_config("gpg.format") == "ssh" and git.find_config(_SIGNERS) is None:
        return f"no allowed signers are known; git config {_SIGNERS} FILE"
    for tip in tips:
        done = git.attempt("-c", "gpg.minTrustLevel=marginal", "verify-commit", tip)
        if done.code:
            return f"{tip[:12]}: {_explain(done.err)}"
    return ""


def _explain(said: str) -> str:
    if "cannot run" in said or "cannot exec" in said or "No such file" in said:
        return "signatures cannot be checked: install ssh-keygen (OpenSSH) or gpg"
    if _SIGNERS in said:
        return f"no allowed signers are known; git config {_SIGNERS} FILE"
    if not said.strip():
        return "its newest commit is not signed"
    return "its newest commit has no good signature by an allowed signer"
