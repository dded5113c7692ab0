"""Acceptance from the interface: whether the subscriber may still object, and what is said (R3.3)."""

from certmgr.models.acceptances import Acceptance, AcceptanceKind
from certmgr.models.certificates import CertificateId, KeyOrigin
from certmgr.operations import acceptance as operations
from certmgr.queries import certificates as queries
from tui.backend.core import Core
from tui.backend.issuing import issued_of, submitted_of
from tui.backend.reading import csr_of
from tui.backend.renewing import require_unchanged
from tui.values.issuing import AcceptanceFact, ObjectedFact

_HOW = {AcceptanceKind.IMPLIED: "by the time that passed", AcceptanceKind.SEEN: "by being put to use"}


class Acceptances:
    """Accepts certificates and objects to them."""

    def __init__(self, core: Core) -> None:
        """Work in the core's workspace."""
        self._core = core
        self._workspace = core.workspace

    def to_accept(self, certificate: CertificateId) -> AcceptanceFact:
        """Return what is accepted; raises RefusedError with every reason against it."""
        taken = operations.check_acceptance(self._workspace, certificate)
        return self._fact(certificate, taken)

    def to_object(self, certificate: CertificateId) -> AcceptanceFact:
        """Return what is objected to; raises RefusedError with every reason against it, a missing CSR excepted."""
        operations.check_objection(self._workspace, certificate, reason="-", reissue=False)
        return self._fact(certificate, None)

    def accept(self, fact: AcceptanceFact, *, note: str = "") -> str:
        """Record that the certificate is right, and return how it was accepted; raises as the operation does."""
        session = self._core.session()
        current = queries.detail(self._workspace, fact.seen.id).certificate
        require_unchanged(current, fact.seen)
        return _how(operations.accept(self._workspace, session, certificate=fact.seen.id, note=note))

    def object_to(
        self, fact: AcceptanceFact, *, reason: str, confirm: str, csr: str = "", reissue: bool = True
    ) -> ObjectedFact:
        """Object to the certificate as it was seen: it is revoked, the CRL published, and it is made again."""
        session = self._core.session()
        current = queries.detail(self._workspace, fact.seen.id).certificate
        require_unchanged(current, fact.seen)
        done = operations.object_to(
            self._workspace,
            session,
            certificate=fact.seen.id,
            reason=reason,
            confirm=confirm,
            csr=csr_of(csr) if csr.strip() else None,
            reissue=reissue,
        )
        made = None
        if done.issued is not None:
            made = issued_of(self._core, done.issued)
        elif done.application is not None:
            made = submitted_of(self._core, done.application)
        request = done.revocation
        return ObjectedFact(
            server=done.certificate.server,
            revoked=request.revoked_at is not None,
            verify_by=request.verify_due_at if request.revoked_at is None else None,
            issued=made,
            published=done.published,
            problem=done.problem,
        )

    def _fact(self, certificate: CertificateId, taken: Acceptance | None) -> AcceptanceFact:
        one = queries.detail(self._workspace, certificate).certificate
        return AcceptanceFact(
            seen=one,
            settled=_how(taken) if taken else "",
            owner_key=one.key_origin is KeyOrigin.CSR,
            accept_by=one.accept_by.astimezone(self._workspace.zone) if one.accept_by else None,
        )


def _how(taken: Acceptance) -> str:
    """Return how and when a certificate was accepted: `on 2026-11-21 by alice`."""
    return f"on {taken.at:%Y-%m-%d} {_HOW.get(taken.kind, f'by {taken.by}')}"
