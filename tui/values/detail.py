"""What the detail of a certificate says beside its facts: where it is served, what is there now, what can be copied."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from certmgr.models.certificates import CertificateId
from certmgr.models.servers import Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A deployment of the server, as it was last known."""

    id: int
    text: str
    """The folder, the endpoint, or both."""
    endpoint: Endpoint | None
    """None: nothing is looked at there."""
    standing: str
    """`serving`, `installed`, `waiting`, `failed`, `not-serving` or `idle`."""
    held: CertificateId | None
    """What is installed, or was seen last."""
    held_serial: str
    installed_at: datetime | None
    seen_at: datetime | None
    problem: str
    """Why the last attempt failed; empty where nothing is wrong."""


class Sight(StrEnum):
    """What an endpoint shows now."""

    LOOKING = "looking"
    THIS = "this one"
    CURRENT = "current"
    """The newest of the server, which is another than the one looked at."""
    OLD = "old"
    """Another one of ours."""
    FOREIGN = "foreign"
    UNREACHABLE = "unreachable"
    SILENT = "no answer"
    """It did not answer in the time that was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one endpoint showed when it was looked at."""

    place: int
    """The deployment."""
    sight: Sight
    at: datetime
    serial: str = ""
    """Of the certificate that was shown, where it is one of ours."""
    subject: str = ""
    """What a foreign one calls itself."""
    problems: tuple[str, ...] = ()
    """Why it could not be reached, or why a relying party would not accept what it shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copyable:
    """Something of a certificate that is wanted elsewhere."""

    label: str
    value: str
    """Safe to paste: printable, one line, but for the PEM."""
