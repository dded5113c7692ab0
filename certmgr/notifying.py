"""What a notice is when it goes out: to whom, in which words, under which name (N8, N9, DETAILS 37)."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from certmgr.config import Config
from certmgr.config_literals import BadValueError
from certmgr.config_values import mail_address
from certmgr.models.certificates import ServerId
from certmgr.models.journal import JSON
from certmgr.models.notices import OPERATORS, Channel, Notice, Outcome, server_of
from certmgr.records import dataclass
from certmgr.store import servers

if TYPE_CHECKING:
    from certmgr.notice_texts import Text
    from certmgr.store.connection import Snapshot

SERVICE_RECIPIENT: Final = ""
"""What stands for the one recipient of a webhook or a command."""
_SCHEMA: Final = "certmgr.notice/1"
_DIGEST: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What one attempt sends."""

    identity: str
    """The same for each attempt at the same notices, and no other home's."""
    text: "Text"
    document: Mapping[str, JSON]
    """For a webhook or a command."""
    recipients: tuple[str, ...]
    """Mail addresses; SERVICE_RECIPIENT alone for the other channels."""
    at: datetime


def channels(config: Config) -> tuple[Channel, ...]:
    """Return the channels that are configured."""
    settings = config.notices
    found = {
        Channel.MAIL: settings.smtp_host is not None and settings.mail_from is not None,
        Channel.WEBHOOK: settings.webhook_url is not None,
        Channel.COMMAND: bool(settings.command),
    }
    return tuple(channel for channel, configured in found.items() if configured)


def is_address(text: str) -> bool:
    """Tell whether a contact is a mail address, and nothing but one."""
    try:
        mail_address(text)
    except BadValueError:
        return False
    return True


def recipients(snapshot: "Snapshot", config: Config, notice: Notice) -> tuple[str, ...]:
    """Return to whom the notice goes as things stand; none, where nobody is left to tell.

    Addresses are looked up here and kept nowhere (R7.1).
    """
    if notice.channel is not Channel.MAIL:
        return (SERVICE_RECIPIENT,)
    if notice.audience == OPERATORS:
        return config.notices.to
    contact = contact_of(snapshot, config, server_of(notice.audience))
    return (contact,) if is_address(contact) else ()


def contact_of(snapshot: "Snapshot", config: Config, server: ServerId | None) -> str:
    """Return the server's contact, whatever it is; empty where there is none, or contacts are not told."""
    return servers.contact(snapshot, server) if server is not None and config.notices.tell_contacts else ""


def contact_about(snapshot: "Snapshot", config: Config, notice: Notice) -> str:
    """Return the contact of the server that the notice is about; an SMS gateway needs it, which may be no address."""
    server = notice.data.get("server_id")
    return contact_of(snapshot, config, ServerId(server) if isinstance(server, int) else None)


def pack(  # noqa: PLR0913 - what a parcel is made of, by keyword
    notices: Sequence[Notice],
    config: Config,
    *,
    identity: str,
    recipients: tuple[str, ...],
    contact: str,
    now: datetime,
) -> Parcel:
    """Return what one attempt sends: the text of a notice, or of a digest of several."""
    # Loaded here: most checks send nothing.
    from certmgr.notice_texts import compose, compose_digest  # noqa: PLC0415

    settings, zone, name = config.notices, config.zone, config.organisation.name
    first = notices[0]
    if len(notices) == 1:
        text = compose(first.kind, first.data, language=settings.language, now=now, zone=zone, organisation=name)
    else:
        several = [(one.kind, one.data) for one in notices]
        text = compose_digest(several, language=settings.language, now=now, zone=zone, organisation=name)
    document = document_of(first, text, config, contact=contact)
    return Parcel(identity=identity, text=text, document=document, recipients=recipients, at=now)


def mark_of(notice: Notice, recipient: str, home: str) -> str:
    """Return what stands on record for a recipient: a digest that is salted with the home and the notice."""
    return hashlib.sha256(f"{home}:{notice.id}:{recipient}".encode()).hexdigest()[:_DIGEST]


def identity_of(notices: Sequence[Notice], home: str) -> str:
    """Return what names these notices in this home, in each attempt (DETAILS 37)."""
    numbers = ",".join(str(one.id) for one in sorted(notices, key=lambda one: one.id))
    return hashlib.sha256(f"{home}:{numbers}".encode()).hexdigest()[: 2 * _DIGEST]


def document_of(notice: Notice, text: "Text", config: Config, *, contact: str) -> dict[str, JSON]:
    """Return the notice as a webhook and a command get it: `certmgr.notice/1`."""
    return {
        "schema": _SCHEMA,
        "id": notice.id,
        "kind": notice.kind.value,
        "object": notice.object,
        "threshold": notice.threshold,
        "created_at": f"{notice.created_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "organisation": config.organisation.name,
        "language": config.notices.language,
        "subject": text.subject,
        "text": text.body,
        "contact": contact or None,
        "data": dict(notice.data),
    }


def cleaned(outcomes: Mapping[str, Outcome], parcel: Parcel) -> dict[str, Outcome]:
    """Return the outcomes fit for the record: what the other side says may repeat whom it was for (R7.1)."""
    people = [one for one in (*parcel.recipients, str(parcel.document.get("contact") or "")) if one]
    named = re.compile("|".join(map(re.escape, people)), re.IGNORECASE) if people else None
    if named is None:
        return dict(outcomes)
    return {who: replace(one, answer=named.sub("(recipient)", one.answer)) for who, one in outcomes.items()}
