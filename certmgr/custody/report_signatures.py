"""The detached signature of a report: Ed25519 by the slot of whoever hands it out, for an auditor to check (N5).

What is signed is a few lines of text, so that `openssl pkeyutl -verify -rawin` checks it with nothing of ours
(docs/reports.md). Its first line is the schema: no other signature of a slot begins so. A CA key signs no report.
"""

import base64
import json
import re
from datetime import UTC, datetime
from typing import Any, Final

from certmgr.custody.slots import Slot, SlotKind, UnlockedSlot, check_name
from certmgr.errors import UsageError
from certmgr.models.operators import Role
from certmgr.records import dataclass

SCHEMA: Final = "certmgr.report-signature/1"
_SPKI: Final = bytes.fromhex("302a300506032b6570032100")
"""What stands before a raw Ed25519 public key in a SubjectPublicKeyInfo (RFC 8410 4)."""
_RAW: Final = 32
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_PEM: Final = re.compile(rb"-----BEGIN PUBLIC KEY-----\n(.*)\n-----END PUBLIC KEY-----", re.DOTALL)
_FIELDS: Final = frozenset(
    {
        *("schema", "sha256", "slot", "role", "kind", "x25519", "public_key", "signed_at"),
        *("journal_seq", "journal_hash", "signature"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSignature:
    """Who vouches for which file, when, and where the journal stood."""

    sha256: str
    """Of the file, 64 lower-case hex digits."""
    slot: Slot
    """The public side of the slot, as its fingerprint in the journal covers it."""
    signed_at: datetime
    journal_seq: int
    """The entry that notes the signature, the newest one then."""
    journal_hash: str
    signature: bytes

    @property
    def message(self) -> bytes:
        """The text that the signature covers: a line a fact, each with a line feed."""
        return message_of(
            sha256=self.sha256,
            slot=self.slot.name,
            signed_at=self.signed_at,
            journal_seq=self.journal_seq,
            journal_hash=self.journal_hash,
        )

    @property
    def holds(self) -> bool:
        """Whether it is the slot's own over its message; whose the slot is, the record must say."""
        return self.slot.verifies(self.signature, self.message)


def message_of(*, sha256: str, slot: str, signed_at: datetime, journal_seq: int, journal_hash: str) -> bytes:
    """Return what is signed."""
    lines = (SCHEMA, sha256, slot, f"{signed_at:%Y-%m-%dT%H:%M:%SZ}", str(journal_seq), journal_hash)
    return "".join(f"{line}\n" for line in lines).encode("ascii")


def sign_report(
    slot: UnlockedSlot, *, sha256: str, signed_at: datetime, journal_seq: int, journal_hash: str
) -> ReportSignature:
    """Return the slot's signature over the file with that digest; whole seconds of `signed_at` count."""
    message = message_of(
        sha256=sha256, slot=slot.name, signed_at=signed_at, journal_seq=journal_seq, journal_hash=journal_hash
    )
    return ReportSignature(
        sha256=sha256,
        slot=slot.slot,
        signed_at=signed_at.replace(microsecond=0),
        journal_seq=journal_seq,
        journal_hash=journal_hash,
        signature=slot.sign(message),
    )


def to_json(found: ReportSignature) -> bytes:
    """Return the signature file: JSON with one key a line, which a shell can take apart."""
    document = {
        "schema": SCHEMA,
        "sha256": found.sha256,
        "slot": found.slot.name,
        "role": found.slot.role.value,
        "kind": found.slot.kind.value,
        "x25519": found.slot.x25519.hex(),
        "public_key": base64.b64encode(spki(found.slot)).decode(),
        "signed_at": f"{found.signed_at:%Y-%m-%dT%H:%M:%SZ}",
        "journal_seq": found.journal_seq,
        "journal_hash": found.journal_hash,
        "signature": base64.b64encode(found.signature).decode(),
    }
    return (json.dumps(document, indent=2) + "\n").encode()


def parse_signature(content: bytes) -> ReportSignature:
    """Return the signature that `to_json` wrote; raises UsageError for anything else. Nothing is verified."""
    try:
        held = _facts(content)
        check_name(held["slot"])
        return ReportSignature(
            sha256=_hex(held["sha256"]),
            slot=Slot(
                name=held["slot"],
                role=Role(held["role"]),
                kind=SlotKind(held["kind"]),
                x25519=bytes.fromhex(_hex(held["x25519"])),
                ed25519=_raw(base64.b64decode(held["public_key"], validate=True)),
            ),
            signed_at=datetime.strptime(held["signed_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC),
            journal_seq=held["journal_seq"],
            journal_hash=_hex(held["journal_hash"]),
            signature=base64.b64decode(held["signature"], validate=True),
        )
    except (ValueError, RecursionError) as problem:
        raise UsageError(
            "This is not the signature of a report.", hint="It is the file that was written beside it: REPORT.sig."
        ) from problem


def _facts(content: bytes) -> dict[str, Any]:
    """Return the keys of a signature file, each of its kind; raises ValueError for anything else."""
    held = json.loads(content.decode("utf-8"))
    if not isinstance(held, dict) or set(held) != _FIELDS or held["schema"] != SCHEMA:
        raise ValueError("not its keys")
    if any(type(value) is not (int if name == "journal_seq" else str) for name, value in held.items()):
        raise ValueError("a value of the wrong kind")
    return held


def spki(slot: Slot) -> bytes:
    """Return the slot's signing key as a SubjectPublicKeyInfo, DER."""
    return _SPKI + slot.ed25519


def pem(slot: Slot) -> str:
    """Return the slot's signing key as PEM."""
    return f"-----BEGIN PUBLIC KEY-----\n{base64.b64encode(spki(slot)).decode()}\n-----END PUBLIC KEY-----\n"


def parse_pem(content: bytes) -> bytes:
    """Return the raw Ed25519 public key of a PEM file; raises UsageError for anything else."""
    found = _PEM.fullmatch(content.replace(b"\r", b"").strip())
    try:
        return _raw(base64.b64decode(found[1].replace(b"\n", b"") if found else b"", validate=True))
    except ValueError as problem:
        raise UsageError(
            "This is not an Ed25519 public key in PEM.", hint="`certmgr report key SLOT` prints one."
        ) from problem


def _raw(der: bytes) -> bytes:
    if len(der) != len(_SPKI) + _RAW or not der.startswith(_SPKI):
        raise ValueError("not an Ed25519 key")
    return der[len(_SPKI) :]


def _hex(text: str) -> str:
    if not _DIGEST.fullmatch(text):
        raise ValueError("not 64 lower-case hex digits")
    return text
