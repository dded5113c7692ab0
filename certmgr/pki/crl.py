"""Certificate revocation lists (RFC 5280 5): written at speed, and read back by a reader of our own."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certmgr.codes import Code
from certmgr.errors import UsageError
from certmgr.models.revocations import CrlEntry, CrlFacts, Reason
from certmgr.models.serials import MAX_OCTETS, Serial
from certmgr.pki import der
from certmgr.pki.algorithms import algorithm_identifier
from certmgr.pki.build import Issuer, parts_of, verify_signature
from certmgr.pki.extensions import authority_key_identifier
from certmgr.pki.quiet import no_warnings
from certmgr.pki.subjects import name_text
from certmgr.records import dataclass

NUMBER_OID = "2.5.29.20"
KEY_ID_OID = "2.5.29.35"
_REASON_OID = "2.5.29.21"
_INVALIDITY_OID = "2.5.29.24"
_VERSION_2 = der.integer(1)
_EXTENSIONS_TAG = 0xA0
_KEY_ID_TAG = 0x80
_FIELDS = (der.INTEGER, der.SEQUENCE, der.SEQUENCE)


def entry_der(entry: CrlEntry) -> bytes:
    """Return the DER of one element of revokedCertificates; the store keeps it beside the revocation."""
    found = []
    if entry.reason is not None:
        found.append(der.extension(_REASON_OID, der.tlv(der.ENUMERATED, bytes([entry.reason])), critical=False))
    if entry.invalidity_date is not None:
        found.append(der.extension(_INVALIDITY_OID, der.generalized_time(entry.invalidity_date), critical=False))
    return der.sequence(
        der.integer(entry.serial.to_int()),
        der.time(entry.revoked_at),
        der.sequence(*found) if found else b"",
    )


def make_crl_tbs(
    issuer: Issuer, number: int, this_update: datetime, next_update: datetime, entries: Iterable[bytes]
) -> bytes:
    """Return the TBS of a full CRL of `issuer` with `entries`, each made by entry_der.

    An empty list is left out, as RFC 5280 5.1.2.6 asks. The caller signs it and calls build.assemble.
    """
    revoked = b"".join(entries)
    found = der.sequence(
        authority_key_identifier(issuer.ski),
        der.extension(NUMBER_OID, der.integer(number), critical=False),
    )
    return der.sequence(
        _VERSION_2,
        algorithm_identifier(issuer.key_type),
        issuer.name,
        der.time(this_update),
        der.time(next_update),
        der.sequence(revoked) if revoked else b"",
        der.tlv(_EXTENSIONS_TAG, found),
    )


def verify_crl(crl: bytes, issuer_certificate: bytes) -> bool:
    """Claim that the DER `crl` is in the name of, and signed by the key in, the DER `issuer_certificate`."""
    issuer = Issuer.from_certificate(issuer_certificate)
    try:
        head = read_head(crl)
    except UsageError:
        return False
    return head.issuer == issuer.name and verify_signature(crl, issuer.spki)


def load_crl(data: bytes) -> bytes:
    """Return the DER of the one CRL, PEM or DER, in `data`; raises UsageError for anything else."""
    if not data.lstrip().startswith(b"-----BEGIN"):
        read_head(data)
        return data
    try:
        return x509.load_pem_x509_crl(data).public_bytes(Encoding.DER)
    except ValueError as error:
        raise UsageError("The input does not hold a CRL.", code=Code.CRL_UNREADABLE) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class CrlHead:
    """What a CRL says beside its entries; reading it costs the same for any number of them."""

    number: int
    this_update: datetime
    next_update: datetime
    issuer: bytes
    """DER of the issuer's name."""
    algorithm: bytes
    """DER of the AlgorithmIdentifier inside the TBS."""
    entries: bytes | None
    """The entries one after the other; None: the list is left out."""
    extensions: tuple[tuple[str, bool, bytes], ...]
    """(dotted OID, criticality, DER of the value) in their order."""


def read_tbs(tbs: bytes) -> CrlHead:
    """Return what the TBSCertList `tbs` says beside its entries; raises der.DerError for anything but version 2."""
    parts = list(der.children(der.content(tbs, der.SEQUENCE)))
    tags = tuple(tag for tag, _ in parts)
    if tags[:3] != _FIELDS or tags[-1] != _EXTENSIONS_TAG or len(parts) not in {6, 7}:
        raise der.DerError("it is not a version 2 list with an end and extensions (RFC 5280 5.1)")
    found = tuple(_read_extensions(der.content(parts[-1][1])))
    number = next((value for dotted, _, value in found if dotted == NUMBER_OID), None)
    if number is None:
        raise der.DerError("it has no number (RFC 5280 5.2.3)")
    return CrlHead(
        number=int.from_bytes(der.content(number, der.INTEGER), "big"),
        this_update=der.parse_time(parts[3][1]),
        next_update=der.parse_time(parts[4][1]),
        issuer=parts[2][1],
        algorithm=parts[1][1],
        entries=der.content(parts[5][1], der.SEQUENCE) if len(parts) == 7 else None,  # noqa: PLR2004
        extensions=found,
    )


def read_head(crl: bytes) -> CrlHead:
    """Return what the DER `crl` says beside its entries; raises UsageError for what is not a version 2 CRL."""
    try:
        return read_tbs(parts_of(crl)[0])
    except der.DerError as error:
        raise UsageError(f"The CRL cannot be read: {error}.", code=Code.CRL_UNREADABLE) from error


def read_number(crl: bytes) -> int:
    """Return the number of the DER `crl`; raises UsageError for what is not a CRL with one."""
    return read_head(crl).number


@no_warnings()
def read_crl(crl: bytes) -> CrlFacts:
    """Return what the DER `crl` says, its entries included; raises UsageError for what is not a version 2 CRL."""
    head = read_head(crl)
    try:
        entries = tuple(read_entry(element) for _, element in der.children(head.entries or b""))
        issuer = name_text(head.issuer)
    except ValueError as error:
        raise UsageError(f"The CRL cannot be read: {error}.", code=Code.CRL_UNREADABLE) from error
    return CrlFacts(
        number=head.number,
        this_update=head.this_update,
        next_update=head.next_update,
        issuer=issuer,
        entries=entries,
    )


def read_serials(crl: bytes) -> frozenset[Serial]:
    """Return the serials that the DER `crl` lists; raises UsageError for what is not a version 2 CRL.

    Costs a microsecond or two an entry.
    """
    try:
        return frozenset(read_serial(element) for _, element in der.children(read_head(crl).entries or b""))
    except der.DerError as error:
        raise UsageError(f"The CRL cannot be read: {error}.", code=Code.CRL_UNREADABLE) from error


def read_entry(element: bytes) -> CrlEntry:
    """Return the entry that the DER `element` of revokedCertificates is; raises ValueError for one that is malformed.

    A reason that RFC 5280 does not know, or forbids in a full CRL (0 and 8), is malformed; so is an extension other
    than reasonCode and invalidityDate.
    """
    tag, begin, end = der.read(element)
    if tag != der.SEQUENCE or end != len(element):
        raise der.DerError("an entry is not one SEQUENCE")
    _, _, after_serial = der.read(element, begin)
    _, _, after_time = der.read(element, after_serial)
    reason, invalidity = _read_details(element[after_time:])
    return CrlEntry(
        serial=read_serial(element),
        revoked_at=_read_moment(element[after_serial:after_time]),
        reason=reason,
        invalidity_date=invalidity,
    )


# A large CRL holds few different moments and reasons, so each is read once.
_read_moment = lru_cache(maxsize=4096)(der.parse_time)


@lru_cache(maxsize=1024)
def _read_details(extensions: bytes) -> tuple[Reason | None, datetime | None]:
    """Return the reason and the invalidity date in what stands behind the time of an entry, if anything does."""
    reason, invalidity = None, None
    for dotted, _, value in _read_extensions(extensions) if extensions else ():
        if dotted == _REASON_OID:
            reason = Reason(int.from_bytes(der.content(value, der.ENUMERATED), "big"))
        elif dotted == _INVALIDITY_OID:
            invalidity = der.parse_time(value)
        else:
            raise der.DerError(f"an entry has the unknown extension {dotted}")
    return reason, invalidity


def read_serial(element: bytes) -> Serial:
    """Return the serial of the DER `element` of revokedCertificates."""
    _, begin, _ = der.read(element)
    tag, first, end = der.read(element, begin)
    if tag != der.INTEGER or not 0 < end - first <= MAX_OCTETS or element[first] & 0x80 or not any(element[first:end]):
        raise der.DerError("a serial is not a positive number of at most 20 octets")
    return Serial.from_int(int.from_bytes(element[first:end], "big"))


def _read_extensions(sequence: bytes) -> Iterator[tuple[str, bool, bytes]]:
    """Yield (dotted OID, criticality, value) of each element of Extensions (RFC 5280 4.1)."""
    for _, element in der.children(der.content(sequence, der.SEQUENCE)):
        parts = [part for _, part in der.children(der.content(element, der.SEQUENCE))]
        if len(parts) not in {2, 3}:
            raise der.DerError("an extension is not an OID, perhaps a criticality, and a value")
        value = der.content(parts[-1], der.OCTET_STRING)
        yield der.parse_oid(parts[0]), parts[1:-1] == [der.BOOLEAN_TRUE], value
