"""What the page of a CA says. Pure."""

from datetime import datetime, timedelta

from tui.present import Glyphs, Ink, Piece, day, plural
from tui.sheets.words import ago, due_piece, history, local
from tui.values.authorities import AuthorityDetail, AuthorityRow, CrlLine, SeenAt
from tui.values.sheets import Fact, Note, Section, Sheet

STATUSES = {
    "current": Ink.VALID,
    "retired": Ink.SUPERSEDED,
    "pending": Ink.PENDING,
    "external": Ink.HELD,
}
MEANS = {
    "current": "signs certificates and CRLs",
    "retired": "signs CRLs only",
    "pending": "waits for its certificate",
    "external": "its key is not here",
}
SOON = timedelta(hours=24)
"""With less than this left, a CRL's end is urgent."""


def status_piece(status: str, glyphs: Glyphs) -> Piece:
    """Return sign and word of a CA's status."""
    ink = STATUSES.get(status, Ink.PLAIN)
    return Piece(f"{glyphs.states.get(ink, '')} {status}".strip(), ink)


def end_ink(crl: CrlLine, now: datetime) -> Ink:
    """Return how urgent the end of a CRL is."""
    if crl.next_update <= now:
        return Ink.ALARM
    return Ink.URGENT if crl.next_update - now < SOON else Ink.PLAIN


def authority_sheet(detail: AuthorityDetail, now: datetime, glyphs: Glyphs) -> Sheet:
    """Return everything that is known of a CA."""
    one, row, zone = detail.authority, detail.row, detail.zone
    valid = (
        f"{day(one.not_before.astimezone(zone))} to {day(one.not_after.astimezone(zone))}" if one.certificate else ""
    )
    key = row.key if one.has_key else f"{row.key}, not here"
    return Sheet(
        title=row.name,
        under=_under(row, now, glyphs),
        facts=(
            Fact("Role", row.role),
            Fact("Subject", one.subject),
            Fact("Signed by", detail.signed_by),
            Fact("Valid", valid),
            Fact("Serial", str(one.serial or "")),
            Fact("SHA-256", one.sha256),
            Fact("Issued", plural(row.issued, "certificate") if not row.is_root else ""),
        ),
        sections=(
            Section("KEY", (Fact("Type", key), Fact("Opened by", ", ".join(detail.holders) or "no slot here"))),
            Section("WHAT ITS CERTIFICATE PERMITS", tuple(_limits(detail))),
            Section("CRL", tuple(_crl(detail, now))),
            Section("SEEN AT THE DISTRIBUTION POINTS", tuple(_seen(row.seen, detail))),
            Section("CRLS SIGNED", tuple(_signed(one, detail) for one in detail.crls)),
            Section("HISTORY", history(detail.history)),
        ),
    )


def _under(row: AuthorityRow, now: datetime, glyphs: Glyphs) -> tuple[Piece, ...]:
    pieces = [status_piece(row.status, glyphs), Piece(MEANS.get(row.status, ""), Ink.DIM)]
    if row.crl is not None and end_ink(row.crl, now) is not Ink.PLAIN:
        ended = row.crl.next_update <= now
        pieces.append(due_piece(row.crl.next_update, now, before="its CRL: " if ended else "its CRL ends "))
    return tuple(piece for piece in pieces if piece.text)


def _limits(detail: AuthorityDetail) -> list[Fact]:
    if not detail.authority.certificate:
        return []
    limited = detail.zones is not None
    zones = ", ".join(detail.zones or ()) or "none" if limited else "not limited"
    networks = ", ".join(detail.networks or ()) or "none" if limited else "not limited"
    purposes = "not limited" if detail.purposes is None else ", ".join(detail.purposes)
    return [Fact("Zones", zones), Fact("Networks", networks), Fact("Purposes", purposes)]


def _crl(detail: AuthorityDetail, now: datetime) -> list[Fact | Note]:
    crl, zone = detail.row.crl, detail.zone
    if crl is None:
        return [Note("It has signed no CRL yet.", Ink.DIM)]
    published = local(crl.published_at, zone) if crl.published_at else "not yet seen by relying parties"
    return [
        Fact("Number", str(crl.number)),
        Fact("This update", f"{local(crl.this_update, zone)}, {ago(crl.this_update, now)}"),
        Fact(
            "Next update", f"{local(crl.next_update, zone)}, {due_piece(crl.next_update, now).text}", end_ink(crl, now)
        ),
        Fact("Published", published, Ink.PLAIN if crl.published_at else Ink.DUE),
        Fact("Entries", f"{detail.entries:,} on the next one"),
    ]


def _seen(seen: tuple[SeenAt, ...], detail: AuthorityDetail) -> list[Note]:
    if not seen:
        return [Note("Nowhere: no CRL URL is configured, or none was fetched back yet.", Ink.DIM)]
    return [Note(f"{one.url}  number {one.number}", start=f"{local(one.at, detail.zone)}  ") for one in seen]


def _signed(one: CrlLine, detail: AuthorityDetail) -> Note:
    seen = "" if one.published_at else "  not seen published"
    text = f"number {one.number}, until {local(one.next_update, detail.zone)}{seen}"
    return Note(text, Ink.PLAIN if one.published_at else Ink.DUE, start=f"{local(one.this_update, detail.zone)}  ")
