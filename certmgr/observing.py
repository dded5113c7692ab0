"""Whose a certificate is that was met on the network: ours, a stranger's, or ours out of place (R1.3, DETAILS 36)."""

from collections.abc import Collection, Sequence
from datetime import datetime
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Final

from certmgr.config import Config
from certmgr.errors import UsageError
from certmgr.models.certificates import Certificate
from certmgr.models.observations import Seen, Verdict
from certmgr.models.serials import parse_serial
from certmgr.names import Address, unfit
from certmgr.net import nmap_xml, scan
from certmgr.pki import build, inspect
from certmgr.printable import printable
from certmgr.records import dataclass
from certmgr.store import authorities, certificates
from certmgr.zones import PRIVATE_NETWORKS

if TYPE_CHECKING:
    from certmgr.models.authorities import Authority
    from certmgr.store.connection import Snapshot, Transaction

MAX_NAMES: Final = 20
"""How many names of a certificate are kept."""
MAX_NAME: Final = 500
"""How many characters of each, and of subject and issuer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A certificate at a place, before it is known whose it is."""

    place: scan.Place
    at: datetime | None
    sha256: str
    serial: str | None = None
    """Of what is identified by its serial alone."""
    subject: str = ""
    issuer: str = ""
    names: tuple[str, ...] = ()
    not_after: datetime | None = None
    signed_here: bool = False
    """Whether a CA key of this home signed it."""
    line: int | None = None


def draft_of(place: scan.Place, der: bytes, ours: "Sequence[Authority]", *, at: datetime | None = None) -> Draft:
    """Return what a served certificate says, cut to what is kept; raises UsageError where it cannot be read."""
    facts = inspect.certificate_facts(der)
    names = (*facts.dns, *facts.ip)[:MAX_NAMES]
    return Draft(
        place=place,
        at=at,
        sha256=facts.sha256,
        subject=facts.subject[:MAX_NAME],
        issuer=facts.issuer[:MAX_NAME],
        names=tuple(printable(name)[:MAX_NAME] for name in names),
        not_after=facts.not_after,
        signed_here=any(
            one.certificate and build.verify_signature(der, build.Issuer.from_certificate(one.certificate).spki)
            for one in ours
            if one.subject == facts.issuer and one.sha256 != facts.sha256
        ),
    )


def imported(one: nmap_xml.Sighting, ours: "Sequence[Authority]") -> Draft:
    """Return what somebody else's program saw; raises UsageError where the certificate cannot be read."""
    address: Address = ip_address(one.address)
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    place = scan.Place(address=str(address), port=one.port)
    if one.certificate is not None:
        return draft_of(place, one.certificate, ours, at=one.at)
    return Draft(
        place=place,
        at=one.at,
        sha256=one.sha256 or "",
        serial=one.serial,
        subject=printable(one.subject)[:MAX_NAME],
        issuer=printable(one.issuer)[:MAX_NAME],
        names=tuple(printable(name)[:MAX_NAME] for name in one.names[:MAX_NAMES]),
        not_after=one.not_after,
        line=one.line,
    )


def judge(tx: "Transaction", config: Config, draft: Draft, ca_certificates: Collection[str]) -> Seen | None:
    """Return what was seen with whose it is; None where it is not ours and too little is known of it to be kept.

    `ca_certificates` are the fingerprints of the CAs' own.
    """
    found = _ours(tx, draft)
    inside = scan.within(ip_address(draft.place.address), scan.reach(config.zones.declared, ()))
    at = tx.now if draft.at is None else min(draft.at, tx.now)
    if found is not None:
        return Seen(
            address=draft.place.address,
            port=draft.place.port,
            sni=draft.place.sni,
            at=at,
            sha256=found.sha256 or "",
            subject=draft.subject,
            issuer=draft.issuer,
            names=(*found.dns, *found.ip)[:MAX_NAMES],
            not_after=found.not_after,
            verdict=Verdict.OURS if inside else Verdict.OUTSIDE,
            certificate_id=found.id,
        )
    if not draft.sha256 or draft.not_after is None or not draft.issuer:
        return None
    foreign = Verdict.UNRECORDED if draft.signed_here else Verdict.FOREIGN
    return Seen(
        address=draft.place.address,
        port=draft.place.port,
        sni=draft.place.sni,
        at=at,
        sha256=draft.sha256,
        subject=draft.subject,
        issuer=draft.issuer,
        names=draft.names,
        not_after=draft.not_after,
        verdict=Verdict.OURS if draft.sha256 in ca_certificates else foreign,
    )


def _ours(snapshot: "Snapshot", draft: Draft) -> Certificate | None:
    """Return the certificate of ours that it is: by fingerprint, else by serial where the issuer does not gainsay."""
    if draft.sha256:
        return next(iter(certificates.by_sha256(snapshot, draft.sha256)), None)
    try:
        serial = parse_serial(draft.serial or "")
    except UsageError:
        return None
    common = draft.issuer.partition(",")[0]
    for one in certificates.by_serial(snapshot, serial):
        if one.sha256 and (not common or common in authorities.get(snapshot, one.authority_id).subject.split(",")):
            return one
    return None


def is_public(text: str) -> bool:
    """Tell whether an address is the internet's: neither private by its range nor one that no host has."""
    address = ip_address(text)
    return unfit(address) is None and not scan.within(address, PRIVATE_NETWORKS)
