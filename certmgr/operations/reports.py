"""Reports that are handed out: the signature with which a slot vouches for one (N5)."""

import hashlib

from certmgr.custody.report_signatures import ReportSignature, sign_report
from certmgr.workspace import Session, Workspace


def sign(workspace: Workspace, session: Session, content: bytes, *, kind: str) -> ReportSignature:
    """Return the actor's signature over a report; the journal notes first who signed what.

    `kind` says which report it is (`commitments`). Any slot may sign: it vouches with its own name.
    """
    digest = hashlib.sha256(content).hexdigest()
    with workspace.store().write(session.actor) as tx:
        entry = tx.record("report.signed", f"report:{digest}", {"kind": kind, "sha256": digest})
        now = tx.now
    return sign_report(session.slot, sha256=digest, signed_at=now, journal_seq=entry.seq, journal_hash=entry.hash)
