"""What people do beside asking for revocations: holds, campaigns, applications, objections, changes of facts."""

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from certmgr.models.applications import ApplicationId, ApplicationState, EvidenceKind
from certmgr.models.certificates import Certificate
from certmgr.models.revocations import Cause, HoldEnd, HoldTerms, RevocationId
from certmgr.operations import acceptance, applications, campaigns, certificates, holds, revocations, servers
from certmgr.records import dataclass
from certmgr.store import campaigns as stored_campaigns
from tests.simulation import ground
from tests.simulation.events import DAY, HOUR, Apply, ChangeFacts, Event, Hold, Holds, LetExpire, Object, StartCampaign

if TYPE_CHECKING:
    from tests.simulation.people import People
    from tests.simulation.world import World

ORDER: Final = "order 12 of the supervisor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A hold that was made, and how it is to end."""

    certificate: Certificate
    ends: Holds
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """An application that was submitted."""

    id: ApplicationId
    server: str
    wish: Apply


class Service:
    """The organisation's dealings with its subscribers."""

    def __init__(self, world: "World", people: "People") -> None:
        """Know who acts."""
        self._world = world
        self._people = people
        self.held: list[Held] = []
        self.applied: list[Applied] = []
        self.campaigns: list[str] = []
        self.objected: list[Certificate] = []
        self.changed: list[str] = []
        self.expiring: list[str] = []

    def act(self, event: Event) -> bool:
        """Do what the plan says of the service; tell whether it was something of this kind."""
        match event.what:
            case Hold() as wish:
                self._people.attempt(partial(self._hold, wish), "hold")
            case StartCampaign() as wish:
                self._people.attempt(partial(self._campaign, wish), "campaign")
            case Apply() as wish:
                self._people.attempt(partial(self._apply, wish), "application")
            case Object():
                self._people.attempt(self._object, "objection")
            case LetExpire(days=days):
                self._people.attempt(partial(self._let_expire, days), "a server that is not renewed")
            case ChangeFacts():
                self._people.attempt(self._change, "change of facts")
            case _:
                return False
        return True

    def _do(self, what: str) -> None:
        self._world.ledger.acts[what] += 1

    def _hold(self, wish: Hold) -> None:
        """A server is suspended; it ends as the plan says."""
        subject = self._people.live(self._people.new_server())
        if subject is None:
            raise AssertionError(wish)
        until = self._people.workspace.now() + wish.lasts
        then = HoldEnd.REVOKE if wish.ends is Holds.LAPSES else HoldEnd.ASK
        holds.hold(
            self._people.workspace,
            self._people.session("officer"),
            certificate=subject.id,
            confirm=subject.server,
            evidence=ORDER,
            terms=HoldTerms(until=until, then=then, cause=Cause.FEES_UNPAID if then is HoldEnd.REVOKE else None),
        )
        self._do("held")
        self.held.append(Held(certificate=subject, ends=wish.ends, until=until))
        match wish.ends:
            case Holds.RELEASED:
                self._end(wish.lasts / 2, "release", partial(self._ask_release, subject))
            case Holds.REVOKED:
                self._end(wish.lasts / 2, "revoke held", partial(self._revoke, subject))
            case Holds.FORGOTTEN:
                self._world.ledger.forgotten.add(f"certificate:{subject.id}")
                self._end(wish.lasts + 2 * DAY, "late release", partial(self._release, subject, "officer"))
            case Holds.LAPSES:
                pass

    def _end(self, wait: timedelta, what: str, act: partial[None]) -> None:
        self._world.after(wait, partial(self._people.attempt, act, what))

    def _ask_release(self, subject: Certificate) -> None:
        """The desk asks for the release, and an officer lifts the hold within the 48 hours (N2)."""
        self._release(subject, "desk")
        self._end(20 * HOUR, "release", partial(self._release, subject, "officer"))

    def _release(self, subject: Certificate, who: str) -> None:
        people = self._people
        holds.release(people.workspace, people.session(who), certificate=subject.id, confirm=subject.server)
        self._do(f"release by {who}")

    def _revoke(self, subject: Certificate) -> None:
        people = self._people
        revocations.revoke(
            people.workspace,
            people.session("officer"),
            certificate=subject.id,
            cause=Cause.DUTY_BREACHED,
            confirm=subject.server,
            evidence=ORDER,
        )
        self._do("held one revoked")

    def _campaign(self, wish: StartCampaign) -> None:
        """Some certificates are to be replaced by a day; each owner renews at a moment before it (R5.2)."""
        people, name = self._people, f"campaign-{len(self.campaigns) + 1}"
        local = (self._world.clock.shows + wish.lasts).astimezone(people.workspace.zone)
        made = campaigns.create(
            people.workspace,
            people.session("admin"),
            name=name,
            reason="the old profile ends",
            deadline=local.date(),
            filter_text=wish.filter,
        )
        self.campaigns.append(name)
        with people.workspace.store().read() as snapshot:
            members = [one.certificate for one in stored_campaigns.members(snapshot, made.id)]
        self._world.ledger.acts["campaign members"] += len(members)
        for one in members:
            self._end(wish.lasts * self._world.chance.random() * 0.9, "campaign", partial(self._replace, one))

    def _replace(self, one: Certificate) -> None:
        """An owner renews for the campaign, unless that has been done or the certificate is gone."""
        live = self._people.live(one.server)
        if live is not None and live.id == one.id and not live.revoking:
            people = self._people
            certificates.renew(people.workspace, people.session("officer"), live, force=True, reason="campaign")
            self._do("renewed for a campaign")

    def _apply(self, wish: Apply) -> None:
        """A subscriber applies under a profile that wants so many people; they decide within a day (R2.1)."""
        people, name = self._people, f"applied-{len(self.applied) + 1}"
        made = applications.submit(
            people.workspace,
            people.session("desk"),
            ground.wish_for(name, profile="reviewed" if wish.people == 1 else "guarded"),
            evidence=[(EvidenceKind.DOCUMENT, "letter 7")],
            destination=self._world.home.out,
        )
        if made.application.state(people.workspace.now()) is not ApplicationState.SUBMITTED:
            raise AssertionError(made)
        applied = Applied(id=made.application.id, server=name, wish=wish)
        self.applied.append(applied)
        self._do("applied")
        for number, who in enumerate(("officer", "second")[: wish.people]):
            self._end((5 + 3 * number) * HOUR, "decision", partial(self._decide, applied, who))

    def _decide(self, applied: Applied, who: str) -> None:
        people = self._people
        decide = applications.approve if applied.wish.approved else applications.reject
        decide(people.workspace, people.session(who), applied.id, reason="checked", confirm=applied.server)
        self._do("application " + ("approved" if applied.wish.approved else "rejected"))

    def _let_expire(self, days: int) -> None:
        people, name = self._people, f"manual-{len(self.expiring) + 1}"
        officer, out = people.session("officer"), self._world.home.out
        certificates.issue(people.workspace, officer, ground.wish_for(name, days=days), destination=out)
        servers.edit(people.workspace, officer, name=name, facts=servers.Facts(auto_renew=False))
        self.expiring.append(name)
        self._do("not to be renewed")

    def _object(self) -> None:
        """A subscriber objects, by turns to an officer or at the desk, where an officer has to verify it (R3.3)."""
        people, number = self._people, len(self.objected)
        subject = people.live(people.new_server())
        if subject is None:
            raise AssertionError(number)
        self.objected.append(subject)
        self._end(DAY, "objection", partial(self._object_to, subject, "desk" if number % 2 else "officer"))

    def _object_to(self, subject: Certificate, who: str) -> None:
        people = self._people
        done = acceptance.object_to(
            people.workspace, people.session(who), certificate=subject.id, reason="wrong", confirm=subject.server
        )
        self._do(f"objection to {who}")
        if who == "desk":
            self._end(5 * HOUR, "verify objection", partial(self._verify, done.revocation.id))

    def _verify(self, request: RevocationId) -> None:
        revocations.verify(self._people.workspace, self._people.session("officer"), request, how=ORDER)

    def _change(self) -> None:
        """A server's owner or purpose changes; its certificate is replaced, or names nothing of that (R1.2)."""
        name, number = self._people.new_server(), len(self.changed)
        self.changed.append(name)
        facts = servers.Facts(owner="another unit") if number % 2 else servers.Facts(purpose="another purpose")
        self._end(DAY, "change of facts", partial(self._edit, name, facts))
        self._end(2 * DAY, "follow up", partial(self._follow, name, number))

    def _edit(self, name: str, facts: servers.Facts) -> None:
        servers.edit(self._people.workspace, self._people.session("officer"), name=name, facts=facts)
        self._do("facts changed")

    def _follow(self, name: str, number: int) -> None:
        people, officer = self._people, self._people.session("officer")
        live = people.live(name)
        if number % 2 and live is not None:
            certificates.renew(people.workspace, officer, live, force=True, reason="facts changed")
        else:
            servers.confirm(people.workspace, officer, name=name, reason="the certificate says nothing of it")
        self._do("change followed up")
