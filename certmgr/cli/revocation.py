"""`certmgr revocation`: revocation requests and their clocks."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from certmgr.cli import printer
from certmgr.cli.groups import NounGroup
from certmgr.cli.invocation import invocation
from certmgr.cli.revoke import CAUSES, ask_name, parse_moment, report
from certmgr.models.revocations import Cause, RevocationId

if TYPE_CHECKING:
    from datetime import datetime

    from certmgr.models.revocations import Revocation

SCHEMA = "certmgr.revocations/1"
REQUEST_EPILOG = """\b
The request is recorded and its clock starts; a person verifies it with `certmgr revocation verify`. To do all of it at
once, use `certmgr revoke`. The causes are explained by `certmgr help causes`.

\b
Example:
  certmgr revocation request portal.corp.internal --cause key-compromise --confirm portal.corp.internal
"""
VERIFY_EPILOG = """\b
To verify is to vouch that the request is genuine: ask whoever is responsible for the server.

\b
Example:
  certmgr --as alice revocation verify 12
"""
LIST_EPILOG = """\b
Examples:
  certmgr revocation list
  certmgr revocation list --all --json
"""


@click.group("revocation", cls=NounGroup, no_args_is_help=True)
def command() -> None:
    """Record, verify and list revocation requests; each has a clock."""


@command.command("request", epilog=REQUEST_EPILOG)
@click.argument("reference")
@click.option(
    "--cause",
    required=True,
    type=click.Choice([*CAUSES, "ca-compromise", "suspended"]),
    metavar="CAUSE",
    help="Why; see `certmgr help causes`.",
)
@click.option("--confirm", metavar="NAME", help="The server's name, typed as the intent; asked for on a terminal.")
@click.option("--note", default="", help="A note for the record.")
@click.option("--compromised-since", metavar="DATE", help="Since when the key may be known: 2026-11-21 or with a time.")
@click.option("--dry-run", is_flag=True, help="Say what would be requested; unlock and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the requests as JSON.")
def request(**options: Any) -> None:  # noqa: ANN401 - one keyword an option, as click gives them
    """Record a request to revoke the certificate REFERENCE, and start its clock."""
    from certmgr.operations import revocations as operation  # noqa: PLC0415 - loads cryptography
    from certmgr.queries import certificates  # noqa: PLC0415

    call = invocation()
    workspace = call.workspace()
    found = certificates.resolve(workspace, options["reference"], one_live=True)
    cause, since = Cause(options["cause"]), parse_moment(options["compromised_since"])
    if options["dry_run"]:
        for subject in operation.rehearse(workspace, certificate=found.id, cause=cause):
            printer.fields(subject.server, subject.serial, cause)
        printer.say("Nothing was recorded.")
        return
    confirm = options["confirm"] or ask_name(found)
    opened = operation.request(
        workspace,
        call.session(workspace),
        certificate=found.id,
        cause=cause,
        confirm=confirm,
        note=options["note"],
        compromised_since=since,
    )
    if options["as_json"]:
        _print_json(opened, workspace.now())
    for one in opened:
        printer.say(f"Recorded the revocation request {one.id} for {one.server} (serial {one.serial}).")
    printer.say(f"Next: certmgr --as NAME revocation verify {opened[0].id}")


@command.command("verify", epilog=VERIFY_EPILOG)
@click.argument("identity", metavar="ID", type=click.IntRange(min=1))
@click.option("--dry-run", is_flag=True, help="Say what would be revoked; unlock and write nothing.")
def verify(*, identity: int, dry_run: bool) -> int:
    """Verify the request ID as a person, revoke its certificate and publish the CRL."""
    from certmgr.operations import revocations as operation  # noqa: PLC0415 - loads cryptography

    call = invocation()
    workspace = call.workspace()
    number = RevocationId(identity)
    if dry_run:
        waiting = operation.rehearse_fulfil(workspace, number)
        printer.say(f"{waiting.server} (serial {waiting.serial}) would be revoked: {waiting.cause}. Nothing was done.")
        return 0
    return report(operation.fulfil(workspace, call.session(workspace, person=True), number))


@command.command("list", epilog=LIST_EPILOG)
@click.option("--all", "closed", is_flag=True, help="Also those that are done or closed, the newest first.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every time.")
def list_(*, closed: bool, as_json: bool) -> None:
    """List the open requests, the soonest due first."""
    from certmgr.queries import revocations  # noqa: PLC0415 - loads the store

    workspace = invocation().workspace()
    found = revocations.every(workspace) if closed else revocations.open_requests(workspace)
    now = workspace.now()
    if as_json:
        _print_json(found, now)
    elif found:
        rows = [_row(one, now) for one in found]
        headings = ["ID", "SERVER", "CAUSE", "STATE", "RECEIVED (UTC)", "DUE (UTC)", "LEFT"]
        printer.table(headings, rows, right=[0, 6])
    else:
        printer.say("There is no request." if closed else "No request is open.")


def _row(one: "Revocation", now: "datetime") -> list[str]:
    from certmgr.queries.revocations import OPEN, clock_of  # noqa: PLC0415

    due = clock_of(one).due
    left = time_left(due - now) if one.state in OPEN else "-"
    received = f"{one.received_at:%Y-%m-%d %H:%M}"
    return [str(one.id), one.server, one.cause, one.state, received, f"{due:%Y-%m-%d %H:%M}", left]


def time_left(left: timedelta) -> str:
    """Return a span as `23h 41m`, `41m`, or `OVERDUE 2h 05m`."""
    minutes = int(abs(left).total_seconds()) // 60
    hours, minutes = divmod(minutes, 60)
    span = f"{hours}h {minutes:02}m" if hours else f"{minutes}m"
    return f"OVERDUE {span}" if left < timedelta(0) else span


def _print_json(found: "tuple[Revocation, ...]", now: "datetime") -> None:
    from certmgr.cli.certificate_json import moment  # noqa: PLC0415
    from certmgr.queries.revocations import OPEN, clock_of  # noqa: PLC0415

    printer.document(
        SCHEMA,
        revocations=[
            {
                "id": one.id,
                "state": one.state,
                "server": one.server,
                "serial": one.serial,
                "cause": one.cause,
                "note": one.note or None,
                "requested_by": one.requested_by,
                "received_at": moment(one.received_at),
                "verify_due_at": moment(one.verify_due_at),
                "verified_by": one.verified_by,
                "verified_at": moment(one.verified_at),
                "due_at": moment(one.due_at),
                "revoked_at": moment(one.revoked_at),
                "signed_at": moment(one.signed_at),
                "published_at": moment(one.published_at),
                "unseen_after": moment(one.unseen_after),
                "closed_at": moment(one.closed_at),
                "compromised_since": moment(one.compromised_since),
                "seconds_left": int((clock_of(one).due - now).total_seconds()) if one.state in OPEN else None,
                "overdue": one.state in OPEN and now > clock_of(one).due,
            }
            for one in found
        ],
    )
