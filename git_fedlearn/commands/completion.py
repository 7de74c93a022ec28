"""`git fedlearn completion`: the scripts that let shells complete."""

from importlib.resources import files
from typing import Final

import click

from git_fedlearn.console.context import Context

SCRIPTS: Final = {"bash": "git-fedlearn", "zsh": "_git-fedlearn", "fish": "git-fedlearn.fish"}
"""The script of each shell, by the name under which that shell looks for it."""


@click.command("completion", short_help="Print the completion script of a shell.")
@click.argument("shell", metavar="SHELL", type=click.Choice(list(SCRIPTS)))
@click.pass_obj
def command(context: Context, shell: str) -> None:
    """Print the script that lets SHELL (bash, zsh or fish) complete verbs, options, ids, sets and peers.

    It also completes `git fedlearn`. `git fedlearn install --global` puts it where the shell looks by itself;
    or load it in ~/.bashrc with: eval "$(git fedlearn completion bash)"; in ~/.zshrc, after compinit, the
    same with zsh; in ~/.config/fish/config.fish with: git fedlearn completion fish | source
    """
    script = files("git_fedlearn") / "completions" / SCRIPTS[shell]
    context.say(script.read_text(encoding="utf-8").rstrip("\n"))
