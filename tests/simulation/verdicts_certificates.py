"""Verdicts on certificates: renewed in time, files in place, compromised keys gone."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from certmgr.models.certificates import Certificate, KeyOrigin, Stage
from certmgr.models.revocations import Cause
from certmgr.store import certificates, keys
from certmgr.store.certificate_rows import find
from tests.simulation import ground
from tests.simulation.verdict import Verdict, share

if TYPE_CHECKING:
    from certmgr.store.connection import Snapshot
    from tests.simulation.service import Service
    from tests.simulation.world import World


def judge(world: "World", service: "Service") -> Iterator[Verdict]:
    """Yield the verdicts."""
    with world.home.workspace.store().read() as snapshot:
        every = find(snapshot, "1 ORDER BY c.id", ())
        issued = [one for one in every if one.stage is Stage.ISSUED]
        yield from _renewals(world, service, every, issued)
        yield from _compromised(snapshot, issued)
        placed = [one for one in issued if one.destination is not None]
        right = [one for one in placed if _in_place(snapshot, one, Path(one.destination or ""))]
    yield Verdict(
        name="files in place and matching", figure=share(len(right), len(placed)), holds=len(right) == len(placed) > 0
    )
    servers = {one.server: one for one in placed}
    live = [one for one in servers.values() if _is_live(one, Path(one.destination or ""))]
    yield Verdict(
        name="live leads to the newest certificate",
        figure=share(len(live), len(servers)),
        holds=len(live) == len(servers) > 0,
    )
    open_ones = [one for one in every if one.stage is Stage.INTENT]
    yield Verdict(name="signatures without an end on record", figure=f"{len(open_ones)}", holds=not open_ones)
    refused = world.ledger.refused["a blocked key"]
    compromised = world.ledger.acts["key compromised"]
    yield Verdict(
        name="blocked keys certified again",
        figure=f"none in {refused} attempts, {compromised} compromised",
        holds=refused > 0,
    )


def _compromised(snapshot: "Snapshot", issued: list[Certificate]) -> Iterator[Verdict]:
    """Every certificate of a compromised key is revoked for it, predecessors and successors of that key too (R1.6)."""
    of_blocked = [one for one in issued if keys.is_blocked(snapshot, one.spki_sha256)]
    gone = [one for one in of_blocked if one.cause == Cause.KEY_COMPROMISE and one.revoked_at is not None]
    shared = len(of_blocked) - len({one.spki_sha256 for one in of_blocked})
    yield Verdict(
        name="certificates of compromised keys revoked",
        figure=f"{share(len(gone), len(of_blocked))}, {shared} that shared a key",
        holds=len(gone) == len(of_blocked) > 0 and shared > 0,
    )


def _renewals(
    world: "World", service: "Service", every: tuple[Certificate, ...], issued: list[Certificate]
) -> Iterator[Verdict]:
    """No certificate reached its end that was set to renew, and no successor came after its predecessor's end."""
    now = world.clock.shows
    by_hand = set(service.expiring)
    by_id = {one.id: one for one in every}
    bound = [
        one
        for one in issued
        if one.revoked_at is None
        and one.held_at is None
        and (one.key_origin is KeyOrigin.MADE or one.server in ground.APPLIANCES)
        and one.server not in by_hand
    ]
    expired = [one for one in bound if one.not_after <= now and one.replaced_by_id is None]
    successors = [one for one in issued if one.replaces_id is not None]
    gaps = [one for one in successors if one.replaces_id and one.not_before > by_id[one.replaces_id].not_after]
    figure = f"{len(expired)} of {len(bound)}"
    yield Verdict(name="expired though set to renew", figure=figure, holds=not expired and bool(bound))
    yield Verdict(
        name="renewals, with a gap", figure=f"{len(successors)}, {len(gaps)}", holds=not gaps and bool(successors)
    )


def _in_place(snapshot: "Snapshot", one: Certificate, destination: Path) -> bool:
    """Tell whether some folder of the server's archive holds the certificate, and with it its key."""
    pem = x509.load_der_x509_certificate(certificates.der(snapshot, one.id)).public_bytes(Encoding.PEM)
    for folder in (destination / one.server / "archive").iterdir():
        certificate = folder / "cert.pem"
        if not certificate.exists() or certificate.read_bytes() != pem:
            continue
        if (folder / "fullchain.pem").read_bytes() != pem + (folder / "chain.pem").read_bytes():
            return False
        if one.key_origin is not KeyOrigin.MADE:
            return not (folder / "privkey.pem").exists()
        key = load_pem_private_key((folder / "privkey.pem").read_bytes(), None).public_key()
        own = x509.load_pem_x509_certificate(pem).public_key()
        wanted = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return key.public_bytes(*wanted) == own.public_bytes(*wanted)
    return False


def _is_live(one: Certificate, destination: Path) -> bool:
    certificate = x509.load_pem_x509_certificate((destination / one.server / "live" / "cert.pem").read_bytes())
    return f"{certificate.serial_number:X}".zfill(len(one.serial)) == one.serial
