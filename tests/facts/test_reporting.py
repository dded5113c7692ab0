"""Reports as text, HTML, CSV, JSON and calendar: what they say, and that nothing in them can do harm."""

import csv
import io
import json
import re
from datetime import date, timedelta
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certmgr.reporting import commitments_page, documents, expiry_page, figures, icalendar, plain, sheets
from certmgr.reporting.charts import Bar, bars
from certmgr.reporting.facts import Spans
from certmgr.reporting.wording import span
from tests.facts.reports import (
    HOSTILE,
    NOW,
    PROMISES,
    ROWS,
    commitments_report,
    expiring,
    expiry_report,
    matches_golden,
    promise,
)

VOID_TAGS = frozenset({"meta", "rect", "path", "br"})


class Tree(HTMLParser):
    """A page's tags, its attributes and its text; raises where tags are not nested."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag and its attributes."""
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID_TAGS:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag that closes itself."""
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost tag, which this has to be."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.words += data


PAGES = {
    "commitments": commitments_page.commitments(commitments_report()),
    "commitments-none": commitments_page.commitments(commitments_report(())),
    "expiry": expiry_page.expiry(expiry_report()),
    "expiry-none": expiry_page.expiry(expiry_report(())),
}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("commitments.txt", plain.commitments(commitments_report())),
        ("commitments.csv", sheets.commitments(commitments_report())),
        ("commitments.json", documents.commitments(commitments_report())),
        ("commitments.html", PAGES["commitments"]),
        ("expiry.txt", plain.expiry(expiry_report(), ascii_only=False)),
        ("expiry-ascii.txt", plain.expiry(expiry_report(), ascii_only=True)),
        ("expiry.csv", sheets.expiry(expiry_report())),
        ("expiry.json", documents.expiry(expiry_report())),
        ("expiry.ics", icalendar.expiry(expiry_report())),
        ("expiry.html", PAGES["expiry"]),
    ],
    ids=lambda value: value if len(value) < 40 else "",
)
def test_a_report_is_what_it_was(name: str, text: str) -> None:
    """Each form is as it was when somebody last looked at it."""
    assert matches_golden(name, text)


def test_r6_1_percentiles_are_of_what_was_used_and_a_running_breach_counts() -> None:
    """R6.1: 50th, 95th and 100th by nearest rank over the kept and the breached; open and void ones are left out."""
    found = figures.figures(
        ("publish-revocation",),
        (
            *(promise(number, used=timedelta(hours=number)) for number in range(1, 20)),
            promise(20, opened=NOW - timedelta(hours=30), status="breached"),
            promise(21, status="open", opened=NOW - timedelta(hours=23)),
            promise(22, status="void", used=timedelta(hours=900)),
        ),
    )[0]
    assert found.seconds == Spans(p50=10 * 3600.0, p95=19 * 3600.0, p100=30 * 3600.0)
    assert found.percent is not None
    assert found.percent.p100 == 125.0
    assert (found.met, found.breached, found.breached_open, found.open, found.void) == (19, 1, 1, 1, 1)
    assert found.least_left == timedelta(hours=1)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50), st.integers(1, 100))
def test_a_percentile_is_a_value_that_so_many_do_not_exceed(values: list[float], percent: int) -> None:
    """Nearest rank: it is one of the values, and the smallest with the share at or below it."""
    found = figures.percentile(values, percent)
    assert found in values
    assert sum(value <= found for value in values) * 100 >= percent * len(values)
    smaller = [value for value in values if value < found]
    assert len(smaller) * 100 < percent * len(values)


def test_a_percentile_of_nothing_is_an_error() -> None:
    """Callers leave it out instead."""
    with pytest.raises(ValueError, match="percentile"):
        figures.percentile([], 50)
    assert figures.spans([]) is None


def test_r6_1_what_was_carried_over_and_opened_is_what_ended_or_runs() -> None:
    """R6.1: carried + opened = met + breached + open + void, for each kind, those without a promise too."""
    found = commitments_report().kinds
    for one in found:
        assert one.carried + one.opened == one.met + one.breached + one.open + one.void
    assert sum(one.carried + one.opened for one in found) == len(PROMISES)
    assert [one.kind for one in found if not one.opened] == ["release-hold"]


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0s"), (59, "59s"), (60, "1m"), (3599, "59m"), (3600, "1h 00m"), (86400, "1d 00h")]
)
def test_a_span_is_told_in_two_units_at_most(seconds: int, words: str) -> None:
    """In the terms of whoever has to keep it."""
    assert span(timedelta(seconds=seconds)) == span(float(seconds)) == words
    assert span(None) == "-"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_stands_alone_and_runs_nothing(name: str) -> None:
    """One file: no script, no reference, no handler; what an owner is called is text."""
    page = Tree(PAGES[name])
    assert not {"script", "link", "img", "iframe", "object", "embed", "a", "form", "base", "image", "use"} & set(
        page.tags
    )
    names = {attribute for attribute, _ in page.attributes}
    assert not {one for one in names if one.startswith("on") or one in {"href", "src", "style", "action", "xlink:href"}}
    assert not re.search(r"https?:|//|@import|url\(", re.sub(r"<td>.*?</td>", "", PAGES[name]))
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes


def test_a_hostile_name_is_shown_and_does_nothing() -> None:
    """Escaped in cells and in charts, control characters as their code."""
    for page in (PAGES["commitments"], PAGES["expiry"], commitments_page.commitments(commitments_report((), HOSTILE))):
        assert "<script>" not in page
        assert "\x1b" not in page
        assert '<script>alert("1")</script>&\\x1b[31m' in Tree(page).words
    drawing = bars(HOSTILE, [Bar(label=HOSTILE, parts=(("met", 1.0),), words=HOSTILE)])
    assert "<script>" not in drawing


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_read_in_the_light_in_the_dark_and_on_paper(name: str) -> None:
    """Style for each; every table has a caption and heads, every picture a title and its figures in words."""
    page = PAGES[name]
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
    assert page.count("<table>") == page.count("<caption>") == page.count("<thead>")
    for drawing in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        tree = ET.fromstring(drawing)  # noqa: S314 - our own
        assert tree.get("role") == "img"
        assert tree.findtext("title")
        width = float(str(tree.get("viewBox")).split()[2])
        for part in tree.iter("rect"):
            assert 0 <= float(part.get("x", "")) + float(part.get("width", "")) <= width


def test_a_small_part_of_a_bar_is_seen_and_the_longest_leaves_room_for_its_words() -> None:
    """One breach among ten thousand is what the picture is for."""
    tree = ET.fromstring(bars("t", [Bar(label="k", parts=(("met", 9999.0), ("breached", 1.0)), words="w")]))  # noqa: S314
    met, breached = tree.iter("rect")
    assert float(breached.get("width", "")) >= 2
    assert float(met.get("width", "")) + float(met.get("x", "")) < 920 - 200


def test_csv_is_rfc_4180_and_no_cell_is_a_formula() -> None:
    """CRLF, quotes doubled; = + - @ at the front of a cell are defused; numbers stay numbers."""
    text = sheets.expiry(expiry_report())
    assert text.count("\r\n") == len(ROWS) + 1
    assert "\n" not in text.replace("\r\n", "")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert rows[0]["owner"] == '\'=HYPERLINK("http://x")'
    assert rows[1]["owner"] == ROWS[1].owner
    assert "\x1b" not in text
    assert rows[0]["days_left"] == "4"
    for start in "=+-@\t\r":
        assert sheets.defused(f"{start}1").startswith("'")
    assert sheets.defused("Unit-A") == "Unit-A"


def unfolded(text: str) -> list[str]:
    """Return the content lines of a calendar (RFC 5545 3.1)."""
    return text.replace("\r\n ", "").split("\r\n")[:-1]


def test_a_calendar_has_two_days_for_each_certificate() -> None:
    """R5.1: the day the window opens and the day of expiry, all day, stable UIDs, DTSTAMP of the clock, no alarm."""
    text = icalendar.expiry(expiry_report())
    assert "\n" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    lines = unfolded(text)
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    uids = [line for line in lines if line.startswith("UID:")]
    assert len(uids) == len(set(uids)) == 2 * len(ROWS)
    assert lines.count("BEGIN:VEVENT") == lines.count("DTSTAMP:20261125T120000Z") == 2 * len(ROWS)
    first = lines[lines.index("UID:4f01-expiry@certmgr") :]
    assert first[2:4] == ["DTSTART;VALUE=DATE:20261129", "DTEND;VALUE=DATE:20261130"]
    window = lines[lines.index("UID:4f01-window@certmgr") :]
    assert window[2] == "DTSTART;VALUE=DATE:20261030"
    assert "VALARM" not in text
    later = icalendar.expiry(expiry_report(ROWS[:1]))
    assert [line for line in unfolded(later) if line.startswith("UID:")] == uids[:2]


def test_an_empty_calendar_has_a_component() -> None:
    """RFC 5545 3.6 asks for one."""
    lines = unfolded(icalendar.expiry(expiry_report(())))
    assert "BEGIN:VTIMEZONE" in lines
    assert "BEGIN:VEVENT" not in lines


@given(st.text(max_size=200))
def test_a_folded_line_is_what_it_was_and_no_line_is_too_long(text: str) -> None:
    """RFC 5545 3.1, 3.3.11: octets counted, no character divided, nothing ends the line from within."""
    value = icalendar.escaped(text)
    assert not re.search(r"[\r\n]", value)
    assert not re.search(r"(?<!\\)[;,]", value.replace("\\\\", ""))
    folded = icalendar.folded(f"SUMMARY:{value}")
    assert folded.replace("\r\n ", "") == f"SUMMARY:{value}"
    assert all(len(line.encode()) <= 75 for line in folded.split("\r\n"))


def test_weeks_begin_on_monday_and_none_is_left_out() -> None:
    """From the week of today to that of the last day."""
    found = figures.weeks(expiry_report())
    assert [str(one.monday) for one in found][:2] == ["2026-11-23", "2026-11-30"]
    assert len(found) == 7
    assert [one.count for one in found] == [1, 2, 0, 0, 0, 1, 0]
    assert len(figures.weeks(expiry_report((), days=0))) == 1


def test_a_histogram_scales_and_says_how() -> None:
    """A bar has fifty cells at most; a week with one certificate still has one."""
    rows = (*(expiring(number, date(2026, 12, 1)) for number in range(120)), expiring(200, date(2026, 12, 9)))
    lines = plain.expiry(expiry_report(rows), ascii_only=True).splitlines()
    assert lines[1] == "# is up to 3 certificates"
    assert lines[3] == f"2026-11-30  {'#' * 40} 120"
    assert lines[4] == "2026-12-07  # 1"
    assert lines[2] == "2026-11-23  ."
    assert plain.expiry(expiry_report(), ascii_only=True).isascii()


def test_documents_are_ascii_with_a_schema_first() -> None:
    """Spans in whole seconds, times in UTC, absent is null."""
    text = documents.commitments(commitments_report())
    assert text.isascii()
    found = json.loads(text)
    assert next(iter(found)) == "schema"
    assert found["commitments"][1]["used_s"] == 41 * 60
    assert found["commitments"][4]["left_s"] == 23 * 3600
    assert found["commitments"][1]["left_s"] is None
    assert found["kinds"][2]["used_s"] is None
    with pytest.raises(TypeError):
        documents.document("x/1", value=object())
