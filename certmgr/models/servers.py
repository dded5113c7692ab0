"""Servers, what they carry their certificates in, and where they are seen serving them."""

from datetime import datetime
from enum import StrEnum
from typing import NewType

from certmgr.models.certificates import CertificateId, ServerId
from certmgr.records import dataclass

DeploymentId = NewType("DeploymentId", int)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """What carries a succession of certificates (R9.1)."""

    id: ServerId
    name: str
    owner: str
    purpose: str
    recorded_ip: str
    """Text of an inventory's ip column; empty where none was given."""
    created_at: datetime
    auto_renew: bool = True
    """Whether its certificates are renewed without being asked for (N4)."""
    retired_at: datetime | None = None
    """Since when it is out of service; None: it is not."""


class Format(StrEnum):
    """The form of the files that a server reads."""

    PEM = "pem"
    """privkey.pem, cert.pem, chain.pem, fullchain.pem."""
    DER = "der"
    """privkey.der, cert.der, chain.der."""
    COMBINED = "combined"
    """combined.pem: key, certificate and chain in one file, as HAProxy reads it."""


class Protocol(StrEnum):
    """What is spoken at an endpoint before the TLS handshake."""

    TLS = "tls"
    """Nothing: TLS from the first octet on."""
    SMTP = "smtp"
    IMAP = "imap"
    LDAP = "ldap"
    POSTGRESQL = "postgresql"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a server is seen serving its certificate."""

    host: str
    """A name or an address; an IPv6 address without brackets."""
    port: int
    protocol: Protocol = Protocol.TLS
    sni: str = ""
    """The name to ask for; empty: none."""

    def __str__(self) -> str:
        """Return HOST:PORT, with the protocol where it is not plain TLS."""
        place = f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
        return place if self.protocol is Protocol.TLS else f"{place} ({self.protocol})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Into which files a certificate goes, and what makes the server read them."""

    folder: str
    """Absolute."""
    target: str = ""
    """The host that it is a folder of, which fetches the files over ssh; empty: the host of the home."""
    format: Format = Format.PEM
    owner: str = ""
    """The user who owns the files; empty: whoever installs them."""
    group: str = ""
    mode: int = 0o600
    """Of the file that holds the key; certificates are public, 0644 (DETAILS 54)."""
    hook: tuple[str, ...] = ()
    """The program and its arguments; empty: none."""
    hook_timeout_s: int = 60

    def __str__(self) -> str:
        """Return the folder, with its host where that is another one: HOST:FOLDER."""
        return f"{self.target}:{self.folder}" if self.target else self.folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a folder is to hold: a certificate, its issuer's and, unless its owner has it, the key; by digest."""

    server: str
    serial: str
    sha256: str
    """Of the certificate, DER; lower-case hex, as the other one."""
    chain_sha256: str
    """Of the issuing CA's certificate."""
    with_key: bool
    """False: the key was made by its owner, and is where the owner has put it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One place to which the newest certificate of a server goes; at least one of its two halves is there."""

    id: DeploymentId
    server_id: ServerId
    server: str
    installation: Installation | None
    """None: somebody else puts the files in place, and the endpoint is only looked at."""
    endpoint: Endpoint | None
    """None: whether it serves is not looked at."""
    created_at: datetime
    certificate_id: CertificateId | None = None
    """What is installed, or was seen last where nothing is installed; None: nothing yet."""
    installed_at: datetime | None = None
    seen_at: datetime | None = None
    """When `certificate_id` was seen serving; None: it was not yet."""
    removed_at: datetime | None = None

    @property
    def subject(self) -> str:
        """What attempts at it are counted under, and what the journal calls it."""
        return f"deployment:{self.id}"


class Served(StrEnum):
    """What an endpoint shows, compared with what it should."""

    CURRENT = "current"
    """The newest live certificate of the server."""
    OLD = "old"
    """Another certificate of ours."""
    FOREIGN = "foreign"
    """A certificate that is not on record here."""
    UNREACHABLE = "unreachable"
