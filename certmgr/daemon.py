"""When things happen: `check` and the clocks of revocations on APScheduler, for as long as the process lives.

The store is the only state: each job opens it, asks what is due now, does that and closes it. So a daemon that was
killed has nothing to make up for but what its first check finds, and cron, a person and a second daemon may work beside
it. The main thread does no work: it waits for signals, looks at the configuration, and feels the pulse.
"""

import logging
import os
import select
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Final, NamedTuple

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from certmgr import __version__
from certmgr.codes import Code
from certmgr.errors import CertmgrError
from certmgr.models.steps import Step
from certmgr.net import systemd
from certmgr.operations import check
from certmgr.workspace import MachineCredential, Session, Workspace, open_workspace, unlock, utc_now

CHECK_EVERY: Final = timedelta(minutes=5)
CLOCKS_EVERY: Final = timedelta(seconds=60)
"""How often revocations are looked at, whose hours count (R6.1)."""
PATIENCE_S: Final = 10.0
"""How long a check waits for another one, mostly for the clocks, before its turn is left out."""
HEARTBEAT_S: Final = 30.0
JUMP: Final = timedelta(seconds=60)
"""By how much the wall clock may leave the monotonic one behind before that is a jump."""
HUNG_S: Final = 1800.0
"""A job that commits no step for so long is taken to hang: the watchdog is no longer fed."""
_STOPS: Final = frozenset({signal.SIGTERM, signal.SIGINT})

Work = Callable[[Workspace, Session], Generator[Step]]


class Voice(NamedTuple):
    """Where the daemon's words go."""

    say: Callable[[str], None]
    """What was done."""
    warn: Callable[[str], None]
    """What failed or needs a person."""
    crashed: Callable[[BaseException], CertmgrError]
    """Keeps an error that nobody foresaw, and says where."""


class Pulse:
    """Compares the wall clock with the monotonic one, which neither a setting of the clock nor a suspension moves."""

    def __init__(self, wall: Callable[[], datetime], monotonic: Callable[[], float] = time.monotonic) -> None:
        """Take both times now."""
        self._wall, self._monotonic = wall, monotonic
        self._then, self._at = wall(), monotonic()

    def jump(self) -> timedelta | None:
        """Return by how much the wall clock has jumped since the last jump; None: by JUMP at most.

        Positive: it was set forward, or the machine slept. Negative: it was set back, or stands still.
        """
        now, at = self._wall(), self._monotonic()
        gone = (now - self._then) - timedelta(seconds=at - self._at)
        if abs(gone) <= JUMP:
            return None
        self._then, self._at = now, at
        return gone


def run(workspace: Workspace, credential: MachineCredential, voice: Voice) -> None:
    """Do all that is due until SIGTERM or SIGINT; then finish the step at hand and leave the rest to the next start.

    Raises at once what would fail every job (as `unlock` and `open_store` do), and later, when the jobs have ended,
    CertmgrError where a newer certmgr has changed the store (DETAILS 33).
    """
    try:
        workspace.store()
        unlock(workspace, credential)
    finally:
        workspace.close()
    _Daemon(workspace, credential, voice).run()


class _Daemon:
    """A running daemon; its methods other than `run` are called by the jobs' threads and the main one."""

    def __init__(self, workspace: Workspace, credential: MachineCredential, voice: Voice) -> None:
        self._workspace = workspace
        self._credential = credential
        self._voice = voice
        self._stopping = threading.Event()
        self._fatal: CertmgrError | None = None
        self._reading, self._writing = os.pipe()
        self._seen = _mark(workspace)
        self._attention: dict[str, set[str]] = {}
        """What each job named at its last turn as needing a person; changed under the lock, by the jobs' threads."""
        self._lock = threading.Lock()
        self._hung: list[str] = []
        self._moved: dict[str, float] = {}
        """When each running job last committed a step, by the monotonic clock."""
        self._beat_s = _heartbeat_s()
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            # A thread each, and one over: a check that takes its time keeps the clocks of revocations from nothing.
            executors={"default": ThreadPoolExecutor(3)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def run(self) -> None:
        """Start the jobs, watch until told to stop, let the running jobs finish their step."""
        # What APScheduler has to say is told by the listener, in words.
        logging.getLogger("apscheduler").addHandler(logging.NullHandler())
        logging.getLogger("apscheduler").propagate = False
        # The scheduler goes by the system's clock, whatever the workspace's shows.
        now = utc_now()
        self._add("check", _check, CHECK_EVERY, first=now)
        # Beside the check's turns: both hold the same lock.
        self._add("clocks", _clocks, CLOCKS_EVERY, first=now + CLOCKS_EVERY / 2)
        self._scheduler.add_listener(self._hear, EVENT_JOB_ERROR | EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES)
        with self._signals():
            self._scheduler.start()
            every = f"a check every {CHECK_EVERY.seconds} s"
            self._voice.say(f"certmgr {__version__} is running on {self._workspace.home}: {every}.")
            systemd.notify(systemd.READY, systemd.status(f"Running: {every}."))
            try:
                self._watch()
            finally:
                systemd.notify(systemd.STOPPING)
                self._stopping.set()
                self._scheduler.shutdown(wait=True)
        os.close(self._reading)
        os.close(self._writing)
        if self._fatal is not None:
            raise self._fatal
        self._voice.say("Stopped.")

    def _add(self, name: str, work: Work, every: timedelta, *, first: datetime) -> None:
        trigger = IntervalTrigger(seconds=every.total_seconds(), timezone=UTC)
        self._scheduler.add_job(self._do, trigger, args=(name, work), id=name, next_run_time=first)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Have signals written into the pipe that the main thread reads: no lock is taken in a handler."""
        os.set_blocking(self._writing, False)
        wanted = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        before = [(number, signal.signal(number, _ignore)) for number in wanted]
        earlier = signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(earlier)
            for number, handler in before:
                signal.signal(number, handler)

    def _watch(self) -> None:
        """Return when told to stop. The pulse is felt here: a scheduler that stands still could not notice that."""
        pulse = Pulse(self._workspace.now)
        due = time.monotonic()
        while True:
            if time.monotonic() >= due:
                self._beat(pulse)
                due = time.monotonic() + self._beat_s
            ready, _, _ = select.select([self._reading], [], [], max(0.0, due - time.monotonic()))
            numbers = os.read(self._reading, 512) if ready else b""
            if self._fatal is not None or _STOPS & set(numbers):
                return
            if signal.SIGHUP in numbers:
                self._reload()

    def _beat(self, pulse: Pulse) -> None:
        """Look at the clocks, the jobs and the configuration, and feed the watchdog."""
        gone = pulse.jump()
        if gone is not None:
            told = f"{abs(gone.total_seconds()):.0f} s"
            ahead = f"The clock went {told} ahead, or the machine slept; a check runs now."
            behind = f"The clock stood still or went back, by {told}; a check runs now."
            self._voice.warn(ahead if gone > timedelta(0) else behind)
            self._run_now("check", "clocks")
        if self._seen != _mark(self._workspace):
            self._reload()
        at = time.monotonic()
        hung = sorted(name for name, since in list(self._moved.items()) if at - since > HUNG_S)
        if hung and hung != self._hung:
            self._voice.warn(f"No step was done for {HUNG_S / 60:.0f} minutes by: {', '.join(hung)}.")
        self._hung = hung
        if not hung and self._scheduler.running:
            systemd.notify(systemd.WATCHDOG)

    def _run_now(self, *names: str) -> None:
        for name in names:
            self._scheduler.modify_job(name, next_run_time=utc_now())

    def _reload(self) -> None:
        """Read the configuration again; one that does not hold is told, and the one before stays."""
        self._seen = _mark(self._workspace)
        try:
            self._workspace = open_workspace(self._workspace.home, clock=self._workspace.clock)
        except CertmgrError as problem:
            self._voice.warn(f"The configuration before is still used. {_sentences(problem)}")
            return
        self._voice.say("The configuration was read again.")
        self._run_now("check")

    def _do(self, name: str, work: Work) -> None:
        """Do one job, on this thread's own session and connection; what fails is told and due again."""
        workspace = self._workspace
        self._moved[name] = time.monotonic()
        attention: set[str] = set()
        try:
            with closing(work(workspace, unlock(workspace, self._credential))) as steps:
                for step in steps:
                    self._moved[name] = time.monotonic()
                    if step.done:
                        self._voice.say(step.what)
                    else:
                        self._attend(name, step.what, attention)
                    if self._stopping.is_set():
                        return
            with self._lock:
                self._attention[name] = attention
                needs = _needs(len(set().union(*self._attention.values())))
            systemd.notify(systemd.status(f"Last turn {workspace.now():%Y-%m-%d %H:%M:%S} UTC; {needs}."))
        except CertmgrError as problem:
            self._failed(name, problem)
        finally:
            workspace.close()
            self._moved.pop(name, None)

    def _attend(self, name: str, what: str, attention: set[str]) -> None:
        """Tell what needs a person when it comes up, not again at every turn."""
        attention.add(what)
        with self._lock:
            known = set().union(*self._attention.values())
            self._attention.setdefault(name, set()).add(what)
        if what not in known:
            self._voice.warn(f"Attention: {what}")

    def _failed(self, name: str, problem: CertmgrError) -> None:
        if problem.code is Code.CHECK_RUNNING:
            # Cron, a person or another daemon does what is due.
            return
        if problem.code is Code.STORE_NEWER:
            self._fatal = problem
            os.write(self._writing, b"\0")
            return
        self._voice.warn(f"The job {name} failed and is tried again: {_sentences(problem)}")

    def _hear(self, event: JobExecutionEvent) -> None:
        """Tell what became of a job that did not end as it should."""
        if event.code == EVENT_JOB_ERROR:
            self._failed(event.job_id, self._voice.crashed(event.exception))
        elif event.code == EVENT_JOB_MAX_INSTANCES:
            self._voice.warn(f"The job {event.job_id} is still running, so its turn is left out.")
        else:
            self._voice.warn(f"The job {event.job_id} missed its turn.")


def _check(workspace: Workspace, session: Session) -> Generator[Step]:
    return check.check(workspace, session, patience_s=PATIENCE_S)


def _clocks(workspace: Workspace, session: Session) -> Generator[Step]:
    return check.clocks(workspace, session, patience_s=0)


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Leave the signal to the pipe."""


def _heartbeat_s() -> float:
    """Return how often the pulse is felt: every 30 s, or thrice in the time that systemd's watchdog allows."""
    allowed = os.environ.get("WATCHDOG_USEC", "")
    return min(HEARTBEAT_S, int(allowed) / 3e6) if allowed.isdecimal() and int(allowed) else HEARTBEAT_S


def _mark(workspace: Workspace) -> tuple[int, int, int] | None:
    """Return what changes when the configuration file does; None: it is not there."""
    try:
        found = Path(workspace.home / "certmgr.toml").stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _needs(count: int) -> str:
    if not count:
        return "nothing needs a person"
    return "1 thing needs a person" if count == 1 else f"{count} things need a person"


def _sentences(problem: CertmgrError) -> str:
    told = [problem.message, *(item.message for item in problem.findings), problem.hint or ""]
    return " ".join(filter(None, dict.fromkeys(told)))
