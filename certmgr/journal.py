"""The journal's format: how an entry is written, hashed and chained, and how a chain is verified (N5, DETAILS 48).

An entry is canonical JSON: UTF-8, sorted keys, no spaces, no floats. Its hash is SHA-256(0x00 || entry), the leaf hash
of RFC 6962 2.1, over every field but the hash itself. Nothing here knows where entries are kept.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from json.encoder import encode_basestring
from types import NoneType
from typing import Final, cast

from certmgr.codes import Code
from certmgr.errors import Finding, IntegrityError
from certmgr.models.journal import JSON, Entry
from certmgr.models.operators import Actor

VERSION: Final = 1
FIRST_PREV: Final = "0" * 64
"""What the first entry names as the hash before it."""
CLOCK_ACCEPTED: Final = "clock.accepted"
"""The one action whose entry may be older than the one before it: an administrator corrected the clock (DETAILS 23)."""
Item = tuple[str, str, Mapping[str, JSON]]
"""What happened, to what (`kind:id`), and the data of one entry."""
_LEAF: Final = b"\x00"
_ENCODER: Final = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_PLAIN: Final = (str, int, NoneType)
_FIELDS: Final = frozenset(field.name for field in fields(Entry))
_TEXTS: Final = ("at", "actor", "action", "object", "prev", "hash")


def write_moment(moment: datetime) -> str:
    """Return the aware `moment` as an entry holds it: UTC to the microsecond, `2026-11-21T09:00:00.000000Z`."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def read_moment(text: str) -> datetime:
    """Return the moment that `write_moment` wrote; raises ValueError for anything else."""
    # Not strptime, whose first call takes as long as a transaction.
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or write_moment(moment) != text:
        raise ValueError(f"{text[:40]!r} is not a moment of the journal")
    return moment


def make_entry(  # noqa: PLR0913 - the fields of an entry, by keyword
    *,
    seq: int,
    at: datetime,
    actor: Actor,
    action: str,
    object: str,  # noqa: A002 - the field's name in the format
    data: Mapping[str, JSON],
    prev: str,
) -> Entry:
    """Return the entry with its hash. Raises TypeError or ValueError for data that has no canonical form."""
    ((entry, _),) = make_entries([(action, object, data)], seq=seq, at=at, actor=actor, prev=prev)
    return entry


def make_entries(
    items: Iterable[Item], *, seq: int, at: datetime, actor: Actor, prev: str
) -> Iterator[tuple[Entry, str]]:
    """Yield the entries of `items`, each chained to the one before, the first with the number `seq`; as `make_entry`.

    With each comes the canonical JSON of its data. The text that is hashed is put together around that: `canonical`,
    which verifies it, writes it anew, at twice the cost, and a bulk run makes four entries for each certificate.
    """
    moment, text = write_moment(at), encode_basestring
    who, login = text(actor.name), "null" if actor.login_uid is None else str(actor.login_uid)
    for number, (action, about, data) in enumerate(items, seq):
        if data:
            _require_plain(data)
        held = _ENCODER.encode(dict(data)) if data else "{}"
        written = (
            f'{{"action":{text(action)},"actor":{who},"at":"{moment}","data":{held},"login_uid":{login},'
            f'"object":{text(about)},"os_uid":{actor.os_uid},"prev":{text(prev)},"seq":{number},"v":{VERSION}}}'
        )
        entry = Entry(
            v=VERSION,
            seq=number,
            at=moment,
            actor=actor.name,
            os_uid=actor.os_uid,
            login_uid=actor.login_uid,
            action=action,
            object=about,
            data=dict(data),
            prev=prev,
            hash=_hash(written.encode()),
        )
        yield entry, held
        prev = entry.hash


def canonical(entry: Entry) -> bytes:
    """Return the bytes that the entry's hash covers."""
    return _dump(_as_object(entry))


def entry_hash(entry: Entry) -> str:
    """Return the hash that the entry's other fields give, 64 lower-case hex digits."""
    return _hash(canonical(entry))


def to_json(entry: Entry) -> str:
    """Return the entry as one line of an export, without a line feed: its canonical JSON with the hash."""
    return _dump({**_as_object(entry), "hash": entry.hash}).decode()


def entry_from_json(line: str) -> Entry:
    """Return the entry that `to_json` wrote; raises IntegrityError for any other text. The hash is not checked."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _not_an_entry(line, "it is not JSON") from error
    if not isinstance(found, dict) or set(found) != _FIELDS:
        raise _not_an_entry(line, f"its keys are not {', '.join(sorted(_FIELDS))}")
    if not all(isinstance(found[name], str) for name in _TEXTS) or not isinstance(found["data"], dict):
        raise _not_an_entry(line, "a field is of the wrong kind")
    if not all(type(found[name]) is int for name in ("v", "seq", "os_uid")):
        raise _not_an_entry(line, "a field is of the wrong kind")
    if found["login_uid"] is not None and type(found["login_uid"]) is not int:
        raise _not_an_entry(line, "a field is of the wrong kind")
    try:
        _require_plain(found["data"])
        entry = Entry(**found)
        same = to_json(entry) == line.rstrip("\r\n")
    except (TypeError, ValueError) as error:
        raise _not_an_entry(line, str(error)) from error
    if not same:
        raise _not_an_entry(line, "it is not in the canonical form")
    return entry


def verify(entries: Iterable[Entry], *, after: Entry | None = None) -> tuple[Finding, ...]:
    """Return everything that is wrong with a chain; nothing when it is whole.

    `entries` come in order and whole: from the first on, or from the one that follows `after`. Each entry is compared
    with its own hash and with the entry before it: number, hash and time.
    """
    findings: list[Finding] = []
    before = after
    for entry in entries:
        findings += _check_entry(entry)
        findings += _check_link(before, entry)
        before = entry
    return tuple(findings)


def _check_entry(entry: Entry) -> list[Finding]:
    name = str(entry.seq)
    if entry.v != VERSION:
        return [_finding(Code.JOURNAL_FORM, entry, f"Journal entry {name} has the unknown version {entry.v}.")]
    try:
        read_moment(entry.at)
        computed = entry_hash(entry)
    except (TypeError, ValueError) as error:
        return [_finding(Code.JOURNAL_FORM, entry, f"Journal entry {name} is malformed: {error}.")]
    if computed != entry.hash:
        return [_finding(Code.JOURNAL_HASH, entry, f"Journal entry {name} was changed: it does not match its hash.")]
    return []


def _check_link(before: Entry | None, entry: Entry) -> list[Finding]:
    expected_seq, expected_prev = (before.seq + 1, before.hash) if before else (1, FIRST_PREV)
    findings = []
    if entry.seq != expected_seq:
        message = f"Journal entry {entry.seq} stands where entry {expected_seq} belongs."
        findings.append(_finding(Code.JOURNAL_SEQUENCE, entry, message))
    if entry.prev != expected_prev:
        message = f"Journal entry {entry.seq} does not follow from the entry before it: the hashes differ."
        findings.append(_finding(Code.JOURNAL_CHAIN, entry, message))
    if before is not None and entry.at < before.at and entry.action != CLOCK_ACCEPTED:
        message = f"Journal entry {entry.seq} ({entry.at}) is older than the entry before it ({before.at})."
        findings.append(_finding(Code.JOURNAL_TIME, entry, message))
    return findings


def _finding(code: Code, entry: Entry, message: str) -> Finding:
    return Finding(code=code, message=message, field="journal", value=str(entry.seq))


def _as_object(entry: Entry) -> dict[str, JSON]:
    return {name: cast("JSON", getattr(entry, name)) for name in _FIELDS if name != "hash"}


def _dump(value: Mapping[str, object]) -> bytes:
    return _ENCODER.encode(value).encode("utf-8")


def _hash(written: bytes) -> str:
    return hashlib.sha256(_LEAF + written).hexdigest()


def _require_plain(value: object) -> None:
    """Raise TypeError where `value` holds anything but text, whole numbers, truth values, null, lists and objects."""
    if isinstance(value, (dict, Mapping)):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"a key of the data is no text: {key!r}")
            # Most by far are of exactly these types, which is told in a third of the time.
            if type(item) not in _PLAIN and not isinstance(item, _PLAIN):
                _require_plain(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _require_plain(item)
    elif not isinstance(value, _PLAIN):
        raise TypeError(f"{type(value).__name__} has no place in a journal entry")


def _not_an_entry(line: str, why: str) -> IntegrityError:
    return IntegrityError(f"This is not a journal entry: {why}: {line[:80]!r}.", code=Code.JOURNAL_FORM)
