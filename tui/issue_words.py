"""What the forms for issuing, renewing, exporting and accepting say. Pure."""

from collections.abc import Sequence
from datetime import datetime

from tui.present import Glyphs, Ink, Line, Piece, day, plural, safe_text
from tui.values.issuing import (
    AcceptanceFact,
    Answer,
    ObjectedFact,
    ProfileChoice,
    RenewalFact,
    Submitted,
    Written,
)

LABEL = 10
"""The width of the labels in these forms."""
SHOWN = 5
"""How many of several certificates a dialog names."""
_PEOPLE = ("nobody", "one person", "two people")


def people(number: int) -> str:
    """Return how many people: `one person`, `two people`."""
    return _PEOPLE[number] if number < len(_PEOPLE) else f"{number} people"


def profile_words(profile: ProfileChoice) -> str:
    """Return what a profile means for whoever applies under it: `365 days, issues at once`."""
    how = "issues at once" if not profile.approvals else f"{people(profile.approvals)} to approve"
    return f"{plural(profile.days, 'day')}, {how}"


def answer_lines(answer: Answer) -> tuple[Line, Line]:
    """Return in two lines what policy says of a form: what would happen, and until when it would be valid."""
    if answer.reasons:
        number = len(answer.reasons)
        first = (Piece(f"Refused for {'one reason' if number == 1 else f'{number} reasons'}.", Ink.EXPIRED),)
        general = next((one.text for one in answer.reasons if not one.field), "")
        return first, (Piece(general, Ink.EXPIRED),)
    until = f"Valid for {plural(answer.days, 'day')}, until {day(answer.not_after)}." if answer.not_after else ""
    second = (Piece(" ".join((until, *answer.notices)), Ink.DIM),)
    if answer.needed:
        text = f"Becomes an application: {people(answer.needed)} approve{'s' if answer.needed == 1 else ''} it"
        return (Piece(f"{text} within {plural(answer.waits_days, 'day')}.", Ink.PENDING),), second
    kept = " The evidence is kept with its application." if answer.recorded else ""
    return (Piece(f"Issues at once.{kept}", Ink.VALID),), second


def submitted_title(done: Submitted) -> str:
    """Return what came of the form in two or three words."""
    if done.serial:
        return "Issued"
    return f"Application {done.application} is {done.state}"


def submitted_lines(done: Submitted, glyphs: Glyphs) -> tuple[Line, ...]:
    """Return what came of the form: serial and files, or what happens next."""
    lines: list[Line] = [(Piece(_safe(done.server, glyphs), Ink.STRONG),), ()]
    if done.serial:
        lines.append(_fact("Serial", done.serial, glyphs))
        if done.not_after is not None:
            lines.append(_fact("Until", day(done.not_after), glyphs))
        lines.append(_fact("Files", str(done.folder) if done.folder else "none were delivered", glyphs))
        if done.application is not None:
            lines.append(_fact("For", f"application {done.application}", glyphs))
        lines += [_fact("Then", "c says that it is right, o objects to it", glyphs)]
    elif done.state == "submitted":
        until = f", until {done.expires_at:%Y-%m-%d %H:%M %Z}" if done.expires_at else ""
        lines.append((Piece(f"It waits for {people(done.left)} to approve it{until}."),))
        lines.append((Piece("A goes to the review queue; whoever applied cannot approve.", Ink.DIM),))
    elif done.state == "approved":
        lines.append((Piece("Its certificate is to be issued: p in the review queue, or certmgr check."),))
    lines += [(Piece(_safe(text, glyphs), Ink.DIM),) for text in done.notices]
    return tuple(lines)


def submitted_text(done: Submitted) -> str:
    """Return the same in one line, for the message log."""
    if done.serial:
        where = f", files in {done.folder}" if done.folder else ""
        return f"Issued {done.server}: serial {done.serial}{where}."
    return f"The application {done.application} for {done.server} is {done.state}."


def renewal_problem(fact: RenewalFact, zone_opens: datetime) -> str:
    """Return what stands against a renewal, in a sentence; empty: nothing."""
    if fact.refusal:
        return fact.refusal
    if fact.early:
        return f"Too early: it may be renewed from {zone_opens:%Y-%m-%d %H:%M %Z} on."
    return "Its owner holds the key: a new CSR is needed." if fact.needs_csr else ""


def renewed_line(done: Submitted, glyphs: Glyphs) -> Line:
    """Return one result of several: what was renewed, and until when."""
    until = f", until {day(done.not_after)}" if done.not_after else ""
    return (
        Piece(f"{glyphs.states[Ink.VALID]} ", Ink.VALID),
        Piece(_safe(done.server, glyphs)),
        Piece(f"  serial {done.serial[:16]}{until}", Ink.DIM),
    )


def not_renewed_line(server: str, why: str, glyphs: Glyphs) -> Line:
    """Return one result of several: what was not renewed, and why."""
    return (
        Piece(f"{glyphs.states[Ink.EXPIRED]} ", Ink.EXPIRED),
        Piece(_safe(server, glyphs)),
        Piece(f"  {_safe(why, glyphs)}", Ink.DIM),
    )


def some(names: Sequence[str], glyphs: Glyphs) -> str:
    """Return the first few of several names, and how many more there are."""
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return _safe(", ".join(names[:SHOWN]), glyphs) + more


def objected_lines(done: ObjectedFact, glyphs: Glyphs) -> tuple[Line, ...]:
    """Return what came of an objection, everything that a person has to know."""
    lines: list[Line] = [(Piece(_safe(done.server, glyphs), Ink.STRONG),), ()]
    if not done.revoked:
        until = f" until {done.verify_by:%Y-%m-%d %H:%M} UTC" if done.verify_by else ""
        lines.append((Piece(f"The objection is on record; its revocation waits to be verified{until}."),))
        return tuple(lines)
    if done.published and not done.problem:
        lines.append((Piece("The certificate is revoked, and the CRL is published."),))
    else:
        why = _safe(done.problem or "the CRL is not published", glyphs)
        lines.append((Piece(f"It is revoked, but relying parties cannot see it yet: {why}", Ink.DUE),))
        lines.append((Piece("certmgr check goes on trying.", Ink.DIM),))
    if done.issued is None:
        lines.append((Piece("Nothing was issued in its place; i asks for a new one.", Ink.DIM),))
    else:
        lines += [(), (Piece(f"{submitted_title(done.issued)} in its place", Ink.STRONG),)]
        lines += submitted_lines(done.issued, glyphs)[2:]
    return tuple(lines)


def written_lines(server: str, form: str, written: Sequence[Written], glyphs: Glyphs) -> tuple[Line, ...]:
    """Return which files were written, each with its mode."""
    lines: list[Line] = [(Piece(_safe(server, glyphs), Ink.STRONG), Piece(f" as {form}", Ink.DIM)), ()]
    several = len(written) > 1
    if several:
        lines.append((Piece(_safe(f"In {written[0].path.parent}:", glyphs)),))
    for one in written:
        name = one.path.name if several else str(one.path)
        lines += [(Piece(f"{one.mode:04o}  ", Ink.LABEL), Piece(_safe(name, glyphs)))]
    if any(not one.mode & 0o044 for one in written):
        lines += [(), (Piece("What only its owner can read holds the private key.", Ink.DUE),)]
    if form == "haproxy" and written:
        lines += [(), (Piece(_safe(f"In the frontend: bind :443 ssl crt {written[0].path.parent}/", glyphs), Ink.DIM),)]
    return tuple(lines)


def acceptance_words(fact: AcceptanceFact) -> str:
    """Return until when an objection is heard."""
    if fact.accept_by is None:
        return "the time for an objection has passed"
    return f"an objection is heard until {fact.accept_by:%Y-%m-%d %H:%M %Z}"


def fact_line(label: str, value: str, glyphs: Glyphs, ink: Ink = Ink.PLAIN) -> Line:
    """Return a labelled value of a dialog."""
    return _fact(label, value, glyphs, ink)


def _fact(label: str, value: str, glyphs: Glyphs, ink: Ink = Ink.PLAIN) -> Line:
    return (Piece(f"{label:<{LABEL}}", Ink.LABEL), Piece(_safe(value, glyphs), ink))


def _safe(text: str, glyphs: Glyphs) -> str:
    return safe_text(text, ascii_only=glyphs.ascii_only)
