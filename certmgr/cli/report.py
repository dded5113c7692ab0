"""`certmgr report`: commitments with proof, expiry as picture and calendar, records, metrics."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from certmgr.cli import printer
from certmgr.cli.groups import NounGroup
from certmgr.cli.invocation import invocation
from certmgr.errors import UsageError

if TYPE_CHECKING:
    from certmgr.cli.invocation import Invocation
    from certmgr.custody.report_signatures import ReportSignature
    from certmgr.queries.disclosure import Disclosure
    from certmgr.reporting.facts import ExpiryReport
    from certmgr.workspace import Workspace

SUFFIX = ".sig"
"""What the name of a signature has after the name of its report."""
COMMITMENTS_FORMS = ("text", "json", "csv", "html")
EXPIRY_FORMS = ("text", "html", "ics", "csv", "json")
COMMITMENTS_EPILOG = """\b
Every promise that ran in the month, as it stood at its end: a past month says the same whenever it is asked for. With
--out the report is signed by whoever makes it (--as NAME): FILE.sig lies beside FILE, `certmgr report verify` and plain
openssl check it (docs/reports.md).

\b
Examples:
  certmgr report commitments
  certmgr report commitments --month 2026-11 --json
  certmgr --as alice report commitments --month 2026-11 --out commitments-2026-11.html
"""
EXPIRY_EPILOG = """\b
Examples:
  certmgr report expiry
  certmgr report expiry --days 365 --out expiry.html
  certmgr report expiry --format ics --out /srv/www/certificates.ics --replace
"""
VERIFY_EPILOG = """\b
With a home, the key and the journal entry are compared with the record. Without one, --key names the public key that
was handed over some other way; `certmgr report key` prints it.

\b
Examples:
  certmgr report verify commitments-2026-11.html
  certmgr report verify commitments-2026-11.html --key alice.pem
"""
KEY_EPILOG = """\b
Example:
  certmgr report key alice > alice.pem
"""
CERTIFICATE_EPILOG = """\b
The keys of the rows are the columns of docs/schema.md.

\b
Examples:
  certmgr report certificate portal.corp.internal
  certmgr report certificate serial:0A1B --out record.json
"""
SUBSCRIBER_EPILOG = """\b
It holds personal data: contacts. A file that --out names is made owner-only.

\b
Example:
  certmgr report subscriber 'Web team' --out web-team.json
"""
METRICS_EPILOG = """\b
Example:
  certmgr report metrics
"""


@click.group("report", cls=NounGroup, no_args_is_help=True)
def command() -> None:
    """Report what was promised and kept, what expires, and what is on record."""


@command.command("commitments", epilog=COMMITMENTS_EPILOG)
@click.option("--month", metavar="YYYY-MM", help="The month, in the organisation's time zone (default: this one).")
@click.option("--format", "form", type=click.Choice(COMMITMENTS_FORMS), help="Default: as FILE's name says, else text.")
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@click.option("--out", metavar="FILE", help="Write to this new file, and its signature beside it.")
@click.option("--replace", is_flag=True, help="Replace FILE and its signature.")
@click.option("--no-sign", is_flag=True, help="Write no signature.")
def commitments(*, month: str | None, form: str | None, out: str | None, replace: bool, no_sign: bool) -> None:
    """Report every promise of a month: how many, how long they took, which were breached."""
    from certmgr.queries import reports  # noqa: PLC0415 - loads the store
    from certmgr.reporting import commitments_page, documents, plain, sheets  # noqa: PLC0415

    call = invocation()
    workspace = call.workspace()
    render = {
        "text": plain.commitments,
        "json": documents.commitments,
        "csv": sheets.commitments,
        "html": commitments_page.commitments,
    }[_form(form, out, COMMITMENTS_FORMS)]
    path = _destination(out, replace=replace)
    signature = None if path is None or no_sign else _destination(f"{path}{SUFFIX}", replace=replace)
    content = render(reports.commitments(workspace, month)).encode()
    if path is None:
        printer.raw(content)
    elif signature is None:
        _write(path, content, replace=replace)
    else:
        _write_signed(call, workspace, content, path, signature, replace=replace)


def _write_signed(  # noqa: PLR0913 - both files and what they hold
    call: "Invocation", workspace: "Workspace", content: bytes, path: Path, signature: Path, *, replace: bool
) -> None:
    from certmgr.custody.report_signatures import to_json  # noqa: PLC0415
    from certmgr.operations import reports as operation  # noqa: PLC0415

    signed = operation.sign(workspace, call.session(workspace), content, kind="commitments")
    _write(path, content, replace=replace)
    _write(signature, to_json(signed), replace=replace)
    printer.say(f"Signed by {signed.slot.name}; journal entry {signed.journal_seq}.")


@command.command("expiry", epilog=EXPIRY_EPILOG)
@click.option(
    "--days", type=click.IntRange(0, 3650), default=90, show_default=True, help="Within so many natural days."
)
@click.option("--format", "form", type=click.Choice(EXPIRY_FORMS), help="Default: as FILE's name says, else text.")
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@click.option("--out", metavar="FILE", help="Write to this new file.")
@click.option("--replace", is_flag=True, help="Replace FILE.")
def expiry(*, days: int, form: str | None, out: str | None, replace: bool) -> None:
    """Report which certificates end soon: a histogram, a page, a calendar or a table."""
    from certmgr.queries import reports  # noqa: PLC0415 - loads the store

    workspace = invocation().workspace()
    path = _destination(out, replace=replace)
    content = _expiry(reports.expiry(workspace, days), _form(form, out, EXPIRY_FORMS), to_terminal=path is None)
    if path is None:
        printer.raw(content)
    else:
        _write(path, content, replace=replace)


def _expiry(report: "ExpiryReport", form: str, *, to_terminal: bool) -> bytes:
    from certmgr.reporting import documents, expiry_page, icalendar, plain, sheets  # noqa: PLC0415

    match form:
        case "html":
            return expiry_page.expiry(report).encode()
        case "ics":
            return icalendar.expiry(report).encode()
        case "csv":
            return sheets.expiry(report).encode()
        case "json":
            return documents.expiry(report).encode()
        case _:
            unicode = not to_terminal or (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
            return plain.expiry(report, ascii_only=not unicode).encode()


@command.command("verify", epilog=VERIFY_EPILOG)
@click.argument("file")
@click.option("--signature", metavar="FILE", help="The signature (default: FILE.sig).")
@click.option("--key", metavar="FILE", help="The signer's public key in PEM; no home is needed then.")
@click.option("--json", "as_json", is_flag=True, help="Print who signed it, as JSON.")
def verify(*, file: str, signature: str | None, key: str | None, as_json: bool) -> None:
    """Verify that FILE is the report that was signed, and by whom."""
    from certmgr.cli.output import read_file  # noqa: PLC0415
    from certmgr.custody.report_signatures import parse_pem, parse_signature  # noqa: PLC0415
    from certmgr.queries import report_signatures  # noqa: PLC0415

    content = read_file(file, "report")
    found = parse_signature(read_file(signature or f"{file}{SUFFIX}", "signature"))
    if key is not None:
        report_signatures.verify_alone(content, found, key=parse_pem(read_file(key, "key")))
    else:
        report_signatures.verify(invocation().workspace(), content, found)
    if as_json:
        _print_signature(found)
    printer.say(f"The report is whole: signed by {found.slot.name} at {found.signed_at:%Y-%m-%d %H:%M:%S} UTC.")


def _print_signature(found: "ReportSignature") -> None:
    from certmgr.cli.certificate_json import moment  # noqa: PLC0415

    printer.document(
        "certmgr.report-verification/1",
        sha256=found.sha256,
        slot=found.slot.name,
        slot_sha256=found.slot.fingerprint,
        signed_at=moment(found.signed_at),
        journal_seq=found.journal_seq,
        journal_hash=found.journal_hash,
    )


@command.command("key", epilog=KEY_EPILOG)
@click.argument("slot")
def key(*, slot: str) -> None:
    """Print the public key that the reports of a slot verify with, as PEM."""
    from certmgr.custody.report_signatures import pem  # noqa: PLC0415
    from certmgr.queries.report_signatures import signing_key  # noqa: PLC0415 - loads the store

    printer.raw(pem(signing_key(invocation().workspace(), slot)))


@command.command("certificate", epilog=CERTIFICATE_EPILOG)
@click.argument("reference")
@click.option("--out", metavar="FILE", help="Write to this new, owner-only file.")
@click.option("--json", "_as_json", is_flag=True, expose_value=False, help="The only form; errors are JSON, too.")
def certificate(*, reference: str, out: str | None) -> None:
    """Print the whole record of the certificate REFERENCE as JSON."""
    from certmgr.queries import disclosure  # noqa: PLC0415 - loads the store

    _disclose(disclosure.certificate(invocation().workspace(), reference), out)


@command.command("subscriber", epilog=SUBSCRIBER_EPILOG)
@click.argument("owner")
@click.option("--out", metavar="FILE", help="Write to this new, owner-only file.")
@click.option("--json", "_as_json", is_flag=True, expose_value=False, help="The only form; errors are JSON, too.")
def subscriber(*, owner: str, out: str | None) -> None:
    """Print the whole record of the subscriber OWNER as JSON: servers, certificates, contacts, history."""
    from certmgr.queries import disclosure  # noqa: PLC0415 - loads the store

    _disclose(disclosure.subscriber(invocation().workspace(), owner), out)


def _disclose(found: "Disclosure", out: str | None) -> None:
    from certmgr.cli.output import write_new  # noqa: PLC0415

    if out is None:
        printer.raw(found.document())
    else:
        write_new(Path(out), found.document().encode(), private=True)


@command.command("metrics", epilog=METRICS_EPILOG)
def metrics() -> None:
    """Print the metrics of this moment, as Prometheus reads them."""
    from certmgr.queries.metrics import metrics_text  # noqa: PLC0415 - loads the store

    printer.raw(metrics_text(invocation().workspace()))


def _form(form: str | None, out: str | None, forms: tuple[str, ...]) -> str:
    """Return the form that an option or the file's name asks for; text where neither does."""
    suffix = Path(out or "").suffix.removeprefix(".").lower()
    return form or (suffix if suffix in forms else "text")


def _destination(out: str | None, *, replace: bool) -> Path | None:
    """Return where to write; raises UsageError for --replace without it, or a folder that is not there.

    So it does before anything is signed: what the journal says was signed is there.
    """
    from certmgr.codes import Code  # noqa: PLC0415
    from certmgr.errors import RefusedError  # noqa: PLC0415

    if out is None:
        if replace:
            raise UsageError("--replace needs a file.", hint="Add --out FILE.")
        return None
    path = Path(out)
    if not path.absolute().parent.is_dir():
        raise UsageError(f"The folder {path.absolute().parent} is not there.", hint="Make it, or name another file.")
    if path.exists() and not replace:
        raise RefusedError(
            f"{path} is there already and is not replaced.",
            hint="Name another file, or add --replace.",
            code=Code.FILE_EXISTS,
        )
    return path


def _write(path: Path, content: bytes, *, replace: bool) -> None:
    from certmgr.files import write_public  # noqa: PLC0415

    write_public(path, content, replace=replace)
    printer.say(f"Wrote {path}")
