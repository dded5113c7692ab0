"""`certmgr crl`: publish and show certificate revocation lists."""

from typing import TYPE_CHECKING, Any

import click

from certmgr.cli import printer
from certmgr.cli.groups import NounGroup
from certmgr.cli.invocation import invocation
from certmgr.errors import CertmgrError, NotFoundError

if TYPE_CHECKING:
    from certmgr.models.revocations import Reason
    from certmgr.operations.crls import Attempt
    from certmgr.queries.authorities import CrlState

SCHEMA = "certmgr.crls/1"
SHOWN_ENTRIES = 1000
PUBLISH_EPILOG = """\b
Examples:
  certmgr crl publish
  certmgr --as alice crl publish --root
"""
SHOW_EPILOG = """\b
Examples:
  certmgr crl show
  certmgr crl show root --json
  certmgr crl show --pem | openssl crl -noout -text
"""


@click.group("crl", cls=NounGroup, no_args_is_help=True)
def command() -> None:
    """Publish and show certificate revocation lists (CRLs)."""


@command.command("publish", epilog=PUBLISH_EPILOG)
@click.option("--root", is_flag=True, help="The CRL of the root, which needs a person; else those of the issuing CAs.")
@click.option("--dry-run", is_flag=True, help="Say which CRLs would be signed; unlock and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def publish(*, root: bool, dry_run: bool, as_json: bool) -> None:
    """Sign new CRLs, put them into the published folder and fetch them back."""
    from certmgr.operations import crls as operation  # noqa: PLC0415 - loads cryptography

    call = invocation()
    workspace = call.workspace()
    if dry_run:
        for authority, entries in operation.rehearse(workspace, root=root):
            printer.say(f"{authority.slug}: a CRL with {_number(entries)} would be signed and published.")
        return
    attempts = operation.publish(workspace, call.session(workspace, person=root), root=root)
    if as_json:
        printer.document(SCHEMA, crls=[_attempt_json(one) for one in attempts])
    else:
        _print_attempts(attempts)
    unseen = [one for one in attempts if not one.seen]
    if unseen:
        names = ", ".join(one.authority.slug for one in unseen)
        raise CertmgrError(
            f"Relying parties cannot see the new CRL of {names}: {' '.join(one.problem or '' for one in unseen)}",
            hint="It is tried again by `certmgr check`, and by `certmgr crl publish`.",
        )


def _number(entries: int) -> str:
    return "1 entry" if entries == 1 else f"{entries} entries"


def _print_attempts(attempts: "list[Attempt]") -> None:
    for one in attempts:
        if one.published is None or not one.seen:
            continue
        made = one.published
        where = f" in {made.path}" if made.path else ""
        printer.say(
            f"{one.authority.slug}: CRL number {made.number} with {_number(made.entries)}{where}, "
            f"until {made.next_update:%Y-%m-%d %H:%M} UTC"
        )


def _attempt_json(one: "Attempt") -> dict[str, Any]:
    from certmgr.cli.certificate_json import moment  # noqa: PLC0415

    made = one.published
    return {
        "authority": one.authority.slug,
        "number": made.number if made else None,
        "this_update": moment(made.this_update) if made else None,
        "next_update": moment(made.next_update) if made else None,
        "entries": made.entries if made else None,
        "file": str(made.path) if made and made.path else None,
        "seen": one.seen,
        "problem": one.problem,
    }


@command.command("show", epilog=SHOW_EPILOG)
@click.argument("authority", metavar="[CA]", default="issuing")
@click.option("--json", "form", flag_value="json", help="Print JSON, with every entry.")
@click.option("--pem", "form", flag_value="pem", help="Print the CRL as PEM.")
@click.option("--der", "form", flag_value="der", help="Print the CRL as DER.")
def show(authority: str, form: str | None) -> None:
    """Show the newest CRL of CA: root, issuing (the default) or the short name of one."""
    from certmgr.queries import authorities  # noqa: PLC0415 - loads the store

    workspace = invocation().workspace()
    named = authorities.named(workspace, authority)
    found = authorities.crl_of(workspace, named)
    if found is None:
        raise NotFoundError(f"{named.slug} has signed no CRL yet.", hint="Run `certmgr crl publish`.")
    if form == "der":
        from certmgr.cli.output import write_binary  # noqa: PLC0415

        write_binary(found.der)
    elif form == "pem":
        from certmgr.pki import export  # noqa: PLC0415 - loads cryptography

        printer.raw(export.pem(found.der, "X509 CRL"))
    elif form == "json":
        _print_json(found)
    else:
        _print(found)


def _print_json(found: "CrlState") -> None:
    from certmgr.cli.certificate_json import moment  # noqa: PLC0415
    from certmgr.pki import crl, inspect  # noqa: PLC0415

    facts = crl.read_crl(found.der)
    printer.document(
        SCHEMA,
        crls=[
            {
                "authority": found.authority.slug,
                "issuer": facts.issuer,
                "number": found.number,
                "this_update": moment(found.this_update),
                "next_update": moment(found.next_update),
                "published_at": moment(found.published_at),
                "sha256": inspect.sha256(found.der),
                "entries": [
                    {
                        "serial": entry.serial,
                        "revoked_at": moment(entry.revoked_at),
                        "reason": _reason(entry.reason),
                        "invalidity_date": moment(entry.invalidity_date),
                    }
                    for entry in facts.entries
                ],
            }
        ],
    )


def _reason(reason: "Reason | None") -> str | None:
    """Return the reason as RFC 5280 5.3.1 spells it."""
    if reason is None:
        return None
    first, *others = reason.name.lower().split("_")
    first = {"ca": "cA", "aa": "aA"}.get(first, first)
    return first + "".join(word.capitalize() for word in others)


def _print(found: "CrlState") -> None:
    from certmgr.pki import crl  # noqa: PLC0415 - loads cryptography

    facts = crl.read_crl(found.der)
    seen = f"{found.published_at:%Y-%m-%d %H:%M} UTC" if found.published_at else "not yet seen by relying parties"
    for name, value in (
        ("CA", found.authority.slug),
        ("Issuer", facts.issuer),
        ("Number", str(found.number)),
        ("This update", f"{found.this_update:%Y-%m-%d %H:%M} UTC"),
        ("Next update", f"{found.next_update:%Y-%m-%d %H:%M} UTC"),
        ("Published", seen),
        ("Entries", str(len(facts.entries))),
    ):
        printer.data(f"{name + ':':<13} {value}")
    shown = facts.entries[-SHOWN_ENTRIES:]
    if shown:
        rows = [
            [
                entry.serial,
                f"{entry.revoked_at:%Y-%m-%d %H:%M}",
                _reason(entry.reason) or "-",
            ]
            for entry in reversed(shown)
        ]
        printer.table(["SERIAL", "REVOKED (UTC)", "REASON"], rows)
    if len(facts.entries) > len(shown):
        printer.say(f"and {len(facts.entries) - len(shown)} older entries; --json prints all of them")
