"""`certmgr backup`: the home as one verified file."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from certmgr.cli import printer
from certmgr.cli.groups import UsualVerbGroup
from certmgr.cli.invocation import invocation

if TYPE_CHECKING:
    from certmgr.backups import Backup

SCHEMA = "certmgr.backup/1"
EPILOG = """\b
Examples:
  certmgr backup /srv/backup/certmgr-2026-11-21.tar
  certmgr backup verify /srv/backup/certmgr-2026-11-21.tar
"""
RUN_EPILOG = """\b
The file is a tar that holds the store, the configuration, the sealed CA keys and the slots, with a manifest of SHA-256
digests; owner-only, and verified before it gets its name. The machine's key is never in it, nor is a passphrase: keep
those elsewhere. Others may go on working meanwhile.

\b
Examples:
  certmgr backup /srv/backup/certmgr-2026-11-21.tar
  certmgr backup nightly.tar --dry-run
"""
VERIFY_EPILOG = """\b
Examples:
  certmgr backup verify /srv/backup/certmgr-2026-11-21.tar
  certmgr backup verify nightly.tar --json
"""


@click.group("backup", cls=UsualVerbGroup, no_args_is_help=True, epilog=EPILOG)
def command() -> None:
    """Write the home into one verified file: `certmgr backup FILE`."""


@command.command("run", epilog=RUN_EPILOG)
@click.argument("file")
@click.option("--dry-run", is_flag=True, help="Say whether the backup can be written; unlock and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print what the backup holds as JSON.")
def run(*, file: str, dry_run: bool, as_json: bool) -> None:
    """Write a verified backup of the home to the new FILE; `certmgr backup FILE` for short."""
    from certmgr.operations import backups as operation  # noqa: PLC0415 - loads the store

    call = invocation()
    workspace = call.workspace()
    path = Path(file).absolute()
    if dry_run:
        operation.check_place(workspace, path)
        printer.say(f"The backup {path} can be written; nothing was done.")
        return
    made = operation.back_up(workspace, call.session(workspace), path)
    if as_json:
        printer.document(SCHEMA, **document(made))
        return
    printer.say(f"Wrote {path}: {len(made.manifest.members)} files, {made.size} octets.")
    printer.fields(made.sha256, str(made.manifest.seq), made.manifest.hash)


@command.command("verify", epilog=VERIFY_EPILOG)
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="Print what the backup holds as JSON.")
def verify(*, file: str, as_json: bool) -> None:
    """Compare every part of the backup FILE with its digest; needs no home."""
    from certmgr import backups  # noqa: PLC0415 - loads the store

    found = backups.read(Path(file))
    if as_json:
        printer.document(SCHEMA, **document(found))
        return
    manifest = found.manifest
    printer.say(
        f"{file} is whole: {len(manifest.members)} files of {manifest.made_at:%Y-%m-%d %H:%M} UTC, by certmgr"
        f" {manifest.version}, {manifest.seq} journal entries."
    )
    printer.fields(found.sha256, str(manifest.seq), manifest.hash)


def document(found: "Backup") -> dict[str, Any]:
    """Return what a backup holds, as `certmgr.backup/1` has it."""
    from certmgr.cli.certificate_json import moment  # noqa: PLC0415

    manifest = found.manifest
    return {
        "sha256": found.sha256,
        "size": found.size,
        "made_at": moment(manifest.made_at),
        "version": manifest.version,
        "store_schema": manifest.schema,
        "journal_seq": manifest.seq,
        "journal_hash": manifest.hash,
        "authorities": [{"authority": slug, "crl_number": number} for slug, number in manifest.crl_numbers],
        "files": [{"name": one.name, "size": one.size, "sha256": one.sha256} for one in manifest.members],
    }
