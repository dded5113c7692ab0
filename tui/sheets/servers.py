"""What the page of a server says. Pure."""

from datetime import datetime

from certmgr.commitments import Status
from tui.present import Glyphs, Ink, Piece, day, state_piece
from tui.sheets.words import due_piece, history, local
from tui.values.servers import DeployedAt, LineMember, ServerDetail
from tui.values.sheets import Fact, Note, Section, Sheet

STANDING_INKS = {
    "serving": Ink.VALID,
    "installed": Ink.VALID,
    "waiting": Ink.DUE,
    "not-serving": Ink.DUE,
    "failed": Ink.EXPIRED,
    "idle": Ink.DIM,
}
WORST_FIRST = ("failed", "not-serving", "waiting", "idle", "installed", "serving")
PROMISES = {
    "follow-change": "Changed facts: a new certificate, or the word that none is needed",
}


def server_sheet(detail: ServerDetail, now: datetime, glyphs: Glyphs) -> Sheet:
    """Return everything that is known of a server."""
    one, zone = detail.server, detail.zone
    renewal = "by itself" if one.auto_renew else "by hand"
    retired = "" if one.retired_at is None else local(one.retired_at, zone)
    return Sheet(
        title=one.name,
        under=_under(detail, now, glyphs),
        facts=(
            Fact("Owner", one.owner),
            Fact("Purpose", one.purpose),
            Fact("Contact", detail.contact or "nobody on record", Ink.PLAIN if detail.contact else Ink.DIM),
            Fact("Address", one.recorded_ip),
            Fact("Renewal", renewal),
            Fact("Recorded", local(one.created_at, zone)),
            Fact("Retired", retired, Ink.DUE),
            Fact("Confirmed", detail.confirmation),
        ),
        sections=(
            Section("PROMISES", tuple(_promises(detail, now))),
            Section("DEPLOYMENTS", tuple(item for one in detail.deployments for item in _deployed(one, detail))),
            Section("CERTIFICATES", tuple(item for one in detail.line for item in _certificate(one, detail, glyphs))),
            Section("HISTORY", history(detail.history)),
        ),
    )


def standing_piece(standing: str) -> Piece:
    """Return where a deployment stands, as people say it."""
    return Piece(standing.replace("-", " "), STANDING_INKS.get(standing, Ink.PLAIN))


def _under(detail: ServerDetail, now: datetime, glyphs: Glyphs) -> tuple[Piece, ...]:
    if detail.server.retired_at is not None:
        return (Piece("out of service", Ink.DIM),)
    pieces = [Piece("no certificate", Ink.DIM)]
    if detail.state is not None:
        pieces = [state_piece(detail.state, revoking=detail.revoking, glyphs=glyphs)]
    for promise, status in detail.promises:
        if promise.met_at is None and promise.voided_at is None and status is not Status.VOID:
            pieces.append(due_piece(promise.due_at, now, before="changed facts, to be followed up "))
    worst = min((one.standing for one in detail.deployments), key=WORST_FIRST.index, default="")
    if worst in {"failed", "not-serving", "waiting"}:
        pieces.append(standing_piece(worst))
    return tuple(pieces)


def _promises(detail: ServerDetail, now: datetime) -> list[Fact | Note]:
    items: list[Fact | Note] = []
    for promise, status in detail.promises:
        what = PROMISES.get(promise.kind.value, promise.kind.value)
        if promise.met_at is None and promise.voided_at is None:
            left = due_piece(promise.due_at, now)
            items.append(Note(f"{what}, by {local(promise.due_at, detail.zone)} ({left.text})", left.ink))
        else:
            items.append(Note(f"{what}: {status.value}", start=f"{day(promise.opened_at)}  "))
    return items


def _deployed(one: DeployedAt, detail: ServerDetail) -> list[Fact | Note]:
    standing = standing_piece(one.standing)
    seen = f", seen {local(one.seen_at, detail.zone)}" if one.seen_at else ""
    items: list[Fact | Note] = [Fact(standing.text, f"{one.place}{seen}", standing.ink)]
    if one.held and one.held != one.wanted:
        items.append(Fact("", f"has {one.held}", Ink.DIM))
    if one.problem:
        items.append(Fact("", one.problem, Ink.DUE))
    if one.next_at is not None and one.standing == "failed":
        items.append(Fact("", f"tried again from {local(one.next_at, detail.zone)}", Ink.DIM))
    return items


def _certificate(one: LineMember, detail: ServerDetail, glyphs: Glyphs) -> list[Fact | Note]:
    certificate = one.certificate
    state = state_piece(one.state, revoking=certificate.revoking, glyphs=glyphs)
    span = (
        f"{day(certificate.not_before.astimezone(detail.zone))} to {day(certificate.not_after.astimezone(detail.zone))}"
    )
    replaces = f"  replaces {one.replaces[:16]}" if one.replaces else ""
    return [Fact(state.text, f"{span}  {certificate.serial[:16]}{replaces}", Ink.PLAIN)]
