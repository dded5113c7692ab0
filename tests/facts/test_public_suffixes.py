"""Our reading of the public-suffix list is the library's."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from publicsuffixlist import PSLFILE, PublicSuffixList

from certmgr.public_suffixes import is_public_suffix, public_suffix, registered_domain

LISTED = PublicSuffixList(accept_unknown=False)
RULES = [
    rule.strip().lstrip("!").removeprefix("*.").encode("idna").decode()
    for rule in Path(PSLFILE).read_text(encoding="utf-8").splitlines()[::17]
    if rule and rule.isascii() and not rule.startswith("//")
]


@given(st.sampled_from(RULES), st.lists(st.sampled_from(["a", "www", "city", "x-1"]), max_size=3))
def test_the_suffix_of_any_name_is_the_one_that_the_library_finds(rule: str, labels: list[str]) -> None:
    """publicsuffix.org's algorithm: the longest rule, wildcards, exceptions."""
    name = ".".join([*labels, rule])
    assert public_suffix(name) == LISTED.publicsuffix(name)


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("www.example.com", "example.com"),
        ("example.com", "example.com"),
        ("com", "com"),
        ("a.b.city.kawasaki.jp", "city.kawasaki.jp"),
        ("portal.corp.internal", None),
        ("nas.home.arpa", None),
        ("x.lan", None),
    ],
)
def test_the_registered_domain_is_one_label_more_than_the_suffix(name: str, domain: str | None) -> None:
    """None: not in the public DNS."""
    assert registered_domain(name) == domain


def test_a_special_use_suffix_is_not_public_although_the_list_has_it() -> None:
    """home.arpa is RFC 8375's (DETAILS 7)."""
    assert LISTED.publicsuffix("home.arpa") == "home.arpa"
    assert not is_public_suffix("home.arpa")
