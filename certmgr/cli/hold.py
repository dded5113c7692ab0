"""`certmgr hold`: suspend a certificate for a time."""

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from certmgr.cli import printer
from certmgr.cli.invocation import invocation
from certmgr.cli.revoke import CAUSES, ask_name, parse_moment, report
from certmgr.errors import UsageError
from certmgr.models.revocations import Cause, HoldEnd, HoldTerms

if TYPE_CHECKING:
    from certmgr.workspace import Workspace

EPILOG = """\b
A hold is decided by a date: `revocation.hold` from now unless --until says otherwise. Then `certmgr check` asks for a
person, or does what --then says. Without --then-cause, a hold that becomes a revocation does so for fees-unpaid.

\b
Examples:
  certmgr hold portal.corp.internal --evidence 'order of the network authority, 2026-11-20'
  certmgr hold portal.corp.internal --evidence 'invoice 123 is 15 days overdue' --until 2026-12-06 --then revoke
  certmgr release portal.corp.internal
"""


@click.command("hold", epilog=EPILOG)
@click.argument("reference")
@click.option("--confirm", metavar="NAME", help="The server's name, typed as the intent; asked for on a terminal.")
@click.option("--evidence", default="", metavar="TEXT", help="The law, order or policy that asks for it; needed.")
@click.option("--until", metavar="DATE", help="By when it is decided: 2026-12-05 (the whole day) or with a time.")
@click.option(
    "--then",
    type=click.Choice([one.value for one in HoldEnd]),
    default=HoldEnd.ASK.value,
    help="What becomes of it then.",
)
@click.option("--then-cause", type=click.Choice(CAUSES), metavar="CAUSE", help="With --then revoke: for which cause.")
@click.option("--note", default="", help="A note for the record.")
@click.option("--dry-run", is_flag=True, help="Say what would be held; unlock and write nothing.")
def command(**options: Any) -> int:  # noqa: ANN401 - one keyword an option, as click gives them
    """Suspend the certificate REFERENCE: it stands on the CRL as certificateHold until it is released or revoked."""
    from certmgr.operations import holds as operation  # noqa: PLC0415 - loads cryptography
    from certmgr.queries import certificates  # noqa: PLC0415

    call = invocation()
    workspace = call.workspace()
    found = certificates.resolve(workspace, options["reference"], one_live=True)
    terms = _terms(workspace, options)
    if options["dry_run"]:
        operation.rehearse(workspace, certificate=found.id, evidence=options["evidence"], terms=terms)
        until = f" until {terms.until:%Y-%m-%d %H:%M} UTC, then {terms.then}"
        printer.say(f"{found.server} (serial {found.serial}) would be held{until}; nothing was done.")
        return 0
    confirm = options["confirm"] or ask_name(found)
    done = operation.hold(
        workspace,
        call.session(workspace),
        certificate=found.id,
        confirm=confirm,
        evidence=options["evidence"],
        note=options["note"],
        terms=terms,
    )
    if done.revocation.revoked_at is not None:
        printer.say(f"Held until {terms.until:%Y-%m-%d %H:%M} UTC, then {terms.then}.")
    return report(done)


def _terms(workspace: "Workspace", options: dict[str, Any]) -> HoldTerms:
    then = HoldEnd(options["then"])
    if options["then_cause"] is not None and then is not HoldEnd.REVOKE:
        raise UsageError("--then-cause goes with --then revoke.")
    until = parse_until(options["until"], workspace) or workspace.now() + workspace.config.revocation.hold
    cause = Cause(options["then_cause"]) if options["then_cause"] else None
    return HoldTerms(until=until, then=then, cause=cause)


def parse_until(text: str | None, workspace: "Workspace") -> datetime | None:
    """Return the moment that `text` writes; a date alone means 24:00 of that day in the organisation's time zone.

    None for no text. Raises UsageError.
    """
    from certmgr.lifecycle import day_start  # noqa: PLC0415

    found = parse_moment(text)
    if text is None or found is None or not re.fullmatch(r"\d{4}-?\d{2}-?\d{2}", text):
        return found
    return day_start(found.date(), 1, workspace.zone)
