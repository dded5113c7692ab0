"""Renewal from the interface: what stands against it for each certificate, and one renewal at a time (R5.1)."""

from collections.abc import Sequence

from certmgr import issuing, lifecycle
from certmgr.codes import Code
from certmgr.errors import CertmgrError, RefusedError
from certmgr.models.certificates import Certificate, CertificateId
from certmgr.operations import certificates as operations
from certmgr.queries import certificates as queries
from certmgr.store import certificates as stored
from tui.backend.core import Core
from tui.backend.issuing import issued_of
from tui.backend.reading import csr_of
from tui.values.issuing import RenewalFact, Submitted


class Renewals:
    """Reads what can be renewed, and renews it."""

    def __init__(self, core: Core) -> None:
        """Work in the core's workspace."""
        self._core = core
        self._workspace = core.workspace

    def facts(self, chosen: Sequence[int]) -> tuple[RenewalFact, ...]:
        """Return what stands against the renewal of each certificate now, the first to end first."""
        found = []
        for identity in chosen:
            with self._workspace.store().read() as snapshot:
                found.append(stored.get(snapshot, CertificateId(identity)))
        return tuple(sorted((self._fact(one) for one in found), key=lambda fact: (fact.seen.not_after, fact.id)))

    def renew(self, fact: RenewalFact, *, reason: str = "", csr: str = "") -> Submitted:
        """Renew a certificate as it was seen; a reason forces what is too early.

        Raises RefusedError, saying what changed, where it is no longer as it was seen, and what `renew` raises.
        """
        session = self._core.session()
        current = queries.detail(self._workspace, fact.id).certificate
        require_unchanged(current, fact.seen)
        issued = operations.renew(
            self._workspace,
            session,
            current,
            csr=csr_of(csr) if csr.strip() else None,
            force=fact.early,
            reason=reason if fact.early else "",
        )
        return issued_of(self._core, issued)

    def _fact(self, one: Certificate) -> RenewalFact:
        early, refusal = False, ""
        try:
            operations.check_renewable(self._workspace, one)
        except CertmgrError as problem:
            early = problem.code is Code.RENEWAL_EARLY
            refusal = "" if early else problem.message
        needs_csr = False
        if not refusal:
            try:
                issuing.successor_wish(self._workspace, one, None)
            except RefusedError as problem:
                needs_csr = problem.code is Code.NEEDS_CSR
                refusal = "" if needs_csr else problem.message
        return RenewalFact(
            seen=one,
            days=lifecycle.days_left(one.not_after, self._core.now(), self._workspace.zone),
            early=early,
            needs_csr=needs_csr,
            refusal=refusal,
        )


def require_unchanged(current: Certificate, seen: Certificate) -> None:
    """Raise RefusedError, naming what changed, where a certificate is no longer as it was seen."""
    changes = []
    if current.replaced_by_id != seen.replaced_by_id:
        changes.append("it was renewed")
    if current.revoked_at != seen.revoked_at:
        changes.append(f"it was revoked, {current.cause}")
    if current.held_at != seen.held_at:
        changes.append("it was suspended" if current.held_at else "it was released")
    if current.revoking and not seen.revoking:
        changes.append("its revocation was asked for")
    if current.accept_by is None and seen.accept_by is not None and not current.revoked_at:
        changes.append("it was accepted or objected to")
    if changes:
        raise RefusedError(
            f"The certificate of {seen.server} has changed since you opened this: {', '.join(changes)}.",
            hint="Nothing was done. Look at it again.",
            code=Code.STATE_REFUSED,
        )
