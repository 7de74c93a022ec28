"""The privacy policy of a bare repository, where there is no work tree to read it from."""

from typing import TYPE_CHECKING, Final

from git_fedlearn.errors import SettingsError
from git_fedlearn.privacy.policy import Policy
from git_fedlearn.privacy.policy_table import parse_policy
from git_fedlearn.repository.settings import read_table
from git_fedlearn.repository.verify import settings_table_at

if TYPE_CHECKING:
    from git_fedlearn.console.context import Context

POLICY_KEY: Final = "fedlearn.privacyPolicy"
"""Git config of a server: a settings file whose `[privacy]` holds for every push."""


def server_policy(context: "Context") -> Policy:
    """What the server has decided before this push: a push cannot allow itself anything.

    The file that git config `fedlearn.privacyPolicy` names, else the settings on the default branch as it is.
    Settings there that cannot be used allow nothing, so that a push can repair them.
    """
    today = context.now().date()
    objects = context.repository.objects
    pinned = context.repository.git.find_config(POLICY_KEY)
    if pinned:
        path = context.repository.git_dir / pinned
        if not path.is_file():
            raise SettingsError(f"git config {POLICY_KEY}: {path}: no such file")
        return parse_policy(read_table(path), today, str(path))
    head = objects.find_commit("HEAD")
    try:
        return parse_policy(settings_table_at(objects, head), today) if head else Policy(today=today)
    except SettingsError as error:
        context.complain(f"warning: on the default branch: {error.message}; nothing is allowed until then")
        return Policy(today=today)
