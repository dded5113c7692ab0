"""How long what is on record is kept, and its erasure (R7.1, R7.2, N6)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from certmgr.codes import Code
from certmgr.errors import LockedError, NotFoundError, UsageError
from certmgr.models.operators import Permission
from certmgr.models.steps import Step
from certmgr.records import dataclass
from certmgr.store import meta, retention, servers
from certmgr.store.retention import Ended
from certmgr.workspace import Session, Workspace, journalled_refusal

LOOK_EVERY: Final = timedelta(days=1)
LOOKED_AT: Final = "retention.looked-at"
"""Names when `due` last looked for contacts to erase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """What the periods of [retention] say may go."""

    contacts: tuple[Ended, ...]
    """Servers whose contact is erased."""
    records: tuple[Ended, ...]
    """Servers of which everything is erased."""


def over(workspace: Workspace) -> Over:
    """Return what may be erased now; changes nothing."""
    now, periods = workspace.now(), workspace.config.retention
    with workspace.store().read() as snapshot:
        return Over(
            contacts=retention.contacts_over(snapshot, now - periods.contacts, now),
            records=retention.records_over(snapshot, now - periods.records),
        )


def run(workspace: Workspace, session: Session, *, confirm: str) -> Over:
    """Erase every contact and all records whose time is over; return what was erased.

    Where records go, `confirm` is the typed name of the organisation. Raises UsageError for another name.
    """
    session.require(Permission.ADMINISTER)
    found = over(workspace)
    with journalled_refusal(workspace, session, "retention.refused", "retention:0"):
        if found.records and confirm != workspace.config.organisation.name:
            name = workspace.config.organisation.name
            raise UsageError(
                f"The typed name {confirm[:80]!r} is not the name of the organisation, {name}.",
                hint=f"Type {name} to erase the records of {len(found.records)} servers for good.",
                code=Code.CONFIRMATION,
            )
    erased = tuple(one for one in found.contacts if _erase_contact(workspace, session, one))
    gone = tuple(one for one in found.records if _erase_records(workspace, session, one))
    _forget(workspace, anything=bool(erased or gone))
    return Over(contacts=erased, records=gone)


def due(workspace: Workspace, session: Session) -> Iterator[Step]:
    """Erase the contacts whose time is over, looked for once a day; records wait for a person's `run`."""
    if not session.allows(Permission.MANAGE_SERVERS) or not _look_today(workspace, session):
        return
    erased = [one for one in over(workspace).contacts if _erase_contact(workspace, session, one)]
    _forget(workspace, anything=bool(erased))
    for one in erased:
        yield Step(what=f"Erased the contact of {one.name}.", done=True)


def pending(workspace: Workspace) -> Iterator[Step]:
    """Yield what `due` would do; changes nothing."""
    for one in over(workspace).contacts:
        yield Step(what=f"The contact of {one.name} would be erased.", done=True)


def erase_contact(workspace: Workspace, session: Session, *, server: str, confirm: str) -> None:
    """Erase the contact of one server, whatever the periods say (R7.1).

    `confirm` is the typed name of the server. Raises UsageError for another name, NotFoundError where there is no such
    server or no contact.
    """
    session.require(Permission.MANAGE_SERVERS)
    with journalled_refusal(workspace, session, "contact.refused", "server:0"):
        if confirm != server:
            raise UsageError(
                f"The typed name {confirm[:80]!r} is not the name of the server, {server}.",
                hint=f"Type {server} to erase its contact.",
                code=Code.CONFIRMATION,
            )
    found = find_contact(workspace, server)
    _erase_contact(workspace, session, found)
    _forget(workspace, anything=True)


def find_contact(workspace: Workspace, server: str) -> Ended:
    """Return the server; raises NotFoundError where there is none of that name, or no contact of it."""
    with workspace.store().read() as snapshot:
        found = servers.find_by_name(snapshot, server)
        if found is None or not servers.contact(snapshot, found.id):
            raise NotFoundError(
                f"There is no contact on record for {server[:80]!r}.",
                hint="See `certmgr server list`.",
                code=Code.CONTACT_NONE,
            )
    return Ended(id=found.id, name=found.name, last_end="")


def _erase_contact(workspace: Workspace, session: Session, server: Ended) -> bool:
    with workspace.store().write(session.actor) as tx:
        if not retention.erase_contact(tx, server.id):
            return False
        tx.record("contact.erased", f"server:{server.id}", {})
    return True


def _erase_records(workspace: Workspace, session: Session, server: Ended) -> bool:
    """Erase one server in one transaction; False where somebody else did, or where it is needed again."""
    with workspace.store().write(session.actor) as tx:
        before = tx.now - workspace.config.retention.records
        if server.id not in {one.id for one in retention.records_over(tx, before)}:
            return False
        whole = retention.belongings(tx, server.id)
        # The entries come first: the triggers count the five years back from the newest one.
        tx.record_many([("certificate.erased", f"certificate:{one}", {}) for one in whole.certificates])
        tx.record(
            "server.erased",
            f"server:{server.id}",
            {"applications": [*whole.applications], "revocations": [*whole.revocations]},
        )
        retention.erase_server(tx, whole)
    return True


def _look_today(workspace: Workspace, session: Session) -> bool:
    """Tell whether a day has passed since the last look, and note this one: it reads every contact there is."""
    now = workspace.now()
    with workspace.store().read() as snapshot:
        last = meta.get(snapshot, LOOKED_AT)
    if last is not None and timedelta(0) <= now - datetime.fromisoformat(last) < LOOK_EVERY:
        return False
    try:
        with workspace.store().write(session.actor) as tx:
            meta.mark(tx, LOOKED_AT, now.isoformat(timespec="seconds"))
    except LockedError as problem:
        # Somebody writes for longer than the store waits: the next check looks.
        if problem.code is not Code.STORE_BUSY:
            raise
        return False
    return True


def _forget(workspace: Workspace, *, anything: bool) -> None:
    if anything:
        retention.forget(workspace.store())
