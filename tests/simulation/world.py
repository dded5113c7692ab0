"""One run: time passes hour by hour, people act, things fail, the checks run, and a look from outside every hour."""

import heapq
import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from certmgr.operations import crls
from certmgr.operations.check import check
from certmgr.workspace import Session, open_workspace
from tests.home import HomeForTest
from tests.simulation import ground, watch
from tests.simulation.clock import Killed, SimulatedClock
from tests.simulation.events import HOUR, ClockStep, Crash, Event, MailCrash, MailDown, Outage, PointDown, Stops
from tests.simulation.events import WebhookDown as HookServerDown
from tests.simulation.ledger import Ledger
from tests.simulation.plan import Plan
from tests.simulation.receivers import HOST, MailServer, Point, Webhook

if TYPE_CHECKING:
    from certmgr.models.steps import Step

SETTLING: Final = timedelta(days=4)
"""How long a run goes on after its end, so that what has begun is finished; nothing new begins."""
WEBHOOK_SECRET: Final = "the webhook's own secret"
Act = Callable[[], None]


@dataclass(order=True, slots=True)
class _Due:
    at: datetime
    number: int
    act: Act = field(compare=False)


class World:
    """The machine with certmgr on it, the people around it, and what both can reach."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        """Found everything under `folder`, which is empty; nothing runs yet."""
        self.plan = plan
        self.folder = folder
        self.chance = random.Random(plan.seed + 1)  # noqa: S311 - who does what is no secret
        self.clock = SimulatedClock(ground.START - ground.AGE)
        self.ledger = Ledger()
        self.steps: list[Callable[[Step], None]] = []
        """Who reads what a check reports."""
        self.hourly: list[Callable[[], None]] = []
        """What other timers of the machine run after each check."""
        self.closing: list[Callable[[], None]] = []
        """What is to be stopped at the end."""
        public = folder / "public"
        public.mkdir(mode=0o755, parents=True)
        self.point = Point(public)
        self.mail = MailServer(self._shown)
        self.webhook = Webhook(self._shown, WEBHOOK_SECRET.encode())
        self.keys = {name: ground.make_key() for name in (*ground.APPLIANCES, *ground.OWNED)}
        self._servers = ExitStack()
        for server in (self.point, self.mail, self.webhook):
            self._servers.enter_context(server)
        self._queue: list[_Due] = []
        self._number = 0
        self._dies_at: int | None = None
        self._timer_back = self._host_back = ground.START
        self.home = self._found()
        self.sessions = self._unlock()
        self.network = ground.set_up(self.home, self.clock, self.keys)
        self.watch = watch.Watch(self)

    @property
    def end(self) -> datetime:
        """When the run is over, by the true clock."""
        return ground.START + timedelta(days=self.plan.days)

    @property
    def machine(self) -> Session:
        """The machine's session, which runs the checks."""
        return self.sessions["machine"]

    def _shown(self) -> datetime:
        return self.clock.shows

    def _found(self) -> HomeForTest:
        secret = self.folder / "webhook.secret"
        secret.touch(0o600)
        secret.write_text(WEBHOOK_SECRET + "\n")
        changes: ground.Changes = {
            "profile.server": {"days": ground.LIFE_DAYS},
            "notices": {
                "to": ("duty@egov.internal",),
                "mail_from": "certmgr@egov.internal",
                "smtp_host": HOST,
                "smtp_port": self.mail.port,
                "smtp_security": "none",
                "webhook_url": self.webhook.url,
                "webhook_secret_file": str(secret),
            },
            "report": {"metrics_file": str(self.folder / "certmgr.prom")},
        }
        return ground.found(self.folder, self.clock, changes, fetch_url=self.point.url)

    def _unlock(self) -> dict[str, Session]:
        return {"machine": self.home.machine(), **ground.people(self.home.workspace)}

    def at(self, moment: datetime, act: Act) -> None:
        """Let `act` happen at `moment`, by the true clock."""
        self._number += 1
        heapq.heappush(self._queue, _Due(at=moment, number=self._number, act=act))

    def after(self, wait: timedelta, act: Act) -> None:
        """Let `act` happen `wait` from now."""
        self.at(self.clock.true + wait, act)

    def schedule(self, *acts: Callable[[Event], bool]) -> None:
        """Enter the plan: the faults happen here, all else is done by the first of `acts` that says so."""
        for event in self.plan.events:
            self.at(ground.START + event.at, partial(self._happen, event, acts))

    def run(self) -> None:
        """Let the time pass, and a little more; then stop what listens."""
        moment = ground.START
        try:
            while moment < self.end + SETTLING:
                moment += HOUR
                self._until(moment)
                self.clock.set(moment)
                if moment >= self._timer_back and moment >= self._host_back:
                    self._check()
                    for run in self.hourly:
                        run()
                self.watch.look()
        finally:
            for close in (*self.closing, self._servers.close):
                close()

    def _until(self, moment: datetime) -> None:
        """Do everything that is to happen before `moment`; with the host off, it waits until that is back."""
        while self._queue and self._queue[0].at < moment:
            due = heapq.heappop(self._queue)
            if due.at < self._host_back:
                self.at(self._host_back + timedelta(minutes=self.chance.uniform(1, 50)), due.act)
                continue
            self.clock.set(due.at)
            due.act()

    def _check(self) -> None:
        """Run one check as cron does; a program that is killed is started anew by the next one."""
        begin, spent = time.perf_counter(), time.thread_time()
        self.clock.dies_in = self._dies_at
        try:
            for step in check(self.home.workspace, self.machine):
                self.ledger.done += step.done
                for reader in self.steps:
                    reader(step)
        except Killed:
            self._dies_at = None
            self.restart()
        else:
            self.ledger.completed.append(self.clock.shows)
        self.ledger.check_seconds.append(time.perf_counter() - begin)
        self.ledger.check_work_s.append(time.thread_time() - spent)
        self.ledger.checks += 1
        # A check that was too short to be killed has got away; the next one may not.
        self.clock.dies_in = None

    def restart(self) -> None:
        """Forget everything that the killed program knew."""
        self.ledger.killed += 1
        self.home.workspace.close()
        workspace = open_workspace(self.home.path, clock=self.clock)
        self.home = HomeForTest(
            path=self.home.path,
            workspace=workspace,
            public=self.home.public,
            machine_key=self.home.machine_key,
            passphrase_file=self.home.passphrase_file,
            out=self.home.out,
        )
        self.sessions = self._unlock()

    def _happen(self, event: Event, acts: Sequence[Callable[[Event], bool]]) -> None:
        """Let it come: a fault here, what people do elsewhere."""
        if not (self._fails(event) or self._is_down(event) or any(act(event) for act in acts)):
            raise NotImplementedError(event)

    def _fails(self, event: Event) -> bool:
        """Let the machine or its clock fail; tell whether it was this."""
        match event.what:
            case Outage(lasts=lasts, stops=Stops.HOST):
                self._host_back = self.clock.true + lasts
                self._blame(lasts, "host off")
            case Outage(lasts=lasts):
                self._timer_back = self.clock.true + lasts
                self._blame(lasts, "no checks")
            case ClockStep(by=by):
                # Something is signed right before and right after, so that the step is felt.
                self._publish()
                self.clock.error += by
                self._check()
                self._publish()
                self.ledger.acts["clock set"] += 1
            case Crash(reading=reading):
                self._dies_at = reading
            case MailCrash():
                self.mail.after_next = self._kill_after_mail
            case _:
                return False
        return True

    def _publish(self) -> None:
        for attempt in crls.publish(self.home.workspace, self.machine):
            if not attempt.seen:
                self.ledger.unexpected.append(f"A CRL by hand: {attempt.problem}")

    def _is_down(self, event: Event) -> bool:
        """Let something that the machine reaches be down for a while; tell whether it was this."""
        match event.what:
            case PointDown(lasts=lasts):
                self._until_up(self.point.status, lasts, "distribution point down")
            case MailDown(lasts=lasts, busy=True):
                self._until_up(self.mail.status, lasts, "mail server busy")
            case MailDown(lasts=lasts):
                self.mail.down()
                self._blame(lasts, "mail server down")
                self.after(lasts, self.mail.up)
            case HookServerDown(lasts=lasts):
                self._until_up(self.webhook.status, lasts, "webhook down")
            case _:
                return False
        return True

    def _until_up(self, status: threading.Event, lasts: timedelta, what: str) -> None:
        status.clear()
        self._blame(lasts, what)
        self.after(lasts, status.set)

    def _blame(self, lasts: timedelta, what: str) -> None:
        self.ledger.outages.append((self.clock.true, self.clock.true + lasts, what))

    def _kill_after_mail(self) -> None:
        self.ledger.mail_killed += 1
        self.clock.die_now()
