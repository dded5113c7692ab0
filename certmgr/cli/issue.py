"""`certmgr issue`: one certificate, or one for every line of an inventory."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from certmgr.cli import printer
from certmgr.cli.groups import NUMBER
from certmgr.cli.invocation import Invocation, invocation
from certmgr.errors import CertmgrError, RefusedError, ReviewError, UsageError
from certmgr.models.keys import KeyType

if TYPE_CHECKING:
    from certmgr.intake import Wish
    from certmgr.inventory_file import Line
    from certmgr.inventory_report import LineReport
    from certmgr.issuance import Issued
    from certmgr.workspace import Session, Workspace

MAX_CSR_OCTETS = 1 << 20
EPILOG = """\b
Examples:
  certmgr issue --dns portal.corp.internal --purpose 'Staff portal' --owner 'Web team'
  certmgr issue --dns db.corp.internal --ip 10.1.2.3 --purpose Database --owner DBA --out /etc/ssl/certmgr
  certmgr issue --csr server.csr --purpose 'Mail relay' --owner 'Mail team'
  certmgr issue --from inventory.csv --out ./certificates
  certmgr issue --application 12

Where the profile asks for reviewers, an application is recorded instead, and the command exits 3.
"""


@click.command("issue", epilog=EPILOG)
@click.argument("server", required=False)
@click.option("--dns", multiple=True, help="A DNS name of the server (repeatable); the first names the server.")
@click.option("--ip", multiple=True, help="An address to certify (repeatable); only where clients connect by address.")
@click.option("--csr", "csr_file", help="Use the key of this CSR (- reads standard input); the names too unless given.")
@click.option("--from", "inventory", help="Issue for every line of this inventory (CSV).")
@click.option("--application", type=NUMBER, metavar="ID", help="Issue for this approved application.")
@click.option("--profile", default="server", show_default=True, help="The profile; see `certmgr profile list`.")
@click.option("--days", type=int, help="How long it is valid (default: the profile's).")
@click.option("--key-type", type=click.Choice([kind.value for kind in KeyType]), help="The type of the key made here.")
@click.option("--purpose", default="", help="What the certificate is for.")
@click.option("--owner", default="", help="Who is responsible for the server.")
@click.option("--contact", default="", help="How the owner is reached.")
@click.option("--note", default="", help="A note for the record.")
@click.option("--out", default=".", show_default=True, help="Where the files go: DIR/NAME/live/.")
@click.option("--additional", is_flag=True, help="Issue although the server has a live certificate.")
@click.option("--dry-run", is_flag=True, help="Say what would be signed, or why not; unlock and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(**options: Any) -> int:  # noqa: ANN401 - one keyword an option, as click gives them
    """Issue a certificate for SERVER, or one for every line of an inventory.

    The key is made here, unless --csr brings one. The files are DIR/NAME/live/privkey.pem, cert.pem, chain.pem and
    fullchain.pem.
    """
    call = invocation()
    workspace = call.workspace()
    if options["application"] is not None:
        return _issue_application(call, workspace, options)
    if options["inventory"] is not None:
        return _issue_inventory(call, workspace, options)
    wish = read_wish(options)
    from certmgr.operations import certificates as operation  # noqa: PLC0415 - loads cryptography

    if options["dry_run"]:
        return _rehearse(workspace, wish, options)
    session = call.session(workspace)
    try:
        issued = operation.issue(
            workspace, session, wish, destination=Path(options["out"]).absolute(), additional=options["additional"]
        )
    except ReviewError as review:
        return _waits(workspace, review, as_json=options["as_json"])
    return _print(workspace, issued, as_json=options["as_json"])


def _issue_application(call: Invocation, workspace: "Workspace", options: dict[str, Any]) -> int:
    """Issue for an approved application; what is issued stands there, so no other fact may be given."""
    from certmgr.models.applications import ApplicationId  # noqa: PLC0415
    from certmgr.operations import applications as operation  # noqa: PLC0415

    facts = ("server", "dns", "ip", "csr_file", "inventory", "days", "key_type", "purpose", "owner", "contact", "note")
    if any(options[fact] for fact in facts) or options["additional"]:
        raise UsageError(
            "The application says what is issued; nothing else can be given beside --application.",
            hint="Leave the other options out; see `certmgr application show ID`.",
        )
    identity = ApplicationId(options["application"])
    if options["dry_run"]:
        judged = operation.rehearse_issue(workspace, identity)
        server = judged.accepted.order.server
        printer.say(f"The certificate of application {identity} for {server} would be issued; nothing was done.")
        return 0
    done = operation.issue(workspace, call.session(workspace), identity)
    return _print(workspace, done.issued, as_json=options["as_json"]) if done.issued else 0


def _waits(workspace: "Workspace", review: ReviewError, *, as_json: bool) -> int:
    """Say that reviewers decide, and what happens next: exit 3 (DETAILS 22)."""
    if as_json:
        from certmgr.cli.application_json import document_of  # noqa: PLC0415

        document_of(workspace, [review.application])
    printer.say(review.message)
    printer.say(f"Next: {review.hint}")
    return review.exit_code


def _print(workspace: "Workspace", issued: "Issued", *, as_json: bool) -> int:
    if as_json:
        from certmgr.cli.certificate_json import document_of  # noqa: PLC0415

        document_of(workspace, [issued.id])
    else:
        from certmgr.cli.issued_text import print_issued  # noqa: PLC0415

        print_issued(issued)
    return 0


def read_wish(options: dict[str, Any]) -> "Wish":
    """Return what the options of `issue` or `application submit` ask for; raises UsageError without a name."""
    from certmgr.intake import Wish  # noqa: PLC0415

    if not options["dns"] and not options["ip"] and options["csr_file"] is None:
        raise UsageError(
            "There is no name to certify.", hint="Give --dns NAME, --ip ADDRESS, --csr FILE or --from INVENTORY."
        )
    return Wish(
        server=options["server"],
        dns=options["dns"],
        ip=options["ip"],
        csr=None if options["csr_file"] is None else read_input(options["csr_file"], "CSR"),
        profile=options["profile"],
        purpose=options["purpose"],
        owner=options["owner"],
        contact=options["contact"],
        days=options["days"],
        key_type=KeyType(options["key_type"]) if options["key_type"] else None,
        note=options["note"],
    )


def read_input(name: str, what: str) -> bytes:
    """Return the content of a file, or of standard input for `-`; at most 1 MiB and a byte."""
    if name == "-":
        if sys.stdin.isatty():
            raise UsageError(f"There is no {what} on standard input.", hint=f"Pipe it in: ... < {what.lower()}.pem")
        return sys.stdin.buffer.read(MAX_CSR_OCTETS + 1)
    try:
        with Path(name).open("rb") as file:
            return file.read(MAX_CSR_OCTETS + 1)
    except OSError as problem:
        raise UsageError(f"The {what} {name} cannot be read: {problem.strerror}.", hint="Check the path.") from None


def _rehearse(workspace: "Workspace", wish: "Wish", options: dict[str, Any]) -> int:
    from certmgr.operations import certificates as operation  # noqa: PLC0415
    from certmgr.pki import inspect  # noqa: PLC0415

    found = operation.rehearse(workspace, wish, additional=options["additional"])
    printer.say(f"{found.order.server} would get this certificate; nothing was signed or recorded.")
    if found.needed:
        people = "one reviewer" if found.needed == 1 else f"{found.needed} reviewers"
        printer.say(f"Before that its application would wait for {people}.")
    printer.findings(found.notices)
    for line in inspect.describe_tbs(found.tbs).lines():
        printer.data(line)
    return 0


def _issue_inventory(call: Invocation, workspace: "Workspace", options: dict[str, Any]) -> int:
    """Issue for every line; 0 when all were served, 4 when any was refused (DETAILS 18)."""
    from certmgr.inventory_file import read_inventory  # noqa: PLC0415
    from certmgr.operations import inventory as operation  # noqa: PLC0415

    path = Path(options["inventory"])
    try:
        content = sys.stdin.buffer.read() if options["inventory"] == "-" else path.read_bytes()
    except OSError as problem:
        raise UsageError(f"The inventory {path} cannot be read: {problem.strerror}.", hint="Check the path.") from None
    lines = read_inventory(content, name=str(path))
    if options["dry_run"]:
        return _rehearse_inventory(workspace, lines)
    session = call.session(workspace)
    _settle(workspace, session)
    reports: list[LineReport] = []
    shown = sys.stderr.isatty() and not call.quiet
    try:
        with click.progressbar(length=len(lines), label="Issuing", file=sys.stderr, hidden=not shown) as bar:
            for batch in operation.issue_inventory(
                workspace, session, lines, destination=Path(options["out"]).absolute()
            ):
                reports += batch
                bar.update(len(batch))
    except CertmgrError as problem:
        _print_reports(sorted(reports, key=_number), as_json=options["as_json"])
        raise type(problem)(
            f"Stopped after {len(reports)} of {len(lines)} lines: {problem.message}",
            hint=problem.hint or "Run the same command again; what is done is not done twice.",
            findings=problem.findings,
            code=problem.code,
        ) from None
    _print_reports(sorted(reports, key=_number), as_json=options["as_json"])
    return _verdict(reports)


def _number(report: "LineReport") -> int:
    # Batches come by the authority that signs.
    return report.number


def _settle(workspace: "Workspace", session: "Session") -> None:
    """Finish what a run that was cut off had begun, so that its lines are served and not refused."""
    from certmgr.operations import recovery  # noqa: PLC0415

    left = recovery.settle(workspace, session)
    if left:
        printer.say(f"{len(left)} certificates that a command had left open when it was cut off were settled first.")


def _verdict(reports: "list[LineReport]") -> int:
    outcomes = {report.outcome.value for report in reports}
    if "refused" in outcomes:
        return RefusedError.exit_code
    return ReviewError.exit_code if "waiting" in outcomes else 0


def _rehearse_inventory(workspace: "Workspace", lines: "list[Line]") -> int:
    from certmgr.operations import inventory as operation  # noqa: PLC0415

    reports = operation.rehearse_inventory(workspace, lines)
    refused = [report for report in reports if report.outcome == "refused"]
    _print_refused(refused)
    waiting = sum(report.outcome == "waiting" for report in reports)
    served = len(reports) - len(refused) - waiting
    review = f", {waiting} would wait for reviewers" if waiting else ""
    printer.say(f"{served} lines would be served{review}, {len(refused)} refused; nothing was done.")
    return RefusedError.exit_code if refused else 0


def _print_reports(reports: "list[LineReport]", *, as_json: bool) -> None:
    if as_json:
        printer.document("certmgr.inventory/1", lines=[_report_json(report) for report in reports])
        return
    refused = [report for report in reports if report.outcome == "refused"]
    _print_refused(refused)
    count = {outcome: sum(report.outcome == outcome for report in reports) for outcome in ("issued", "skipped")}
    skipped = f"{count['skipped']} skipped (they have one for the same names)"
    waiting = [report for report in reports if report.outcome == "waiting"]
    for report in waiting:
        printer.fields(f"line {report.number}", report.server, "waiting", f"application {report.application}")
    review = f", {len(waiting)} waiting for reviewers" if waiting else ""
    printer.say(f"{count['issued']} issued, {skipped}{review}, {len(refused)} refused.")
    if waiting:
        printer.say("Next: certmgr application list")


def _print_refused(refused: "list[LineReport]") -> None:
    for report in refused:
        printer.fields(f"line {report.number}", report.server, "refused")
        for item in report.findings:
            printer.data(f"  - {item.message} [{item.code}]")


def _report_json(report: "LineReport") -> dict[str, Any]:
    return {
        "line": report.number,
        "server": report.server,
        "outcome": report.outcome,
        "serial": report.serial,
        "folder": str(report.folder) if report.folder else None,
        "application": report.application,
        "findings": [printer.finding_document(item) for item in report.findings],
    }
