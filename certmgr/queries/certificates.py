"""Certificates as they are asked for: by reference, by filter, one with all its facts."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from certmgr import lifecycle
from certmgr.errors import AmbiguousError, NotFoundError, UsageError
from certmgr.filters import parse_filter
from certmgr.models.authorities import Authority
from certmgr.models.certificates import Certificate, CertificateId, Flag, Stage, State
from certmgr.models.journal import Entry
from certmgr.models.revocations import Revocation
from certmgr.models.serials import parse_serial
from certmgr.records import dataclass
from certmgr.store import authorities, certificates, chosen, journal, listing, revocations
from certmgr.workspace import Workspace

if TYPE_CHECKING:
    from certmgr.models.acceptances import Acceptance
    from certmgr.models.applications import Application
    from certmgr.store.connection import Snapshot
    from certmgr.store.listing import Cursor, Page

MIN_HEX = 16
"""Fewer hex digits than this are a name, not a serial or a fingerprint (DETAILS 51)."""
_HEX = re.compile(r"[0-9A-Fa-f:\s]+")
SHA256_DIGITS = 64
LIVE = frozenset({State.VALID, State.DUE, State.HELD})


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """All that is known of one certificate."""

    certificate: Certificate
    state: State
    flags: tuple[Flag, ...]
    chain: tuple[Authority, ...]
    """Its issuer first, the root last."""
    history: tuple[Entry, ...]
    line: tuple[Certificate, ...]
    """Every certificate of its server, the newest first (R9.1)."""
    revocations: tuple[Revocation, ...]
    same_key: tuple[Certificate, ...]
    """Every other certificate with its key (R1.8)."""
    der: bytes
    """Empty while pending."""
    acceptance: "Acceptance | None" = None
    """How its subscriber took it; None: the time for an objection runs, or it is older than this record (R3.3)."""
    application: "Application | None" = None
    """What it was issued for; None: policy approved it on the spot, or it is a renewal."""


def page(  # noqa: PLR0913 - what a list can be asked
    workspace: Workspace,
    filter_text: str = "",
    *,
    sort: str = "expires",
    descending: bool = False,
    after: "Cursor | None" = None,
    limit: int = 200,
) -> "Page":
    """Return one page of the certificates that the filter text matches, and the cursor of the next."""
    wanted = parse_filter(filter_text)
    with workspace.store().read() as snapshot:
        return listing.page(
            snapshot,
            wanted,
            now=workspace.now(),
            zone=workspace.zone,
            sort=listing.Sort(column=listing.SortColumn(sort), descending=descending),
            after=after,
            limit=limit,
        )


def count(workspace: Workspace, filter_text: str = "", *, stop_at: int = 10_000) -> int:
    """Return how many certificates match, counting no further than `stop_at`."""
    wanted = parse_filter(filter_text)
    with workspace.store().read() as snapshot:
        return listing.count(snapshot, wanted, now=workspace.now(), zone=workspace.zone, stop_at=stop_at)


def numbers(workspace: Workspace, filter_text: str = "", *, limit: int) -> tuple[CertificateId, ...]:
    """Return the ids of the certificates that match, `limit` at most, in no order."""
    wanted = parse_filter(filter_text)
    with workspace.store().read() as snapshot:
        return listing.numbers(snapshot, wanted, now=workspace.now(), zone=workspace.zone, limit=limit)


def among(workspace: Workspace, filter_text: str, ids: Sequence[CertificateId]) -> frozenset[CertificateId]:
    """Return those of the certificates with the ids that match."""
    wanted = parse_filter(filter_text)
    with workspace.store().read() as snapshot:
        return chosen.matching(snapshot, ids, wanted, now=workspace.now(), zone=workspace.zone)


def every(
    workspace: Workspace, filter_text: str = "", *, sort: str = "expires", descending: bool = False
) -> Iterator[Certificate]:
    """Yield every certificate that matches, in order, from one snapshot of the store."""
    wanted = parse_filter(filter_text)
    order = listing.Sort(column=listing.SortColumn(sort), descending=descending)
    with workspace.store().read() as snapshot:
        yield from listing.iterate(snapshot, wanted, now=workspace.now(), zone=workspace.zone, sort=order)


def resolve(workspace: Workspace, reference: str, *, one_live: bool = False) -> Certificate:
    """Return the certificate that a reference names (DETAILS 51).

    `serial:` or `sha256:` with hex in any form, an exact server, an exact SAN, or 16 hex digits or more. A server
    means its newest live certificate; with `one_live` (revoke, hold) two live ones are ambiguous. Raises
    NotFoundError or AmbiguousError.
    """
    now = workspace.now()
    with workspace.store().read() as snapshot:
        found = _candidates(snapshot, reference.strip())
    if not found:
        raise NotFoundError(
            f"No certificate answers to {reference[:100]!r}.",
            hint="Name it by server, by DNS name, by serial or by SHA-256 fingerprint; see `certmgr list`.",
        )
    if len(found) == 1:
        return found[0]
    live = [one for one in found if lifecycle.state_of(one, now) in LIVE]
    servers = {one.server for one in found}
    if len(servers) == 1 and not (one_live and len(live) > 1):
        return max(live or found, key=lambda one: (one.not_before, one.id))
    if len(live) == 1:
        return live[0]
    raise AmbiguousError(
        f"{reference[:100]!r} names {len(live) or len(found)} certificates.",
        candidates=[
            f"{one.server}  serial {one.serial}  {lifecycle.state_of(one, now)}, until {one.not_after:%Y-%m-%d}"
            for one in (live or found)
        ],
        hint="Name one by its serial: serial:HEX.",
    )


def _candidates(snapshot: "Snapshot", reference: str) -> tuple[Certificate, ...]:
    kind, _, rest = reference.partition(":")
    if kind == "serial" and rest:
        return certificates.by_serial(snapshot, parse_serial(rest))
    if kind == "sha256" and rest:
        return certificates.by_sha256(snapshot, re.sub(r"[:\s]", "", rest).lower())
    found = certificates.for_server(snapshot, reference) or certificates.by_name(snapshot, reference.lower())
    digits = re.sub(r"[:\s]", "", reference).removeprefix("0x")
    if found or not _HEX.fullmatch(reference.removeprefix("0x")) or len(digits) < MIN_HEX:
        return found
    if len(digits) == SHA256_DIGITS:
        return certificates.by_sha256(snapshot, digits.lower())
    try:
        return certificates.by_serial(snapshot, parse_serial(reference))
    except UsageError:
        return ()


def detail(workspace: Workspace, identity: CertificateId) -> Detail:
    """Return everything on record about one certificate; raises NotFoundError."""
    from certmgr.store import acceptances, applications  # noqa: PLC0415 - start-up: a list needs neither

    with workspace.store().read() as snapshot:
        found = certificates.get(snapshot, identity)
        application = applications.for_certificate(snapshot, identity)
        return Detail(
            certificate=found,
            state=lifecycle.state_of(found, workspace.now()),
            flags=lifecycle.flags_of(found, workspace.now()),
            chain=authorities.chain(snapshot, found.authority_id),
            history=journal.for_objects(
                snapshot,
                f"certificate:{identity}",
                *(f"revocation:{one.id}" for one in revocations.for_certificate(snapshot, identity)),
                *([f"application:{application.id}"] if application else []),
            ),
            line=certificates.for_server(snapshot, found.server),
            revocations=revocations.for_certificate(snapshot, identity),
            same_key=tuple(one for one in certificates.by_spki(snapshot, found.spki_sha256) if one.id != identity),
            der=certificates.der(snapshot, identity) if found.stage is Stage.ISSUED else b"",
            acceptance=acceptances.get(snapshot, identity),
            application=application,
        )
