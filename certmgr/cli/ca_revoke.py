"""`certmgr ca revoke`: an issuing CA whose key leaked goes onto the root's CRL."""

import click

from certmgr.cli import printer
from certmgr.cli.invocation import invocation
from certmgr.errors import AttentionError, UsageError

EPILOG = """\b
The cause is ca-compromise. The CA is taken out of use, its key is blocked for good, and the root's CRL says so: only an
administrator opens the root. Whoever checks the root's CRL then refuses everything under that CA, so found a successor
first (`certmgr ca new-issuing`) and issue its servers anew. A root cannot be revoked; see docs/recovery.md.

\b
Examples:
  certmgr ca revoke issuing-2026-1 --evidence 'key file found on a public server' --dry-run
  certmgr --as alice ca revoke issuing-2026-1 --evidence 'incident 7' --confirm issuing-2026-1
"""


@click.command("revoke", epilog=EPILOG)
@click.argument("name")
@click.option("--evidence", required=True, help="How it is known that the CA's key leaked.")
@click.option("--confirm", metavar="NAME", help="The CA's short name, typed as the intent; asked for on a terminal.")
@click.option("--dry-run", is_flag=True, help="Say what would be revoked; unlock and write nothing.")
def revoke(*, name: str, evidence: str, confirm: str | None, dry_run: bool) -> int:
    """Revoke the certificate of the issuing CA NAME, and publish the root's CRL."""
    from certmgr.operations import authority_revocations as operation  # noqa: PLC0415 - loads cryptography

    call = invocation()
    workspace = call.workspace()
    found = operation.rehearse(workspace, slug=name, evidence=evidence)
    if dry_run:
        printer.say(f"{found.slug} (serial {found.serial}) would be revoked: ca-compromise. Nothing was done.")
        return 0
    typed = confirm or _ask(name)
    done = operation.revoke(
        workspace, call.session(workspace, person=True), slug=name, evidence=evidence, confirm=typed
    )
    printer.say(f"Revoked {name} (serial {done.authority.serial}): ca-compromise")
    if done.problem is not None:
        printer.warn(f"Relying parties cannot see it yet: {done.problem}")
        printer.say("Next: certmgr --as NAME crl publish --root")
        return AttentionError.exit_code
    printer.say(f"  on the root's CRL number {done.crl_number}, published")
    printer.say("Next: certmgr ca new-issuing, where there is no successor yet; issue its servers anew.")
    return 0


def _ask(name: str) -> str:
    if not printer.is_terminal():
        raise UsageError(
            "This needs the CA's short name as a confirmation, and there is no terminal to ask at.",
            hint=f"Add --confirm {name}",
        )
    return str(click.prompt("Type the CA's short name to revoke it for good", err=True))
