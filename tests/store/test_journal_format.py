"""The journal's format: canonical, hashed, chained, and verified from the exported lines alone (N5, DETAILS 48)."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certmgr import journal
from certmgr.codes import Code
from certmgr.errors import IntegrityError
from certmgr.models.journal import JSON, Entry
from tests.clock import START
from tests.store.given import ALICE

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=10,
)


def chain(length: int, *, action: str = "a.b") -> list[Entry]:
    """Return that many entries, a second apart."""
    entries: list[Entry] = []
    for seq in range(1, length + 1):
        entries.append(
            journal.make_entry(
                seq=seq,
                at=START + timedelta(seconds=seq),
                actor=ALICE,
                action=action,
                object=f"certificate:{seq}",
                data={"b": seq, "a": "ü"},
                prev=entries[-1].hash if entries else journal.FIRST_PREV,
            )
        )
    return entries


def codes(entries: list[Entry]) -> list[Code]:
    """Return the codes of what is wrong with a chain."""
    return [finding.code for finding in journal.verify(entries)]


def forged(entry: Entry, **changes: object) -> Entry:
    """Return the entry with a change and a hash that fits it."""
    changed = replace(entry, **changes)  # type: ignore[arg-type]  # the fields of an entry
    return replace(changed, hash=journal.entry_hash(changed))


def test_the_canonical_form_is_what_the_documentation_says() -> None:
    """UTF-8 JSON, sorted keys, no spaces, every field but the hash."""
    (entry,) = chain(1)
    assert (
        journal.canonical(entry)
        == (
            '{"action":"a.b","actor":"alice","at":"2026-11-21T09:00:01.000000Z","data":{"a":"ü","b":1},'
            '"login_uid":1000,"object":"certificate:1","os_uid":1000,"prev":"' + "0" * 64 + '","seq":1,"v":1}'
        ).encode()
    )


def test_the_hash_is_the_leaf_hash_of_rfc_6962() -> None:
    """SHA-256(0x00 || entry): a third party computes it without this program."""
    (entry,) = chain(1)
    assert entry.hash == hashlib.sha256(b"\x00" + journal.canonical(entry)).hexdigest()


def test_an_entry_survives_export() -> None:
    """A line of an export is the entry."""
    for entry in chain(3):
        line = journal.to_json(entry)
        assert journal.entry_from_json(line) == entry
        assert journal.entry_from_json(line + "\n") == entry
        assert json.loads(line)["hash"] == entry.hash


@given(data=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), PLAIN, max_size=5))
def test_any_plain_data_survives_export(data: dict[str, JSON]) -> None:
    """Whatever text and numbers an entry holds, its hash is the same after export."""
    entry = journal.make_entry(
        seq=1, at=START, actor=ALICE, action="a.b", object="c:1", data=data, prev=journal.FIRST_PREV
    )
    again = journal.entry_from_json(journal.to_json(entry))
    assert again == entry
    assert journal.verify([again]) == ()


@pytest.mark.parametrize("value", [0.5, float("nan"), b"x", {1: "a"}, [0.1], {"a": {"b": 1.0}}, START])
def test_data_without_one_text_form_is_refused(value: object) -> None:
    """No floats, no bytes, no keys that are not text (DETAILS 48)."""
    with pytest.raises(TypeError):
        journal.make_entry(
            seq=1,
            at=START,
            actor=ALICE,
            action="a.b",
            object="c:1",
            data={"x": value},  # type: ignore[dict-item]  # what the test is about
            prev="0" * 64,
        )


def test_text_that_is_not_unicode_is_refused() -> None:
    """A lone surrogate has no UTF-8."""
    with pytest.raises(ValueError, match="surrogates"):
        journal.make_entry(
            seq=1, at=START, actor=ALICE, action="a.b", object="c:1", data={"x": "\ud800"}, prev="0" * 64
        )


def test_moments_are_written_in_utc_to_the_microsecond() -> None:
    """One moment has one text, whatever zone it came in."""
    there = datetime(2026, 11, 21, 17, 0, 0, 5, tzinfo=timezone(timedelta(hours=8)))
    assert journal.write_moment(there) == "2026-11-21T09:00:00.000005Z"
    assert journal.read_moment("2026-11-21T09:00:00.000005Z") == there
    assert journal.read_moment("2026-11-21T09:00:00.000005Z").tzinfo is UTC


def test_a_whole_chain_has_no_findings() -> None:
    """From the first entry, or from any other on."""
    entries = chain(5)
    assert journal.verify(entries) == ()
    assert journal.verify(entries[3:], after=entries[2]) == ()
    assert journal.verify([]) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "mallory"},
        {"data": {}},
        {"os_uid": 0},
        {"login_uid": None},
        {"action": "a.c"},
        {"object": "certificate:9"},
        {"at": "2026-11-21T09:00:02.000001Z"},
    ],
)
def test_a_changed_field_is_found(change: dict[str, object]) -> None:
    """Every field is under the hash."""
    entries = chain(3)
    entries[1] = replace(entries[1], **change)  # type: ignore[arg-type]  # the fields of an entry
    assert codes(entries) == [Code.JOURNAL_HASH]


def test_a_changed_and_hashed_entry_breaks_the_chain_after_it() -> None:
    """The next entry names the hash that was."""
    entries = chain(3)
    entries[1] = forged(entries[1], actor="mallory")
    findings = journal.verify(entries)
    assert [(finding.code, finding.value) for finding in findings] == [(Code.JOURNAL_CHAIN, "3")]


def test_a_removed_entry_is_found() -> None:
    """In the middle, and at the beginning."""
    assert codes([*chain(4)[:1], *chain(4)[2:]]) == [Code.JOURNAL_SEQUENCE, Code.JOURNAL_CHAIN]
    assert codes(chain(3)[1:]) == [Code.JOURNAL_SEQUENCE, Code.JOURNAL_CHAIN]


def test_a_doubled_entry_is_found() -> None:
    """The same number twice."""
    entries = chain(3)
    assert Code.JOURNAL_SEQUENCE in codes([entries[0], entries[1], entries[1], entries[2]])


def test_time_that_goes_back_is_found_but_where_the_clock_was_accepted() -> None:
    """An entry is no older than the one before it (DETAILS 23)."""
    entries = chain(2)
    back = journal.write_moment(START - timedelta(days=365))
    assert codes([entries[0], forged(entries[1], at=back)]) == [Code.JOURNAL_TIME]
    assert codes([entries[0], forged(entries[1], at=back, action=journal.CLOCK_ACCEPTED)]) == []


def test_an_unknown_version_is_named() -> None:
    """An entry of a later format is not called forged."""
    entries = chain(1)
    findings = journal.verify([forged(entries[0], v=2)])
    assert [finding.code for finding in findings] == [Code.JOURNAL_FORM]
    assert "version 2" in findings[0].message


def test_a_moment_that_is_none_is_named() -> None:
    """A malformed time is a finding, not a traceback."""
    assert codes([forged(chain(1)[0], at="yesterday")]) == [Code.JOURNAL_FORM]


LINE = journal.to_json(chain(1)[0])


@pytest.mark.parametrize(
    "line",
    [
        "",
        "no",
        "[]",
        "{}",
        "null",
        "[" * 100_000,
        LINE.replace('"seq":1', '"seq":"1"'),
        LINE.replace('"seq":1', '"seq":true'),
        LINE.replace('"seq":1', '"seq":1.0'),
        LINE.replace('"login_uid":1000', '"login_uid":"root"'),
        LINE.replace('"data":{', '"data":{"x":0.5,'),
        LINE.replace('"data":{', '"data":{"x":NaN,'),
        LINE.replace('"actor":"alice"', '"actor":null'),
        LINE.replace('"actor":"alice"', '"actor":"alice","actor":"bob"'),
        LINE.replace('"v":1', '"v":1,"w":1'),
        LINE.replace(",", ", "),
        " " + LINE,
        LINE + LINE,
    ],
)
def test_a_line_that_is_no_entry_is_refused(line: str) -> None:
    """Exit 7; the canonical form is the only one, so that nothing hides in another."""
    with pytest.raises(IntegrityError, match="not a journal entry") as caught:
        journal.entry_from_json(line)
    assert caught.value.code is Code.JOURNAL_FORM
    assert len(caught.value.message) < 250
