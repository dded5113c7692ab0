"""`certmgr release`: lift the hold of a certificate."""

from typing import Any

import click

from certmgr.cli import printer
from certmgr.cli.invocation import invocation
from certmgr.cli.revoke import ask_name
from certmgr.errors import AttentionError, CertmgrError

EPILOG = """\b
A release is visible to relying parties within 48 hours of its request. Whoever may not decide asks for it with the
same command, which then exits 3.

\b
Example:
  certmgr release portal.corp.internal
"""


@click.command("release", epilog=EPILOG)
@click.argument("reference")
@click.option("--confirm", metavar="NAME", help="The server's name, typed as the intent; asked for on a terminal.")
@click.option("--note", default="", help="A note for the record.")
@click.option("--dry-run", is_flag=True, help="Say what would be released; unlock and write nothing.")
def command(**options: Any) -> int:  # noqa: ANN401 - one keyword an option, as click gives them
    """Lift the hold of the certificate REFERENCE and publish the CRL without it."""
    from certmgr.operations import holds as operation  # noqa: PLC0415 - loads cryptography
    from certmgr.queries import certificates  # noqa: PLC0415

    call = invocation()
    workspace = call.workspace()
    found = certificates.resolve(workspace, options["reference"])
    if options["dry_run"]:
        operation.require_held(found)
        printer.say(f"{found.server} (serial {found.serial}) would be released; nothing was done.")
        return 0
    done = operation.release(
        workspace,
        call.session(workspace),
        certificate=found.id,
        confirm=options["confirm"] or ask_name(found),
        note=options["note"],
    )
    if not done.lifted:
        printer.say(f"Asked for the release of {found.server} (serial {found.serial}).")
        printer.say(f"It waits for a person until {done.due:%Y-%m-%d %H:%M} UTC.")
        printer.say(f"Next: certmgr --as NAME release {found.server}")
        return AttentionError.exit_code
    printer.say(f"Released {found.server} (serial {found.serial}).")
    if done.published is None or not done.seen:
        raise CertmgrError(
            f"The release is recorded, but relying parties cannot see it yet: {done.problem}",
            hint=f"It is tried again by `certmgr check`; it is due at {done.due:%Y-%m-%d %H:%M} UTC.",
        )
    printer.say(f"  off CRL number {done.published.number}, published")
    return 0
