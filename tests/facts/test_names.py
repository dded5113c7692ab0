"""DNS names: what people type becomes one canonical internal name, or every reason why not."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certmgr.codes import Code
from certmgr.errors import RefusedError, UsageError
from certmgr.names import MAX_NAME, check_dns_name, check_server_name, parse_dns_name

LDH = frozenset(string.ascii_lowercase + string.digits + "-")
LABELS = st.from_regex(r"[a-z]([a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)


def codes(text: str, *, wildcard: bool = False) -> set[Code]:
    """Return the codes of everything that is wrong with `text`."""
    name, findings = check_dns_name(text, wildcard=wildcard)
    assert (name is None) == bool(findings)
    return {finding.code for finding in findings}


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("portal.corp.internal", "portal.corp.internal"),
        ("Portal.CORP.Internal", "portal.corp.internal"),
        ("portal.corp.internal.", "portal.corp.internal"),
        ("1.2.3.x4", "1.2.3.x4"),
        ("3com.corp.internal", "3com.corp.internal"),
        ("a.b.1x", "a.b.1x"),
        ("a--b.corp.internal", "a--b.corp.internal"),
        ("Straße.corp.internal", "xn--strae-oqa.corp.internal"),
        ("xn--strae-oqa.corp.internal", "xn--strae-oqa.corp.internal"),
        ("XN--STRAE-OQA.corp.internal", "xn--strae-oqa.corp.internal"),
        ("門戶。corp。internal", "xn--youq55i.corp.internal"),
        ("ＰＯＲＴＡＬ.corp.internal", "portal.corp.internal"),
        ("日本カナabc.corp.internal", "xn--abc-jj4b4fs673ao4b.corp.internal"),
        ("портал.corp.internal", "xn--80awhdgm.corp.internal"),
    ],
)
def test_a_name_comes_out_as_lower_case_a_labels(typed: str, name: str) -> None:
    """Case, a final dot and the script in which a name is typed leave no trace (RFC 5890, UTS 46, IDNA 2008)."""
    assert parse_dns_name(typed) == name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {Code.NAME_EMPTY}),
        (".", {Code.NAME_EMPTY}),
        ("a\x00.corp.internal", {Code.NAME_CONTROL}),
        ("a\n.corp.internal", {Code.NAME_CONTROL}),
        ("portal.corp.internal\n", {Code.NAME_CONTROL}),
        ("a\x1b[31m.corp.internal", {Code.NAME_CONTROL, Code.NAME_CHARACTER}),
        ("port\u00adal.corp.internal", {Code.NAME_CONTROL}),
        ("port\u202eal.corp.internal", {Code.NAME_CONTROL, Code.NAME_IDNA}),
        ("a b.corp.internal", {Code.NAME_SPACE}),
        (" portal.corp.internal", {Code.NAME_SPACE}),
        ("a\u3000b.corp.internal", {Code.NAME_SPACE}),
        ("a_b.corp.internal", {Code.NAME_UNDERSCORE}),
        ("a＿b.corp.internal", {Code.NAME_UNDERSCORE}),
        ("user@corp.internal", {Code.NAME_CHARACTER}),
        ("http://corp.internal", {Code.NAME_CHARACTER}),
        ("℀.corp.internal", {Code.NAME_CHARACTER}),
        ("a..corp.internal", {Code.NAME_EMPTY_LABEL}),
        (".corp.internal", {Code.NAME_EMPTY_LABEL}),
        ("corp.internal..", {Code.NAME_EMPTY_LABEL}),
        ("-a.corp.internal", {Code.NAME_HYPHEN}),
        ("a-.corp.internal", {Code.NAME_HYPHEN}),
        ("ab--c.corp.internal", {Code.NAME_RESERVED}),
        (f"{'a' * 64}.corp.internal", {Code.NAME_LABEL_LONG}),
        (f"{'ü' * 63}.corp.internal", {Code.NAME_LABEL_LONG}),
        (f"{'abc.' * 75}", {Code.NAME_LONG}),
        ("a" * 300, {Code.NAME_LONG, Code.NAME_LABEL_LONG, Code.NAME_BARE}),
        ("x." * 5000, {Code.NAME_LONG}),
        ("portal.corp.1", {Code.NAME_NUMERIC_END}),
        ("portal.corp.0x1f", {Code.NAME_NUMERIC_END}),
        ("10.1.2.3", {Code.NAME_ADDRESS}),
        ("fd00::1", {Code.NAME_ADDRESS}),
        ("portal", {Code.NAME_BARE}),
        ("☃.corp.internal", {Code.NAME_IDNA}),
        ("a\u200cb.corp.internal", {Code.NAME_IDNA}),
        ("xn--abc.corp.internal", {Code.NAME_IDNA}),
        ("xn--zzzzzzzz99999.corp.internal", {Code.NAME_PUNYCODE}),
        ("xn---tda.corp.internal", {Code.NAME_PUNYCODE}),
        ("xn--portal-.corp.internal", {Code.NAME_PUNYCODE, Code.NAME_HYPHEN}),
        ("pоrtal.corp.internal", {Code.NAME_SCRIPTS}),
        ("xn--prtal-jye.corp.internal", {Code.NAME_SCRIPTS}),
        ("αlpha.corp.internal", {Code.NAME_SCRIPTS}),
        ("한국漢.corp.internal", {Code.NAME_SCRIPTS}),
    ],
)
def test_a_hostile_name_is_refused_for_its_own_reasons(text: str, expected: set[Code]) -> None:
    """Each kind of bad name has its finding, and no finding is about something that is not there."""
    assert codes(text) == expected


def test_everything_wrong_with_a_name_is_told_at_once() -> None:
    """A refusal carries all its reasons (STYLE 10)."""
    assert codes("-a b._c..pоrtal.ab--c.1") == {
        Code.NAME_SPACE,
        Code.NAME_UNDERSCORE,
        Code.NAME_HYPHEN,
        Code.NAME_EMPTY_LABEL,
        Code.NAME_SCRIPTS,
        Code.NAME_RESERVED,
        Code.NAME_NUMERIC_END,
    }


@pytest.mark.parametrize("text", ["*.corp.internal", "*.Corp.Internal.", "*.стр.internal"])
def test_a_wildcard_is_a_whole_first_label_and_only_where_it_is_allowed(text: str) -> None:
    """Wildcards are by profile (RFC 6125 6.4.3)."""
    assert parse_dns_name(text, wildcard=True).startswith("*.")
    assert codes(text) == {Code.NAME_WILDCARD}


@pytest.mark.parametrize("text", ["a.*.internal", "*.*.internal", "a*.corp.internal", "*a.corp.internal", "corp.*"])
def test_an_asterisk_elsewhere_is_refused_under_every_profile(text: str) -> None:
    """Only a whole first label can be a wildcard."""
    assert Code.NAME_WILDCARD_PLACE in codes(text, wildcard=True)


def test_a_wildcard_over_a_single_label_is_refused() -> None:
    """`*.internal` would cover everybody's zones: what follows the asterisk is a full name."""
    assert codes("*.internal", wildcard=True) == {Code.NAME_BARE}


def test_a_name_that_is_none_is_a_usage_error_and_one_that_is_never_certified_a_refusal() -> None:
    """Exit 2: not what it was given as; exit 4: understood and refused (DETAILS 52)."""
    with pytest.raises(UsageError) as not_a_name:
        parse_dns_name("a..b")
    with pytest.raises(RefusedError) as refused:
        parse_dns_name("pоrtal")
    assert [f.code for f in not_a_name.value.findings] == [Code.NAME_EMPTY_LABEL]
    assert {f.code for f in refused.value.findings} == {Code.NAME_SCRIPTS, Code.NAME_BARE}


def test_a_message_shows_no_control_character() -> None:
    """What is printed cannot move the cursor or turn the text around."""
    _name, findings = check_dns_name("a\x1b]0;x\x07\u202e.corp.internal")
    assert findings
    for finding in findings:
        assert finding.message.isprintable()
        assert (finding.value or "").isprintable()


@given(st.lists(LABELS, min_size=2, max_size=8).map(".".join))
def test_the_short_way_and_the_long_way_agree(name: str) -> None:
    """A plain name that the fast path takes is one that the strict reading takes, and is the same."""
    from certmgr.names_strict import check_any_name

    assert check_dns_name(name.upper()) == check_any_name(name.upper(), wildcard=False, bare=False) == (name, ())


@given(st.text(max_size=80) | st.text(alphabet="aZ0-._*xn\u0430\u4e00\u30ab\u200d。é", max_size=40))
def test_whatever_is_typed_gives_a_canonical_name_or_findings(text: str) -> None:
    """A name that comes out holds nothing but letters, digits, hyphens and dots, and comes out of itself again."""
    name, findings = check_dns_name(text, wildcard=True)
    assert (name is None) == bool(findings)
    if name is not None:
        labels = name.removeprefix("*.").split(".")
        assert len(name) <= MAX_NAME
        assert len(labels) > 1
        assert all(label and set(label) <= LDH and len(label) <= 63 for label in labels)
        assert check_dns_name(name, wildcard=True) == (name, ())


@pytest.mark.parametrize("name", ["portal", "portal.corp.internal", "db_1", "0", "a" * 63])
def test_a_server_name_may_hold_dots_hyphens_and_underscores(name: str) -> None:
    """DETAILS 51."""
    assert check_server_name(name) == ()


@pytest.mark.parametrize("name", ["", "-a", ".a", "Portal", "a b", "a/b", "../a", "a" * 64, "a\n", "é"])
def test_a_server_name_that_could_be_a_path_or_an_option_is_refused(name: str) -> None:
    """A server's name is a folder's name (DETAILS 17, 51)."""
    assert [finding.code for finding in check_server_name(name)] == [Code.SERVER_NAME]
