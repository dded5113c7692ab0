"""The keys of certmgr.toml about the service to subscribers: applications, notices, observation, reports."""

from typing import Final

from certmgr import config_values as values
from certmgr.config_schema import Key, Section
from certmgr.config_sections import (
    ApplicationSettings,
    NoticeSettings,
    ObserveSettings,
    ReportSettings,
    RetentionSettings,
    TuiSettings,
)

SERVICE_SECTIONS: Final = (
    Section(
        name="application",
        attribute="application",
        kind=ApplicationSettings,
        comment="How requests for certificates are decided. How many people decide is the profile's `approval`.",
        keys=(
            Key(
                name="lifetime",
                read=values.duration("1d", "90d"),
                comment="How long an application may wait for its decision and its certificate.",
            ),
            Key(
                name="automatic_zones",
                read=values.list_of(values.zone),
                comment="Zones whose names are approved on the spot, whatever the profile asks for.",
            ),
            Key(
                name="acceptance_days",
                read=values.whole(1, 30),
                comment="After so many natural days without an objection a certificate counts as accepted.",
            ),
            Key(
                name="change_days",
                read=values.whole(1, 30),
                comment="Natural days within which a change of a server's facts is followed by a new certificate,\n"
                "or by the word that the certificate does not name what changed.",
            ),
        ),
    ),
    Section(
        name="notices",
        attribute="notices",
        kind=NoticeSettings,
        comment="Who is told of what is due, and how. Nothing is sent until smtp_host, webhook_url or command is set.",
        keys=(
            Key(
                name="days",
                read=values.list_of(values.whole(0, 365)),
                comment="So many days before a certificate ends its contact is told.",
            ),
            Key(
                name="ca_days",
                read=values.list_of(values.whole(0, 3650)),
                comment="So many days before a CA certificate ends those who run the service are told.",
            ),
            Key(name="language", read=values.word("en", "zh"), comment="The language of the texts: en or zh."),
            Key(
                name="to",
                read=values.list_of(values.mail_address),
                comment="The mail addresses of those who run the service.",
            ),
            Key(
                name="tell_contacts",
                read=values.flag,
                comment="Whether the contact of a server gets a mail about it, where the contact is a mail address.",
            ),
            Key(
                name="digest",
                read=values.flag,
                comment="Whether the expiry notices of a day go to each address in one mail.",
            ),
            Key(
                name="mail_from",
                read=values.mail_address,
                comment="The sender of the mails.",
                example='"certmgr@corp.internal"',
            ),
            Key(
                name="smtp_host",
                read=values.host,
                comment="The mail server.",
                example='"mail.corp.internal"',
            ),
            Key(name="smtp_port", read=values.whole(1, 65535), comment="Its port."),
            Key(
                name="smtp_security",
                read=values.word("starttls", "none"),
                comment="starttls, or none for a server that has no TLS; then no password is sent.",
            ),
            Key(
                name="smtp_ca",
                read=values.absolute_path,
                comment="A PEM file with the CAs that may vouch for the mail server. Without it: the system's.",
                example='"/etc/ssl/certs/corp-root.pem"',
            ),
            Key(
                name="smtp_user",
                read=values.text(100),
                comment="The user name at the mail server.",
                example='"certmgr"',
            ),
            Key(
                name="smtp_password_file",
                read=values.absolute_path,
                comment="An owner-only file whose first line is the password.",
                example='"/etc/certmgr/smtp.password"',
            ),
            Key(
                name="webhook_url",
                read=values.webhook_url,
                comment="Where each notice is posted as JSON, signed with HMAC-SHA256; an SMS gateway, for example.",
                example='"https://sms.corp.internal/certmgr"',
            ),
            Key(
                name="webhook_secret_file",
                read=values.absolute_path,
                comment="An owner-only file whose first line is the key of the signature.",
                example='"/etc/certmgr/webhook.secret"',
            ),
            Key(
                name="webhook_ca",
                read=values.absolute_path,
                comment="A PEM file with the CAs that may vouch for an https webhook. Without it: the system's.",
                example='"/etc/ssl/certs/corp-root.pem"',
            ),
            Key(
                name="command",
                read=values.list_of(values.text(4096)),
                comment="A program and its arguments that get each notice as JSON on standard input.",
                example='["/usr/local/bin/notify"]',
            ),
            Key(
                name="retry_for",
                read=values.duration("1h", "30d"),
                comment="How long a notice that could not be sent is tried again.",
            ),
        ),
    ),
    Section(
        name="observe",
        attribute="observe",
        kind=ObserveSettings,
        comment="What `certmgr scan` may look at beside loopback and the configured networks.",
        keys=(
            Key(
                name="public",
                read=values.list_of(values.public_network),
                comment="Your own public addresses or networks: a certificate of this CA seen there is reported.",
            ),
            Key(
                name="ports",
                read=values.list_of(values.whole(1, 65535), least=1),
                comment="The ports that are looked at where none is named.",
            ),
            Key(
                name="most",
                read=values.whole(1, 65536),
                comment="How many addresses one scan may look at.",
            ),
        ),
    ),
    Section(
        name="report",
        attribute="report",
        kind=ReportSettings,
        comment="What is written for other programs after each check.",
        keys=(
            Key(
                name="metrics_file",
                read=values.absolute_path,
                comment="A file for Prometheus's node exporter, replaced in one step.",
                example='"/var/lib/prometheus/node-exporter/certmgr.prom"',
            ),
        ),
    ),
    Section(
        name="retention",
        attribute="retention",
        kind=RetentionSettings,
        comment="How long what is on record is kept.",
        keys=(
            Key(
                name="contacts",
                read=values.duration("1d", "3650d", whole_days=True),
                comment="So long after the end of a server's last certificate `certmgr check` erases its contact.",
            ),
            Key(
                name="records",
                read=values.duration("1825d", "36500d", whole_days=True),
                comment="So long after the expiry of a server's last certificate `certmgr retention run` may erase\n"
                "all that is on record of it; the journal, which names ids only, stays.",
            ),
        ),
    ),
)

TUI_SECTION: Final = Section(
    name="tui",
    attribute="tui",
    kind=TuiSettings,
    comment="The terminal interface.",
    keys=(
        Key(
            name="mouse",
            read=values.flag,
            comment="Whether it takes the mouse; without it, the terminal selects text.",
        ),
        Key(
            name="ascii",
            read=values.word("auto", "always", "never"),
            comment="Whether plain ASCII stands in for symbols and lines: auto, always, never.",
        ),
        Key(
            name="theme",
            read=values.word("dark", "light", "colour-blind"),
            comment="The colours: dark, light, or colour-blind (dark, and distinct without red and green).\n"
            "A theme that was chosen in the interface is remembered and comes before this one.",
        ),
        Key(
            name="bell",
            read=values.flag,
            comment="Whether the terminal rings when a revocation request comes near its deadline or passes it.",
        ),
        Key(
            name="lock_after",
            read=values.duration("1m", "8h"),
            comment="After how long without a key the unlocked slot is locked again.",
        ),
        Key(
            name="accents",
            read=values.table_of(values.authority_or_any, values.colour),
            comment="The colour behind the issuing CA's name in the top line, by its short name; * is every other.",
            example='{ "issuing-2026-1" = "#7a1f2b", "*" = "#1f4f7a" }',
        ),
        Key(
            name="keys",
            read=values.table_of(values.text(64), values.text(64)),
            comment="Other keys for commands, by the names that docs/keys.md lists; several with commas between.\n"
            "It may be a table of its own, [tui.keys].",
            example='{ revoke = "X", go-servers = "V,f6" }',
        ),
    ),
)
"""What concerns the terminal interface alone."""
