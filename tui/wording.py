"""What each cause means and does, in the words of the revocation dialog (R6.1, R6.2)."""

from dataclasses import dataclass
from datetime import datetime

from certmgr.errors import CertmgrError
from certmgr.lifecycle import REASONS
from certmgr.models.revocations import Cause
from tui.present import Glyphs, Ink, Line, Piece, countdown, safe_text
from tui.views import Outcome

_FINAL = "Puts the serial on the CRL for good; this cannot be undone."


@dataclass(frozen=True, slots=True)
class CauseWords:
    """A cause that a server's certificate can be revoked for."""

    cause: Cause
    means: str
    does: str = _FINAL

    @property
    def reason(self) -> str:
        """The reason as RFC 5280 5.3.1 writes it, with its number: `keyCompromise (1)`."""
        reason = REASONS[self.cause]
        first, *others = reason.name.lower().split("_")
        return f"{first}{''.join(word.capitalize() for word in others)} ({reason.value})"


CAUSES: tuple[CauseWords, ...] = (
    CauseWords(
        Cause.KEY_COMPROMISE,
        "The private key leaked or is known to others.",
        "Revokes all certificates with this key, blocks it, for good.",
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
        "Puts the serial on the CRL as held; certmgr release undoes it.",
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
    if not outcome.revoked:
        return f"{outcome.server}: {_sentence(outcome.problem or 'the request is open')}{left}"
    crl = f" (CRL {outcome.crl_number})" if outcome.crl_number else ""
    if outcome.published:
        more = f" {_sentence(outcome.problem)}" if outcome.problem else ""
        return f"{outcome.server} is revoked and the CRL is published{crl}.{more}"
    why = _sentence(outcome.problem or "")
    return f"{outcome.server} is revoked, but relying parties cannot see it yet: {why}{left}"


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
