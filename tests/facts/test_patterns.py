"""What is taken for a regular expression, how far it is written out, and when it is broken off."""

import pytest

from certmgr.patterns import PatternError, _is_simple, _written_out, search_of

LONG = "a" * 253
"""As long as a name can be."""


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^db[0-9]+", "db12.egov.internal", True),
        ("^DB", "db12.egov.internal", True),
        ("db$", "db12.egov.internal", False),
        ("[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", "6f9619ff-8b86-d011-b42d-00cf4fc964ff", True),
        ("(web|mail)-?[0-9]", "mail7", True),
        ("(?<!x)y", "xy", False),
    ],
)
def test_a_pattern_is_found_in_any_case(pattern: str, text: str, found: object) -> None:
    """Anywhere, unless it says where."""
    assert (search_of(pattern)(text) is not None) is found


@pytest.mark.parametrize("pattern", ["(a?){200}a{200}!", "(a|aa)+!", "(?R)a|b", "(?R)"])
def test_what_multiplies_ends_by_itself(pattern: str) -> None:
    """Repetitions inside repetitions, alternatives in one, a pattern inside itself."""
    with pytest.raises(TimeoutError):
        search_of(pattern)(LONG)


@pytest.mark.parametrize(
    ("pattern", "simple"),
    [
        ("site-99", True),
        (r"4[0-9]{3}\.site", True),
        ("a.*b", True),
        ("web|mail", True),
        ("a.*b.*c", False),
        ("(a|b)+", False),
        ("(?R)", False),
        ("(?=a)", False),
        (r"(.+)\1", False),
        ("(abc){e}", False),
    ],
)
def test_only_what_has_one_choice_is_searched_without_a_clock(pattern: str, simple: object) -> None:
    """Whatever may go back twice is timed."""
    assert _is_simple(pattern) is simple


@pytest.mark.parametrize(
    ("pattern", "size"),
    [
        ("abc", 3),
        ("ab{3}", 4),
        ("(ab){3}", 9),
        ("(a{10}){10}", 110),
        ("a{0}", 1),
        ("a{5,900}", 5),
        ("a{,900}", 7),
        (r"[]({9}]{3}", 3),
        (r"\({3}", 3),
    ],
)
def test_a_pattern_is_as_long_as_it_is_written_out(pattern: str, size: int) -> None:
    """A class and what is escaped are one character; a group counts for itself."""
    assert _written_out(pattern) == size


@pytest.mark.parametrize(
    "pattern", ["(a{1000}){1000}", "(a{1000,2000}){1000,2000}", "((((((((a{9}){9}){9}){9}){9}){9}){9}){9})"]
)
def test_what_would_fill_the_memory_is_not_compiled(pattern: str) -> None:
    """Compiling writes counts out; no time limit holds there."""
    with pytest.raises(PatternError, match="10,000 is the most"):
        search_of(pattern)


@pytest.mark.parametrize("pattern", ["(", "[", "a**", "es Lk.{01d<a,>2s]|L#="])
def test_what_is_no_regular_expression_says_why(pattern: str) -> None:
    """Whatever the library raises."""
    with pytest.raises(PatternError, match="not a regular expression: "):
        search_of(pattern)
