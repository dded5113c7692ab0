"""A state asked of SQL is the state that lifecycle derives, for any certificate at any time (DETAILS 43)."""

from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certmgr import lifecycle
from certmgr.filters import Filter, HasState
from certmgr.models.certificates import Certificate, State
from certmgr.store import certificates, listing
from certmgr.store.columns import text_of
from certmgr.store.connection import Store, Transaction
from tests.clock import START
from tests.store.given import digest, intent, undone

SECONDS = st.integers(-3, 3).map(lambda number: START + timedelta(seconds=number))
"""Times close to now, so that each boundary is met from both sides and exactly."""
MAYBE = st.none() | SECONDS
ROW = st.fixed_dictionaries(
    {
        "stage": st.sampled_from(["intent", "issued", "issued", "issued", "abandoned"]),
        "not_after": SECONDS,
        "renew_at": SECONDS,
        "superseded_at": MAYBE,
        "revoked_at": MAYBE,
        "held_at": MAYBE,
    }
)


def put(tx: Transaction, rows: list[dict[str, object]]) -> None:
    """Put rows with any combination of times on record, past every function that would refuse one."""
    entry = tx.record("a.b", "c:1", {})
    server = intent(tx).server_id
    tx.table("certificate").insert_all(
        {
            "authority_id": 2,
            "server_id": server,
            "serial": f"{number:04X}",
            "stage": row["stage"],
            "profile": "server",
            "key_type": "ec-p256",
            "key_origin": "made",
            "spki_sha256": digest("key"),
            "sha256": digest(str(number)) if row["stage"] == "issued" else None,
            "not_before": "2020-01-01T00:00:00Z",
            "not_after": _text(row["not_after"]),
            "window_opens": "2020-01-01T00:00:00Z",
            "renew_at": _text(row["renew_at"]),
            "superseded_at": _text(row["superseded_at"]),
            "revoked_at": _text(row["revoked_at"]),
            "held_at": _text(row["held_at"]),
            "cause": "misused",
            "owner": "",
            "purpose": "",
            "note": "",
            "requested_by": "alice",
            "created_at": "2020-01-01T00:00:00Z",
            "issued_at": "2020-01-01T00:00:00Z" if row["stage"] == "issued" else None,
            "journal_seq": entry.seq,
            "spec": "{}",
            "tbs": b"x",
            "der": b"x" if row["stage"] == "issued" else None,
        }
        for number, row in enumerate(rows)
    )


def _text(value: object) -> str | None:
    return text_of(value) if isinstance(value, datetime) else None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, min_size=1, max_size=30), moment=st.integers(0, 999_999))
def test_sql_and_lifecycle_agree_on_every_state(store: Store, rows: list[dict[str, object]], moment: int) -> None:
    """Each state's ranges select exactly the certificates that state_of puts there; no certificate is left over."""
    now = START + timedelta(microseconds=moment)
    with undone(store) as tx:
        put(tx, rows)
        every = list(listing.iterate(tx, now=now))
        assert len(every) == len(rows)
        for state in State:
            wanted = Filter(terms=(HasState(states=(state,), flags=()),))
            found = {one.id for one in listing.iterate(tx, wanted, now=now)}
            assert found == {one.id for one in every if lifecycle.state_of(one, now) is state}
            assert listing.count(tx, wanted, now=now) == len(found)
            opposite = Filter(terms=(HasState(states=(state,), flags=(), negated=True),))
            assert listing.count(tx, opposite, now=now) == len(rows) - len(found)
        assert {one.id for one in certificates.due(tx, now)} == _ids(every, now, State.DUE)


def _ids(every: list[Certificate], now: datetime, state: State) -> set[int]:
    return {one.id for one in every if lifecycle.state_of(one, now) is state}
