"""A webhook over a real HTTP server: signed, bounded, and an answer that is read for what it means (N9)."""

import hashlib
import hmac
import json
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from certmgr.models.keys import KeyType
from certmgr.models.notices import Outcome, Verdict
from certmgr.net import webhook
from certmgr.net.notify_command import hand_over
from tests.net.mail_server import intranet_hierarchy, server_context
from tests.net.servers import serving

BODY = json.dumps({"text": "政务"}).encode()
AT = 1_795_251_600
NOTICE = "0123456789abcdef"


def read_request(connection: socket.socket) -> bytes:
    """Return a whole request."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.lower().splitlines() if line.startswith(b"content-length"))
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answering(answer: bytes, seen: list[bytes] | None = None) -> Callable[[socket.socket], None]:
    """Return what reads a request and answers it."""

    def answer_one(connection: socket.socket) -> None:
        request = read_request(connection)
        if seen is not None:
            seen.append(request)
        connection.sendall(answer)

    return answer_one


def posted(answer: bytes, *, seen: list[bytes] | None = None, secret: bytes | None = b"key") -> Outcome:
    """Return what became of a notice that was answered so."""
    with serving(answering(answer, seen)) as port:
        return webhook.post(
            f"http://127.0.0.1:{port}/in?to=sms", BODY, notice=NOTICE, timestamp=AT, secret=secret, timeout_s=5.0
        )


def headers(request: bytes) -> dict[str, str]:
    """Return the header fields of a request."""
    lines = request.partition(b"\r\n\r\n")[0].decode().splitlines()[1:]
    return dict(line.split(": ", 1) for line in lines)


def test_n9_a_notice_is_posted_and_signed_with_its_time() -> None:
    """The receiver makes the same HMAC from the time and the body; the notice has the same name in each attempt."""
    seen: list[bytes] = []
    outcome = posted(b"HTTP/1.1 204 No Content\r\n\r\n", seen=seen)
    assert (outcome.verdict, outcome.answer) == (Verdict.SENT, "status 204")
    request, _, body = seen[0].partition(b"\r\n\r\n")
    assert request.startswith(b"POST /in?to=sms HTTP/1.1\r\n")
    assert body == BODY
    found = headers(seen[0])
    assert found["Content-Type"] == "application/json"
    assert found[webhook.NOTICE_ID] == NOTICE
    made = hmac.new(b"key", f"{found[webhook.TIMESTAMP]}.".encode() + body, hashlib.sha256).hexdigest()
    assert found[webhook.SIGNATURE] == f"sha256={made}"
    assert "key" not in request.decode().replace(made, "")


def test_n9_a_changed_body_or_time_has_another_signature() -> None:
    """What was recorded cannot be replayed under another time."""
    made = webhook.signature(b"key", AT, BODY)
    assert made != webhook.signature(b"key", AT + 1, BODY)
    assert made != webhook.signature(b"key", AT, BODY + b" ")
    assert made != webhook.signature(b"other", AT, BODY)


def test_n9_without_a_secret_there_is_no_signature() -> None:
    """An unsigned notice does not look signed."""
    seen: list[bytes] = []
    posted(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", seen=seen, secret=None)
    assert webhook.SIGNATURE not in headers(seen[0])


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.SENT),
        (202, Verdict.SENT),
        (301, Verdict.AGAIN),
        (307, Verdict.AGAIN),
        (400, Verdict.REFUSED),
        (401, Verdict.REFUSED),
        (404, Verdict.REFUSED),
        (408, Verdict.AGAIN),
        (410, Verdict.REFUSED),
        (422, Verdict.REFUSED),
        (425, Verdict.AGAIN),
        (429, Verdict.AGAIN),
        (500, Verdict.AGAIN),
        (502, Verdict.AGAIN),
        (503, Verdict.AGAIN),
    ],
)
def test_n9_the_status_decides(status: int, verdict: Verdict) -> None:
    """2xx is success, 4xx the end but for 408, 425 and 429, anything else may pass; a redirect is not followed."""
    answer = f"HTTP/1.1 {status} So\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 4\r\n\r\nwhy?".encode()
    outcome = posted(answer)
    assert outcome.verdict is verdict
    assert not outcome.severed
    assert outcome.answer == (f"status {status}" if verdict is Verdict.SENT else f"status {status} why?")


def test_n9_a_long_answer_is_read_to_a_bound() -> None:
    """And a short printable line of it is kept."""
    outcome = posted(b"HTTP/1.1 500 Oh\r\n\r\n\x1b[31m" + b"x" * 5_000_000)
    assert outcome.answer.startswith(r"status 500 \x1b[31mxxx")
    assert len(outcome.answer) < 300


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1"])
def test_n9_half_an_answer_is_none(answer: bytes) -> None:
    """A connection that ends early is tried again."""
    outcome = posted(answer)
    assert (outcome.verdict, outcome.severed) == (Verdict.AGAIN, True)


def test_n9_a_status_is_an_answer_without_its_text() -> None:
    """Who said 200 has the notice, and does not get it twice."""
    assert posted(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx").verdict is Verdict.SENT


def test_n9_a_server_that_trickles_or_hangs_is_left_at_the_deadline() -> None:
    """The time is for the whole exchange."""

    def trickle(connection: socket.socket) -> None:
        read_request(connection)
        for _ in range(100):
            connection.sendall(b"H")
            time.sleep(0.05)

    def hang(connection: socket.socket) -> None:
        connection.settimeout(5)
        while connection.recv(4096):
            pass

    for behaviour in (trickle, hang):
        started = time.monotonic()
        with serving(behaviour) as port:
            outcome = webhook.post(f"http://127.0.0.1:{port}/", BODY, notice=NOTICE, timestamp=AT, timeout_s=0.3)
        assert outcome == Outcome(verdict=Verdict.AGAIN, answer="no complete answer within 0.3 seconds", severed=True)
        assert time.monotonic() - started < 8


def test_n9_nobody_there_is_told() -> None:
    """Connection refused may pass."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    outcome = webhook.post(f"http://127.0.0.1:{port}/", BODY, notice=NOTICE, timestamp=AT)
    assert outcome == Outcome(verdict=Verdict.AGAIN, answer="Connection refused", severed=True)


def tls_answering(context: ssl.SSLContext, seen: list[bytes]) -> Callable[[socket.socket], None]:
    """Return what answers one request over TLS."""

    def answer(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            seen.append(read_request(secured))
            secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    return answer


def test_n9_https_is_verified(tmp_path: Path) -> None:
    """Against webhook_ca or the system's store, for the name; a stranger sees no notice."""
    seen: list[bytes] = []
    good = server_context(tmp_path / "good", intranet_hierarchy())
    strange = server_context(tmp_path / "strange", intranet_hierarchy(KeyType.EC_P256))
    other_name = server_context(tmp_path / "good", intranet_hierarchy(), "127.0.0.9")
    ca_file = str(tmp_path / "good" / "root.pem")
    for context, ca, verdict in (
        (good, ca_file, Verdict.SENT),
        (good, None, Verdict.AGAIN),
        (strange, ca_file, Verdict.AGAIN),
        (other_name, ca_file, Verdict.AGAIN),
    ):
        with serving(tls_answering(context, seen)) as port:
            outcome = webhook.post(
                f"https://127.0.0.1:{port}/", BODY, notice=NOTICE, timestamp=AT, ca_file=ca, timeout_s=5.0
            )
        assert outcome.verdict is verdict, outcome
        if verdict is Verdict.AGAIN:
            assert "not trusted" in outcome.answer
    assert len(seen) == 1


def test_n9_a_missing_ca_file_is_told() -> None:
    """It is mended and tried again."""
    outcome = webhook.post("https://127.0.0.1:1/", BODY, notice=NOTICE, timestamp=AT, ca_file="/nowhere/root.pem")
    assert outcome.verdict is Verdict.AGAIN
    assert outcome.answer == "the CA file /nowhere/root.pem cannot be used (No such file or directory)"


def script(folder: Path, *lines: str) -> str:
    """Return the path of a shell script."""
    path = folder / "notify"
    path.write_text("\n".join(("#!/bin/sh", *lines)) + "\n")
    path.chmod(0o700)
    return str(path)


def test_n9_a_command_gets_the_notice_on_standard_input_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its arguments are what the configuration says, its environment is clean, no shell reads anything."""
    monkeypatch.setenv("SECRET_OF_THE_CALLER", "x")
    program = script(
        tmp_path, f"cat > {tmp_path}/in", f"env > {tmp_path}/env", f'printf "%s\\n" "$@" > {tmp_path}/args'
    )
    outcome = hand_over([program, "$(id)", "a b"], BODY)
    assert outcome.verdict is Verdict.SENT
    assert (tmp_path / "in").read_bytes() == BODY
    assert (tmp_path / "args").read_text() == "$(id)\na b\n"
    names = {line.partition("=")[0] for line in (tmp_path / "env").read_text().splitlines()}
    assert names <= {"PATH", "LANG", "PWD", "SHLVL", "_", "OLDPWD"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [("echo 'no modem' >&2; exit 3", "left with exit status 3 no modem"), ("kill -9 $$", "was ended by signal 9")],
)
def test_n9_a_command_that_fails_is_told_with_its_last_words(tmp_path: Path, line: str, reason: str) -> None:
    """It is tried again."""
    program = script(tmp_path, line)
    outcome = hand_over([program], BODY)
    assert outcome == Outcome(verdict=Verdict.AGAIN, answer=f"{program} {reason}")


def test_n9_a_command_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    """At the time limit; what it started ends with it."""
    program = script(tmp_path, f"(sleep 2; touch {tmp_path}/late) &", "sleep 60")
    started = time.monotonic()
    outcome = hand_over([program], BODY * 100_000, timeout_s=0.3)
    assert time.monotonic() - started < 2
    assert (outcome.verdict, outcome.severed) == (Verdict.AGAIN, True)
    assert "had not ended after 0.3 seconds" in outcome.answer
    time.sleep(2.2)
    assert not (tmp_path / "late").exists()


def test_n9_a_command_that_is_not_there_is_told() -> None:
    """Exit code and shell play no part."""
    outcome = hand_over(["/nowhere/notify"], BODY)
    assert outcome.answer == "/nowhere/notify could not be started: No such file or directory"
