"""The ways by which notices go out: mail, webhook, command; each is opened for one run (N9).

A route takes parcels and says, for each recipient, what became of it. It records nothing and never raises for what the
other side does.
"""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, Self

from certmgr.config import Config
from certmgr.errors import CertmgrError
from certmgr.models.journal import JSON
from certmgr.models.notices import Channel, Outcome, Verdict
from certmgr.notifying import SERVICE_RECIPIENT, Parcel

if TYPE_CHECKING:
    from email.message import EmailMessage
    from types import TracebackType

    from certmgr.net.mail import Post

_MAX_SECRET: Final = 1024
_SUBJECT_MARK: Final = "[certmgr]"
_MAX_SUBJECT: Final = 200


class Route(Protocol):
    """One channel, open for a run; used in a `with` block."""

    def __enter__(self) -> Self:
        """Open nothing yet."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: "TracebackType | None"
    ) -> None:
        """Close what was opened."""

    def send(self, parcel: Parcel) -> dict[str, Outcome]:
        """Return what became of the parcel for each recipient; never raises for what the other side does."""


def open_route(channel: Channel, config: Config) -> Route:
    """Return the route of a configured channel."""
    match channel:
        case Channel.MAIL:
            return _MailRoute(config)
        case Channel.WEBHOOK:
            return _WebhookRoute(config)
        case Channel.COMMAND:
            return _CommandRoute(config)


def letter(parcel: Parcel, sender: str, language: str) -> "EmailMessage":
    """Return a parcel as a mail with every header (RFC 5322, RFC 3834).

    Raises ValueError for a line break in a header, which printable texts and checked addresses do not hold.
    """
    from email.message import EmailMessage  # noqa: PLC0415 - a check that sends no mail does without it
    from email.utils import format_datetime  # noqa: PLC0415

    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = ", ".join(parcel.recipients)
    mail["Subject"] = f"{_SUBJECT_MARK} {parcel.text.subject}"[:_MAX_SUBJECT]
    mail["Date"] = format_datetime(parcel.at)
    mail["Message-ID"] = f"<{parcel.identity}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    # 8 bits do not get through every server; base64 does.
    mail.set_content(parcel.text.body, cte="7bit" if parcel.text.body.isascii() else "base64")
    mail["Content-Language"] = language
    return mail


class _Closing:
    """What all routes share: the configuration, and a stack of what is to be closed."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._settings = config.notices
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: "TracebackType | None"
    ) -> None:
        self._stack.close()


class _MailRoute(_Closing):
    """One connection for all mails of a run; a lost one is opened anew."""

    _post: "Post | None" = None

    def send(self, parcel: Parcel) -> dict[str, Outcome]:
        """Send one mail to all recipients of the parcel."""
        from email import policy  # noqa: PLC0415 - as in `letter`

        sender = self._settings.mail_from or ""
        wide = not all(one.isascii() for one in (sender, *parcel.recipients))
        message = letter(parcel, sender, self._settings.language)
        raw = message.as_bytes(policy=policy.SMTPUTF8 if wide else policy.SMTP)
        try:
            outcomes = self._connection().send(raw, parcel.recipients)
        except CertmgrError as problem:
            return dict.fromkeys(parcel.recipients, _severed(problem))
        if any(one.severed for one in outcomes.values()):
            self._stack.close()
            self._post = None
        return outcomes

    def _connection(self) -> "Post":
        if self._post is None:
            from certmgr.net import mail  # noqa: PLC0415 - as in `letter`

            settings = self._settings
            secure = settings.smtp_security == "starttls"
            file = settings.smtp_password_file if secure and settings.smtp_user is not None else None
            account = mail.Account(
                host=settings.smtp_host or "",
                port=settings.smtp_port,
                sender=settings.mail_from or "",
                starttls=secure,
                ca_file=settings.smtp_ca,
                user=settings.smtp_user,
                password=_password(file) if file is not None else None,
            )
            self._post = self._stack.enter_context(mail.connected(account))
        return self._post


class _WebhookRoute(_Closing):
    """A request for each notice."""

    def send(self, parcel: Parcel) -> dict[str, Outcome]:
        """Post one notice."""
        from certmgr.net import webhook  # noqa: PLC0415 - a check that sends nothing does without it

        settings = self._settings
        try:
            secret = _first_line(settings.webhook_secret_file) if settings.webhook_secret_file is not None else None
        except CertmgrError as problem:
            return {SERVICE_RECIPIENT: _severed(problem)}
        outcome = webhook.post(
            settings.webhook_url or "",
            _encoded(parcel.document),
            notice=parcel.identity,
            timestamp=int(parcel.at.timestamp()),
            secret=secret,
            ca_file=settings.webhook_ca,
        )
        return {SERVICE_RECIPIENT: outcome}


class _CommandRoute(_Closing):
    """A process for each notice."""

    def send(self, parcel: Parcel) -> dict[str, Outcome]:
        """Hand one notice over."""
        from certmgr.net.notify_command import hand_over  # noqa: PLC0415 - as in _WebhookRoute

        return {SERVICE_RECIPIENT: hand_over(self._settings.command, _encoded(parcel.document))}


def _encoded(document: Mapping[str, JSON]) -> bytes:
    return json.dumps(dict(document), ensure_ascii=True, indent=2).encode() + b"\n"


def _first_line(file: str) -> bytes:
    """Return the first line of a secret file that only its owner can read; raises CertmgrError."""
    from certmgr.custody.permissions import read_private  # noqa: PLC0415 - most runs need no secret

    line = read_private(Path(file))[:_MAX_SECRET].split(b"\n", 1)[0].rstrip(b"\r")
    if not line:
        raise CertmgrError(f"There is nothing in the first line of {file}.")
    return line


def _password(file: str) -> str:
    """Return the password in a secret file; raises CertmgrError."""
    try:
        return _first_line(file).decode()
    except UnicodeDecodeError:
        raise CertmgrError(f"The first line of {file} is not UTF-8.") from None


def _severed(problem: CertmgrError) -> Outcome:
    return Outcome(verdict=Verdict.AGAIN, answer=problem.message, severed=True)
