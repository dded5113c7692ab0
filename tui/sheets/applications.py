"""One application as a page of facts: what is asked for, what was verified, who decided, and what happened. Pure."""

from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from certmgr.models.applications import Application, ApplicationState, Decision, Evidence, EvidenceKind, Verdict
from tui.present import Glyphs, Ink, Piece, countdown, plural
from tui.sheets.words import ago, history, local
from tui.values.applications import ApplicationDetail, ApplicationRow
from tui.values.sheets import Fact, Note, Section, Sheet

_INKS = MappingProxyType(
    {
        ApplicationState.SUBMITTED: Ink.PENDING,
        ApplicationState.APPROVED: Ink.VALID,
        ApplicationState.ISSUED: Ink.VALID,
        ApplicationState.REJECTED: Ink.REVOKED,
        ApplicationState.WITHDRAWN: Ink.SUPERSEDED,
        ApplicationState.EXPIRED: Ink.EXPIRED,
    }
)
_HOW = MappingProxyType(
    {
        EvidenceKind.ZONE: "Zone",
        EvidenceKind.KEY: "Key",
        EvidenceKind.WORD: "Word",
        EvidenceKind.DNS: "DNS",
        EvidenceKind.DOCUMENT: "Document",
    }
)
"""How something was verified; the kinds that are found by the program and those that a person states."""


def state_of(row: ApplicationRow, glyphs: Glyphs) -> Piece:
    """Return sign and word of where an application stands: those that wait for whoever is here stand out."""
    return _piece(row.state, glyphs, mine=row.mine)


def _piece(state: ApplicationState, glyphs: Glyphs, *, mine: bool) -> Piece:
    if mine:
        return Piece(f"{glyphs.states[Ink.DUE]} for you", Ink.DUE)
    word = "waiting" if state is ApplicationState.SUBMITTED else state.value
    return Piece(f"{glyphs.states[_INKS[state]]} {word}", _INKS[state])


def other_names(row: ApplicationRow) -> str:
    """Return what an application asks for beside its server: how many names and which; `-` where there is none."""
    others = [name for name in row.names if name != row.server]
    return f"+{len(others)} {', '.join(others)}" if others else "-"


def age_of(row: ApplicationRow, now: datetime) -> str:
    """Return how long ago an application was submitted, in five cells: `12m`, `5h`, `3d`."""
    minutes = max(int((now - row.submitted_at).total_seconds() // 60), 0)
    hours = minutes // 60
    if not hours:
        return f"{minutes}m"
    return f"{hours}h" if hours < 48 else f"{hours // 24}d"  # noqa: PLR2004 - two days are the unit's own limit


def left_of(row: ApplicationRow, now: datetime) -> Piece:
    """Return until when an open application may be decided, in seven cells: `6d 03h`; nothing for one that is over."""
    if not row.open:
        return Piece("")
    left = countdown(row.expires_at, now, short=True)
    return Piece(left, Ink.DUE if (row.expires_at - now).days < 1 else Ink.PLAIN)


def application_sheet(detail: ApplicationDetail, now: datetime, zone: ZoneInfo, glyphs: Glyphs) -> Sheet:
    """Return everything that is known of one application."""
    one = detail.application
    return Sheet(
        title=f"Application {one.id}: {one.server}",
        under=_under(detail, now, glyphs),
        facts=tuple(Note(text, Ink.URGENT) for text in detail.doubts),
        sections=(
            Section("ASKED FOR", content_facts(detail)),
            Section("VERIFIED", tuple(_evidence(item, zone) for item in one.evidence)),
            Section("DECISIONS", _decisions(one, zone)),
            Section(
                "RECORD",
                (
                    Fact("Applicant", f"{one.requested_by}, {local(one.submitted_at, zone)}"),
                    Fact("Until", f"{local(one.expires_at, zone)}"),
                    Fact("Certificate", detail.serial and f"serial {detail.serial}"),
                    Fact("Digest", one.digest),
                ),
            ),
            Section("HISTORY", history(detail.history)),
        ),
    )


def content_facts(detail: ApplicationDetail) -> tuple[Fact, ...]:
    """Return what a reviewer decides on."""
    one = detail.application
    days = one.days or detail.profile_days
    key = one.key_type.value if one.key_type else "as the profile has it"
    return (
        Fact("Names", ", ".join((*one.dns, *one.ip))),
        Fact("Unit", one.owner),
        Fact("Contact", detail.contact),
        Fact("Purpose", one.purpose),
        Fact("Note", one.note),
        Fact("Profile", one.profile + (f", {plural(days, 'day')}" if days else "")),
        Fact("Key", f"from a CSR, sha256 {one.spki_sha256}" if one.csr else f"made at issue, {key}"),
        Fact("Delivered to", one.destination or ""),
        Fact("Beside", "a live certificate of the same server" if one.additional else ""),
    )


def _under(detail: ApplicationDetail, now: datetime, glyphs: Glyphs) -> tuple[Piece, ...]:
    one = detail.application
    pieces = [_piece(detail.state, glyphs, mine=detail.mine)]
    pieces.append(Piece(f"{len(one.approvals)} of {plural(one.needed, 'approval')}", Ink.DIM))
    pieces.append(Piece(f"submitted {ago(one.submitted_at, now)}", Ink.DIM))
    if detail.state in {ApplicationState.SUBMITTED, ApplicationState.APPROVED}:
        pieces.append(Piece(f"{countdown(one.expires_at, now)} left", Ink.DIM))
    return tuple(pieces)


def _evidence(item: Evidence, zone: ZoneInfo) -> Fact:
    return Fact(_HOW[item.kind], f"{item.text} ({item.by}, {local(item.at, zone)})")


def _decisions(one: Application, zone: ZoneInfo) -> tuple[Fact | Note, ...]:
    """Return who decided what and why, and who is still to come."""
    items: list[Fact | Note] = [_decision(decision, zone) for decision in one.decisions]
    missing = one.needed - len(one.approvals)
    rejected = any(decision.verdict is Verdict.REJECTED for decision in one.decisions)
    if missing > 0 and not rejected and one.certificate_id is None and one.withdrawn_at is None:
        people = "another person" if missing == 1 else f"{missing} other people"
        items.append(Note(f"Needs the approval of {people}; never of {one.requested_by}, who applied.", Ink.DIM))
    return tuple(items)


def _decision(decision: Decision, zone: ZoneInfo) -> Fact:
    ink = Ink.VALID if decision.verdict is Verdict.APPROVED else Ink.REVOKED
    text = f"by {decision.by}, {local(decision.at, zone)}: {decision.reason}"
    return Fact(decision.verdict.value.capitalize(), text, ink)
