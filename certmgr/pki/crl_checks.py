"""What may not be on a CRL, and what may not change from one CRL to the next (RFC 5280 5).

Public linters notice neither a reason that is encoded as 0 or 8, nor a doubled serial, nor a serial that disappeared.
"""

from collections.abc import Collection, Iterator
from datetime import datetime

from certmgr.codes import Code
from certmgr.errors import Finding
from certmgr.models.revocations import CrlFacts
from certmgr.models.serials import Serial
from certmgr.pki import der
from certmgr.pki.algorithms import algorithm_identifier
from certmgr.pki.build import Issuer
from certmgr.pki.crl import KEY_ID_OID, NUMBER_OID, CrlHead, read_entry, read_serial, read_tbs

_MAX_NUMBER_OCTETS = 20
_MOST_SHOWN = 50


def _fault(code: Code, message: str, value: str | None = None) -> Finding:
    return Finding(code=code, message=message, field="crl", value=value)


def lint_crl(tbs: bytes, issuer: Issuer, *, now: datetime) -> tuple[Finding, ...]:
    """Return every reason not to sign, or not to believe, the TBSCertList `tbs` as a full CRL of `issuer`.

    Of a signed CRL give build.parts_of(crl)[0]. Costs about 20 microseconds an entry.
    """
    try:
        head = read_tbs(tbs)
    except der.DerError as error:
        return (_fault(Code.CRL_UNREADABLE, f"The CRL cannot be read: {error}."),)
    return (*_check_head(head, issuer), *_check_times(head, now), *_check_entries(head, now))


def _check_head(head: CrlHead, issuer: Issuer) -> Iterator[Finding]:
    if head.issuer != issuer.name:
        yield _fault(Code.CRL_SIGNATURE, "The CRL is in the name of another issuer.")
    if head.algorithm != algorithm_identifier(issuer.key_type):
        yield _fault(Code.CRL_SIGNATURE, "The signature algorithm is not that of the issuer's key.")
    if not 0 < head.number < 1 << (8 * _MAX_NUMBER_OCTETS - 1):
        yield _fault(Code.CRL_NUMBER, "The number is not a positive number of at most 20 octets (RFC 5280 5.2.3).")
    key_id = der.sequence(der.tlv(0x80, issuer.ski))
    found = {oid: (critical, value) for oid, critical, value in head.extensions}
    if found.get(KEY_ID_OID) != (False, key_id):
        yield _fault(Code.CRL_EXTENSION, "The authorityKeyIdentifier is not the issuer's (RFC 5280 5.2.1).")
    if found[NUMBER_OID][0]:
        yield _fault(Code.CRL_EXTENSION, "The cRLNumber is critical (RFC 5280 5.2.3).")
    for oid in found.keys() - {KEY_ID_OID, NUMBER_OID}:
        # A delta or a partitioned CRL would leave the other serials unrevoked for clients that read only this one.
        yield _fault(Code.CRL_EXTENSION, f"The extension {oid} does not belong on a full CRL.", oid)
    if len(found) != len(head.extensions):
        yield _fault(Code.CRL_EXTENSION, "An extension stands there twice.")


def _check_times(head: CrlHead, now: datetime) -> Iterator[Finding]:
    if head.this_update >= head.next_update:
        yield _fault(Code.CRL_TIMES, "nextUpdate is not after thisUpdate.")
    if head.this_update > now:
        yield _fault(Code.CRL_TIMES, "thisUpdate lies in the future; clients would refuse the CRL.")


def _check_entries(head: CrlHead, now: datetime) -> Iterator[Finding]:
    if head.entries == b"":
        yield _fault(Code.CRL_ENTRY, "The list of entries is there and empty (RFC 5280 5.1.2.6).")
    seen: set[Serial] = set()
    try:
        for _, element in der.children(head.entries or b""):
            entry = read_entry(element)
            if entry.serial in seen:
                yield _fault(Code.CRL_ENTRY, f"The serial {entry.serial} stands there twice.", entry.serial)
            seen.add(entry.serial)
            if entry.revoked_at > now:
                yield _fault(Code.CRL_TIMES, f"The serial {entry.serial} is revoked in the future.", entry.serial)
    except ValueError as error:
        yield _fault(Code.CRL_ENTRY, f"An entry is malformed: {error}.")


def compare_crls(
    previous: CrlFacts | None, new: CrlFacts, *, allowed_removals: Collection[Serial] = ()
) -> tuple[Finding, ...]:
    """Return what may not have changed from `previous`, the CRL before, to `new`.

    `allowed_removals` are the serials that were released from a hold, or expired and stood on one CRL after that
    (RFC 5280 3.3).
    """
    if previous is None:
        return ()
    gone = {entry.serial for entry in previous.entries} - {entry.serial for entry in new.entries}
    return (
        *_compare_heads(previous, new),
        *_removals(gone - set(allowed_removals)),
    )


def compare_heads(previous: CrlHead, new: CrlHead, *, allowed_removals: Collection[Serial] = ()) -> tuple[Finding, ...]:
    """Return the same of two heads whose entries are still bytes: a tenth of a second for 100,000 entries."""
    if (new.entries or b"").startswith(previous.entries or b""):
        # Entries are kept in the order in which they came, so that this is what nearly every new CRL looks like.
        return tuple(_compare_heads(previous, new))
    before = {element for _, element in der.children(previous.entries or b"")}
    after = {element for _, element in der.children(new.entries or b"")}
    # An entry whose reason or date changed is other bytes for the same serial.
    changed = {read_serial(element) for element in after - before}
    gone = {read_serial(element) for element in before - after} - changed
    return (
        *_compare_heads(previous, new),
        *_removals(gone - set(allowed_removals)),
    )


def _compare_heads(previous: CrlFacts | CrlHead, new: CrlFacts | CrlHead) -> Iterator[Finding]:
    if previous.issuer != new.issuer:
        yield _fault(Code.CRL_SIGNATURE, "The two CRLs have different issuers.")
    if new.number <= previous.number:
        yield _fault(Code.CRL_NUMBER, f"The number {new.number} does not follow {previous.number}.", str(new.number))
    if new.this_update < previous.this_update:
        yield _fault(Code.CRL_TIMES, "thisUpdate is earlier than on the CRL before.")


def _removals(gone: Collection[Serial]) -> Iterator[Finding]:
    for serial in sorted(gone)[:_MOST_SHOWN]:
        message = f"The serial {serial} stood on the CRL before and is gone, neither released nor expired."
        yield _fault(Code.CRL_REMOVED, message, serial)
    if len(gone) > _MOST_SHOWN:
        yield _fault(Code.CRL_REMOVED, f"{len(gone) - _MOST_SHOWN} more serials are gone.")
