"""The journal, for whoever reads or proves it."""

from collections.abc import Callable, Iterator
from typing import Final

from certmgr import journal as form
from certmgr.errors import Finding, NotFoundError
from certmgr.models.journal import Entry
from certmgr.store import journal
from certmgr.workspace import Workspace

STRIDE: Final = 1000
"""Progress is told once for so many entries."""


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


def search(  # noqa: PLR0913 - the options of a list, by keyword
    workspace: Workspace,
    filter_text: str = "",
    *,
    oldest_first: bool = False,
    beyond: int | None = None,
    inclusive: bool = False,
    limit: int = 200,
) -> tuple[Entry, ...]:
    """Return a page of the entries that match words of actor, action and object, as certmgr.store.journal.search."""
    with workspace.store().read() as snapshot:
        return journal.search(
            snapshot, filter_text, oldest_first=oldest_first, beyond=beyond, inclusive=inclusive, limit=limit
        )


def count(workspace: Workspace, filter_text: str = "", *, stop_at: int = 10_000) -> int:
    """Return how many entries match; `stop_at` means that many or more."""
    with workspace.store().read() as snapshot:
        return journal.count(snapshot, filter_text, stop_at=stop_at)


def entry(workspace: Workspace, seq: int) -> tuple[Entry, Entry | None]:
    """Return the entry with that number and the one before it. Raises NotFoundError."""
    with workspace.store().read() as snapshot:
        found = journal.get(snapshot, seq)
        if found is None:
            raise NotFoundError(f"There is no journal entry {seq}.", hint="See `certmgr journal list`.")
        return found, journal.get(snapshot, seq - 1)


def verify(
    workspace: Workspace, *, watch: Callable[[int, int], None] | None = None
) -> tuple[tuple[Finding, ...], Entry | None]:
    """Return everything that is wrong with the chain, and the newest entry.

    `watch` is told now and then how many entries have been compared, and how many there are.
    """
    with workspace.store().read() as snapshot:
        last = journal.last(snapshot)
        found = journal.entries(snapshot)
        if watch is not None and last is not None:
            found = _watched(found, last.seq, watch)
        return form.verify(found), last


def _watched(entries: Iterator[Entry], number: int, watch: Callable[[int, int], None]) -> Iterator[Entry]:
    for done, one in enumerate(entries, 1):
        yield one
        if done % STRIDE == 0:
            watch(done, number)
