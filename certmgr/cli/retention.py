"""`certmgr retention`: how long what is on record is kept."""

from typing import TYPE_CHECKING

import click

from certmgr.cli import printer
from certmgr.cli.groups import NounGroup
from certmgr.cli.invocation import invocation
from certmgr.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from certmgr.store.retention import Ended
    from certmgr.workspace import Workspace

RUN_EPILOG = """\b
Contacts go [retention] contacts after the end of a server's last certificate; `certmgr check` does that, too. All other
records of a server go [retention] records after the expiry of its last certificate, 5 years at the least, and only by
this command. The journal stays: it names ids only.

\b
Examples:
  certmgr retention run --dry-run
  certmgr --as alice retention run --confirm 'Example City'
"""


@click.group("retention", cls=NounGroup, no_args_is_help=True)
def command() -> None:
    """Erase what is not to be kept any longer."""


@command.command("run", epilog=RUN_EPILOG)
@click.option("--confirm", metavar="NAME", help="The organisation's name, as the intent; asked for on a terminal.")
@click.option("--dry-run", is_flag=True, help="Say what would be erased; unlock and write nothing.")
def run(*, confirm: str | None, dry_run: bool) -> None:
    """Erase every contact and all records whose time is over."""
    from certmgr.operations import retention as operation  # noqa: PLC0415 - loads the store

    call = invocation()
    workspace = call.workspace()
    found = operation.over(workspace)
    if dry_run:
        _print(found.contacts, found.records)
        printer.say("Nothing was erased.")
        return
    typed = confirm or (_ask(workspace, len(found.records)) if found.records else "")
    erased = operation.run(workspace, call.session(workspace, person=True), confirm=typed)
    _print(erased.contacts, erased.records)
    printer.say(f"Erased {len(erased.contacts)} contacts and the records of {len(erased.records)} servers.")


def _print(contacts: "Sequence[Ended]", records: "Sequence[Ended]") -> None:
    for kind, found in (("contact", contacts), ("records", records)):
        for one in found:
            printer.fields(kind, one.name, one.last_end[:10])


def _ask(workspace: "Workspace", count: int) -> str:
    name = workspace.config.organisation.name
    if not printer.is_terminal():
        raise UsageError(
            f"This erases the records of {count} servers for good and needs the organisation's name as a confirmation.",
            hint=f"Look at it first with --dry-run, then add --confirm '{name}'",
        )
    return str(click.prompt(f"Type the organisation's name to erase the records of {count} servers", err=True))
