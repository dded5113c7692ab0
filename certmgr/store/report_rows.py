"""What the reports read beside the nouns: promises with the name of what they are about."""

from datetime import datetime
from typing import Final

from certmgr.commitments import Commitment, CommitmentId, Kind
from certmgr.store.columns import moment_of, text_of
from certmgr.store.connection import Snapshot

_RUNNING: Final = (
    "SELECT m.id, m.kind, m.object, m.opened_at, m.due_at, m.met_at, m.voided_at, CASE m.about"
    " WHEN 'revocation' THEN (SELECT coalesce(s.name, a.slug) FROM revocation r"
    " LEFT JOIN certificate c ON c.id = r.certificate_id LEFT JOIN server s ON s.id = c.server_id"
    " LEFT JOIN authority a ON a.id = r.authority_id WHERE r.id = m.about_id)"
    " WHEN 'certificate' THEN"
    " (SELECT s.name FROM certificate c JOIN server s ON s.id = c.server_id WHERE c.id = m.about_id)"
    " WHEN 'server' THEN (SELECT name FROM server WHERE id = m.about_id)"
    " WHEN 'campaign' THEN (SELECT name FROM campaign WHERE id = m.about_id) END"
    " FROM (SELECT *, substr(object, 1, instr(object, ':') - 1) AS about,"
    " CAST(substr(object, instr(object, ':') + 1) AS INTEGER) AS about_id,"
    " coalesce(met_at, voided_at) AS ended_at FROM commitment) m"
    " WHERE m.opened_at < ? AND (m.ended_at IS NULL OR m.ended_at >= ?) ORDER BY m.opened_at, m.id"
)


def promises(snapshot: Snapshot, *, since: datetime, until: datetime) -> tuple[tuple[Commitment, str], ...]:
    """Return every promise that ran at some time from `since` on and before `until`, in the order of their opening.

    With each comes the name of the server, CA or campaign that it is about; empty where that has none.
    """
    rows = snapshot.rows(_RUNNING, (text_of(until), text_of(since)))
    return tuple(
        (
            Commitment(
                id=CommitmentId(row[0]),
                kind=Kind(row[1]),
                object=row[2],
                opened_at=moment_of(row[3]),
                due_at=moment_of(row[4]),
                met_at=moment_of(row[5]),
                voided_at=moment_of(row[6]),
            ),
            row[7] or "",
        )
        for row in rows
    )
