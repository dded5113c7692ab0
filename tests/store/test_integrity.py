"""What doctor finds in a store that somebody had in hand (N5)."""

import hashlib
from collections.abc import Callable

import pytest

from certmgr import journal as journal_format
from certmgr.codes import Code
from certmgr.models.certificates import CertificateId
from certmgr.models.revocations import Cause
from certmgr.store import certificates, integrity, intents, journal
from certmgr.store.connection import Store
from tests.store.given import ALICE, intent, issue


@pytest.fixture
def written(store: Store) -> Store:
    """Return a store with an issued, a revoked, an abandoned and an intended certificate."""
    with store.write(ALICE) as tx:
        _, revoked = issue(tx, intent(tx, number=1), intent(tx, number=2))
        abandoned, _ = intents.add_intents(tx, [intent(tx, number=3), intent(tx, number=4)])
        certificates.set_revoked(tx, revoked, tx.now, Cause.MISUSED)
        tx.record("certificate.revoked", f"certificate:{revoked}", {})
        certificates.abandon(tx, abandoned)
    return store


def examine(store: Store) -> list[tuple[Code, str | None]]:
    """Return code and value of everything that is found."""
    with store.read() as snapshot:
        return [(finding.code, finding.value) for finding in integrity.examine(snapshot)]


def tamper(store: Store, *statements: str) -> None:
    """Change rows as somebody who knows the triggers does."""
    with store.gate() as db:
        triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            db.execute(f"DROP TRIGGER {name}")
        db.execute("PRAGMA defer_foreign_keys = ON")
        for statement in statements:
            db.execute(statement)
        for _, sql in triggers:
            db.execute(sql)


def test_a_sound_store_has_no_findings(written: Store) -> None:
    """Every kind of certificate is as the journal says."""
    assert examine(written) == []


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE certificate SET der = x'30' WHERE id = 1", [(Code.STORE_ROW, "certificate:1")]),
        ("UPDATE certificate SET tbs = x'30' WHERE id = 1", [(Code.STORE_ROW, "certificate:1")]),
        ("UPDATE certificate SET serial = 'AB' WHERE id = 4", [(Code.STORE_ROW, "certificate:4")]),
        ("UPDATE certificate SET spki_sha256 = printf('%064d', 7) WHERE id = 1", [(Code.STORE_ROW, "certificate:1")]),
        ("UPDATE certificate SET revoked_at = NULL, cause = NULL WHERE id = 2", [(Code.STORE_ROW, "certificate:2")]),
        (
            "UPDATE certificate SET revoked_at = created_at, cause = 'misused' WHERE id = 1",
            [(Code.STORE_ROW, "certificate:1")],
        ),
        (
            "UPDATE certificate SET stage = 'intent', der = NULL, sha256 = NULL, issued_at = NULL WHERE id = 1",
            [(Code.STORE_ROW, "certificate:1")],
        ),
        ("UPDATE certificate SET journal_seq = 1 WHERE id = 1", [(Code.STORE_ROW, "certificate:1")]),
        ("UPDATE journal SET actor = 'mallory' WHERE seq = 3", [(Code.JOURNAL_HASH, "3")]),
        ("UPDATE journal SET data = '[]' WHERE seq = 3", [(Code.JOURNAL_HASH, "3")]),
        ("DELETE FROM journal WHERE seq = 2", [(Code.JOURNAL_SEQUENCE, "3"), (Code.JOURNAL_CHAIN, "3")]),
    ],
)
def test_a_changed_record_is_found(written: Store, statement: str, expected: list[tuple[Code, str]]) -> None:
    """By its digest in the journal, or by the chain."""
    tamper(written, statement)
    assert examine(written) == expected


def test_an_exchanged_certificate_with_its_digest_is_found(written: Store) -> None:
    """The journal has the digest too."""
    digest = hashlib.sha256(b"another").hexdigest()
    tamper(written, f"UPDATE certificate SET der = CAST('another' AS BLOB), sha256 = '{digest}' WHERE id = 1")  # noqa: S608
    assert examine(written) == [(Code.STORE_ROW, "certificate:1")]


def test_an_added_certificate_is_found(written: Store) -> None:
    """A row without an intent in the journal."""
    with written.read() as snapshot:
        columns = [column.name for column in snapshot.db.table("certificate").columns]
    changed = {"id": "9", "serial": "'99'", "sha256": "NULL", "der": "NULL", "stage": "'intent'", "issued_at": "NULL"}
    values = ", ".join(changed.get(name, name) for name in columns)
    tamper(written, f"INSERT INTO certificate SELECT {values} FROM certificate WHERE id = 1")  # noqa: S608
    assert examine(written) == [(Code.STORE_ROW, "certificate:9")]


def test_a_row_that_refers_to_nothing_is_found(written: Store) -> None:
    """Foreign keys are checked, not trusted."""
    written.db.execute("PRAGMA foreign_keys = OFF")
    tamper(written, "UPDATE certificate SET server_id = 99 WHERE id = 4")
    assert (Code.STORE_DAMAGED, None) in examine(written)


def test_a_missing_trigger_is_found(written: Store) -> None:
    """Also one that was replaced by a harmless one of the same name."""
    with written.gate() as db:
        db.execute("DROP TRIGGER journal_no_update")
        db.execute("CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT 1; END")
        db.execute("DROP TRIGGER crl_number_rises")
    assert examine(written) == [
        (Code.STORE_UNPROTECTED, "crl_number_rises"),
        (Code.STORE_UNPROTECTED, "journal_no_update"),
    ]


def test_open_permissions_are_found(written: Store) -> None:
    """Of the file, its WAL and its folder (DETAILS 54)."""
    written.path.chmod(0o640)
    written.path.with_name("certmgr.db-wal").chmod(0o604)
    written.path.parent.chmod(0o755)
    found = examine(written)
    assert [code for code, _ in found] == [Code.STORE_MODE] * 3
    assert {str(value).rpartition("/")[2] for _, value in found[1:]} == {"certmgr.db", "certmgr.db-wal"}


@pytest.mark.parametrize("change", [lambda held: held + b"x", lambda held: held[:-1]])
def test_every_certificate_is_compared(written: Store, change: Callable[[bytes], bytes]) -> None:
    """One octet more or less is another certificate."""
    with written.read() as snapshot:
        der = certificates.der(snapshot, CertificateId(2))
    tamper(written, f"UPDATE certificate SET der = x'{change(der).hex()}' WHERE id = 2")  # noqa: S608 - from this test
    assert examine(written) == [(Code.STORE_ROW, "certificate:2")]


def test_a_rehashed_journal_is_found_by_the_chain_alone(written: Store) -> None:
    """A forged entry with a fitting hash breaks the link of the one after it."""
    with written.read() as snapshot:
        entry = next(iter(journal.entries(snapshot, after=2)))
    forged = journal_format.make_entry(
        seq=entry.seq,
        at=journal_format.read_moment(entry.at),
        actor=ALICE,
        action="server.forged",
        object=entry.object,
        data={},
        prev=entry.prev,
    )
    tamper(written, f"UPDATE journal SET action = 'server.forged', data = '{{}}', hash = '{forged.hash}' WHERE seq = 3")  # noqa: S608
    assert (Code.JOURNAL_CHAIN, "4") in examine(written)
