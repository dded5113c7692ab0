"""Revoking, holding, releasing: one certificate, many at once, a CA."""

from collections.abc import Sequence
from datetime import datetime

from certmgr import lifecycle, revoking
from certmgr.errors import CertmgrError
from certmgr.filters import parse_filter
from certmgr.models.authorities import AuthorityRole, AuthorityStatus
from certmgr.models.certificates import Certificate, CertificateId
from certmgr.models.operators import Permission
from certmgr.models.revocations import HoldTerms
from certmgr.operations import authority_revocations, bulk_revocations, holds
from certmgr.operations import revocations as operations
from certmgr.operations.bulk_revocations import Selection
from certmgr.queries import authorities
from certmgr.queries import certificates as certificate_queries
from certmgr.queries import revocations as queries
from certmgr.revocation_steps import Revoked
from certmgr.store import chosen
from tui.backend.certificates import filter_of
from tui.backend.core import Core
from tui.values.revocations import (
    Ask,
    AuthorityCase,
    AuthorityOutcome,
    Beside,
    BulkOutcome,
    Named,
    Periods,
    Picked,
    Progress,
    Rehearsal,
    ReleaseOutcome,
)
from tui.views import Outcome, Query

_COUNTED = 1_000_000_000
"""Counting for a person who decides does not stop early."""


class Revoking:
    """What the dialogs of revocation ask for."""

    def __init__(self, core: Core) -> None:
        """Act in the core's workspace, with the slot that is unlocked there."""
        self._core = core
        self._workspace = core.workspace

    @property
    def may_decide(self) -> bool | None:
        """Whether the unlocked slot may verify, so that its word is enough; None: no slot is unlocked."""
        if self._core.unlocked is None:
            return None
        return self._core.session().allows(Permission.VERIFY_REVOCATION)

    @property
    def periods(self) -> Periods:
        """How long each step may take."""
        found = self._workspace.config.revocation
        return Periods(
            verify=found.verify_within,
            publish=found.publish_within,
            hold=found.hold,
            release=found.release_within,
            report=found.report_within,
        )

    def beside(self, certificate: CertificateId) -> Beside:
        """Return what a compromised key of the certificate concerns beside it; raises NotFoundError."""
        found, now = queries.beside(self._workspace, certificate), self._core.now()
        return Beside(
            same_key=tuple(named(one, now) for one in found.same_key),
            line=tuple(named(one, now) for one in found.line),
        )

    def revoke(self, certificate: CertificateId, ask: Ask, *, confirm: str) -> Outcome:
        """Revoke the certificate as far as the unlocked slot may go, and publish the CRL.

        A failed publication is told in the outcome. Raises what the operation raises where it refuses, and LockedError
        where no slot is unlocked.
        """
        return outcome_of(
            operations.revoke(
                self._workspace,
                self._core.session(),
                certificate=certificate,
                cause=ask.cause,
                confirm=confirm,
                evidence=ask.evidence,
                compromised_since=ask.compromised_since,
                hold=ask.hold,
                also_line=ask.also_line,
            )
        )

    def hold(self, certificate: CertificateId, *, confirm: str, evidence: str, terms: HoldTerms) -> Outcome:
        """Hold the certificate as far as the unlocked slot may go; as `revoke`."""
        return outcome_of(
            holds.hold(
                self._workspace,
                self._core.session(),
                certificate=certificate,
                confirm=confirm,
                evidence=evidence,
                terms=terms,
            )
        )

    def release(self, certificate: CertificateId, *, confirm: str, note: str) -> ReleaseOutcome:
        """Lift the hold, or ask for that where the unlocked slot may not decide, and publish the CRL without it."""
        done = holds.release(self._workspace, self._core.session(), certificate=certificate, confirm=confirm, note=note)
        return ReleaseOutcome(
            server=done.certificate.server,
            lifted=done.lifted,
            due=done.due,
            crl_number=done.published.number if done.published else None,
            problem=done.problem,
        )

    def one(self, certificate: CertificateId) -> Named:
        """Return the certificate as a dialog names it; raises NotFoundError."""
        return named(certificate_queries.detail(self._workspace, certificate).certificate, self._core.now())

    def pick(self, ids: Sequence[int], query: Query) -> Picked:
        """Return the marked certificates, and which of them a list that is asked for `query` does not show."""
        now, marked = self._core.now(), tuple(CertificateId(one) for one in ids)
        with self._workspace.store().read() as snapshot:
            found = chosen.by_ids(snapshot, marked)
            seen = chosen.matching(snapshot, marked, parse_filter(filter_of(query)), now=now, zone=self._workspace.zone)
        return Picked(
            shown=tuple(named(one, now) for one in found if one.id in seen),
            hidden=tuple(named(one, now) for one in found if one.id not in seen),
        )

    def rehearse(self, ids: Sequence[int], ask: Ask) -> Rehearsal:
        """Return what a revocation of many would do; raises CertmgrError where it would be refused whole."""
        now = self._core.now()
        found = bulk_revocations.find(self._workspace, _selection(ids), _asked(ask))
        return Rehearsal(
            revoked=tuple(named(one, now) for one in found.certificates),
            passed_over=tuple((named(one, now), reason) for one, reason in found.passed_over),
        )

    def revoke_many(self, ids: Sequence[int], ask: Ask, *, confirm: int, progress: Progress) -> BulkOutcome:
        """Revoke many as far as the unlocked slot may go, and publish; `progress` tells how far it has come.

        `confirm` is their number, as the rehearsal told it. Raises as the operation does.
        """
        outcome: Revoked | None = None
        steps = bulk_revocations.revoke(
            self._workspace, self._core.session(), _selection(ids), _asked(ask), confirm=confirm
        )
        for step in steps:
            progress.requested, progress.revoked, progress.total = step.requested, step.revoked, step.total
            outcome = step.outcome
        if outcome is None:
            raise AssertionError(ids)
        request = outcome.revocation
        return BulkOutcome(
            number=1 + len(outcome.others),
            first=request.id,
            revoked=request.revoked_at is not None,
            published=outcome.published,
            crl_number=outcome.crl_number,
            problem=outcome.problem,
            due=None if request.published_at else queries.clock_of(request).due,
        )

    def authority_case(self, slug: str) -> AuthorityCase:
        """Return what the revocation of the CA `slug` would mean; raises NotFoundError."""
        found = authorities.named(self._workspace, slug)
        by_id = {one.id: one for one in authorities.every(self._workspace)}
        issuer = by_id.get(found.parent_id) if found.parent_id is not None else None
        other = [
            one.slug
            for one in by_id.values()
            if one.id != found.id and one.role is AuthorityRole.ISSUING and one.status is AuthorityStatus.CURRENT
        ]
        return AuthorityCase(
            slug=found.slug,
            subject=found.subject,
            serial=found.serial or "",
            organisation=self._workspace.config.organisation.name,
            current=found.status is AuthorityStatus.CURRENT,
            live=certificate_queries.count(
                self._workspace, f"ca:{found.slug} !state:expired !state:revoked !state:pending", stop_at=_COUNTED
            ),
            successor=other[-1] if other else None,
            issuer=issuer.slug if issuer else "",
            refusal=self._refusal(found.slug),
        )

    def revoke_authority(self, slug: str, *, evidence: str, confirm: str) -> AuthorityOutcome:
        """Revoke the CA for ca-compromise and publish its issuer's CRL; `confirm` is its typed short name."""
        done = authority_revocations.revoke(
            self._workspace, self._core.session(), slug=slug, evidence=evidence, confirm=confirm
        )
        return AuthorityOutcome(slug=slug, crl_number=done.crl_number, problem=done.problem)

    def _refusal(self, slug: str) -> str | None:
        """Return why the CA could not be revoked whatever the evidence; None: it could."""
        try:
            authority_revocations.rehearse(self._workspace, slug=slug, evidence="to be said")
        except CertmgrError as error:
            return error.message
        return None


def named(certificate: Certificate, now: datetime) -> Named:
    """Return a certificate as a dialog names it."""
    return Named(
        id=certificate.id,
        server=certificate.server,
        serial=certificate.serial,
        state=lifecycle.state_of(certificate, now),
        held_until=certificate.hold_until,
    )


def outcome_of(done: Revoked) -> Outcome:
    """Return what came of a revocation or a verification."""
    request = done.revocation
    still_open = request.published_at is None and request.closed_at is None
    return Outcome(
        server=request.server,
        revoked=request.revoked_at is not None,
        held=request.hold_until if request.revoked_at is not None else None,
        others=len(done.others),
        crl_number=done.crl_number,
        published=done.published,
        problem=done.problem,
        due=queries.clock_of(request).due if still_open else None,
    )


def _selection(ids: Sequence[int]) -> Selection:
    return Selection(ids=tuple(CertificateId(one) for one in ids))


def _asked(ask: Ask) -> revoking.Asked:
    return revoking.Asked(
        cause=ask.cause, by="", evidence=ask.evidence, compromised_since=ask.compromised_since, hold=ask.hold
    )
