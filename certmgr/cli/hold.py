"""`certmgr hold`: suspend a certificate for a time."""

from typing import Any

import click

from certmgr.cli.invocation import invocation
from certmgr.cli.revoke import ask_name, report
from certmgr.models.revocations import Cause

EPILOG = """\b
Examples:
  certmgr hold portal.corp.internal
  certmgr release portal.corp.internal
"""


@click.command("hold", epilog=EPILOG)
@click.argument("reference")
@click.option("--confirm", metavar="NAME", help="The server's name, typed as the intent; asked for on a terminal.")
@click.option("--note", default="", help="A note for the record.")
@click.option("--dry-run", is_flag=True, help="Say what would be held; unlock and write nothing.")
def command(**options: Any) -> int:  # noqa: ANN401 - one keyword an option, as click gives them
    """Suspend the certificate REFERENCE: it stands on the CRL as certificateHold until it is released or revoked."""
    from certmgr.cli import printer  # noqa: PLC0415
    from certmgr.operations import revocations as operation  # noqa: PLC0415 - loads cryptography
    from certmgr.queries import certificates  # noqa: PLC0415

    call = invocation()
    workspace = call.workspace()
    found = certificates.resolve(workspace, options["reference"], one_live=True)
    if options["dry_run"]:
        operation.rehearse(workspace, certificate=found.id, cause=Cause.SUSPENDED)
        printer.say(f"{found.server} (serial {found.serial}) would be held; nothing was done.")
        return 0
    return report(
        operation.revoke(
            workspace,
            call.session(workspace),
            certificate=found.id,
            cause=Cause.SUSPENDED,
            confirm=options["confirm"] or ask_name(found),
            note=options["note"],
        )
    )
