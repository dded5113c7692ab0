"""How facts read: safe text, countdowns, states, widths."""

from datetime import UTC, datetime, timedelta
from unicodedata import category
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certmgr.models.certificates import CertificateId, State
from tui.columns import columns_at, heading_line, row_line
from tui.present import ASCII, UNICODE, Glyphs, Ink, countdown, fit, ink_of, next_tick, safe_text, state_piece, width_of
from tui.views import Row

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ROW = Row(
    id=CertificateId(1),
    server="portal.hub.egov.internal",
    serial="4F" * 20,
    state=State.VALID,
    revoking=False,
    days=364,
    not_after=NOW + timedelta(days=364),
    created=NOW,
    profile="server",
    owner="Citizens' office",
    key="ec-p256",
)

LEFT = {
    timedelta(hours=23, minutes=59, seconds=59): "23h 59m",
    timedelta(hours=23, minutes=41): "23h 41m",
    timedelta(hours=1): "1h 00m",
    timedelta(minutes=41, seconds=30): "41m",
    timedelta(minutes=2): "2m",
    timedelta(seconds=119): "1m 59s",
    timedelta(seconds=59): "59s",
    timedelta(seconds=1): "1s",
    timedelta(0): "OVERDUE",
    timedelta(seconds=-59): "OVERDUE",
    timedelta(minutes=-1): "OVERDUE 1m",
    timedelta(hours=-2, minutes=-5): "OVERDUE 2h 05m",
    timedelta(days=-3, hours=-4): "OVERDUE 3d 04h",
}


@pytest.mark.parametrize(("left", "text"), LEFT.items(), ids=str)
def test_a_countdown_reads_the_same_everywhere(left: timedelta, text: str) -> None:
    """Hours and minutes, seconds only below two minutes, and a word once it is late (R6.1)."""
    assert countdown(NOW + left, NOW) == text


def test_a_countdown_never_promises_more_than_there_is() -> None:
    """A second before the hour is over, 59 minutes are left."""
    assert countdown(NOW + timedelta(minutes=59, seconds=59), NOW) == "59m"


@given(st.integers(min_value=-(8 * 10**6), max_value=8 * 10**6))
def test_a_short_countdown_fits_its_column(seconds: int) -> None:
    """Whatever the deadline, the list's last column holds it at 80 columns."""
    assert len(countdown(NOW + timedelta(seconds=seconds), NOW, short=True)) <= 11


def test_the_clock_ticks_fast_only_when_seconds_are_shown() -> None:
    """A second while a deadline is under two minutes away, else half a minute, and in time for the change."""
    assert next_tick((NOW + timedelta(seconds=119),), NOW) == 1
    assert next_tick((NOW + timedelta(hours=3),), NOW) == 30
    assert next_tick((NOW + timedelta(seconds=125),), NOW) == 5
    assert next_tick((NOW - timedelta(hours=1),), NOW) == 30


UNSAFE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
HOSTILE = (
    "\x1b]0;owned\x07",
    "\x1b[31m",
    "\x9b2J",
    "a\nb",
    "a\rb",
    "\u202egnp.exe",
    "\u2066x\u2069",
    "\u200bx",
    "\ufeffx",
)


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
@pytest.mark.parametrize("ascii_only", [False, True])
def test_nothing_that_acts_on_a_terminal_is_shown_raw(text: str, ascii_only: bool) -> None:  # noqa: FBT001 - a parameter
    """Controls, line breaks and direction marks are written out."""
    shown = safe_text(text, ascii_only=ascii_only)
    assert shown.isprintable()
    assert "\\" in shown


@given(st.text())
def test_shown_text_never_acts_on_a_terminal(text: str) -> None:
    """Whatever the data holds, one line that acts on nothing comes out; with ASCII, ASCII."""
    assert UNSAFE.isdisjoint(map(category, safe_text(text)))
    assert safe_text(text, ascii_only=True).isascii()


def test_a_variation_selector_is_written_out() -> None:
    """It would change the width of the character before it, and with it every column after."""
    assert safe_text("x\ufe0f") == "x\\ufe0f"


@given(st.text(alphabet="ab网络あ…é"), st.integers(min_value=0, max_value=40))
def test_text_fills_its_cells_exactly(text: str, width: int) -> None:
    """Cut or padded, a cell is as wide as its column, wide characters included."""
    assert width_of(fit(text, width, UNICODE)) == width


@pytest.mark.parametrize("width", [78, 80, 96, 100, 110, 120, 149, 150, 200])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize("owner", ["Registry", "网络中心网络中心网络中心"])
def test_every_line_is_as_wide_as_the_list(width: int, glyphs: Glyphs, owner: str) -> None:
    """Headings and rows fill the width and do not pass it, so that there is never a horizontal scroll bar."""
    row = Row(**{**{name: getattr(ROW, name) for name in Row.__slots__}, "owner": owner, "due": NOW})
    columns = columns_at(width)
    for line in (
        heading_line(columns, glyphs),
        row_line(row, columns, now=NOW, zone=ZoneInfo("Europe/Berlin"), glyphs=glyphs),
    ):
        assert sum(width_of(piece.text) for piece in line) == width


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_a_state_is_a_sign_and_a_word(state: State, glyphs: Glyphs) -> None:
    """No state is told by colour alone (WCAG 1.4.1), and no two share a sign."""
    piece = state_piece(state, revoking=False, glyphs=glyphs)
    sign, word = piece.text.split(" ")
    assert word == state.value
    assert list(glyphs.states.values()).count(sign) == 1


def test_an_open_request_is_shown_before_the_state() -> None:
    """A certificate with an open revocation request reads `revoking`, whatever its state."""
    assert {ink_of(state, revoking=True) for state in State} == {Ink.REVOKING}
