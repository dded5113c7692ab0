"""One certificate as sections of lines: facts, revocation, names, key, chain, service, succession, history. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from rich.cells import cell_len

from certmgr.models.certificates import Certificate, Flag
from certmgr.models.revocations import Revocation
from tui.fact_writer import Section, Writer, heading, wrapped
from tui.facts_service import application_section, key_section, service_section, succession_section
from tui.present import Glyphs, Ink, Line, Piece, common_name, countdown, day, moment_utc, plural, state_piece
from tui.values.detail import Look
from tui.views import Detail

__all__ = ["Section", "detail_lines", "detail_sections", "page_of", "wrapped"]

_FEW_NAMES = 4
_FEW_ENTRIES = 6
NO_LOOKS: Mapping[int, Look] = {}


def detail_sections(  # noqa: PLR0913 - by keyword
    detail: Detail,
    *,
    width: int,
    now: datetime,
    glyphs: Glyphs,
    looks: Mapping[int, Look] = NO_LOOKS,
    brief: bool = False,
) -> tuple[Section, ...]:
    """Return everything that is known of a certificate in lines of at most `width` cells; every text is safe.

    `looks` is what its endpoints showed just now, by deployment. `brief` tells the most important of it: what does not
    fit beside a list is cut and counted.
    """

    def writer() -> Writer:
        return Writer(width, glyphs)

    sections = [
        _title(writer(), detail, now),
        *(_revocation(writer(), request, now) for request in detail.revocations),
        _names(writer(), detail.certificate, brief=brief),
        _validity(writer(), detail),
        key_section(writer(), detail, brief=brief),
        _chain(writer(), detail),
        service_section(writer(), detail, looks, brief=brief),
        application_section(writer(), detail, now, brief=brief),
        succession_section(writer(), detail, now, brief=brief),
        _history(writer(), detail, brief=brief),
    ]
    return tuple(section for section in sections if section.lines)


def page_of(
    sections: Sequence[Section], *, width: int, glyphs: Glyphs, current: int | None = None
) -> tuple[tuple[Line, ...], tuple[int, ...]]:
    """Return the sections as one page, and the line of each one's heading; that of `current` stands out."""
    lines: list[Line] = []
    starts: list[int] = []
    for number, section in enumerate(sections):
        if section.title:
            lines.append(())
            starts.append(len(lines))
            ink = Ink.PLACE if number == current else Ink.HEADING
            lines.append(heading(section.title, width, glyphs, ink=ink))
        else:
            starts.append(len(lines))
        lines += section.lines
    return tuple(lines), tuple(starts)


def detail_lines(detail: Detail, *, width: int, now: datetime, glyphs: Glyphs) -> tuple[Line, ...]:
    """Return everything that is known of a certificate as one page."""
    return page_of(detail_sections(detail, width=width, now=now, glyphs=glyphs), width=width, glyphs=glyphs)[0]


def _title(writer: Writer, detail: Detail, now: datetime) -> Section:
    certificate = detail.certificate
    writer.text(certificate.server, Ink.STRONG)
    pieces = [state_piece(detail.state, revoking=False, glyphs=writer.glyphs)]
    if certificate.revoking:
        pieces += [Piece("  "), state_piece(detail.state, revoking=True, glyphs=writer.glyphs)]
    days = plural(abs(detail.days), "day")
    left = f"{days} left" if detail.days >= 0 else f"{days} past its end"
    pieces.append(Piece(f"  {writer.glyphs.dot}  {left}  {writer.glyphs.dot}  ", Ink.DIM))
    pieces.append(Piece(f"until {day(certificate.not_after.astimezone(detail.zone))}", Ink.DIM))
    writer.lines.append(tuple(pieces))
    if Flag.NOT_SERVING in detail.flags:
        writer.text("An endpoint of its server was not seen serving it.", Ink.DUE, start=_sign(writer, Ink.DUE))
    if detail.blocked:
        writer.text("Its key is blocked for good.", Ink.EXPIRED, start=_sign(writer, Ink.EXPIRED))
    if certificate.hold_until is not None and certificate.held_at is not None and certificate.revoked_at is None:
        left = countdown(certificate.hold_until, now)
        words = f"Held: to be decided by {moment_utc(certificate.hold_until)} ({left})."
        writer.text(words, Ink.HELD, start=_sign(writer, Ink.HELD))
    return writer.section("")


def _sign(writer: Writer, ink: Ink) -> str:
    return f"{writer.glyphs.states[ink]} "


def _names(writer: Writer, certificate: Certificate, *, brief: bool) -> Section:
    most = _FEW_NAMES if brief else 0
    writer.facts("DNS", certificate.dns, most=most)
    writer.facts("Address", certificate.ip, most=most)
    writer.fact("Owner", certificate.owner)
    writer.fact("Purpose", certificate.purpose)
    writer.fact("Note", certificate.note)
    writer.fact("Requested by", certificate.requested_by)
    writer.fact("Delivered to", certificate.destination or "")
    return writer.section("NAMES")


def _validity(writer: Writer, detail: Detail) -> Section:
    certificate = detail.certificate
    writer.fact("Not before", moment_utc(certificate.not_before))
    writer.fact("Not after", moment_utc(certificate.not_after))
    writer.fact("May renew", f"from {moment_utc(certificate.window_opens)}")
    if certificate.revoked_at is None and certificate.superseded_at is None:
        writer.fact("Renews", f"by {'hand' if detail.by_hand else 'itself'} from {moment_utc(certificate.renew_at)}")
    if certificate.superseded_at is not None:
        writer.fact("Superseded", moment_utc(certificate.superseded_at))
    if certificate.held_at is not None:
        writer.fact("Held since", moment_utc(certificate.held_at), Ink.HELD)
    if certificate.revoked_at is not None:
        writer.fact("Revoked", f"{moment_utc(certificate.revoked_at)}, {certificate.cause}", Ink.STRONG)
    return writer.section("VALIDITY")


def _revocation(writer: Writer, request: Revocation, now: datetime) -> Section:
    """Return a request with every time of its way, those to come with what is left until then (R6.1)."""
    closed = request.published_at is not None or request.closed_at is not None
    writer.fact("Cause", request.cause.value, Ink.PLAIN if closed else Ink.REVOKING)
    writer.fact("Received", f"{moment_utc(request.received_at)} from {request.requested_by}")
    if request.acknowledged_at is not None:
        writer.fact("Acknowledged", moment_utc(request.acknowledged_at))
    if request.verified_at is not None:
        writer.fact("Verified", f"{moment_utc(request.verified_at)} by {request.verified_by}")
        writer.fact("Verified how", request.verified_how)
    elif not closed:
        _due(writer, "Verify by", request.verify_due_at, now)
    if request.due_at is not None and not closed:
        _due(writer, "Publish by", request.due_at, now)
    for label, moment in (
        ("Revoked", request.revoked_at),
        ("CRL signed", request.signed_at),
        ("Published", request.published_at),
        ("Unseen after", request.unseen_after),
        ("Closed", request.closed_at),
        ("Leaked since", request.compromised_since),
    ):
        if moment is not None:
            writer.fact(label, moment_utc(moment))
    if request.closed_how is not None:
        writer.fact("Closed how", f"{request.closed_how} by {request.closed_by}")
        writer.fact("Reason", request.closing_reason)
    writer.fact("Evidence", request.evidence)
    writer.fact("Note", request.note)
    return writer.section("REVOCATION" if closed else "OPEN REVOCATION REQUEST")


def _due(writer: Writer, label: str, due: datetime, now: datetime) -> None:
    left = countdown(due, now)
    late = due <= now
    writer.fact(label, f"{moment_utc(due)}  ({left if late else f'in {left}'})", Ink.ALARM if late else Ink.REVOKING)


def _chain(writer: Writer, detail: Detail) -> Section:
    """Return the chain as a tree, the root on top, each with its key type and its end."""
    depth = 0
    for authority in reversed(detail.chain):
        name = common_name(authority.subject)
        words = f"{name}, {authority.key_type.value}, until {day(authority.not_after)}"
        writer.text(words, start=_branch(writer.glyphs, depth))
        depth += 1
    one = detail.certificate
    end = f"{one.key_type.value}, until {day(one.not_after)}"
    writer.text(f"{one.server}, {end}", Ink.STRONG, start=_branch(writer.glyphs, depth))
    return writer.section("CHAIN")


def _branch(glyphs: Glyphs, depth: int) -> str:
    """Return the indent and the branch at `depth` of a tree."""
    return " " * (cell_len(glyphs.branch) * (depth - 1)) + glyphs.branch if depth else ""


def _history(writer: Writer, detail: Detail, *, brief: bool) -> Section:
    """Return the journal's entries, the newest first, each with who acted."""
    entries = detail.history[::-1]
    for entry in entries[:_FEW_ENTRIES] if brief else entries:
        at = writer.safe(entry.at[:19].replace("T", " "))
        writer.text(f"{entry.action} by {entry.actor}", start=f"{at}  ")
    if brief:
        writer.more(len(entries) - _FEW_ENTRIES)
    return writer.section("HISTORY")
