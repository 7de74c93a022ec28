"""A clone, opened for a program: repository, privacy policy, local identity and clock.

The library takes a repository, an environment and a clock; commands, agents and the API open a Clone once
and pass those on. Nothing here prints: warnings go to `warn`.
"""

import os
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.errors import NotARepositoryError, SettingsError, UsageError
from git_fedlearn.repository.git import Git
from git_fedlearn.repository.repository import Repository

if TYPE_CHECKING:
    from git_fedlearn.core.record import Record
    from git_fedlearn.learn.intake import Intake
    from git_fedlearn.privacy.engine import CleanValues, LocalIdentity, PrivacyEngine
    from git_fedlearn.privacy.policy import Policy

Clock = Callable[[], datetime]
"""Returns the time in UTC."""

POLICY_KEY: Final = "fedlearn.privacyPolicy"
"""Git config of a server: a settings file whose `[privacy]` applies to every push."""


class Clone:
    """A clone as one program sees it; the folder may be outside any repository until `repository` is read."""

    def __init__(
        self, environment: Mapping[str, str], directory: Path, *, clock: Clock | None = None
    ) -> None:
        """Without a clock: that of this machine, or `SOURCE_DATE_EPOCH` (reproducible-builds.org) if set."""
        self.environment = environment
        self.directory = directory
        self.clock = clock
        self.is_brief = False
        """Whether this program reads little, and changes no config; set before `repository` is read."""
        self.keeps_config = False
        """Whether config is read only once; set before `repository` is read."""
        self.clean_texts: CleanValues | None = None
        """What `privacy` need not scan; set before that is read."""

    @classmethod
    def open(cls, directory: Path, environment: Mapping[str, str], clock: Clock | None = None) -> "Clone":
        """The clone that a folder is in. Raises NotARepositoryError."""
        clone = Clone(environment, directory, clock=clock)
        clone.repository = Repository.discover(directory, environment)
        return clone

    @cached_property
    def repository(self) -> Repository:
        """The repository that the folder is in. Raises NotARepositoryError."""
        plain = Repository.find_plain(self.directory, self.environment) if self.is_brief else None
        found = plain or Repository.discover(self.directory, self.environment)
        found.is_read_by_git = self.is_brief
        found.git.keeps_config = self.is_brief or self.keeps_config
        return found

    def find_repository(self) -> Repository | None:
        """The repository that the folder is in, None if there is none."""
        try:
            return self.repository
        except NotARepositoryError:
            return None

    def close(self) -> None:
        """Let go of the files and processes that reading the repository took."""
        repository = self.__dict__.get("repository")
        if repository:
            repository.close()

    @cached_property
    def data_repository(self) -> Repository:
        """The repository, which must have data files. Raises NotARepositoryError."""
        self.repository.require_data()
        return self.repository

    @cached_property
    def privacy(self) -> "PrivacyEngine":
        """The privacy engine with the local identity and the policy of the repository.

        Raises SettingsError.
        """
        from git_fedlearn.privacy.engine import PrivacyEngine  # noqa: PLC0415  costs start-up time

        return PrivacyEngine(self.identity(), self.policy, self.clean_texts)

    @cached_property
    def policy(self) -> "Policy":
        """The privacy policy: of the repository, of the server if it is bare, or the default outside one.

        Raises SettingsError.
        """
        from git_fedlearn.privacy.policy import parse_policy  # noqa: PLC0415  costs start-up time

        repository = self.find_repository()
        if repository and repository.is_bare:
            return self.server_policy()
        return parse_policy(repository.settings_table if repository else {}, self.now().date())

    def server_policy(self) -> "Policy":
        """The policy of a server before this push: a push cannot allow itself anything. Raises SettingsError.

        It is in the file that git config `fedlearn.privacyPolicy` names, else in the settings on the default
        branch. If those are invalid, nothing is allowed, and a push can repair them.
        """
        from git_fedlearn.privacy.policy import Policy, parse_policy  # noqa: PLC0415  costs start-up time
        from git_fedlearn.repository.settings import read_table  # noqa: PLC0415
        from git_fedlearn.repository.verify import settings_table_at  # noqa: PLC0415

        repository, today = self.repository, self.now().date()
        pinned = repository.git.find_config(POLICY_KEY)
        if pinned:
            path = repository.git_dir / pinned
            if not path.is_file():
                raise SettingsError(f"git config {POLICY_KEY}: {path}: no such file")
            return parse_policy(read_table(path), today, str(path))
        head = repository.objects.find_commit("HEAD")
        try:
            return (
                parse_policy(settings_table_at(repository.objects, head), today)
                if head
                else Policy(today=today)
            )
        except SettingsError as error:
            self.warn(f"on the default branch: {error.message}; nothing is allowed until then")
            return Policy(today=today)

    def forget_settings(self) -> None:
        """Drop the settings read so far, because the file was written."""
        for name in ("policy", "privacy", "intake"):
            self.__dict__.pop(name, None)
        self.repository.forget_settings()

    def now(self) -> datetime:
        """The time in UTC."""
        if self.clock:
            return self.clock()
        fixed = self.environment.get("SOURCE_DATE_EPOCH", "")
        return datetime.fromtimestamp(int(fixed), UTC) if fixed.isdecimal() else datetime.now(UTC)

    def identity(self) -> "LocalIdentity":
        """The names in a text that would identify this machine or its user."""
        from git_fedlearn.privacy.engine import LocalIdentity  # noqa: PLC0415  costs start-up time

        repository = self.find_repository() if self.is_brief else None
        config = (repository.git if repository else Git(self.directory, self.environment)).config
        email = config.get("user.email")
        return LocalIdentity(
            user=self.environment.get("USER") or _login_name(),
            host=os.uname().nodename,
            full_name=config.get("user.name", ""),
            emails=(email,) if email else (),
            home=self.environment.get("HOME", ""),
        )

    @cached_property
    def intake(self) -> "Intake":
        """The only way into the record sets for lessons of this system. Raises SettingsError."""
        from git_fedlearn.learn.intake import Intake  # noqa: PLC0415  costs start-up time

        repository = self.data_repository
        return Intake(self.privacy, repository.system(), repository.settings.record_bytes)

    def admit(self, fields: JsonObject) -> "tuple[Record, Counter[str]]":
        """Sanitize fields and build a record that this system learned today; also counts redactions by kind.

        Raises NotARecordError, SettingsError.
        """
        admitted = self.intake.admit(fields, self.now().date())
        return admitted.record, admitted.redacted

    def refuse_private_name(self, name: str) -> None:
        """Raise UsageError, without quoting the name, if the name of a set contains something private.

        It becomes a file name, which is shared.
        """
        found = sorted({finding.kind for finding in self.privacy.scan(name.rpartition("/")[2])})
        if found:
            raise UsageError(
                f"the name of the collection contains {', '.join(found)}, and would become a file name",
                hint="give it another name",
            )

    @cached_property
    def cache_folder(self) -> Path:
        """The folder for caches: in the local state, or in the user's cache folder."""
        from git_fedlearn.search.index import cache_folder  # noqa: PLC0415  costs start-up time

        return cache_folder(self.repository)

    def warn(self, text: str) -> None:
        """Show a warning to the user; a program has no user, so this does nothing."""


def _login_name() -> str:
    import getpass  # noqa: PLC0415  costs start-up time

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no line in passwd(5), as in a container; KeyError before Python 3.13
        return ""
