"""What surrounds a certificate: its key and what else has it, its application, its line, where it is served. Pure."""

from collections.abc import Mapping
from datetime import datetime

from certmgr.lifecycle import state_of
from certmgr.models.acceptances import AcceptanceKind
from certmgr.models.certificates import Certificate, KeyOrigin
from tui.fact_writer import Section, Writer
from tui.present import Ink, Piece, countdown, day, ink_of, moment_utc, state_piece
from tui.values.detail import Look, Place, Sight
from tui.views import Detail

_FEW = 3
_STANDINGS = {
    "serving": Ink.VALID,
    "installed": Ink.VALID,
    "waiting": Ink.PENDING,
    "failed": Ink.EXPIRED,
    "not-serving": Ink.DUE,
    "idle": Ink.SUPERSEDED,
}
_SIGHTS = {
    Sight.LOOKING: Ink.PENDING,
    Sight.THIS: Ink.VALID,
    Sight.CURRENT: Ink.VALID,
    Sight.OLD: Ink.DUE,
    Sight.FOREIGN: Ink.EXPIRED,
    Sight.UNREACHABLE: Ink.EXPIRED,
    Sight.SILENT: Ink.EXPIRED,
}
_SHOWS = {
    Sight.LOOKING: "is being looked at",
    Sight.THIS: "shows this certificate",
    Sight.CURRENT: "shows the server's newest certificate",
    Sight.OLD: "shows another certificate of the server's",
    Sight.FOREIGN: "shows a certificate that is not on record",
    Sight.UNREACHABLE: "could not be reached",
    Sight.SILENT: "did not answer in time",
}
_TAKEN = {
    AcceptanceKind.ACCEPTED: "accepted",
    AcceptanceKind.OBJECTED: "objected to",
    AcceptanceKind.IMPLIED: "accepted, since nobody objected in time",
    AcceptanceKind.SEEN: "accepted, since it was seen serving",
}


def key_section(writer: Writer, detail: Detail, *, brief: bool) -> Section:
    """Return the numbers, the key, whether it is blocked, and every other certificate that has it (R1.6, R1.8)."""
    one = detail.certificate
    origin = "made here" if one.key_origin is KeyOrigin.MADE else "from a CSR"
    writer.fact("Profile", one.profile)
    writer.fact("Key", f"{one.key_type.value}, {origin}")
    writer.fact("Serial", one.serial)
    writer.fact("SHA-256", one.sha256 or "")
    writer.fact("Key SHA-256", one.spki_sha256)
    writer.fact("Key blocked", "for good; it is never certified again" if detail.blocked else "no")
    if detail.blocked:
        label, _ = writer.lines[-1]
        writer.lines[-1] = (label, Piece(writer.lines[-1][1].text, Ink.EXPIRED))
    others = detail.same_key[:_FEW] if brief else detail.same_key
    if not others:
        writer.fact("Same key", "no other certificate")
    for number, other in enumerate(others):
        words = f"{other.server} {other.serial[:16]} until {day(other.not_after)}"
        writer.fact("Same key" if number == 0 else "", words, Ink.DUE)
    if len(detail.same_key) > len(others):
        writer.fact("", f"and {len(detail.same_key) - len(others):,} more", Ink.DIM)
    return writer.section("KEY AND NUMBERS")


def application_section(writer: Writer, detail: Detail, now: datetime, *, brief: bool) -> Section:
    """Return how the certificate was applied for and by whom approved, and how its subscriber took it (R2.1, R3.3)."""
    found = detail.application
    if found is not None:
        writer.fact("Application", f"{found.id}, {moment_utc(found.submitted_at)} from {found.requested_by}")
        for decision in found.decisions:
            words = f"{decision.verdict.value} {moment_utc(decision.at)} by {decision.by}: {decision.reason}"
            writer.fact("Decision", words)
        for evidence in () if brief else found.evidence:
            writer.fact(
                "Evidence", f"{evidence.kind.value}, {moment_utc(evidence.at)} by {evidence.by}: {evidence.text}"
            )
    elif not brief:
        writer.fact("Application", "none: policy allowed it, or it is a renewal")
    taken = detail.acceptance
    until = detail.certificate.accept_by
    if taken is not None:
        writer.fact("Acceptance", f"{_TAKEN[taken.kind]}, {moment_utc(taken.at)} by {taken.by}")
        writer.fact("", taken.note)
    elif until is not None and until > now:
        writer.fact("Acceptance", f"open until {moment_utc(until)}  (in {countdown(until, now)})", Ink.PENDING)
    elif not brief:
        writer.fact("Acceptance", "nothing on record")
    return writer.section("APPLICATION AND ACCEPTANCE")


def succession_section(writer: Writer, detail: Detail, now: datetime, *, brief: bool) -> Section:
    """Return every certificate of the server, the newest first: who replaced whom (R9.1)."""
    if len(detail.line) < 2:  # noqa: PLR2004 - a line of one is no succession
        return writer.section("SUCCESSION")
    here = next((place for place, one in enumerate(detail.line) if one.id == detail.certificate.id), 0)
    first = max(here - 1, 0) if brief else 0
    kept = detail.line[first : first + _FEW] if brief else detail.line
    for one in kept:
        _member(writer, one, detail, now)
    writer.more(len(detail.line) - len(kept))
    return writer.section("SUCCESSION")


def _member(writer: Writer, one: Certificate, detail: Detail, now: datetime) -> None:
    this = one.id == detail.certificate.id
    state = state_piece(state_of(one, now), revoking=one.revoking, glyphs=writer.glyphs)
    words = f"{day(one.not_before)} to {day(one.not_after)}  {one.serial[:16]}"
    if this:
        words += "  this one"
    elif one.id == detail.certificate.replaces_id:
        words += "  replaced by this one"
    elif one.id == detail.certificate.replaced_by_id:
        words += "  replaces this one"
    writer.text(
        words,
        Ink.STRONG if this else Ink.PLAIN,
        start=f"{state.text:<14}",
        start_ink=ink_of(state_of(one, now), revoking=one.revoking),
    )


def service_section(writer: Writer, detail: Detail, looks: Mapping[int, Look], *, brief: bool) -> Section:
    """Return the places to which the server's certificates go, as last known, and what was seen there just now."""
    places = detail.places[:_FEW] if brief else detail.places
    for place in places:
        _place(writer, place, detail)
        if place.id in looks:
            _look(writer, looks[place.id])
    writer.more(len(detail.places) - len(places))
    if not places and not brief:
        writer.text("No deployment of its server is on record.", Ink.DIM)
    if not brief and any(place.endpoint for place in places) and not looks:
        writer.text("p looks at what the endpoints show now.", Ink.DIM)
    return writer.section("DEPLOYMENTS")


def _place(writer: Writer, place: Place, detail: Detail) -> None:
    ink = _STANDINGS.get(place.standing, Ink.DIM)
    writer.text(f"{place.standing}  {place.text}", start=f"{writer.glyphs.states[ink]} ", start_ink=ink)
    what = "this certificate" if place.held == detail.certificate.id else place.held_serial[:16]
    if place.held is not None:
        times = [
            f"{word} {moment_utc(moment)}"
            for word, moment in (("installed", place.installed_at), ("seen serving", place.seen_at))
            if moment is not None
        ]
        writer.text(f"{what}: {', '.join(times) or 'not seen yet'}", Ink.DIM, start="  ")
    if place.problem:
        writer.text(place.problem, ink, start="  ")


def _look(writer: Writer, look: Look) -> None:
    """Add what an endpoint showed when it was looked at, indented under its place."""
    ink = _SIGHTS[look.sight]
    detail = look.serial[:16] if look.sight in {Sight.OLD, Sight.CURRENT} else look.subject
    words = f"now {_SHOWS[look.sight]}{f': {detail}' if detail else ''}"
    writer.text(words, ink, start=f"  {writer.glyphs.states[ink]} ", start_ink=ink)
    for problem in look.problems:
        writer.text(problem, Ink.DUE, start="    ")
