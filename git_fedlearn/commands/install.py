"""`git fedlearn install`."""

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.installation import say_installation
from git_fedlearn.console.words import count
from git_fedlearn.repository.git import Git
from git_fedlearn.setup.drivers import Scope, write_drivers
from git_fedlearn.setup.install import install, parse_system_id
from git_fedlearn.setup.launcher import find_launcher
from git_fedlearn.setup.man_and_completions import link_shared_files, share_folder


@click.command("install", short_help="Set up this clone: merge driver, attributes, hooks, system id.")
@click.option("--local", "scope", flag_value="--local", default=True, help="This clone (the default).")
@click.option(
    "--global",
    "scope",
    flag_value="--global",
    help="Drivers, man pages and completions, for all of this user.",
)
@click.option("--system", "scope", flag_value="--system", help="The two drivers only, for this machine.")
@click.option("--id", "system", metavar="SYS", help="Use this system id instead of a new one.")
@click.pass_obj
def command(context: Context, *, scope: Scope, system: str | None) -> int:
    """Set up this clone: merge driver, attributes, hooks and a system id.

    Run it once in each clone; it changes nothing that is set up already. Hooks that exist are kept and
    run after ours. `git fedlearn uninstall` undoes it byte for byte, `git fedlearn doctor` tests it.

    With --global nothing is set up in this clone: the drivers are defined for all repositories, and man pages
    and completions are linked where man and the shells look, which not every way to install does.
    """
    if scope == "--local":
        identifier = parse_system_id(system) if system else None
        return say_installation(context, context.repository, install(context.repository, identifier))
    if system:
        raise click.UsageError("a system id belongs to one clone: use --id without --global and --system")
    git = Git(context.directory, context.environment)
    changed = write_drivers(git, scope, find_launcher(git))
    context.say(f"git config {scope}: {'merge and diff driver defined' if changed else 'nothing to change'}")
    if scope == "--global":
        folder = share_folder(context.environment)
        linked = link_shared_files(folder)
        if linked:
            context.say(f"{folder}: {count(linked, 'file')} linked, man pages and completions")
        if context.environment.get("SHELL", "").endswith("zsh"):
            context.note(f"note: zsh looks there after fpath+={folder}/zsh/site-functions, before compinit")
    context.note(
        "note: attributes, hooks and the system id belong to a repository: run `git fedlearn install` there"
    )
    return 0
