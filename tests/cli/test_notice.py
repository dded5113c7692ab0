"""certmgr notice: list, retry, test, with a real mail server; and the commands that the texts name."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from certmgr.cli.root import root
from certmgr.config_doubts import notice_doubts
from certmgr.config_sections import NoticeSettings
from certmgr.models.notices import Kind
from certmgr.notice_texts import LANGUAGES
from tests.cli.calling import Call
from tests.facts.test_notice_texts import VARIANTS, text
from tests.net.mail_server import PASSWORD, MailServer, mail_server
from tests.noticing import CONTACT, OPERATOR, by_command, by_mail, configure, run

NAME = "portal.egov.internal"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    """Yield a mail server."""
    (tmp_path / "mail").mkdir()
    with mail_server(tmp_path / "mail") as made:
        yield made


@pytest.fixture
def mailing(call: Call, server: MailServer) -> Call:
    """Return a home that sends mail and has told all that there was to tell."""
    call.home = by_mail(call.home, server)
    run(call.home)
    return call


def revoke(call: Call, name: str = NAME) -> None:
    """Revoke a certificate whose contact is to be told."""
    assert call("issue", "--dns", name, "--purpose", "web", "--contact", CONTACT, "--out", str(call.home.out)) == 0
    assert call("revoke", name, "--cause", "no-longer-needed", "--confirm", name, admin=True) == 0


def parse(words: list[str]) -> None:
    """Have click parse a command line and run nothing; raises click's error for one that is none."""
    context = root.make_context("certmgr", words)
    while isinstance(context.command, click.Group):
        rest = [*context._protected_args, *context.args]
        if not rest and context.command.invoke_without_command:
            return
        name, command, rest = context.command.resolve_command(context, rest)
        assert command is not None
        context = command.make_context(name, rest, parent=context)


def test_n8_what_was_told_is_listed_with_its_result(mailing: Call, server: MailServer) -> None:
    """What, to whom, how, when, with what result: as a table and as JSON; an address is in neither."""
    assert mailing("notice", "list") == 0
    assert mailing.err == "No notice waits.\n"
    revoke(mailing)
    assert all(step.done for step in run(mailing.home))
    assert mailing("notice", "list", "--all") == 0
    headings, row = mailing.out.splitlines()
    assert headings.split()[:4] == ["ID", "KIND", "ABOUT", "THRESHOLD"]
    assert row.split()[:8] == ["1", "revocation-done", NAME, "once", "server:1", "mail", "sent", "1"]
    assert row.endswith("250 taken")
    assert CONTACT not in mailing.out
    assert mailing("notice", "list", "--all", "--json") == 0
    (one,) = mailing.document["notices"]
    assert (one["state"], one["audience"], one["given_up_at"]) == ("sent", "server:1", None)
    assert one["sent_at"].endswith("Z")
    assert one["data"]["cause"] == "no-longer-needed"
    assert len(server.received) == 1


def test_n8_a_failed_notice_is_tried_again_by_hand(mailing: Call, server: MailServer) -> None:
    """Exit 3 while it does not get through, 0 when it does; a rehearsal sends nothing."""
    revoke(mailing)
    server.data = "451 later"
    run(mailing.home)
    assert mailing("notice", "list") == 0
    assert "451 later" in mailing.out
    assert mailing("notice", "retry", "--dry-run") == 0
    assert "Notice 1 (revocation-done, server:1) would be sent by mail." in mailing.err
    assert mailing("notice", "retry") == 3
    assert "451 later" in mailing.err
    server.data = "250 taken"
    assert mailing("notice", "retry", "1") == 0
    assert f"Told the contact of {NAME} by mail" in mailing.err
    assert mailing("notice", "retry") == 0
    assert mailing.err == "No notice waits.\n"
    assert mailing("notice", "retry", "1") == 4
    assert mailing("notice", "retry", "99") == 5
    assert mailing("notice", "retry", "x") == 2
    assert len(server.received) == 1


def test_n8_a_test_goes_out_now(mailing: Call, server: MailServer) -> None:
    """To the operators, or to whoever is named; it is no notice on record."""
    assert mailing("notice", "test") == 0
    assert mailing.err == f"mail to {OPERATOR}: sent (250 taken)\n"
    assert mailing("notice", "test", "--channel", "mail", "--to", "me@egov.internal", "--json") == 0
    (result,) = mailing.document["results"]
    assert result == {"channel": "mail", "recipient": "me@egov.internal", "sent": True, "answer": "250 taken"}
    assert [one.recipients for one in server.received] == [(OPERATOR,), ("me@egov.internal",)]
    assert server.subjects()[0] == "[certmgr] A test of the notices"
    assert len({str(one.message["Message-ID"]) for one in server.received}) == 2
    assert mailing("notice", "list", "--all", "--json") == 0
    assert mailing.document["notices"] == []


def test_n8_a_test_that_fails_gives_the_answer_and_not_the_password(mailing: Call, server: MailServer) -> None:
    """Exit 1: the server's own words."""
    server.recipients[OPERATOR] = "550 relaying denied"
    assert mailing("notice", "test") == 1
    assert "550 relaying denied" in mailing.err
    wrong = mailing.home.path.parent / "smtp.password"
    wrong.write_text("Hunter2Hunter2\n")
    assert mailing("notice", "test") == 1
    assert "535" in mailing.err
    assert "Hunter2" not in mailing.err + mailing.out
    wrong.chmod(0o644)
    assert mailing("notice", "test") == 1
    assert "is not a private file" in mailing.err
    assert PASSWORD not in mailing.err
    wrong.unlink()
    assert mailing("notice", "test") == 1
    assert f"There is no file {wrong}" in mailing.err


def test_n9_a_test_of_the_command(call: Call) -> None:
    """By the channel that is configured; another one is usage."""
    call.home, told = by_command(call.home)
    assert call("notice", "test") == 0
    assert call.err == "command: sent (exit status 0)\n"
    assert '"kind": "test"' in told.read_text()
    assert call("notice", "test", "--channel", "mail") == 2
    assert call("notice", "test", "--to", "me@egov.internal") == 2
    assert call("notice", "test", "--channel", "pigeon") == 2


def test_n8_a_test_needs_a_channel_and_somebody(call: Call, server: MailServer) -> None:
    """Exit 2 with the next step."""
    assert call("notice", "test") == 2
    assert "No channel is configured" in call.err
    call.home = by_mail(call.home, server, to=())
    assert call("notice", "test") == 2
    assert "Nobody is named" in call.err
    assert call("notice", "test", "--to", "nobody") == 2
    assert "not a mail address" in call.err


@pytest.mark.parametrize("kind", Kind)
def test_n8_every_command_that_a_text_names_is_one(kind: Kind) -> None:
    """A reader types it as it stands, but for the words in capitals."""
    for language in LANGUAGES:
        for changes in VARIANTS:
            if "server" in changes and not kind.startswith("campaign"):
                continue
            for line in text(kind, language, **changes).body.splitlines():
                if line.startswith("  certmgr "):
                    words = shlex.split(line.replace("CAUSE", "key-lost"))[1:]
                    parse(words)


@pytest.mark.parametrize(
    ("settings", "keys"),
    [
        ({}, set()),
        ({"to": ("a@b",)}, {"to"}),
        ({"mail_from": "a@b", "smtp_user": "u"}, {"mail_from", "smtp_user"}),
        ({"smtp_host": "mail", "to": ("a@b",)}, {"mail_from"}),
        ({"smtp_host": "mail", "mail_from": "a@b"}, {"to"}),
        ({"smtp_host": "mail", "mail_from": "a@b", "to": ("a@b",), "smtp_user": "u"}, {"smtp_user"}),
        ({"smtp_host": "mail", "mail_from": "a@b", "to": ("a@b",), "smtp_password_file": "/p"}, {"smtp_password_file"}),
        (
            {
                "smtp_host": "mail",
                "mail_from": "a@b",
                "to": ("a@b",),
                "smtp_user": "u",
                "smtp_password_file": "/p",
                "smtp_security": "none",
                "smtp_ca": "/c",
            },
            {"smtp_security", "smtp_ca"},
        ),
        ({"webhook_url": "https://sms"}, {"webhook_secret_file"}),
        ({"webhook_secret_file": "/s", "webhook_ca": "/c"}, {"webhook_secret_file", "webhook_ca"}),
        ({"webhook_url": "http://sms", "webhook_secret_file": "/s", "webhook_ca": "/c"}, {"webhook_ca"}),
        ({"command": ("notify",)}, {"command"}),
        ({"command": ("/usr/local/bin/notify",)}, set()),
    ],
)
def test_n8_a_doubtful_configuration_is_named(settings: dict[str, object], keys: set[str]) -> None:
    """What has no effect, what nobody would get, what is not safe: one finding or more for each key."""
    found = notice_doubts(NoticeSettings(**settings))  # type: ignore[arg-type]  # the tests name the fields
    assert {one.field for one in found} == {f"notices.{key}" for key in keys}
    assert all(re.match(r"notices\.\w+ .*\.$", one.message) for one in found)


def test_n8_config_check_names_the_doubts(call: Call) -> None:
    """Exit 3."""
    call.home = configure(call.home, smtp_host="127.0.0.1", to=(OPERATOR,))
    assert call("config", "check") == 3
    assert "notices.mail_from is not set" in call.out
