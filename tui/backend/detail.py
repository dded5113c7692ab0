"""Everything about one certificate: what is on record, what its endpoints show now, what can be copied."""

from certmgr import lifecycle
from certmgr.errors import CertmgrError
from certmgr.models.certificates import CertificateId, KeyOrigin
from certmgr.models.servers import Served
from certmgr.pki import export
from certmgr.printable import printable
from certmgr.queries import certificates as queries
from certmgr.queries import deployments, servers
from certmgr.queries.deployments import DeploymentState
from certmgr.store import keys
from certmgr.store import servers as stored_servers
from tui.backend.core import Core
from tui.values.detail import Copyable, Look, Place, Sight
from tui.views import Detail

_SIGHTS = {
    Served.CURRENT: Sight.CURRENT,
    Served.OLD: Sight.OLD,
    Served.FOREIGN: Sight.FOREIGN,
    Served.UNREACHABLE: Sight.UNREACHABLE,
}


class Details:
    """One certificate at a time."""

    def __init__(self, core: Core) -> None:
        """Read in the core's workspace."""
        self._core = core
        self._workspace = core.workspace

    def of(self, certificate: CertificateId) -> Detail:
        """Return everything on record about one certificate; raises NotFoundError."""
        found = queries.detail(self._workspace, certificate)
        with self._workspace.store().read() as snapshot:
            blocked = keys.is_blocked(snapshot, found.certificate.spki_sha256)
            server = stored_servers.find_by_name(snapshot, found.certificate.server)
        profile = self._workspace.config.profiles.get(found.certificate.profile)
        needs_csr = found.certificate.key_origin is KeyOrigin.CSR and not (profile is not None and profile.reuse_key)
        return Detail(
            certificate=found.certificate,
            state=found.state,
            days=lifecycle.days_left(found.certificate.not_after, self._core.now(), self._workspace.zone),
            zone=self._workspace.zone,
            chain=found.chain,
            history=found.history,
            line=found.line,
            revocations=found.revocations,
            flags=found.flags,
            same_key=found.same_key,
            blocked=blocked,
            by_hand=needs_csr or (server is not None and not server.auto_renew),
            acceptance=found.acceptance,
            application=found.application,
            places=tuple(_place(one) for one in deployments.every(self._workspace, found.certificate.server)),
        )

    def look(self, certificate: CertificateId, server: str, place: Place) -> Look:
        """Return what the endpoint of a deployment shows now; it takes as long as the other side does. Never raises."""
        now = self._core.now()
        if place.endpoint is None:
            raise ValueError(f"deployment {place.id} has no endpoint")
        try:
            (found,) = servers.verify(self._workspace, server, endpoint=place.endpoint)
        except CertmgrError as problem:
            return Look(place=place.id, sight=Sight.UNREACHABLE, at=now, problems=(problem.message,))
        shown = found.certificate
        this = shown is not None and shown.id == certificate
        return Look(
            place=place.id,
            sight=Sight.THIS if this else _SIGHTS[found.served],
            at=now,
            serial=shown.serial if shown else "",
            subject=found.subject,
            problems=found.problems,
        )

    def copyables(self, certificate: CertificateId) -> tuple[Copyable, ...]:
        """Return what of a certificate can be copied; what it has not is left out. Raises NotFoundError."""
        found = queries.detail(self._workspace, certificate)
        one = found.certificate
        folder = f"{one.destination}/{one.server}/live" if one.destination else ""
        values = (
            ("name", one.server),
            ("serial", one.serial),
            ("SHA-256 fingerprint", one.sha256 or ""),
            ("PEM", export.pem(found.der).decode("ascii") if found.der else ""),
            ("folder of its files", folder),
        )
        return tuple(
            Copyable(label=label, value=value if label == "PEM" else printable(value))
            for label, value in values
            if value
        )


def _place(state: DeploymentState) -> Place:
    one = state.deployment
    return Place(
        id=one.id,
        text=", ".join(str(half) for half in (one.installation, one.endpoint) if half),
        endpoint=one.endpoint,
        standing=state.standing.value,
        held=one.certificate_id,
        held_serial=state.held.serial if state.held else "",
        installed_at=one.installed_at,
        seen_at=one.seen_at,
        problem=state.problem,
    )
