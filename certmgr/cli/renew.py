"""`certmgr renew`: the successor of a certificate."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from certmgr.cli import printer
from certmgr.cli.invocation import invocation
from certmgr.errors import AttentionError, CertmgrError, NotFoundError, RefusedError, UsageError

if TYPE_CHECKING:
    from certmgr.cli.invocation import Invocation
    from certmgr.models.certificates import CertificateId
    from certmgr.workspace import Workspace

NEEDED, NOT_NEEDED, NONE_SUCH, ERROR = 0, 1, 2, 255
"""The exit codes of --needed: those that scripts know from `step certificate needs-renewal`."""
EPILOG = """\b
A certificate may be renewed from 30 natural days before it expires. --force with --reason opens the window early.

\b
Examples:
  certmgr renew portal.corp.internal
  certmgr renew --due
  certmgr renew --needed portal.corp.internal && certmgr renew portal.corp.internal

\b
Exit codes of --needed: 0 needs renewal, 1 does not, 2 no such certificate, 255 error.
"""


@click.command("renew", epilog=EPILOG)
@click.argument("reference", required=False)
@click.option("--due", is_flag=True, help="Renew every certificate that is due.")
@click.option("--needed", is_flag=True, help="Only tell, by the exit code, whether REFERENCE needs renewal.")
@click.option(
    "--csr", "csr_file", help="The owner's new CSR, where the key is made elsewhere (- reads standard input)."
)
@click.option("--force", is_flag=True, help="Renew before the window opens; needs --reason.")
@click.option("--reason", default="", help="Why the renewal is forced; the journal keeps it.")
@click.option("--out", help="Where the files go (default: where the certificate was delivered).")
@click.option("--dry-run", is_flag=True, help="Say what would be renewed; unlock and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(**options: Any) -> int:  # noqa: ANN401 - one keyword an option, as click gives them
    """Renew the certificate REFERENCE, or every one that is due, with a new key."""
    call = invocation()
    if options["needed"]:
        return _needed(call, options["reference"])
    if bool(options["reference"]) == options["due"]:
        raise UsageError("Name one certificate, or give --due.", hint="certmgr renew portal.corp.internal")
    workspace = call.workspace()
    return _renew_due(call, workspace, options) if options["due"] else _renew_one(call, workspace, options)


def _needed(call: "Invocation", reference: str | None) -> int:
    from certmgr.models.certificates import State  # noqa: PLC0415

    try:
        if not reference:
            raise UsageError("--needed needs a certificate.", hint="certmgr renew --needed NAME")
        from certmgr import lifecycle  # noqa: PLC0415
        from certmgr.queries import campaigns, certificates  # noqa: PLC0415

        workspace = call.workspace()
        found = certificates.resolve(workspace, reference)
        wanted = campaigns.wants(workspace, found)
    except NotFoundError as problem:
        if problem.exit_code != NotFoundError.exit_code or not reference:
            raise
        printer.error(problem, as_json=False)
        return NONE_SUCH
    except CertmgrError as problem:
        printer.error(problem, as_json=False)
        return ERROR
    state = lifecycle.state_of(found, workspace.now())
    return NEEDED if wanted or state in {State.DUE, State.EXPIRED} else NOT_NEEDED


def _renew_one(call: "Invocation", workspace: "Workspace", options: dict[str, Any]) -> int:
    from certmgr.cli.issue import read_input  # noqa: PLC0415
    from certmgr.cli.issued_text import print_issued  # noqa: PLC0415
    from certmgr.operations import certificates as operation  # noqa: PLC0415
    from certmgr.queries import certificates  # noqa: PLC0415

    found = certificates.resolve(workspace, options["reference"])
    if options["dry_run"]:
        operation.check_renewable(workspace, found, force=options["force"], reason=options["reason"])
        printer.say(f"{found.server} (serial {found.serial}) would be renewed; nothing was done.")
        return 0
    csr = None if options["csr_file"] is None else read_input(options["csr_file"], "CSR")
    issued = operation.renew(
        workspace,
        call.session(workspace),
        found,
        destination=Path(options["out"]).absolute() if options["out"] else None,
        csr=csr,
        force=options["force"],
        reason=options["reason"],
    )
    if options["as_json"]:
        from certmgr.cli.certificate_json import document_of  # noqa: PLC0415

        document_of(workspace, [issued.id])
    else:
        print_issued(issued, verb="Renewed")
    return 0


def _renew_due(call: "Invocation", workspace: "Workspace", options: dict[str, Any]) -> int:
    """Renew all that is due; exit 3 where one needs its owner, 1 where one failed."""
    from certmgr.cli.issued_text import print_issued  # noqa: PLC0415
    from certmgr.operations import certificates as operation  # noqa: PLC0415
    from certmgr.queries import certificates  # noqa: PLC0415

    due = list(certificates.every(workspace, "state:due"))
    if not due:
        printer.say("Nothing is due.")
        return _renewed(workspace, [], 0, as_json=options["as_json"])
    if options["dry_run"]:
        for one in due:
            printer.fields(one.server, one.serial, f"{one.not_after:%Y-%m-%d}")
        return 0
    session = call.session(workspace)
    code = 0
    renewed = []
    for one in due:
        try:
            issued = operation.renew(workspace, session, one)
        except RefusedError as problem:
            printer.error(problem, as_json=False)
            code = code or AttentionError.exit_code
        except CertmgrError as problem:
            printer.error(problem, as_json=False)
            code = CertmgrError.exit_code
        else:
            renewed.append(issued.id)
            if not options["as_json"]:
                print_issued(issued, verb="Renewed")
    return _renewed(workspace, renewed, code, as_json=options["as_json"])


def _renewed(workspace: "Workspace", ids: "list[CertificateId]", code: int, *, as_json: bool) -> int:
    """Print what was renewed, which may be nothing, where JSON is asked for; return `code`."""
    if as_json:
        from certmgr.cli.certificate_json import document_of  # noqa: PLC0415

        document_of(workspace, ids)
    return code
