"""Every change of a key file is found: damage by its sum, malice by its seal (DETAILS 2, 49)."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certmgr.codes import Code
from certmgr.custody import authority_keys, slots
from certmgr.custody.secrets import Secret
from certmgr.errors import CertmgrError, IntegrityError, LockedError, UsageError
from certmgr.models.operators import Role
from tests.custody.conftest import Custody

OPENERS: dict[str, Callable[[Custody], object]] = {
    "person": lambda custody: custody.unlock(),
    "recovery": lambda custody: slots.unlock_person(custody.slot_path("recovery"), custody.words),
    "machine slot": lambda custody: custody.unlock_machine(),
    "machine key": lambda custody: custody.unlock_machine(),
    "authority": lambda custody: authority_keys.open_authority_key(custody.key, custody.unlock_machine()),
}


def file_of(custody: Custody, kind: str) -> Path:
    """Return the key file of a kind."""
    return {
        "person": custody.slot_path("li.wei"),
        "recovery": custody.slot_path("recovery"),
        "machine slot": custody.slot_path("machine"),
        "machine key": custody.machine_key,
        "authority": custody.key,
    }[kind]


def rewrite(path: Path, body: dict[str, Any]) -> None:
    """Write a body with a right sum, as somebody does who knows the format."""
    before = b'{"body":' + json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    path.write_bytes(before + b',"sha256":"' + hashlib.sha256(before).hexdigest().encode() + b'"}\n')


def leaves(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - any JSON
    """Yield the place of every number and text in a JSON value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*place, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*place, index))
    else:
        yield place


def changed(value: Any) -> list[Any]:  # noqa: ANN401 - any JSON
    """Return other values that a field might be given: of its kind, of another kind, none."""
    if isinstance(value, int):
        return [value + 1, value * 100_000, -1, str(value), None]
    flipped = ("1" if value[0] == "0" else "0") + value[1:]
    words = [word for kind in (Role, slots.SlotKind) if value in set(kind) for word in kind if word != value]
    return [flipped, value + "00", value.upper() + "A", "", None, 7, *map(str, words)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.sampled_from(sorted(OPENERS)), st.floats(0, 1, exclude_max=True), st.integers(0, 7))
def test_every_flipped_bit_is_damage(custody: Custody, kind: str, place: float, bit: int) -> None:
    """A bit that flips anywhere in a key file gives exit 7 and the advice to restore it."""
    path = file_of(custody, kind)
    content = path.read_bytes()
    at = int(place * len(content))
    try:
        path.write_bytes(content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :])
        with pytest.raises(IntegrityError) as caught:
            OPENERS[kind](custody)
    finally:
        path.write_bytes(content)
    assert caught.value.code is Code.KEY_FILE_DAMAGED


@pytest.mark.parametrize("kind", sorted(OPENERS))
@pytest.mark.parametrize("length", [0, 1, 40, 77, 78, -1])
def test_a_truncated_file_is_damaged(custody: Custody, kind: str, length: int) -> None:
    """A file that lost its end, or all of it, is damaged."""
    path = file_of(custody, kind)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(IntegrityError):
        OPENERS[kind](custody)


@pytest.mark.parametrize("kind", sorted(OPENERS))
def test_every_field_is_bound(custody: Custody, kind: str) -> None:
    """A field that somebody changes, with the sum made right, keeps the file from opening, whichever it is."""
    path = file_of(custody, kind)
    original = path.read_bytes()
    body = json.loads(original)["body"]
    tried = 0
    for place in leaves(body):
        *outer, last = place
        holder = body
        for step in outer:
            holder = holder[step]
        value = holder[last]
        for other in changed(value):
            holder[last] = other
            rewrite(path, body)
            with pytest.raises(CertmgrError) as caught:
                OPENERS[kind](custody)
            assert place == ("format",) or isinstance(caught.value, IntegrityError | LockedError | UsageError)
            tried += 1
        holder[last] = value
    rewrite(path, body)
    assert path.read_bytes() == original
    OPENERS[kind](custody)
    assert tried > 30


@pytest.mark.parametrize("kind", sorted(OPENERS))
def test_every_field_is_needed_and_no_other_is_taken(custody: Custody, kind: str) -> None:
    """A file holds exactly the fields that its format has."""
    path = file_of(custody, kind)
    body = json.loads(path.read_bytes())["body"]
    for name in body:
        rewrite(path, {field: value for field, value in body.items() if field != name})
        with pytest.raises((IntegrityError, LockedError)):
            OPENERS[kind](custody)
    rewrite(path, {**body, "note": "added"})
    with pytest.raises((IntegrityError, LockedError)):
        OPENERS[kind](custody)


def test_grants_cannot_be_reordered_doubled_or_dropped(custody: Custody) -> None:
    """The list of who can open the key is part of what the key is sealed with."""
    path = custody.key
    body = json.loads(path.read_bytes())["body"]
    held = body["grants"]
    for other in (held[::-1], held + held[:1], held[1:], held[-1:]):
        rewrite(path, {**body, "grants": other})
        with pytest.raises(IntegrityError):
            OPENERS["authority"](custody)


def test_a_grant_cannot_be_moved_to_another_authority(custody: Custody) -> None:
    """A data key sealed for one authority opens nothing in another's file."""
    other = authority_keys.authority_key_path(custody.home, "issuing-2026-2")
    authority_keys.store_authority_key(
        other,
        slug="issuing-2026-2",
        spki=custody.spki,
        pkcs8=Secret(custody.pkcs8),
        recipients=[custody.slot("li.wei"), custody.slot("recovery"), custody.slot("machine")],
    )
    body = json.loads(custody.key.read_bytes())["body"]
    rewrite(custody.key, {**body, "grants": json.loads(other.read_bytes())["body"]["grants"]})
    with pytest.raises(IntegrityError):
        OPENERS["authority"](custody)


def test_a_seal_from_an_older_file_does_not_fit_a_newer_one(custody: Custody) -> None:
    """Old ciphertext under the new fields is found, though both are genuine."""
    old = json.loads(custody.key.read_bytes())["body"]
    authority_keys.revoke_grant(custody.key, custody.unlock(), "recovery")
    new = json.loads(custody.key.read_bytes())["body"]
    rewrite(custody.key, {**new, "ciphertext": old["ciphertext"], "nonce": old["nonce"]})
    with pytest.raises(IntegrityError):
        OPENERS["authority"](custody)


def test_a_file_of_a_later_format_is_named_as_such(custody: Custody) -> None:
    """An old program beside a new home says which versions meet (exit 1), not that the file is damaged."""
    body = json.loads(custody.key.read_bytes())["body"]
    rewrite(custody.key, {**body, "format": "certmgr.authority-key/2"})
    with pytest.raises(CertmgrError, match=r"certmgr\.authority-key/2") as caught:
        OPENERS["authority"](custody)
    assert caught.value.code is Code.KEY_FILE_NEWER


def test_json_written_in_another_way_is_not_taken(custody: Custody) -> None:
    """One body has one form: spaces, another order or a doubled name are damage even with the right sum."""
    content = custody.key.read_bytes()
    body = content[len(b'{"body":') : content.index(b',"sha256":')]
    for other in (body.replace(b",", b", ", 1), body[:-1] + b',"alg":"x"}', b"[" * 20_000, b"7"):
        before = b'{"body":' + other
        custody.key.write_bytes(before + b',"sha256":"' + hashlib.sha256(before).hexdigest().encode() + b'"}\n')
        with pytest.raises(IntegrityError):
            OPENERS["authority"](custody)
