"""What each term of the filter language finds (UX 1.4)."""

import hashlib
import re
from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certmgr.filters import Filter, Pattern, Text, parse_filter
from certmgr.models.certificates import Certificate
from certmgr.models.keys import KeyType
from certmgr.models.revocations import Cause
from certmgr.store import certificates, filtering, listing, revocations
from certmgr.store.connection import Snapshot, Store
from tests.clock import START
from tests.store.given import ALICE, add_authority, intent, issue, undone

SHANGHAI = ZoneInfo("Asia/Shanghai")
PORTAL_SHA256 = hashlib.sha256(b"DER of TBS %d" % 0xAB12CD).hexdigest()


@pytest.fixture
def listed(store: Store) -> Store:
    """Return a store with certificates that differ in every fact that a filter asks for."""
    with store.write(ALICE) as tx:
        other = add_authority(tx, "issuing-2027-1")
        portal, video, held, revoked, old, _ = issue(
            tx,
            intent(tx, "portal.egov.internal", number=0xAB12CD, dns=("portal.egov.internal", "www.egov.internal")),
            intent(tx, "video-1.site-2.egov.internal", number=0xAB3456, ip=("10.20.0.1", "fd00::25"), owner="Unit Ä"),
            intent(tx, "db.egov.internal", number=0x445566, key_type=KeyType.RSA_3072, note='rack 4 "left" 100%'),
            intent(tx, "mail.egov.internal", number=0x778899, profile="Mail", note="Übergang"),
            intent(tx, "old.egov.internal", number=0x11AA, days=10, authority=other.id),
            intent(tx, "a_b.egov.internal", number=0x22BB, days=400, dns=("a-b.egov.internal",)),
        )
        certificates.set_held(tx, held, tx.now)
        certificates.set_revoked(tx, revoked, tx.now, Cause.MISUSED)
        certificates.set_superseded(tx, old, tx.now + timedelta(days=3))
        revocations.add(
            tx,
            certificate_id=portal,
            cause=Cause.KEY_LOST,
            requested_by="alice",
            verify_due_at=START + timedelta(days=1),
        )
        tx.record("a.b", "c:1", {})
        assert video
    return store


def servers(snapshot: Snapshot, wanted: Filter, zone: ZoneInfo = SHANGHAI) -> set[str]:
    """Return the first labels of the servers that a filter lets through; page, count and iterate agree."""
    found = list(listing.iterate(snapshot, wanted, now=START, zone=zone))
    assert listing.count(snapshot, wanted, now=START, zone=zone) == len(found)
    assert list(listing.page(snapshot, wanted, now=START, zone=zone).rows) == found
    return {one.server.split(".")[0] for one in found}


ALL = {"portal", "video-1", "db", "mail", "old", "a_b"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ALL),
        ("egov", ALL),
        ("EGOV.internal", ALL),
        ("portal", {"portal"}),
        ("www", {"portal"}),
        ("ort", {"portal"}),
        ("site-2.egov", {"video-1"}),
        ("10.20.0", {"video-1"}),
        ("fd00::25", {"video-1"}),
        ("nothing", set()),
        ("ab12", {"portal"}),
        ("ab:12:cd", {"portal"}),
        ("12cd", {"portal"}),
        ("{sha256:16}", {"portal"}),
        ("{sha256:8} portal", {"portal"}),
        ("!{sha256:16}", ALL - {"portal"}),
        ("sha256:{sha256:6}", {"portal"}),
        ("!sha256:{sha256:64}", ALL - {"portal"}),
        ("serial:ab", {"portal", "video-1"}),
        ("!serial:AB12", ALL - {"portal"}),
        ("owner:unit,nobody", ALL),
        ("!owner:ä", ALL - {"video-1"}),
        ('"rack 4"', {"db"}),
        ("100%", {"db"}),
        ("10%0", set()),
        ("a_b", {"a_b"}),
        ("übergang", {"mail"}),
        ("ÜBERGANG", {"mail"}),
        ("!egov", set()),
        ("!portal", ALL - {"portal"}),
        ("!übergang", ALL - {"mail"}),
        ("portal www", {"portal"}),
        ("portal db", set()),
        ("vi", {"video-1"}),
        ("w", {"portal"}),
        ("al", set()),
        ("10", {"video-1"}),
        ("!vi", ALL - {"video-1"}),
        ("/^(db|mail)\\./", {"db", "mail"}),
        ("/WWW/", {"portal"}),
        ("/^10\\.20/", {"video-1"}),
        ("!/egov/", set()),
        ("state:valid", {"portal", "video-1", "a_b", "old"}),
        ("state:held", {"db"}),
        ("state:held,revoked", {"db", "mail"}),
        ("!state:held,revoked", ALL - {"db", "mail"}),
        ("!state:superseded", ALL),
        ("state:revoking", {"portal"}),
        ("!state:revoking", ALL - {"portal"}),
        ("state:revoking,revoked", {"portal", "mail"}),
        ("days<10", set()),
        ("days<=10", {"old"}),
        ("days=10", {"old"}),
        ("days<30", {"old"}),
        ("days>365", {"a_b"}),
        ("!days<30", ALL - {"old"}),
        ("ca:issuing-2027-1", {"old"}),
        ("ca:issuing-2026", ALL - {"old"}),
        ("ca:issuing", ALL),
        ("ca:root", set()),
        ("profile:mail", {"mail"}),
        ("profile:server", ALL - {"mail"}),
        ('owner:"unit ä"', {"video-1"}),
        ("owner:a", ALL - {"video-1"}),
        ("owner:%", set()),
        ("key:rsa-3072", {"db"}),
        ("key:rsa", {"db"}),
        ("!key:ec", {"db"}),
        ("serial:AB", {"portal", "video-1"}),
        ("serial:ab12cd", {"portal"}),
        ("serial:CD", set()),
        ("server:db.egov.internal", {"db"}),
        ("server:db", set()),
        ("cause:misused", {"mail"}),
        ("!cause:misused", ALL - {"mail"}),
        ("state:valid !portal days<300", {"old"}),
    ],
)
def test_each_term_finds_what_it_says(listed: Store, text: str, expected: set[str]) -> None:
    """The language of `certmgr list` and the TUI, on rows that differ in every fact."""
    text = re.sub(r"\{sha256:(\d+)\}", lambda digits: PORTAL_SHA256[: int(digits[1])], text)
    with listed.read() as snapshot:
        assert servers(snapshot, parse_filter(text)) == expected


@pytest.mark.parametrize("few", [0, 1, 3, 2000])
@pytest.mark.parametrize(
    "text",
    [
        "egov",
        "portal",
        "ab:12:cd",
        "rack",
        "vi",
        "w",
        "10.20.0",
        "a_b",
        "100%",
        "state:held",
        "cause:misused",
        "serial:AB",
        "server:db.egov.internal",
    ],
)
def test_many_hits_are_found_as_few_are(listed: Store, monkeypatch: pytest.MonkeyPatch, text: str, few: int) -> None:
    """Where a query starts is a matter of speed; it finds the same."""
    with listed.read() as snapshot:
        expected = servers(snapshot, parse_filter(text))
        monkeypatch.setattr(filtering, "FEW", few)
        monkeypatch.setattr(filtering, "COUNTED", few)
        assert servers(snapshot, parse_filter(text)) == expected


def test_days_are_counted_in_the_organisations_zone(listed: Store) -> None:
    """Ten days less a second are nine days where now is midnight (DOMAIN: natural day)."""
    midnight_now = ZoneInfo("Etc/GMT+9")
    with listed.read() as snapshot:
        assert servers(snapshot, parse_filter("days=10"), SHANGHAI) == {"old"}
        assert servers(snapshot, parse_filter("days=9"), SHANGHAI) == set()
        assert servers(snapshot, parse_filter("days=10"), midnight_now) == set()
        assert servers(snapshot, parse_filter("days=9"), midnight_now) == {"old"}


HOSTILE = st.text(
    st.sampled_from(list("ab%_!'\"\\*-^:()[]{}.,;ÄßİıΣ\u0301漢\u0000 \t|&+~<>=?")), min_size=1, max_size=12
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(HOSTILE, min_size=1, max_size=3), negated=st.booleans())
def test_no_text_breaks_a_query(listed: Store, texts: list[str], negated: bool) -> None:  # noqa: FBT001 - given
    """Quotes, wildcards, operators of any query language are text; a negated filter lets the rest through."""
    with listed.read() as snapshot:
        for text in texts:
            wanted = Filter(terms=(Text(text=text.lower(), negated=negated),))
            opposite = Filter(terms=(Text(text=text.lower(), negated=not negated),))
            assert servers(snapshot, wanted) | servers(snapshot, opposite) == ALL
            assert not servers(snapshot, wanted) & servers(snapshot, opposite)


NAMES = st.lists(
    st.text(st.sampled_from(list("ab1-.")), min_size=3, max_size=8).filter(lambda name: name.strip(".-")),
    min_size=1,
    max_size=6,
    unique=True,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=NAMES, text=st.text(st.sampled_from(list("ab1-.")), min_size=1, max_size=5))
def test_a_text_finds_the_names_that_contain_it(store: Store, names: Sequence[str], text: str) -> None:
    """Three characters or more anywhere, fewer at the beginning: as Python says (DETAILS 60)."""

    def expected(one: Certificate) -> bool:
        texts = (one.server, *one.dns)
        return any(text in name if len(text) > 2 else name.startswith(text) for name in texts)

    with undone(store) as tx:
        # A serial whose digits are none of the letters.
        issue(tx, *(intent(tx, f"{name}z", number=0x2222 + i, dns=[name]) for i, name in enumerate(names)))
        every = list(listing.iterate(tx, now=START))
        found = list(listing.iterate(tx, Filter(terms=(Text(text=text),)), now=START))
        assert found == [one for one in every if expected(one)]


def test_a_pattern_is_searched_in_server_and_names_only(listed: Store) -> None:
    """Not in notes and serials."""
    with listed.read() as snapshot:
        assert servers(snapshot, Filter(terms=(Pattern(pattern="rack"),))) == set()
        assert servers(snapshot, Filter(terms=(Pattern(pattern="ab12"),))) == set()
