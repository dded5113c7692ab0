"""Issue for a whole network: what a line gets, what stops nothing, what a second run does."""

import csv
import io
from pathlib import Path

import pytest

from certmgr.codes import Code
from certmgr.errors import UsageError
from certmgr.inventory_file import read_inventory
from certmgr.inventory_report import LineReport, Outcome
from certmgr.operations import inventory
from certmgr.pki import keys
from certmgr.queries import certificates as queries
from tests.home import HomeForTest
from tests.reviewing import with_reviewers

HEADER = "server,dns,ip,owner,contact,purpose,profile"


def text_of(*rows: str, header: str = HEADER) -> bytes:
    """Return an inventory of these lines."""
    return "\n".join([header, *rows, ""]).encode()


def issue(home: HomeForTest, content: bytes) -> list[LineReport]:
    """Issue for an inventory with the machine's slot; return the report of every line."""
    lines = read_inventory(content, name="inventory.csv")
    batches = inventory.issue_inventory(home.workspace, home.machine(), lines, destination=home.out)
    return [report for batch in batches for report in batch]


def many(count: int, start: int = 0) -> bytes:
    """Return an inventory of `count` servers with two names each."""
    rows = [
        f"s{i},s{i}.egov.internal www.s{i}.egov.internal,10.1.0.1,ops,ops@egov.internal,web,server"
        for i in range(start, start + count)
    ]
    return text_of(*rows)


def test_every_line_gets_its_certificate_and_its_matching_key(home: HomeForTest) -> None:
    """A line is a server with its names; the address is recorded and not certified (DETAILS 12)."""
    reports = issue(home, many(7))
    assert [report.outcome for report in reports] == [Outcome.ISSUED] * 7
    for report in reports:
        assert report.folder is not None
        detail = queries.detail(home.workspace, queries.resolve(home.workspace, report.server).id)
        key = keys.load_private((report.folder / "privkey.pem").read_bytes())
        assert keys.spki_sha256(keys.public_spki(key)) == detail.certificate.spki_sha256
        assert detail.certificate.dns == (f"{report.server}.egov.internal", f"www.{report.server}.egov.internal")
        assert detail.certificate.ip == ()


def test_a_refused_line_lists_its_reasons_and_stops_nothing(home: HomeForTest) -> None:
    """The others are served; the refused one is journalled with its codes."""
    content = text_of(
        "good,good.egov.internal,10.1.0.1,ops,c,web,server",
        "bad,www.example.com bad_name.egov.internal,10.1.0.2,ops,c,,nosuch",
        "other,other.egov.internal,10.1.0.3,ops,c,web,",
    )
    good, bad, other = issue(home, content)
    assert (good.outcome, bad.outcome, other.outcome) == (Outcome.ISSUED, Outcome.REFUSED, Outcome.ISSUED)
    assert {Code.PROFILE_UNKNOWN, Code.NAME_UNDERSCORE} <= {finding.code for finding in bad.findings}
    with home.workspace.store().read() as snapshot:
        assert snapshot.row("SELECT count(*) FROM journal WHERE action = 'certificate.refused'") == (1,)


def test_a_second_run_gives_exactly_one_certificate_a_line(home: HomeForTest) -> None:
    """A line whose server has a live certificate for the same names is skipped (DETAILS 18)."""
    issue(home, many(5))
    reports = issue(home, many(8))
    assert [report.outcome for report in reports] == [Outcome.SKIPPED] * 5 + [Outcome.ISSUED] * 3
    with home.workspace.store().read() as snapshot:
        assert snapshot.row("SELECT count(*) FROM certificate") == (8,)


def test_a_server_with_other_names_is_refused_not_replaced(home: HomeForTest) -> None:
    """A changed line is a decision for a person."""
    issue(home, many(1))
    (report,) = issue(home, text_of("s0,other.egov.internal,10.1.0.1,ops,c,web,server"))
    assert report.outcome is Outcome.REFUSED
    assert [finding.code for finding in report.findings] == [Code.ALREADY_ISSUED]


def test_many_lines_go_through_other_processes_with_the_same_result(
    home: HomeForTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys and files are the work of a pool; the reports come in the order of the lines."""
    monkeypatch.setattr(inventory, "WORKERS_FROM", 1)
    reports = issue(home, many(230))
    assert [report.number for report in reports] == list(range(2, 232))
    assert {report.outcome for report in reports} == {Outcome.ISSUED}
    assert len({report.serial for report in reports}) == 230
    assert all(report.folder is not None and (report.folder / "privkey.pem").exists() for report in reports)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "header"),
        (b"server,dns\n", "missing"),
        (text_of(header=HEADER + ",colour"), "unknown"),
        (b"\xff\xfe\x00bad", "UTF-8"),
        (b"server\0,dns\n", "NUL"),
        (text_of('"open,s.egov.internal,,o,c,p,server'), "line"),
    ],
)
def test_what_is_no_inventory_is_a_usage_error(content: bytes, word: str) -> None:
    """Exit 2 with every reason."""
    with pytest.raises(UsageError) as caught:
        read_inventory(content, name="inventory.csv")
    text = " ".join([caught.value.message, *(finding.message for finding in caught.value.findings)])
    assert word in text


def test_odd_lines_are_problems_of_their_own(home: HomeForTest) -> None:
    """A repeated server or a line with too few cells is refused by its number."""
    content = text_of(
        "a,a.egov.internal,,ops,c,web,server", "a,a2.egov.internal,,ops,c,web,server", "short,line", "", ",,,,,,"
    )
    reports = issue(home, content)
    assert [(report.number, report.outcome) for report in reports] == [
        (2, Outcome.ISSUED),
        (3, Outcome.REFUSED),
        (4, Outcome.REFUSED),
    ]


def test_the_example_network_is_issued_whole(home: HomeForTest) -> None:
    """N11: the 30 sites of the worked example."""
    content = (Path(__file__).parents[2] / "examples" / "egov-network" / "inventory.csv").read_bytes()
    expected = len(list(csv.DictReader(io.StringIO(content.decode()))))
    reports = issue(home, content)
    assert 120 <= expected <= 200
    assert [report.outcome for report in reports] == [Outcome.ISSUED] * expected


def test_r2_1_lines_under_a_reviewed_profile_wait_and_the_others_are_served(home: HomeForTest) -> None:
    """R2.1: each waits under its own application; the run again makes no second one."""
    made = with_reviewers(home)
    content = text_of(
        "web1,web1.egov.internal,,ops,,Web,server",
        "pay1,pay1.egov.internal,,ops,,Payments,guarded",
        "pay2,pay2.egov.internal,,ops,,Payments,reviewed",
    )
    rehearsed = inventory.rehearse_inventory(made.workspace, read_inventory(content, name="test.csv"))
    assert [(report.outcome, report.application) for report in rehearsed] == [
        (Outcome.ISSUED, None),
        (Outcome.WAITING, None),
        (Outcome.WAITING, None),
    ]
    first, second = issue(made, content), issue(made, content)
    assert [report.outcome for report in first] == [Outcome.ISSUED, Outcome.WAITING, Outcome.WAITING]
    assert [report.application for report in first] == [None, 1, 2]
    assert [report.outcome for report in second] == [Outcome.SKIPPED, Outcome.WAITING, Outcome.WAITING]
    assert [report.application for report in second] == [None, 1, 2]
    changed = content.replace(b"pay2.egov.internal,", b"pay3.egov.internal,")
    assert [report.outcome for report in issue(made, changed)] == [
        Outcome.SKIPPED,
        Outcome.WAITING,
        Outcome.REFUSED,
    ]
    made.workspace.close()
