"""Trust `signed`: the newest commit must carry a good signature by an allowed signer, as git verifies it."""

import os
from collections.abc import Iterable
from pathlib import Path

from git_fedlearn.repository.objects import Oid
from git_fedlearn.repository.repository import Repository

_SIGNERS = "gpg.ssh.allowedSignersFile"


def find_signature_problem(repository: Repository, tips: Iterable[Oid]) -> str:
    """Why one of these commits is not to be believed, and what to do; empty when all are."""
    for tip in tips:
        done = repository.git.attempt("-c", "gpg.minTrustLevel=marginal", "verify-commit", tip)
        if done.code:
            return f"{tip[:12]}: {_explain(repository, done.err)}"
    return ""


def _explain(repository: Repository, said: str) -> str:
    if not said.strip():
        return "its newest commit is not signed"
    if "cannot run" in said or "cannot exec" in said:
        return "signatures cannot be checked: install ssh-keygen (OpenSSH) or gpg"
    signers = repository.git.attempt("config", "--type=path", "--get", _SIGNERS).out
    if _SIGNERS in said or (signers and not Path(os.fsdecode(signers).rstrip("\n")).is_file()):
        return f"no allowed signers are known; git config {_SIGNERS} FILE"
    return "its newest commit has no good signature by an allowed signer"
