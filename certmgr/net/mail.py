"""Mail to the configured server: STARTTLS with verification, authentication over TLS only (RFC 3207, RFC 4954).

One connection serves several messages. Every recipient has an outcome of its own: a 5xx answer is the end of it, any
other failure may pass (RFC 5321 4.2.1).
"""

import base64
import smtplib
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final, NoReturn

from certmgr.codes import Code
from certmgr.errors import CertmgrError
from certmgr.models.notices import Outcome, Verdict
from certmgr.net.deadline import cut_off
from certmgr.printable import printable
from certmgr.records import dataclass, field

TIMEOUT_S: Final = 30.0
"""For the start of a conversation, and again for each message."""
_ANSWER_CHARACTERS: Final = 300
_READY: Final = 220
_AUTHENTICATED: Final = 235
_DONE: Final = 250
_WILL_FORWARD: Final = 251
_GO_ON: Final = 334
_GOING_AWAY: Final = 421
_FINAL: Final = range(500, 600)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The mail server, and who sends there."""

    host: str
    port: int
    sender: str
    starttls: bool = True
    ca_file: str | None = None
    """PEM file of the CAs that may vouch for the server; None: the system's."""
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout_s: float = TIMEOUT_S


class _Client(smtplib.SMTP):
    """The library's client, which knows its server's name before it connects."""

    def __init__(self, account: Account) -> None:
        super().__init__(local_hostname="localhost", timeout=account.timeout_s)
        # What STARTTLS verifies the certificate for; the library sets it only where it connects at once.
        self._host = account.host


class Post:
    """An open connection to the mail server; `connected` makes one."""

    def __init__(self, smtp: smtplib.SMTP, account: Account) -> None:
        """Keep the connection."""
        self._smtp = smtp
        self._account = account

    def send(self, message: bytes, recipients: Sequence[str]) -> dict[str, Outcome]:
        """Send `message`, whole with its headers, and return what became of it for each recipient.

        Never raises for what the server does; an outcome that is severed means that the connection is gone.
        """
        outcomes: dict[str, Outcome] = {}
        with cut_off(self._account.timeout_s, lambda: self._smtp.sock) as expired:
            try:
                self._converse(message, recipients, outcomes)
            except (smtplib.SMTPException, OSError) as problem:
                reason = late(self._account.timeout_s) if expired.is_set() else answer_of(problem)
                lost = Outcome(verdict=Verdict.AGAIN, answer=reason, severed=True)
                outcomes |= {one: lost for one in recipients if one not in outcomes}
        return outcomes

    def _converse(self, message: bytes, recipients: Sequence[str], outcomes: dict[str, Outcome]) -> None:
        """Go through MAIL, RCPT and DATA, and put what is settled into `outcomes`."""
        wide = [one for one in (self._account.sender, *recipients) if not one.isascii()]
        if wide and not self._smtp.has_extn("smtputf8"):
            refused = Outcome(verdict=Verdict.REFUSED, answer="the mail server takes no address beyond ASCII")
            outcomes |= dict.fromkeys(recipients if self._account.sender in wide else wide, refused)
            wide = []
        if len(outcomes) == len(recipients):
            return
        code, answer = self._smtp.mail(self._account.sender, ("SMTPUTF8",) if wide else ())
        if code != _DONE:
            # About the sender, so about the configuration: it can be mended.
            outcomes |= {one: _again(code, answer) for one in recipients if one not in outcomes}
            self._smtp.rset()
            return
        accepted = []
        for one in recipients:
            if one in outcomes:
                continue
            code, answer = self._smtp.rcpt(one)
            if code in {_DONE, _WILL_FORWARD}:
                accepted.append(one)
            elif code == _GOING_AWAY:
                raise smtplib.SMTPResponseException(code, answer)
            else:
                outcomes[one] = _outcome(code, answer)
        if not accepted:
            self._smtp.rset()
            return
        try:
            code, answer = self._smtp.data(message)
        except smtplib.SMTPDataError as problem:
            code, answer = problem.smtp_code, _bytes(problem.smtp_error)
        outcomes |= dict.fromkeys(accepted, _outcome(code, answer))


@contextmanager
def connected(account: Account) -> Iterator[Post]:
    """Yield a connection that is ready for messages.

    With `starttls`, nothing is sent before the server's certificate has been verified for its name, and the password
    goes nowhere else. Raises CertmgrError with the server's answer; the password is not in it.
    """
    smtp = _Client(account)
    try:
        with cut_off(account.timeout_s, lambda: smtp.sock) as expired:
            try:
                _prepare(smtp, account)
            except (smtplib.SMTPException, OSError, ValueError) as problem:
                reason = late(account.timeout_s) if expired.is_set() else answer_of(problem)
                _fail(account, reason, problem)
        yield Post(smtp, account)
    finally:
        with suppress(smtplib.SMTPException, OSError), cut_off(1.0, lambda: smtp.sock):
            smtp.quit()
        smtp.close()


def answer_of(problem: Exception) -> str:
    """Return what an error says, in one printable line."""
    match problem:
        case smtplib.SMTPResponseException():
            return _line(problem.smtp_code, _bytes(problem.smtp_error))
        case ssl.SSLCertVerificationError():
            return f"the server's certificate is not trusted: {problem.verify_message}"
        case ssl.SSLError():
            return f"the TLS handshake failed ({problem.reason or 'closed by the server'})"
        case TimeoutError():
            return "no answer in time"
        case OSError(strerror=str(words)):
            return printable(words)[:_ANSWER_CHARACTERS]
        case _:
            return printable(str(problem))[:_ANSWER_CHARACTERS]


def late(seconds: float) -> str:
    """Return the reason of a conversation that was cut off."""
    return f"no complete answer within {seconds:g} seconds"


def _prepare(smtp: smtplib.SMTP, account: Account) -> None:
    """Connect, greet, secure and authenticate."""
    code, answer = smtp.connect(account.host, account.port)
    if code != _READY:
        raise smtplib.SMTPResponseException(code, answer)
    if smtp.sock is not None:
        own = smtp.sock.getsockname()[0]
        # An address literal (RFC 5321 4.1.3) is true of every host, and asks no name service.
        smtp.local_hostname = f"[IPv6:{own}]" if ":" in own else f"[{own}]"
    smtp.ehlo_or_helo_if_needed()
    if not account.starttls:
        return
    if not smtp.has_extn("starttls"):
        _fail(account, "it offers no STARTTLS, and nothing is sent without it", None)
    try:
        context = ssl.create_default_context(cafile=account.ca_file)
    except OSError as problem:
        _fail(account, f"the CA file {account.ca_file} cannot be used ({problem.strerror})", problem)
    code, answer = smtp.starttls(context=context)
    if code != _READY:
        raise smtplib.SMTPResponseException(code, answer)
    smtp.ehlo()
    if account.user is not None and account.password is not None:
        _authenticate(smtp, account.user, account.password, lambda reason: _fail(account, reason, None))


def _authenticate(smtp: smtplib.SMTP, user: str, password: str, fail: Callable[[str], NoReturn]) -> None:
    """Log in with PLAIN or LOGIN, in UTF-8 (RFC 4616), which the library's own way cannot."""
    offered = str(smtp.esmtp_features.get("auth", "")).upper().split()
    both = _base64(f"\0{user}\0{password}")
    if "PLAIN" in offered:
        code, answer = smtp.docmd("AUTH", f"PLAIN {both}")
    elif "LOGIN" in offered:
        code, answer = smtp.docmd("AUTH", "LOGIN")
        if code == _GO_ON:
            code, answer = smtp.docmd(_base64(user))
        if code == _GO_ON:
            code, answer = smtp.docmd(_base64(password))
    else:
        fail("it offers no authentication that certmgr knows (PLAIN, LOGIN)")
    if code != _AUTHENTICATED:
        said = _line(code, answer)
        # A server that repeats what it was sent does not bring the password into a log.
        for secret in (both, _base64(password), password):
            said = said.replace(secret, "(password)")
        fail(f"it refuses the user name or the password ({said})")


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


def _outcome(code: int, answer: bytes) -> Outcome:
    if code == _DONE:
        return Outcome(verdict=Verdict.SENT, answer=_line(code, answer))
    if code in _FINAL:
        return Outcome(verdict=Verdict.REFUSED, answer=_line(code, answer))
    return _again(code, answer)


def _again(code: int, answer: bytes) -> Outcome:
    return Outcome(verdict=Verdict.AGAIN, answer=_line(code, answer))


def _line(code: int, answer: bytes) -> str:
    words = " ".join(answer.decode("utf-8", "replace").split())
    return printable(f"{code} {words}".strip())[:_ANSWER_CHARACTERS]


def _bytes(answer: bytes | str) -> bytes:
    return answer if isinstance(answer, bytes) else answer.encode("utf-8", "replace")


def _fail(account: Account, reason: str, problem: Exception | None) -> NoReturn:
    place = f"[{account.host}]:{account.port}" if ":" in account.host else f"{account.host}:{account.port}"
    message = f"The mail server {place} could not be used: {reason}."
    raise CertmgrError(message, code=Code.NOTICE_FAILED) from problem
