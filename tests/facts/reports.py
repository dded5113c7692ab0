"""Facts for reports, and the files that reports are compared with."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from certmgr.reporting.facts import CommitmentsReport, Expiry, ExpiryReport, Promise, RevocationTimes
from certmgr.reporting.figures import figures

GOLDEN = Path(__file__).parent / "golden"
UPDATE = "UPDATE_GOLDEN"
"""Set it to write what is rendered as what is kept, and read the difference before it is committed."""
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
SINCE = datetime(2026, 10, 31, 23, 0, tzinfo=UTC)
UNTIL = datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
HOSTILE = '<script>alert("1")</script>&\x1b[31m'
"""What an owner, a purpose or an organisation may be called by somebody who means ill."""


def promise(  # noqa: PLR0913 - the facts of a promise
    number: int,
    *,
    opened: datetime = NOW - timedelta(days=2),
    allowed: timedelta = timedelta(hours=24),
    used: timedelta | None = None,
    status: str = "met",
    kind: str = "publish-revocation",
    about: str = "revocation:1",
    subject: str = "portal.egov.internal",
) -> Promise:
    """Return a promise that took `used` of `allowed`; None: it still runs."""
    ended = None if used is None else opened + used
    return Promise(
        id=number,
        kind=kind,
        about=about,
        subject=subject,
        carried=opened < SINCE,
        opened_at=opened,
        due_at=opened + allowed,
        met_at=None if status == "void" else ended,
        voided_at=ended if status == "void" else None,
        status=status,
        used=NOW - opened if used is None else used,
    )


PROMISES = (
    promise(1, opened=SINCE - timedelta(days=3), used=timedelta(days=5), status="breached"),
    promise(2, used=timedelta(minutes=41)),
    promise(3, used=timedelta(hours=12)),
    promise(4, used=timedelta(hours=1), status="void", kind="verify-revocation"),
    promise(5, opened=NOW - timedelta(hours=1), status="open"),
    promise(
        6,
        opened=NOW - timedelta(days=1),
        allowed=timedelta(days=30),
        status="open",
        kind="finish-campaign",
        about="campaign:1",
        subject=HOSTILE,
    ),
)


def commitments_report(promises: tuple[Promise, ...] = PROMISES, organisation: str = "Example") -> CommitmentsReport:
    """Return a report of November 2026 with these promises."""
    return CommitmentsReport(
        organisation=organisation,
        zone="Europe/Berlin",
        month="2026-11",
        since=SINCE,
        until=UNTIL,
        as_of=NOW,
        made_at=NOW,
        journal_seq=290,
        journal_hash="d7" * 32,
        kinds=figures(("verify-revocation", "publish-revocation", "release-hold", "finish-campaign"), promises),
        promises=promises,
        revocations=(
            RevocationTimes(
                id=1,
                server="portal.egov.internal",
                serial="4F01",
                cause="key-lost",
                state="done",
                received_at=NOW - timedelta(days=2),
                acknowledged_at=NOW - timedelta(days=2),
                verified_at=NOW - timedelta(days=2),
                revoked_at=NOW - timedelta(hours=47),
                signed_at=NOW - timedelta(hours=47),
                published_at=NOW - timedelta(hours=47),
                unseen_after=NOW + timedelta(days=1),
                closed_at=None,
            ),
        )
        if promises
        else (),
    )


def expiring(number: int, day: date, *, owner: str = "Unit A", server: str = "") -> Expiry:
    """Return a certificate that ends at noon of a day."""
    end = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return Expiry(
        server=server or f"s{number}.egov.internal",
        serial=f"4F{number:02X}",
        sha256=f"{number:064x}",
        dns=(f"s{number}.egov.internal",),
        ip=("10.0.0.1", "fd00::1"),
        authority="issuing-2026-1",
        profile="server",
        owner=owner,
        state="due" if number == 1 else "valid",
        not_after=end,
        window_opens=end - timedelta(days=30),
        expires_on=day,
        window_on=day - timedelta(days=30),
        days_left=(day - NOW.date()).days,
    )


ROWS = (
    expiring(1, date(2026, 11, 29), owner='=HYPERLINK("http://x")'),
    expiring(2, date(2026, 12, 1), owner="Amt für Straßen, Gärten; Wege\\Plätze und alles, was daran liegt und fällt"),
    expiring(3, date(2026, 12, 2), owner=HOSTILE),
    expiring(4, date(2027, 1, 3), owner="城市管理局"),
)


def expiry_report(rows: tuple[Expiry, ...] = ROWS, days: int = 45) -> ExpiryReport:
    """Return a report of these certificates."""
    return ExpiryReport(
        organisation="Example", zone="Europe/Berlin", made_at=NOW, today=date(2026, 11, 25), days=days, rows=rows
    )


def matches_golden(name: str, text: str) -> bool:
    """Return whether `text`, to the octet, is what is kept as `name`; with UPDATE_GOLDEN, keep it."""
    path = GOLDEN / name
    if os.environ.get(UPDATE):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
    kept = path.read_bytes().decode()
    if kept != text:
        print(f"--- kept as {name}\n{kept}\n--- rendered\n{text}")  # noqa: T201 - what a failing test tells
    return kept == text
