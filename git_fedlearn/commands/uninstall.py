"""`git fedlearn uninstall`."""

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.installation import installation_facts
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import count
from git_fedlearn.repository.git import Git
from git_fedlearn.setup.agent_setup import installed_files
from git_fedlearn.setup.drivers import Scope, remove_drivers
from git_fedlearn.setup.hooks import Reach
from git_fedlearn.setup.install import uninstall
from git_fedlearn.setup.man_and_completions import share_folder, unlink_shared_files


@click.command("uninstall", short_help="Undo `install`, byte for byte.")
@click.option("--local", "scope", flag_value="--local", default=True, help="Undo it in this clone (default).")
@click.option("--global", "scope", flag_value="--global", help="What `install --global` set up.")
@click.option("--system", "scope", flag_value="--system", help="What `install --system` set up.")
@ANSWER_AS_JSON
@click.pass_obj
def command(context: Context, *, scope: Scope) -> None:
    """Undo `git fedlearn install`, byte for byte.

    Restores config, attributes and hooks. Committed files stay: data/, .fedlearn.toml, .gitattributes.
    """
    if scope != "--local":
        removed = remove_drivers(Git(context.directory, context.environment), scope)
        context.say(
            f"git config {scope}: {'merge and diff driver removed' if removed else 'nothing to remove'}"
        )
        folder = share_folder(context.environment)
        unlinked = unlink_shared_files(folder) if scope == "--global" else 0
        if unlinked:
            context.say(f"{folder}: {count(unlinked, 'link')} removed")
        context.answer(
            "uninstall/v1", {"system": None, "config": [*removed], "hooks": [], "unlinked": unlinked}
        )
        return
    repository = context.repository
    done = uninstall(repository)
    facts = installation_facts(done)
    context.answer(
        "uninstall/v1", {**{key: facts[key] for key in ("system", "config", "hooks")}, "unlinked": 0}
    )
    files = installed_files(repository, context.environment)
    if files:
        context.note(f"note: agents keep their hooks, in {', '.join(map(str, files))}")
        context.note("hint: git fedlearn agent uninstall claude    (or codex)")
    if done.is_unchanged:
        context.say(f"not installed in {repository.common_dir}")
        return
    context.say(f"uninstalled from {repository.common_dir}")
    if done.hooks and done.hooks.changed and done.hooks.reach is not Reach.CLONE:
        context.note(f"note: the hooks in {done.hooks.folder} were shared with {done.hooks.reach.value}")
    if done.system:
        context.note(f"hint: git fedlearn install --id {done.system}    (to reuse this clone's id)")
