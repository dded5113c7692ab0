"""Notices: what somebody is told, over which channel, and what became of it (N8, N9)."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType

from certmgr.models.certificates import ServerId
from certmgr.models.journal import JSON
from certmgr.records import dataclass

NoticeId = NewType("NoticeId", int)

OPERATORS: Final = "operators"
"""The audience of those who run the service: the addresses of `notices.to`."""
SERVICE: Final = "service"
"""The audience of a webhook and of a command, which get every notice once."""
_SERVER: Final = "server:"


class Kind(StrEnum):
    """What a notice is about; each has a text in every language."""

    CERTIFICATE_EXPIRING = "certificate-expiring"
    AUTHORITY_EXPIRING = "authority-expiring"
    ROOT_CRL_ENDING = "root-crl-ending"
    CSR_NEEDED = "csr-needed"
    """A certificate whose key was made elsewhere is due, and its owner has to send a new CSR (DETAILS 19)."""
    RENEWAL_FAILING = "renewal-failing"
    DEPLOYMENT_FAILING = "deployment-failing"
    APPLICATION_WAITING = "application-waiting"
    COMMITMENT_ESCALATED = "commitment-escalated"
    COMMITMENT_BREACHED = "commitment-breached"
    HOLD_TO_DECIDE = "hold-to-decide"
    HOLD_RELEASED = "hold-released"
    CAMPAIGN_ANNOUNCED = "campaign-announced"
    CAMPAIGN_REMINDER = "campaign-reminder"
    REVOCATION_TO_VERIFY = "revocation-to-verify"
    REVOCATION_RECEIVED = "revocation-received"
    REVOCATION_DONE = "revocation-done"
    REVOCATION_CLOSED = "revocation-closed"
    """A request that was told of has been withdrawn or rejected."""
    TEST = "test"
    """What `certmgr notice test` sends; it is not recorded."""


STANDING: Final = frozenset(Kind) - {
    Kind.COMMITMENT_BREACHED,
    Kind.HOLD_RELEASED,
    Kind.REVOCATION_DONE,
    Kind.REVOCATION_CLOSED,
    Kind.TEST,
}
"""Kinds that tell of a state: one that has ended before the notice went out is not told any more."""
DIGESTED: Final = frozenset({Kind.CERTIFICATE_EXPIRING, Kind.AUTHORITY_EXPIRING, Kind.ROOT_CRL_ENDING, Kind.CSR_NEEDED})
"""Kinds that a digest gathers into one mail."""


class Channel(StrEnum):
    """How a notice goes out."""

    MAIL = "mail"
    WEBHOOK = "webhook"
    COMMAND = "command"


class NoticeState(StrEnum):
    """What became of a notice; derived from its times."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given-up"
    COVERED = "covered"
    """A later notice tells more, or there was nothing to tell any more; it is never sent."""


class Verdict(StrEnum):
    """How one attempt to send ended, for one recipient."""

    SENT = "sent"
    AGAIN = "again"
    """It did not get through; a later attempt may."""
    REFUSED = "refused"
    """It will never be taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one attempt to send ended, for one recipient."""

    verdict: Verdict
    answer: str
    """What the other side said, or why it was not reached; one line."""
    severed: bool = False
    """Whether there was no connection, or it was lost: then the next notice may fare no better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Something that is to be told, as the records say it now."""

    kind: Kind
    object: str
    """What it is about, as the journal names it: `certificate:12`."""
    thresholds: tuple[str, ...]
    """What has been crossed, in the order of time; the last one is told, those before it are covered by it."""
    audiences: tuple[str, ...]
    data: Mapping[str, JSON]
    at: datetime | None = None
    """When it happened; a channel that was opened later does not tell of it. None: it is still so."""
    follows: Kind | None = None
    """It is told to those only who were told of this before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice on record."""

    id: NoticeId
    kind: Kind
    object: str
    threshold: str
    audience: str
    channel: Channel
    data: Mapping[str, JSON]
    """Facts for the text; no personal data."""
    created_at: datetime
    next_at: datetime | None = None
    """When it is tried next."""
    attempts: int = 0
    reached: Mapping[str, str]
    """What became of each recipient that is done with: a salted digest of the address to a `Verdict`."""
    result: str = ""
    """What the last attempt brought."""
    sent_at: datetime | None = None
    given_up_at: datetime | None = None
    covered_at: datetime | None = None

    @property
    def state(self) -> NoticeState:
        """What became of it; the first that matches."""
        if self.sent_at is not None:
            return NoticeState.SENT
        if self.covered_at is not None:
            return NoticeState.COVERED
        return NoticeState.GIVEN_UP if self.given_up_at is not None else NoticeState.WAITING


def server_audience(server: ServerId) -> str:
    """Return the audience that is a server's contact."""
    return f"{_SERVER}{server}"


def server_of(audience: str) -> ServerId | None:
    """Return the server whose contact the audience is; None for another audience."""
    return ServerId(int(audience.removeprefix(_SERVER))) if audience.startswith(_SERVER) else None
