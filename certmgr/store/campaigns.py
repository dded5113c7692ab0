"""Campaigns and their members, who are picked once (R5.2)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from certmgr.models.campaigns import Campaign, CampaignId, Member
from certmgr.models.certificates import Certificate, CertificateId, ServerId
from certmgr.store.certificate_rows import COLUMNS, TABLES, certificate_of, find
from certmgr.store.columns import moment_of, text_of
from certmgr.store.connection import Parameters, Row, Snapshot, Transaction

_SELECT: Final = "SELECT id, name, reason, filter, created_by, created_at, deadline, closed_at FROM campaign"
_SUCCESSOR: Final = "SELECT min(n.issued_at) FROM certificate n WHERE n.replaces_id = c.id AND n.stage = 'issued'"
_TO_RENEW: Final = (
    "c.id IN (SELECT m.certificate_id FROM campaign_member m JOIN campaign g ON g.id = m.campaign_id"
    " WHERE g.closed_at IS NULL) AND c.revoked_at IS NULL AND c.held_at IS NULL AND s.auto_renew = 1"
    " AND s.retired_at IS NULL"
    " AND NOT EXISTS (SELECT 1 FROM certificate n WHERE n.replaces_id = c.id AND n.stage = 'issued')"
)


def add(  # noqa: PLR0913 - the facts of a campaign, by keyword
    tx: Transaction, *, name: str, reason: str, filter_text: str, deadline: datetime, members: Sequence[CertificateId]
) -> CampaignId:
    """Record a campaign, announced now, with its members. Raises CertmgrError for a name that is taken."""
    table = tx.table("campaign").insert(
        {
            "name": name,
            "reason": reason,
            "filter": filter_text,
            "created_by": tx.actor.name,
            "created_at": text_of(tx.now),
            "deadline": text_of(deadline),
        }
    )
    identity = CampaignId(int(table.last_pk))  # type: ignore[arg-type]  # the table's key is one whole number
    tx.change_many(
        "INSERT INTO campaign_member (campaign_id, certificate_id) VALUES (?, ?)",
        [(identity, certificate) for certificate in members],
    )
    return identity


def close(tx: Transaction, campaign: CampaignId) -> None:
    """Record that the campaign is over, now. Raises NotFoundError where it is not open."""
    tx.change_one(
        f"open campaign with the id {campaign}",
        "UPDATE campaign SET closed_at = ? WHERE id = ? AND closed_at IS NULL",
        (text_of(tx.now), campaign),
    )


def find_by_name(snapshot: Snapshot, name: str) -> Campaign | None:
    """Return the campaign, open or closed, or None."""
    return next(iter(_find(snapshot, "name = ?", (name,))), None)


def all(snapshot: Snapshot, *, closed: bool = True) -> tuple[Campaign, ...]:  # noqa: A001 - read as campaigns.all(...)
    """Return the campaigns, the first due first; without `closed`, the open ones."""
    return _find(snapshot, ("1" if closed else "closed_at IS NULL") + " ORDER BY deadline, id")


def members(snapshot: Snapshot, campaign: CampaignId) -> tuple[Member, ...]:
    """Return every member of the campaign with what became of it, in the order in which they were issued."""
    rows = snapshot.rows(
        f"SELECT {COLUMNS}, ({_SUCCESSOR}), s.retired_at FROM {TABLES}"  # noqa: S608 - constants
        " WHERE c.id IN (SELECT certificate_id FROM campaign_member WHERE campaign_id = ?) ORDER BY c.id",
        (campaign,),
    )
    return tuple(
        Member(certificate=certificate_of(row), replaced_at=moment_of(row[-2]), retired_at=moment_of(row[-1]))
        for row in rows
    )


def covers(snapshot: Snapshot, certificate: CertificateId) -> bool:
    """Tell whether an open campaign asks for the certificate's renewal, so that its window need not be waited for."""
    row = snapshot.row(
        "SELECT 1 FROM campaign_member m JOIN campaign g ON g.id = m.campaign_id"
        " WHERE m.certificate_id = ? AND g.closed_at IS NULL",
        (certificate,),
    )
    return row is not None


def open_members(snapshot: Snapshot) -> tuple[Certificate, ...]:
    """Return what open campaigns want renewed and check renews by itself, the first to expire first.

    Certificates that are neither revoked, held nor replaced, of servers that are set to renew and in service (N4).
    One that has expired meanwhile is for the caller to leave out.
    """
    return find(snapshot, f"{_TO_RENEW} ORDER BY c.not_after, c.id", ())


def announced(snapshot: Snapshot) -> dict[CertificateId, datetime]:
    """Return since when an open campaign wants each of its members renewed; of several, the first."""
    rows = snapshot.rows(
        "SELECT m.certificate_id, min(g.created_at) FROM campaign_member m JOIN campaign g ON g.id = m.campaign_id"
        " WHERE g.closed_at IS NULL GROUP BY m.certificate_id"
    )
    return {CertificateId(identity): moment_of(at) for identity, at in rows}


def retired_servers(snapshot: Snapshot) -> frozenset[ServerId]:
    """Return the servers that were taken out of service."""
    return frozenset(ServerId(row[0]) for row in snapshot.rows("SELECT id FROM server WHERE retired_at IS NOT NULL"))


def _find(snapshot: Snapshot, where: str, parameters: Parameters = ()) -> tuple[Campaign, ...]:
    return tuple(_campaign(row) for row in snapshot.rows(f"{_SELECT} WHERE {where}", parameters))


def _campaign(row: Row) -> Campaign:
    return Campaign(
        id=CampaignId(row[0]),
        name=row[1],
        reason=row[2],
        filter=row[3],
        created_by=row[4],
        created_at=moment_of(row[5]),
        deadline=moment_of(row[6]),
        closed_at=moment_of(row[7]),
    )
