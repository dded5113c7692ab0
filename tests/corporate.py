"""A certificate authority of somebody else's: it signs what certmgr asks it for, and has an issuing CA of its own."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_network

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PURPOSES = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])


def usage(*, certificates: bool = True, lists: bool = True) -> x509.KeyUsage:
    """Return what a CA's key is for."""
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=lists,
        encipher_only=False,
        decipher_only=False,
    )


def walls(*, zone: str = "egov.internal", v6: bool = True) -> x509.NameConstraints:
    """Return name constraints on one zone and 10/8, and on fd00::/8 unless `v6` is off."""
    names: list[x509.GeneralName] = [x509.DNSName(zone), x509.IPAddress(ip_network("10.0.0.0/8"))]
    if v6:
        names.append(x509.IPAddress(ip_network("fd00::/8")))
    return x509.NameConstraints(names, None)


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    """Return one RSA key for each name; they take a while to make."""
    del name
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Corporate:
    """A root, and what it signs."""

    def __init__(self, *, now: datetime | None = None, path_length: int | None = None, days: int = 3650) -> None:
        self.now = now or datetime.now(UTC)
        self.key = key("root")
        self._subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Corporate Root")])
        self.root = self._sign(
            self._subject,
            self.key.public_key(),
            [(x509.BasicConstraints(ca=True, path_length=path_length), True), (usage(), True)],
            days,
        )

    @property
    def root_pem(self) -> bytes:
        """The root's certificate."""
        return self.root.public_bytes(Encoding.PEM)

    def answer(
        self,
        request: bytes,
        *,
        constraints: x509.NameConstraints | None = None,
        path_length: int | None = 0,
        days: int = 1095,
    ) -> bytes:
        """Return the certificate (PEM) for a request, with the rights of an issuing CA; its own wishes are ignored."""
        csr = x509.load_pem_x509_csr(request)
        extensions: list[tuple[x509.ExtensionType, bool]] = [
            (x509.BasicConstraints(ca=True, path_length=path_length), True),
            (usage(), True),
            (PURPOSES, False),
            (constraints or walls(), True),
        ]
        made = self._sign(csr.subject, csr.public_key(), extensions, days)  # type: ignore[arg-type]  # any key serves
        return made.public_bytes(Encoding.PEM)

    def issuing(self, extensions: Sequence[tuple[x509.ExtensionType, bool]] = ()) -> tuple[bytes, bytes]:
        """Return certificate and unencrypted key (PEM) of an issuing CA of the corporation's own."""
        own = key("issuing")
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Old Issuing CA")])
        given = extensions or [(x509.BasicConstraints(ca=True, path_length=0), True), (usage(), True)]
        made = self._sign(subject, own.public_key(), given, 1000)
        return made.public_bytes(Encoding.PEM), key_pem(own)

    def crl(self, certificate: bytes, serials: Sequence[int], number: int = 31) -> bytes:
        """Return a CRL (PEM) of that issuing CA with these serials, revoked for a compromised key."""
        issuer = x509.load_pem_x509_certificate(certificate)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(issuer.subject)
            .last_update(self.now - timedelta(hours=1))
            .next_update(self.now + timedelta(days=30))
            .add_extension(x509.CRLNumber(number), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key("issuing").public_key()), False)  # noqa: FBT003 - the library's order
        )
        for serial in serials:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(self.now - timedelta(days=1))
            reason = x509.CRLReason(x509.ReasonFlags.key_compromise)
            builder = builder.add_revoked_certificate(entry.add_extension(reason, critical=False).build())
        return builder.sign(key("issuing"), SHA256()).public_bytes(Encoding.PEM)

    def _sign(
        self,
        subject: x509.Name,
        public_key: rsa.RSAPublicKey,
        extensions: Sequence[tuple[x509.ExtensionType, bool]],
        days: int,
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now - timedelta(hours=2))
            .not_valid_after(self.now + timedelta(days=days))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        )
        for value, critical in extensions:
            builder = builder.add_extension(value, critical=critical)
        # SHA-512 under RSA: an algorithm that certmgr's own CAs never use, and a corporate one may.
        return builder.sign(self.key, SHA512())


def key_pem(private: rsa.RSAPrivateKey) -> bytes:
    """Return a key as unencrypted PKCS #8."""
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
