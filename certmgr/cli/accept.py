"""`certmgr accept`: say that a certificate is right."""

import click

from certmgr.cli import printer
from certmgr.cli.invocation import invocation

EPILOG = """\b
Whoever receives a certificate checks it: names, purpose, validity. Without an objection within the time that the
configuration gives (three natural days by default) it counts as accepted; a certificate that is seen serving does, too.

\b
Examples:
  certmgr accept portal.corp.internal
  certmgr accept serial:0A1B2C --note 'Checked by the web team'
"""


@click.command("accept", epilog=EPILOG)
@click.argument("reference")
@click.option("--note", default="", help="A note for the record.")
@click.option("--dry-run", is_flag=True, help="Say whether it can be accepted, or why not; unlock and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the certificate as JSON.")
def command(*, reference: str, note: str, dry_run: bool, as_json: bool) -> None:
    """Accept the certificate REFERENCE; after that nobody objects to it."""
    from certmgr.operations import acceptance as operation  # noqa: PLC0415 - loads cryptography
    from certmgr.queries import certificates  # noqa: PLC0415

    call = invocation()
    workspace = call.workspace()
    found = certificates.resolve(workspace, reference, one_live=True)
    which = f"{found.server} (serial {found.serial})"
    if dry_run:
        before = operation.check_acceptance(workspace, found.id)
        verb = "would be accepted" if before is None else f"is {before.kind} already"
        printer.say(f"{which} {verb}; nothing was done.")
        return
    taken = operation.accept(workspace, call.session(workspace), certificate=found.id, note=note)
    if as_json:
        from certmgr.cli.certificate_json import document_of  # noqa: PLC0415

        document_of(workspace, [found.id])
    printer.say(f"{which}: {taken.kind} by {taken.by}, {taken.at:%Y-%m-%d %H:%M} UTC")
