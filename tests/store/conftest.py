"""A new store for each test, copied from one that is made once."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

import pytest

from certmgr.store.connection import Store, open_store
from tests.clock import FakeClock
from tests.store.given import ALICE, add_authority, new_store


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the files of a store without a record and of one with a root (id 1) and an issuing CA (id 2)."""
    empty, founded = tmp_path_factory.mktemp("empty"), tmp_path_factory.mktemp("founded")
    new_store(empty, FakeClock()).close()
    store = new_store(founded, FakeClock())
    with store.write(ALICE) as tx:
        root = add_authority(tx, "root-2026")
        add_authority(tx, "issuing-2026-1", root.id)
    store.close()
    return empty / "certmgr.db", founded / "certmgr.db"


def _copy(template: Path, folder: Path, clock: FakeClock) -> Iterator[Store]:
    path = folder / "certmgr.db"
    copyfile(template, path)
    store = open_store(path, clock=clock, busy_timeout_s=5.0)
    yield store
    store.close()


@pytest.fixture
def empty(templates: tuple[Path, Path], tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    """Yield a store without a record."""
    yield from _copy(templates[0], tmp_path, clock)


@pytest.fixture
def store(templates: tuple[Path, Path], tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    """Yield a store with a root (id 1) and an issuing CA (id 2) on record."""
    yield from _copy(templates[1], tmp_path, clock)
