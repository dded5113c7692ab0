"""`certmgr tui`: open the terminal interface."""

import click

from certmgr.cli.invocation import invocation

EPILOG = """\b
Keys: / filters, enter opens, x revokes, ? explains, q leaves.

\b
Examples:
  certmgr tui
  certmgr tui --read-only
  NO_COLOR=1 certmgr tui --ascii
"""


@click.command("tui", epilog=EPILOG)
@click.option("--read-only", is_flag=True, help="Show everything, change nothing.")
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw with ASCII alone.")
@click.option("--no-mouse", is_flag=True, help="Leave the mouse to the terminal.")
def command(*, read_only: bool, ascii_only: bool, no_mouse: bool) -> int:
    """Open the terminal interface: the certificates, their details, the open revocations."""
    from tui.app import run  # noqa: PLC0415 - loads Textual

    workspace = invocation().workspace()
    wanted = workspace.config.tui
    return run(
        workspace,
        read_only=read_only,
        mouse=wanted.mouse and not no_mouse,
        ascii=ascii_only or wanted.ascii == "always",
    )
