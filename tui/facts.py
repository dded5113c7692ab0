"""One certificate as lines of text: facts, names, revocation, chain, succession, history. Pure."""

from datetime import datetime

from rich.cells import cell_len, chop_cells

from certmgr.models.certificates import Certificate, KeyOrigin
from certmgr.models.revocations import Revocation
from tui.present import (
    Glyphs,
    Ink,
    Line,
    Piece,
    common_name,
    countdown,
    day,
    moment_utc,
    plural,
    safe_text,
    state_piece,
)
from tui.views import Detail

_LABEL = 14
_MIN_VALUE = 16


def detail_lines(detail: Detail, *, width: int, now: datetime, glyphs: Glyphs) -> tuple[Line, ...]:
    """Return everything that is known of a certificate as lines of at most `width` cells; every text is safe."""
    writer = _Writer(width, glyphs)
    _title(writer, detail)
    for request in detail.revocations:
        _revocation(writer, request, now)
    _names(writer, detail.certificate)
    _validity(writer, detail.certificate)
    _key(writer, detail.certificate)
    _chain(writer, detail)
    _succession(writer, detail)
    _history(writer, detail)
    return tuple(writer.lines)


def wrapped(text: str, width: int) -> list[str]:
    """Return `text` in lines of at most `width` cells, broken at spaces where there are any."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if cell_len(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        *full, line = chop_cells(word, width) or [""]
        lines += full
    return [*lines, line]


class _Writer:
    """Collects lines; knows the width and the glyphs."""

    def __init__(self, width: int, glyphs: Glyphs) -> None:
        self.lines: list[Line] = []
        self.glyphs = glyphs
        self.width = width

    def heading(self, text: str) -> None:
        """Begin a section: its name and a rule to the right edge."""
        rule = self.glyphs.rule * max(self.width - cell_len(text) - 1, 0)
        self.lines += [(), (Piece(f"{text} ", Ink.HEADING), Piece(rule, Ink.HEADING))]

    def fact(self, label: str, value: str, ink: Ink = Ink.PLAIN) -> None:
        """Add a labelled value over as many lines as it takes; an empty value is left out."""
        if not value:
            return
        text = safe_text(value, ascii_only=self.glyphs.ascii_only)
        for index, part in enumerate(wrapped(text, max(self.width - _LABEL, _MIN_VALUE))):
            shown = label if index == 0 else ""
            self.lines.append((Piece(f"{shown:<{_LABEL}}", Ink.LABEL), Piece(part, ink)))

    def text(self, text: str, ink: Ink = Ink.PLAIN, *, start: str = "") -> None:
        """Add text with a hanging indent; `start`, which is ours and safe, stands in it on the first line."""
        shown = safe_text(text, ascii_only=self.glyphs.ascii_only)
        indent = cell_len(start)
        for index, part in enumerate(wrapped(shown, max(self.width - indent, _MIN_VALUE))):
            self.lines.append((Piece(start if index == 0 else " " * indent, Ink.DIM), Piece(part, ink)))


def _title(writer: _Writer, detail: Detail) -> None:
    certificate = detail.certificate
    writer.text(certificate.server, Ink.STRONG)
    state = state_piece(detail.state, revoking=False, glyphs=writer.glyphs)
    pieces = [state]
    if certificate.revoking:
        pieces += [Piece("  "), state_piece(detail.state, revoking=True, glyphs=writer.glyphs)]
    days = plural(abs(detail.days), "day")
    left = f"{days} left" if detail.days >= 0 else f"{days} past its end"
    pieces.append(Piece(f"  {writer.glyphs.dot}  {left}  {writer.glyphs.dot}  ", Ink.DIM))
    pieces.append(Piece(f"until {day(certificate.not_after.astimezone(detail.zone))}", Ink.DIM))
    writer.lines.append(tuple(pieces))


def _names(writer: _Writer, certificate: Certificate) -> None:
    writer.heading("NAMES")
    for index, name in enumerate(certificate.dns):
        writer.fact("DNS" if index == 0 else "", name)
    for index, address in enumerate(certificate.ip):
        writer.fact("Address" if index == 0 else "", address)
    writer.fact("Owner", certificate.owner)
    writer.fact("Purpose", certificate.purpose)
    writer.fact("Note", certificate.note)
    writer.fact("Requested by", certificate.requested_by)
    writer.fact("Delivered to", certificate.destination or "")


def _validity(writer: _Writer, certificate: Certificate) -> None:
    writer.heading("VALIDITY")
    writer.fact("Not before", moment_utc(certificate.not_before))
    writer.fact("Not after", moment_utc(certificate.not_after))
    writer.fact("May renew", f"from {moment_utc(certificate.window_opens)}")
    writer.fact("Renews", f"by itself from {moment_utc(certificate.renew_at)}")
    if certificate.superseded_at is not None:
        writer.fact("Superseded", moment_utc(certificate.superseded_at))
    if certificate.held_at is not None:
        writer.fact("Held since", moment_utc(certificate.held_at), Ink.HELD)
    if certificate.revoked_at is not None:
        writer.fact("Revoked", f"{moment_utc(certificate.revoked_at)}, {certificate.cause}", Ink.STRONG)


def _key(writer: _Writer, certificate: Certificate) -> None:
    origin = "made here" if certificate.key_origin is KeyOrigin.MADE else "from a CSR"
    writer.heading("KEY AND NUMBERS")
    writer.fact("Profile", certificate.profile)
    writer.fact("Key", f"{certificate.key_type.value}, {origin}")
    writer.fact("Serial", certificate.serial)
    writer.fact("SHA-256", certificate.sha256 or "")
    writer.fact("Key SHA-256", certificate.spki_sha256)


def _revocation(writer: _Writer, request: Revocation, now: datetime) -> None:
    """Add a request with every time of its way, those to come with what is left until then (R6.1)."""
    closed = request.published_at is not None or request.closed_at is not None
    writer.heading("REVOCATION" if closed else "OPEN REVOCATION REQUEST")
    writer.fact("Cause", request.cause.value, Ink.PLAIN if closed else Ink.REVOKING)
    writer.fact("Received", f"{moment_utc(request.received_at)} from {request.requested_by}")
    if request.verified_at is not None:
        writer.fact("Verified", f"{moment_utc(request.verified_at)} by {request.verified_by}")
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
    writer.fact("Note", request.note)


def _due(writer: _Writer, label: str, due: datetime, now: datetime) -> None:
    left = countdown(due, now)
    late = due <= now
    writer.fact(label, f"{moment_utc(due)}  ({left if late else f'in {left}'})", Ink.ALARM if late else Ink.REVOKING)


def _chain(writer: _Writer, detail: Detail) -> None:
    """Add the chain as a tree, the root on top."""
    writer.heading("CHAIN")
    depth = 0
    for authority in reversed(detail.chain):
        name = common_name(authority.subject)
        writer.text(f"{name}, until {day(authority.not_after)}", start=_branch(writer.glyphs, depth))
        depth += 1
    writer.text(detail.certificate.server, Ink.STRONG, start=_branch(writer.glyphs, depth))


def _branch(glyphs: Glyphs, depth: int) -> str:
    """Return the indent and the branch at `depth` of a tree."""
    return " " * (cell_len(glyphs.branch) * (depth - 1)) + glyphs.branch if depth else ""


def _succession(writer: _Writer, detail: Detail) -> None:
    """Add the server's other certificates: who replaced whom (R9.1)."""
    if len(detail.line) < 2:  # noqa: PLR2004 - a line of one is no succession
        return
    writer.heading("SUCCESSION")
    for certificate in detail.line:
        here = certificate.id == detail.certificate.id
        text = f"{day(certificate.not_before)} to {day(certificate.not_after)}  {certificate.serial[:16]}"
        writer.text(text + ("  this one" if here else ""), Ink.STRONG if here else Ink.PLAIN)


def _history(writer: _Writer, detail: Detail) -> None:
    """Add the journal's entries, the newest first."""
    writer.heading("HISTORY")
    for entry in reversed(detail.history):
        at = safe_text(entry.at[:19].replace("T", " "), ascii_only=writer.glyphs.ascii_only)
        writer.text(f"{entry.action} by {entry.actor}", start=f"{at}  ")
