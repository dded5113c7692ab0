"""Certificates and keys in the forms that other programs take in: PEM, PKCS #12, Java trust store."""

import base64
from collections.abc import Iterable, Mapping, Sequence

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA65PrivateKey, MLDSA87PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding

from certmgr.errors import UsageError
from certmgr.pki.keys import load_private

_LINE = 64


def pem(der: bytes, label: str = "CERTIFICATE") -> bytes:
    """Return `der` as one PEM block (RFC 7468) under `label`: CERTIFICATE, X509 CRL or CERTIFICATE REQUEST."""
    text = base64.b64encode(der)
    lines = (text[at : at + _LINE] for at in range(0, len(text), _LINE))
    return b"-----BEGIN %b-----\n%b\n-----END %b-----\n" % (label.encode(), b"\n".join(lines), label.encode())


def chain_pem(certificates: Iterable[bytes]) -> bytes:
    """Return the DER `certificates` as PEM blocks one after the other, in the order given (leaf first for TLS)."""
    return b"".join(pem(certificate) for certificate in certificates)


def certificates_of_pem(data: bytes) -> tuple[bytes, ...]:
    """Return the DER of every certificate in the PEM `data`, in its order; raises UsageError where there is none."""
    try:
        found = x509.load_pem_x509_certificates(data)
    except ValueError as error:
        raise UsageError("The file holds no readable PEM certificate.") from error
    return tuple(certificate.public_bytes(Encoding.DER) for certificate in found)


def pkcs12(key_pem: bytes | None, certificate: bytes, chain: Sequence[bytes], password: bytes, alias: str) -> bytes:
    """Return a PKCS #12 file of the private key, its DER `certificate` and the DER `chain`, under `password`.

    Encrypted with AES-256 in the form that Java 8u301 and later, Windows Server 2016 and later and OpenSSL read. Raises
    UsageError for an empty password, a key that is not the certificate's, and an ML-DSA key, which no reader knows.
    """
    if not password:
        raise UsageError("A PKCS #12 file needs a password.")
    from cryptography.hazmat.primitives.serialization import pkcs12 as form  # noqa: PLC0415 - start-up: `issue` writes PEM

    key = None if key_pem is None else load_private(key_pem)
    if isinstance(key, MLDSA44PrivateKey | MLDSA65PrivateKey | MLDSA87PrivateKey):
        raise UsageError("No program reads an ML-DSA key from PKCS #12; export it as PEM.")
    try:
        return form.serialize_key_and_certificates(
            alias.encode(),
            key,
            x509.load_der_x509_certificate(certificate),
            [x509.load_der_x509_certificate(authority) for authority in chain],
            BestAvailableEncryption(password),
        )
    except ValueError:
        # The cause may speak of the key, so it is not chained.
        raise UsageError("The private key does not belong to the certificate.") from None


def java_truststore(certificates: Mapping[str, bytes], password: bytes) -> bytes:
    """Return a PKCS #12 trust store, as Java reads it, of DER `certificates` by alias."""
    from cryptography.hazmat.primitives.serialization import pkcs12 as form  # noqa: PLC0415 - start-up, as above

    trusted = [
        form.PKCS12Certificate(x509.load_der_x509_certificate(certificate), alias.encode())
        for alias, certificate in certificates.items()
    ]
    if not trusted or not password:
        raise UsageError("A Java trust store needs a certificate and a password.")
    return form.serialize_java_truststore(trusted, BestAvailableEncryption(password))
