"""`certmgr show`: all that is known of one certificate."""

from typing import TYPE_CHECKING

import click

from certmgr.cli import printer
from certmgr.cli.invocation import invocation

if TYPE_CHECKING:
    from certmgr.queries.certificates import Detail
    from certmgr.workspace import Workspace

EPILOG = """\b
A certificate is named by server, by DNS name, by serial (any form, or serial:HEX) or by fingerprint (sha256:HEX).

\b
Examples:
  certmgr show portal.corp.internal
  certmgr show serial:0A:1B:2C --json
  certmgr show portal.corp.internal --pem | openssl x509 -noout -text
"""


@click.command("show", epilog=EPILOG)
@click.argument("reference")
@click.option("--pem", "form", flag_value="pem", help="Print the certificate as PEM.")
@click.option("--text", "form", flag_value="text", help="Print what the certificate itself says, field by field.")
@click.option("--json", "form", flag_value="json", help="Print JSON, with chain and history.")
def command(reference: str, form: str | None) -> None:
    """Show all that is known of the certificate REFERENCE: facts, chain, history."""
    from certmgr.errors import NotFoundError  # noqa: PLC0415
    from certmgr.queries import certificates  # noqa: PLC0415

    workspace = invocation().workspace()
    found = certificates.detail(workspace, certificates.resolve(workspace, reference).id)
    if form in {"pem", "text"} and not found.der:
        raise NotFoundError(
            f"The certificate {found.certificate.serial} is not issued yet.", hint="Run `certmgr check`."
        )
    if form == "pem":
        from certmgr.pki import export  # noqa: PLC0415

        printer.raw(export.pem(found.der))
    elif form == "text":
        from certmgr.pki import inspect  # noqa: PLC0415

        for line in inspect.describe(found.der).lines():
            printer.data(line)
    elif form == "json":
        _print_json(found, workspace)
    else:
        _print(found, workspace)


def _print_json(found: "Detail", workspace: "Workspace") -> None:
    from certmgr.cli.certificate_json import SCHEMA, moment, of_detail  # noqa: PLC0415
    from certmgr.pki import export  # noqa: PLC0415

    one = of_detail(found, workspace)
    one["chain"] = [
        {"name": issuer.slug, "subject": issuer.subject, "sha256": issuer.sha256, "not_after": moment(issuer.not_after)}
        for issuer in found.chain
    ]
    one["history"] = [
        {"seq": entry.seq, "at": entry.at, "actor": entry.actor, "action": entry.action, "data": entry.data}
        for entry in found.history
    ]
    one["same_key"] = [other.serial for other in found.same_key]
    one["pem"] = export.pem(found.der).decode() if found.der else None
    printer.document(SCHEMA, certificates=[one])


def _print(found: "Detail", workspace: "Workspace") -> None:
    from certmgr import lifecycle  # noqa: PLC0415

    one = found.certificate
    zone = workspace.zone
    left = lifecycle.days_left(one.not_after, workspace.now(), zone)
    flags = "".join(f", {flag}" for flag in found.flags)
    facts = [
        ("Server", one.server),
        ("State", f"{found.state}{flags}"),
        ("Names", ", ".join([*one.dns, *one.ip])),
        (
            "Valid",
            f"{one.not_before.astimezone(zone):%Y-%m-%d %H:%M} to {one.not_after.astimezone(zone):%Y-%m-%d %H:%M %Z}",
        ),
        ("Days left", str(left)),
        (
            "Renewal",
            (
                f"allowed from {one.window_opens.astimezone(zone):%Y-%m-%d}, "
                f"by itself from {one.renew_at.astimezone(zone):%Y-%m-%d}"
            ),
        ),
        ("Serial", one.serial),
        ("SHA-256", one.sha256 or "-"),
        ("Key", f"{one.key_type}, {'made here' if one.key_origin == 'made' else 'from a CSR'}"),
        ("Profile", one.profile),
        ("Owner", one.owner or "-"),
        ("Purpose", one.purpose),
        ("Note", one.note or "-"),
        ("Accepted", _acceptance(found, workspace)),
        ("Approved", _approval(found)),
        ("Files", f"{one.destination}/{one.server}/live" if one.destination else "-"),
    ]
    for name, value in facts:
        printer.data(f"{name + ':':<12} {value}")
    printer.data("Chain:")
    for depth, issuer in enumerate(found.chain):
        printer.data(f"  {'  ' * depth}└ {issuer.subject}, until {issuer.not_after:%Y-%m-%d}")
    _print_lists(found, workspace)


def _acceptance(found: "Detail", workspace: "Workspace") -> str:
    """Return how the subscriber took the certificate, or until when an objection is heard (R3.3)."""
    taken, until = found.acceptance, found.certificate.accept_by
    if taken is not None:
        note = f": {taken.note}" if taken.note else ""
        return f"{taken.kind} by {taken.by}, {taken.at.astimezone(workspace.zone):%Y-%m-%d %H:%M}{note}"
    if until is None:
        return "-"
    if until <= workspace.now():
        return "nobody objected in time"
    return f"not yet; an objection is heard until {until.astimezone(workspace.zone):%Y-%m-%d %H:%M}"


def _approval(found: "Detail") -> str:
    one = found.application
    if one is None:
        return "by policy" if found.certificate.replaces_id is None else "as the one before it"
    names = ", ".join(decision.by for decision in one.approvals) or "policy"
    return f"by {names}, application {one.id} of {one.requested_by}"


def _print_lists(found: "Detail", workspace: "Workspace") -> None:
    from certmgr import lifecycle  # noqa: PLC0415

    now = workspace.now()
    for request in found.revocations:
        due = request.due_at or request.verify_due_at
        printer.data(f"Revocation {request.id}: {request.cause}, {request.state}, due {due:%Y-%m-%d %H:%M} UTC")
    for other in found.same_key:
        printer.data(f"Same key:    {other.server} serial {other.serial}, {lifecycle.state_of(other, now)}")
    others = [other for other in found.line if other.id != found.certificate.id]
    if others:
        printer.data("Other certificates of this server:")
        for other in others:
            printer.data(f"  {other.serial}  {lifecycle.state_of(other, now)}, until {other.not_after:%Y-%m-%d}")
    printer.data("History:")
    for entry in found.history:
        printer.data(f"  {entry.at[:19]}Z  {entry.action} by {entry.actor}")
