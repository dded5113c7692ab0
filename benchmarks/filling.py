"""Homes with as many certificates as one likes, for benchmarks: real ones in shape and in size, none in substance.

One certificate is issued as every other is. The rest are rows that repeat its DER, its signed bytes and its
specification, with serials, digests, names and dates of their own; they go through the store's write gate, a journal
entry for each portion, not for each row. Nothing verifies them: they are there to be listed.

Half of them are in use, and half were replaced by those and have expired or soon will, as in a CA of some years.
"""

from datetime import timedelta
from pathlib import Path

from benchmarks.measuring import make_home, run
from certmgr.commitments import Kind
from certmgr.models.certificates import CertificateId
from certmgr.models.operators import Actor, Role
from certmgr.models.revocations import Cause
from certmgr.store import commitments, revocations
from certmgr.store.columns import text_of
from certmgr.store.connection import Store, Transaction, open_store
from certmgr.workspace import utc_now

ACTOR = Actor(name="benchmark", role=Role.ADMINISTRATOR, os_uid=0)
PORTION = 50_000
FIRST = 2
"""The id of the first row that is added; 1 is the certificate that was issued."""
UNITS = 300
SITES = 1000
LIFE = timedelta(days=365)
SPREAD = timedelta(days=359)
"""Over how many days those in use were issued."""
SECONDS = 1000
"""At how many moments they were issued: as in bulk runs, many certificates share one."""

_NUMBERS = "WITH RECURSIVE n (i) AS (SELECT :low UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :high)"
_NAME = "printf('node-%07d.site-%03d.egov.internal', n.i, n.i % :sites)"
_OWNER = "printf('Unit %03d', n.i * 7 % :units)"
_SERVERS = (
    f"INSERT INTO server (id, name, owner, purpose, recorded_ip, created_at) {_NUMBERS}"  # noqa: S608 - constants
    f" SELECT :base + n.i, {_NAME}, {_OWNER}, 'TLS', '', :now FROM n"
)
# What is in use was issued over SPREAD until yesterday; what it replaced 335 days before, and overlapped by a week.
_AGE = "(:spread - n.i / :bulk * :bulk * 1.0 * :spread / :servers)"
_CERTIFICATES = f"""
INSERT INTO certificate (id, authority_id, server_id, serial, stage, profile, key_type, key_origin, spki_sha256, sha256,
    not_before, not_after, window_opens, renew_at, superseded_at, owner, purpose, note, requested_by, created_at,
    issued_at, journal_seq, spec, tbs, der)
{_NUMBERS}
SELECT :first + n.i, t.authority_id, :base + n.i, hex(randomblob(16)), 'issued',
    CASE n.i % 20 WHEN 0 THEN 'client' WHEN 1 THEN 'mail' ELSE 'server' END,
    CASE n.i % 10 WHEN 0 THEN 'rsa-3072' WHEN 1 THEN 'ec-p384' ELSE 'ec-p256' END, 'made',
    lower(hex(randomblob(32))), lower(hex(randomblob(32))),
    {{begin}}, {{end}}, {{renew}}, {{renew}}, {{superseded}}, {_OWNER}, 'TLS',
    CASE n.i % 50 WHEN 0 THEN printf('rack %d', n.i % 90) ELSE '' END, 'benchmark', {{begin}}, {{begin}},
    t.journal_seq, t.spec, t.tbs, t.der
FROM n CROSS JOIN certificate t WHERE t.id = 1
"""  # noqa: S608 - constants
_TEXT_NAMES = (
    "INSERT INTO certificate_name (certificate_id, position, kind, name)"  # noqa: S608 - constants
    f" {_NUMBERS} SELECT :first + n.i, 0, 'dns', {_NAME} FROM n"
)
_ADDRESSES = (
    "INSERT INTO certificate_name (certificate_id, position, kind, name)"  # noqa: S608 - constants
    f" {_NUMBERS} SELECT :first + n.i, 1, 'ip', printf('10.%d.%d.%d', n.i / 65536 % 256, n.i / 256 % 256, n.i % 256)"
    " FROM n"
)
_SEARCH = """
INSERT INTO certificate_search (rowid, server, names, serial, note)
    SELECT c.id, s.name, (SELECT group_concat(n.name, ' ') FROM certificate_name n WHERE n.certificate_id = c.id),
    c.serial, c.note FROM certificate c JOIN server s ON s.id = c.server_id WHERE c.id >= :low AND c.id < :high
"""


def make_filled_home(folder: Path, number: int) -> Path:
    """Make a home with `number` certificates and one open revocation request in the new `folder`; return it."""
    command = make_home(folder)
    wish = ("--dns", "first.egov.internal", "--owner", "Benchmark", "--purpose", "TLS", "--out", folder / "out")
    run([*command, "issue", *wish])
    home = folder / "home"
    store = open_store(home / "certmgr.db", clock=utc_now)
    fill(store, number - 1)
    store.close()
    return home


def fill(store: Store, number: int) -> None:
    """Add `number` certificates, in portions."""
    servers = number // 2
    store.connection.execute("PRAGMA cache_size = -262144")
    for low in range(0, servers, PORTION):
        with store.write(ACTOR) as tx:
            tx.change(_SERVERS, {**_span(tx, low, servers), "base": FIRST})
            _add(tx, low, servers, first=FIRST, replaced=True)
            tx.record("benchmark.filled", "store:1", {"from": low})
    for low in range(0, number - servers, PORTION):
        with store.write(ACTOR) as tx:
            if low + PORTION >= number - servers > servers:
                tx.change(_SERVERS, {**_span(tx, servers, number - servers), "base": FIRST})
            _add(tx, low, number - servers, first=FIRST + servers, replaced=False)
            tx.record("benchmark.filled", "store:1", {"from": low})
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    request(store, CertificateId(FIRST + servers), timedelta(hours=20))


def request(store: Store, certificate: CertificateId, within: timedelta) -> None:
    """Ask for the revocation of a certificate; it has to be verified `within` that time."""
    with store.write(ACTOR) as tx:
        identity = revocations.add(
            tx,
            certificate_id=certificate,
            cause=Cause.KEY_LOST,
            requested_by=ACTOR.name,
            verify_due_at=tx.now + within,
        )
        commitments.open_one(tx, Kind.VERIFY_REVOCATION, f"revocation:{identity}", due_at=tx.now + within)
        tx.record("revocation.requested", f"revocation:{identity}", {})


def _span(tx: Transaction, low: int, high: int) -> dict[str, object]:
    """Return the values that every statement binds, for the servers from `low` on, a portion of them at most."""
    return {
        "low": low,
        "high": min(low + PORTION, high),
        "sites": SITES,
        "units": UNITS,
        "now": text_of(tx.now),
    }


def _add(tx: Transaction, low: int, high: int, *, first: int, replaced: bool) -> None:
    """Add the certificates of a portion of the servers: those in use, or those that they replaced."""
    span = {**_span(tx, low, high), "base": FIRST, "first": first}
    facts = {**span, "spread": SPREAD.total_seconds(), "servers": high, "bulk": max(high // SECONDS, 1)}
    earlier = 335 * 86400 if replaced else 0

    def at(seconds: float) -> str:
        return (
            f"strftime('%Y-%m-%dT%H:%M:%SZ', :now, printf('%+d seconds', CAST({seconds} - 86400 - {_AGE} AS INTEGER)))"
        )

    life = LIFE.total_seconds()
    sql = _CERTIFICATES.format(
        begin=at(-earlier),
        end=at(life - earlier - 1),
        renew=at(life - earlier - 30 * 86400),
        superseded=at(7 * 86400) if replaced else "NULL",
    )
    tx.change(sql, facts)
    tx.change(_TEXT_NAMES, span)
    tx.change(_ADDRESSES, span)
    tx.change(_SEARCH, {"low": first + low, "high": first + span["high"]})  # type: ignore[operator]  # a whole number
