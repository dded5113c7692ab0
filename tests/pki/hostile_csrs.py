"""Signing requests that are damaged, mistaken or hostile, each with the exit code that certmgr owes it.

Given the zone `egov.internal` and the networks 10.0.0.0/8 and fd00::/8, under a profile without wildcards:
2 means that the file is not one readable request, 4 that it is one and is refused. `words` are found in the message
or in one of the findings, whatever their case.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address

from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from certmgr.pki import der, export, keys
from tests.pki.hierarchy import make_hierarchy
from tests.pki.raw_csr import (
    CA_TRUE,
    DSA_SHA256,
    ED448,
    RSA_MD5,
    RSA_SHA1,
    address,
    attribute,
    common_name,
    default_key,
    dns,
    extension_request,
    make_raw,
    private_key_pem,
    request_pem,
    san,
)
from tests.pki.weak_rsa import CLOSE_P, CLOSE_Q, ROCA_P, ROCA_Q, make_rsa_key

GOOD = "app.egov.internal"
_LABEL = "CERTIFICATE REQUEST"
_SM2_REQUEST = b"""-----BEGIN CERTIFICATE REQUEST-----
MIIBBTCBrQIBADAcMRowGAYDVQQDDBFhcHAuZWdvdi5pbnRlcm5hbDBZMBMGByqG
SM49AgEGCCqBHM9VAYItA0IABFSv0nufK0y4ZnyJEtnZPyCRnzfC1hXWXxS2z5s0
gPrsRXzgA10RVUbRwXTsm6xVNVPr8Y8RVl7DHGq7BxQngCSgLzAtBgkqhkiG9w0B
CQ4xIDAeMBwGA1UdEQQVMBOCEWFwcC5lZ292LmludGVybmFsMAoGCCqBHM9VAYN1
A0cAMEQCIHkYW4bjgQLmjFTnRQYEm65HYrfsIyDB1M93siQ3sowRAiBAkQR//F5T
guGNnRITTiBce5QJZdAqUO72ul0A3Q9a+g==
-----END CERTIFICATE REQUEST-----
"""
"""Made by OpenSSL 3.0; cryptography does not know the curve."""


@dataclass(frozen=True, slots=True)
class HostileCase:
    """One file that certmgr is given as `--csr`."""

    name: str
    data: bytes
    expected_exit: int
    words: tuple[str, ...] = ()


@cache
def cases() -> list[HostileCase]:
    """Return every case; their names are distinct."""
    return [
        *_not_requests(),
        *_damaged(),
        *_malformed(),
        *_keys(),
        *_rights(),
        *_kinds_of_names(),
        *_dns(),
        *_addresses(),
    ]


def good_request() -> bytes:
    """Return the honest request that most cases are a distortion of."""
    return request_pem(dns(GOOD))


def _not_requests() -> Iterator[HostileCase]:
    """Yield files that are something else (exit 2)."""
    leaf = make_hierarchy().issue(GOOD)
    key = default_key()
    traditional = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    encrypted = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    ssh = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    p12 = export.pkcs12(keys.private_pem(leaf.key), leaf.certificate, (), b"secret", "app")
    good = good_request()
    yield HostileCase("empty file", b"", 2, ("empty",))
    yield HostileCase("blank file", b" \r\n\t\n", 2, ("empty",))
    yield HostileCase("private key", private_key_pem(), 2, ("private key",))
    yield HostileCase("private key of the old form", traditional, 2, ("private key",))
    yield HostileCase("encrypted private key", encrypted, 2, ("private key",))
    yield HostileCase("private key as DER", private, 2, ("private key",))
    yield HostileCase("request and private key", good + private_key_pem(), 2, ("private key",))
    yield HostileCase("certificate", export.pem(leaf.certificate), 2, ("CERTIFICATE",))
    yield HostileCase("certificate as DER", leaf.certificate, 2, ("certificate",))
    yield HostileCase("certificate under a request's label", export.pem(leaf.certificate, _LABEL), 2, ("certificate",))
    yield HostileCase("public key", public, 2, ("PUBLIC KEY",))
    yield HostileCase("SSH public key", ssh, 2, ("neither PEM nor DER",))
    yield HostileCase("PKCS #12 file", p12, 2, ())
    yield HostileCase("web page", b"<!DOCTYPE html><title>404</title>", 2, ("neither PEM nor DER",))
    yield HostileCase("random bytes", bytes(range(256)) * 8, 2, ("neither PEM nor DER",))
    yield HostileCase("over one mebibyte", good + b"\n" * (1 << 20), 2, ("larger",))
    yield HostileCase("saved as UTF-16", good.decode().encode("utf-16"), 2, ("UTF-16",))


def _damaged() -> Iterator[HostileCase]:
    """Yield requests that were cut, mixed or mistyped (exit 2)."""
    raw, good = make_raw(san(dns(GOOD))), good_request()
    lines = good.splitlines(keepends=True)
    yield HostileCase("truncated DER", raw[:-20], 2, ("cut off",))
    yield HostileCase("truncated DER in whole PEM", export.pem(raw[:100], _LABEL), 2, ("cut off",))
    yield HostileCase("one byte of DER", b"\x30", 2, ())
    yield HostileCase("PEM without its last line", b"".join(lines[:-1]), 2, ("cut off",))
    yield HostileCase("PEM cut in the middle", good[: len(good) // 2], 2, ("cut off",))
    yield HostileCase("trailing garbage after PEM", good + b"rm -rf /\n", 2, ("behind",))
    yield HostileCase("trailing garbage after DER", raw + b"\x00", 2, ())
    yield HostileCase("two requests", good + good, 2, ("2 PEM blocks",))
    yield HostileCase("wrong label", export.pem(raw, "CERTIFICATE"), 2, ("labelled",))
    yield HostileCase(
        "lines that do not match", good.replace(b"END CERTIFICATE REQUEST", b"END CERTIFICATE"), 2, ("match",)
    )
    yield HostileCase("base64 damage", good.replace(lines[2], lines[2][:10] + b"*" + lines[2][11:]), 2, ("base64",))
    yield HostileCase("base64 with a line missing", good.replace(lines[2], b""), 2, ())
    yield HostileCase("empty PEM block", b"".join((lines[0], lines[-1])), 2, ())
    yield HostileCase("indefinite length", b"\x30\x80" + raw[4:] + b"\x00\x00", 2, ())


def _malformed() -> Iterator[HostileCase]:
    """Yield requests that no decoder is to take, and one that carries too much."""
    name = san(dns(GOOD))
    flipped = bytearray(make_raw(name))
    flipped[-1] ^= 1
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    foreign = other.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    many = [attribute(f"1.3.6.1.4.1.32473.9.{number}", der.octet_string(b"x" * 20)) for number in range(5000)]
    extensions = [der.extension(f"1.3.6.1.4.1.32473.8.{n}", der.octet_string(b"x"), critical=True) for n in range(200)]
    yield HostileCase("negative version", _pem(make_raw(name, version=b"\x02\x01\xff")), 2, ("damaged",))
    yield HostileCase("version of the future", _pem(make_raw(name, version=b"\x02\x01\x07")), 2, ("version",))
    yield HostileCase("duplicate extensions", _pem(make_raw(name, san(dns("b." + GOOD)))), 2, ("twice",))
    yield HostileCase(
        "subject that is not UTF-8", _pem(make_raw(name, subject=[common_name(b"\xff\xfe")])), 2, ("damaged",)
    )
    yield HostileCase(
        "alternative name cut off", _pem(make_raw(der.extension("2.5.29.17", b"\x30\x20\x82", critical=False))), 2
    )
    yield HostileCase("address of five octets", _pem(make_raw(san(address(b"\x0a\x00\x00\x01\x05")))), 2, ("damaged",))
    yield HostileCase("x400Address", _pem(make_raw(san(der.tlv(0xA3, b"")))), 2)
    yield HostileCase("wrong signature", _pem(bytes(flipped)), 4, ("signature",))
    yield HostileCase("signature by another key", _pem(make_raw(name, spki=foreign)), 4, ("signature",))
    yield HostileCase("empty signature", _pem(make_raw(name, signature=b"")), 4, ("signature",))
    yield HostileCase("attribute bomb", _pem(make_raw(name, attributes=many)), 4, ("5001 attributes",))
    yield HostileCase("extension bomb", _pem(make_raw(name, *extensions)), 4, ("201 extensions",))
    twice = make_raw(name, attributes=[extension_request(san(dns("www.example.com")))])
    yield HostileCase("extensions asked for twice", _pem(twice), 4, ("two places",))


def _keys() -> Iterator[HostileCase]:
    """Yield requests whose key is weak, unknown or no key (exit 4)."""
    name = san(dns(GOOD))
    point = der.bit_string(b"\x04" + bytes(63) + b"\x05")
    p256 = der.sequence(der.oid("1.2.840.10045.2.1"), der.oid("1.2.840.10045.3.1.7"))
    x25519 = der.sequence(der.sequence(der.oid("1.3.101.110")), der.bit_string(b"\x09" + bytes(31)))
    huge = rsa.RSAPublicNumbers(65537, (1 << 16383) | 1).public_key()
    huge_spki = huge.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    rsa_2048 = rsa.generate_private_key(65537, 2048)
    rsa_1024 = rsa.generate_private_key(65537, 1024)  # noqa: S505 - the point
    yield HostileCase("RSA 1024", _pem(make_raw(name, key=rsa_1024)), 4, ("1024",))
    yield HostileCase("RSA 2056", _pem(make_raw(name, key=rsa.generate_private_key(65537, 2056))), 4, ("2056",))
    yield HostileCase("RSA 16384", _pem(make_raw(name, spki=huge_spki)), 4, ("16384",))
    yield HostileCase("RSA with e=3", _pem(make_raw(name, key=rsa.generate_private_key(3, 2048))), 4, ("65537",))
    yield HostileCase("RSA with close primes", _pem(make_raw(name, key=make_rsa_key(CLOSE_P, CLOSE_Q))), 4, ("close",))
    yield HostileCase("RSA of ROCA", _pem(make_raw(name, key=make_rsa_key(ROCA_P, ROCA_Q))), 4, ("ROCA",))
    yield HostileCase("signed with SHA-1", _pem(make_raw(name, key=rsa_2048, algorithm=RSA_SHA1)), 4, ("sha1",))
    yield HostileCase("signed with MD5", _pem(make_raw(name, key=rsa_2048, algorithm=RSA_MD5)), 4, ("md5",))
    yield HostileCase("EC P-521", _pem(make_raw(name, key=ec.generate_private_key(ec.SECP521R1()))), 4, ("secp521r1",))
    yield HostileCase(
        "EC secp256k1", _pem(make_raw(name, key=ec.generate_private_key(ec.SECP256K1()))), 4, ("secp256k1",)
    )
    yield HostileCase("EC P-224", _pem(make_raw(name, key=ec.generate_private_key(ec.SECP224R1()))), 4, ("secp224r1",))
    yield HostileCase("SM2", _SM2_REQUEST, 4, ("unknown",))
    dsa_key = dsa.generate_private_key(1024)  # noqa: S505 - the point
    yield HostileCase("DSA", _pem(make_raw(name, key=dsa_key, algorithm=DSA_SHA256)), 4, ("DSA",))
    yield HostileCase(
        "Ed448", _pem(make_raw(name, key=ed448.Ed448PrivateKey.generate(), algorithm=ED448)), 4, ("Ed448",)
    )
    yield HostileCase("X25519", _pem(make_raw(name, spki=x25519)), 4, ("X25519",))
    off_curve = der.sequence(p256, point)
    yield HostileCase("point off the curve", _pem(make_raw(name, spki=off_curve)), 4, ("not a valid key",))


def _rights() -> Iterator[HostileCase]:
    """Yield requests for more than a server's rights (exit 4)."""
    name = san(dns(GOOD))
    certificate_signing = der.extension("2.5.29.15", bytes.fromhex("03020204"), critical=True)
    crl_signing = der.extension("2.5.29.15", bytes.fromhex("03020102"), critical=True)
    ocsp = der.extension("2.5.29.37", der.sequence(der.oid("1.3.6.1.5.5.7.3.9")), critical=False)
    yield HostileCase("CA:TRUE", _pem(make_raw(name, CA_TRUE)), 4, ("CA:TRUE",))
    yield HostileCase("keyCertSign", _pem(make_raw(name, certificate_signing)), 4, ("keyCertSign",))
    yield HostileCase("cRLSign", _pem(make_raw(name, crl_signing)), 4, ("cRLSign",))
    yield HostileCase("OCSPSigning", _pem(make_raw(name, ocsp)), 4, ("OCSPSigning",))


def _kinds_of_names() -> Iterator[HostileCase]:
    """Yield names that are not for a server certificate, and common names that deceive (exit 4)."""
    upn = der.tlv(0xA0, der.oid("1.3.6.1.4.1.311.20.2.3"), der.tlv(0xA0, der.tlv(0x0C, b"root@egov.internal")))
    directory = der.tlv(0xA4, der.sequence(common_name("Google LLC")))
    registered = der.tlv(0x88, der.content(der.oid("1.2.3.4")))
    good = dns(GOOD)
    yield HostileCase("otherName", request_pem(good, upn), 4, ("otherName",))
    yield HostileCase("e-mail address", request_pem(good, der.tlv(0x81, b"root@egov.internal")), 4, ("e-mail",))
    yield HostileCase("URI", request_pem(good, der.tlv(0x86, b"https://app.egov.internal/")), 4, ("URI",))
    yield HostileCase("directory name", request_pem(good, directory), 4, ("directory",))
    yield HostileCase("registered id", request_pem(good, registered), 4, ("registered",))
    yield HostileCase("network as address", request_pem(good, address(bytes(8))), 4, ("network",))
    yield HostileCase("no name at all", _pem(make_raw()), 4)
    yield HostileCase("empty alternative name", request_pem(), 4)
    yield HostileCase("public common name alone", _cn("www.example.com"), 4, ("example.com",))
    yield HostileCase("common name that is no name", _cn("Zhang San"), 4)
    yield HostileCase("common name that does not match", _cn("www.example.com", good), 4, ("not among",))
    two = make_raw(san(good), subject=[common_name(GOOD), common_name(GOOD)])
    yield HostileCase("two common names", _pem(two), 4, ("2 common names",))
    yield HostileCase("NUL in the common name", _cn("app.egov.internal\0.example.com", good), 4, ("not among",))
    yield HostileCase("right-to-left mark in the common name", _cn("app\u202elanretni.voge", good), 4, ("not among",))


def _dns() -> Iterator[HostileCase]:
    """Yield DNS names that are public, outside or malformed (exit 4)."""
    for what, name in (
        ("public name", "www.example.com"),
        ("public suffix", "co.uk"),
        ("zone as a prefix", "egov.internal.example.com"),
        ("name that ends like the zone", "notegov.internal"),
        ("other internal zone", "app.corp.internal"),
        ("bare host name", "localhost"),
        ("wildcard", "*.egov.internal"),
        ("wildcard over the zone", "*.internal"),
        ("wildcard alone", "*"),
        ("wildcard inside a label", "app*.egov.internal"),
        ("two wildcards", "*.*.egov.internal"),
        ("NUL in a name", "app.egov.internal\0.example.com"),
        ("line end in a name", "app.egov.internal\nDNS:www.example.com"),
        ("escape sequence in a name", "\x1b[2Japp.egov.internal"),
        ("space in a name", "app .egov.internal"),
        ("underscore in a name", "my_app.egov.internal"),
        ("quote in a name", "app';DROP TABLE certificate;--.egov.internal"),
        ("path in a name", "../../etc/cron.d/x.egov.internal"),
        ("percent in a name", "%s%n.egov.internal"),
        ("label of 64 octets", f"{'a' * 64}.egov.internal"),
        ("name of 300 octets", f"{'a.' * 143}egov.internal"),
        ("empty name", ""),
        ("leading dot", ".egov.internal"),
        ("two dots", "app..egov.internal"),
        ("leading hyphen", "-app.egov.internal"),
        ("address as a DNS name", "10.1.2.3"),
        ("mixed scripts as an A-label", "xn--pp-7lc.egov.internal"),
        ("A-label that does not decode", "xn--zzzzzzz99999.egov.internal"),
    ):
        yield HostileCase(what, request_pem(dns(name)), 4)
    yield HostileCase("mixed scripts in UTF-8", request_pem(dns("\u0430pp.egov.internal")), 4)
    yield HostileCase(
        "public name beside an internal one", request_pem(dns(GOOD), dns("www.example.com")), 4, ("example",)
    )
    yield HostileCase("10,000 names", request_pem(*(dns(f"a{number}.egov.internal") for number in range(10_000))), 4)


def _addresses() -> Iterator[HostileCase]:
    """Yield addresses that are public, outside or special (exit 4)."""
    for what, text in (
        ("public IPv4 address", "8.8.8.8"),
        ("public IPv6 address", "2001:4860:4860::8888"),
        ("private address outside the networks", "192.168.1.1"),
        ("mapped IPv4 address", "::ffff:10.0.0.1"),
        ("NAT64 address", "64:ff9b::a00:1"),
        ("loopback address", "127.0.0.1"),
        ("unspecified address", "0.0.0.0"),  # noqa: S104 - nothing is bound to it
        ("multicast address", "224.0.0.1"),
        ("link-local address", "fe80::1"),
    ):
        yield HostileCase(what, request_pem(dns(GOOD), address(ip_address(text).packed)), 4)


def _pem(raw: bytes) -> bytes:
    return export.pem(raw, _LABEL)


def _cn(text: str, *names: bytes) -> bytes:
    return _pem(make_raw(*((san(*names),) if names else ()), subject=[common_name(text)]))
