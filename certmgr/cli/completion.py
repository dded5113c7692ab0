"""`certmgr completion`: the completion script for a shell."""

import click

from certmgr.cli import printer

SHELLS = ("bash", "zsh", "fish")
EPILOG = """\b
Examples:
  certmgr completion bash > /etc/bash_completion.d/certmgr
  certmgr completion zsh > ~/.zfunc/_certmgr
  certmgr completion fish > ~/.config/fish/completions/certmgr.fish
"""


@click.command("completion", epilog=EPILOG)
@click.argument("shell", type=click.Choice(SHELLS))
def command(*, shell: str) -> None:
    """Print the completion script for SHELL: bash, zsh or fish."""
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - only here

    from certmgr.cli.root import root  # noqa: PLC0415 - the root knows this module by name

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"There is no completion for {shell}.")
    printer.raw(kind(root, {}, "certmgr", "_CERTMGR_COMPLETE").source() + "\n")
