"""The filter language: text to a tree, or every bad term with its reason."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certmgr.codes import Code
from certmgr.errors import UsageError
from certmgr.filters import DaysLeft, Field, Filter, HasFact, HasState, Pattern, Term, Text, parse_filter
from certmgr.lifecycle import Operator
from certmgr.models.certificates import Flag, State


def one(text: str) -> Term:
    """Return the only term of `text`."""
    (term,) = parse_filter(text).terms
    return term


def reasons(text: str) -> list[str]:
    """Return what is wrong with each bad term of `text`."""
    with pytest.raises(UsageError) as caught:
        parse_filter(text)
    assert all(finding.code is Code.FILTER_TERM for finding in caught.value.findings)
    return [finding.message for finding in caught.value.findings]


@pytest.mark.parametrize("text", ["", "   ", "\t"])
def test_an_empty_filter_lets_everything_through(text: str) -> None:
    """No term, no condition."""
    assert parse_filter(text) == Filter(terms=())


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("portal", Text(text="portal")),
        ("Portal.CORP", Text(text="portal.corp")),
        ('"two words"', Text(text="two words")),
        ('unit" "a', Text(text="unit a")),
        ('"state:due"', Text(text="state:due")),
        ("10.1.2", Text(text="10.1.2")),
        ("fd00::1", Text(text="fd00::1")),
        ("ab:cd:ef", Text(text="ab:cd:ef")),
        ("!portal", Text(text="portal", negated=True)),
        ("days", Text(text="days")),
        ("/^db[0-9]+/", Pattern(pattern="^db[0-9]+")),
        ("/a b/", Pattern(pattern="a b")),
        (r"/a\/b/", Pattern(pattern=r"a\/b")),
        ("!/x/", Pattern(pattern="x", negated=True)),
        ("state:due", HasState(states=(State.DUE,), flags=())),
        ("state:renew", HasState(states=(State.DUE,), flags=())),
        ("state:Valid,held,valid", HasState(states=(State.VALID, State.HELD), flags=())),
        ("state:revoking,revoked", HasState(states=(State.REVOKED,), flags=(Flag.REVOKING,))),
        ("!state:expired", HasState(states=(State.EXPIRED,), flags=(), negated=True)),
        ("days<30", DaysLeft(op=Operator.LESS, days=30)),
        ("days<=0", DaysLeft(op=Operator.LESS_EQUAL, days=0)),
        ("days>=-7", DaysLeft(op=Operator.GREATER_EQUAL, days=-7)),
        ("days=1", DaysLeft(op=Operator.EQUAL, days=1)),
        ("ca:issuing-2026-1", HasFact(field=Field.AUTHORITY, values=("issuing-2026-1",))),
        ("profile:Server,wildcard", HasFact(field=Field.PROFILE, values=("server", "wildcard"))),
        ('owner:"Unit A"', HasFact(field=Field.OWNER, values=("Unit A",))),
        ("key:ec-p256", HasFact(field=Field.KEY, values=("ec-p256",))),
        ("key:ec", HasFact(field=Field.KEY, values=("ec-p256", "ec-p384"))),
        ("serial:4f:0a", HasFact(field=Field.SERIAL, values=("4F0A",))),
        ("serial:0x4f0a", HasFact(field=Field.SERIAL, values=("4F0A",))),
        ("server:portal", HasFact(field=Field.SERVER, values=("portal",))),
        ("cause:key-lost", HasFact(field=Field.CAUSE, values=("key-lost",))),
    ],
)
def test_each_form_of_a_term_has_its_meaning(text: str, term: Term) -> None:
    """UX 1.4."""
    assert one(text) == term


def test_terms_stand_beside_each_other_in_their_order() -> None:
    """All must hold."""
    assert parse_filter('portal  state:due !"b c" days<3').terms == (
        Text(text="portal"),
        HasState(states=(State.DUE,), flags=()),
        Text(text="b c", negated=True),
        DaysLeft(op=Operator.LESS, days=3),
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("stat:due", "state: may be meant"),
        ("colour:red", "put it in quotes"),
        ("state:good", "is not a state; the states are pending, revoked"),
        ("state:", "a value is missing"),
        ("state:due,", "a value is missing"),
        ("days<soon", "a whole number"),
        ("days:30", "a whole number"),
        ("days<30d", "a whole number"),
        ("key:dsa", "is not a key type"),
        ("serial:xyz", "is not the beginning of a serial"),
        ("cause:spite", "is not a cause"),
        ("/(/", "not a regular expression"),
        ("/(a{1000}){1000}/", "its repetitions stand for 1,001,000 characters or groups"),
        ("/a{99999999999}/", "10,000 is the most"),
        ("//", "between two slashes"),
        ("/open", "between two slashes"),
        (f"/{'a' * 201}/", "200 characters at most"),
        ("!", "stands before the term"),
        ('"open', "a quote is not closed"),
        ('""', "the quotes are empty"),
    ],
)
def test_a_bad_term_is_named_with_its_reason(text: str, reason: str) -> None:
    """Exit 2, and what would be right."""
    (message,) = reasons(text)
    assert message.startswith(text[:10])
    assert reason in message


def test_all_bad_terms_are_named_at_once() -> None:
    """The good ones between them are not."""
    assert len(reasons("stat:x portal days<x key:rsa /(/")) == 3


def test_a_filter_of_more_than_a_thousand_characters_is_refused() -> None:
    """Nobody types it."""
    with pytest.raises(UsageError, match="1000 is the most"):
        parse_filter("a" * 1001)


def test_a_message_shows_no_control_character() -> None:
    """A pasted escape sequence does not reach the terminal."""
    (message,) = reasons("state:\x1b[2J")
    assert message.isprintable()


@given(st.text(max_size=60) | st.text(alphabet='abde:state,<>=! /"\\(0159', max_size=40))
def test_any_text_gives_a_filter_or_a_usage_error(text: str) -> None:
    """The field filters while one types: every half-typed text is met."""
    with suppress(UsageError):
        assert bool(parse_filter(text).terms) == bool(text.strip())
