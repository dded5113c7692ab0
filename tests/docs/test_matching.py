"""What differs in every run is not compared; everything else is."""

import pytest

from tests.docs.matching import matches


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("expires 2026-11-21", "expires 2031-02-03"),
        ("expires 21 Nov 2026", "expires 3 February 2031"),
        ("at 2026-11-21T09:00:00Z", "at 2031-02-03T10:11:12Z"),
        ("at 2026-11-21 09:00 CET", "at 2031-02-03 10:11 CEST"),
        ("notAfter=Nov 21 09:00:00 2026 GMT", "notAfter=Feb  3 10:11:12 2031 GMT"),
        ("serial 3F2A8C0011223344", "serial 77AA99BBCCDDEEFF00"),
        ("SHA-256 AB:CD:EF:01:23:45:67:89", "SHA-256 00:11:22:33:44:55:66:77"),
        ("CN=Example Root CA 2026", "CN=Example Root CA 2031"),
        ("took 0.6 s", "took 12.25 s"),
        ("a   b", "a b "),
    ],
)
def test_what_differs_in_every_run_is_equal(expected: str, actual: str) -> None:
    """Dates, times, serials, fingerprints, years, durations and widths of columns."""
    assert matches((expected,), (actual,))


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("valid", "expired"),
        ("RSA 2048", "RSA 2049"),
        ("10.0.0.1", "10.0.0.2"),
        ("fd00::1", "fd00::2"),
        ("state: valid", "State: valid"),
        ("exit 4", "exit 2"),
        ("30 days", "31 days"),
        ("a+b", "aab"),
    ],
)
def test_everything_else_is_compared(expected: str, actual: str) -> None:
    """A word, a number, an address, a letter's case: a difference is a difference."""
    assert not matches((expected,), (actual,))


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (("...",), ()),
        (("...",), ("a", "b")),
        (("a", "..."), ("a",)),
        (("a", "...", "d"), ("a", "b", "c", "d")),
        (("...", "b", "...", "b"), ("b", "a", "b")),
        (("name ... valid",), ("name  3F2A  364  valid",)),
        (("a", ""), ("a",)),
        ((), ("", "")),
    ],
)
def test_an_ellipsis_stands_for_lines_or_for_text(expected: tuple[str, ...], actual: tuple[str, ...]) -> None:
    """Alone on a line it stands for any lines, none included; within a line for any text."""
    assert matches(expected, actual)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (("a",), ()),
        ((), ("a",)),
        (("a",), ("a", "b")),
        (("a", "b"), ("b", "a")),
        (("a", "...", "d"), ("a", "d", "e")),
        (("...", "b", "...", "b"), ("a", "b")),
        (("name ... valid",), ("name 3F2A expired",)),
    ],
)
def test_an_ellipsis_does_not_stand_for_everything(expected: tuple[str, ...], actual: tuple[str, ...]) -> None:
    """The lines around an ellipsis are there, in their order, and no others."""
    assert not matches(expected, actual)
