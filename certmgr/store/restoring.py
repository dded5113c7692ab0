"""What a restored home takes over from a published CRL: its number, and what it says of serials (N3)."""

from certmgr.models.authorities import AuthorityId
from certmgr.models.serials import Serial
from certmgr.store.columns import text_of
from certmgr.store.connection import Snapshot, Transaction


def take_number(tx: Transaction, authority: AuthorityId, number: int) -> None:
    """Reserve exactly the CRL number `number`, which must be higher than every one on record."""
    tx.change(
        "INSERT INTO crl (authority_id, number, reserved_at) VALUES (?, ?, ?)", (authority, number, text_of(tx.now))
    )


def entries(snapshot: Snapshot, authority: AuthorityId) -> dict[Serial, bytes]:
    """Return the DER of every entry of the next CRL, by serial."""
    rows = snapshot.rows("SELECT serial, der FROM crl_entry WHERE authority_id = ?", (authority,))
    return {Serial(serial): bytes(der) for serial, der in rows}
