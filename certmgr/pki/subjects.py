"""Distinguished names: made from policy, shown as text (RFC 4514)."""

from cryptography import x509
from cryptography.x509.oid import NameOID

from certmgr.pki import der

EMPTY = der.sequence()


def make_name(common_name: str | None, organisation: str | None = None) -> bytes:
    """Return the DER of a name of at most an organisation and a common name; of neither, the empty name."""
    attributes = [] if organisation is None else [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)]
    if common_name is not None:
        attributes.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name))
    return x509.Name(attributes).public_bytes() if attributes else EMPTY


def name_text(encoded: bytes) -> str:
    """Return the DER name as people write it, `CN=...,O=...`; raises ValueError for bytes that are not a name."""
    return x509.Name.from_bytes(encoded).rfc4514_string()
