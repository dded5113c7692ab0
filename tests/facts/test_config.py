"""certmgr.toml: a good file gives a Config, a bad one everything that is wrong with it."""

from contextlib import suppress
from datetime import date, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certmgr.codes import Code
from certmgr.config import Config, config_digest, doubts, items, load_config, parse_config
from certmgr.config_sections import Attested, Organisation, ZoneSettings
from certmgr.errors import CertmgrError, Finding, LockedError, NotFoundError, Severity, UsageError
from certmgr.models.keys import KeyType
from certmgr.models.profiles import Profile

MINIMAL = """
[organisation]
name = "Example City"
[zones]
dns = ["corp.internal"]
"""


def findings(text: str) -> dict[str | None, Finding]:
    """Return what is wrong with `text`, by key; no key is told twice."""
    with pytest.raises(UsageError) as caught:
        parse_config(text, file="/home/certmgr.toml")
    found = caught.value.findings
    assert all(finding.message.startswith("/home/certmgr.toml: ") for finding in found)
    assert len({finding.field for finding in found}) == len(found)
    return {finding.field: finding for finding in found}


def changed(section: str, line: str) -> str:
    """Return the minimal file with `line` in `section`."""
    if f"[{section}]" in MINIMAL:
        return MINIMAL.replace(f"[{section}]", f"[{section}]\n{line}")
    return f"{MINIMAL}[{section}]\n{line}\n"


def test_a_minimal_file_names_the_organisation_and_a_zone_and_has_defaults_for_the_rest() -> None:
    """Those of ARCHITECTURE's table."""
    config = parse_config(MINIMAL, file="x")
    assert config.organisation.name == "Example City"
    assert config.zones.declared.dns == ("corp.internal",)
    assert (config.root.key_type, config.root.days) == (KeyType.EC_P384, 3650)
    assert (config.issuing.key_type, config.issuing.days) == (KeyType.EC_P256, 1095)
    assert (config.renewal.window, config.renewal.overlap) == (timedelta(days=30), timedelta(days=7))
    assert config.publish.crl_lifetime == timedelta(hours=72)
    assert config.publish.crl_reissue == timedelta(hours=12)
    assert config.publish.root_crl_lifetime == timedelta(days=180)
    assert config.profiles == {"server": Profile(name="server")}
    assert (config.policy_oid, config.user_notice) == (None, None)


def test_a_config_made_in_code_has_the_same_defaults() -> None:
    """The classes hold the defaults, not the reader."""
    made = Config(organisation=Organisation(name="Example City"), zones=ZoneSettings(dns=("corp.internal",)))
    assert made == parse_config(MINIMAL, file="x")


def test_every_kind_of_value_is_read() -> None:
    """Durations, tables in arrays, key types, networks."""
    config = parse_config(
        """
        [organisation]
        name = "Example City"
        timezone = "Asia/Shanghai"
        holidays = [2026-10-01, "2026-10-02"]
        [renewal]
        blackouts = ["Mon-Fri 08:00-18:00"]
        [notices]
        to = ["ops@corp.internal"]
        smtp_host = "mail.corp.internal"
        webhook_url = "https://10.1.2.3:8443/sms"
        [observe]
        public = ["203.0.113.7", "2001:db8::/48"]
        [zones]
        dns = ["Corp.Internal."]
        networks = ["10.0.0.0/8", "fd00::/8"]
        split_horizon = [{ zone = "corp.example.com", attested = "A. Meyer, ours since 2009" }]
        attested_networks = [{ network = "198.51.100.0/24", attested = "A. Meyer, ours" }]
        [authority.root]
        days = 7300
        [authority.issuing]
        client_auth = true
        [profile.short]
        key_types = ["ed25519"]
        days = 7
        [publish]
        directory = "/srv/pki"
        crl_url = "http://pki.corp.internal:8080/ca"
        fetch_urls = ["http://127.0.0.1:8080/", "http://[fd00::1]/"]
        crl_lifetime = "1w"
        [policy]
        oid = "1.3.6.1.4.1.32473.1"
        [operators]
        default = "alice"
        [tui]
        mouse = false
        """,
        file="x",
    )
    assert str(config.zone) == "Asia/Shanghai"
    assert config.zones.split_horizon == (Attested(what="corp.example.com", attested="A. Meyer, ours since 2009"),)
    assert config.zones.declared.dns == ("corp.internal", "corp.example.com")
    assert config.zones.declared.networks[-1] == ip_network("198.51.100.0/24")
    assert config.profiles["short"] == Profile(name="short", key_types=(KeyType.ED25519,), days=7)
    assert "server" in config.profiles
    assert config.publish.crl_url == "http://pki.corp.internal:8080/ca/"
    assert config.publish.crl_lifetime == timedelta(days=7)
    assert config.user_notice is not None
    assert not config.tui.mouse
    assert config.organisation.holidays == (date(2026, 10, 1), date(2026, 10, 2))
    assert config.renewal.blackouts == ("mon-fri 08:00-18:00",)
    assert config.notices.to == ("ops@corp.internal",)
    assert config.notices.webhook_url == "https://10.1.2.3:8443/sms"
    assert config.observe.public == ("203.0.113.7/32", "2001:db8::/48")


def test_a_syntax_error_is_told_with_its_line() -> None:
    """Exit 2, by line and column."""
    found = findings("[organisation\nname = 1")
    assert found[None].code is Code.CONFIG_SYNTAX
    assert "line 1" in found[None].message


def test_what_is_missing_is_named() -> None:
    """The two keys that have no default."""
    found = findings("")
    assert {key: finding.code for key, finding in found.items()} == {
        "organisation.name": Code.CONFIG_MISSING,
        "zones.dns": Code.CONFIG_MISSING,
    }


@pytest.mark.parametrize(
    ("section", "line", "key", "hint"),
    [
        ("organisation", 'nam = "x"', "organisation.nam", "name may be meant"),
        ("zones", 'crl_url = "x"', "zones.crl_url", "it belongs into [publish]"),
        ("renewal", "colour = 1", "renewal.colour", "known here: window, overlap"),
        ("organisaton", "name = 1", "organisaton", "organisation may be meant"),
        ("authority.rot", "days = 1", "authority.rot", "root may be meant"),
        ("authority", "days = 1", "authority.days", "it belongs into [authority.root]"),
        ("profile.server", "keytypes = []", "profile.server.keytypes", "key_types may be meant"),
        ("notice", "smtp = 1", "notice", "notices"),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_known_one(section: str, line: str, key: str, hint: str) -> None:
    """A key that means nothing is an error, not a silence."""
    found = findings(changed(section, line))
    assert list(found) == [key]
    assert found[key].code is Code.CONFIG_UNKNOWN_KEY
    assert hint in found[key].message


@pytest.mark.parametrize(
    ("section", "line", "reason"),
    [
        ("zones", "networks = 1", "must be an array"),
        ("zones", "networks = [1]", "must be a network in quotes"),
        ("zones", "split_horizon = [{ zone = 1, attested = 'me' }]", "must be a DNS zone in quotes"),
        ("zones", "split_horizon = [{ zone = 'a.com', attested = 1 }]", "must be text in quotes"),
        ("publish", "crl_url = 1", "must be a URL in quotes"),
        ("publish", "directory = 1", "must be a path in quotes"),
        ("organisation", 'timezone = "Europe"', "is not a time zone"),
        ("organisation", 'timezone = "../etc/passwd"', "is not a time zone"),
        ("organisation", 'timezone = ""', "is not a time zone"),
        ("organisation", "timezone = 2027-01-01", "must be the name of a time zone"),
        ("organisation", "holidays = [20261001]", "must be a day such as 2026-10-01"),
        ("organisation", "holidays = [2026-10-01T09:00:00]", "2026-10-01T09:00:00 is a date or time; it must be a day"),
        ("organisation", 'holidays = ["1 October"]', "is not a day such as 2026-10-01"),
        ("organisation", 'holidays = ["2026-10-01", 2026-10-01]', "is listed twice"),
        ("renewal", 'blackouts = ["mon-fri"]', "is not of the form"),
        ("renewal", "blackouts = [8]", "must be hours of the week"),
        ("notices", 'to = ["ops"]', "is not a mail address"),
        ("notices", r'to = ["ops@corp.internal\r\nBcc: x@y"]', "is not a mail address"),
        ("notices", "to = [1]", "must be a mail address"),
        ("notices", 'smtp_host = "mail server"', "is not a host name or an address"),
        ("notices", "smtp_host = 1", "must be a host name or an address"),
        ("notices", 'webhook_url = "ftp://sms.corp.internal/"', "is not an http or https URL"),
        ("notices", 'webhook_url = "https://user:secret@sms.corp.internal/"', "is not an http or https URL"),
        ("notices", 'webhook_url = "https://[/"', "is not an http or https URL"),
        ("notices", "webhook_url = 1", "must be a URL"),
        ("observe", 'public = ["203.0.113.7/24"]', "is not an address or a network"),
        ("observe", "public = [7]", "must be an address or a network"),
        ("zones", 'networks = ["10.0.0.1/8"]', "the network is 10.0.0.0/8"),
        ("zones", 'networks = ["8.0.0.0/8"]', "is not private"),
        ("zones", 'networks = ["10.0.0.0/8", "10.0.0.0/8"]', "is listed twice"),
        ("zones", 'networks = [{ network = "10.0.0.0/8" }]', "must be a network in quotes"),
        ("zones", 'split_horizon = ["example.com"]', "is not of the form"),
        ("zones", 'split_horizon = [{ zone = "com", attested = "me" }]', "is a public suffix"),
        ("zones", 'split_horizon = [{ zone = "example.com", attested = "" }]', "1 to 200 are allowed"),
        ("zones", 'attested_networks = [{ network = "8.0.0.0/7", attested = "me" }]', "is too wide"),
        ("authority.root", 'key_type = "rsa-4096"', "is not one of ec-p256, ec-p384, ed25519"),
        ("authority.root", "days = true", "is a truth value; it must be a whole number"),
        ("authority.root", "days = 36500", "is not from 365 to 9132"),
        ("authority.issuing", "client_auth = 1", "must be true or false"),
        ("renewal", "window = 30", "must be a duration in quotes"),
        ("renewal", 'window = "36h"', "is not a number of whole days"),
        ("renewal", 'overlap = "soon"', "is not a duration"),
        ("revocation", 'publish_within = "25h"', "is not from 1h to 24h"),
        ("publish", 'directory = "public"', "is not an absolute path"),
        ("publish", 'directory = "/srv/../etc"', "is not an absolute path without .."),
        ("publish", 'crl_url = "https://pki.corp.internal/"', "is https"),
        ("publish", 'crl_url = "ftp://pki.corp.internal/"', "is not the http URL of a folder"),
        ("publish", 'crl_url = "http://pki.corp.internal/?a=b"', "is not the http URL of a folder"),
        ("publish", 'crl_url = "http://u:p@pki.corp.internal/"', "is not the http URL of a folder"),
        ("publish", 'crl_url = "http://-a/"', "does not name a host and port"),
        ("publish", 'crl_url = "http://a:99999/"', "does not name a host and port"),
        ("policy", 'oid = "1.2"', "is not an object identifier"),
        ("policy", 'oid = "3.1.1"', "is not an object identifier"),
        ("policy", 'oid = "1.40.1"', "is not an object identifier"),
        ("policy", f'user_notice = "{"x" * 201}"', "1 to 200 are allowed"),
        ("policy", r'user_notice = "a\u001bb"', "control or invisible character"),
        ("operators", 'default = "Alice B"', "is not a name"),
        ("operators", 'machine_key = "~/key"', "is not an absolute path"),
        ("tui", 'ascii = "yes"', "is not one of auto, always, never"),
        ("profile.x", "key_types = []", "needs at least 1 value"),
        ("profile.x", 'key_types = ["dsa"]', "is not one of ec-p256"),
        ("profile.x", "max_days = 826", "is not from 1 to 825"),
        ("profile.Upper", "days = 1", "is not a profile's name"),
    ],
)
def test_a_bad_value_is_named_by_file_key_and_reason(section: str, line: str, reason: str) -> None:
    """One sentence each."""
    (finding,) = findings(changed(section, line)).values()
    assert finding.code is Code.CONFIG_VALUE
    assert reason in finding.message
    assert (finding.field or "").startswith(section)


@pytest.mark.parametrize(
    ("section", "line", "key"),
    [
        ("publish", 'crl_reissue = "4d"', "publish.crl_reissue"),
        ("authority.issuing", "days = 3653", "authority.issuing.days"),
        ("profile.x", "days = 500", "profile.x.days"),
        ("profile.x", "ip = false\ninventory_ip = true", "profile.x.inventory_ip"),
        ("zones", 'split_horizon = [{ zone = "corp.internal", attested = "me" }]', "zones.split_horizon"),
    ],
)
def test_values_that_contradict_each_other_are_named(section: str, line: str, key: str) -> None:
    """Each good alone, not together."""
    found = findings(changed(section, line))
    assert list(found) == [key]
    assert found[key].code is Code.CONFIG_CONFLICT


def test_a_file_without_any_zone_is_refused() -> None:
    """Nothing could be certified."""
    found = findings(MINIMAL.replace('["corp.internal"]', "[]"))
    assert found["zones.dns"].code is Code.CONFIG_CONFLICT


@pytest.mark.parametrize("text", ["organisation = 1", "authority = 1", "profile = 1", "zones = []"])
def test_a_value_where_a_table_belongs_is_named(text: str) -> None:
    """Not a traceback."""
    with pytest.raises(UsageError, match="cannot be used") as caught:
        parse_config(text, file="x")
    assert any("must be a table" in f.message or "are tables" in f.message for f in caught.value.findings)


def test_everything_wrong_is_told_at_once() -> None:
    """Unknown key, bad values, missing key; the message counts them."""
    text = '[zones]\ndns = ["com", "a_b.internal"]\nnetwork = []\n[renewal]\nwindow = 1\n'
    with pytest.raises(UsageError, match="for 5 reasons") as caught:
        parse_config(text, file="x")
    assert [finding.field for finding in caught.value.findings] == [
        "organisation.name",
        "zones.dns",
        "zones.dns",
        "zones.network",
        "renewal.window",
    ]


@given(st.text(max_size=200) | st.text(alphabet='[]{}="\n.abzones dn#,1', max_size=80))
def test_any_text_gives_a_config_or_a_usage_error(text: str) -> None:
    """No other error comes out, whatever is in the file."""
    with suppress(UsageError):
        assert parse_config(text, file="x").zones.declared.dns


def test_the_digest_follows_values_and_not_their_form() -> None:
    """Comments, order and written-out defaults do not change it; a value does."""
    first = config_digest(parse_config(MINIMAL, file="a"))
    same = '# a comment\n[zones]\ndns = ["corp.internal"]\n[organisation]\ntimezone = "UTC"\nname = "Example City"\n'
    assert config_digest(parse_config(same, file="b")) == first
    assert config_digest(parse_config(changed("tui", "mouse = false"), file="c")) != first
    assert len(first) == 64


def test_config_show_lists_every_key_with_its_value_and_whether_it_is_the_default() -> None:
    """Flat, in the order of the file."""
    listed = {key: (value, default) for key, value, default in items(parse_config(MINIMAL, file="x"))}
    assert listed["organisation.name"] == ('"Example City"', False)
    assert listed["organisation.timezone"] == ('"UTC"', True)
    assert listed["renewal.window"] == ('"30d"', True)
    assert listed["publish.crl_url"] == ("", True)
    assert listed["profile.server.days"] == ("365", True)


def test_doubts_warn_of_a_single_label_zone_and_of_a_missing_crl_url() -> None:
    """What can be used and should be thought about (DETAILS 6, 7)."""
    config = parse_config(MINIMAL.replace("corp.internal", "lan"), file="x")
    assert [(f.code, f.severity) for f in doubts(config)] == [
        (Code.ZONE_SINGLE_LABEL, Severity.WARNING),
        (Code.CONFIG_MISSING, Severity.WARNING),
        (Code.CONFIG_MISSING, Severity.NOTICE),
    ]


def test_a_whole_configuration_leaves_no_doubt() -> None:
    """Two labels, a network, a CRL address."""
    text = changed("zones", 'networks = ["10.0.0.0/8"]') + '[publish]\ncrl_url = "http://pki.corp.internal/"\n'
    assert doubts(parse_config(text, file="x")) == ()


def test_a_file_is_read_from_its_path(tmp_path: Path) -> None:
    """And messages name the path."""
    path = tmp_path / "certmgr.toml"
    path.write_text(MINIMAL)
    assert isinstance(load_config(path), Config)
    path.write_text("x")
    with pytest.raises(UsageError, match=str(path)):
        load_config(path)


def test_a_file_that_cannot_be_read_is_told_by_its_reason(tmp_path: Path) -> None:
    """Absent, a folder, not UTF-8, too long."""
    with pytest.raises(NotFoundError, match="no configuration"):
        load_config(tmp_path / "none.toml")
    with pytest.raises(CertmgrError, match="cannot be read"):
        load_config(tmp_path)
    path = tmp_path / "certmgr.toml"
    path.write_bytes(b"name = '\xff'")
    with pytest.raises(UsageError, match="byte 8 is not UTF-8"):
        load_config(path)
    path.write_bytes(b"#" * (1 << 20) + b"#")
    with pytest.raises(UsageError, match="over 1 MiB"):
        load_config(path)


def test_a_file_of_another_user_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 6; the tests may run as root, to whom every file opens."""

    def refuse(_path: Path) -> bytes:
        raise PermissionError

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(LockedError):
        load_config(tmp_path / "certmgr.toml")
