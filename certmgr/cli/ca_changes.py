"""`certmgr ca new-issuing`, `request`, `complete` and `import`: the ways to a further CA."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from certmgr.cli import printer
from certmgr.cli.invocation import invocation
from certmgr.cli.output import read_file, write_new

if TYPE_CHECKING:
    from certmgr.succession import Founded

NEW_EPILOG = """\b
Examples:
  certmgr ca new-issuing --dry-run
  certmgr --as alice ca new-issuing
"""
REQUEST_EPILOG = """\b
Examples:
  certmgr ca request
  certmgr --as alice ca request --new --out issuing.csr
"""
COMPLETE_EPILOG = """\b
Examples:
  certmgr ca complete issuing.pem --root corporate-root.pem --dry-run
  certmgr --as alice ca complete issuing.pem --root corporate-root.pem
"""
IMPORT_EPILOG = """\b
The key is read once and sealed to the slots; delete the file afterwards. The CA's last CRL keeps what it revoked
elsewhere revoked, and keeps the CRL number from falling.

\b
Example:
  certmgr --as alice ca import --cert old-ca.pem --key old-ca.key --root old-root.pem --crl old-ca.crl
"""


@click.command("new-issuing", epilog=NEW_EPILOG)
@click.option("--dry-run", is_flag=True, help="Print the certificate that would be signed; unlock and write nothing.")
def new_issuing(*, dry_run: bool) -> None:
    """Found a successor of the issuing CA under the root; the old one signs only CRLs from then on."""
    from certmgr.operations import authorities as operation  # noqa: PLC0415 - loads cryptography

    call = invocation()
    workspace = call.workspace()
    if dry_run:
        from certmgr.pki import inspect  # noqa: PLC0415

        draft = operation.rehearse_issuing(workspace)
        printer.say(f"{draft.slug} would get this certificate; nothing was signed or recorded.")
        for line in inspect.describe_tbs(draft.tbs).lines():
            printer.data(line)
        return
    _report(operation.new_issuing(workspace, call.session(workspace, person=True)))


@click.command("request", epilog=REQUEST_EPILOG)
@click.option("--new", is_flag=True, help="Make the key and the CSR of a further issuing CA first; needs a person.")
@click.option("--out", metavar="FILE", help="Write to this new file in place of standard output.")
@click.option("--dry-run", is_flag=True, help="With --new: say what would be asked for; unlock and write nothing.")
def request(*, new: bool, out: str | None, dry_run: bool) -> None:
    """Print the CSR of the issuing CA that waits for a corporate root's answer."""
    from certmgr.operations import authorities as operation  # noqa: PLC0415 - loads cryptography

    call = invocation()
    workspace = call.workspace()
    if new and dry_run:
        slug, spec = operation.rehearse_request(workspace)
        printer.say(f"{slug} would ask for a certificate as {spec.common_name}; nothing was made.")
        for zone in (*spec.zones, *map(str, spec.networks)):
            printer.data(zone)
        return
    if new:
        authority, csr = operation.request_issuing(workspace, call.session(workspace, person=True))
    else:
        authority, csr = operation.pending_request(workspace)
    if out is not None:
        write_new(Path(out), csr, private=False)
    else:
        printer.raw(csr)
    printer.say(f"Next: have the corporate root sign it for {authority.slug}, then")
    printer.say("      certmgr ca complete CERTIFICATE --root ROOT")


@click.command("complete", epilog=COMPLETE_EPILOG)
@click.argument("certificate", metavar="CERTIFICATE")
@click.option("--root", required=True, metavar="FILE", help="The corporate root's own certificate.")
@click.option("--dry-run", is_flag=True, help="Say whether the answer can be used; unlock and write nothing.")
def complete(*, certificate: str, root: str, dry_run: bool) -> None:
    """Take the corporate root's answer: the CERTIFICATE of the issuing CA that waits for it."""
    from certmgr.operations import authorities as operation  # noqa: PLC0415 - loads cryptography

    call = invocation()
    workspace = call.workspace()
    answer, anchor = read_file(certificate, "certificate"), read_file(root, "root")
    if dry_run:
        pending, notices = operation.check_answer(workspace, certificate=answer, root=anchor)
        printer.say(f"{pending.slug} would take this certificate; nothing was recorded.")
        printer.findings(notices)
        return
    session = call.session(workspace, person=True)
    _report(operation.complete(workspace, session, certificate=answer, root=anchor))


@click.command("import", epilog=IMPORT_EPILOG)
@click.option("--cert", "certificate", required=True, metavar="FILE", help="The issuing CA's certificate.")
@click.option("--key", "private_key", required=True, metavar="FILE", help="Its private key, not encrypted.")
@click.option("--root", metavar="FILE", help="The certificate of its root (default: it signed itself).")
@click.option("--crl", metavar="FILE", help="Its last CRL.")
@click.option("--dry-run", is_flag=True, help="Say whether it can be imported; unlock and write nothing.")
def import_(*, certificate: str, private_key: str, root: str | None, crl: str | None, dry_run: bool) -> None:
    """Take over an issuing CA from elsewhere, with its key."""
    from certmgr.operations import imports as operation  # noqa: PLC0415 - loads cryptography

    call = invocation()
    workspace = call.workspace()
    given = read_file(certificate, "certificate"), read_file(private_key, "private key")
    anchor = None if root is None else read_file(root, "root")
    last = None if crl is None else read_file(crl, "CRL")
    if dry_run:
        found = operation.check_import(
            workspace, certificate=given[0], private_key=given[1], root=anchor, crl_file=last
        )
        printer.say("The CA can be imported; nothing was recorded.")
        printer.findings(found.notices)
        return
    session = call.session(workspace, person=True)
    _report(
        operation.import_authority(
            workspace, session, certificate=given[0], private_key=given[1], root=anchor, crl_file=last
        )
    )
    printer.say(f"Next: delete {private_key}; the key is sealed in the home now.")


def _report(founded: "Founded") -> None:
    """Say which CA signs now, which does not any more, and what came of the first CRL."""
    one = founded.authority
    printer.say(f"{one.slug} signs from now on: {one.subject}, until {one.not_after:%Y-%m-%d}")
    for older in founded.retired:
        printer.say(f"  {older.slug} is retired: it signs only CRLs")
    if founded.published.seen:
        printer.say(f"  CRL number {founded.published.number}, published")
    printer.findings(founded.notices)
