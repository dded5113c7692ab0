"""PEM (RFC 7468) of requests, read strictly: one block, nothing behind it, and a word on what it is instead."""

import base64
import binascii
import codecs
import re

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

from certmgr.codes import Code
from certmgr.errors import UsageError

MAX_REQUEST_OCTETS = 1 << 20
_BLOCK = rb"-----BEGIN ([^\r\n]*?)-----[ \t]*\r?\n(.*?)-----END ([^\r\n]*?)-----"
_BEGIN = b"-----BEGIN"
_LABELS = (b"CERTIFICATE REQUEST", b"NEW CERTIFICATE REQUEST")
_HINT = "Give one PKCS #10 request, PEM or DER, as `openssl req -new`, certtool or keytool write it."


def _refuse(message: str) -> UsageError:
    return UsageError(message, hint=_HINT, code=Code.CSR_UNREADABLE)


def read_request_der(data: bytes) -> bytes:
    """Return the DER of the one signing request in `data`, which is PEM or DER.

    Text before the PEM block is let pass, because `openssl req -text` and certtool write some; anything behind it is
    not. Raises UsageError that says what the data is instead; no private key is ever repeated in it.
    """
    if len(data) > MAX_REQUEST_OCTETS:
        raise _refuse(f"The request is larger than {MAX_REQUEST_OCTETS // 1024} KiB.")
    data = data.removeprefix(codecs.BOM_UTF8)
    if not data.strip():
        raise _refuse("The request is empty.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _refuse("The request is saved as UTF-16 text; save it as plain ASCII.")
    if _BEGIN in data:
        return _from_pem(data)
    if data[0] == 0x30:  # noqa: PLR2004 - the tag of a SEQUENCE, with which DER begins
        return _checked(data)
    raise _refuse("The input is neither PEM nor DER.")


def _from_pem(data: bytes) -> bytes:
    if b"PRIVATE KEY-----" in data:
        raise _refuse("The input holds a private key. A key stays where it is used; send the request alone.")
    if data.count(_BEGIN) > 1:
        raise _refuse(f"The input holds {data.count(_BEGIN)} PEM blocks; one request is expected.")
    found = re.search(_BLOCK, data, re.DOTALL)
    if found is None:
        raise _refuse("The PEM block is cut off or its lines are damaged.")
    label, body, end_label = found.groups()
    if label not in _LABELS:
        name = label[:40].decode("ascii", "replace") if label.isascii() and label.decode("ascii").isprintable() else "?"
        raise _refuse(f"The PEM block is labelled {name!r}, not CERTIFICATE REQUEST.")
    if end_label != label:
        raise _refuse("The first and the last line of the PEM block do not match.")
    if data[found.end() :].strip():
        raise _refuse("There is something behind the PEM block.")
    try:
        decoded = base64.b64decode(b"".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        raise _refuse("The base64 text of the request is damaged.") from None
    return _checked(decoded)


def _checked(decoded: bytes) -> bytes:
    """Return `decoded` when it reads as a request; else raise UsageError with what it is instead."""
    try:
        x509.load_der_x509_csr(decoded)
    except x509.InvalidVersion:
        raise _refuse("The request has a version that PKCS #10 does not know.") from None
    except (ValueError, UnsupportedAlgorithm):
        kind = _kind_of(decoded)
        message = f"The input is {kind}, not a request." if kind else "The request is cut off or damaged."
        raise _refuse(message) from None
    return decoded


def _kind_of(decoded: bytes) -> str | None:
    try:
        x509.load_der_x509_certificate(decoded)
    except (ValueError, x509.InvalidVersion):
        pass
    else:
        return "a certificate"
    try:
        load_der_private_key(decoded, None)
    except TypeError:
        return "an encrypted private key"
    except (ValueError, UnsupportedAlgorithm):
        pass
    else:
        return "a private key"
    try:
        load_der_public_key(decoded)
    except (ValueError, UnsupportedAlgorithm):
        pass
    else:
        return "a public key"
    try:
        x509.load_der_x509_crl(decoded)
    except (ValueError, x509.InvalidVersion):
        return None
    return "a CRL"
