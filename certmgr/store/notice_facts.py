"""What notices are about, read from the records of other nouns in one query each (ARCHITECTURE 10)."""

from datetime import datetime
from typing import Final, NamedTuple

from certmgr.commitments import Commitment, CommitmentId, Kind
from certmgr.journal import read_moment
from certmgr.models.certificates import CertificateId, KeyOrigin, ServerId, Stage
from certmgr.models.revocations import Revocation, RevocationId
from certmgr.store import revocations
from certmgr.store.columns import moment_of, text_of
from certmgr.store.connection import Snapshot

_ENDING: Final = (
    "SELECT c.id, s.id, s.name, coalesce(k.value, ''), c.serial, c.profile, c.key_origin, s.auto_renew,"
    " c.not_before, c.not_after, c.renew_at"
    " FROM certificate c JOIN server s ON s.id = c.server_id LEFT JOIN contact k ON k.server_id = s.id"
    " WHERE c.not_after >= :since AND (c.not_after < :until OR c.renew_at <= :now)"
    " AND c.stage = 'issued' AND c.revoked_at IS NULL AND c.held_at IS NULL AND c.superseded_at IS NULL"
    " AND s.retired_at IS NULL"
    " AND NOT EXISTS (SELECT 1 FROM certificate n WHERE n.replaces_id = c.id AND n.stage <> 'abandoned')"
    # After its end, a certificate that was applied for anew takes the place of the old one, too.
    " AND (c.not_after >= :now OR NOT EXISTS (SELECT 1 FROM certificate n WHERE n.server_id = c.server_id"
    " AND n.id > c.id AND n.stage = 'issued' AND n.revoked_at IS NULL))"
    " ORDER BY c.not_after, c.id"
)
_SETTLED: Final = (
    "SELECT id, kind, object, opened_at, due_at, met_at, voided_at FROM commitment"
    " WHERE coalesce(met_at, voided_at) >= ? ORDER BY id"
)
_RECENT_REVOCATIONS: Final = (
    "SELECT r.id, c.server_id, c.stage FROM revocation r JOIN certificate c ON c.id = r.certificate_id"
    " WHERE (r.closed_at IS NULL AND r.published_at IS NULL) OR r.published_at >= :since OR r.closed_at >= :since"
    " ORDER BY r.id"
)
_NAMES: Final = {
    "revocation": "SELECT coalesce(s.name, a.slug), s.id, coalesce(c.serial, a.serial, '') FROM revocation r"
    " LEFT JOIN certificate c ON c.id = r.certificate_id LEFT JOIN server s ON s.id = c.server_id"
    " LEFT JOIN authority a ON a.id = r.authority_id WHERE r.id = ?",
    "certificate": "SELECT s.name, s.id, c.serial FROM certificate c JOIN server s ON s.id = c.server_id"
    " WHERE c.id = ?",
    "deployment": "SELECT s.name, s.id, '' FROM deployment d JOIN server s ON s.id = d.server_id WHERE d.id = ?",
    "server": "SELECT name, id, '' FROM server WHERE id = ?",
    "campaign": "SELECT name, NULL, '' FROM campaign WHERE id = ?",
    "application": "SELECT s.name, s.id, '' FROM application a JOIN server s ON s.id = a.server_id WHERE a.id = ?",
}


class Ending(NamedTuple):
    """A certificate in use that ends soon, is due, or has ended with nothing in its place."""

    id: CertificateId
    server_id: ServerId
    server: str
    contact: str
    serial: str
    profile: str
    key_origin: KeyOrigin
    auto_renew: bool
    not_before: datetime
    not_after: datetime
    renew_at: datetime


class Named(NamedTuple):
    """What people call an object of the journal."""

    name: str
    server_id: ServerId | None
    serial: str


def ending(snapshot: Snapshot, *, now: datetime, since: datetime, until: datetime) -> tuple[Ending, ...]:
    """Return the certificates in use that end before `until` or are due, and those that ended from `since` on.

    Revoked, held and replaced ones are left out, and those of retired servers.
    """
    rows = snapshot.rows(_ENDING, {"now": text_of(now), "since": text_of(since), "until": text_of(until)})
    return tuple(
        Ending(
            id=CertificateId(row[0]),
            server_id=ServerId(row[1]),
            server=row[2],
            contact=row[3],
            serial=row[4],
            profile=row[5],
            key_origin=KeyOrigin(row[6]),
            auto_renew=bool(row[7]),
            not_before=moment_of(row[8]),
            not_after=moment_of(row[9]),
            renew_at=moment_of(row[10]),
        )
        for row in rows
    )


def settled_promises(snapshot: Snapshot, since: datetime) -> tuple[Commitment, ...]:
    """Return the commitments that were met or became void from `since` on."""
    return tuple(
        Commitment(
            id=CommitmentId(row[0]),
            kind=Kind(row[1]),
            object=row[2],
            opened_at=moment_of(row[3]),
            due_at=moment_of(row[4]),
            met_at=moment_of(row[5]),
            voided_at=moment_of(row[6]),
        )
        for row in snapshot.rows(_SETTLED, (text_of(since),))
    )


def recent_revocations(snapshot: Snapshot, since: datetime) -> tuple[tuple[Revocation, ServerId], ...]:
    """Return the requests about delivered certificates that are open, or ended from `since` on, and their servers."""
    rows = snapshot.rows(_RECENT_REVOCATIONS, {"since": text_of(since)})
    return tuple(
        (revocations.get(snapshot, RevocationId(row[0])), ServerId(row[1]))
        for row in rows
        if Stage(row[2]) is Stage.ISSUED
    )


def named(snapshot: Snapshot, about: str) -> Named:
    """Return what people call `kind:id`; itself, where it is of another kind or not on record."""
    kind, _, identity = about.partition(":")
    row = snapshot.row(_NAMES[kind], (int(identity),)) if kind in _NAMES and identity.isdecimal() else None
    if row is None:
        return Named(name=about, server_id=None, serial="")
    return Named(name=row[0], server_id=None if row[1] is None else ServerId(row[1]), serial=row[2])


def home_mark(snapshot: Snapshot) -> str:
    """Return what tells this home from every other: the hash of the journal's first entry."""
    row = snapshot.row("SELECT hash FROM journal WHERE seq = 1")
    return "" if row is None else str(row[0])


def time_of_record(snapshot: Snapshot, now: datetime) -> datetime:
    """Return `now`, or the time of the journal's last entry where that is later, as a transaction reckons."""
    row = snapshot.row("SELECT at FROM journal ORDER BY seq DESC LIMIT 1")
    return now if row is None else max(now, read_moment(row[0]))
