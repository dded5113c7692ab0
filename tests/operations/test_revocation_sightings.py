"""A revocation is done when it was seen at every distribution point, and each sighting is kept (R6.1, DETAILS 24)."""

import shutil
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from certmgr import publication
from certmgr.codes import Code
from certmgr.commitments import Kind, Status
from certmgr.models.authorities import Authority
from certmgr.models.revocations import Cause, RequestState
from certmgr.net import published as net_published
from certmgr.operations import check, crls, holds, revocations
from certmgr.pki import build, crl
from certmgr.queries import revocations as requests
from certmgr.store import authorities
from certmgr.store import crls as stored_crls
from tests.clock import FakeClock
from tests.home import HomeForTest, copy_home
from tests.net.servers import serving
from tests.revoking import EVIDENCE, NAME, entries, published, request, serial, standing


class Point:
    """A web server of a folder; None: it closes every connection without a word."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.asked = 0

    def serve(self, connection: socket.socket) -> None:
        """Answer one request."""
        name = connection.recv(4096).decode().split(" ")[1].removeprefix("/")
        self.asked += 1
        if self.folder is not None:
            body = (self.folder / name).read_bytes()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)


class Points:
    """A home with two distribution points, which both work."""

    def __init__(self, home: HomeForTest, first: Point, second: Point, urls: tuple[str, str]) -> None:
        self.home = home
        self.first = first
        self.second = second
        self.urls = urls
        first.folder = second.folder = home.public

    def issuing(self) -> Authority:
        """Return the issuing CA."""
        with self.home.workspace.store().read() as snapshot:
            return authorities.current_issuing(snapshot)

    def latest(self) -> stored_crls.SignedCrl:
        """Return the last CRL that was signed."""
        with self.home.workspace.store().read() as snapshot:
            found = stored_crls.latest(snapshot, self.issuing().id)
        assert found is not None
        return found

    def frozen(self, place: Path) -> Path:
        """Return a folder that goes on serving what is published now."""
        shutil.copytree(self.home.public, place)
        return place


@pytest.fixture
def points(home_template: Path, tmp_path: Path, clock: FakeClock) -> Iterator[Points]:
    """Return a home with two distribution points at which its first CRL is seen."""
    first, second = Point(), Point()
    with serving(first.serve) as one, serving(second.serve) as two:
        bases = (f"http://127.0.0.1:{one}/", f"http://127.0.0.1:{two}/")
        home = copy_home(home_template, tmp_path / "place", clock=clock, fetch_urls=bases)
        slug = Points(home, first, second, bases).issuing().slug
        yield Points(home, first, second, (f"{bases[0]}{slug}.crl", f"{bases[1]}{slug}.crl"))
        home.workspace.close()


def checked(home: HomeForTest) -> list[str]:
    """Run a check and return what needs a person or failed."""
    return [step.what for step in check.check(home.workspace, home.machine()) if not step.done]


def test_r6_1_a_sighting_is_kept_for_each_distribution_point(points: Points, clock: FakeClock) -> None:
    """A row a place, with the time at which the serial was seen there first; a later CRL does not move it."""
    home = points.home
    one = request(home, home.issue(NAME))
    clock.advance(hours=1)
    revocations.fulfil(home.workspace, home.person(), one.id)
    seen = clock.now
    clock.advance(hours=13)
    assert checked(home) == []
    found = requests.detail(home.workspace, one.id)
    assert {(place.url, place.seen_at) for place in found.sightings} == {(url, seen) for url in points.urls}
    assert {place.number for place in found.sightings} == {found.revocation.crl_number}
    assert found.revocation.published_at == seen
    assert found.revocation.unseen_after == found.revocation.signed_at + timedelta(hours=71)  # type: ignore[operator]  # signed


def test_r6_1_what_one_point_lacks_is_looked_for_again_without_a_new_crl(points: Points, clock: FakeClock) -> None:
    """The request stays open, the sighting at the other point is kept, no number is spent, no entry repeated."""
    home = points.home
    issued = home.issue(NAME)
    points.second.folder = None
    done = revocations.revoke(home.workspace, home.person(), certificate=issued.id, cause=Cause.KEY_LOST, confirm=NAME)
    assert not done.published
    assert done.problem is not None
    assert points.urls[1] in done.problem
    signed, first_seen = points.latest(), clock.now
    for _ in range(3):
        clock.advance(minutes=15)
        (what,) = [line for line in checked(home) if points.urls[1] in line]
        assert "was not seen at" in what
    assert points.latest() == signed
    assert len(entries(home, "crl.seen")) == 1
    assert [place.url for place in requests.detail(home.workspace, done.revocation.id).sightings] == [points.urls[0]]
    points.second.folder = home.public
    clock.advance(minutes=15)
    assert checked(home) == []
    found = requests.detail(home.workspace, done.revocation.id)
    assert [(place.url, place.seen_at) for place in found.sightings] == [
        (points.urls[0], first_seen),
        (points.urls[1], clock.now),
    ]
    assert found.revocation.published_at == clock.now
    assert points.latest().number == signed.number
    assert standing(home, f"revocation:{done.revocation.id}")[Kind.PUBLISH_REVOCATION] is Status.MET


def test_an_unseen_crl_is_signed_anew_when_it_is_old_or_lacks_a_revocation(points: Points, clock: FakeClock) -> None:
    """A point that is down for a day costs two CRLs a day, and a further revocation does not wait for it."""
    home = points.home
    points.second.folder = None
    first, second = home.issue(NAME), home.issue("mail.egov.internal")
    revocations.revoke(home.workspace, home.person(), certificate=first.id, cause=Cause.KEY_LOST, confirm=NAME)
    number = points.latest().number
    one = request(home, second, name="mail.egov.internal")
    revocations.verify(home.workspace, home.person(), one.id)
    checked(home)
    after = points.latest().number
    assert after > number
    assert set(published(home)) == {serial(first), serial(second)}
    clock.advance(hours=11)
    checked(home)
    assert points.latest().number == after
    clock.advance(hours=2)
    checked(home)
    assert points.latest().number > after


def test_r6_1_a_crash_before_the_crl_is_in_place_is_made_good_without_a_new_one(
    points: Points, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was signed and recorded is put in place by the next check."""
    home = points.home
    issued = home.issue(NAME)

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(net_published, "publish_file", crash)
        with pytest.raises(KeyboardInterrupt):
            revocations.revoke(home.workspace, home.person(), certificate=issued.id, cause=Cause.KEY_LOST, confirm=NAME)
    signed = points.latest().number
    assert published(home) == {}
    assert checked(home) == []
    assert (points.latest().number, set(published(home))) == (signed, {serial(issued)})
    assert requests.open_requests(home.workspace) == ()


def old(points: Points, tmp_path: Path) -> Path:
    """Serve what was published before the revocation."""
    return points.frozen(tmp_path / "old")


def foreign(points: Points, tmp_path: Path) -> Path:
    """Serve the root's CRL under the issuing CA's name."""
    folder = points.frozen(tmp_path / "foreign")
    (root,) = folder.glob("root-*.crl")
    shutil.copy(root, folder / f"{points.issuing().slug}.crl")
    return folder


@pytest.mark.parametrize(
    ("make", "code", "words"),
    [(old, Code.CRL_SERVED_OLD, "still serves an older CRL"), (foreign, Code.CRL_SERVED_FOREIGN, "did not sign")],
)
def test_r6_1_an_old_or_a_foreign_crl_is_a_named_problem(
    points: Points, tmp_path: Path, make: Callable[[Points, Path], Path], code: Code, words: str
) -> None:
    """The place is named; the request stays open and counts down."""
    home = points.home
    issued = home.issue(NAME)
    points.second.folder = make(points, tmp_path)
    done = revocations.revoke(home.workspace, home.person(), certificate=issued.id, cause=Cause.KEY_LOST, confirm=NAME)
    assert done.problem is not None
    assert words in done.problem
    assert points.urls[1] in done.problem
    assert done.revocation.state is RequestState.REVOKED
    (attempt,) = crls.publish(home.workspace, home.machine())
    assert attempt.published is not None
    assert [(item.code, item.value) for item in attempt.published.problems] == [(code, points.urls[1])]
    assert [line for line in checked(home) if words in line]


@pytest.mark.parametrize(
    ("ahead", "code", "words"),
    [
        (10, Code.CRL_SERVED_OLD, "without the revoked serial"),
        (0, Code.CRL_SERVED_FOREIGN, "serves another CRL with the number"),
    ],
)
def test_r6_1_a_crl_with_a_higher_number_counts_only_with_the_serial(
    points: Points, tmp_path: Path, ahead: int, code: Code, words: str
) -> None:
    """What another home with the same CA key published must say what ours says; a doubled number is no CRL of ours."""
    home = points.home
    session, authority = home.person(), points.issuing()
    issued = home.issue(NAME)
    folder = points.frozen(tmp_path / "other")
    points.second.folder = folder
    revocations.revoke(home.workspace, session, certificate=issued.id, cause=Cause.KEY_LOST, confirm=NAME)
    last = points.latest()
    issuer = build.Issuer.from_certificate(authority.certificate)
    tbs = crl.make_crl_tbs(issuer, last.number + ahead, last.this_update, last.next_update, [])
    (folder / f"{authority.slug}.crl").write_bytes(build.assemble(tbs, session.signer(authority).sign(tbs)))
    assert [line for line in checked(home) if words in line]
    assert len(requests.open_requests(home.workspace)) == 1
    found = publication.publish_due(
        home.workspace.store(), session.actor, session.signer(authority), authority, home.workspace.config
    )
    assert [(item.code, item.value) for item in found.problems] == [(code, points.urls[1])]


def test_n2_a_release_is_kept_when_a_crl_without_the_serial_was_seen(points: Points, clock: FakeClock) -> None:
    """48 hours from the request to the last distribution point."""
    home = points.home
    issued = home.issue(NAME)
    holds.hold(home.workspace, home.person(), certificate=issued.id, confirm=NAME, evidence=EVIDENCE)
    assert serial(issued) in published(home)
    points.second.folder = None
    done = holds.release(home.workspace, home.person(), certificate=issued.id, confirm=NAME)
    assert (done.lifted, done.seen) == (True, False)
    assert done.due == clock.now + timedelta(hours=48)
    about = f"certificate:{issued.id}"
    assert standing(home, about) == {Kind.DECIDE_HOLD: Status.MET, Kind.RELEASE_HOLD: Status.OPEN}
    clock.advance(hours=4)
    checked(home)
    assert standing(home, about)[Kind.RELEASE_HOLD] is Status.OPEN
    points.second.folder = home.public
    clock.advance(hours=4)
    assert checked(home) == []
    assert standing(home, about)[Kind.RELEASE_HOLD] is Status.MET
    assert published(home) == {}
    assert [entry.data.get("released") for entry in entries(home, "crl.published")][-1] == [int(issued.id)]
