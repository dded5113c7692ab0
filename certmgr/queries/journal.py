"""The journal, for whoever reads or proves it."""

from collections.abc import Iterator

from certmgr import journal as form
from certmgr.errors import Finding
from certmgr.models.journal import Entry
from certmgr.store import journal
from certmgr.workspace import Workspace


def newest(workspace: Workspace, *, limit: int = 50) -> tuple[Entry, ...]:
    """Return the newest entries, the newest first, at most `limit`."""
    with workspace.store().read() as snapshot:
        return journal.page(snapshot, limit=limit)


def about(workspace: Workspace, subject: str) -> tuple[Entry, ...]:
    """Return every entry about one object, such as `certificate:12`, the newest first."""
    with workspace.store().read() as snapshot:
        return tuple(reversed(journal.for_objects(snapshot, subject)))


def every(workspace: Workspace) -> Iterator[Entry]:
    """Yield every entry in order, from one snapshot of the store."""
    with workspace.store().read() as snapshot:
        yield from journal.entries(snapshot)


def verify(workspace: Workspace) -> tuple[tuple[Finding, ...], Entry | None]:
    """Return everything that is wrong with the chain, and the newest entry."""
    with workspace.store().read() as snapshot:
        return form.verify(journal.entries(snapshot)), journal.last(snapshot)
