"""`certmgr export`: a certificate in the form that a server wants."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from certmgr.cli import printer
from certmgr.cli.invocation import invocation
from certmgr.cli.output import write_binary
from certmgr.cli.passwords import read_password
from certmgr.errors import UsageError

if TYPE_CHECKING:
    from certmgr.operations.exports import Artifact
    from certmgr.queries.certificates import Detail
    from certmgr.workspace import Workspace

FORMS = ("pem", "fullchain", "chain", "der", "pkcs12", "nginx", "apache", "haproxy")
FOLDERS = frozenset({"nginx", "apache", "haproxy"})
NEEDS_KEY = FOLDERS | {"pkcs12"}
EPILOG = """\b
Forms:
  pem        the certificate alone
  fullchain  the certificate and the issuing CA, as servers send them
  chain      the issuing CA alone
  der        the certificate alone, as bytes
  pkcs12     private key, certificate and issuing CA in one file under a password
  nginx, apache
             a folder with privkey.pem, fullchain.pem and a file to include
  haproxy    a folder with one NAME.pem, which holds key and chain

\b
Examples:
  certmgr export portal.corp.internal --form fullchain
  certmgr export portal.corp.internal --form nginx --out /etc/nginx/tls/portal
  certmgr export db.corp.internal --form pkcs12 --password-file db.password --out db.p12
"""


@click.command("export", epilog=EPILOG)
@click.argument("reference")
@click.option("--form", type=click.Choice(FORMS), default="pem", show_default=True, help="What comes out; see below.")
@click.option(
    "--out", metavar="PATH", help="The file, or for a server the folder, to write (default: standard output)."
)
@click.option("--key", "key_file", metavar="FILE", help="The private key (default: where certmgr delivered it).")
@click.option("--password-file", metavar="FILE", help="Read the password of the PKCS #12 file from FILE's first line.")
@click.option("--password-fd", type=int, metavar="N", help="Read the password of the PKCS #12 file from descriptor N.")
@click.option("--dry-run", is_flag=True, help="Say which files would be written; write nothing.")
def command(  # noqa: PLR0913 - one parameter an option
    *,
    reference: str,
    form: str,
    out: str | None,
    key_file: str | None,
    password_file: str | None,
    password_fd: int | None,
    dry_run: bool,
) -> None:
    """Export the certificate REFERENCE in the form that a server or a program wants."""
    from certmgr.queries import certificates  # noqa: PLC0415 - loads the store

    workspace = invocation().workspace()
    found = certificates.detail(workspace, certificates.resolve(workspace, reference).id)
    if form in FOLDERS and out is None:
        raise UsageError(f"The form {form} is a folder of files.", hint="Name the folder with --out DIR.")
    place = None if out is None else Path(out).absolute()
    key = None
    if form in NEEDS_KEY:
        from certmgr.operations import exports as operation  # noqa: PLC0415 - loads cryptography

        operation.require_usable(found, operation.Form(form), operation.state_now(workspace, found.certificate))
        key = operation.find_key(found.certificate, Path(key_file) if key_file else None)
    if dry_run:
        _rehearse(workspace, found, form, place, key)
        return
    if form == "pkcs12":
        password = read_password(password_file, password_fd, "New password of the PKCS #12 file")
        artifacts = _pkcs12(workspace, found, key or b"", password.reveal())
    else:
        artifacts = _made(workspace, found, form, place, key)
    _put(workspace, artifacts, form, place)


def _made(
    workspace: "Workspace", found: "Detail", form: str, place: Path | None, key: bytes | None
) -> "tuple[Artifact, ...]":
    from certmgr.operations import exports as operation  # noqa: PLC0415

    state = operation.state_now(workspace, found.certificate)
    return operation.make(found, operation.Form(form), now_state=state, folder=place, key_pem=key)


def _pkcs12(workspace: "Workspace", found: "Detail", key: bytes, password: bytes) -> "tuple[Artifact, ...]":
    from certmgr.custody.secrets import Secret  # noqa: PLC0415
    from certmgr.operations import exports as operation  # noqa: PLC0415

    state = operation.state_now(workspace, found.certificate)
    return (operation.make_pkcs12(found, now_state=state, key_pem=key, password=Secret(password)),)


def _rehearse(workspace: "Workspace", found: "Detail", form: str, place: Path | None, key: bytes | None) -> None:
    from certmgr.operations import exports as operation  # noqa: PLC0415

    artifacts = (
        _pkcs12(workspace, found, key or b"", b"-") if form == "pkcs12" else _made(workspace, found, form, place, key)
    )
    if place is None:
        printer.say(f"{found.certificate.server}: {len(artifacts[0].content)} bytes would be written.")
        return
    places = [place / one.name for one in artifacts] if form in FOLDERS else [place]
    operation.check_places(workspace, places)
    for one, path in zip(artifacts, places, strict=True):
        printer.say(f"Would write {path}, mode {one.mode:04o}")


def _put(workspace: "Workspace", artifacts: "tuple[Artifact, ...]", form: str, place: Path | None) -> None:
    """Write what was made to its place, or to standard output."""
    if place is None:
        (one,) = artifacts
        if form in {"der", "pkcs12"}:
            write_binary(one.content)
        else:
            printer.raw(one.content)
        return
    from certmgr.operations import exports as operation  # noqa: PLC0415

    for path in operation.write(workspace, artifacts, place, folder=form in FOLDERS):
        printer.say(f"Wrote {path}")
    if form == "haproxy":
        printer.say(f"In the frontend: bind :443 ssl crt {place}/")
