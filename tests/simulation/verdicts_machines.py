"""Verdicts on deployments: what is installed, what is served, nothing half done."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certmgr.store import certificates, deployments
from tests.simulation.events import HookFails
from tests.simulation.verdict import Verdict, share

if TYPE_CHECKING:
    from certmgr.store.connection import Snapshot
    from tests.simulation.machines import Machines
    from tests.simulation.world import World


def judge(world: "World", machines: "Machines") -> Iterator[Verdict]:
    """Yield the verdicts."""
    with world.home.workspace.store().read() as snapshot:
        right = [name for name in machines.places if _is_right(world, snapshot, machines, name)]
    count = len(machines.places)
    yield Verdict(
        name="deployments with the newest certificate, seen where looked at",
        figure=share(len(right), count),
        holds=len(right) == count > 0,
    )
    planned = sum(isinstance(one.what, HookFails) for one in world.plan.events)
    yield Verdict(
        name="installations half done",
        figure=f"{len(machines.torn)}, {machines.failures} failed hooks in {planned} spells",
        holds=not machines.torn and machines.failures >= planned > 0,
    )


def _is_right(world: "World", snapshot: "Snapshot", machines: "Machines", name: str) -> bool:
    """Tell whether the newest certificate of the server is the one in the folder, and the one that was seen."""
    newest = certificates.live_for_server(snapshot, name, world.clock.shows)[0]
    pem = x509.load_der_x509_certificate(certificates.der(snapshot, newest.id)).public_bytes(Encoding.PEM)
    held = deployments.get(snapshot, machines.places[name])
    installed = (machines.folder(name) / "cert.pem").read_bytes() == pem and held.certificate_id == newest.id
    return installed and (held.endpoint is None or held.seen_at is not None)
