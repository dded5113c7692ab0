"""Notices: recorded once, sent at least once, tried again, given up with a word (R5.2, N8, N9, DETAILS 37)."""

import json
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from certmgr import files
from certmgr.errors import LockedError, RefusedError
from certmgr.models.notices import Channel, Kind, NoticeState
from certmgr.net.webhook import NOTICE_ID, SIGNATURE, TIMESTAMP, signature
from certmgr.operations import certificates, notices
from certmgr.queries import certificates as certificate_queries
from certmgr.queries import journal
from tests.clock import FakeClock
from tests.home import HomeForTest
from tests.net.mail_server import MailServer, mail_server
from tests.net.servers import serving
from tests.net.test_webhook import headers, read_request
from tests.noticing import CONTACT, OPERATOR, SENDER, at, by_command, by_mail, change, configure, recorded, run

NAME = "portal.egov.internal"


@pytest.fixture
def home(home: HomeForTest) -> HomeForTest:
    """Return a home whose root CRL lasts, so that it is not told of in every test."""
    change(home, "UPDATE crl SET next_update = '2035-01-01T00:00:00Z'")
    return home


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    """Yield a mail server."""
    with mail_server(tmp_path / "mail") as made:
        yield made


@pytest.fixture(autouse=True)
def _place(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()


@pytest.fixture
def mailing(home: HomeForTest, server: MailServer, clock: FakeClock) -> Iterator[HomeForTest]:
    """Yield a home that sends mail, and has told all that there was to tell."""
    made = by_mail(home, server, clock)
    assert run(made) == []
    yield made
    made.workspace.close()


def manual(home: HomeForTest, name: str = NAME, *, contact: str = CONTACT, days: int | None = None) -> None:
    """Issue a certificate that is not renewed by itself."""
    home.issue(name, contact=contact, days=days)
    change(home, "UPDATE server SET auto_renew = 0 WHERE name = ?", name)


def actions(home: HomeForTest, noun: str = "notice.") -> Counter[str]:
    """Return how often each action about notices is in the journal."""
    return Counter(one.action for one in journal.every(home.workspace) if one.action.startswith(noun))


def test_n8_nothing_is_recorded_while_no_channel_is_configured(home: HomeForTest, clock: FakeClock) -> None:
    """No row, no entry, no step: a channel that is opened later starts at its own time."""
    manual(home)
    clock.advance(days=360)
    assert run(home) == []
    assert list(notices.pending(home.workspace)) == []
    assert recorded(home) == []
    assert actions(home) == Counter()


def test_n8_a_contact_is_told_when_a_threshold_is_crossed(
    mailing: HomeForTest, server: MailServer, clock: FakeClock
) -> None:
    """At 00:00 of the 30th natural day in the organisation's zone, and not a second earlier; once."""
    manual(mailing)
    # It ends on 2027-11-21 09:54:59 in Berlin.
    clock.now = at("2027-10-22T00:00:00+02:00") - timedelta(seconds=1)
    assert run(mailing) == []
    clock.advance(timedelta(seconds=1))
    (step,) = run(mailing)
    assert step.done
    assert step.what == (
        f"Told the contact of {NAME} by mail: {NAME}: the certificate expires in 30 days, on 2027-11-21."
    )
    (mail,) = server.received
    assert mail.recipients == (CONTACT,)
    assert mail.message["Subject"] == f"[certmgr] {NAME}: the certificate expires in 30 days, on 2027-11-21"
    assert f"  certmgr renew {NAME}\n" in mail.message.get_content().replace("\r\n", "\n")
    assert run(mailing) == []
    assert len(server.received) == 1


def test_n8_over_a_whole_life_each_threshold_is_told_once(
    mailing: HomeForTest, server: MailServer, clock: FakeClock
) -> None:
    """Looked at twice a day to the end and beyond: six mails, no more."""
    manual(mailing)
    clock.advance(days=330)
    while clock.now < at("2027-12-01T00:00:00Z"):
        run(mailing)
        clock.advance(hours=12)
    told = [one.threshold for one in recorded(mailing, Kind.CERTIFICATE_EXPIRING)]
    assert told == ["30", "14", "7", "3", "1", "0"]
    assert len(server.received) == 6


@pytest.mark.parametrize(
    ("before", "after", "told", "covered"),
    [
        ("2027-11-07", "2027-11-16", ["14", "7"], ["30"]),
        ("2027-10-22", "2027-11-18", ["30", "3"], ["14", "7"]),
        ("2027-11-18", "2027-11-20", ["3", "1"], ["30", "14", "7"]),
    ],
)
def test_n8_after_an_outage_only_the_newest_threshold_is_told(  # noqa: PLR0913, PLR0917 - the facts of an outage
    mailing: HomeForTest,
    server: MailServer,
    clock: FakeClock,
    before: str,
    after: str,
    told: list[str],
    covered: list[str],
) -> None:
    """Those that were passed over are on record as covered, and never come later, not even on a clock gone back."""
    manual(mailing)
    clock.now = at(f"{before}T10:00:00Z")
    run(mailing)
    clock.now = at(f"{after}T10:00:00Z")
    run(mailing)
    assert len(server.received) == 2
    by_state = {state: [one.threshold for one in recorded(mailing) if one.state is state] for state in NoticeState}
    assert by_state[NoticeState.SENT] == told
    assert sorted(by_state[NoticeState.COVERED], key=int, reverse=True) == covered
    for days in (-8, 1, 8):
        clock.advance(days=days)
        run(mailing)
    assert [one.threshold for one in recorded(mailing)].count(told[-1]) == 1
    clock.now = at(f"{before}T10:00:00Z")
    assert run(mailing) == []


def test_n8_an_outage_past_the_end_is_told_as_an_end(
    mailing: HomeForTest, server: MailServer, clock: FakeClock
) -> None:
    """The certificate has expired with nothing in its place: that is said, with what to do."""
    manual(mailing)
    clock.now = at("2027-11-25T10:00:00Z")
    run(mailing)
    assert server.subjects() == [f"[certmgr] {NAME}: the certificate expired on 2027-11-21"]
    assert "What has expired cannot be renewed" in " ".join(server.received[0].message.get_content().split())


def test_n8_what_was_crossed_at_birth_is_not_told(mailing: HomeForTest, server: MailServer, clock: FakeClock) -> None:
    """A certificate of 10 days has crossed 30 and 14 when it is made; 7 is the first that says something."""
    manual(mailing, days=10)
    assert run(mailing) == []
    clock.advance(days=3)
    run(mailing)
    assert [one.threshold for one in recorded(mailing)] == ["7"]
    assert len(server.received) == 1


def test_n8_retired_revoked_replaced_and_held_ones_are_not_told_of(
    mailing: HomeForTest, server: MailServer, clock: FakeClock
) -> None:
    """A notice about an end that nobody has to prevent is noise."""
    for name in ("retired", "revoked", "replaced", "held"):
        manual(mailing, f"{name}.egov.internal")
    clock.now = at("2027-10-23T09:00:00Z")
    found = certificate_queries.resolve(mailing.workspace, "replaced.egov.internal")
    certificates.renew(mailing.workspace, mailing.machine(), found)
    stamp = "2027-10-01T00:00:00Z"
    change(mailing, "UPDATE server SET retired_at = ? WHERE name LIKE 'retired%'", stamp)
    revoked, held = (
        certificate_queries.resolve(mailing.workspace, f"{one}.egov.internal").id for one in ("revoked", "held")
    )
    change(mailing, "UPDATE certificate SET revoked_at = ?, cause = 'key-lost' WHERE id = ?", stamp, revoked)
    change(mailing, "UPDATE certificate SET held_at = ?, cause = 'suspended' WHERE id = ?", stamp, held)
    assert run(mailing) == []
    assert server.received == []


def test_n4_what_renews_by_itself_is_told_of_when_that_is_late(
    mailing: HomeForTest, server: MailServer, clock: FakeClock
) -> None:
    """No mail for a renewal that is about to happen; one for each threshold that comes without it."""
    mailing.issue(NAME, contact=CONTACT)
    clock.now = at("2027-10-22T12:00:00Z")
    assert run(mailing) == []
    clock.now = at("2027-11-07T12:00:00Z")
    run(mailing)
    assert [one.threshold for one in recorded(mailing)] == ["14"]
    assert "should have been renewed by itself" in server.received[0].message.get_content()


def test_details_19_a_csr_is_asked_for_when_its_certificate_is_due(
    mailing: HomeForTest, server: MailServer, clock: FakeClock
) -> None:
    """One notice to the owner at the time of renewal, in place of the 30 days; the next thresholds follow."""
    from certmgr.models.keys import KeyType
    from certmgr.pki import csr, keys

    mailing.issue(NAME, contact=CONTACT, csr=csr.make_csr(keys.make_key(KeyType.EC_P256), [NAME], [], None))
    clock.now = at("2027-10-22T12:00:00Z")
    run(mailing)
    clock.now = at("2027-11-07T12:00:00Z")
    run(mailing)
    assert [(one.kind, one.threshold) for one in recorded(mailing)] == [
        (Kind.CSR_NEEDED, "due"),
        (Kind.CERTIFICATE_EXPIRING, "14"),
    ]
    assert all(f"  certmgr renew {NAME} --csr FILE" in one.message.get_content() for one in server.received)


def test_n8_without_a_contact_that_is_an_address_the_operators_are_told(
    mailing: HomeForTest, server: MailServer, clock: FakeClock
) -> None:
    """A telephone number is no mail address; nobody at all is none either."""
    manual(mailing, "phone.egov.internal", contact="+49 30 1234")
    manual(mailing, "nobody.egov.internal", contact="")
    clock.now = at("2027-10-22T12:00:00Z")
    run(mailing)
    assert [one.recipients for one in server.received] == [(OPERATOR,), (OPERATOR,)]


def test_n8_contacts_are_left_alone_where_that_is_configured(
    mailing: HomeForTest, server: MailServer, clock: FakeClock
) -> None:
    """tell_contacts = false: the operators get it."""
    manual(mailing)
    clock.now = at("2027-10-22T12:00:00Z")
    run(configure(mailing, clock, tell_contacts=False))
    assert [one.recipients for one in server.received] == [(OPERATOR,)]


def test_r7_1_no_address_is_kept_with_a_notice_or_in_the_journal(
    mailing: HomeForTest, server: MailServer, clock: FakeClock
) -> None:
    """R7.1, DETAILS 34: it is looked up when it is sent; a server's answer is cleaned of it."""
    manual(mailing)
    clock.now = at("2027-10-22T12:00:00Z")
    server.recipients[CONTACT] = f"550 5.1.1 <{CONTACT}>: no such user"
    run(mailing)
    (one,) = recorded(mailing)
    assert (one.state, one.result) == (NoticeState.GIVEN_UP, "550 5.1.1 <(recipient)>: no such user")
    with mailing.workspace.store().read() as snapshot:
        rows = json.dumps(snapshot.rows("SELECT * FROM notice") + snapshot.rows("SELECT * FROM journal"))
    assert CONTACT not in rows
    assert OPERATOR not in rows


def test_n8_a_changed_contact_gets_what_was_waiting(mailing: HomeForTest, server: MailServer, clock: FakeClock) -> None:
    """The audience is the server's contact, whoever that is when it is sent."""
    manual(mailing)
    clock.now = at("2027-10-22T12:00:00Z")
    server.data = "452 full"
    run(mailing)
    change(mailing, "UPDATE contact SET value = 'new@egov.internal'")
    server.data = "250 taken"
    clock.advance(minutes=5)
    run(mailing)
    assert [one.recipients for one in server.received] == [("new@egov.internal",)]


def test_n8_every_mail_is_marked_as_automatic_and_named_for_good(
    mailing: HomeForTest, server: MailServer, clock: FakeClock
) -> None:
    """RFC 3834; the Message-ID is the same in each attempt at a notice, and another for another notice."""
    manual(mailing)
    manual(mailing, "other.egov.internal")
    clock.now = at("2027-10-22T12:00:00Z")
    run(mailing)
    change(mailing, "UPDATE notice SET sent_at = NULL, reached = '{}', next_at = '2027-10-22T12:00:00Z'")
    run(mailing)
    names = [str(one.message["Message-ID"]) for one in server.received]
    assert names[:2] == names[2:]
    assert len(set(names)) == 2
    assert all(name.endswith(f"@{SENDER.rpartition('@')[2]}>") for name in names)
    message = server.received[0].message
    assert (message["Auto-Submitted"], message["From"], message["To"]) == ("auto-generated", SENDER, CONTACT)
    assert message["Date"].datetime == clock.now


def test_n8_a_chinese_text_arrives_whole(home: HomeForTest, server: MailServer, clock: FakeClock) -> None:
    """Subject and body, over a real server."""
    chinese = by_mail(home, server, clock, language="zh")
    run(chinese)
    manual(chinese)
    clock.now = at("2027-10-22T12:00:00Z")
    run(chinese)
    (mail,) = server.received
    assert mail.message["Subject"] == f"[certmgr] {NAME}：证书将于 2027-11-21 到期（还有 30 天）"  # noqa: RUF001 - Chinese
    assert mail.message["Content-Language"] == "zh"
    assert "该证书不会自动更新" in mail.message.get_content()
    chinese.workspace.close()


def test_n8_a_failure_is_tried_again_ever_more_rarely(
    mailing: HomeForTest, server: MailServer, clock: FakeClock
) -> None:
    """After 5 minutes, doubled to 6 hours, to the last moment of retry_for; then it is given up, and said so once."""
    manual(mailing)
    clock.now = start = at("2027-10-22T12:00:00Z")
    server.data = "451 try later"
    tries = []
    while True:
        steps = run(mailing)
        (one,) = recorded(mailing)
        if steps:
            assert [step.done for step in steps] == [False]
            tries.append(clock.now - start)
        if one.state is NoticeState.GIVEN_UP:
            break
        assert one.next_at is not None
        assert "451 try later" in steps[0].what if steps else True
        clock.now = one.next_at - timedelta(seconds=1)
        assert run(mailing) == []
        clock.advance(timedelta(seconds=1))
    minutes = [round(one.total_seconds() / 60) for one in tries]
    assert minutes[:8] == [0, 5, 15, 35, 75, 155, 315, 635]
    assert {after - before for before, after in pairwise(minutes[7:-1])} == {360}
    assert minutes[-1] == 72 * 60
    assert "is given up" in steps[0].what
    assert f"certmgr notice retry {one.id}" in steps[0].what
    assert actions(mailing)["notice.given-up"] == 1
    clock.advance(days=1)
    assert run(mailing) == []


def test_n8_a_recipient_that_does_not_exist_is_given_up_at_once(
    mailing: HomeForTest, server: MailServer, clock: FakeClock
) -> None:
    """5xx is the end; a person is told, and can have it tried again once the contact is corrected."""
    manual(mailing)
    clock.now = at("2027-10-22T12:00:00Z")
    server.recipients[CONTACT] = "550 no such user"
    (step,) = run(mailing)
    assert not step.done
    assert "550 no such user" in step.what
    clock.advance(hours=1)
    assert run(mailing) == []
    change(mailing, "UPDATE contact SET value = 'right@egov.internal'")
    (one,) = recorded(mailing)
    assert [step.done for step in notices.retry(mailing.workspace, mailing.machine(), [one.id])] == [True]
    assert [one.recipients for one in server.received] == [("right@egov.internal",)]
    with pytest.raises(RefusedError):
        list(notices.retry(mailing.workspace, mailing.machine(), [one.id]))
    assert actions(mailing)["notice.refused"] == 1


def test_n8_each_operator_gets_it_once_whatever_becomes_of_the_others(
    home: HomeForTest, server: MailServer, clock: FakeClock
) -> None:
    """One is refused for good, one for now, one takes it: the second alone is written to again."""
    people = ("a@egov.internal", "b@egov.internal", "c@egov.internal")
    mailing = by_mail(home, server, clock, to=people)
    run(mailing)
    manual(mailing, contact="")
    clock.now = at("2027-10-22T12:00:00Z")
    server.recipients |= {people[0]: "550 no", people[1]: "450 later"}
    (step,) = run(mailing)
    assert not step.done
    del server.recipients[people[1]]
    clock.advance(minutes=5)
    (step,) = run(mailing)
    assert [one.recipients for one in server.received] == [(people[2],), (people[1],)]
    (one,) = recorded(mailing)
    assert one.state is NoticeState.SENT
    assert not step.done
    assert "1 refused it" in step.what
    assert run(mailing) == []
    mailing.workspace.close()


def test_n8_a_server_that_is_down_for_a_day_loses_nothing(
    home: HomeForTest, server: MailServer, clock: FakeClock, tmp_path: Path
) -> None:
    """All that came up meanwhile goes out once; what is no longer so does not."""
    mailing = by_mail(home, server, clock, smtp_port=1)
    run(mailing)
    for number in range(4):
        manual(mailing, f"server{number}.egov.internal")
    clock.now = at("2027-10-22T06:00:00Z")
    steps = run(mailing)
    # Two are tried; the rest waits without asking a server that is gone.
    assert len([step for step in steps if "Connection refused" in step.what]) == 2
    assert "2 further notices wait: the mail does not answer." in steps[-1].what
    for _ in range(24):
        clock.advance(hours=1)
        run(mailing)
    found = certificate_queries.resolve(mailing.workspace, "server3.egov.internal")
    certificates.renew(mailing.workspace, mailing.machine(), found)
    mailing = by_mail(mailing, server, clock)
    for _ in range(7):
        clock.advance(hours=1)
        run(mailing)
    assert Counter(one.message["Subject"].split()[1] for one in server.received) == Counter(
        {f"server{number}.egov.internal:": 1 for number in range(3)}
    )
    states = Counter(one.state for one in recorded(mailing))
    assert states == Counter({NoticeState.SENT: 3, NoticeState.COVERED: 1})
    mailing.workspace.close()
    assert tmp_path.exists()


def test_n8_one_mail_that_a_server_chokes_on_does_not_hold_up_the_others(
    mailing: HomeForTest, server: MailServer, clock: FakeClock
) -> None:
    """What was tried before comes after what was not."""
    manual(mailing, "first.egov.internal")
    clock.now = at("2027-10-22T12:00:00Z")
    server.data = "drop"
    run(mailing)
    for number in range(3):
        manual(mailing, f"server{number}.egov.internal", days=10)
    clock.now = at("2027-10-26T12:00:00Z")
    server.data = "250 taken"
    run(mailing)
    assert [one.message["Subject"].split()[1] for one in server.received] == [
        *(f"server{number}.egov.internal:" for number in range(3)),
        "first.egov.internal:",
    ]


def test_n8_a_threshold_that_is_crossed_while_the_last_one_waits_takes_its_place(
    mailing: HomeForTest, server: MailServer, clock: FakeClock
) -> None:
    """One mail when the server is back, and it says how things are now."""
    mailing = configure(mailing, clock, retry_for=timedelta(days=30))
    manual(mailing)
    server.data = "451 later"
    clock.now = at("2027-11-13T12:00:00Z")
    run(mailing)
    clock.now = at("2027-11-14T12:00:00Z")
    run(mailing)
    server.data = "250 taken"
    clock.now = at("2027-11-15T12:00:00Z")
    run(mailing)
    assert server.subjects() == [f"[certmgr] {NAME}: the certificate expires in 6 days, on 2027-11-21"]
    assert [(one.threshold, one.state) for one in recorded(mailing)] == [
        ("14", NoticeState.COVERED),
        ("30", NoticeState.COVERED),
        ("7", NoticeState.SENT),
    ]


def test_n8_a_digest_gathers_the_endings_of_a_day_for_each_address(
    home: HomeForTest, server: MailServer, clock: FakeClock
) -> None:
    """One mail to each address, each certificate in it, each notice on record by itself."""
    people = (OPERATOR, "b@egov.internal")
    mailing = by_mail(home, server, clock, digest=True, to=people)
    run(mailing)
    manual(mailing, "one.egov.internal")
    manual(mailing, "two.egov.internal")
    manual(mailing, "three.egov.internal", contact=OPERATOR)
    manual(mailing, "four.egov.internal", contact="")
    clock.now = at("2027-10-22T12:00:00Z")
    server.recipients[people[1]] = "450 later"
    run(mailing)
    by_recipient = {one.recipients: one.message for one in server.received}
    assert set(by_recipient) == {(CONTACT,), (OPERATOR,)}
    text = by_recipient[CONTACT,].get_content()
    assert by_recipient[CONTACT,]["Subject"] == "[certmgr] 2 certificates and lists that end, 2027-10-22"
    assert "one.egov.internal" in text
    assert "two.egov.internal" in text
    assert "three.egov.internal" not in text
    text = by_recipient[OPERATOR,].get_content()
    assert "three.egov.internal" in text
    assert "four.egov.internal" in text
    server.recipients.clear()
    clock.advance(minutes=5)
    run(mailing)
    assert server.received[-1].recipients == (people[1],)
    assert server.subjects()[-1].endswith("four.egov.internal: the certificate expires in 30 days, on 2027-11-21")
    assert Counter(one.state for one in recorded(mailing)) == Counter({NoticeState.SENT: 4})
    assert run(mailing) == []
    mailing.workspace.close()


def test_n9_a_command_gets_every_notice_once_and_the_contact_for_an_sms(home: HomeForTest, clock: FakeClock) -> None:
    """One row for the service, whoever gets the mail; the contact is looked up when it is sent."""
    commanding, told = by_command(home, clock)
    run(commanding)
    manual(commanding, contact="+49 30 1234")
    clock.now = at("2027-10-22T12:00:00Z")
    (step,) = run(commanding)
    assert step.what.startswith("Told the command: ")
    (document,) = map(json.loads, told.read_text().splitlines())
    assert {key: document[key] for key in ("schema", "kind", "threshold", "organisation", "language", "contact")} == {
        "schema": "certmgr.notice/1",
        "kind": "certificate-expiring",
        "threshold": "30",
        "organisation": "Example",
        "language": "en",
        "contact": "+49 30 1234",
    }
    assert document["object"].startswith("certificate:")
    assert document["data"]["server"] == NAME
    assert f"certmgr renew {NAME}" in document["text"]
    (one,) = recorded(commanding)
    assert (one.audience, one.channel, one.state) == ("service", Channel.COMMAND, NoticeState.SENT)
    with commanding.workspace.store().read() as snapshot:
        assert "1234" not in json.dumps(snapshot.rows("SELECT * FROM notice"))
    commanding.workspace.close()


def test_n8_a_channel_that_is_opened_later_tells_what_is_so_and_not_what_was(
    home: HomeForTest, server: MailServer, clock: FakeClock
) -> None:
    """An open hold or a near end is told; a revocation of last month is not. Closing it is on record, too."""
    from certmgr.models.revocations import Cause
    from certmgr.operations import revocations

    issued = home.issue("gone.egov.internal", contact=CONTACT)
    revocations.revoke(
        home.workspace,
        home.person(),
        certificate=issued.id,
        cause=Cause.NO_LONGER_NEEDED,
        confirm="gone.egov.internal",
    )
    manual(home)
    clock.now = at("2027-10-22T12:00:00Z")
    mailing = by_mail(home, server, clock)
    run(mailing)
    assert [one.kind for one in recorded(mailing)] == [Kind.CERTIFICATE_EXPIRING]
    closed = configure(mailing, clock, smtp_host=None)
    assert run(closed) == []
    assert actions(closed)["notice.channel-opened"] == actions(closed)["notice.channel-closed"] == 1
    assert run(closed) == []
    assert actions(closed)["notice.channel-closed"] == 1
    closed.workspace.close()


def test_n8_a_rehearsal_tells_nobody(mailing: HomeForTest, server: MailServer, clock: FakeClock) -> None:
    """What would be told is named; nothing is recorded or sent."""
    manual(mailing)
    clock.now = at("2027-10-22T12:00:00Z")
    (step,) = notices.pending(mailing.workspace)
    assert step.what.startswith(f"Would tell the contact of {NAME} by mail: {NAME}: the certificate expires in 30 days")
    assert recorded(mailing) == []
    server.data = "451 later"
    run(mailing)
    clock.advance(minutes=5)
    (step,) = notices.pending(mailing.workspace)
    assert step.what.startswith(f"Would send notice 1 to the contact of {NAME} by mail: ")
    assert server.received == []


def test_n8_who_may_not_send_is_refused(mailing: HomeForTest) -> None:
    """An auditor reads."""
    from certmgr.models.operators import Role

    session = mailing.machine()
    session.actor = session.actor.__class__(name="auditor", role=Role.AUDITOR, os_uid=0)
    with pytest.raises(RefusedError, match="may not send notices"):
        list(notices.due(mailing.workspace, session))


def test_n8_every_state_of_a_notice_is_in_the_journal(
    mailing: HomeForTest, server: MailServer, clock: FakeClock
) -> None:
    """Recorded, covered, sent: what, to whom, how, when; an attempt that failed is no record of anything."""
    manual(mailing)
    clock.now = at("2027-11-08T12:00:00Z")
    server.data = "451 later"
    run(mailing)
    assert actions(mailing) == Counter({"notice.channel-opened": 1, "notice.recorded": 1, "notice.covered": 1})
    server.data = "250 taken"
    clock.advance(minutes=5)
    run(mailing)
    assert actions(mailing)["notice.sent"] == 1
    entry = next(one for one in journal.every(mailing.workspace) if one.action == "notice.recorded")
    assert {key: entry.data[key] for key in ("kind", "threshold", "channel")} == {
        "kind": "certificate-expiring",
        "threshold": "14",
        "channel": "mail",
    }


@contextmanager
def webhook(home: HomeForTest, clock: FakeClock, answers: list[int], seen: list[bytes]) -> Iterator[HomeForTest]:
    """Yield the home with a webhook that gives these answers, one after the other, the last one for ever."""
    secret = home.path.parent / "webhook.secret"
    secret.touch(0o600)
    secret.write_text("shared\n")

    def answer(connection: socket.socket) -> None:
        seen.append(read_request(connection))
        status = answers.pop(0) if len(answers) > 1 else answers[0]
        connection.sendall(f"HTTP/1.1 {status} So\r\nContent-Length: 0\r\n\r\n".encode())

    with serving(answer) as port:
        made = configure(home, clock, webhook_url=f"http://127.0.0.1:{port}/", webhook_secret_file=str(secret))
        run(made)
        yield made
        made.workspace.close()


def test_n9_a_webhook_is_tried_again_until_it_takes_the_notice(home: HomeForTest, clock: FakeClock) -> None:
    """5xx and 429 may pass; each attempt has the same name, its own time and a signature over both."""
    seen: list[bytes] = []
    with webhook(home, clock, [503, 429, 204], seen) as posting:
        manual(posting)
        clock.now = at("2027-10-22T12:00:00Z")
        verdicts = []
        for minutes in (0, 5, 10):
            clock.advance(minutes=minutes)
            verdicts += [step.done for step in run(posting)]
        assert verdicts == [False, False, True]
        assert run(posting) == []
    found = [headers(one) for one in seen]
    assert len({one[NOTICE_ID] for one in found}) == 1
    assert len({one[TIMESTAMP] for one in found}) == 3
    for one, request in zip(found, seen, strict=True):
        body = request.partition(b"\r\n\r\n")[2]
        assert one[SIGNATURE] == signature(b"shared", int(one[TIMESTAMP]), body)
        assert json.loads(body)["contact"] == CONTACT


def test_n9_a_webhook_that_refuses_gets_it_no_more(home: HomeForTest, clock: FakeClock) -> None:
    """404: given up at once, a person is told."""
    seen: list[bytes] = []
    with webhook(home, clock, [404], seen) as posting:
        manual(posting)
        clock.now = at("2027-10-22T12:00:00Z")
        (step,) = run(posting)
        assert not step.done
        assert "is given up" in step.what
        clock.advance(days=2)
        assert run(posting) == []
    assert len(seen) == 1


def test_r7_1_what_a_command_says_of_a_contact_is_not_kept(home: HomeForTest, clock: FakeClock) -> None:
    """It got a telephone number; the record does not."""
    program = home.path.parent / "sms"
    program.write_text("#!/bin/sh\necho 'no route to +49 30 1234' >&2\nexit 1\n")
    program.chmod(0o700)
    commanding = configure(home, clock, command=(str(program),))
    run(commanding)
    manual(commanding, contact="+49 30 1234")
    clock.now = at("2027-10-22T12:00:00Z")
    (step,) = run(commanding)
    assert "no route to (recipient)" in step.what
    assert recorded(commanding)[0].result.endswith("no route to (recipient)")
    commanding.workspace.close()


def test_n8_what_cannot_go_out_any_more_is_not_tried_by_hand(
    mailing: HomeForTest, server: MailServer, clock: FakeClock
) -> None:
    """The channel is gone: without a number there is nothing to do, with one it is refused."""
    manual(mailing)
    clock.now = at("2027-10-22T12:00:00Z")
    server.data = "451 later"
    run(mailing)
    silent = configure(mailing, clock, smtp_host=None)
    assert list(notices.retry(silent.workspace, silent.machine())) == []
    with pytest.raises(RefusedError, match="not configured any more"):
        list(notices.retry(silent.workspace, silent.machine(), [recorded(silent)[0].id]))
    silent.workspace.close()


def test_n8_a_retry_keeps_away_from_a_check(
    mailing: HomeForTest, server: MailServer, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a running check has taken would go out twice: exit 6."""
    monkeypatch.setattr(notices, "PATIENCE_S", 0.1)
    manual(mailing)
    clock.now = at("2027-10-22T12:00:00Z")
    server.data = "451 later"
    run(mailing)
    with files.held(mailing.path / "log"), pytest.raises(LockedError, match="A check is running"):
        list(notices.retry(mailing.workspace, mailing.machine()))
