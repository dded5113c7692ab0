"""What the page of a notice says. Pure."""

from collections import Counter
from datetime import datetime

from certmgr.models.notices import NoticeState
from tui.present import Glyphs, Ink, Piece, plural
from tui.sheets.words import due_piece, history, local
from tui.values.notices import NoticeDetail
from tui.values.sheets import Fact, Section, Sheet

WORDS = {
    NoticeState.WAITING: ("waiting", Ink.PENDING),
    NoticeState.SENT: ("sent", Ink.VALID),
    NoticeState.GIVEN_UP: ("given up", Ink.EXPIRED),
    NoticeState.COVERED: ("covered", Ink.SUPERSEDED),
}


def notice_state(state: NoticeState, glyphs: Glyphs) -> Piece:
    """Return sign and word of what became of a notice."""
    word, ink = WORDS[state]
    return Piece(f"{glyphs.states[ink]} {word}", ink)


def notice_sheet(detail: NoticeDetail, now: datetime, glyphs: Glyphs) -> Sheet:
    """Return everything that is known of a notice."""
    one, zone = detail.notice, detail.zone
    under = [notice_state(one.state, glyphs)]
    if one.state is NoticeState.WAITING and one.next_at is not None:
        next_try = due_piece(one.next_at, now, before="next try ") if one.next_at > now else Piece("to be tried now")
        under.append(Piece(next_try.text, Ink.DIM))
    times = (
        ("Recorded", one.created_at),
        ("Next try", one.next_at),
        ("Sent", one.sent_at),
        ("Given up", one.given_up_at),
        ("Covered", one.covered_at),
    )
    reached = Counter(one.reached.values())
    recipients = ", ".join(f"{plural(number, 'recipient')} {verdict}" for verdict, number in sorted(reached.items()))
    covered = "A later notice tells more, or nothing was left to tell." if one.state is NoticeState.COVERED else ""
    return Sheet(
        title=detail.subject or f"{one.kind.value}: {detail.about}",
        under=tuple(under),
        facts=(
            Fact("Number", str(int(one.id))),
            Fact("Kind", one.kind.value.replace("-", " ")),
            Fact("About", detail.about if detail.about == one.object else f"{detail.about} ({one.object})"),
            Fact("Threshold", one.threshold),
            Fact("To", detail.audience),
            Fact("Channel", one.channel.value),
            Fact("Covered by", covered, Ink.DIM),
        ),
        sections=(
            Section(
                "SENDING",
                (
                    *(Fact(label, local(at, zone)) for label, at in times if at is not None),
                    Fact("Attempts", str(one.attempts) if one.attempts else "none yet"),
                    Fact("Recipients", recipients),
                    Fact("Answer", one.result),
                ),
            ),
            Section("WHAT IT TELLS", tuple(Fact(key[:13], str(value)) for key, value in sorted(one.data.items()))),
            Section("HISTORY", history(detail.history)),
        ),
    )
