"""Whether a report is the one that a slot on record signed (N5)."""

import hashlib
from typing import TYPE_CHECKING, Final

from certmgr.codes import Code
from certmgr.custody.report_signatures import ReportSignature
from certmgr.custody.slots import Slot
from certmgr.errors import Finding, IntegrityError, NotFoundError
from certmgr.queries import operators
from certmgr.store import journal
from certmgr.workspace import Workspace

if TYPE_CHECKING:
    from certmgr.store.connection import Snapshot

SIGNED: Final = "report.signed"
"""The journal entry that notes a signature."""


def verify_alone(content: bytes, found: ReportSignature, *, key: bytes) -> None:
    """Raise IntegrityError, with every reason, unless `content` is what the raw Ed25519 public key `key` signed.

    It needs no home: the key was handed over some other way.
    """
    findings = _file(content, found)
    if found.slot.ed25519 != key:
        findings.append(_finding(Code.REPORT_SIGNER, "The report was signed with another key than the given one."))
    _raise(findings)


def verify(workspace: Workspace, content: bytes, found: ReportSignature) -> None:
    """Raise IntegrityError, with every reason, unless `content` is what the slot on record signed.

    The slot's key is compared with the fingerprint in the journal, so that a slot that was removed since still counts;
    the journal must hold the entry that notes the signature.
    """
    findings = _file(content, found)
    with workspace.store().read() as snapshot:
        findings += _record(snapshot, found)
    _raise(findings)


def signing_key(workspace: Workspace, name: str) -> Slot:
    """Return the public side of a slot as the journal notes it.

    Raises NotFoundError for one that does not exist, IntegrityError for one whose file is not the one on record.
    """
    for state in operators.every(workspace):
        if state.operator.name == name:
            if state.slot is None or state.problem is not None:
                _raise([state.problem] if state.problem else [])
                break
            return state.slot
    raise NotFoundError(f"There is no slot named {name[:80]!r}.", hint="See `certmgr operator list`.")


def _file(content: bytes, found: ReportSignature) -> list[Finding]:
    findings = []
    if hashlib.sha256(content).hexdigest() != found.sha256:
        findings.append(_finding(Code.REPORT_CHANGED, "The report is not the file that was signed."))
    if not found.holds:
        findings.append(_finding(Code.REPORT_SIGNATURE, "The signature does not verify under the key beside it."))
    return findings


def _record(snapshot: "Snapshot", found: ReportSignature) -> list[Finding]:
    findings = []
    name = found.slot.name
    noted = [
        str(entry.data.get("slot_sha256"))
        for entry in journal.for_objects(snapshot, f"operator:{name}")
        if entry.action == operators.ADDED
    ]
    if found.slot.fingerprint not in noted:
        findings.append(_finding(Code.REPORT_SIGNER, f"The key is not that of a slot {name} on record."))
    entry = journal.get(snapshot, found.journal_seq)
    if (
        entry is None
        or entry.hash != found.journal_hash
        or (entry.action, entry.actor, entry.object) != (SIGNED, name, f"report:{found.sha256}")
    ):
        message = f"The journal entry {found.journal_seq} is not the one that notes this signature."
        findings.append(_finding(Code.REPORT_JOURNAL, message))
    return findings


def _raise(findings: list[Finding]) -> None:
    if findings:
        raise IntegrityError(
            findings[0].message if len(findings) == 1 else f"{len(findings)} reasons speak against the report.",
            hint="Ask whoever handed it out for the report and its signature anew; `certmgr journal verify`.",
            findings=findings,
            code=findings[0].code,
        )


def _finding(code: Code, message: str) -> Finding:
    return Finding(code=code, message=message, field="report")
