"""Erasing what is not to be kept any longer: contacts, and all that is on record of a server (R7.1, N6).

Triggers keep certificates and decisions for five years whatever is asked for here; blocked keys, promises and the
journal are never erased: they name ids and digests only.
"""

from datetime import datetime
from typing import Final

from certmgr.models.certificates import ServerId
from certmgr.records import dataclass
from certmgr.store.columns import dump, text_of
from certmgr.store.connection import Snapshot, Store, Transaction

_ENDED: Final = "min(coalesce(c.revoked_at, c.not_after), c.not_after)"
_IN: Final = "IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A server whose time is over."""

    id: ServerId
    name: str
    last_end: str
    """When its last certificate ended, as the store holds a moment; empty: it never had one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Belongings:
    """What is on record of a server, by id."""

    server: ServerId
    certificates: tuple[int, ...]
    applications: tuple[int, ...]
    revocations: tuple[int, ...]
    deployments: tuple[int, ...]

    def objects(self) -> list[str]:
        """Return all of it as the journal names things: `certificate:12`."""
        kinds = ("certificate", "application", "revocation", "deployment")
        held = (self.certificates, self.applications, self.revocations, self.deployments)
        return [
            f"server:{self.server}",
            *(f"{kind}:{one}" for kind, ids in zip(kinds, held, strict=True) for one in ids),
        ]


def contacts_over(snapshot: Snapshot, before: datetime, now: datetime) -> tuple[Ended, ...]:
    """Return the servers with a contact whose last certificate ended by `before`, by name.

    One that never had a certificate counts from its retirement. A contact that was recorded later, and that of a server
    with an open application, is still needed.
    """
    rows = snapshot.rows(
        f"SELECT s.id, s.name, coalesce(max({_ENDED}), '') AS last_end"  # noqa: S608 - a constant
        " FROM contact k JOIN server s ON s.id = k.server_id"
        " LEFT JOIN certificate c ON c.server_id = s.id AND c.stage <> 'abandoned' WHERE k.changed_at <= :before"
        " AND NOT EXISTS (SELECT 1 FROM application a WHERE a.server_id = s.id AND a.withdrawn_at IS NULL"
        " AND a.certificate_id IS NULL AND a.expires_at > :now)"
        " GROUP BY s.id HAVING CASE WHEN last_end = '' THEN coalesce(s.retired_at <= :before, 0)"
        " ELSE last_end <= :before END ORDER BY s.name",
        {"before": text_of(before), "now": text_of(now)},
    )
    return tuple(Ended(id=ServerId(row[0]), name=row[1], last_end=row[2]) for row in rows)


def erase_contact(tx: Transaction, server: ServerId) -> bool:
    """Erase the contact of a server; False: there is none. The caller journals."""
    return tx.change("DELETE FROM contact WHERE server_id = ?", (server,)) == 1


def records_over(snapshot: Snapshot, before: datetime) -> tuple[Ended, ...]:
    """Return the servers whose last certificate expired by `before` and that nothing newer speaks of, by name."""
    rows = snapshot.rows(
        "SELECT s.id, s.name, coalesce(max(c.not_after), '') AS last_end FROM server s"
        " LEFT JOIN certificate c ON c.server_id = s.id WHERE s.created_at <= :before"
        " AND NOT EXISTS (SELECT 1 FROM application a WHERE a.server_id = s.id AND a.expires_at > :before)"
        " AND NOT EXISTS (SELECT 1 FROM observation o WHERE o.server_id = s.id AND o.last_seen_at > :before)"
        " AND NOT EXISTS (SELECT 1 FROM certificate n JOIN certificate o ON n.replaces_id = o.id"
        " WHERE o.server_id = s.id AND n.server_id <> s.id)"
        " GROUP BY s.id HAVING CASE WHEN last_end = '' THEN coalesce(s.retired_at <= :before, 0)"
        " ELSE last_end <= :before END ORDER BY s.name",
        {"before": text_of(before)},
    )
    return tuple(Ended(id=ServerId(row[0]), name=row[1], last_end=row[2]) for row in rows)


def belongings(snapshot: Snapshot, server: ServerId) -> Belongings:
    """Return what `erase_server` erases with the server."""
    certificates = _ids(snapshot, "SELECT id FROM certificate WHERE server_id = ?", server)
    held = dump(certificates)
    return Belongings(
        server=server,
        certificates=certificates,
        applications=_ids(
            snapshot,
            f"SELECT id FROM application WHERE server_id = ? OR certificate_id {_IN}",  # noqa: S608 - a constant
            server,
            held,
        ),
        revocations=_ids(snapshot, f"SELECT id FROM revocation WHERE certificate_id {_IN}", held),  # noqa: S608
        deployments=_ids(snapshot, "SELECT id FROM deployment WHERE server_id = ?", server),
    )


def erase_server(tx: Transaction, all_of_it: Belongings) -> None:
    """Erase a server with everything that is on record of it. The caller has journalled it in this transaction.

    Raises CertmgrError, and changes nothing, where a trigger or something else on record keeps it.
    """
    # What refers to what does not matter then; at the commit nothing may refer to what is gone.
    tx.connection.execute("PRAGMA defer_foreign_keys = ON")
    certificates, applications = dump(all_of_it.certificates), dump(all_of_it.applications)
    revocations, own = dump(all_of_it.revocations), (all_of_it.server,)
    objects = all_of_it.objects()
    subjects = [*objects, *(f"{kind}:{one}" for kind in ("renewal", "objection") for one in all_of_it.certificates)]
    for statement, values in (
        ("UPDATE revocation SET group_id = NULL WHERE group_id", revocations),
        ("UPDATE deployment SET certificate_id = NULL WHERE certificate_id", certificates),
        ("DELETE FROM notice WHERE object", dump(objects)),
        ("DELETE FROM attempt WHERE subject", dump(subjects)),
        ("DELETE FROM application_decision WHERE application_id", applications),
        ("DELETE FROM application WHERE id", applications),
        ("DELETE FROM revocation WHERE id", revocations),
        ("DELETE FROM acceptance WHERE certificate_id", certificates),
        ("DELETE FROM campaign_member WHERE certificate_id", certificates),
        ("DELETE FROM observation WHERE certificate_id", certificates),
        ("DELETE FROM certificate_name WHERE certificate_id", certificates),
        ("DELETE FROM certificate_search WHERE rowid", certificates),
        ("DELETE FROM certificate WHERE id", certificates),
    ):
        tx.change(f"{statement} {_IN}", (values,))
    tx.change("DELETE FROM observation WHERE server_id = ?", own)
    tx.change("DELETE FROM deployment WHERE server_id = ?", own)
    tx.change("DELETE FROM contact WHERE server_id = ?", own)
    tx.change("DELETE FROM server WHERE id = ?", own)


def forget(store: Store) -> None:
    """Take what was erased out of the write-ahead log too; while others read, the next checkpoint does it."""
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _ids(snapshot: Snapshot, sql: str, *values: object) -> tuple[int, ...]:
    return tuple(row[0] for row in snapshot.rows(f"{sql} ORDER BY id", values))
