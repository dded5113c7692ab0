"""The review queue: what waits and for whom, one application with all that is known of it, and the decisions on it."""

from certmgr.codes import Code
from certmgr.errors import Finding, RefusedError
from certmgr.models.applications import Application, ApplicationId, ApplicationState
from certmgr.models.operators import Permission
from certmgr.operations import applications as operations
from certmgr.queries import applications as queries
from certmgr.store import applications as stored
from tui.backend.core import Core
from tui.backend.issuing import submitted_of
from tui.backend.keyset import Whole
from tui.values.applications import ApplicationDetail, ApplicationRow
from tui.values.issuing import Submitted
from tui.views import Query

DECIDED = 1000
"""So many of those that are over are listed, the newest; `certmgr application list --all` has every one."""


class Applications(Whole[ApplicationRow]):
    """Every application that is open, those that wait for whoever is here first, and the newest that are over."""

    def __init__(self, core: Core) -> None:
        """Read in the core's workspace."""
        self._core = core
        self._workspace = core.workspace
        super().__init__(
            self._read,
            text=lambda row: " ".join(
                (str(row.id), row.server, *row.names, row.owner, row.purpose, row.profile, row.requested_by, row.state)
            ),
            sorts={
                "server": lambda row: (row.server, row.id),
                "unit": lambda row: (row.owner, row.id),
                "expires": lambda row: (row.expires_at, row.id),
            },
            over=lambda row: not row.open,
        )

    def detail(self, application: int) -> ApplicationDetail:
        """Return everything on record about one application; raises NotFoundError."""
        found = queries.detail(self._workspace, ApplicationId(application))
        one = found.application
        profile = self._workspace.config.profiles.get(one.profile)
        return ApplicationDetail(
            application=one,
            state=one.state(self._core.now()),
            mine=self._is_mine(one, self._reviewer()),
            contact=found.contact,
            serial=found.certificate.serial if found.certificate else "",
            history=found.history,
            doubts=tuple(item.message for item in found.doubts),
            profile_days=profile.days if profile else None,
        )

    def approve(self, seen: Application, *, reason: str, confirm: str) -> Submitted:
        """Approve the application as it was seen; with the last approval that it needs the certificate is issued.

        Raises RefusedError, saying what changed, where it is no longer as it was seen, and what the operation raises.
        """
        session = self._core.session()
        self._require_unchanged(seen)
        done = operations.approve(self._workspace, session, seen.id, reason=reason, confirm=confirm)
        notices = tuple(item.message for item in done.notices)
        return submitted_of(self._core, done.application, done.issued, notices)

    def reject(self, seen: Application, *, reason: str, confirm: str) -> Submitted:
        """Reject the application as it was seen, which ends it; raises as `approve`."""
        session = self._core.session()
        self._require_unchanged(seen)
        done = operations.reject(self._workspace, session, seen.id, reason=reason, confirm=confirm)
        return submitted_of(self._core, done.application)

    def withdraw(self, seen: Application) -> Submitted:
        """Withdraw one's own application as it was seen; raises as `approve`."""
        session = self._core.session()
        self._require_unchanged(seen)
        return submitted_of(self._core, operations.withdraw(self._workspace, session, seen.id))

    def issue(self, seen: Application) -> Submitted:
        """Issue what is approved and was left; raises as the operation does."""
        session = self._core.session()
        self._require_unchanged(seen)
        done = operations.issue(self._workspace, session, seen.id)
        return submitted_of(self._core, done.application, done.issued)

    def _read(self, query: Query) -> list[ApplicationRow]:
        del query
        now, me = self._core.now(), self._reviewer()
        with self._workspace.store().read() as snapshot:
            found = {one.id: one for one in stored.open(snapshot, now)}
            found |= {one.id: one for one in stored.all(snapshot, limit=DECIDED)}
        rows = [
            ApplicationRow(
                id=one.id,
                server=one.server,
                names=(*one.dns, *one.ip),
                owner=one.owner,
                purpose=one.purpose,
                profile=one.profile,
                state=one.state(now),
                mine=self._is_mine(one, me),
                approvals=len(one.approvals),
                needed=one.needed,
                requested_by=one.requested_by,
                submitted_at=one.submitted_at,
                expires_at=one.expires_at,
                now=now,
            )
            for one in found.values()
        ]
        return sorted(rows, key=_place)

    def _reviewer(self) -> str | None:
        """Return the slot for which applications wait here: the unlocked one, else the usual one, if it may decide."""
        name = self._core.unlocked or self._workspace.config.operators.default
        deciding = {slot.name for slot in self._core.slots(Permission.DECIDE_APPLICATION)}
        return name if name in deciding else None

    def _is_mine(self, one: Application, me: str | None) -> bool:
        """Tell whether the application waits for the slot `me`."""
        waits = one.state(self._core.now()) is ApplicationState.SUBMITTED
        return waits and me is not None and one.requested_by != me and all(done.by != me for done in one.decisions)

    def _require_unchanged(self, seen: Application) -> None:
        """Raise RefusedError, naming each change, where the application is not as it was seen."""
        current = queries.get(self._workspace, seen.id)
        if current == seen:
            return
        changes = [
            f"{one.verdict.value} by {one.by} at {one.at:%Y-%m-%d %H:%M} UTC: {one.reason}"
            for one in current.decisions[len(seen.decisions) :]
        ]
        state = current.state(self._core.now())
        if not changes or state not in {ApplicationState.SUBMITTED, ApplicationState.REJECTED}:
            changes.append(f"It is {state} now.")
        raise RefusedError(
            f"The application {seen.id} for {seen.server} has changed since you opened it; nothing was done.",
            hint="Look at it again, then decide.",
            findings=[Finding(code=Code.APPLICATION_STATE, message=text, field="state") for text in changes],
            code=Code.APPLICATION_STATE,
        )


def _place(row: ApplicationRow) -> tuple[int, float, int]:
    """Return where a row stands: what waits for me, what waits, what is approved, what is over, the newest first."""
    if row.open:
        rank = 0 if row.mine else 1 if row.state is ApplicationState.SUBMITTED else 2
        return rank, row.expires_at.timestamp(), row.id
    return 3, 0.0, -row.id
