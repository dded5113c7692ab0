"""Whether a stolen CA key could vouch for public names: forbidden certificates are made in memory and must be refused.

The subject and the extensions of the real CA certificates are copied onto throw-away keys, so the real key never signs
a forbidden certificate, and nothing has to be unlocked.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certmgr.models.keys import KeyType
from certmgr.pki.build import Issuer, make_serial
from certmgr.pki.constraints import Limits
from certmgr.pki.extensions import leaf_usage_value
from certmgr.pki.verifiers import Chain, Verifier, found_verifiers
from certmgr.pki.verify import is_address
from certmgr.records import dataclass

_BEGIN, _END = datetime(2000, 1, 1, tzinfo=UTC), datetime(2049, 12, 31, tzinfo=UTC)
"""What is tested is names; certtool knows no time but the system's, so every time is inside."""
_PUBLIC_NAME = "www.example.com"
_PUBLIC_ADDRESSES = (("public IPv4 address", "8.8.8.8"), ("public IPv6 address", "2001:4860:4860::8888"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one verifier said to one certificate."""

    verifier: str
    case: str
    """For people: `public IPv4 address 8.8.8.8`."""
    expected: str
    """`accepted` or `refused`."""
    actual: str
    """The same, with the verifier's reason behind it where it refused."""
    ok: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    what: str
    name: str
    """What the relying party asks for."""
    names: tuple[str, ...]
    """The alternative names; none: the name stands in the CN alone."""
    allowed: bool = False


def run_selftest(
    root: bytes, issuing: bytes, now: datetime, *, verifiers: Mapping[str, Verifier] | None = None
) -> tuple[Verdict, ...]:
    """Return what every verifier of this machine says to certificates under these DER CA certificates.

    Names inside the constraints are to be accepted; public names and addresses, look-alikes of a zone, and a public
    name in the CN alone are to be refused. Takes about a tenth of a second a program. Raises UsageError where one of
    the two is not a CA's certificate.
    """
    limits = Issuer.from_certificate(issuing).limits
    hierarchy = _Hierarchy.copy(root, issuing)
    asked = found_verifiers() if verifiers is None else verifiers
    verdicts = []
    for case in _cases(limits):
        chain = hierarchy.issue(case)
        for verifier, verify in asked.items():
            verdicts.append(_judge(verifier, case, verify(chain, case.name, now)))
    return tuple(verdicts)


def _judge(verifier: str, case: _Case, refusal: str | None) -> Verdict:
    return Verdict(
        verifier=verifier,
        case=f"{case.what} {case.name}",
        expected="accepted" if case.allowed else "refused",
        actual="accepted" if refusal is None else f"refused: {refusal}",
        ok=(refusal is None) is case.allowed,
    )


def _cases(limits: Limits) -> Iterator[_Case]:
    """Yield what is to be accepted, then what is to be refused; a zone that is itself public narrows the latter."""
    zone = limits.zones[0] if limits.zones else "internal.invalid"
    inside = f"self-test.{zone}"
    if limits.zones:
        yield _Case(what="name in the zone", name=inside, names=(inside,), allowed=True)
    for network in limits.networks:
        address = str(network[1] if network.num_addresses > 1 else network[0])
        yield _Case(what="address in the network", name=address, names=(address,), allowed=True)
    forbidden = [
        _Case(what="public name", name=_PUBLIC_NAME, names=(_PUBLIC_NAME,)),
        _Case(what="public name beside an internal one", name=_PUBLIC_NAME, names=(inside, _PUBLIC_NAME)),
        _Case(what="name that ends like the zone", name=f"not{zone}", names=(f"not{zone}",)),
        _Case(what="name that begins like the zone", name=f"{zone}.example.com", names=(f"{zone}.example.com",)),
        _Case(what="public name in the common name alone", name=_PUBLIC_NAME, names=()),
        *(_Case(what=what, name=address, names=(address,)) for what, address in _PUBLIC_ADDRESSES),
    ]
    parent = zone.partition(".")[2]
    if "." in parent:
        forbidden.append(_Case(what="wildcard over the zone", name=f"other.{parent}", names=(f"*.{parent}",)))
    for case in forbidden:
        if not (limits.constrained and limits.covers(case.name)):
            yield case


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hierarchy:
    """A root and an issuing CA that say what the real ones say, under throw-away keys."""

    root: x509.Certificate
    issuing: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    """The issuing CA's; the leaves have it as their own, too."""

    @classmethod
    def copy(cls, root: bytes, issuing: bytes) -> "_Hierarchy":
        real_root, real_issuing = x509.load_der_x509_certificate(root), x509.load_der_x509_certificate(issuing)
        root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        return cls(
            root=_copy(real_root, root_key, root_key),
            issuing=_copy(real_issuing, key, root_key),
            key=key,
        )

    def issue(self, case: _Case) -> Chain:
        common_name = [] if case.names else [x509.NameAttribute(NameOID.COMMON_NAME, case.name)]
        builder = _builder(x509.Name(common_name), self.issuing.subject, self.key).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
        )
        if case.names:
            names = [
                x509.IPAddress(ip_address(name)) if is_address(name) else x509.DNSName(name) for name in case.names
            ]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=True)
        leaf = (
            builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(leaf_usage_value(KeyType.EC_P256), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .sign(self.key, SHA256())
        )
        return Chain(leaf=_der(leaf), issuing=_der(self.issuing), root=_der(self.root))


def _copy(
    real: x509.Certificate, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    """Return `real` with another key and another time; the key identifiers follow the keys."""
    builder = _builder(real.subject, real.issuer, key)
    for extension in real.extensions:
        value = extension.value
        if isinstance(value, x509.SubjectKeyIdentifier):
            value = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        elif isinstance(value, x509.AuthorityKeyIdentifier):
            value = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        builder = builder.add_extension(value, critical=extension.critical)
    return builder.sign(signer, SHA256())


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(make_serial().to_int())
        .not_valid_before(_BEGIN)
        .not_valid_after(_END)
    )


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)
