"""No private key lies in clear in any file of the home (SECURITY 8, threat 1)."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_private_key

from certmgr.custody import authority_keys, slots
from certmgr.custody.authority_files import open_key_file
from tests.custody.conftest import CHEAP, PASSPHRASE, Custody


def forms(secret: bytes) -> Iterator[bytes]:
    """Yield the ways in which a file could hold a secret: raw, hex, base64 at each of its three offsets."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for offset in range(3):
        yield base64.b64encode(b"\0" * offset + secret)[4:-4]


def found_in(folder: Path, secrets: list[bytes]) -> list[Path]:
    """Return the files under `folder` that hold one of the secrets in any form."""
    looked_for = [form for secret in secrets for form in forms(secret)]
    return [
        path for path in folder.rglob("*") if path.is_file() and any(form in path.read_bytes() for form in looked_for)
    ]


def secrets_of(custody: Custody) -> list[bytes]:
    """Return every secret that the home protects: the CA key, the data key, each slot's halves, the passphrases."""
    key = load_der_private_key(custody.pkcs8, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    people = [custody.unlock(), custody.unlock("zhang.min"), custody.unlock_machine()]
    halves = [slot.private.reveal()[at : at + 32] for slot in people for at in (0, 32)]
    data_key = open_key_file(custody.key, custody.unlock()).data_key.reveal()
    return [
        custody.pkcs8,
        key.private_numbers().private_value.to_bytes(32),
        data_key,
        *halves,
        PASSPHRASE.reveal(),
        custody.words.reveal(),
    ]


def test_no_file_of_the_home_holds_a_secret_in_clear(custody: Custody) -> None:
    """After a grant, a rotation and a change of passphrase, no form of any secret is found."""
    everything = secrets_of(custody)
    authority_keys.grant(custody.key, custody.unlock(), custody.slot("zhang.min"))
    authority_keys.revoke_grant(custody.key, custody.unlock(), "machine")
    slots.change_passphrase(custody.slot_path("zhang.min"), PASSPHRASE, PASSPHRASE, CHEAP)
    assert len(list(custody.home.rglob("*.json"))) == 6
    assert found_in(custody.home, everything + secrets_of_after(custody)) == []


def secrets_of_after(custody: Custody) -> list[bytes]:
    """Return the new data key."""
    return [open_key_file(custody.key, custody.unlock()).data_key.reveal()]


def test_the_search_finds_a_key_that_does_lie_in_clear(custody: Custody, tmp_path: Path) -> None:
    """The search itself works: the machine's key file, outside the home, is where its private half does lie."""
    half = custody.unlock_machine().private.reveal()[:32]
    assert found_in(tmp_path, [half]) == [custody.machine_key]
    (custody.home / "leak").write_text(json.dumps({"key": base64.b64encode(b"ab" + custody.pkcs8).decode()}))
    assert found_in(custody.home, [custody.pkcs8]) == [custody.home / "leak"]
