"""Public keys: which are blocked for good, and which are in use where (R1.6, R1.8)."""

from certmgr.models.revocations import Cause
from certmgr.models.serials import Serial
from certmgr.policy import KeyUse
from certmgr.store.columns import text_of
from certmgr.store.connection import Snapshot, Transaction


def block(tx: Transaction, spki_sha256: str, cause: Cause) -> None:
    """Put a key on the blocklist; it can never be certified again. A second time changes nothing."""
    tx.change(
        "INSERT INTO blocked_key (spki_sha256, cause, blocked_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (spki_sha256, cause.value, text_of(tx.now)),
    )


def is_blocked(snapshot: Snapshot, spki_sha256: str) -> bool:
    """Tell whether the key is on the blocklist."""
    return snapshot.row("SELECT 1 FROM blocked_key WHERE spki_sha256 = ?", (spki_sha256,)) is not None


def uses(snapshot: Snapshot, spki_sha256: str) -> tuple[tuple[str, Serial], ...]:
    """Return server and serial of every certificate for the key, intents included, the oldest first."""
    rows = snapshot.rows(
        "SELECT s.name, c.serial FROM certificate c JOIN server s ON s.id = c.server_id"
        " WHERE c.spki_sha256 = ? ORDER BY c.id",
        (spki_sha256,),
    )
    return tuple((server, Serial(serial)) for server, serial in rows)


def use_of(snapshot: Snapshot, spki_sha256: str) -> KeyUse:
    """Return what policy is told of a key: whether it is blocked, and every server that has a certificate for it."""
    servers = dict.fromkeys(server for server, _ in uses(snapshot, spki_sha256))
    return KeyUse(blocked=is_blocked(snapshot, spki_sha256), used_by=tuple(servers))
