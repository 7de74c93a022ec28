"""`git fedlearn install`."""

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.installation import installation_facts, say_installation
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import count
from git_fedlearn.repository.git import Git
from git_fedlearn.setup.drivers import Scope, write_drivers
from git_fedlearn.setup.install import install, parse_system_id
from git_fedlearn.setup.launcher import find_launcher
from git_fedlearn.setup.man_and_completions import link_shared_files, share_folder


@click.command("install", short_help="Set up this clone: drivers, attributes, hooks, system id.")
@click.option("--local", "scope", flag_value="--local", default=True, help="Set up this clone (default).")
@click.option(
    "--global",
    "scope",
    flag_value="--global",
    help="For your user account: drivers, man pages, completions.",
)
@click.option("--system", "scope", flag_value="--system", help="For this machine: only the two drivers.")
@click.option("--id", "system", metavar="SYS", help="System id to use (default: a new one).")
@ANSWER_AS_JSON
@click.pass_obj
def command(context: Context, *, scope: Scope, system: str | None) -> int:
    """Set up this clone: drivers, attributes, hooks and a system id.

    Run it once in each clone; running it again changes nothing. Existing hooks are kept and run after ours.
    `git fedlearn uninstall` undoes it byte for byte, `git fedlearn doctor` checks it.

    With --global, this clone stays as it is: the drivers are defined for all your repositories, and man pages
    and completions are linked where man and your shell look; some installers do not do that.
    """
    if scope == "--local":
        identifier = parse_system_id(system) if system else None
        done = install(context.repository, identifier)
        context.answer("install/v1", {"scope": "local", "linked": 0, **installation_facts(done)})
        return say_installation(context, context.repository, done)
    if system:
        raise click.UsageError(
            "--id cannot be used with --global or --system: a system id belongs to one clone"
        )
    git = Git(context.directory, context.environment)
    changed = write_drivers(git, scope, find_launcher(git))
    context.say(f"git config {scope}: {'merge and diff driver defined' if changed else 'already up to date'}")
    linked = 0
    if scope == "--global":
        folder = share_folder(context.environment)
        linked = link_shared_files(folder)
        if linked:
            context.say(f"{folder}: {count(linked, 'file')} linked (man pages, completions)")
        if context.environment.get("SHELL", "").endswith("zsh"):
            context.note(f"note: for zsh, add before compinit: fpath+={folder}/zsh/site-functions")
    facts = {"system": None, "config": [*changed], "hooks": [], "refused": []}
    context.answer("install/v1", {"scope": scope.removeprefix("--"), "linked": linked, **facts})
    context.note("note: run `git fedlearn install` in each clone to set up attributes, hooks and system id")
    return 0
