"""A reading that nobody waits for any more is broken off by another thread."""

from threading import Thread
from time import sleep

import pytest

from certmgr.codes import Code
from certmgr.errors import UsageError
from certmgr.filters import parse_filter
from certmgr.patterns import Search, search_of
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
    """A regular expression is looked for row by row, and it can be broken off there too."""
    with store.write(ALICE) as tx:
        issue(tx, *(intent(tx, f"s{number}.egov.internal", number=number) for number in range(1, 41)))
    done: list[bool] = []
    looked_at = []

    def slow(pattern: str) -> Search:
        search = search_of(pattern)

        def searched(text: str) -> object:
            looked_at.append(text)
            sleep(0.02)
            return search(text)

        return searched

    monkeypatch.setattr(filtering, "search_of", slow)
    thread = break_off_soon(store, done)
    with pytest.raises(BrokenOffError), store.read() as snapshot:
        listing.page(snapshot, parse_filter("/nothing/"), now=START)
    done.append(True)
    thread.join()
    assert len(looked_at) < 40


def test_a_pattern_that_takes_too_long_lets_other_threads_run_and_ends(store: Store) -> None:
    """Another thread counts while it is searched for; then the cause is told, and the store reads as before."""
    with store.write(ALICE) as tx:
        issue(tx, intent(tx, f"{'a' * 60}.egov.internal"))
    done: list[bool] = []
    ticks = []

    def tick() -> None:
        while not done:
            ticks.append(True)
            sleep(0.001)

    thread = Thread(target=tick)
    thread.start()
    try:
        before = len(ticks)
        with pytest.raises(UsageError, match="takes too long on a name") as caught, store.read() as snapshot:
            listing.page(snapshot, parse_filter("/(a|aa)+!/"), now=START)
        meanwhile = len(ticks) - before
    finally:
        done.append(True)
        thread.join()
    # A thread that holds the interpreter lets none run: one tick at the end of it is the most.
    assert meanwhile > 5
    assert caught.value.code is Code.FILTER_SLOW
    with store.read() as snapshot:
        assert len(listing.page(snapshot, parse_filter("/a+/"), now=START).rows) == 1


def test_a_pattern_that_takes_too_long_is_told_by_every_question(store: Store) -> None:
    """By the count and the ids, inside a write too, of which nothing is kept."""
    with store.write(ALICE) as tx:
        issue(tx, intent(tx, f"{'a' * 60}.egov.internal"))
    wanted = parse_filter("/(a|aa)+!/")
    with pytest.raises(UsageError), store.read() as snapshot:
        listing.count(snapshot, wanted, now=START)
    with pytest.raises(UsageError), store.read() as snapshot:
        list(listing.iterate(snapshot, wanted, now=START))

    def written() -> None:
        with store.write(ALICE) as tx:
            tx.record("a.b", "c:1", {})
            listing.numbers(tx, wanted, now=START, limit=5)

    with pytest.raises(UsageError):
        written()
    with store.read() as snapshot:
        assert snapshot.row("SELECT count(*) FROM journal WHERE action = 'a.b'") == (0,)


def test_an_interruption_inside_a_search_stays_one(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite says of any exception that there was one; ctrl+c is ctrl+c all the same."""
    with store.write(ALICE) as tx:
        issue(tx, intent(tx))

    def interrupted(_text: str) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(filtering, "search_of", lambda _pattern: interrupted)
    with pytest.raises(KeyboardInterrupt), store.read() as snapshot:
        listing.page(snapshot, parse_filter("/x/"), now=START)


def test_nothing_to_break_off_is_no_harm(store: Store) -> None:
    """What is read next is not touched by it."""
    store.break_off()
    with store.read() as snapshot:
        assert snapshot.row("SELECT count(*) FROM certificate") == (0,)
