"""The texts of notices: every kind in every language, exact, with a command, and nothing that could do harm (N8)."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from importlib import import_module
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certmgr.commitments import Kind as Promise
from certmgr.models.journal import JSON
from certmgr.models.notices import Kind
from certmgr.notice_texts import LANGUAGES, Text, compose, compose_digest

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
COMMON: Mapping[str, JSON] = {
    "server": "portal.corp.internal",
    "server_id": 3,
    "name": "portal.corp.internal",
    "serial": "01AB",
    "not_after": "2026-12-20T23:30:00Z",
    "renews": "no",
    "authority": "issuing-2026-1",
    "role": "issuing",
    "number": "12",
    "failures": 3,
    "problem": "The CA is not there.",
    "next_at": "2026-11-21T10:00:00Z",
    "application": 7,
    "submitted_at": "2026-11-20T10:00:00Z",
    "expires_at": "2026-11-27T10:00:00Z",
    "lacking": 1,
    "promise": "verify-revocation",
    "opened_at": "2026-11-21T08:00:00Z",
    "due_at": "2026-11-22T08:00:00Z",
    "percent": "50",
    "campaign": "sha3",
    "reason": "A new hash.",
    "last_day": "2027-03-31",
    "left": 2,
    "revocation": 9,
    "cause": "key-compromise",
    "received_at": "2026-11-21T08:30:00Z",
    "verify_due_at": "2026-11-22T08:30:00Z",
    "published_at": "2026-11-21T09:00:00Z",
}
"""Facts for every kind; `tests/operations` shows that each kind is recorded with those that its text needs."""
VARIANTS: tuple[Mapping[str, JSON], ...] = (
    {},
    {"renews": "auto"},
    {"renews": "csr"},
    {"not_after": "2026-11-20T10:00:00Z"},
    {"role": "root"},
    {"cause": "suspended"},
    {"server": ""},
    {"left": 1},
    {"lacking": 2},
    *({"promise": one.value} for one in Promise),
)


def text(kind: Kind, language: str, **changes: JSON) -> Text:
    """Return the text of a kind with these facts changed."""
    return compose(kind, {**COMMON, **changes}, language=language, now=NOW, zone=BERLIN, organisation="Example City")


def test_n8_every_kind_has_a_text_in_every_language() -> None:
    """And no language has one that no kind has."""
    for language in LANGUAGES:
        assert set(import_module(f"certmgr.notice_texts.{language}").TEXTS) == set(Kind)


def test_n8_every_promise_has_its_words_in_every_language() -> None:
    """With the commands that keep it."""
    for language in LANGUAGES:
        module = import_module(f"certmgr.notice_texts.{language}")
        assert set(module._PROMISES) == set(module._COMMANDS) == {one.value for one in Promise}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", Kind)
def test_n8_a_text_is_one_subject_line_and_whole_sentences(kind: Kind, language: str) -> None:
    """No line break in a subject, no half-filled place, each paragraph ended, lines that fit."""
    for changes in VARIANTS:
        if "server" in changes and not kind.startswith("campaign"):
            continue
        subject, body = text(kind, language, **changes)
        assert subject
        assert "\n" not in subject
        assert len(subject) < 140
        assert body.endswith("\n")
        assert not set("{}!！") & set(subject + body)
        assert "None" not in subject + body
        assert "  " not in subject
        for paragraph in re.split(r"\n\n|\n(?=  )", body.rstrip("\n")):
            if not paragraph.startswith("  "):
                assert paragraph[-1] in ".:。：", paragraph
        if language == "en":
            assert max(len(line) for line in body.splitlines() if not line.startswith("  ")) <= 76


@pytest.mark.parametrize("kind", Kind)
def test_n8_both_languages_give_the_same_commands_and_facts(kind: Kind) -> None:
    """A Chinese reader does the same thing by the same time."""
    for changes in VARIANTS:
        bodies = [text(kind, language, **changes).body for language in LANGUAGES]
        commands = [[line for line in body.splitlines() if line.startswith("  ")] for body in bodies]
        assert commands[0] == commands[1]
        moments = [set(re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d \w+", " ".join(body.split()))) for body in bodies]
        assert moments[0] == moments[1]


def test_n8_times_are_those_of_the_organisation() -> None:
    """A natural day is a day in its zone: 23:30 UTC on the 20th is the 21st in Berlin."""
    subject, body = text(Kind.CERTIFICATE_EXPIRING, "en")
    assert subject == "portal.corp.internal: the certificate expires in 30 days, on 2026-12-21"
    assert "expires on 2026-12-21 00:30 CET." in " ".join(body.split())


@pytest.mark.parametrize(
    ("days", "words"),
    [(2, "in 2 days"), (1, "tomorrow"), (0, "today")],
)
def test_n8_near_days_have_names(days: int, words: str) -> None:
    """Today is a day, not no days."""
    end = (NOW + timedelta(days=days, hours=2)).isoformat()
    assert f"expires {words}, on" in text(Kind.CERTIFICATE_EXPIRING, "en", not_after=end).subject


@given(st.text(max_size=60), st.sampled_from(Kind), st.sampled_from(LANGUAGES))
def test_n8_no_control_character_passes_and_no_header_can_be_added(value: str, kind: Kind, language: str) -> None:
    """Whatever stands in a record: a line break, an escape sequence or a direction override comes out as its code."""
    evil = f"{value}\r\nBcc: thief@elsewhere\x1b[31m\u202e"
    subject, body = text(kind, language, server=evil, name=evil, campaign=evil, reason=evil, problem=evil, serial=evil)
    plain = text(kind, language, server="x", name="x", campaign="x", reason="x", problem="x", serial="x")
    assert subject.isprintable()
    assert all(line.isprintable() for line in body.split("\n"))
    assert not re.search("^Bcc", body, re.MULTILINE)
    assert body.count("\n\n") == plain.body.count("\n\n")


def test_n8_a_digest_lists_all_and_then_tells_each() -> None:
    """One mail for the endings of a day."""
    several = [(Kind.CERTIFICATE_EXPIRING, COMMON), (Kind.ROOT_CRL_ENDING, COMMON)]
    for language in LANGUAGES:
        subject, body = compose_digest(several, language=language, now=NOW, zone=BERLIN, organisation="x")
        assert "2026-11-21" in subject
        assert "2" in subject
        for kind, _ in several:
            one = text(kind, language)
            assert f"- {one.subject}\n" in body
            assert one.body in body


def test_an_unknown_language_is_an_error_of_the_program() -> None:
    """The configuration knows the same two; nothing else is imported by name."""
    with pytest.raises(ValueError, match="no language"):
        text(Kind.TEST, "os")
