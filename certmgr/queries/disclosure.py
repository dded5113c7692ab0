"""One certificate's or one subscriber's whole record, for disclosure (R7.3)."""

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from certmgr.errors import NotFoundError
from certmgr.models.journal import Entry
from certmgr.queries import certificates
from certmgr.records import dataclass
from certmgr.reporting import documents
from certmgr.store import disclosure, journal
from certmgr.store.disclosure import Record
from certmgr.workspace import Workspace

if TYPE_CHECKING:
    from certmgr.store.connection import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """A record as it stood at one moment."""

    organisation: str
    about: str
    """`certificate SERIAL`, `subscriber OWNER`."""
    made_at: datetime
    head: Entry | None
    """The newest journal entry then."""
    rows: Record
    """By table, every column that docs/schema.md names but for three that tell nothing of anybody."""
    history: tuple[Entry, ...]
    """Every journal entry about anything in the rows, the oldest first."""

    def document(self) -> str:
        """Return the record as JSON."""
        return documents.document(
            documents.RECORD,
            organisation=self.organisation,
            about=self.about,
            made_at=self.made_at,
            journal=None if self.head is None else {"seq": self.head.seq, "hash": self.head.hash},
            rows=self.rows,
            history=[asdict(entry) for entry in self.history],
        )


def certificate(workspace: Workspace, reference: str) -> Disclosure:
    """Return all that is on record about one certificate and its server; raises as `certificates.resolve`."""
    found = certificates.resolve(workspace, reference)
    with workspace.store().read() as snapshot:
        rows, history = disclosure.record(snapshot, servers=[found.server_id], certificates=[found.id], whole=False)
        return _disclosure(workspace, snapshot, f"certificate {found.serial}", rows, history)


def subscriber(workspace: Workspace, owner: str) -> Disclosure:
    """Return all that is on record about an owner: its servers, their certificates, and what was issued to it.

    Raises NotFoundError for an owner of nothing.
    """
    with workspace.store().read() as snapshot:
        servers, ids = disclosure.of_owner(snapshot, owner.strip())
        if not servers:
            raise NotFoundError(
                f"Nothing on record belongs to {owner[:80]!r}.",
                hint="Write the owner whole; `certmgr list --csv` shows the owners.",
            )
        rows, history = disclosure.record(snapshot, servers=servers, certificates=ids, whole=True)
        return _disclosure(workspace, snapshot, f"subscriber {owner.strip()}", rows, history)


def _disclosure(
    workspace: Workspace, snapshot: "Snapshot", about: str, rows: Record, history: tuple[Entry, ...]
) -> Disclosure:
    return Disclosure(
        organisation=workspace.config.organisation.name,
        about=about,
        made_at=workspace.now(),
        head=journal.last(snapshot),
        rows=rows,
        history=history,
    )
