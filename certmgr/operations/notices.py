"""Telling people what is due: recorded first, sent outside any transaction, tried again until it gets through (N8).

`due` is one run: what is to be told becomes a row for each channel and audience, once; then everything that waits is
sent. A crash between sending and recording makes one duplicate, with the same Message-ID (DETAILS 37).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from certmgr import dispatch, files, notifying, routes
from certmgr.codes import Code
from certmgr.config import Config
from certmgr.errors import Finding, LockedError, RefusedError, UsageError
from certmgr.models.journal import JSON
from certmgr.models.notices import OPERATORS, Channel, Kind, Notice, NoticeId, NoticeState, Outcome, Verdict
from certmgr.models.operators import Permission
from certmgr.models.steps import Step
from certmgr.queries import notices as queries
from certmgr.queries.notices import Mark
from certmgr.records import dataclass
from certmgr.store import meta, notice_facts
from certmgr.store import notices as stored
from certmgr.store.columns import text_of
from certmgr.workspace import Session, Workspace, journalled_refusal

if TYPE_CHECKING:
    from certmgr.store.connection import Transaction

PATIENCE_S = 10.0
"""How long a retry waits for a check to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What became of a test notice for one recipient."""

    channel: Channel
    recipient: str
    """An address; empty for a webhook or a command."""
    outcome: Outcome


def due(workspace: Workspace, session: Session) -> Iterator[Step]:
    """Record what is to be told, send all that waits, and yield what was sent and what was not.

    Nothing is recorded while no channel is configured. Raises RefusedError for a role that may not send notices.
    """
    session.require(Permission.SEND_NOTICES)
    held = _open_and_close(workspace, session)
    if held:
        _record(workspace, session, held)
        yield from dispatch.send(workspace, session)


def pending(workspace: Workspace) -> Iterator[Step]:
    """Yield what `due` would tell; records and sends nothing."""
    wanted = notifying.channels(workspace.config)
    if not wanted:
        return
    now = workspace.now()
    with workspace.store().read() as snapshot:
        marks = queries.marks(snapshot)
        held = {one: marks.get(one) or Mark(opened=now, looked=now) for one in wanted}
        found = queries.to_tell(snapshot, workspace.config, now, held)
        fresh = queries.fresh(snapshot, workspace.config, found, held)
        stale = {one.id for one in queries.stale(stored.waiting(snapshot), found)}
        at = notice_facts.time_of_record(snapshot, now)
        waiting = [one for one in stored.waiting(snapshot, at=at) if one.channel in held and one.id not in stale]
    for one in fresh:
        subject = dispatch.subject_of(workspace, one.telling.kind, one.telling.data)
        whom = dispatch.whom(one.key.audience, one.key.channel, one.telling.data)
        yield Step(what=f"Would tell {whom}: {subject}.", done=True)
    for notice in waiting:
        subject = dispatch.subject_of(workspace, notice.kind, notice.data)
        whom = dispatch.whom(notice.audience, notice.channel, notice.data)
        yield Step(what=f"Would send notice {notice.id} to {whom}: {subject}.", done=True)


def retry(workspace: Workspace, session: Session, ids: Sequence[NoticeId] = ()) -> Iterator[Step]:
    """Try notices now, whatever their back-off says; those named may have been given up. Yields as `due`.

    Without `ids`: all that wait. Raises NotFoundError for an unknown notice, RefusedError, naming each, where one was
    sent, is covered, or has a channel that is not configured any more (journalled, nothing else changed), LockedError
    while a check runs.
    """
    session.require(Permission.SEND_NOTICES)
    with journalled_refusal(workspace, session, "notice.refused", "notice:0"):
        wanted = retriable(workspace, ids)
    if not wanted:
        return
    with _alone(workspace):
        with workspace.store().write(session.actor) as tx:
            for one in wanted:
                stored.reopen(tx, one.id)
                # Who refused is asked once more; who has it does not get it twice.
                stored.set_reached(tx, one.id, {who: how for who, how in one.reached.items() if how == Verdict.SENT})
            tx.record_many([("notice.retried", f"notice:{one.id}", {}) for one in wanted])
        yield from dispatch.send(workspace, session, only={one.id for one in wanted})


def retriable(workspace: Workspace, ids: Sequence[NoticeId] = ()) -> tuple[Notice, ...]:
    """Return what `retry` would try; changes nothing. Raises as `retry` does."""
    open_channels = notifying.channels(workspace.config)
    with workspace.store().read() as snapshot:
        if not ids:
            return tuple(one for one in stored.waiting(snapshot) if one.channel in open_channels)
        found = tuple(stored.get(snapshot, one) for one in dict.fromkeys(ids))
    reasons = [(one, why) for one in found if (why := _why_not(one, open_channels)) is not None]
    if reasons:
        findings = [Finding(code=Code.NOTICE_STATE, message=why, field="id", value=str(one.id)) for one, why in reasons]
        raise RefusedError(
            findings[0].message if len(findings) == 1 else f"{len(findings)} of the notices are not to be sent.",
            hint="See `certmgr notice list --all`.",
            findings=findings,
            code=Code.NOTICE_STATE,
        )
    return found


def _why_not(notice: Notice, open_channels: Sequence[Channel]) -> str | None:
    """Return why a notice is not tried again; None: it can be."""
    if notice.state in {NoticeState.SENT, NoticeState.COVERED}:
        return f"The notice {notice.id} is {notice.state}."
    return None if notice.channel in open_channels else f"The channel of notice {notice.id} is not configured any more."


@contextmanager
def _alone(workspace: Workspace) -> Iterator[None]:
    """Keep away from a check, which may have taken a notice that is to be tried; raises LockedError after a while."""
    with ExitStack() as stack:
        try:
            stack.enter_context(files.held(workspace.home / "log", timeout_s=PATIENCE_S))
        except LockedError as problem:
            if problem.code is not Code.BUSY:
                raise
            hint = "It sends what waits; wait for its end."
            raise LockedError("A check is running.", hint=hint, code=Code.CHECK_RUNNING) from None
        yield


def send_test(workspace: Workspace, *, channel: Channel | None = None, to: str | None = None) -> tuple[Tried, ...]:
    """Send a test by one channel, or by all that are configured, now, and return the answers; records nothing.

    `to` is the address of the mail; without it, all of `notices.to`. Raises UsageError where the channel is not
    configured or nobody is named.
    """
    config = workspace.config
    wanted = _tested(config, channel, to)
    now = workspace.now()
    notice = Notice(
        id=NoticeId(0),
        kind=Kind.TEST,
        object="notice:0",
        threshold="test",
        audience=OPERATORS,
        channel=wanted[0],
        data={},
        created_at=now,
        reached={},
    )
    with workspace.store().read() as snapshot:
        # Two tests are two notices.
        home = f"{notice_facts.home_mark(snapshot)}:{now.isoformat()}"
    results = []
    for one in wanted:
        people = ((to,) if to else config.notices.to) if one is Channel.MAIL else (notifying.SERVICE_RECIPIENT,)
        identity = notifying.identity_of([notice], home)
        parcel = notifying.pack([notice], config, identity=identity, recipients=people, contact="", now=now)
        with routes.open_route(one, config) as route:
            outcomes = route.send(parcel)
        results += [Tried(channel=one, recipient=who, outcome=outcomes[who]) for who in people]
    return tuple(results)


def _tested(config: Config, channel: Channel | None, to: str | None) -> tuple[Channel, ...]:
    """Return the channels of a test; raises UsageError where it cannot reach anybody."""
    configured = notifying.channels(config)
    wanted = (channel,) if channel else configured
    if not wanted or not set(wanted) <= set(configured):
        raise UsageError(
            f"The channel {channel} is not configured." if channel else "No channel is configured.",
            hint="See the section [notices] of certmgr.toml; `certmgr config check` names what is doubtful.",
        )
    if to is not None and not notifying.is_address(to):
        raise UsageError("What --to names is not a mail address.", hint="Write it as NAME@HOST.")
    if to is not None and Channel.MAIL not in wanted:
        raise UsageError("--to is for mail alone.", hint="Leave it out, or use --channel mail.")
    if Channel.MAIL in wanted and to is None and not config.notices.to:
        raise UsageError("Nobody is named to get the mail.", hint="Add --to ADDRESS, or set notices.to.")
    return wanted


def _open_and_close(workspace: Workspace, session: Session) -> dict[Channel, Mark]:
    """Record which channels were configured or given up since the last run; return the marks of the open ones."""
    wanted = notifying.channels(workspace.config)
    with workspace.store().read() as snapshot:
        held = queries.marks(snapshot)
    changed = [one for one in Channel if (one in wanted) != (one in held)]
    if changed:
        with workspace.store().write(session.actor) as tx:
            for one in changed:
                if one in wanted:
                    # To the second, as events are recorded: one of this second is told.
                    now = tx.now.replace(microsecond=0)
                    held[one] = Mark(opened=now, looked=now)
                    _set_mark(tx, one, held[one])
                    tx.record("notice.channel-opened", f"channel:{one}", {})
                else:
                    del held[one]
                    meta.set(tx, queries.mark_name(one), "")
                    tx.record("notice.channel-closed", f"channel:{one}", {})
    return held


def _set_mark(tx: "Transaction", channel: Channel, mark: Mark) -> None:
    meta.set(tx, queries.mark_name(channel), f"{text_of(mark.opened)} {text_of(mark.looked)}")


def _record(workspace: Workspace, session: Session, held: Mapping[Channel, Mark]) -> None:
    """Record each new notice, and cover those that a later one replaces or that nobody needs any more."""
    store, now = workspace.store(), workspace.now()
    with store.read() as snapshot:
        found = queries.to_tell(snapshot, workspace.config, now, held)
        fresh = queries.fresh(snapshot, workspace.config, found, held)
        stale = queries.stale(stored.waiting(snapshot), found)
    if fresh or stale:
        with store.write(session.actor) as tx:
            for one in fresh:
                _record_one(tx, one)
            _cover(tx, [one.id for one in stale if stored.get(tx, one.id).state is NoticeState.WAITING])
    if any(now - one.looked > queries.LOOK_BACK for one in held.values()):
        # After the recording: a crash before it has to look as far back once more.
        with store.write(session.actor) as tx, tx.unjournalled():
            for channel, mark in held.items():
                _set_mark(tx, channel, Mark(opened=mark.opened, looked=max(mark.looked, now)))


def _record_one(tx: "Transaction", one: queries.Fresh) -> None:
    older = stored.waiting_before(tx, one.key)
    identity = stored.add(tx, one.key, one.telling.data)
    if identity is None:
        # Another process was faster.
        return
    tx.record("notice.recorded", f"notice:{identity}", _entry(one.key))
    for threshold in one.covers:
        key = one.key._replace(threshold=threshold)
        covered = stored.add(tx, key, {}, covered=True)
        if covered is not None:
            tx.record("notice.covered", f"notice:{covered}", _entry(key))
    _cover(tx, older)


def _entry(key: stored.Key) -> dict[str, JSON]:
    return {
        "kind": key.kind.value,
        "about": key.object,
        "threshold": key.threshold,
        "audience": key.audience,
        "channel": key.channel.value,
    }


def _cover(tx: "Transaction", ids: Sequence[NoticeId]) -> None:
    for one in ids:
        stored.set_covered(tx, one)
        tx.record("notice.covered", f"notice:{one}", {})
