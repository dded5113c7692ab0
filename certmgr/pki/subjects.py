"""Distinguished names: made from policy, shown as text (RFC 4514)."""

from functools import lru_cache

from cryptography import x509

from certmgr.pki import der

MAX_ATTRIBUTE = 64
"""ub-common-name and ub-organization-name, in octets (RFC 5280 A.1)."""
_ORGANISATION = der.oid("2.5.4.10")
_COMMON_NAME = der.oid("2.5.4.3")


@lru_cache(maxsize=4)
def make_name(common_name: str | None, organisation: str | None = None) -> bytes:
    """Return the DER of a name of at most an organisation and a common name; of neither, the empty name.

    Raises ValueError for an attribute that is empty or longer than MAX_ATTRIBUTE.
    """
    given = ((_ORGANISATION, organisation), (_COMMON_NAME, common_name))
    return der.sequence(*(_attribute(kind, text) for kind, text in given if text is not None))


def _attribute(kind: bytes, text: str) -> bytes:
    """Return a RelativeDistinguishedName of one attribute, in UTF-8 (RFC 5280 4.1.2.4)."""
    value = text.encode()
    if not 0 < len(value) <= MAX_ATTRIBUTE:
        raise ValueError(f"an attribute of a name has 1 to {MAX_ATTRIBUTE} octets, not {len(value)}")
    return der.tlv(der.SET, der.sequence(kind, der.tlv(der.UTF8_STRING, value)))


def name_text(encoded: bytes) -> str:
    """Return the DER name as people write it, `CN=...,O=...`; raises ValueError for bytes that are not a name."""
    return x509.Name.from_bytes(encoded).rfc4514_string()
