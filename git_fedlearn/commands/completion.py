"""`git fedlearn completion`: the completion scripts of shells."""

from importlib.resources import files
from typing import Final

import click

from git_fedlearn.console.context import Context

SCRIPTS: Final = {"bash": "git-fedlearn", "zsh": "_git-fedlearn", "fish": "git-fedlearn.fish"}
"""The script of each shell, under the file name that the shell looks for."""


@click.command("completion", short_help="Print the completion script of a shell.")
@click.argument("shell", metavar="SHELL", type=click.Choice(list(SCRIPTS)))
@click.pass_obj
def command(context: Context, shell: str) -> None:
    """Print the script that completes commands, options, ids, sets and peers in SHELL (bash, zsh or fish).

    `git fedlearn install --global` puts it where your shell finds it. To load it yourself, add to ~/.bashrc:
    eval "$(git fedlearn completion bash)"; to ~/.zshrc, after compinit, the same with zsh; to
    ~/.config/fish/config.fish: git fedlearn completion fish | source
    """
    script = files("git_fedlearn") / "completions" / SCRIPTS[shell]
    context.say(script.read_text(encoding="utf-8").rstrip("\n"))
