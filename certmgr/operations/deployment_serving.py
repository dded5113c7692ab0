"""The CA's side of deployments on other hosts: hands out what is one host's, and records what it reports (DETAILS 32).

Nothing that the other side says is believed but this: that a certificate which it was offered in this conversation is
installed in its own folder, or is not and why. It learns of its own deployments alone.
"""

from typing import Final

from certmgr import deployment_wire as wire
from certmgr import installing
from certmgr.codes import Code
from certmgr.deployment_forms import host_findings
from certmgr.errors import CertmgrError, RefusedError, UsageError
from certmgr.models.certificates import Certificate
from certmgr.models.operators import Actor, Role
from certmgr.models.servers import Deployment, DeploymentId, Installation
from certmgr.net import hooks
from certmgr.net.lines import Lines
from certmgr.records import dataclass
from certmgr.store import attempts, certificates, deployments
from certmgr.store.connection import Snapshot
from certmgr.workspace import MACHINE_SLOT, Workspace, actor_of

PATIENCE_S: Final = 120.0
"""How long the other side may say nothing, but for its hooks."""
_CODES: Final = {str(code): code for code in Code}


def serving_actor() -> Actor:
    """Return who the journal names where another host fetches: the machine, under the user id of this process.

    No slot is unlocked: no CA key is needed, and who may ask was decided by sshd.
    """
    return actor_of(MACHINE_SLOT, Role.MACHINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """What one host was offered for one of its deployments."""

    deployment: Deployment
    installation: Installation
    certificate: Certificate
    material: installing.Material
    waits: bool

    @property
    def recorded(self) -> bool:
        return self.deployment.certificate_id == self.certificate.id


class _ChangedError(RefusedError):
    """The deployment is not what was offered any more, or not that host's."""

    default_code = Code.DEPLOYMENT_CHANGED


class Conversation:
    """One conversation with one host: it lists once, and fetches and reports each deployment at most once."""

    def __init__(self, workspace: Workspace, actor: Actor, host: str, lines: Lines) -> None:
        """Keep what it is about. Raises UsageError where `host` is no host's name."""
        findings = tuple(host_findings(host))
        if findings:
            raise UsageError(findings[0].message, findings=findings)
        self._workspace = workspace
        self._actor = actor
        self._host = host
        self._lines = lines
        self._offered: dict[DeploymentId, _Case] | None = None
        self._fetched: set[DeploymentId] = set()
        self._reported: set[DeploymentId] = set()
        self._patience_s = PATIENCE_S

    def run(self) -> None:
        """Answer until the other side ends. Raises CertmgrError where it breaks the rules; it is told so before."""
        try:
            while (line := self._lines.read(self._patience_s)) is not None:
                self._patience_s = PATIENCE_S
                self._answer(wire.decoded(line))
        except CertmgrError as problem:
            self._tell(problem)
            raise

    def _answer(self, message: wire.Message) -> None:
        do = wire.text(message, "do")
        if do == "list":
            self._list()
        elif do in {"fetch", "installed", "failed"}:
            case = self._case(message)
            done = self._fetched if do == "fetch" else self._reported
            if case.deployment.id in done:
                raise wire.wrong("it asks or reports twice")
            done.add(case.deployment.id)
            try:
                if do == "fetch":
                    self._hand_out(case)
                    return
                if do == "installed":
                    self._record_installed(case, message)
                else:
                    self._record_failed(case, message)
                self._say({"is": "recorded"})
            except _ChangedError as refusal:
                self._say({"is": "refused", "message": refusal.message})
        else:
            raise wire.wrong("`do` is none that this version knows")

    def _list(self) -> None:
        if self._offered is not None:
            raise wire.wrong("it lists twice")
        found = _cases(self._workspace, self._host)[: wire.MAX_OFFERS]
        self._offered = {one.deployment.id: one for one in found}
        self._say({"is": "list", "host": self._host, "count": len(found)})
        for one in found:
            offer = wire.Offer(
                deployment=one.deployment.id,
                installation=one.installation,
                content=one.material.content,
                recorded=one.recorded,
                waits=one.waits,
            )
            self._say(wire.offer_fields(offer))

    def _case(self, message: wire.Message) -> _Case:
        """Return the case that a message is about, of those that were offered."""
        case = (self._offered or {}).get(DeploymentId(wire.number(message, "deployment")))
        if case is None:
            raise wire.wrong("the deployment is none that it was offered")
        return case

    def _hand_out(self, case: _Case) -> None:
        """Hand out the files with the private key, which is on record before it leaves."""
        subject = case.deployment.subject
        try:
            key = installing.find_key(case.certificate)
        except CertmgrError as problem:
            with self._workspace.store().write(self._actor) as tx:
                _require(tx, case, self._host)
                installing.record_failure(tx, case.deployment, case.certificate.id, problem)
            self._say({"is": "refused", "message": problem.message})
            return
        with self._workspace.store().write(self._actor) as tx:
            _require(tx, case, self._host)
            if deployments.wanted(tx, case.deployment.id, tx.now) != case.certificate.id:
                raise _ChangedError(f"{case.deployment.server} is to serve another certificate by now; fetch again.")
            tx.record("deployment.fetched", subject, {"certificate": int(case.certificate.id)})
        material = case.material
        handed = wire.Handed(der=material.der, chain=material.chain, key=key)
        self._say(wire.files_fields(case.deployment.id, handed))
        self._patience_s = PATIENCE_S + 2 * (case.installation.hook_timeout_s + hooks.GRACE_S)

    def _record_installed(self, case: _Case, message: wire.Message) -> None:
        _require_offered(case, message)
        with self._workspace.store().write(self._actor) as tx:
            held = _require(tx, case, self._host)
            if held.certificate_id == case.certificate.id and case.deployment.id not in self._fetched:
                # Another run of that host was there first.
                return
            installing.record_installed(tx, case.deployment.id, case.certificate.id, case.material.content)

    def _record_failed(self, case: _Case, message: wire.Message) -> None:
        _require_offered(case, message)
        problem = CertmgrError(
            wire.sentence(message, "problem") or "It does not say why.",
            code=_CODES.get(wire.text(message, "code"), Code.FAILED),
        )
        with self._workspace.store().write(self._actor) as tx:
            _require(tx, case, self._host)
            installing.record_failure(tx, case.deployment, case.certificate.id, problem)

    def _say(self, fields: wire.Message) -> None:
        self._lines.write(wire.encoded(**fields), PATIENCE_S)

    def _tell(self, problem: CertmgrError) -> None:
        """Tell the other side what ends the conversation, if it listens."""
        try:
            self._say({"is": "error", "code": str(problem.code), "message": problem.message, "hint": problem.hint})
        except CertmgrError:
            return


def _cases(workspace: Workspace, host: str) -> list[_Case]:
    """Return the deployments of the host that have a certificate to serve, with what they are to have."""
    now = workspace.now()
    found = []
    with workspace.store().read() as snapshot:
        for one in deployments.assigned(snapshot, now):
            files = one.deployment.installation
            if files is not None and files.target == host:
                waits = attempts.is_waiting(attempts.get(snapshot, one.deployment.subject), now)
                found.append((one.deployment, files, certificates.get(snapshot, one.wanted), waits))
    return [
        _Case(
            deployment=deployment,
            installation=files,
            certificate=certificate,
            material=installing.material_of(workspace, certificate),
            waits=waits,
        )
        for deployment, files, certificate, waits in found
    ]


def _require_offered(case: _Case, message: wire.Message) -> None:
    """Raise _ChangedError unless the report is about the very certificate that was offered."""
    if wire.digest(message, "sha256") != case.material.content.sha256:
        raise _ChangedError("That is not the certificate that was offered.")


def _require(snapshot: Snapshot, case: _Case, host: str) -> Deployment:
    """Return the deployment as it is on record now; raises _ChangedError where it is not that host's any more."""
    held = deployments.get(snapshot, case.deployment.id)
    if held.removed_at is not None or held.installation is None or held.installation.target != host:
        raise _ChangedError(f"The deployment {held.id} was removed meanwhile.")
    return held
