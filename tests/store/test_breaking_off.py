"""A reading that nobody waits for any more is broken off by another thread."""

import re
from threading import Thread
from time import sleep

import pytest

from certmgr.filters import parse_filter
from certmgr.store import filtering, listing
from certmgr.store.connection import Store
from certmgr.store.driver import BrokenOffError
from tests.clock import START
from tests.store.given import ALICE, intent, issue

ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


def break_off_soon(store: Store, done: list[bool]) -> Thread:
    """Break off from another thread, again and again until `done` holds something."""

    def run() -> None:
        while not done:
            store.break_off()
            sleep(0.005)

    thread = Thread(target=run)
    thread.start()
    return thread


def test_a_statement_that_runs_is_ended(store: Store) -> None:
    """At once, by an error of its own; the store reads and writes afterwards as before."""
    done: list[bool] = []
    thread = break_off_soon(store, done)
    with pytest.raises(BrokenOffError), store.read() as snapshot:
        snapshot.row(ENDLESS)
    done.append(True)
    thread.join()
    with store.write(ALICE) as tx:
        issue(tx, intent(tx))
    with store.read() as snapshot:
        assert listing.count(snapshot, now=START) == 1


def test_a_search_that_scans_is_ended_in_the_midst_of_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A regular expression is looked for row by row in Python, and it can be broken off there too."""
    with store.write(ALICE) as tx:
        issue(tx, *(intent(tx, f"s{number}.egov.internal", number=number) for number in range(1, 41)))
    done: list[bool] = []
    looked_at = []

    class Slow:
        """Stands for the module re, slowly."""

        IGNORECASE = re.IGNORECASE

        @staticmethod
        def compile(pattern: str, _flags: int) -> object:
            class Compiled:
                @staticmethod
                def search(text: str) -> object:
                    looked_at.append(text)
                    sleep(0.02)
                    return re.search(pattern, text)

            return Compiled

    monkeypatch.setattr(filtering, "re", Slow)
    thread = break_off_soon(store, done)
    with pytest.raises(BrokenOffError), store.read() as snapshot:
        listing.page(snapshot, parse_filter("/nothing/"), now=START)
    done.append(True)
    thread.join()
    assert len(looked_at) < 40


def test_nothing_to_break_off_is_no_harm(store: Store) -> None:
    """What is read next is not touched by it."""
    store.break_off()
    with store.read() as snapshot:
        assert snapshot.row("SELECT count(*) FROM certificate") == (0,)
