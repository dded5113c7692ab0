"""Sending what waits, channel by channel, and recording what became of each notice (N8).

A notice is taken before it is sent, so that two processes do not send it twice, and tried again after a back-off unless
something else is recorded by then, so that a crash loses none.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from certmgr import notice_texts, notifying, routes
from certmgr.models.journal import JSON
from certmgr.models.notices import (
    DIGESTED,
    OPERATORS,
    SERVICE,
    Channel,
    Kind,
    Notice,
    NoticeId,
    NoticeState,
    Outcome,
    Verdict,
)
from certmgr.models.steps import Step
from certmgr.records import dataclass
from certmgr.store import notice_facts
from certmgr.store import notices as stored
from certmgr.workspace import Session, Workspace

if TYPE_CHECKING:
    from certmgr.store.connection import Transaction

FIRST_WAIT: Final = timedelta(minutes=5)
"""How long after the first attempt a notice is tried again; doubled with each further one."""
LONGEST_WAIT: Final = timedelta(hours=6)
LOST_IN_A_ROW: Final = 2
"""After so many lost connections in a row, the rest of a channel's notices waits as if it had been tried."""
_DOUBLINGS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bundle:
    """Notices that go out together: one, or those of a digest."""

    notices: tuple[Notice, ...]
    recipients: tuple[str, ...]


def send(workspace: Workspace, session: Session, only: Collection[NoticeId] | None = None) -> Iterator[Step]:
    """Send what is to be tried now, of `only` where that is given, and yield what became of each."""
    config = workspace.config
    with workspace.store().read() as snapshot:
        home = notice_facts.home_mark(snapshot)
        at = notice_facts.time_of_record(snapshot, workspace.now())
        waiting = [one for one in stored.waiting(snapshot, at=at) if only is None or one.id in only]
        addressed = {one.id: notifying.recipients(snapshot, config, one) for one in waiting}
    for channel in notifying.channels(config):
        mine = [one for one in waiting if one.channel is channel]
        if mine:
            yield from _Run(workspace, session, home, addressed).send(channel, mine)


def wait(attempts: int) -> timedelta:
    """Return how long to wait after that many attempts: 5 minutes, doubled each time, at most 6 hours."""
    return min(FIRST_WAIT * (1 << min(max(attempts, 1) - 1, _DOUBLINGS)), LONGEST_WAIT)


class _Run:
    """The sending of one channel's notices."""

    def __init__(
        self, workspace: Workspace, session: Session, home: str, addressed: Mapping[NoticeId, tuple[str, ...]]
    ) -> None:
        self._workspace = workspace
        self._session = session
        self._home = home
        self._addressed = addressed
        self._taken: set[NoticeId] = set()

    def send(self, channel: Channel, waiting: Sequence[Notice]) -> Iterator[Step]:
        """Send the notices one bundle after the other; stop asking a server that is gone."""
        bundles = self._bundles(waiting)
        lost: list[Outcome] = []
        with routes.open_route(channel, self._workspace.config) as route:
            for number, bundle in enumerate(bundles):
                if len(lost) >= LOST_IN_A_ROW:
                    yield from self._leave(channel, bundles[number:], lost[-1])
                    return
                mine = self._take(bundle.notices)
                if not mine:
                    continue
                outcomes = {}
                if bundle.recipients:
                    parcel = self._parcel(mine, bundle.recipients)
                    outcomes = notifying.cleaned(route.send(parcel), parcel)
                severed = [one for one in outcomes.values() if one.severed]
                lost = [*lost, severed[0]] if severed else []
                yield from self._settle(mine, outcomes)

    def _bundles(self, waiting: Sequence[Notice]) -> list[_Bundle]:
        """Put together what goes out together; in a digest an address gets all that ends in one mail."""
        bundles = []
        digests: dict[str, list[Notice]] = {}
        for one in waiting:
            left = self._left(one, one.reached)
            if self._workspace.config.notices.digest and one.channel is Channel.MAIL and one.kind in DIGESTED and left:
                for who in left:
                    digests.setdefault(who, []).append(one)
            else:
                bundles.append(_Bundle(notices=(one,), recipients=left))
        gathered = [_Bundle(notices=tuple(notices), recipients=(who,)) for who, notices in digests.items()]
        return [*bundles, *gathered]

    def _left(self, notice: Notice, reached: Mapping[str, str]) -> tuple[str, ...]:
        """Return the recipients that are not done with."""
        return tuple(
            who for who in self._addressed[notice.id] if notifying.mark_of(notice, who, self._home) not in reached
        )

    def _take(self, notices: Sequence[Notice]) -> tuple[Notice, ...]:
        """Take the notices, so that no other process sends them, and return those that were free."""
        with self._workspace.store().write(self._session.actor) as tx:
            mine = [
                one
                for one in notices
                if one.id in self._taken or stored.take(tx, one.id, at=tx.now, again_at=tx.now + wait(one.attempts + 1))
            ]
        self._taken.update(one.id for one in mine)
        return tuple(mine)

    def _parcel(self, notices: Sequence[Notice], recipients: tuple[str, ...]) -> notifying.Parcel:
        with self._workspace.store().read() as snapshot:
            contact = notifying.contact_about(snapshot, self._workspace.config, notices[0])
        return notifying.pack(
            notices,
            self._workspace.config,
            identity=notifying.identity_of(notices, self._home),
            recipients=recipients,
            contact=contact,
            now=self._workspace.now(),
        )

    def _settle(self, notices: Sequence[Notice], outcomes: Mapping[str, Outcome]) -> list[Step]:
        """Record what one attempt brought, in one transaction; return what there is to say."""
        steps = []
        with self._workspace.store().write(self._session.actor) as tx:
            for one in notices:
                step = self._settle_one(tx, stored.get(tx, one.id), outcomes)
                if step is not None:
                    steps.append(step)
        return steps

    def _settle_one(self, tx: "Transaction", notice: Notice, outcomes: Mapping[str, Outcome]) -> Step | None:
        """Record what became of one notice; None where further recipients are to come in this run."""
        reached = dict(notice.reached)
        for who, outcome in outcomes.items():
            if outcome.verdict is not Verdict.AGAIN:
                reached[notifying.mark_of(notice, who, self._home)] = outcome.verdict.value
        if reached != notice.reached:
            stored.set_reached(tx, notice.id, reached)
        answers = _answers(outcomes, Verdict.REFUSED) or _answers(outcomes, Verdict.SENT)
        if not self._left(notice, reached):
            if Verdict.SENT not in reached.values():
                return _give_up(tx, self._workspace, notice, answers or "nobody is left to be told", "refused")
            refused = sum(one == Verdict.REFUSED for one in reached.values())
            stored.set_sent(tx, notice.id, result=answers)
            tx.record("notice.sent", f"notice:{notice.id}", {"attempts": notice.attempts, "refused": refused})
            return _sent(self._workspace, notice, refused, answers)
        again = _answers(outcomes, Verdict.AGAIN)
        return _fail(tx, self._workspace, notice, again) if again else None

    def _leave(self, channel: Channel, bundles: Sequence[_Bundle], outcome: Outcome) -> Iterator[Step]:
        """Let the rest of a channel wait as if each had been tried: the server is gone."""
        rest = {one.id for one in self._take([one for bundle in bundles for one in bundle.notices])}
        given_up = []
        with self._workspace.store().write(self._session.actor) as tx:
            for identity in sorted(rest):
                step = _fail(tx, self._workspace, stored.get(tx, identity), outcome.answer)
                if stored.get(tx, identity).state is NoticeState.GIVEN_UP:
                    given_up.append(step)
        yield from given_up
        if len(rest) > len(given_up):
            yield Step(
                what=f"{len(rest) - len(given_up)} further notices wait: the {channel} does not answer.", done=False
            )


def _answers(outcomes: Mapping[str, Outcome], verdict: Verdict) -> str:
    """Return what the recipients' servers said, each answer once."""
    return "; ".join(dict.fromkeys(one.answer for one in outcomes.values() if one.verdict is verdict))


def _fail(tx: "Transaction", workspace: Workspace, notice: Notice, answer: str) -> Step:
    """Record a failed attempt: again after the back-off, or never, once `notices.retry_for` has passed."""
    end = notice.created_at + workspace.config.notices.retry_for
    if tx.now >= end:
        return _give_up(tx, workspace, notice, answer, "late")
    # The last attempt comes when the time is up, however long the back-off has become.
    next_at = min(tx.now + wait(notice.attempts), end)
    stored.set_failed(tx, notice.id, result=answer, next_at=next_at)
    what = f"could not be sent, and is tried again from {next_at:%Y-%m-%d %H:%M} UTC: {answer}"
    return Step(what=f"Notice {notice.id} to {_whom_of(notice)} {what}", done=False)


def _give_up(tx: "Transaction", workspace: Workspace, notice: Notice, answer: str, why: str) -> Step:
    stored.set_given_up(tx, notice.id, result=answer)
    tx.record("notice.given-up", f"notice:{notice.id}", {"attempts": notice.attempts, "why": why})
    subject = subject_of(workspace, notice.kind, notice.data)
    what = f"Notice {notice.id} to {_whom_of(notice)} is given up ({subject}): {answer}"
    return Step(what=f"{what} After mending that, run: certmgr notice retry {notice.id}", done=False)


def _sent(workspace: Workspace, notice: Notice, refused: int, answers: str) -> Step:
    subject = subject_of(workspace, notice.kind, notice.data)
    if refused:
        what = f"Told {_whom_of(notice)}, but {refused} refused it ({answers}): {subject}."
        return Step(what=what, done=False)
    return Step(what=f"Told {_whom_of(notice)}: {subject}.", done=True)


def _whom_of(notice: Notice) -> str:
    return whom(notice.audience, notice.channel, notice.data)


def whom(audience: str, channel: Channel, data: Mapping[str, JSON]) -> str:
    """Return a recipient in words that hold no personal data."""
    if audience == SERVICE:
        return f"the {channel}"
    return f"the operators by {channel}" if audience == OPERATORS else f"the contact of {data['server']} by {channel}"


def subject_of(workspace: Workspace, kind: Kind, data: Mapping[str, JSON]) -> str:
    """Return what a notice is about, in English as everything that a command says."""
    config = workspace.config
    return notice_texts.compose(
        kind, data, language="en", now=workspace.now(), zone=config.zone, organisation=config.organisation.name
    ).subject
