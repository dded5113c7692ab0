"""docs/json.md has every key of every document that the commands print, and no other."""

import json
import re
import ssl
from collections import defaultdict
from collections.abc import Iterator

import pytest

from certmgr.cli import run
from certmgr.queries import certificates as queries
from certmgr.store import authorities, crls
from tests.docs.sandbox import REPOSITORY
from tests.home import HomeForTest
from tests.observed import nmap, nmap_host

PAGE = REPOSITORY / "docs" / "json.md"
FREE = frozenset({"candidates", "data", "findings", "value"})
"""What these hold is not of one form, or is told once for all documents."""
INVENTORY = """\
server,dns,ip,owner,contact,purpose
db1,db1.egov.internal,10.1.2.1,DBA,dba@egov.internal,Database
"""


def _told() -> dict[str, set[str]]:
    """Return the keys of the page, by schema."""
    _, *parts = re.split(r"^## (certmgr\.\S+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {
        schema: set(re.findall(r"^\| `([^`]+)` \|", body, flags=re.MULTILINE))
        for schema, body in zip(parts[::2], parts[1::2], strict=True)
    }


def _paths(value: object, path: str = "") -> Iterator[str]:
    """Yield where something stands in a document: `lines[].server`; the list that a document is about goes unnamed."""
    if isinstance(value, dict) and path.rpartition(".")[2] not in FREE:
        for key, inner in value.items():
            here = f"{path}.{key}" if path else key
            if key != "schema" and (path or key in FREE or not isinstance(inner, list)):
                yield here
            yield from _paths(inner, here)
    elif isinstance(value, list) and path not in FREE and path.rpartition(".")[2] not in FREE:
        for inner in value:
            yield from _paths(inner, f"{path}[]")


def _see_a_crl(home: HomeForTest) -> None:
    """Put a sighting on record: this home has no distribution point."""
    with home.workspace.store().write(home.machine().actor) as tx:
        authority = authorities.current_issuing(tx).id
        crls.add_sightings(tx, authority, 2**40, ["http://pki.egov.internal/issuing.crl"])
        tx.record("crl.seen", f"authority:{authority}")


@pytest.fixture
def printed(home: HomeForTest, capsys: pytest.CaptureFixture[str]) -> dict[str, set[str]]:
    """Run a command for each document and return the keys that were printed, by schema."""
    settings = home.path / "certmgr.toml"
    settings.write_text(settings.read_text() + '\n[profile.reviewed]\napproval = "one"\n')
    settings.write_text(settings.read_text().replace("\ncommand = []", '\ncommand = ["/bin/true"]'))
    found: dict[str, set[str]] = defaultdict(set)
    admin = ("--as", "admin", "--passphrase-file", str(home.passphrase_file))
    inventory = home.out.parent / "inventory.csv"
    inventory.write_text(INVENTORY)
    certificate = ("--purpose", "Staff portal", "--owner", "Web team", "--out", str(home.out))
    name = "portal.egov.internal"
    commands: list[tuple[str, ...]] = [
        ("issue", "--dns", name, *certificate),
        ("issue", "--dns", name, "--additional", *certificate),
        ("issue", "--from", str(inventory), "--out", str(home.out)),
        (*admin, "revoke", "db1", "--cause", "key-lost", "--confirm", "db1"),
        ("revoke", name, "--cause", "key-lost", "--confirm", name),
        ("issue", "--dns", "mail.egov.internal", *certificate),
        ("revoke", "mail.egov.internal", "--cause", "key-lost", "--confirm", "mail.egov.internal"),
        ("issue", "--dns", "new.egov.internal", "--dry-run", *certificate),
        ("show", "db1"),
        ("list",),
        ("check",),
        ("doctor",),
        ("ca", "list"),
        ("crl", "show"),
        ("crl", "publish"),
        ("revocation", "list", "--all"),
        ("revocation", "show", "1"),
        ("revocation", "challenge", "mail.egov.internal"),
        ("revocation", "request", "--profile", "server", "--cause", "key-lost"),
        ("operator", "list"),
        ("journal", "list"),
        ("config", "show"),
        ("config", "check"),
        ("profile", "list"),
        (*admin, "campaign", "create", "new-keys", "--reason", "x", "--deadline", "2999-12-31", f"server:{name}"),
        ("report", "commitments"),
        ("report", "expiry", "--days", "400"),
    ]
    desk = "desk.egov.internal"
    asked = ("--profile", "reviewed", "--evidence", "word=Li Wei confirmed it", *certificate)
    commands += [
        ("application", "submit", "--dns", desk, *asked),
        (*admin, "application", "approve", "1", "--reason", "Confirmed", "--confirm", desk),
        ("application", "show", "1"),
        ("accept", desk),
    ]
    seen = home.out.parent / "nmap.xml"
    pem = ssl.DER_cert_to_PEM_cert(queries.detail(home.workspace, home.issue("seen.egov.internal").id).der)
    seen.write_bytes(nmap(nmap_host("203.0.113.7", pem=pem)))
    commands += [("scan", "--import", str(seen)), ("scan", "list")]
    lost, copy, new = "lost.egov.internal", str(home.out.parent / "backup.tar"), str(home.out.parent / "new")
    commands += [
        ("issue", "--dns", lost, *certificate),
        ("backup", copy),
        (*admin, "revoke", lost, "--cause", "key-lost", "--confirm", lost),
    ]
    commands += [("check",), ("notice", "list", "--all"), ("notice", "test")]
    _see_a_crl(home)
    served = "seen.egov.internal"
    commands += [("server", "list"), ("server", "show", served), ("deploy", "list")]
    commands += [("server", "verify", served, "--endpoint", "127.0.0.1:1")]
    run(["--home", str(home.path), "deploy", "add", served, "--folder", str(home.out.parent / "tls")])
    run(["--home", str(home.path), "server", "edit", served, "--owner", "Databases"])
    for words in commands:
        run(["--home", str(home.path), *words, "--json"])
        said = capsys.readouterr()
        document = json.loads(said.out or said.err)
        found[document["schema"]] |= set(_paths(document))
    run(["restore", copy, "--to", new])
    capsys.readouterr()
    run(["--home", new, *admin, "restore", "reconcile", "--json"])
    document = json.loads(capsys.readouterr().out)
    found[document["schema"]] |= set(_paths(document))
    return found


def test_the_page_names_every_key_and_no_other(printed: dict[str, set[str]]) -> None:
    """Who reads a document with a program reads this page first; both have to say the same."""
    assert printed == _told()
