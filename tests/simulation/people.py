"""The people around the machine: subscribers, the desk, officers, the administrator; each act is an operation's."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from certmgr.codes import Code
from certmgr.errors import CertmgrError, RefusedError
from certmgr.models.certificates import Certificate
from certmgr.models.revocations import Cause, RequestState
from certmgr.models.steps import Step
from certmgr.operations import certificates, compromises, crls, revocations
from certmgr.store import certificates as stored
from certmgr.store import revocations as stored_revocations
from tests.simulation import ground
from tests.simulation.events import HOUR, AskRevocation, Compromise, Decision, Event
from tests.simulation.ledger import Asked

if TYPE_CHECKING:
    from certmgr.workspace import Session, Workspace
    from tests.simulation.world import World

EVIDENCE: Final = "ticket 4711"
PROMPT: Final = 0.9
"""Of so many requests somebody says within the hour that they were seen."""


class People:
    """Who does what in a run."""

    def __init__(self, world: "World") -> None:
        """Get to know the machine and what the checks on it report."""
        self._world = world
        self._fresh = 0
        self._under_way: set[str] = set()
        """What somebody has been asked to do and has not done yet."""
        world.steps.append(self.read)

    def act(self, event: Event) -> bool:
        """Do what the plan says of requests; tell whether it was one."""
        match event.what:
            case AskRevocation() as wish:
                self.attempt(lambda: self._ask(wish), "request")
            case Compromise(appliance=appliance):
                self.attempt(lambda: self._compromise(appliance=appliance), "compromise")
            case _:
                return False
        return True

    @property
    def workspace(self) -> "Workspace":
        """The home at which people work."""
        return self._world.home.workspace

    def session(self, name: str) -> "Session":
        """The session of somebody."""
        return self._world.sessions[name]

    def attempt(self, act: Callable[[], None], what: str) -> None:
        """Do something that is to succeed; what certmgr says against it is kept for the verdicts."""
        try:
            act()
        except CertmgrError as problem:
            if problem.code is Code.CLOCK_BEHIND:
                # Nothing is signed right after the clock was set back; who is told so tries again.
                self._world.ledger.refused["a clock that is behind"] += 1
                self._world.after(HOUR / 4, partial(self.attempt, act, what))
                return
            told = " ".join([problem.message, *(item.message for item in problem.findings)])
            self._world.ledger.unexpected.append(f"{what} at {self._world.clock.shows:%Y-%m-%d %H:%M}: {told}")

    def expect_refusal(self, act: Callable[[], None], what: str) -> None:
        """Do something that is to be refused."""
        try:
            act()
        except RefusedError:
            self._world.ledger.refused[what] += 1
        else:
            self._world.ledger.unexpected.append(f"{what} was not refused")

    def read(self, step: Step) -> None:
        """React to what a check says needs a person, within a day."""
        if step.done:
            return
        for word, act in (("certmgr crl publish --root", self._publish_root), ("--csr FILE", self._bring_csr)):
            subject = f"{word} {step.what.split(':')[0]}"
            if word in step.what and subject not in self._under_way:
                self._under_way.add(subject)
                wait = timedelta(hours=self._world.chance.uniform(1, 24))
                self._world.after(wait, partial(self._react, subject, partial(act, step.what)))

    def _react(self, subject: str, act: Callable[[], None]) -> None:
        self._under_way.discard(subject)
        self.attempt(act, subject)

    def _publish_root(self, _what: str) -> None:
        crls.publish(self.workspace, self.session("admin"), root=True)
        self._world.ledger.acts["root CRL published"] += 1

    def _bring_csr(self, what: str) -> None:
        """The owner of a key makes another and sends a CSR."""
        (name,) = (name for name in ground.OWNED if name in what)
        self._world.keys[name] = ground.make_key()
        live = self.live(name)
        if live is not None:
            csr = ground.csr_for(name, self._world.keys[name])
            certificates.renew(self.workspace, self.session("officer"), live, csr=csr)
            self._world.ledger.acts["CSR brought"] += 1

    def live(self, server: str) -> Certificate | None:
        """Return the newest live certificate of a server that has no successor."""
        with self.workspace.store().read() as snapshot:
            found = stored.live_for_server(snapshot, server, self.workspace.now())
        return next((one for one in found if one.superseded_at is None and one.held_at is None), None)

    def issue(self, name: str) -> None:
        """Issue a certificate; one whose successor was revoked may still be good for its overlap."""
        wish = ground.wish_for(name)
        if name in self._world.keys:
            profile = "appliance" if name in ground.APPLIANCES else "server"
            wish = ground.wish_for(name, csr=ground.csr_for(name, self._world.keys[name]), profile=profile)
        certificates.issue(
            self.workspace, self.session("officer"), wish, destination=self._world.home.out, additional=True
        )
        self._world.ledger.acts["issued"] += 1

    def new_server(self) -> str:
        """Issue for a server that nobody has heard of, and return its name."""
        self._fresh += 1
        name = f"r{self._fresh}"
        self.issue(name)
        return name

    def _ask(self, wish: AskRevocation) -> None:
        """The desk takes a request; somebody decides on it later."""
        subject = None if wish.fresh else self.pick()
        if subject is None:
            subject = self.live(self.new_server())
        if subject is None:
            raise AssertionError(wish)
        self.request(subject, wish)

    def pick(self) -> Certificate | None:
        """Return the certificate of some server of the network that nobody has asked to revoke."""
        live = self.live(self._world.chance.choice(self._world.network))
        return None if live is None or live.revoking else live

    def request(self, subject: Certificate, wish: AskRevocation) -> Asked:
        """The desk records a request, an officer says that it was seen, and somebody decides on it."""
        opened = revocations.request(
            self.workspace,
            self.session("desk"),
            certificate=subject.id,
            cause=wish.cause,
            confirm=subject.server,
            evidence=EVIDENCE,
            note="simulated",
        )
        asked = Asked(
            wish=wish,
            id=opened[0].id,
            server=subject.server,
            serial=str(subject.serial),
            asked_at=self._world.clock.shows,
        )
        self._world.ledger.asked.append(asked)
        self._world.ledger.acts["revocation asked for"] += 1
        seen = timedelta(minutes=self._world.chance.uniform(5, 50))
        if self._world.chance.random() < PROMPT and seen < wish.later:
            self._world.after(seen, partial(self.attempt, partial(self._acknowledge, asked), "acknowledge"))
        self._world.after(wish.later, partial(self.attempt, partial(self._decide, asked), f"request {asked.id}"))
        return asked

    def _acknowledge(self, asked: Asked) -> None:
        revocations.acknowledge(self.workspace, self.session("officer"), asked.id)

    def _decide(self, asked: Asked) -> None:
        officer, identity = self.session("officer"), asked.id
        match asked.wish.decision:
            case Decision.VERIFIED:
                revocations.verify(self.workspace, officer, identity, how=EVIDENCE)
            case Decision.FULFILLED:
                revocations.fulfil(self.workspace, officer, identity, how=EVIDENCE)
            case Decision.REJECTED:
                revocations.reject(self.workspace, officer, identity, reason="not proven")
            case Decision.WITHDRAWN:
                revocations.withdraw(self.workspace, self.session("desk"), identity, reason="a mistake")
        self._world.ledger.acts[f"request {asked.wish.decision}"] += 1
        if asked.wish.decision not in {Decision.VERIFIED, Decision.FULFILLED}:
            return
        if asked.wish.cause is Cause.KEY_COMPROMISE:
            wait = timedelta(hours=self._world.chance.uniform(1, 20))
            self._world.after(wait, partial(self.attempt, partial(self._report, asked), "incident report"))
        if not asked.wish.fresh:
            self._world.after(3 * HOUR, partial(self._issue_again, asked))

    def _report(self, asked: Asked) -> None:
        """The officer reports the incident of a compromised key to the supervisor (N10)."""
        compromises.report_incident(self.workspace, self.session("officer"), asked.id, to="supervisor")
        self._world.ledger.acts["incident reported"] += 1

    def _issue_again(self, asked: Asked) -> None:
        """A server of the network whose certificate was revoked gets another."""
        with self.workspace.store().read() as snapshot:
            state = stored_revocations.get(snapshot, asked.id).state
        if state in {RequestState.VERIFIED, RequestState.RECEIVED}:
            self._world.after(HOUR, partial(self._issue_again, asked))
            return
        self.attempt(partial(self.issue, asked.server), "issue again")

    def _compromise(self, *, appliance: bool) -> None:
        """A key is known to others: everything with it is revoked, and it is never certified again (R1.6)."""
        name = ground.APPLIANCES[0] if appliance else self._world.network[0]
        subject = self.live(name)
        if subject is None:
            raise AssertionError(name)
        wish = AskRevocation(
            cause=Cause.KEY_COMPROMISE, fresh=True, later=timedelta(minutes=30), decision=Decision.FULFILLED
        )
        self.request(subject, wish)
        self._world.ledger.acts["key compromised"] += 1
        self._world.after(2 * HOUR, partial(self._after_compromise, name))

    def _after_compromise(self, name: str) -> None:
        """The owner tries the old key once more, is refused, and makes another."""
        if name in self._world.keys:
            self.expect_refusal(partial(self.issue, name), "a blocked key")
            self._world.keys[name] = ground.make_key()
        self.attempt(partial(self.issue, name), "issue after a compromise")
