"""`certmgr contact`: the people to tell about a server; the only personal data that is kept."""

import click

from certmgr.cli import printer
from certmgr.cli.groups import NounGroup
from certmgr.cli.invocation import invocation
from certmgr.errors import UsageError

ERASE_EPILOG = """\b
The contact leaves the store and its log; the journal never held it. Backups that were made before still do.

\b
Example:
  certmgr contact erase portal.corp.internal --confirm portal.corp.internal
"""


@click.group("contact", cls=NounGroup, no_args_is_help=True)
def command() -> None:
    """Erase the contact of a server."""


@command.command("erase", epilog=ERASE_EPILOG)
@click.argument("server")
@click.option("--confirm", metavar="NAME", help="The server's name, typed as the intent; asked for on a terminal.")
@click.option("--dry-run", is_flag=True, help="Say whether there is a contact; unlock and write nothing.")
def erase(*, server: str, confirm: str | None, dry_run: bool) -> None:
    """Erase the contact of SERVER for good."""
    from certmgr.operations import retention as operation  # noqa: PLC0415 - loads the store

    call = invocation()
    workspace = call.workspace()
    operation.find_contact(workspace, server)
    if dry_run:
        printer.say(f"The contact of {server} would be erased; nothing was done.")
        return
    typed = confirm or _ask(server)
    operation.erase_contact(workspace, call.session(workspace), server=server, confirm=typed)
    printer.say(f"Erased the contact of {server}.")


def _ask(server: str) -> str:
    if not printer.is_terminal():
        raise UsageError(
            "This needs the server's name as a confirmation, and there is no terminal to ask at.",
            hint=f"Add --confirm {server}",
        )
    return str(click.prompt("Type the server's name to erase its contact", err=True))
