"""`certmgr revocation`: revocation requests, what is decided on them, and their clocks."""

from typing import TYPE_CHECKING

import click

from certmgr.cli import printer
from certmgr.cli.groups import NUMBER, NounGroup
from certmgr.cli.invocation import invocation
from certmgr.cli.revocation_request import command as request
from certmgr.cli.revocation_text import time_left
from certmgr.cli.revoke import report
from certmgr.models.revocations import RevocationId

if TYPE_CHECKING:
    from datetime import datetime

    from certmgr.models.revocations import Revocation

ACKNOWLEDGE_EPILOG = """\b
It says that somebody has seen the request, and ends the first of its clocks. To verify or reject does so, too.

\b
Example:
  certmgr --as alice revocation acknowledge 12
"""
VERIFY_EPILOG = """\b
To verify is to vouch that the request is genuine: ask whoever is responsible for the server. Requests that belong
together, such as those for all certificates of one compromised key, are verified together.

\b
Examples:
  certmgr --as alice revocation verify 12
  certmgr --as alice revocation verify 12 --how 'called the owner back'
"""
REJECT_EPILOG = """\b
Example:
  certmgr --as alice revocation reject 12 --reason 'the owner knows nothing of it'
"""
WITHDRAW_EPILOG = """\b
Example:
  certmgr --as bob revocation withdraw 12 --reason 'the key was found again'
"""
LIST_EPILOG = """\b
Examples:
  certmgr revocation list
  certmgr revocation list --all --json
"""
SHOW_EPILOG = """\b
Examples:
  certmgr revocation show 12
  certmgr revocation show 12 --json
"""
CHALLENGE_EPILOG = """\b
Whoever signs the challenge with the certificate's private key has shown that a report of its compromise is true:

\b
  openssl dgst -sha256 -sign privkey.pem -out proof.sig challenge.txt         EC and RSA keys
  openssl pkeyutl -sign -rawin -inkey privkey.pem -in challenge.txt -out proof.sig    Ed25519 and ML-DSA keys

\b
The challenge is the same all day (UTC); a signature over it is taken on that day and the two after it.

\b
Examples:
  certmgr revocation challenge portal.corp.internal > challenge.txt
  certmgr revocation request portal.corp.internal --cause key-compromise --proof proof.sig
"""
INCIDENT_EPILOG = """\b
A compromised key is an incident, and reported within 24 hours of its verification.

\b
Example:
  certmgr --as alice revocation report-incident 12 --to 'security office, ticket 4711'
"""


@click.group("revocation", cls=NounGroup, no_args_is_help=True)
def command() -> None:
    """Ask for revocations, decide on them, and follow their clocks."""


command.add_command(request)


@command.command("acknowledge", epilog=ACKNOWLEDGE_EPILOG)
@click.argument("identity", metavar="ID", type=NUMBER)
@click.option("--dry-run", is_flag=True, help="Say what would be acknowledged; unlock and write nothing.")
def acknowledge(*, identity: int, dry_run: bool) -> None:
    """Say that the request ID was seen."""
    from certmgr.operations import revocations as operation  # noqa: PLC0415 - loads cryptography

    call = invocation()
    workspace = call.workspace()
    number = RevocationId(identity)
    if dry_run:
        _tell(operation.rehearse_decision(workspace, number), "would be acknowledged; nothing was done")
        return
    _tell(operation.acknowledge(workspace, call.session(workspace, person=True), number), "is acknowledged")


@command.command("verify", epilog=VERIFY_EPILOG)
@click.argument("identity", metavar="ID", type=NUMBER)
@click.option("--how", default="person", metavar="TEXT", help="What the verification rests on, for the record.")
@click.option("--dry-run", is_flag=True, help="Say what would be revoked; unlock and write nothing.")
def verify(*, identity: int, how: str, dry_run: bool) -> int:
    """Verify the request ID as a person, revoke its certificate and publish the CRL."""
    from certmgr.operations import revocations as operation  # noqa: PLC0415 - loads cryptography

    call = invocation()
    workspace = call.workspace()
    number = RevocationId(identity)
    if dry_run:
        for one in operation.rehearse_decision(workspace, number):
            printer.say(f"{one.server} (serial {one.serial}) would be revoked: {one.cause}. Nothing was done.")
        return 0
    return report(operation.fulfil(workspace, call.session(workspace, person=True), number, how=how))


@command.command("reject", epilog=REJECT_EPILOG)
@click.argument("identity", metavar="ID", type=NUMBER)
@click.option("--reason", required=True, metavar="TEXT", help="Why; kept with the request.")
@click.option("--dry-run", is_flag=True, help="Say what would be rejected; unlock and write nothing.")
def reject(*, identity: int, reason: str, dry_run: bool) -> None:
    """Reject the request ID as a person: nothing is revoked."""
    from certmgr.operations import revocations as operation  # noqa: PLC0415 - loads cryptography

    call = invocation()
    workspace = call.workspace()
    number = RevocationId(identity)
    if dry_run:
        _tell(operation.rehearse_decision(workspace, number), "would be rejected; nothing was done")
        return
    _tell(operation.reject(workspace, call.session(workspace, person=True), number, reason=reason), "is rejected")


@command.command("withdraw", epilog=WITHDRAW_EPILOG)
@click.argument("identity", metavar="ID", type=NUMBER)
@click.option("--reason", default="", metavar="TEXT", help="Why; kept with the request.")
@click.option("--dry-run", is_flag=True, help="Say what would be withdrawn; unlock and write nothing.")
def withdraw(*, identity: int, reason: str, dry_run: bool) -> None:
    """Withdraw the request ID, as whoever asked for it or may verify it."""
    from certmgr.operations import revocations as operation  # noqa: PLC0415 - loads cryptography

    call = invocation()
    workspace = call.workspace()
    number = RevocationId(identity)
    if dry_run:
        _tell(operation.rehearse_decision(workspace, number), "would be withdrawn; nothing was done")
        return
    _tell(operation.withdraw(workspace, call.session(workspace), number, reason=reason), "is withdrawn")


def _tell(found: "tuple[Revocation, ...]", what: str) -> None:
    for one in found:
        printer.say(f"The revocation request {one.id} for {one.server} (serial {one.serial}) {what}.")


@command.command("challenge", epilog=CHALLENGE_EPILOG)
@click.argument("reference")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def challenge(*, reference: str, as_json: bool) -> None:
    """Print what is to be signed with the key of the certificate REFERENCE to prove that it is held."""
    from certmgr.operations import compromises as operation  # noqa: PLC0415 - loads cryptography
    from certmgr.queries import certificates  # noqa: PLC0415

    workspace = invocation().workspace()
    found = operation.challenge(workspace, certificates.resolve(workspace, reference, one_live=True).id)
    if as_json:
        from certmgr.cli.certificate_json import moment  # noqa: PLC0415

        printer.document(
            "certmgr.challenge/1",
            server=found.certificate.server,
            serial=found.certificate.serial,
            challenge=found.text,
            until=moment(found.until),
        )
        return
    printer.raw(found.text)
    printer.say(f"Sign it with the key of serial {found.certificate.serial} before {found.until:%Y-%m-%d %H:%M} UTC.")


@command.command("report-incident", epilog=INCIDENT_EPILOG)
@click.argument("identity", metavar="ID", type=NUMBER)
@click.option("--to", "recipient", required=True, metavar="WHOM", help="To whom it was reported.")
@click.option("--dry-run", is_flag=True, help="Say what would be recorded; unlock and write nothing.")
def report_incident(*, identity: int, recipient: str, dry_run: bool) -> None:
    """Record that the incident behind the compromised key of request ID was reported."""
    from certmgr.operations import compromises as operation  # noqa: PLC0415 - loads cryptography

    call = invocation()
    workspace = call.workspace()
    number = RevocationId(identity)
    if dry_run:
        found = operation.rehearse_incident(workspace, number)
        printer.say(f"The incident of request {found.id} ({found.server}) would be reported; nothing was recorded.")
        return
    done = operation.report_incident(workspace, call.session(workspace, person=True), number, to=recipient)
    printer.say(f"Recorded the report of the incident of request {done.id} ({done.server}).")


@command.command("list", epilog=LIST_EPILOG)
@click.option("--all", "closed", is_flag=True, help="Also those that are done or closed, the newest first.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every time.")
def list_(*, closed: bool, as_json: bool) -> None:
    """List the open requests, the soonest due first."""
    from certmgr.cli.revocation_text import print_requests  # noqa: PLC0415
    from certmgr.queries import revocations  # noqa: PLC0415 - loads the store

    workspace = invocation().workspace()
    found = revocations.every(workspace) if closed else revocations.open_requests(workspace)
    now = workspace.now()
    if as_json:
        print_requests(found, now)
    elif found:
        rows = [_row(one, now) for one in found]
        headings = ["ID", "SERVER", "CAUSE", "STATE", "RECEIVED (UTC)", "DUE (UTC)", "LEFT"]
        printer.table(headings, rows, right=[0, 6])
    else:
        printer.say("There is no request." if closed else "No request is open.")


@command.command("show", epilog=SHOW_EPILOG)
@click.argument("identity", metavar="ID", type=NUMBER)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(*, identity: int, as_json: bool) -> None:
    """Show the request ID with every time of its way, where its CRL was seen, and its commitments."""
    from certmgr.cli import revocation_text  # noqa: PLC0415
    from certmgr.queries import revocations  # noqa: PLC0415 - loads the store

    workspace = invocation().workspace()
    found = revocations.detail(workspace, RevocationId(identity))
    if as_json:
        revocation_text.print_detail_json(found, workspace.now())
    else:
        revocation_text.print_detail(found, workspace.now())


def _row(one: "Revocation", now: "datetime") -> list[str]:
    from certmgr.queries.revocations import OPEN, clock_of  # noqa: PLC0415

    due = clock_of(one).due
    left = time_left(due - now) if one.state in OPEN else "-"
    received = f"{one.received_at:%Y-%m-%d %H:%M}"
    state = one.closed_how or one.state
    return [str(one.id), one.server, one.cause, state, received, f"{due:%Y-%m-%d %H:%M}", left]
