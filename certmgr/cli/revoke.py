"""`certmgr revoke`: revoke a certificate and publish the CRL before the command returns."""

from datetime import MAXYEAR, UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from certmgr.cli import printer
from certmgr.cli.invocation import invocation
from certmgr.errors import AttentionError, CertmgrError, UsageError
from certmgr.models.revocations import Cause

if TYPE_CHECKING:
    from certmgr.models.certificates import Certificate
    from certmgr.revocation_steps import Revoked
    from certmgr.workspace import Workspace

_FIRST_YEAR = 1950
CAUSES = [cause.value for cause in Cause if cause not in {Cause.CA_COMPROMISE, Cause.SUSPENDED}]
EPILOG = """\b
Causes and their reason on the CRL:
  key-compromise       keyCompromise         the key leaked; it can never be certified again
  key-lost             superseded            the key is damaged or lost, and known to nobody else
  key-replaced         superseded            a new key pair replaces it
  information-changed  affiliationChanged    what the certificate says is not true any more
  no-longer-needed     cessationOfOperation  the subscriber does not want it any more
  fees-unpaid, duty-breached, false-application, misused, internet-use
                       privilegeWithdrawn    the CA withdraws it
  issued-in-error      superseded            it should not have been issued

\b
Examples:
  certmgr revoke portal.corp.internal --cause no-longer-needed
  certmgr revoke portal.corp.internal --cause misused --evidence "Mail of 2026-11-20: served at a partner's site"
  certmgr --as alice --passphrase-file F revoke serial:0A1B --cause key-compromise --compromised-since 2026-11-20 \
    --confirm portal.corp.internal

Every cause but key-lost, key-replaced and no-longer-needed wants --evidence; with key-compromise, the date since when
the key may be known will do. A request is verified by a person: the machine alone only records it, and exits 3.
"""


@click.command("revoke", epilog=EPILOG)
@click.argument("reference")
@click.option(
    "--cause",
    required=True,
    type=click.Choice([*CAUSES, "ca-compromise", "suspended"]),
    metavar="CAUSE",
    help="Why; see below.",
)
@click.option("--confirm", metavar="NAME", help="The server's name, typed as the intent; asked for on a terminal.")
@click.option("--evidence", default="", metavar="TEXT", help="What it rests on; most causes need it.")
@click.option("--note", default="", help="A note for the record.")
@click.option("--compromised-since", metavar="DATE", help="Since when the key may be known: 2026-11-21 or with a time.")
@click.option("--also-line", is_flag=True, help="With key-compromise: predecessors and successors as well.")
@click.option("--dry-run", is_flag=True, help="Say what would be revoked; unlock and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(**options: Any) -> int:  # noqa: ANN401 - one keyword an option, as click gives them
    """Revoke the certificate REFERENCE and publish the CRL."""
    from certmgr.operations import revocations as operation  # noqa: PLC0415 - loads cryptography
    from certmgr.queries import certificates  # noqa: PLC0415

    call = invocation()
    workspace = call.workspace()
    found = certificates.resolve(workspace, options["reference"], one_live=True)
    cause = Cause(options["cause"])
    also_line = takes_line(cause, also_line=options["also_line"])
    facts = {"evidence": options["evidence"], "compromised_since": parse_moment(options["compromised_since"])}
    if options["dry_run"]:
        for one in operation.rehearse(workspace, certificate=found.id, cause=cause, also_line=also_line, **facts):
            printer.fields(one.server, one.serial, cause)
        tell_line(workspace, found, cause, also_line=also_line)
        printer.say("Nothing was revoked.")
        return 0
    confirm = options["confirm"] or ask_name(found)
    done = operation.revoke(
        workspace,
        call.session(workspace),
        certificate=found.id,
        cause=cause,
        confirm=confirm,
        note=options["note"],
        also_line=also_line,
        **facts,
    )
    tell_line(workspace, found, cause, also_line=also_line)
    if options["as_json"]:
        from certmgr.cli.certificate_json import document_of  # noqa: PLC0415

        document_of(workspace, [found.id])
    return report(done)


def takes_line(cause: Cause, *, also_line: bool) -> bool:
    """Return `also_line`; raises UsageError where the cause has nothing to do with the rest of the line."""
    if also_line and cause is not Cause.KEY_COMPROMISE:
        raise UsageError("--also-line goes with --cause key-compromise.", hint="Revoke the others one by one.")
    return also_line


def tell_line(workspace: "Workspace", certificate: "Certificate", cause: Cause, *, also_line: bool) -> None:
    """Name the predecessors and successors with other keys that a compromised key may have taken with it (R1.6)."""
    if cause is not Cause.KEY_COMPROMISE or also_line:
        return
    from certmgr.queries import revocations  # noqa: PLC0415 - loads the store

    for one in revocations.line_beside(workspace, certificate.id):
        printer.say(f"  in the same line, with another key: {one.server} (serial {one.serial}); see --also-line")


def ask_name(certificate: "Certificate") -> str:
    """Return the server's name as a person typed it; raises UsageError where nobody can be asked."""
    if not printer.is_terminal():
        raise UsageError(
            "This needs the server's name as a confirmation, and there is no terminal to ask at.",
            hint=f"Add --confirm {certificate.server}",
        )
    printer.say(f"{certificate.server}, serial {certificate.serial}, valid until {certificate.not_after:%Y-%m-%d}.")
    printer.say("A revocation cannot be undone.")
    return str(click.prompt("Type the server's name to go on", err=True))


def parse_moment(text: str | None) -> datetime | None:
    """Return the time that `text` writes, UTC where it names no zone; raises UsageError."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    # No certificate is older (RFC 5280, 4.1.2.5), and what reckons from the last days that there are has no room.
    if found is None or not _FIRST_YEAR <= found.year < MAXYEAR:
        raise UsageError(f"{text[:40]!r} is not a date.", hint="Write it as 2026-11-21 or 2026-11-21T09:00:00+01:00.")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def report(done: "Revoked") -> int:
    """Say what came of a revocation; 3 where it waits for a person, 1 where relying parties cannot see it yet.

    Raises CertmgrError for the latter.
    """
    request = done.revocation
    if request.revoked_at is None and request.verified_at is not None:
        printer.say(f"Verified the revocation request {request.id} for {request.server}: {request.verified_how}.")
        printer.say("The next `certmgr check` carries it out.")
        return 0
    if request.revoked_at is None:
        printer.say(f"Recorded the revocation request {request.id} for {request.server}.")
        printer.say(f"It waits for a person until {request.verify_due_at:%Y-%m-%d %H:%M} UTC.")
        printer.say(f"Next: certmgr --as NAME revocation verify {request.id}")
        return AttentionError.exit_code
    verb = "Held" if request.cause is Cause.SUSPENDED else "Revoked"
    printer.say(f"{verb} {request.server} (serial {request.serial}): {request.cause}")
    for other in done.others:
        printer.say(f"  decided with it: {verb.lower()} {other.server} (serial {other.serial})")
    if done.published:
        printer.say(f"  on CRL number {done.crl_number}, published")
        return 0
    raise CertmgrError(
        f"The revocation is recorded, but relying parties cannot see it yet: {done.problem}",
        hint=f"It is tried again by `certmgr check`; it is due at {request.due_at:%Y-%m-%d %H:%M} UTC."
        if request.due_at
        else "It is tried again by `certmgr check`.",
    )
