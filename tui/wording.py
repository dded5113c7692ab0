"""What each cause means and does, in the words of the revocation dialog (R6.1, R6.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from certmgr.errors import CertmgrError
from certmgr.lifecycle import REASONS
from certmgr.models.revocations import Cause
from tui.present import Glyphs, Ink, Line, Piece, countdown, moment_utc, plural, safe_text
from tui.values.revocations import AuthorityOutcome, BulkOutcome, Decided, ReleaseOutcome
from tui.views import Outcome

_FINAL = "Puts the serial on the CRL for good; this cannot be undone."


def reason_of(cause: Cause) -> str:
    """Return the reason of a cause as RFC 5280 5.3.1 writes it, with its number: `keyCompromise (1)`."""
    reason = REASONS[cause]
    first, *others = reason.name.lower().split("_")
    return f"{first}{''.join(word.capitalize() for word in others)} ({reason.value})"


@dataclass(frozen=True, slots=True)
class CauseWords:
    """A cause that a server's certificate can be revoked for."""

    cause: Cause
    means: str
    does: str = _FINAL

    @property
    def reason(self) -> str:
        """The reason as RFC 5280 5.3.1 writes it, with its number: `keyCompromise (1)`."""
        return reason_of(self.cause)


CAUSES: tuple[CauseWords, ...] = (
    CauseWords(
        Cause.KEY_COMPROMISE,
        "The private key leaked or is known to others.",
        "Revokes every certificate with this key and blocks it, for good.",
    ),
    CauseWords(Cause.KEY_LOST, "The private key is damaged or lost, and nobody else knows it."),
    CauseWords(Cause.KEY_REPLACED, "A new key pair has taken the place of this one."),
    CauseWords(Cause.INFORMATION_CHANGED, "What the certificate says of the server is no longer true."),
    CauseWords(Cause.NO_LONGER_NEEDED, "The subscriber no longer wants the certificate."),
    CauseWords(Cause.FEES_UNPAID, "The fees were not paid."),
    CauseWords(Cause.DUTY_BREACHED, "The subscriber cannot meet its legal or contractual duties."),
    CauseWords(Cause.FALSE_APPLICATION, "The application held untrue statements."),
    CauseWords(Cause.MISUSED, "The certificate was stolen, misused, forged or altered."),
    CauseWords(Cause.INTERNET_USE, "The certificate was used on the internet."),
    CauseWords(
        Cause.SUSPENDED,
        "A temporary measure that law, regulation or policy requires.",
        "Puts the serial on the CRL as held; a release undoes it.",
    ),
    CauseWords(Cause.ISSUED_IN_ERROR, "The subscriber objected, or the certificate was never delivered."),
)
"""ca-compromise is not among them: it is for a CA's own certificate (DETAILS 29)."""


def cause_lines(words: CauseWords) -> tuple[Line, ...]:
    """Return what a cause means and what revoking for it does."""
    return (Piece(words.means),), (Piece(words.does, Ink.DIM),)


def outcome_line(outcome: Outcome, now: datetime) -> str:
    """Return in one or two sentences what came of a revocation."""
    left = f" The request stays open; {countdown(outcome.due, now)} left." if outcome.due else ""
    who = outcome.server + (f" with {plural(outcome.others, 'other')}" if outcome.others else "")
    if not outcome.revoked:
        return f"{who}: {_sentence(outcome.problem or 'the request is open')}{left}"
    crl = f" (CRL {outcome.crl_number})" if outcome.crl_number else ""
    verb = "held" if outcome.held else "revoked"
    until = f" until {outcome.held:%Y-%m-%d %H:%M} UTC" if outcome.held else ""
    if outcome.published:
        more = f" {_sentence(outcome.problem)}" if outcome.problem else ""
        return f"{who} is {verb}{until} and the CRL is published{crl}.{more}"
    why = _sentence(outcome.problem or "")
    return f"{who} is {verb}{until}, but relying parties cannot see it yet: {why}{left}"


def release_line(outcome: ReleaseOutcome, now: datetime) -> str:
    """Return in one or two sentences what came of a release (N2)."""
    left = f" {countdown(outcome.due, now)} left." if outcome.due else ""
    if not outcome.lifted:
        return f"{outcome.server}: the release waits for a person who may decide.{left}"
    if outcome.due is None:
        return f"{outcome.server} is released and the CRL without it is published (CRL {outcome.crl_number})."
    why = _sentence(outcome.problem or "")
    return f"{outcome.server} is released, but relying parties cannot see it yet: {why}{left}"


def bulk_line(outcome: BulkOutcome, now: datetime) -> str:
    """Return in one or two sentences what came of a revocation of many."""
    left = f" The requests stay open; {countdown(outcome.due, now)} left." if outcome.due else ""
    what = plural(outcome.number, "certificate")
    if not outcome.revoked:
        return f"{what}: {_sentence(outcome.problem or 'the requests are open')}{left}"
    verb = "is" if outcome.number == 1 else "are"
    if outcome.published:
        return f"{what} {verb} revoked and the CRL is published (CRL {outcome.crl_number})."
    return f"{what} {verb} revoked, but relying parties cannot see it yet: {_sentence(outcome.problem or '')}{left}"


def authority_line(outcome: AuthorityOutcome) -> str:
    """Return what came of the revocation of a CA, and what is next."""
    next_step = "Next: a new issuing CA where there is none yet, and its servers issued anew."
    if outcome.problem:
        return (
            f"The CA {outcome.slug} is revoked, but relying parties cannot see it yet: {_sentence(outcome.problem)} "
            f"Publish the root's CRL again. {next_step}"
        )
    return f"The CA {outcome.slug} is revoked and the root's CRL is published (CRL {outcome.crl_number}). {next_step}"


def decided_line(decided: Decided, verb: str) -> str:
    """Return what came of a decision on a request: `acknowledged`, `rejected`."""
    first, *others = decided.requests
    more = f" with {plural(len(others), 'other')}" if others else ""
    if decided.already:
        at = f", {moment_utc(first.acknowledged_at)}" if first.acknowledged_at else ""
        return f"The request {first.id} for {first.server} was {verb} before{at}; nothing was changed."
    return f"The request {first.id} for {first.server}{more} is {verb}."


def some_names(names: Sequence[str], shown: int) -> str:
    """Return the first names and how many more there are: `a, b and 7 more`."""
    listed = ", ".join(names[:shown])
    return f"{listed} and {len(names) - shown:,} more" if len(names) > shown else listed


def _sentence(text: str) -> str:
    """Return `text` with a full stop."""
    return text if not text or text.endswith(".") else f"{text}."


def error_text(error: CertmgrError) -> str:
    """Return an error as one line for the message log: the sentence and the next step."""
    return f"{error.message} {error.hint}" if error.hint else error.message


def error_lines(error: CertmgrError, glyphs: Glyphs) -> tuple[Line, ...]:
    """Return an error as lines: the sentence, every reason that says more, the next step."""
    lines: list[Line] = [(Piece(safe_text(error.message, ascii_only=glyphs.ascii_only), Ink.STRONG),)]
    for finding in error.findings:
        if finding.message != error.message:
            text = safe_text(finding.message, ascii_only=glyphs.ascii_only)
            lines.append((Piece(f"{glyphs.dot} ", Ink.DIM), Piece(text)))
    if error.hint:
        lines += [(), (Piece(safe_text(error.hint, ascii_only=glyphs.ascii_only), Ink.DIM),)]
    return tuple(lines)
