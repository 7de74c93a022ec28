"""`fedlearn.anonymous`: commits under the system id in place of a name and an e-mail address, unsigned."""

from git_fedlearn.repository.repository import Repository

KEY = "fedlearn.anonymous"


def is_anonymous(repository: Repository) -> bool:
    """Whether this clone makes its own commits without saying who its user is."""
    return repository.git.attempt("config", "--type=bool", "--get", KEY).out == b"true\n"


def anonymous_environment(repository: Repository) -> dict[str, str]:
    """The environment in which git commits as this system, whatever the config says."""
    system = repository.system()
    known = dict(repository.environment)
    number = int(known.get("GIT_CONFIG_COUNT") or 0)
    identity = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", system), ("EMAIL", f"{system}@fedlearn.invalid"))
    }
    return {
        **known,
        **identity,
        "TZ": "UTC",
        "GIT_CONFIG_COUNT": str(number + 1),
        f"GIT_CONFIG_KEY_{number}": "commit.gpgSign",
        f"GIT_CONFIG_VALUE_{number}": "false",
    }
