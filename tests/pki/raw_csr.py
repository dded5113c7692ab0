"""Signing requests put together by hand, so that they can say what no honest program writes."""

from collections.abc import Iterable
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certmgr.models.keys import KeyType
from certmgr.pki import der, keys
from certmgr.pki.algorithms import algorithm_identifier
from certmgr.pki.export import pem

ECDSA_SHA256 = algorithm_identifier(KeyType.EC_P256)
RSA_SHA256 = algorithm_identifier(KeyType.RSA_2048)
RSA_SHA1 = der.sequence(der.oid("1.2.840.113549.1.1.5"), b"\x05\x00")
RSA_MD5 = der.sequence(der.oid("1.2.840.113549.1.1.4"), b"\x05\x00")
DSA_SHA256 = der.sequence(der.oid("2.16.840.1.101.3.4.3.2"))
ED448 = der.sequence(der.oid("1.3.101.113"))
EXTENSION_REQUEST = "1.2.840.113549.1.9.14"
CA_TRUE = der.extension("2.5.29.19", der.sequence(der.BOOLEAN_TRUE), critical=True)

SignerKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | dsa.DSAPrivateKey | ed448.Ed448PrivateKey


@cache
def default_key() -> ec.EllipticCurvePrivateKey:
    """Return the key of every request whose key is not the point."""
    return ec.generate_private_key(ec.SECP256R1())


def spki_of(key: SignerKey) -> bytes:
    """Return the public half of `key`."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def common_name(text: str | bytes, tag: int = 0x0C) -> bytes:
    """Return the relative name CN=`text`, a UTF8String unless `tag` says otherwise."""
    value = text.encode() if isinstance(text, str) else text
    return der.tlv(der.SET, der.sequence(der.oid("2.5.4.3"), der.tlv(tag, value)))


def dns(text: str | bytes) -> bytes:
    """Return a dNSName of any octets."""
    return der.tlv(0x82, text if isinstance(text, bytes) else text.encode())


def address(packed: bytes) -> bytes:
    """Return an iPAddress of any octets."""
    return der.tlv(0x87, packed)


def san(*names: bytes) -> bytes:
    """Return a SAN extension of encoded names."""
    return der.extension("2.5.29.17", der.sequence(*names), critical=False)


def extension_request(*extensions: bytes) -> bytes:
    """Return the attribute that asks for `extensions`."""
    return attribute(EXTENSION_REQUEST, der.sequence(*extensions))


def attribute(oid: str, *values: bytes) -> bytes:
    """Return an attribute of encoded values."""
    return der.sequence(der.oid(oid), der.tlv(der.SET, *values))


def make_raw(  # noqa: PLR0913 - every part of a request can be a lie
    *extensions: bytes,
    subject: Iterable[bytes] = (),
    attributes: Iterable[bytes] = (),
    key: SignerKey | None = None,
    spki: bytes | None = None,
    algorithm: bytes | None = None,
    version: bytes = b"\x02\x01\x00",
    signature: bytes | None = None,
) -> bytes:
    """Return the DER of a request, signed by `key` unless `signature` is given."""
    signer = key or default_key()
    asked = (extension_request(*extensions),) if extensions else ()
    info = der.sequence(
        version,
        der.sequence(*subject),
        spki or spki_of(signer),
        der.tlv(0xA0, *sorted((*asked, *attributes))),  # the order of a SET OF in DER (X.690 11.6)
    )
    found_algorithm = algorithm or (RSA_SHA256 if isinstance(signer, rsa.RSAPrivateKey) else ECDSA_SHA256)
    made = sign(signer, found_algorithm, info) if signature is None else signature
    return der.sequence(info, found_algorithm, der.bit_string(made))


def sign(key: SignerKey, algorithm: bytes, info: bytes) -> bytes:
    """Return the signature of `key` over `info` with the hash that `algorithm` names."""
    if isinstance(key, ed448.Ed448PrivateKey):
        return key.sign(info)
    if isinstance(key, rsa.RSAPrivateKey):
        digests: dict[bytes, hashes.HashAlgorithm] = {RSA_SHA1: hashes.SHA1(), RSA_MD5: hashes.MD5()}  # noqa: S303 - the point
        return key.sign(info, padding.PKCS1v15(), digests.get(algorithm, hashes.SHA256()))
    if isinstance(key, dsa.DSAPrivateKey):
        return key.sign(info, hashes.SHA256())
    return key.sign(info, ec.ECDSA(hashes.SHA256()))


def request_pem(*names: bytes, **parts: object) -> bytes:
    """Return a PEM request with these SAN names; `parts` are make_raw's."""
    return pem(make_raw(san(*names), **parts), "CERTIFICATE REQUEST")  # type: ignore[arg-type]  # passed on as they are


def private_key_pem() -> bytes:
    """Return a private key as PEM."""
    return keys.private_pem(default_key())
