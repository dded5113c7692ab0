"""`certmgr ca export`: CA certificates for relying parties, and how they are installed."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from certmgr.cli import printer
from certmgr.cli.invocation import invocation
from certmgr.cli.output import write_binary, write_new
from certmgr.cli.passwords import read_password
from certmgr.errors import NotFoundError, UsageError
from certmgr.trust_text import SYSTEMS, Trusted, file_name, instructions, spoken

if TYPE_CHECKING:
    from certmgr.models.authorities import Authority
    from certmgr.workspace import Workspace

CHAIN = "chain"
EPILOG = """\b
Clients get the root. Servers send the issuing CA themselves (fullchain.pem); chain is the issuing CA and the root.

\b
Examples:
  certmgr ca export root --out root.pem
  certmgr ca export root --for debian
  certmgr ca export root --for debian | ssh portal sudo sh
  certmgr ca export root --form java-truststore --password-file store.password --out truststore.p12
"""


@click.command("export", epilog=EPILOG)
@click.argument("authority", metavar="CA")
@click.option("--for", "system", type=click.Choice(SYSTEMS), help="Print the commands that install the root there.")
@click.option(
    "--form",
    type=click.Choice(["pem", "der", "java-truststore"]),
    default="pem",
    show_default=True,
    help="The form of the certificate.",
)
@click.option("--out", metavar="FILE", help="Write to this new file in place of standard output.")
@click.option("--password-file", metavar="FILE", help="Read the trust store's password from the first line of FILE.")
@click.option("--password-fd", type=int, metavar="N", help="Read the trust store's password from file descriptor N.")
def export(  # noqa: PLR0913 - one parameter an option
    *,
    authority: str,
    system: str | None,
    form: str,
    out: str | None,
    password_file: str | None,
    password_fd: int | None,
) -> None:
    """Export the certificate of CA: root, issuing, chain (the issuing CA and the root) or a short name."""
    workspace = invocation().workspace()
    chain = _chain(workspace, authority)
    if system is not None:
        content = _for_system(system, chain, form)
    elif form == "java-truststore":
        from certmgr.pki import export as encode  # noqa: PLC0415 - loads cryptography

        password = read_password(password_file, password_fd, "New password of the trust store")
        content = encode.java_truststore({one.slug: one.certificate for one in chain}, password.reveal())
    else:
        content = _encoded(chain, form)
    if form == "pem":
        for one in chain:
            printer.say(f"{one.slug}, SHA-256 {' '.join(spoken(one.sha256))}")
    if out is not None:
        write_new(Path(out), content, private=False)
    elif form == "pem":
        printer.raw(content)
    else:
        write_binary(content)


def _chain(workspace: "Workspace", name: str) -> "tuple[Authority, ...]":
    """Return the CAs that the word names, the issuing CA before the root."""
    from certmgr.queries import authorities  # noqa: PLC0415 - loads the store

    if name == CHAIN:
        return authorities.chain_of(workspace, authorities.named(workspace, "issuing"))
    found = authorities.named(workspace, name)
    if not found.certificate:
        raise NotFoundError(f"{found.slug} waits for its certificate.", hint="See `certmgr ca request`.")
    return (found,)


def _encoded(chain: "tuple[Authority, ...]", form: str) -> bytes:
    from certmgr.pki import export as encode  # noqa: PLC0415 - loads cryptography

    if form == "pem":
        return encode.chain_pem([one.certificate for one in chain])
    if len(chain) > 1:
        raise UsageError("DER holds one certificate.", hint="Export root and issuing one by one, or as PEM.")
    return chain[0].certificate


def _for_system(system: str, chain: "tuple[Authority, ...]", form: str) -> bytes:
    """Return the commands that make the root trusted; nothing else is to be installed as trusted (R1.3)."""
    from certmgr.models.authorities import AuthorityRole  # noqa: PLC0415
    from certmgr.pki import export as encode  # noqa: PLC0415

    (one, *others) = chain
    if others or one.role is not AuthorityRole.ROOT:
        raise UsageError(
            "Only the root is installed as trusted; the issuing CA comes from the servers.",
            hint=f"certmgr ca export root --for {system}",
        )
    if form != "pem":
        raise UsageError("--for prints commands with the certificate as PEM; leave out --form.")
    common_name = next((part[3:] for part in one.subject.split(",") if part.startswith("CN=")), "")
    return instructions(
        system,
        Trusted(
            name=file_name(common_name, one.slug),
            subject=one.subject,
            not_after=f"{one.not_after:%Y-%m-%d}",
            sha256=one.sha256,
            pem=encode.pem(one.certificate).decode(),
        ),
    ).encode()
