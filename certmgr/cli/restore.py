"""`certmgr restore`: a home out of a backup, and its comparison with what was published since."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from certmgr.cli import printer
from certmgr.cli.groups import UsualVerbGroup
from certmgr.cli.invocation import invocation
from certmgr.errors import AttentionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from certmgr.operations.reconciliation import Reconciled

SCHEMA = "certmgr.reconciled/1"
EPILOG = """\b
Examples:
  certmgr restore /srv/backup/certmgr-2026-11-21.tar --to /var/lib/certmgr
  certmgr --as alice restore reconcile
"""
RUN_EPILOG = """\b
Nothing is ever restored over: DIR is new or empty. Every digest, the store and the journal are proved first. What was
issued or revoked after the backup is not on record in the new home, so it signs no CRL before `certmgr restore
reconcile`. The machine's key is in no backup; where it is lost too, remove the machine's slot and add one.

\b
Examples:
  certmgr restore nightly.tar --to /var/lib/certmgr
  certmgr restore nightly.tar --to /tmp/drill --dry-run
"""
RECONCILE_EPILOG = """\b
The published CRLs come from the published folder and from every distribution point; --crl names files beside those.
What they say that is not on record is taken over: the CRL number, and each revocation, be it of a certificate that this
home has never heard of. Certificates that were issued after the backup and are good are found by `certmgr scan`.

\b
Examples:
  certmgr --as alice restore reconcile --dry-run
  certmgr --as alice restore reconcile
  certmgr --as alice restore reconcile --crl issuing-2026-1.crl
"""


@click.group("restore", cls=UsualVerbGroup, no_args_is_help=True, epilog=EPILOG)
def command() -> None:
    """Make a home out of a backup: `certmgr restore FILE --to DIR`."""


@command.command("run", epilog=RUN_EPILOG)
@click.argument("file")
@click.option("--to", "to", required=True, metavar="DIR", help="The new home; it must not be there, or be empty.")
@click.option("--dry-run", is_flag=True, help="Verify the backup and the place; write nothing.")
def run(*, file: str, to: str, dry_run: bool) -> int:
    """Make the home DIR out of the backup FILE; `certmgr restore FILE --to DIR` for short."""
    from certmgr import backups  # noqa: PLC0415 - loads the store
    from certmgr.operations import backups as operation  # noqa: PLC0415
    from certmgr.workspace import utc_now  # noqa: PLC0415

    home = Path(to).absolute()
    if dry_run:
        operation.check_empty(home)
        found = backups.read(Path(file))
        printer.say(f"{file} is whole and can be restored to {home}; nothing was done.")
        printer.fields(found.sha256, str(found.manifest.seq), found.manifest.hash)
        return 0
    made = operation.restore(Path(file).absolute(), home, clock=utc_now)
    manifest = made.backup.manifest
    printer.say(f"Restored {home} as it was on {manifest.made_at:%Y-%m-%d %H:%M} UTC ({manifest.seq} journal entries).")
    printer.findings(made.warnings)
    printer.say(f"Next: certmgr --home {home} --as NAME restore reconcile")
    return AttentionError.exit_code


@command.command("reconcile", epilog=RECONCILE_EPILOG)
@click.option("--crl", "files", multiple=True, metavar="FILE", help="A published CRL, DER or PEM (repeatable).")
@click.option("--without-crl", is_flag=True, help="Go on although no published CRL of some CA can be had.")
@click.option("--dry-run", is_flag=True, help="Say what would be taken over; unlock and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def reconcile(*, files: tuple[str, ...], without_crl: bool, dry_run: bool, as_json: bool) -> int:
    """Compare a restored home with the published CRLs, and take over what it does not know."""
    from certmgr.operations import reconciliation  # noqa: PLC0415 - loads cryptography

    call = invocation()
    workspace = call.workspace()
    given = [_read(name) for name in files]
    if dry_run:
        found: Sequence[Reconciled] = [one for one, _ in reconciliation.survey(workspace, given=given)]
    else:
        session = call.session(workspace, person=True)
        found = reconciliation.reconcile(workspace, session, given=given, without_crl=without_crl)
    if as_json:
        printer.document(SCHEMA, authorities=[_as_json(one) for one in found])
    else:
        for one in found:
            number = "none" if one.published_number is None else str(one.published_number)
            printer.fields(
                one.authority, str(one.own_number), number, str(len(one.brought_back)), str(len(one.unknown))
            )
            printer.findings(one.findings)
    _say(found, dry_run=dry_run, without_crl=without_crl)
    return AttentionError.exit_code if any(one.findings for one in found) else 0


def _say(found: "Sequence[Reconciled]", *, dry_run: bool, without_crl: bool) -> None:
    back = sum(len(one.brought_back) for one in found)
    unknown = sum(len(one.unknown) for one in found)
    words = f"{back} revocations of certificates on record, {unknown} of others"
    if dry_run:
        printer.say(f"Would be taken over: {words}. Nothing was done.")
    elif any(one.published_number is None for one in found) and not without_crl:
        printer.say(f"Taken over: {words}. The home stays closed until every CA has been compared.")
    else:
        printer.say(f"Taken over: {words}. Next: certmgr crl publish")


def _read(name: str) -> bytes:
    """Return the DER of a CRL in a file."""
    from certmgr.cli.output import read_file  # noqa: PLC0415
    from certmgr.pki import crl  # noqa: PLC0415 - loads cryptography

    return crl.load_crl(read_file(name, "CRL"))


def _as_json(one: "Reconciled") -> dict[str, Any]:
    return {
        "authority": one.authority,
        "own_number": one.own_number,
        "published_number": one.published_number,
        "brought_back": [
            {"server": certificate.server, "serial": certificate.serial} for certificate in one.brought_back
        ],
        "unknown": list(one.unknown),
        "findings": [printer.finding_document(item) for item in one.findings],
    }
