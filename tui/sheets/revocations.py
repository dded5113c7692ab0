"""What the page of one revocation request says. Pure."""

from datetime import datetime

from certmgr.commitments import Kind, Status
from certmgr.models.revocations import Cause, Revocation
from tui.banner import verb
from tui.present import Glyphs, Ink, Piece, countdown, moment_utc
from tui.sheets.words import history
from tui.values.revocations import Kept, RequestRow, RequestView, RequestWord
from tui.values.sheets import Fact, Note, Section, Sheet
from tui.wording import reason_of

INKS = {
    RequestWord.RECEIVED: Ink.PENDING,
    RequestWord.VERIFIED: Ink.REVOKING,
    RequestWord.REVOKED: Ink.REVOKING,
    RequestWord.HELD: Ink.HELD,
    RequestWord.DONE: Ink.REVOKED,
    RequestWord.REJECTED: Ink.SUPERSEDED,
    RequestWord.WITHDRAWN: Ink.SUPERSEDED,
    RequestWord.CLOSED: Ink.SUPERSEDED,
}
"""Each word stands behind the glyph of its ink."""
_STATUS = {Status.OPEN: Ink.PLAIN, Status.MET: Ink.DIM, Status.BREACHED: Ink.ALARM, Status.VOID: Ink.DIM}
_DONE = {
    Kind.ACKNOWLEDGE_REVOCATION: "acknowledged",
    Kind.VERIFY_REVOCATION: "verified",
    Kind.PUBLISH_REVOCATION: "published",
    Kind.RELEASE_HOLD: "released",
    Kind.DECIDE_HOLD: "hold decided",
    Kind.REPORT_INCIDENT: "incident reported",
}


def word_piece(row: RequestRow, glyphs: Glyphs) -> Piece:
    """Return glyph and word of where a request stands."""
    ink = INKS[row.word]
    return Piece(f"{glyphs.states[ink]} {row.word.value}", ink)


def request_sheet(view: RequestView, *, now: datetime, glyphs: Glyphs) -> Sheet:
    """Return everything that is known of a request."""
    row, one = view.row, view.row.revocation
    under = [word_piece(row, glyphs)]
    if row.kind is not None and row.due is not None:
        late = row.due <= now
        under.append(
            Piece(
                f"{verb(row.kind)}: {'' if late else 'in '}{countdown(row.due, now)}",
                Ink.ALARM if late else Ink.REVOKING,
            )
        )
    return Sheet(
        title=f"Request {one.id}: {one.server}",
        under=tuple(under),
        facts=_facts(view),
        sections=(
            Section("TIMES", _times(one)),
            Section("DISTRIBUTION POINTS", _points(view)),
            Section("COMMITMENTS", tuple(_commitment(each, now) for each in view.promises)),
            Section("DECIDED TOGETHER", tuple(Note(f"request {each.id}: {each.server}") for each in view.together)),
            Section(
                "IN ITS LINE, WITH OTHER KEYS",
                tuple(Note(f"{each.server}, serial {each.serial}, {each.state.value}") for each in view.line),
            ),
            Section("HISTORY", history(view.history)),
        ),
    )


def _facts(view: RequestView) -> tuple[Fact, ...]:
    one = view.row.revocation
    verified = f"{one.verified_by}: {one.verified_how}" if one.verified_by else ""
    closed = f"{one.closed_by}: {one.closing_reason}".rstrip(": ") if one.closed_by else ""
    facts = [
        Fact("Serial", one.serial),
        Fact("Cause", f"{one.cause.value}, on the CRL as {reason_of(one.cause)}", Ink.STRONG),
        Fact("Evidence", one.evidence),
        Fact("Leaked since", moment_utc(one.compromised_since) if one.compromised_since else ""),
        Fact("Note", one.note),
        Fact("Asked for by", one.requested_by),
        Fact("Verified by", verified),
        Fact("Closed by", closed),
    ]
    if one.cause is Cause.SUSPENDED and one.hold_until is not None:
        then = one.hold_then.value + (f" for {one.hold_cause.value}" if one.hold_cause else "")
        facts.append(
            Fact("Hold until", f"{moment_utc(one.hold_until)}, then {then}", Ink.HELD if view.held else Ink.DIM)
        )
        facts.append(Fact("Held now", "yes" if view.held else "no"))
    if view.release_due is not None:
        facts.append(Fact("Release by", moment_utc(view.release_due), Ink.DUE))
    if one.reported_at is not None:
        facts.append(Fact("Incident", f"reported to {one.reported_to}, {moment_utc(one.reported_at)}"))
    return tuple(facts)


def _times(one: Revocation) -> tuple[Fact, ...]:
    """Return the six times of a revocation and the seventh (R6.1, DETAILS 24)."""
    times = (
        ("Received", one.received_at),
        ("Acknowledged", one.acknowledged_at),
        ("Verified", one.verified_at),
        ("Revoked", one.revoked_at),
        ("CRL signed", one.signed_at),
        ("Seen", one.published_at),
        ("Unseen after", one.unseen_after),
    )
    words = {
        "Revoked": "in the store",
        "CRL signed": f"number {one.crl_number} or later" if one.crl_number else "",
        "Seen": "at every distribution point",
        "Unseen after": "no cached CRL without the serial is valid",
    }
    return tuple(
        Fact(label, f"{moment_utc(at)}  {words.get(label, '')}".rstrip()) if at else Fact(label, "-", Ink.DIM)
        for label, at in times
    )


def _points(view: RequestView) -> tuple[Note, ...]:
    """Return where the serial was seen on a CRL, and where it was not yet."""
    notes = [
        Note(f"seen in CRL {each.number} at {each.url}", start=f"{moment_utc(each.seen_at)[:16]}  ")
        for each in view.sights
    ]
    seen = {each.url for each in view.sights}
    if view.row.revocation.closed_at is None:
        missing = [each for each in view.places if each not in seen]
        notes += [Note(f"not seen yet at {each}", Ink.DUE, start=f"{'-':<18}") for each in missing]
    if not view.places:
        notes.append(Note("None is configured: the CRL file in place is enough.", Ink.DIM))
    return tuple(notes)


def _commitment(kept: Kept, now: datetime) -> Fact:
    left = ""
    if kept.left is not None:
        left = f", {countdown(kept.due, now)}" if kept.due <= now else f", {countdown(kept.due, now)} left"
    text = f"{_DONE.get(kept.kind, kept.kind.value)} by {kept.due:%Y-%m-%d %H:%M} UTC{left}"
    return Fact(kept.status.value, text, _STATUS[kept.status])
