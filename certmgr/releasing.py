"""The end of a hold: asked for, with a clock of its own, and lifted (N2)."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from certmgr.commitments import Kind
from certmgr.config import Config
from certmgr.models.certificates import Certificate, CertificateId
from certmgr.store import certificates, commitments, crls

if TYPE_CHECKING:
    from certmgr.store.connection import Transaction

RELEASED: Final = "certificate.released"
"""The journal's word for a hold that was lifted."""


def ask_release(tx: "Transaction", config: Config, certificate: CertificateId) -> datetime:
    """Start the clock of a release, unless it runs already; return until when it runs (N2)."""
    about = f"certificate:{certificate}"
    for running in commitments.open_about(tx, Kind.RELEASE_HOLD, about):
        return running.due_at
    due = tx.now + config.revocation.release_within
    commitments.open_one(tx, Kind.RELEASE_HOLD, about, due_at=due)
    tx.record("release.requested", about, {})
    return due


def release(tx: "Transaction", subject: Certificate, *, noted: bool = False) -> None:
    """Lift a hold: the next CRL is without the serial, which is what the release's clock waits for (N2)."""
    certificates.clear_held(tx, subject.id)
    crls.remove_entry(tx, subject.authority_id, subject.serial)
    commitments.meet_all(tx, Kind.DECIDE_HOLD, f"certificate:{subject.id}")
    tx.record(RELEASED, f"certificate:{subject.id}", {"noted": noted})
