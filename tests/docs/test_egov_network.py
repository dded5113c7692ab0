"""The example network is that of rule N11, and its file is what its script prints."""

import csv
import io
import os
import subprocess
import sys
from collections import Counter
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from certmgr.names import check_address, check_dns_name, check_server_name
from tests.docs.sandbox import REPOSITORY

FOLDER = REPOSITORY / "examples" / "egov-network"
INVENTORY = FOLDER / "inventory.csv"


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    """Return the lines of the inventory."""
    return list(csv.DictReader(io.StringIO(INVENTORY.read_text(encoding="utf-8"))))


def site_of(row: dict[str, str]) -> str:
    """Return the site's label: the one before the zone in the server's first name."""
    return row["dns"].split()[0].split(".")[-3]


def kind_of(label: str, owner: str) -> str:
    """Return the kind of site, as the rule counts them."""
    for kind, claim in (
        ("hub", label in {"hub", "hub2"}),
        ("district", label.startswith("district")),
        ("platform", owner.endswith("二级平台")),
        ("unit", owner.endswith("直属单位")),
    ):
        if claim:
            return kind
    return label


def test_the_file_is_what_the_script_prints(tmp_path: Path) -> None:
    """Whoever changes one changes the other; the script's output does not depend on the locale."""
    printed = subprocess.run(
        [sys.executable, FOLDER / "make_inventory.py"],
        check=True,
        capture_output=True,
        cwd=tmp_path,
        env={**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
    ).stdout
    assert printed == INVENTORY.read_bytes()


def test_the_network_has_the_thirty_lines_of_the_rule(rows: list[dict[str, str]]) -> None:
    """N11: one hub with 2 lines, 8 district points, 10 second-level platforms, 9 units, 1 machine room."""
    sites = {site_of(row): row["owner"] for row in rows}
    kinds = Counter(kind_of(label, owner) for label, owner in sites.items())
    assert kinds == {"hub": 2, "district": 8, "platform": 10, "unit": 9, "room": 1}
    assert len(sites) == 30
    assert 120 <= len(rows) <= 200


def test_every_server_name_and_address_is_there_once(rows: list[dict[str, str]]) -> None:
    """Two servers never share a name or an address."""
    for column in ("server", "dns", "ip"):
        values = Counter(value for row in rows for value in row[column].split())
        assert [value for value, times in values.items() if times > 1] == []


def test_every_name_and_address_is_internal_and_valid(rows: list[dict[str, str]]) -> None:
    """Names are under the zone, addresses of both families in 10/8 and fd00::/8."""
    networks = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    for row in rows:
        assert check_server_name(row["server"]) == ()
        for name in row["dns"].split():
            valid, findings = check_dns_name(name)
            assert (findings, (valid or "").endswith(".egov.internal")) == ((), True)
        for network, text in zip(networks, row["ip"].split(), strict=True):
            assert check_address(text) == (ip_address(text), ())
            assert ip_address(text) in network


def test_every_line_says_who_and_what_for(rows: list[dict[str, str]]) -> None:
    """Owner, purpose and profile are never empty; a contact is a duty's mailbox at the server's own site."""
    for row in rows:
        assert all(row[column].strip() for column in ("owner", "purpose", "profile"))
        mailbox, _, domain = row["contact"].partition("@")
        assert mailbox in {"duty", "dba", "dev", "noc"}
        assert domain == f"{site_of(row)}.egov.internal"


def test_the_page_counts_as_the_file_does(rows: list[dict[str, str]]) -> None:
    """The table of the README gives the number of servers at each kind of site."""
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert f"{len(rows)} servers in all" in page
    counts = Counter(site_of(row) for row in rows)
    kinds = {"`hub`": "hub", "`hub2`": "hub2", "`district1`": "district8", "`statistics`": "water", "`room`": "room"}
    for shown, site in {**kinds, "`forestry`": "market"}.items():
        line = next(line for line in page.splitlines() if line.startswith("|") and shown in line)
        assert line.split("|")[3].strip() == str(counts[site])
