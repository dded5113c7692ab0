"""What the endpoints of servers show, compared with what they should, and the record of having seen it (DETAILS 44).

A handshake verifies nothing; whether a relying party would accept what was shown is asked here, at the workspace's own
time (DETAILS 61).
"""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from certmgr import lifecycle
from certmgr.codes import Code
from certmgr.config import Config
from certmgr.errors import CertmgrError
from certmgr.models.acceptances import AcceptanceKind
from certmgr.models.certificates import Certificate, CertificateId
from certmgr.models.operators import Actor
from certmgr.models.servers import Deployment, Endpoint, Served
from certmgr.net import probe, scan
from certmgr.pki import inspect, verify
from certmgr.records import dataclass
from certmgr.store import acceptances, attempts, authorities, certificates, deployments
from certmgr.workspace import Workspace

if TYPE_CHECKING:
    from certmgr.store.connection import Snapshot

LOCAL: Final = "localhost"
AT_ONCE: Final = 16
"""How many endpoints are looked at together."""
AT_A_GLANCE: Final = (0.0,)
PATIENCE_S: Final = (0.0, 0.5, 1.5)
"""How long to wait before each look at a server that was just told of new files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What one endpoint showed."""

    endpoint: Endpoint
    served: Served
    sha256: str | None = None
    """Of the certificate that was shown; None: unreachable."""
    certificate: Certificate | None = None
    """Which of ours it is; None: none of them."""
    subject: str = ""
    """What a foreign certificate calls its subject, and who issued it."""
    problems: tuple[str, ...] = ()
    """Why it could not be reached, or why a relying party would not accept what it shows."""

    @property
    def is_well(self) -> bool:
        """Whether it shows the newest certificate in a way that relying parties accept."""
        return self.served is Served.CURRENT and not self.problems


def is_within_reach(config: Config, host: str) -> bool:
    """Tell whether a host may be looked at: this machine, a name in a zone, an address in a network (R1.3)."""
    zones = config.zones.declared
    try:
        address = ip_address(host)
    except ValueError:
        return host == LOCAL or zones.covers_name(host)
    return scan.within(address, scan.reach(zones, config.observe.public))


def look(workspace: Workspace, endpoint: Endpoint, wanted: CertificateId | None) -> Sight:
    """Return what `endpoint` shows; `wanted` is the certificate that it should show, None: there is none."""
    try:
        shown = probe.see(endpoint)
    except CertmgrError as problem:
        return Sight(endpoint=endpoint, served=Served.UNREACHABLE, problems=(problem.message,))
    if not shown:
        return Sight(endpoint=endpoint, served=Served.UNREACHABLE, problems=(f"{endpoint} shows no certificate.",))
    digest = inspect.sha256(shown[0])
    with workspace.store().read() as snapshot:
        found = [one for one in certificates.by_sha256(snapshot, digest) if one.sha256 == digest]
        if not found:
            return Sight(endpoint=endpoint, served=Served.FOREIGN, sha256=digest, subject=_stranger(shown[0]))
        one = found[0]
        served = Served.CURRENT if one.id == wanted else Served.OLD
        problems = _chain_problems(workspace, snapshot, endpoint, one, shown)
    return Sight(endpoint=endpoint, served=served, sha256=digest, certificate=one, problems=tuple(problems))


def _stranger(der: bytes) -> str:
    try:
        facts = inspect.certificate_facts(der)
    except CertmgrError:
        return "a certificate that cannot be read"
    return f"{facts.subject or ', '.join(facts.dns) or 'no name'}, issued by {facts.issuer or 'nobody'}"


def _chain_problems(
    workspace: Workspace, snapshot: "Snapshot", endpoint: Endpoint, one: Certificate, shown: Sequence[bytes]
) -> list[str]:
    """Return why a relying party that knows the root would not accept what was shown."""
    state = lifecycle.state_of(one, workspace.now())
    if state not in lifecycle.SERVABLE:
        return [f"The certificate {one.serial} that {endpoint} shows is {state}."]
    issuing, *above = authorities.chain(snapshot, one.authority_id)
    problems = []
    if issuing.certificate not in shown[1:]:
        problems.append(f"{endpoint} does not show the issuing CA's certificate; install fullchain.pem, not cert.pem.")
    names = [*one.dns, *one.ip]
    name = endpoint.sni or (endpoint.host if endpoint.host in names else names[0])
    if above:
        try:
            verify.verify_chain(shown[0], issuing.certificate, above[-1].certificate, name, workspace.now())
        except CertmgrError as problem:
            problems += [finding.message for finding in problem.findings] or [problem.message]
    return problems


def shows(endpoint: Endpoint, sha256: str | None, *, patience_s: Sequence[float] = AT_A_GLANCE) -> str | None:
    """Look for the certificate with that digest; return None once it is shown, else what was seen instead.

    Each of `patience_s` is how long to wait before a look.
    """
    seen = "nothing"
    for wait_s in patience_s:
        time.sleep(wait_s)
        try:
            shown = probe.see(endpoint)
        except CertmgrError as problem:
            if problem.code not in {Code.PROBE_FAILED, Code.STARTTLS}:
                raise
            seen = problem.message
            continue
        if shown and inspect.sha256(shown[0]) == sha256:
            return None
        seen = f"{endpoint} does not serve it yet." if shown else f"{endpoint} shows no certificate."
    return seen


def shows_each(wanted: Sequence[tuple[Endpoint, str | None, Sequence[float]]]) -> list[str | None]:
    """Do `shows` for each endpoint, digest and patience, several at a time; return the answers in order."""
    if len(wanted) <= 1:
        return [_shows(one) for one in wanted]
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(wanted))) as pool:
        return list(pool.map(_shows, wanted))


def _shows(wanted: tuple[Endpoint, str | None, Sequence[float]]) -> str | None:
    endpoint, digest, patience_s = wanted
    return shows(endpoint, digest, patience_s=patience_s)


def record_sight(
    workspace: Workspace, actor: Actor, deployment: Deployment, certificate: Certificate, problem: str | None
) -> None:
    """Record that the deployment's endpoint shows the certificate, or with a `problem` that it does not yet.

    To be seen serving is to be accepted (R3.3), unless that was settled before.
    """
    subject = f"probe:{deployment.id}"
    with workspace.store().write(actor) as tx:
        held = deployments.get(tx, deployment.id)
        ours = held.installation is None or held.certificate_id == certificate.id
        if not ours or held.removed_at or deployments.wanted(tx, deployment.id, tx.now) != certificate.id:
            # Another run has moved on meanwhile.
            return
        if problem is not None:
            attempts.failed(tx, subject, problem)
            return
        deployments.set_seen(tx, deployment.id, certificate.id)
        attempts.succeeded(tx, subject)
        tx.record("deployment.seen", deployment.subject, {"certificate": int(certificate.id)})
        acceptances.record(tx, certificate.id, AcceptanceKind.SEEN)
