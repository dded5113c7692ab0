"""The store of every version that was released is opened and brought to this one, with nothing lost (DETAILS 33)."""

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from certmgr import journal as journal_format
from certmgr.commitments import Kind
from certmgr.models.certificates import CertificateId
from certmgr.models.revocations import Cause
from certmgr.store import certificates, commitments, journal, revocations, servers
from certmgr.store.connection import open_store
from certmgr.store.integrity import examine
from certmgr.store.migrations import SCHEMA_VERSION
from tests.clock import FakeClock

RELEASED = sorted((Path(__file__).parent / "released").glob("schema-*.db.gz"))
THEN = datetime(2026, 11, 1, 10, 0, tzinfo=UTC)


def test_every_version_before_this_one_is_here() -> None:
    """A store that cannot be tried would be migrated on trust."""
    assert [path.name for path in RELEASED] == [f"schema-{version}.db.gz" for version in range(1, SCHEMA_VERSION)]


@pytest.mark.parametrize("released", RELEASED, ids=lambda path: path.name.removesuffix(".db.gz"))
def test_a_released_store_becomes_this_versions(released: Path, tmp_path: Path) -> None:
    """Three certificates: one revoked and blocked, one held, one whose request is open."""
    path = tmp_path / "certmgr.db"
    path.touch(0o600)
    path.write_bytes(gzip.decompress(released.read_bytes()))
    store = open_store(path, clock=FakeClock(THEN))
    with store.read() as snapshot:
        assert snapshot.rows("PRAGMA user_version") == [(SCHEMA_VERSION,)]
        names = [one.name for one in servers.all(snapshot)]
        assert names == ["mail.egov.internal", "portal.egov.internal", "video.egov.internal"]
        revoked, held, good = (certificates.get(snapshot, CertificateId(number)) for number in (1, 2, 3))
        assert (revoked.cause, held.held_at is not None, good.cause) == (Cause.KEY_COMPROMISE, True, None)
        assert [one.server for one in revocations.open(snapshot)] == ["video.egov.internal"]
        # What the first version promised without a promise on record.
        promised = {(one.kind, one.object) for one in commitments.open(snapshot)}
        assert promised == {(Kind.VERIFY_REVOCATION, "revocation:3"), (Kind.DECIDE_HOLD, "certificate:2")}
        assert held.held_at is not None
        assert held.hold_until == held.held_at + timedelta(days=30)
        entries = list(journal.entries(snapshot))
        assert entries[-1].action == "store.migrated"
        assert journal_format.verify(entries) == ()
        assert list(examine(snapshot)) == []
    store.close()
