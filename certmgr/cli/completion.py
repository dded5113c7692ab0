"""`certmgr completion`: the completion script for a shell."""

import click

from certmgr.cli import printer

SHELLS = ("bash", "zsh", "fish")
EPILOG = """\b
The script holds every command and option, so that a Tab starts no program; only a REFERENCE asks for the servers.

\b
Examples:
  source <(certmgr completion bash)
  certmgr completion zsh > "${fpath[1]}/_certmgr"
  certmgr completion fish > ~/.config/fish/completions/certmgr.fish
"""


@click.command("completion", epilog=EPILOG)
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the completion script for SHELL: bash, zsh or fish."""
    from certmgr.cli import completion_bash, completion_fish, completion_zsh  # noqa: PLC0415 - imports every command
    from certmgr.cli.completion_tree import tree  # noqa: PLC0415 - imports every command

    scripts = {"bash": completion_bash.script, "zsh": completion_zsh.script, "fish": completion_fish.script}
    printer.raw(scripts[shell](tree()))
