"""certmgr config: show and check."""

import tomllib
from pathlib import Path

from tests.cli.calling import Call
from tests.home import config_for


def rewrite(call: Call, **changes: object) -> None:
    """Write the home's configuration anew; `changes` are arguments of config_text.render."""
    (call.home.path / "certmgr.toml").write_text(config_for(call.home.path.parent, **changes))


def test_show_prints_every_value_and_whether_it_is_the_default(call: Call) -> None:
    """What is printed reads back as TOML, but for what is not set."""
    assert call("config", "show") == 0
    assert f"# home: {call.home.path}" in call.out
    values = tomllib.loads("\n".join(line.replace(".", "_", line.split(" = ")[0].count(".")) for line in lines(call)))
    assert values["organisation_name"] == "Example"
    assert 'renewal.window = "30d"  # default' in call.out
    assert "# publish.crl_url is not set" in call.out


def lines(call: Call) -> list[str]:
    """Return the lines that are values."""
    return [line for line in call.out.splitlines() if not line.startswith("#")]


def test_show_as_json_has_home_file_and_typed_values(call: Call) -> None:
    """certmgr.config/1."""
    assert call("config", "show", "--json") == 0
    found = call.document
    assert found["home"] == str(call.home.path)
    assert found["file"] == str(call.home.path / "certmgr.toml")
    values = {one["key"]: (one["value"], one["default"]) for one in found["values"]}
    assert values["zones.networks"] == (["10.0.0.0/8", "fd00::/8"], False)
    assert values["renewal.window"] == ("30d", True)
    assert values["publish.crl_url"] == (None, True)
    assert values["profile.server.wildcard"] == (False, True)


def test_check_warns_of_a_missing_crl_address(call: Call) -> None:
    """Without one clients learn of no revocation: exit 3."""
    assert call("config", "check") == 3
    assert "publish.crl_url" in call.out


def test_check_names_every_difference_from_the_ca_certificates(call: Call) -> None:
    """DETAILS 6: a zone and a network that the issuing CA's constraints do not permit, both at once."""
    zones = ("egov.internal", "late.internal")
    rewrite(call, zones=zones, networks=("10.0.0.0/8", "192.168.0.0/16"), crl_url="http://pki.egov.internal/")
    assert call("config", "check", "--json") == 3
    found = {one["value"]: one["code"] for one in call.document["findings"]}
    assert found == {"late.internal": "issuer.limits", "192.168.0.0/16": "issuer.limits"}


def test_check_finds_nothing_where_nothing_is_wrong(call: Call) -> None:
    """Exit 0, and the file is named."""
    rewrite(call, crl_url="http://pki.egov.internal/")
    assert call("config", "check") == 0
    assert call.out == ""
    assert "is in order" in call.err


def test_a_profile_that_its_ca_cannot_serve_fails_the_check(call: Call) -> None:
    """DETAILS 11: clientAuth, which the issuing CA's certificate does not allow; and a CA that is not there: exit 2."""
    place = call.home.path / "certmgr.toml"
    place.write_text(
        place.read_text()
        + "[profile.mutual]\nclient_auth = true\n\n[profile.elsewhere]\nauthority = 'issuing-1999-1'\n"
    )
    assert call("config", "check", "--json") == 2
    fields = {one["field"]: one["severity"] for one in call.document["findings"]}
    assert fields["profile.mutual.client_auth"] == "error"
    assert fields["profile.elsewhere.authority"] == "error"


def test_a_file_that_cannot_be_used_is_told_with_every_reason(call: Call) -> None:
    """Every command says so, `config check` too: exit 2, file, key and reason of each."""
    place = Path(call.home.path / "certmgr.toml")
    place.write_text(place.read_text() + "\n[zonse]\ndns = []\n[profile.x]\ndays = 9999\n")
    assert call("config", "check") == 2
    assert "zonse" in call.err
    assert "profile.x.days" in call.err
    assert str(place) in call.err
