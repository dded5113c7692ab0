"""Mail over a real SMTP server: verified TLS, a password that goes nowhere else, an outcome a recipient (N8)."""

import base64
import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest

from certmgr.codes import Code
from certmgr.errors import CertmgrError
from certmgr.models.keys import KeyType
from certmgr.models.notices import Outcome, Verdict
from certmgr.net import mail
from tests.net.mail_server import HOST, PASSWORD, USER, MailServer, intranet_hierarchy, mail_server
from tests.net.servers import serving

SENDER = "certmgr@egov.internal"
ALICE, BOB = "alice@egov.internal", "bob@egov.internal"
LETTER = b"From: certmgr@egov.internal\r\nTo: alice@egov.internal\r\nSubject: x\r\n\r\nbody\r\n.\r\nend\r\n"


def account(server: MailServer, **changes: object) -> mail.Account:
    """Return the account of a test's server."""
    made = mail.Account(
        host=HOST,
        port=server.port,
        sender=SENDER,
        ca_file=server.ca_file or None,
        user=USER,
        password=PASSWORD,
        timeout_s=5.0,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # the tests name the fields


def sent(to: mail.Account, *recipients: str, letter: bytes = LETTER) -> dict[str, Outcome]:
    """Return what became of a letter."""
    with mail.connected(to) as post:
        return post.send(letter, recipients or (ALICE,))


def test_n8_a_mail_goes_out_over_verified_tls_as_the_user(tmp_path: Path) -> None:
    """STARTTLS first, then the login, then the mail, whole, to each recipient."""
    with mail_server(tmp_path) as server:
        outcomes = sent(account(server), ALICE, BOB)
        assert {who: one.verdict for who, one in outcomes.items()} == {ALICE: Verdict.SENT, BOB: Verdict.SENT}
        assert outcomes[ALICE].answer == "250 taken"
        (one,) = server.received
        assert (one.sender, one.recipients, one.secured, one.user) == (SENDER, (ALICE, BOB), True, USER)
        assert one.message.get_content().splitlines() == ["body", ".", "end"]
        assert server.logins == [USER]


def test_n8_one_connection_carries_several_mails(tmp_path: Path) -> None:
    """A check with a hundred notices does not log in a hundred times."""
    with mail_server(tmp_path) as server, mail.connected(account(server)) as post:
        for _ in range(3):
            assert post.send(LETTER, (ALICE,))[ALICE].verdict is Verdict.SENT
        assert (server.connections, len(server.received)) == (1, 3)


def test_n8_a_login_beyond_ascii_and_one_with_login_alone(tmp_path: Path) -> None:
    """PLAIN in UTF-8 (RFC 4616), LOGIN where a server has nothing else."""
    with mail_server(tmp_path, options={"auth_exclude_mechanism": ["PLAIN"]}) as server:
        assert sent(account(server))[ALICE].verdict is Verdict.SENT
        assert server.received[0].user == USER


def test_n8_a_server_of_another_ca_gets_nothing(tmp_path: Path) -> None:
    """The certificate is verified against smtp_ca: no mail, no password (R1.5)."""
    other = tmp_path / "other"
    other.mkdir()
    with mail_server(tmp_path) as server, mail_server(other, hierarchy=intranet_hierarchy(KeyType.EC_P256)) as stranger:
        with pytest.raises(CertmgrError, match="not trusted") as caught:
            sent(account(stranger, ca_file=server.ca_file))
        assert caught.value.code is Code.NOTICE_FAILED
        assert (stranger.received, stranger.logins) == ([], [])


def test_n8_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    """Its chain is good; it is not the server's."""
    with mail_server(tmp_path, name="127.0.0.2") as server:
        with pytest.raises(CertmgrError, match="not trusted: IP address mismatch"):
            sent(account(server))
        assert server.received == []


def test_n8_the_system_does_not_trust_a_private_ca(tmp_path: Path) -> None:
    """Without smtp_ca the system's store decides, and nothing goes out unverified."""
    with mail_server(tmp_path) as server, pytest.raises(CertmgrError, match="not trusted"):
        sent(account(server, ca_file=None))


def test_n8_a_ca_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """One that is missing, and one that holds no certificate."""
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing\n")
    with mail_server(tmp_path) as server:
        for file in ("/nowhere/root.pem", str(empty)):
            with pytest.raises(CertmgrError, match=f"the CA file {file} cannot be used"):
                sent(account(server, ca_file=file))
        assert server.logins == []


def test_n8_a_server_without_starttls_gets_nothing(tmp_path: Path) -> None:
    """A stripped STARTTLS stops the mail, and the password stays here."""
    with mail_server(tmp_path, tls=False) as server:
        with pytest.raises(CertmgrError, match="no STARTTLS"):
            sent(account(server))
        assert (server.received, server.logins) == ([], [])


def test_n8_without_tls_no_password_is_sent(tmp_path: Path) -> None:
    """With smtp_security none the mail goes out in the clear, unauthenticated, even where AUTH is offered."""
    with mail_server(tmp_path, tls=False) as server:
        assert sent(account(server, starttls=False))[ALICE].verdict is Verdict.SENT
        assert (server.received[0].secured, server.logins) == (False, [])


def test_n8_a_wrong_password_is_told_and_not_shown(tmp_path: Path) -> None:
    """The answer is the server's; neither the password nor its encoded form is in it."""
    with mail_server(tmp_path) as server:
        with pytest.raises(CertmgrError, match="refuses the user name or the password") as caught:
            sent(account(server, password="Hunter2Hunter2"))
        said = caught.value.message
        assert "535" in said
        assert "Hunter2" not in said
        assert "Hunter2" not in repr(account(server, password="Hunter2Hunter2"))


def test_n8_a_server_that_repeats_the_password_does_not_spread_it(tmp_path: Path) -> None:
    """Whatever it answers, the password and what was sent for it are cut out."""
    secret = "Hunter2Hunter2"
    both = base64.b64encode(f"\0{USER}\0{secret}".encode()).decode()
    with mail_server(tmp_path) as server:
        server.repeats = f"535 not {secret}, sent as {both}"
        with pytest.raises(CertmgrError, match=r"535 not \(password\), sent as \(password\)"):
            sent(account(server, password=secret))


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("450 mailbox busy", Verdict.AGAIN),
        ("451 4.7.1 greylisted", Verdict.AGAIN),
        ("550 no such user", Verdict.REFUSED),
        ("553 not a name here", Verdict.REFUSED),
    ],
)
def test_n8_each_recipient_has_an_outcome_of_its_own(tmp_path: Path, answer: str, verdict: Verdict) -> None:
    """RFC 5321 4.2.1: 4xx may pass, 5xx is the end for that recipient; the other one gets the mail."""
    with mail_server(tmp_path) as server:
        server.recipients[BOB] = answer
        outcomes = sent(account(server), ALICE, BOB)
        assert outcomes[BOB] == Outcome(verdict=verdict, answer=answer)
        assert outcomes[ALICE].verdict is Verdict.SENT
        assert [one.recipients for one in server.received] == [(ALICE,)]


@pytest.mark.parametrize(("answer", "verdict"), [("452 full", Verdict.AGAIN), ("554 spam", Verdict.REFUSED)])
def test_n8_a_whole_message_is_refused_for_now_or_for_good(tmp_path: Path, answer: str, verdict: Verdict) -> None:
    """The answer to the end of DATA; the connection is good for the next mail."""
    with mail_server(tmp_path) as server, mail.connected(account(server)) as post:
        server.data = answer
        assert post.send(LETTER, (ALICE,)) == {ALICE: Outcome(verdict=verdict, answer=answer)}
        server.data = "250 taken"
        assert post.send(LETTER, (ALICE,))[ALICE].verdict is Verdict.SENT


def test_n8_nobody_left_sends_nothing(tmp_path: Path) -> None:
    """Every recipient refused: no DATA, and the next mail goes through."""
    with mail_server(tmp_path) as server, mail.connected(account(server)) as post:
        server.recipients[ALICE] = "550 no"
        assert post.send(LETTER, (ALICE,))[ALICE].verdict is Verdict.REFUSED
        assert post.send(LETTER, (BOB,))[BOB].verdict is Verdict.SENT
        assert len(server.received) == 1


def test_n8_a_connection_dropped_in_data_is_tried_again(tmp_path: Path) -> None:
    """Nobody knows whether it arrived: at least once, not at most once (DETAILS 37)."""
    with mail_server(tmp_path) as server:
        server.data = "drop"
        outcome = sent(account(server))[ALICE]
        assert (outcome.verdict, outcome.severed) == (Verdict.AGAIN, True)


def test_n8_a_server_that_hangs_is_left_at_the_deadline(tmp_path: Path) -> None:
    """A recipient that was settled before stays so."""
    with mail_server(tmp_path) as server:
        server.data = "hang"
        server.recipients[BOB] = "550 no"
        started = time.monotonic()
        outcomes = sent(account(server, timeout_s=0.5), ALICE, BOB)
        assert time.monotonic() - started < 5
        assert (outcomes[ALICE].verdict, outcomes[ALICE].severed) == (Verdict.AGAIN, True)
        assert outcomes[BOB].verdict is Verdict.REFUSED


def test_n8_a_server_that_trickles_is_left_at_the_deadline() -> None:
    """The time is for the whole conversation, not for each of its bytes."""

    def trickle(connection: socket.socket) -> None:
        for _ in range(100):
            connection.sendall(b"2")
            time.sleep(0.05)

    started = time.monotonic()
    with serving(trickle) as port, pytest.raises(CertmgrError, match=r"within 0\.3 seconds"):
        sent(mail.Account(host=HOST, port=port, sender=SENDER, timeout_s=0.3))
    assert time.monotonic() - started < 8


def test_n8_a_server_that_is_not_there_or_will_not_serve_says_so(tmp_path: Path) -> None:
    """Connection refused, and a greeting of 4xx: the reason in one line, with the place."""
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(CertmgrError, match=rf"127\.0\.0\.1:{port} could not be used: Connection refused"):
        sent(mail.Account(host=HOST, port=port, sender=SENDER))
    with mail_server(tmp_path) as server:
        server.greeting = "421 too busy"
        with pytest.raises(CertmgrError, match="421 too busy"):
            sent(account(server))


def test_n8_what_is_no_mail_server_is_told() -> None:
    """A web server in its place."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with serving(answer) as port, pytest.raises(CertmgrError, match="could not be used"):
        sent(mail.Account(host=HOST, port=port, sender=SENDER, timeout_s=2.0))


def test_n8_an_answer_is_one_printable_line(tmp_path: Path) -> None:
    """What a server says goes to a terminal and into the store: no escapes, no line breaks, a bound."""
    with mail_server(tmp_path) as server:
        server.data = "452 \x1b[31mred " + "long " * 100
        answer = sent(account(server))[ALICE].answer
        assert answer.startswith(r"452 \x1b[31mred")
        assert len(answer) <= 300


def test_n8_an_address_beyond_ascii_needs_a_server_that_takes_it(tmp_path: Path) -> None:
    """RFC 6531: with SMTPUTF8 it goes out, without it that recipient is refused and the others are served."""
    wide = "jürgen@egov.internal"
    with mail_server(tmp_path) as server:
        assert sent(account(server), wide)[wide].verdict is Verdict.SENT
        assert server.received[0].recipients == (wide,)


def test_n8_without_it_the_others_are_served(tmp_path: Path) -> None:
    """A server that takes ASCII alone: the one address is refused for good, the other gets the mail."""
    wide = "jürgen@egov.internal"
    with mail_server(tmp_path, options={"enable_SMTPUTF8": False}) as server:
        outcomes = sent(account(server), wide, ALICE)
        assert (outcomes[wide].verdict, outcomes[ALICE].verdict) == (Verdict.REFUSED, Verdict.SENT)
        outcomes = sent(account(server, sender="zertifikate-für@egov.internal"), ALICE)
        assert outcomes[ALICE].verdict is Verdict.REFUSED
