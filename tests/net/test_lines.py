"""Lines between two processes that do not trust each other: bounded in length and time."""

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from certmgr.codes import Code
from certmgr.errors import CertmgrError
from certmgr.net.lines import KEPT, Lines

LIMIT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """The lines that are tested, and the other ends of their pipes."""

    lines: Lines
    feed: int
    drain: int
    aside: int


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Return lines over three pipes."""
    incoming, outgoing, aside = os.pipe(), os.pipe(), os.pipe()
    lines = Lines(incoming[0], outgoing[1], limit=LIMIT, aside=aside[0])
    yield Ends(lines=lines, feed=incoming[1], drain=outgoing[0], aside=aside[1])
    for descriptor in (*incoming, *outgoing, *aside):
        try:
            os.close(descriptor)
        except OSError:
            continue


def refused(ends: Ends, timeout_s: float = 5.0) -> str:
    """Return why a line is not read."""
    with pytest.raises(CertmgrError) as caught:
        ends.lines.read(timeout_s)
    assert caught.value.code is Code.DEPLOY_PROTOCOL
    return caught.value.message


def test_lines_come_one_by_one_and_then_the_end(ends: Ends) -> None:
    """However they were written."""
    os.write(ends.feed, b"one\ntw")
    assert ends.lines.read(1) == b"one"
    os.write(ends.feed, b"o\n\nthree\n")
    os.close(ends.feed)
    assert [ends.lines.read(1) for _ in range(5)] == [b"two", b"", b"three", None, None]


def test_plain_files_serve_too(tmp_path: Path) -> None:
    """Standard input and output may be files: `deploy serve web1 < requests > answers`."""
    requests, answers = tmp_path / "requests", tmp_path / "answers"
    requests.write_bytes(b"one\ntwo\n")
    with requests.open("rb") as incoming, answers.open("wb") as outgoing:
        lines = Lines(incoming.fileno(), outgoing.fileno(), limit=LIMIT)
        assert [lines.read(1) for _ in range(3)] == [b"one", b"two", None]
        lines.write(b"x" * 2000, 1)
    assert answers.read_bytes() == b"x" * 2000 + b"\n"


def test_half_a_line_is_none(ends: Ends) -> None:
    """An end in the middle is not taken for a whole."""
    os.write(ends.feed, b"one\nhal")
    os.close(ends.feed)
    assert ends.lines.read(1) == b"one"
    assert "in the middle of a line" in refused(ends)


def test_a_line_has_a_greatest_length(ends: Ends) -> None:
    """With or without an end in sight; the greatest itself is read."""
    os.write(ends.feed, b"x" * LIMIT + b"\n" + b"y" * (LIMIT + 1))
    assert ends.lines.read(1) == b"x" * LIMIT
    assert "more than 1000 octets" in refused(ends)
    os.write(ends.feed, b"\n")
    assert "more than 1000 octets" in refused(ends)


def test_silence_ends_in_time_and_trickling_does_not_stretch_it(ends: Ends) -> None:
    """The time is that of the whole line."""
    begun = time.monotonic()
    assert "said nothing for" in refused(ends, 0.2)
    stop = threading.Event()

    def trickle() -> None:
        while not stop.wait(0.05):
            os.write(ends.feed, b"x")

    thread = threading.Thread(target=trickle)
    thread.start()
    try:
        assert "said nothing for" in refused(ends, 0.3)
    finally:
        stop.set()
        thread.join()
    assert time.monotonic() - begun < 3


def test_writing_waits_for_a_reader_for_a_while(ends: Ends) -> None:
    """A peer that does not read holds nobody up; one that has gone is told of at once."""
    with pytest.raises(CertmgrError, match="has read nothing"):
        ends.lines.write(b"x" * (1 << 20), 0.3)
    os.close(ends.drain)
    with pytest.raises(CertmgrError, match="has ended"):
        ends.lines.write(b"x", 1)


def test_what_is_said_aside_is_read_along_and_kept_in_part(ends: Ends) -> None:
    """So that a peer that says much there does not stand still; its last words are there."""
    os.write(ends.aside, b"x" * KEPT + b"the last words")
    os.write(ends.feed, b"one\n")
    assert ends.lines.read(1) == b"one"
    os.close(ends.aside)
    ends.lines.drain_aside(1)
    assert ends.lines.said_aside.endswith(b"xthe last words")
    assert len(ends.lines.said_aside) == KEPT
    os.write(ends.feed, b"two\n")
    assert ends.lines.read(1) == b"two"
    ends.lines.write(b"three", 1)
    assert os.read(ends.drain, 100) == b"three\n"
