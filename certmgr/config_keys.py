"""Every key of certmgr.toml: how it is read, and the comment that `init` writes above it.

Defaults stand in `config_sections`. A key that is listed here has a meaning in this version.
"""

from typing import Final

from certmgr import config_values as values
from certmgr.config_keys_service import SERVICE_SECTIONS, TUI_SECTION
from certmgr.config_schema import Key, Section
from certmgr.config_sections import (
    IssuingSettings,
    OperatorSettings,
    Organisation,
    PolicySettings,
    PublishSettings,
    RenewalSettings,
    RevocationSettings,
    RootSettings,
    ZoneSettings,
)
from certmgr.models.keys import KeyType
from certmgr.models.profiles import MAX_DAYS, Approval, Profile

MAX_ORGANISATION: Final = 44
"""`NAME Issuing CA 2026-10` must fit into a common name of 64 characters (RFC 5280 A.1)."""
_CA_KEY_TYPES: Final = (KeyType.EC_P256, KeyType.EC_P384, KeyType.ED25519)
"""Those whose signatures are deterministic, so that an open intent can be finished (DETAILS 5)."""


SECTIONS: Final = (
    Section(
        name="organisation",
        attribute="organisation",
        kind=Organisation,
        comment="Whose certificate authority this is.",
        keys=(
            Key(
                name="name",
                read=values.text(MAX_ORGANISATION),
                comment="The organisation, as the CA certificates name it. CA certificates that exist keep theirs.",
            ),
            Key(
                name="timezone",
                read=values.timezone,
                comment="The time zone in which days begin and end: renewal windows, deadlines, days left.",
            ),
            Key(
                name="holidays",
                read=values.list_of(values.day),
                comment="Days on which nobody works, beside Saturday and Sunday; deadlines in working days pass them\n"
                "over. In quotes or as TOML dates.",
            ),
        ),
    ),
    Section(
        name="zones",
        attribute="zones",
        kind=ZoneSettings,
        comment="What belongs to the intranet. Names and addresses outside are refused, whoever asks.\n"
        "The CA certificates fix the zones they were made with; a wider one needs a new issuing CA.",
        keys=(
            Key(
                name="dns",
                read=values.list_of(values.zone),
                comment="DNS zones: a zone covers itself and every name below it.",
            ),
            Key(
                name="networks",
                read=values.list_of(values.network),
                comment="Networks in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10 or fc00::/7.",
            ),
            Key(
                name="split_horizon",
                read=values.list_of(values.attested_zone),
                comment="Registered domains that are used inside as well, with who attests that they are yours:\n"
                '[{ zone = "corp.example.com", attested = "A. Meyer, registered by us since 2009" }].',
            ),
            Key(
                name="attested_networks",
                read=values.list_of(values.attested_network),
                comment="Public networks that are used inside, with who attests that they are yours:\n"
                '[{ network = "198.51.100.0/24", attested = "A. Meyer, our own allocation" }].',
            ),
        ),
    ),
    Section(
        name="authority.root",
        attribute="root",
        kind=RootSettings,
        comment="The root CA. Read when a root is made; a root that exists does not change.",
        keys=(
            Key(
                name="key_type",
                read=values.one_of(KeyType, *_CA_KEY_TYPES),
                comment="ec-p256, ec-p384 or ed25519.",
            ),
            Key(name="days", read=values.whole(365, 9132), comment="Its lifetime in days."),
            Key(
                name="zones",
                read=values.list_of(values.zone),
                comment="Zones of the root beside those of [zones], for issuing CAs to come.",
            ),
            Key(
                name="networks",
                read=values.list_of(values.network),
                comment="Networks of the root beside those of [zones], for issuing CAs to come.",
            ),
        ),
    ),
    Section(
        name="authority.issuing",
        attribute="issuing",
        kind=IssuingSettings,
        comment="The issuing CA. Read when one is made (init, ca new-issuing).\n"
        "Its zones and networks are those of [zones].",
        keys=(
            Key(
                name="key_type",
                read=values.one_of(KeyType, *_CA_KEY_TYPES),
                comment="ec-p256, ec-p384 or ed25519.",
            ),
            Key(name="days", read=values.whole(30, 3653), comment="Its lifetime in days, never past the root's end."),
            Key(
                name="client_auth",
                read=values.flag,
                comment="Whether its certificate also allows clientAuth (mutual TLS), for profiles with client_auth.",
            ),
        ),
    ),
    Section(
        name="renewal",
        attribute="renewal",
        kind=RenewalSettings,
        comment="When certificates are renewed.",
        keys=(
            Key(
                name="window",
                read=values.duration("1d", "90d", whole_days=True),
                comment="From how many days before expiry a renewal is allowed.\n"
                "A change holds for certificates made after it.",
            ),
            Key(
                name="overlap",
                read=values.duration("1h", "30d"),
                comment="How long the old certificate counts as in use beside its successor.",
            ),
            Key(
                name="revoke_replaced",
                read=values.flag,
                comment="Whether a replaced certificate is revoked as key-replaced once the overlap is over and the\n"
                "new one was seen serving, or has no endpoint to be seen at.",
            ),
            Key(
                name="spread",
                read=values.duration("0h", "7d"),
                comment="Over how long automatic renewals that are due at once are spread, each by its own serial.",
            ),
            Key(
                name="blackouts",
                read=values.list_of(values.weekly_window),
                comment='When nothing is renewed by itself, in local time, such as "mon-fri 08:00-18:00".\n'
                "A certificate in its last 3 days is renewed all the same.",
            ),
            Key(
                name="expire_on_working_days",
                read=values.flag,
                comment="Whether a new certificate's end is moved to the working day before a day off.",
            ),
        ),
    ),
    Section(
        name="revocation",
        attribute="revocation",
        kind=RevocationSettings,
        comment="How long a revocation may take.",
        keys=(
            Key(
                name="verify_within",
                read=values.duration("1h", "24h"),
                comment="From the receipt of a request until a person has verified it; 24h at most.",
            ),
            Key(
                name="publish_within",
                read=values.duration("1h", "24h"),
                comment="From the verification until the CRL with the serial is out; 24h at most.",
            ),
            Key(
                name="acknowledge_within",
                read=values.duration("1m", "24h"),
                comment="From the receipt of a request until somebody says that it was seen.",
            ),
            Key(
                name="hold",
                read=values.duration("1d", "365d", whole_days=True),
                comment="How long a hold may last before it must be decided: release or revocation.",
            ),
            Key(
                name="release_within",
                read=values.duration("1h", "48h"),
                comment="From the request to release a held certificate until the CRL without it is out.",
            ),
            Key(
                name="report_within",
                read=values.duration("1h", "24h"),
                comment="From a key compromise until the incident was reported to whom it concerns.",
            ),
        ),
    ),
    Section(
        name="publish",
        attribute="publish",
        kind=PublishSettings,
        comment="Where clients find the CRLs and the CA certificates.",
        keys=(
            Key(
                name="directory",
                read=values.absolute_path,
                comment="The folder into which they are written, outside the home; a web server serves it.",
                example='"/var/www/pki"',
            ),
            Key(
                name="crl_url",
                read=values.folder_url,
                comment="The http URL of that folder, written into certificates: clients fetch NAME.crl below it.\n"
                "Certificates that exist keep theirs. Without it they name no CRL: clients learn of no revocation.",
                example='"http://pki.corp.internal/"',
            ),
            Key(
                name="issuer_url",
                read=values.folder_url,
                comment="The http URL below which clients fetch NAME.cer, the certificate of the issuer.",
                example='"http://pki.corp.internal/"',
            ),
            Key(
                name="fetch_urls",
                read=values.list_of(values.folder_url),
                comment="Where certmgr fetches a CRL back to see that it is out, each address. Empty: from crl_url.",
            ),
            Key(
                name="crl_lifetime",
                read=values.duration("2h", "9d"),
                comment="How long a CRL may be used. Longer outlasts an outage; shorter shows a revocation sooner.",
            ),
            Key(
                name="crl_reissue",
                read=values.duration("15m", "7d"),
                comment="How often a new CRL is made where nothing is revoked; a revocation makes one at once.",
            ),
            Key(
                name="root_crl_lifetime",
                read=values.duration("30d", "365d"),
                comment="How long a root's CRL may be used; a person renews it (crl publish --root).",
            ),
        ),
    ),
    *SERVICE_SECTIONS,
    Section(
        name="policy",
        attribute="policy",
        kind=PolicySettings,
        comment="What certificates say about the policy they were issued under.",
        keys=(
            Key(
                name="oid",
                read=values.oid,
                comment="The object identifier of your certificate policy. Without it certificates carry none.",
                example='"1.3.6.1.4.1.32473.1.1"',
            ),
            Key(
                name="user_notice",
                read=values.text(200),
                comment="The notice that goes with the identifier, at most 200 characters.",
            ),
        ),
    ),
    Section(
        name="operators",
        attribute="operators",
        kind=OperatorSettings,
        comment="Who acts when a command names nobody.",
        keys=(
            Key(
                name="default",
                read=values.short_name,
                comment="The operator who is asked for a passphrase where --as names none.",
                example='"alice"',
            ),
            Key(
                name="machine_key",
                read=values.absolute_path,
                comment="The machine's key file, outside the home. Without it: $CREDENTIALS_DIRECTORY, /etc/certmgr,\n"
                "the user's configuration folder.",
                example='"/etc/certmgr/machine.key"',
            ),
        ),
    ),
    TUI_SECTION,
)

PROFILE: Final = Section(
    name="profile.NAME",
    attribute="profiles",
    kind=Profile,
    comment="What certificates of one kind may be. The profile server is used where a command names none.",
    keys=(
        Key(
            name="key_types",
            read=values.list_of(values.one_of(KeyType), least=1),
            comment="The key types that are accepted; the first is made where nothing else is asked for.\n"
            f"All: {', '.join(KeyType)}.",
        ),
        Key(
            name="days",
            read=values.whole(1, MAX_DAYS),
            comment="The lifetime in days where nothing else is asked for.",
        ),
        Key(
            name="max_days",
            read=values.whole(1, MAX_DAYS),
            comment=f"The longest lifetime that may be asked for, {MAX_DAYS} at most.",
        ),
        Key(name="wildcard", read=values.flag, comment="Whether a name may be *.ZONE or *.HOST.ZONE."),
        Key(name="ip", read=values.flag, comment="Whether an address may be certified."),
        Key(
            name="inventory_ip",
            read=values.flag,
            comment="Whether the ip column of an inventory is certified; otherwise it is only recorded.",
        ),
        Key(
            name="client_auth",
            read=values.flag,
            comment="Whether certificates also serve as client certificates (mutual TLS).",
        ),
        Key(
            name="reuse_key",
            read=values.flag,
            comment="Whether a certificate made from a CSR is renewed with the same key instead of a new CSR.",
        ),
        Key(
            name="approval",
            read=values.one_of(Approval),
            comment="How many people decide on an application: automatic, one, or two (none of them the applicant).",
        ),
        Key(
            name="common_name",
            read=values.flag,
            comment="Whether the first DNS name is also the common name; otherwise the subject is empty.",
        ),
        Key(
            name="authority",
            read=values.short_name,
            comment="The issuing CA, by its short name. Without it: the current one.",
            example='"issuing-2026-1"',
        ),
    ),
)
