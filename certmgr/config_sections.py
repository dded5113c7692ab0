"""The configuration as frozen values, a class a section; a field's default is the default of its key."""

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final, Generic, TypeVar
from zoneinfo import ZoneInfo

from certmgr.models.keys import KeyType
from certmgr.models.profiles import Profile
from certmgr.names import Network
from certmgr.records import dataclass, field
from certmgr.zones import PRIVATE_NETWORKS, Zones

T = TypeVar("T", str, Network)

DEFAULT_PROFILE: Final = "server"
"""The profile of an order that names none; it exists even where the file does not mention it."""
DEFAULT_NOTICE: Final = "For internal use only. This certificate has no legal effect as an electronic signature."
"""R2.3, R1.3; 200 characters at most (RFC 5280 4.2.1.4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """Whose authority it is, and in which zone its days begin and end."""

    name: str
    timezone: str = "UTC"
    """An IANA name; `Config.zone` is the same as a value."""
    holidays: tuple[date, ...] = ()
    """Days off beside Saturday and Sunday (N4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested(Generic[T]):
    """A registered domain or a public network that is used inside, and who says that it is the organisation's own."""

    what: T
    attested: str
    """Who attests it, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneSettings:
    """What belongs to the intranet by declaration (DETAILS 7)."""

    dns: tuple[str, ...]
    networks: tuple[Network, ...] = ()
    split_horizon: tuple[Attested[str], ...] = ()
    attested_networks: tuple[Attested[Network], ...] = ()
    declared: Zones = field(init=False, repr=False, compare=False)
    """All of it: what is internal, and what a new issuing CA may certify (DETAILS 6)."""

    def __post_init__(self) -> None:
        """Put the four lists together, once."""
        zones = Zones(
            dns=(*self.dns, *(item.what for item in self.split_horizon)),
            networks=(*self.networks, *(item.what for item in self.attested_networks)),
        )
        object.__setattr__(self, "declared", zones)


@dataclass(frozen=True, slots=True, kw_only=True)
class RootSettings:
    """What `init` writes into the root's certificate; read again when a root is made."""

    key_type: KeyType = KeyType.EC_P384
    days: int = 3650
    zones: tuple[str, ...] = ()
    """Zones of the root beside the configured ones, for issuing CAs to come."""
    networks: tuple[Network, ...] = PRIVATE_NETWORKS
    """Networks of the root beside the configured ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuingSettings:
    """What a new issuing CA's certificate says; its zones and networks are the configured ones."""

    key_type: KeyType = KeyType.EC_P256
    days: int = 1095
    client_auth: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalSettings:
    """When a certificate is renewed (R5.1, DETAILS 45)."""

    window: timedelta = timedelta(days=30)
    """Whole days before expiry from which a renewal is allowed."""
    overlap: timedelta = timedelta(days=7)
    """How long the old certificate stays beside the new one."""
    revoke_replaced: bool = False
    """Whether the old one is revoked as key-replaced after the overlap (ARCHITECTURE 9)."""
    spread: timedelta = timedelta(hours=6)
    """Over how long automatic renewals are spread."""
    blackouts: tuple[str, ...] = ()
    """When nothing is renewed by itself; `calendars.parse_window` reads each."""
    expire_on_working_days: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationSettings:
    """How long a revocation may take; at most what the agreement allows (R6.1)."""

    verify_within: timedelta = timedelta(hours=24)
    publish_within: timedelta = timedelta(hours=24)
    acknowledge_within: timedelta = timedelta(hours=1)
    hold: timedelta = timedelta(days=30)
    """How long a hold lasts at most before a decision is due (N2)."""
    release_within: timedelta = timedelta(hours=48)
    report_within: timedelta = timedelta(hours=24)
    """From a key compromise to the report of the incident (N10)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishSettings:
    """Where relying parties find CRLs and CA certificates (DETAILS 24 to 26)."""

    directory: str | None = None
    """The folder, outside the home, into which they are written; None: they are not."""
    crl_url: str | None = None
    """The folder under which clients fetch CRLs, http, ending with a slash; None: certificates name no CRL."""
    issuer_url: str | None = None
    """The folder under which clients fetch CA certificates; None: certificates name no issuer address."""
    fetch_urls: tuple[str, ...] = ()
    """Where certmgr itself fetches a published CRL back from; none: from crl_url."""
    crl_lifetime: timedelta = timedelta(hours=72)
    crl_reissue: timedelta = timedelta(hours=12)
    root_crl_lifetime: timedelta = timedelta(days=180)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSettings:
    """Who acts when nobody is named (DETAILS 3, 50)."""

    default: str | None = None
    machine_key: str | None = None
    """The machine's key file, outside the home; None: the usual places are searched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySettings:
    """What certificates say about their own policy (R2.3, DETAILS 10)."""

    oid: str | None = None
    user_notice: str = DEFAULT_NOTICE


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table whose keys are the user's, in the order of the file."""

    entries: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TuiSettings:
    """How the terminal interface looks, and which keys it takes."""

    mouse: bool = True
    ascii: str = "auto"
    """`auto`, `always` or `never`: whether plain ASCII stands in for symbols and lines."""
    theme: str = "dark"
    """`dark`, `light` or `colour-blind`."""
    bell: bool = True
    """Whether the terminal rings when a revocation request comes near its deadline or passes it."""
    lock_after: timedelta = timedelta(minutes=10)
    """After so long without a key the unlocked slot is forgotten."""
    accents: Table | None = None
    """Colours, `#rrggbb`, by the short name of the issuing CA; `*` stands for every other."""
    keys: Table | None = None
    """Keys by the id of the command; `tui.keymap` knows the commands and checks them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationSettings:
    """How applications are decided (R2.1) and certificates accepted (R3.3)."""

    lifetime: timedelta = timedelta(days=7)
    """After this an undecided or unused application is over."""
    automatic_zones: tuple[str, ...] = ()
    """Names in these are approved on the spot, whatever the profile asks for."""
    acceptance_days: int = 3
    """Natural days without an objection after which a certificate counts as accepted."""
    change_days: int = 2
    """Natural days within which a change of facts is followed up (R1.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSettings:
    """Who is told, and how (R5.2, N8, N9)."""

    days: tuple[int, ...] = (30, 14, 7, 3, 1, 0)
    """So many days before a certificate ends its contact is told."""
    ca_days: tuple[int, ...] = (365, 180, 90, 30)
    language: str = "en"
    """`en` or `zh`."""
    to: tuple[str, ...] = ()
    """Mail addresses of those who run the service."""
    tell_contacts: bool = True
    """Whether a server's contact gets mail, too."""
    digest: bool = False
    """Whether expiry notices of one day go to each address in one mail."""
    mail_from: str | None = None
    smtp_host: str | None = None
    """None: no mail."""
    smtp_port: int = 587
    smtp_security: str = "starttls"
    """`starttls` or `none`; with `none` no password is sent."""
    smtp_ca: str | None = None
    """PEM file of the CAs that may vouch for the mail server; None: the system's."""
    smtp_user: str | None = None
    smtp_password_file: str | None = None
    webhook_url: str | None = None
    """None: no webhook."""
    webhook_secret_file: str | None = None
    webhook_ca: str | None = None
    """PEM file of the CAs that may vouch for the webhook's server; None: the system's."""
    command: tuple[str, ...] = ()
    """An argument list that is given each notice as JSON on standard input; empty: none."""
    retry_for: timedelta = timedelta(days=3)
    """How long a notice that fails is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObserveSettings:
    """What a scan may look at beside the configured networks (R1.3, DETAILS 36)."""

    public: tuple[str, ...] = ()
    """The organisation's own public addresses and networks."""
    ports: tuple[int, ...] = (443,)
    most: int = 4096
    """How many addresses one scan may look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSettings:
    """What is written for other programs after each check."""

    metrics_file: str | None = None
    """A Prometheus text file; None: none is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSettings:
    """How long what is on record is kept (R7.1, N6)."""

    contacts: timedelta = timedelta(days=90)
    """After the last certificate of a server has ended its contact is erased."""
    records: timedelta = timedelta(days=1825)
    """So long after the expiry of a server's last certificate its records may be erased; never sooner."""


def _built_in_profiles() -> Mapping[str, Profile]:
    return MappingProxyType({DEFAULT_PROFILE: Profile(name=DEFAULT_PROFILE)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that certmgr.toml says, checked."""

    organisation: Organisation
    zones: ZoneSettings
    root: RootSettings = RootSettings()
    issuing: IssuingSettings = IssuingSettings()
    profiles: Mapping[str, Profile] = field(default_factory=_built_in_profiles)
    """By name; DEFAULT_PROFILE is always among them."""
    renewal: RenewalSettings = RenewalSettings()
    revocation: RevocationSettings = RevocationSettings()
    application: ApplicationSettings = ApplicationSettings()
    notices: NoticeSettings = NoticeSettings()
    observe: ObserveSettings = ObserveSettings()
    report: ReportSettings = ReportSettings()
    retention: RetentionSettings = RetentionSettings()
    publish: PublishSettings = PublishSettings()
    policy: PolicySettings = PolicySettings()
    operators: OperatorSettings = OperatorSettings()
    tui: TuiSettings = TuiSettings()

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which natural days are computed."""
        return ZoneInfo(self.organisation.timezone)

    @property
    def policy_oid(self) -> str | None:
        """The OID in leaf certificates; None: no certificatePolicies."""
        return self.policy.oid

    @property
    def user_notice(self) -> str | None:
        """The notice that goes with the OID; None without one."""
        return self.policy.user_notice if self.policy.oid else None
