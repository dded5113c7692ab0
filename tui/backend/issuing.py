"""The form for a certificate: which profiles there are, what policy says of a draft, and what comes of it."""

import re
from dataclasses import replace
from typing import Final

from certmgr import approvals, intake, issuing
from certmgr.codes import Code
from certmgr.errors import CertmgrError, Finding, RefusedError, ReviewError, UsageError
from certmgr.issuance import Issued
from certmgr.models.applications import GIVEN_EVIDENCE, Application, ApplicationId, EvidenceKind
from certmgr.models.keys import KeyType
from certmgr.models.operators import Permission
from certmgr.operations import applications, certificates
from certmgr.queries import applications as application_queries
from tui.backend.core import Core
from tui.backend.reading import csr_of, path_of
from tui.values.issuing import CSR, Answer, Draft, ProfileChoice, Reason, Submitted

_SEPARATORS: Final = re.compile(r"[\s,;]+")
_BETWEEN_EVIDENCE: Final = re.compile(r";\s*(?=[A-Za-z]+=|$)")
"""A semicolon before the next KIND=; any other belongs to the text."""
_FIELDS: Final = {
    "dns": "names",
    "server": "names",
    "zones": "names",
    "ip": "addresses",
    "networks": "addresses",
    "profile": "profile",
    "owner": "owner",
    "contact": "contact",
    "purpose": "purpose",
    "days": "days",
    "key_type": "key",
    "evidence": "evidence",
}
"""Under which field of the form a finding is said."""
_OF_THE_KEY: Final = frozenset({"csr", "key", "signature", "attributes", "subject"})
_MADE_AT_ONCE: Final = frozenset({KeyType.EC_P256, KeyType.EC_P384, KeyType.ED25519})
_ABOUT_THE_SERVER: Final = frozenset({Code.ALREADY_ISSUED, Code.APPLICATION_OPEN})


class Issuing:
    """Answers while a form is filled in, and carries it out."""

    def __init__(self, core: Core) -> None:
        """Work in the core's workspace."""
        self._core = core
        self._workspace = core.workspace
        self.kept = Draft()
        """A form that was left half-filled, until it is opened again or the session ends."""

    def begin(self, given: Draft | None) -> Draft:
        """Return with what the form begins: what was typed and left, else what the screen under it knows."""
        return given if given is not None and not self.kept.typed else self.kept

    def profiles(self) -> tuple[ProfileChoice, ...]:
        """Return the configured profiles, the usual one first."""
        found = [
            ProfileChoice(
                name=one.name,
                days=one.days,
                max_days=one.max_days,
                key_types=tuple(kind.value for kind in one.key_types),
                approvals=approvals.NEEDED[one.approval],
            )
            for one in self._workspace.config.profiles.values()
        ]
        return tuple(sorted(found, key=lambda one: one.name != intake.DEFAULT_PROFILE))

    def answer(self, draft: Draft) -> Answer:
        """Return what policy says of the draft, with every reason against it; what `issue --dry-run` asks."""
        evidence, wrong = _judged_evidence(draft.evidence)
        try:
            wish = _wish(draft)
            issuing.judge(self._workspace, wish, requested_by="-")
            found = certificates.rehearse(self._workspace, self._cheap(wish), additional=draft.additional)
            if found.needed or evidence:
                applications.check_submission(self._workspace, wish, additional=draft.additional)
        except (RefusedError, UsageError) as problem:
            return Answer(reasons=(*_reasons(self._all_reasons(draft, problem), with_csr=draft.key == CSR), *wrong))
        if wrong:
            return Answer(reasons=wrong)
        profile = self._workspace.config.profiles[found.order.profile]
        return Answer(
            notices=tuple(item.message for item in found.notices),
            server=found.order.server,
            needed=found.needed,
            days=profile.days if found.order.days is None else found.order.days,
            not_after=found.not_after.astimezone(self._workspace.zone),
            waits_days=self._workspace.config.application.lifetime.days,
            recorded=bool(evidence) and not found.needed,
        )

    def _cheap(self, wish: intake.Wish) -> intake.Wish:
        """Return the wish with a type of key that is made at once, where the profile has one: an RSA key takes seconds.

        Which type is asked for changes neither the names nor the end; policy has judged it before.
        """
        profile = self._workspace.config.profiles[wish.profile]
        wanted = wish.key_type or profile.key_types[0]
        cheap = next((kind for kind in profile.key_types if kind in _MADE_AT_ONCE), None)
        if wish.csr is not None or cheap is None or wanted in _MADE_AT_ONCE:
            return wish
        return replace(wish, key_type=cheap)

    def _all_reasons(self, draft: Draft, problem: CertmgrError) -> CertmgrError:
        """Return the problem with the reasons that the records have beside those of policy."""
        try:
            applications.check_submission(self._workspace, _wish(draft), additional=draft.additional)
        except (RefusedError, UsageError) as wider:
            return wider
        return problem

    def submit(self, draft: Draft) -> Submitted:
        """Issue the certificate, or record the application where people decide on it first.

        A slot that may not issue applies, and so does whoever states evidence: an application keeps it. Raises what
        `issue` and `application submit` raise, with every reason.
        """
        session = self._core.session()
        wish, destination, evidence = _wish(draft), path_of(draft.folder), evidence_of(draft.evidence)
        if evidence or not session.allows(Permission.ISSUE):
            done = applications.submit(
                self._workspace,
                session,
                wish,
                evidence=evidence,
                destination=destination,
                additional=draft.additional,
            )
            notices = tuple(item.message for item in done.notices)
            return submitted_of(self._core, done.application, done.issued, notices)
        try:
            issued = certificates.issue(
                self._workspace, session, wish, destination=destination, additional=draft.additional
            )
        except ReviewError as review:
            found = application_queries.get(self._workspace, ApplicationId(review.application))
            return submitted_of(self._core, found)
        return issued_of(self._core, issued)


def issued_of(core: Core, issued: Issued) -> Submitted:
    """Return a certificate that was just issued, in the values of the interface."""
    spec = issued.prepared.spec
    return Submitted(
        server=issued.prepared.order.server,
        serial=spec.serial,
        not_after=spec.not_after.astimezone(core.workspace.zone),
        folder=issued.folder,
        notices=tuple(item.message for item in issued.prepared.notices),
    )


def submitted_of(
    core: Core, application: Application, issued: Issued | None = None, notices: tuple[str, ...] = ()
) -> Submitted:
    """Return what became of an application, in the values of the interface."""
    made = issued_of(core, issued) if issued else None
    return Submitted(
        server=application.server,
        serial=made.serial if made else "",
        not_after=made.not_after if made else None,
        folder=made.folder if made else None,
        application=application.id,
        state=application.state(core.now()).value,
        left=max(application.needed - len(application.approvals), 0),
        expires_at=application.expires_at.astimezone(core.workspace.zone),
        notices=(*notices, *(made.notices if made else ())),
    )


def _wish(draft: Draft) -> intake.Wish:
    """Return what the draft asks for; raises UsageError for a text that is not what it was given as."""
    days = draft.days.strip()
    if days and not re.fullmatch(r"[0-9]{1,5}", days):
        message = f"{days[:20]!r} is no number of days."
        finding = Finding(code=Code.USAGE, message=message, field="days", value=days)
        raise UsageError(message, hint="Give a number, or leave it empty.", findings=[finding])
    return intake.Wish(
        dns=_split(draft.names),
        ip=_split(draft.addresses),
        csr=csr_of(draft.csr) if draft.key == CSR else None,
        profile=draft.profile or intake.DEFAULT_PROFILE,
        purpose=draft.purpose,
        owner=draft.owner,
        contact=draft.contact,
        days=int(days) if days else None,
        key_type=KeyType(draft.key) if draft.key and draft.key != CSR else None,
        note=draft.note.strip(),
    )


def evidence_of(text: str) -> tuple[tuple[EvidenceKind, str], ...]:
    """Return what was verified and how, from `KIND=TEXT; KIND=TEXT`; raises UsageError with all that is no evidence."""
    known = {one.value: one for one in GIVEN_EVIDENCE}
    found: list[tuple[EvidenceKind, str]] = []
    wrong: list[Finding] = []
    for part in _BETWEEN_EVIDENCE.split(text.strip()):
        kind, _, words = (one.strip() for one in part.partition("="))
        if kind in known and words:
            found.append((known[kind], words))
        elif part.strip():
            message = f"{part.strip()[:40]!r} is no evidence; write {'=, '.join(known)}= and what was verified."
            wrong.append(Finding(code=Code.APPLICATION_EVIDENCE, message=message, field="evidence", value=part))
    if wrong:
        raise UsageError(wrong[0].message, findings=wrong, code=Code.APPLICATION_EVIDENCE)
    return tuple(found)


def _judged_evidence(text: str) -> tuple[tuple[tuple[EvidenceKind, str], ...], tuple[Reason, ...]]:
    """Return what was verified, or why the text does not say it."""
    try:
        return evidence_of(text), ()
    except UsageError as problem:
        return (), _reasons(problem, with_csr=False)


def _split(text: str) -> tuple[str, ...]:
    return tuple(part for part in _SEPARATORS.split(text) if part)


def _reasons(problem: CertmgrError, *, with_csr: bool) -> tuple[Reason, ...]:
    """Return every reason of a refusal with the field that it is about."""
    if not problem.findings:
        field = "names" if problem.code in _ABOUT_THE_SERVER else ""
        if problem.code is Code.CSR_UNREADABLE:
            field = "csr"
        return (Reason(field=field, text=problem.message),)
    key = "csr" if with_csr else "key"
    return tuple(
        Reason(field=key if item.field in _OF_THE_KEY else _FIELDS.get(item.field or "", ""), text=item.message)
        for item in problem.findings
    )
