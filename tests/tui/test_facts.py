"""One certificate as lines of text."""

from datetime import timedelta

import pytest

from certmgr.queries.certificates import resolve
from tests.clock import START
from tests.home import HomeForTest
from tui.backend import Backend
from tui.facts import detail_lines, wrapped
from tui.present import UNICODE, width_of


def lines(home: HomeForTest, name: str, *, width: int = 80) -> list[str]:
    """Return what is said of a server's certificate."""
    backend = Backend(home.workspace)
    detail = backend.certificates.detail(resolve(home.workspace, f"{name}.egov.internal").id)
    found = detail_lines(detail, width=width, now=START, glyphs=UNICODE)
    return ["".join(piece.text for piece in line) for line in found]


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("portal.hub", ["▲ due  ·  5 days left  ·  until 2026-11-26", "Profile       server"]),
        ("gateway.hub", ["✗ expired  ·  7 days past its end  ·  until 2026-11-14", "Owner         网络中心"]),
        (
            "printer.district-2",
            ["Revoked       2026-11-18 09:00:00 UTC, no-longer-needed", "Published "],
        ),
        ("video-1.district-3", ["■ held", "Held since    2026-11-18 09:00:00 UTC", "Cause         suspended"]),
        ("switch-1.district-3", ["◆ revoking", "OPEN REVOCATION REQUEST ", "(OVERDUE 2h 05m)"]),
        ("video-1.district-2", ["Publish by    2026-11-21 12:10:00 UTC  (in 3h 10m)"]),
        ("mail.hub", ["SUCCESSION ", "this one"]),
    ],
)
def test_a_certificate_says_what_became_of_it(home: HomeForTest, name: str, facts: list[str]) -> None:
    """State, times, owner, revocation with its clock, and who replaced whom (R1.7, R9.1)."""
    text = "\n".join(lines(home, name))
    for fact in facts:
        assert fact in text


def test_the_chain_is_a_tree(home: HomeForTest) -> None:
    """The root on top, the certificate at the end."""
    text = lines(home, "portal.hub")
    place = next(index for index, line in enumerate(text) if line.startswith("CHAIN"))
    assert text[place + 1] == "Example Root CA 2025, ec-p384, until 2035-10-19"
    assert text[place + 2] == "└─ Example Issuing CA 2025-1, ec-p256, until 2028-10-20"
    assert text[place + 3] == "   └─ portal.hub.egov.internal, ec-p256, until 2026-11-26"


@pytest.mark.parametrize("width", [58, 60, 76, 120])
def test_no_line_is_wider_than_its_place(home: HomeForTest, width: int) -> None:
    """Long values are broken, not cut."""
    shown = lines(home, "long-host-name-of-a-second-level-platform.platform-10", width=width)
    assert max(map(width_of, shown)) <= width
    digest = resolve(home.workspace, "long-host-name-of-a-second-level-platform.platform-10.egov.internal").sha256
    assert digest is not None
    assert digest in "".join(line.strip() for line in shown).replace("SHA-256", "").replace(" ", "")


def test_text_is_broken_at_spaces_and_wide_characters_count_twice() -> None:
    """A word that is too long is broken where the line ends."""
    assert wrapped("one two three", 7) == ["one two", "three"]
    assert wrapped("网络中心", 4) == ["网络", "中心"]
    assert wrapped("abcdefgh", 3) == ["abc", "def", "gh"]


def test_the_newest_entry_of_the_history_comes_first(home: HomeForTest) -> None:
    """What happened last is read first."""
    text = lines(home, "switch-1.district-3")
    place = next(index for index, line in enumerate(text) if line.startswith("HISTORY"))
    assert "certificate.revoked by admin" in text[place + 1]
    assert text[-1].endswith("certificate.intended by machine")
    assert text[place + 1].startswith(f"{START - timedelta(hours=26, minutes=5):%Y-%m-%d %H:%M:%S}")
