"""What follows a change of a server's facts: a certificate issued after it (R1.2)."""

from typing import TYPE_CHECKING

from certmgr.commitments import Kind
from certmgr.models.certificates import ServerId
from certmgr.store import certificates, commitments

if TYPE_CHECKING:
    from certmgr.store.connection import Transaction


def meet_changes(tx: "Transaction") -> None:
    """Meet the promise of every server that got a certificate which was intended after its facts had changed.

    For the transaction that records certificates: a check some minutes later could be too late for a promise that was
    kept.
    """
    for one in commitments.open_of(tx, Kind.FOLLOW_CHANGE):
        server = ServerId(int(one.object.partition(":")[2]))
        if certificates.was_issued_since(tx, server, one.opened_at):
            commitments.meet(tx, one.id)
            tx.record("commitment.met", f"commitment:{one.id}", {})
