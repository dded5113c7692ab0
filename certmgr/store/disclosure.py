"""Whole rows about a certificate or a subscriber, as the tables hold them (R7.3; docs/schema.md names every column)."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from certmgr.models.certificates import CertificateId, ServerId
from certmgr.models.journal import Entry
from certmgr.store import journal
from certmgr.store.columns import dump
from certmgr.store.connection import Snapshot

Value = str | int | None
Record = dict[str, list[dict[str, Value]]]
"""Rows by table, in the order of their making."""

_AT_ONCE: Final = 500
"""How many objects one query asks the journal for."""
_LEFT_OUT: Final = frozenset({"key_path", "salt", "tbs"})
"""Columns that tell nothing of anybody: a temporary path, a random number, what the certificate itself holds."""
_CERTIFICATE: Final = "certificate_id IN (SELECT value FROM json_each(:certificates))"
_SERVER: Final = "server_id IN (SELECT value FROM json_each(:servers))"
_WHOLE: Final = {
    "server": "id IN (SELECT value FROM json_each(:servers))",
    "contact": _SERVER,
    "certificate": "id IN (SELECT value FROM json_each(:certificates))",
    "certificate_name": _CERTIFICATE,
    "revocation": _CERTIFICATE,
    "acceptance": _CERTIFICATE,
    "observation": _CERTIFICATE,
    "application": f"{_CERTIFICATE} OR (:whole AND {_SERVER})",
    "deployment": f"{_CERTIFICATE} OR (:whole AND {_SERVER})",
    "campaign": (
        "id IN (SELECT m.campaign_id FROM campaign_member m"
        " JOIN json_each(:certificates) e ON e.value = m.certificate_id)"
    ),
}
"""Which rows belong to it, by table; with `whole`, all of its servers'."""
_NAMED: Final = ("certificate", "revocation", "application", "deployment")
"""Tables whose rows journal, notices and commitments name as `kind:id`; with `whole`, servers too."""


def record(
    snapshot: Snapshot, *, servers: Sequence[ServerId], certificates: Sequence[CertificateId], whole: bool
) -> tuple[Record, tuple[Entry, ...]]:
    """Return every row about the certificates and their servers, and every journal entry about these.

    With `whole`, what concerns the servers beside these certificates comes too. Octets are base64 text.
    """
    values = {"servers": dump(list(servers)), "certificates": dump(list(certificates)), "whole": int(whole)}
    found = {table: _rows(snapshot, table, where, values) for table, where in _WHOLE.items()}
    found["application_decision"] = _rows(
        snapshot,
        "application_decision",
        "application_id IN (SELECT value FROM json_each(:applications))",
        {"applications": dump([row["id"] for row in found["application"]])},
    )
    objects = [f"{table}:{row['id']}" for table in _NAMED for row in found[table]]
    objects += [f"server:{row['id']}" for row in found["server"]] if whole else []
    about = {"objects": dump(objects)}
    for table in ("commitment", "notice"):
        found[table] = _rows(snapshot, table, "object IN (SELECT value FROM json_each(:objects))", about)
        objects += [f"{table}:{row['id']}" for row in found[table]]
    return found, _history(snapshot, objects)


def of_owner(snapshot: Snapshot, owner: str) -> tuple[tuple[ServerId, ...], tuple[CertificateId, ...]]:
    """Return the servers of an owner and all their certificates, and those issued to it under other servers.

    The name is compared whole, in any case.
    """
    snapshot.connection.create_function("casefold", 1, str.casefold, deterministic=True)
    servers = snapshot.rows("SELECT id FROM server WHERE casefold(owner) = ? ORDER BY id", (owner.casefold(),))
    ids = [row[0] for row in servers]
    certificates = snapshot.rows(
        "SELECT id, server_id FROM certificate WHERE casefold(owner) = ?"
        " OR server_id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (owner.casefold(), dump(ids)),
    )
    every = sorted({*ids, *(row[1] for row in certificates)})
    return tuple(ServerId(one) for one in every), tuple(CertificateId(row[0]) for row in certificates)


def _rows(snapshot: Snapshot, table: str, where: str, values: Mapping[str, object]) -> list[dict[str, Value]]:
    columns = [name for (name,) in snapshot.rows("SELECT name FROM pragma_table_info(?)", (table,))]
    kept = [name for name in columns if name not in _LEFT_OUT]
    quoted = ", ".join(f'"{name}"' for name in kept)
    rows = snapshot.rows(
        f"SELECT {quoted} FROM {table} WHERE {where} ORDER BY 1",  # noqa: S608 - named above, or by the table itself
        values,
    )
    return [{name: _plain(value) for name, value in zip(kept, row, strict=True)} for row in rows]


def _plain(value: object) -> Value:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value if isinstance(value, (str, int)) else None


def _history(snapshot: Snapshot, objects: Iterable[str]) -> tuple[Entry, ...]:
    wanted = sorted(set(objects))
    found = [
        entry
        for start in range(0, len(wanted), _AT_ONCE)
        for entry in journal.for_objects(snapshot, *wanted[start : start + _AT_ONCE])
    ]
    return tuple(sorted(found, key=lambda entry: entry.seq))
