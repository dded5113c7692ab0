"""`certmgr object`: say that a certificate is wrong; it is revoked and made again."""

from typing import TYPE_CHECKING, Any

import click

from certmgr.cli import printer
from certmgr.cli.invocation import invocation
from certmgr.errors import AttentionError, CertmgrError

if TYPE_CHECKING:
    from certmgr.operations.acceptance import Objected

EPILOG = """\b
The certificate is revoked as issued-in-error, the CRL is published, and a certificate with the same content and a new
key takes its place. A key that was made elsewhere needs a new CSR. An objection is heard until the certificate is
accepted; after that, ask for its revocation, or renew it.

\b
Examples:
  certmgr --as alice object portal.corp.internal --reason 'The key file was readable to others'
  certmgr --as alice object mail.corp.internal --reason 'Wrong key' --csr new.csr
  certmgr --as alice object old.corp.internal --reason 'Wrong names' --no-reissue --confirm old.corp.internal
"""


@click.command("object", epilog=EPILOG)
@click.argument("reference")
@click.option("--reason", default="", metavar="TEXT", help="What is wrong with it.")
@click.option("--csr", "csr_file", help="Make the new certificate from this CSR (- reads standard input).")
@click.option("--no-reissue", is_flag=True, help="Only revoke it; what is needed is a new application.")
@click.option("--confirm", metavar="NAME", help="The server's name, typed as the intent; asked for on a terminal.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, or why not; unlock and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the certificates as JSON, the one objected to first.")
def command(**options: Any) -> int:  # noqa: ANN401 - one keyword an option, as click gives them
    """Object to the certificate REFERENCE: it is revoked and made again."""
    from certmgr.cli.issue import read_input  # noqa: PLC0415
    from certmgr.cli.revoke import ask_name  # noqa: PLC0415
    from certmgr.operations import acceptance as operation  # noqa: PLC0415 - loads cryptography
    from certmgr.queries import certificates  # noqa: PLC0415

    call = invocation()
    workspace = call.workspace()
    found = certificates.resolve(workspace, options["reference"], one_live=True)
    csr = None if options["csr_file"] is None else read_input(options["csr_file"], "CSR")
    reissue = not options["no_reissue"]
    if options["dry_run"]:
        operation.check_objection(workspace, found.id, reason=options["reason"], csr=csr, reissue=reissue)
        what = "revoked and made again" if reissue else "revoked"
        printer.say(f"{found.server} (serial {found.serial}) would be {what}; nothing was done.")
        return 0
    done = operation.object_to(
        workspace,
        call.session(workspace),
        certificate=found.id,
        reason=options["reason"],
        confirm=options["confirm"] or ask_name(found),
        csr=csr,
        reissue=reissue,
    )
    if options["as_json"]:
        from certmgr.cli.certificate_json import document_of  # noqa: PLC0415

        document_of(workspace, [found.id, *([done.issued.id] if done.issued else [])])
    return _report(done, as_json=options["as_json"])


def _report(done: "Objected", *, as_json: bool) -> int:
    """Say what came of it; 3 where a person is needed, 1 where relying parties cannot see the revocation yet."""
    subject, request = done.certificate, done.revocation
    if request.revoked_at is None:
        printer.say(f"The objection to {subject.server} (serial {subject.serial}) is on record.")
        printer.say(f"Its revocation waits for a person until {request.verify_due_at:%Y-%m-%d %H:%M} UTC.")
        printer.say(f"Next: certmgr --as NAME revocation verify {request.id}")
        return AttentionError.exit_code
    printer.say(f"Revoked {subject.server} (serial {subject.serial}): {request.cause}")
    if done.issued is not None:
        from certmgr.cli.issued_text import print_issued  # noqa: PLC0415

        if as_json:
            printer.say(f"Issued {subject.server} again: serial {done.issued.prepared.spec.serial}")
        else:
            print_issued(done.issued, verb="Issued again")
    if done.problem is not None or not done.published:
        raise CertmgrError(
            f"The revocation is recorded, but relying parties cannot see it yet: {done.problem}",
            hint="It is tried again by `certmgr check`.",
        )
    if done.application is not None:
        printer.say(f"The new key waits for reviewers: application {done.application.id}.")
        printer.say(f"Next: certmgr --as NAME application approve {done.application.id} --reason TEXT")
        return AttentionError.exit_code
    return 0
