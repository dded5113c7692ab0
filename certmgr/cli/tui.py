"""`certmgr tui`: open the terminal interface."""

import click

from certmgr.cli.invocation import invocation

EPILOG = """\b
Press ? for the keys, / to filter, q to leave. Everything that it shows and does is also a command.

\b
Examples:
  certmgr tui
  certmgr tui --read-only
"""


@click.command("tui", epilog=EPILOG)
@click.option("--read-only", is_flag=True, help="Show everything, change nothing.")
@click.option("--ascii", "plain", is_flag=True, help="Draw with ASCII alone.")
@click.option("--no-mouse", is_flag=True, help="Leave the mouse to the terminal, which selects text with it.")
def command(*, read_only: bool, plain: bool, no_mouse: bool) -> int:
    """Open the terminal interface."""
    workspace = invocation().workspace()
    from tui.app import run  # noqa: PLC0415 - Textual takes a fifth of a second

    settings = workspace.config.tui
    return run(
        workspace,
        read_only=read_only,
        mouse=settings.mouse and not no_mouse,
        ascii=True if plain else {"always": True, "never": False}.get(settings.ascii),
    )
