"""A new store with one issuing CA for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from certmgr.store.connection import Store
from tests.clock import FakeClock
from tests.store.given import ALICE, add_authority, new_store


@pytest.fixture
def empty(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    """Yield a store without a record."""
    store = new_store(tmp_path, clock)
    yield store
    store.close()


@pytest.fixture
def store(empty: Store) -> Store:
    """Return a store with a root (id 1) and an issuing CA (id 2) on record."""
    with empty.write(ALICE) as tx:
        root = add_authority(tx, "root-2026")
        add_authority(tx, "issuing-2026-1", root.id)
    return empty
