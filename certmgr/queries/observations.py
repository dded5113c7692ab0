"""What was seen on the network, with what it means now and what to do about it (R1.3, R1.7)."""

from typing import TYPE_CHECKING

from certmgr import lifecycle
from certmgr.models.certificates import Certificate, State
from certmgr.models.observations import Observation, Verdict
from certmgr.records import dataclass
from certmgr.store import certificates, observations
from certmgr.workspace import Workspace

if TYPE_CHECKING:
    from datetime import datetime

    from certmgr.store.connection import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """An observation, and what it means."""

    observation: Observation
    certificate: Certificate | None
    """The one of ours that it is."""
    state: State | None
    """The state of that one."""
    advice: str
    """One sentence on what to do; empty: nothing."""


def every(workspace: Workspace, verdict: Verdict | None = None) -> tuple[Observed, ...]:
    """Return what is on record, the last seen first; with `verdict`, only those."""
    now = workspace.now()
    with workspace.store().read() as snapshot:
        return tuple(observed(snapshot, one, now) for one in observations.all(snapshot, verdict))


def observed(snapshot: "Snapshot", observation: Observation, now: "datetime") -> Observed:
    """Return what the observation means at `now`."""
    identity = observation.seen.certificate_id
    found = None if identity is None else certificates.get(snapshot, identity)
    state = None if found is None else lifecycle.state_of(found, now)
    return Observed(
        observation=observation, certificate=found, state=state, advice=_advice(snapshot, observation, found, state)
    )


def _advice(snapshot: "Snapshot", observation: Observation, found: Certificate | None, state: State | None) -> str:
    match observation.seen.verdict:
        case Verdict.UNRECORDED:
            return (
                "It is signed with a CA key of this home and is on no record: find out who signed it, or whether this"
                " home was restored from an old copy (certmgr restore reconcile)."
            )
        case Verdict.FOREIGN:
            return "" if observation.adopted_at else f"Replace it: certmgr scan adopt {observation.id}"
        case Verdict.OUTSIDE:
            return "It is served outside the configured networks: take it away there, and decide whether to revoke it."
        case Verdict.OURS if found is None:
            return "A server presents the certificate of a CA as its own: give it one of its own."
        case _:
            return _what_to_do(snapshot, found, state)


def _what_to_do(snapshot: "Snapshot", found: Certificate | None, state: State | None) -> str:
    """Return what a server needs whose certificate of ours is in that state; nothing for a good one (R1.7)."""
    if found is None or state in {State.VALID, State.DUE}:
        return ""
    newer = "" if found.replaced_by_id is None else str(certificates.get(snapshot, found.replaced_by_id).serial)
    name = found.server
    if state is State.HELD:
        return f"It is suspended: take {name} out of service, or release it (certmgr release {name})."
    told = {State.REVOKED: f"was revoked ({found.cause})", State.EXPIRED: f"expired on {found.not_after:%Y-%m-%d}"}
    why = told.get(state, "was replaced") if state is not None else ""
    if newer:
        return f"It {why}: install its successor {newer} on {name}."
    return f"It {why}: issue a new certificate for {name} and install it (certmgr issue)."
