"""The least that a Python program with our libraries does for one certificate: what `certmgr issue` is compared with.

It imports click, cryptography.x509 and sqlite_utils, makes a P-256 key, signs a certificate with a SAN, inserts one row
with a FULL commit and writes two files. No policy, no lint, no intent, no journal, no sync of files.

Usage: minimal_issue.py FOLDER NAME; FOLDER holds ca.pem and ca.key (`--make-ca` makes them).
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from sqlite_utils import Database


def make_authority(folder: Path) -> None:
    """Write a self-signed CA to ca.pem and ca.key and make the table."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Minimal CA")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=99)
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write(folder / "ca.key", _private_pem(key))
    _write(folder / "ca.pem", certificate.public_bytes(serialization.Encoding.PEM))
    database = Database(folder / "minimal.db")
    database.enable_wal()
    database.table("certificate").create({"serial": str, "name": str, "der": bytes}, pk="serial", strict=True)
    database.close()


def issue(folder: Path, name: str) -> None:
    """Make a key and a certificate for `name`, insert a row, write NAME.key and NAME.pem."""
    authority = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    signer = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise click.UsageError("ca.key is not an EC key.")
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=90))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    database = Database(folder / "minimal.db")
    database.execute("PRAGMA synchronous=FULL")
    row = {
        "serial": f"{certificate.serial_number:X}",
        "name": name,
        "der": certificate.public_bytes(serialization.Encoding.DER),
    }
    database.table("certificate").insert(row)
    database.close()
    _write(folder / f"{name}.key", _private_pem(key))
    _write(folder / f"{name}.pem", certificate.public_bytes(serialization.Encoding.PEM))


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)


@click.command()
@click.option("--make-ca", is_flag=True, help="Make the CA and the table, and no certificate.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("name", default="")
def main(folder: Path, name: str, *, make_ca: bool) -> None:
    """Issue one certificate for NAME with the CA in FOLDER."""
    if make_ca:
        make_authority(folder)
    else:
        issue(folder, name)


if __name__ == "__main__":
    main()
