"""`certmgr notice`: what was told to whom, with what result; try again; send a test."""

from typing import TYPE_CHECKING, Any

import click

from certmgr.cli import printer
from certmgr.cli.groups import NUMBER, NounGroup
from certmgr.cli.invocation import invocation
from certmgr.errors import AttentionError, CertmgrError
from certmgr.models.notices import Channel, NoticeId

if TYPE_CHECKING:
    from certmgr.models.notices import Notice

SCHEMA = "certmgr.notices/1"
TEST_SCHEMA = "certmgr.notice-test/1"
LIST_EPILOG = """\b
Without --all: what waits to be sent, and what was given up. A notice is covered when a later one told more, or when
there was nothing to tell any more.

\b
Examples:
  certmgr notice list
  certmgr notice list --all --json
"""
RETRY_EPILOG = """\b
A notice that cannot be sent is tried again by `certmgr check`, after 5 minutes and then ever more rarely, until
notices.retry_for has passed. This tries it at once.

\b
Exit codes: 0 all were sent; 3 one was not.

\b
Examples:
  certmgr notice retry
  certmgr notice retry 12 14
"""
TEST_EPILOG = """\b
Exit codes: 0 it was taken everywhere; 1 it was not, with the answer.

\b
Examples:
  certmgr notice test
  certmgr notice test --channel mail --to ops@corp.internal
"""


@click.group("notice", cls=NounGroup, no_args_is_help=True)
def command() -> None:
    """List notices, try them again, and send a test."""


@command.command("list", epilog=LIST_EPILOG)
@click.option("--all", "settled", is_flag=True, help="Also those that were sent or covered.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every time.")
def list_(*, settled: bool, as_json: bool) -> None:
    """List the notices that wait or were given up, the newest first."""
    from certmgr.queries import notices  # noqa: PLC0415 - loads the store

    workspace = invocation().workspace()
    found = notices.every(workspace) if settled else notices.unsettled(workspace)
    if as_json:
        printer.document(SCHEMA, notices=[_json(one) for one in found])
    elif found:
        headings = ["ID", "KIND", "ABOUT", "THRESHOLD", "TO", "CHANNEL", "STATE", "TRIES", "AT (UTC)", "ANSWER"]
        printer.table(headings, [_row(one) for one in found], right=[0, 7])
    else:
        printer.say("There is no notice." if settled else "No notice waits.")


def _row(one: "Notice") -> list[str]:
    at = one.sent_at or one.covered_at or one.given_up_at or one.next_at or one.created_at
    about = one.data.get("server") or one.data.get("name") or one.data.get("authority") or one.data.get("campaign")
    return [
        str(one.id),
        one.kind,
        str(about or one.object),
        one.threshold,
        one.audience,
        one.channel,
        one.state,
        str(one.attempts),
        f"{at:%Y-%m-%d %H:%M}",
        one.result or "-",
    ]


def _json(one: "Notice") -> dict[str, Any]:
    from certmgr.cli.certificate_json import moment  # noqa: PLC0415

    return {
        "id": one.id,
        "kind": one.kind,
        "object": one.object,
        "threshold": one.threshold,
        "audience": one.audience,
        "channel": one.channel,
        "state": one.state,
        "attempts": one.attempts,
        "result": one.result or None,
        "created_at": moment(one.created_at),
        "next_at": moment(one.next_at),
        "sent_at": moment(one.sent_at),
        "given_up_at": moment(one.given_up_at),
        "covered_at": moment(one.covered_at),
        "data": dict(one.data),
    }


@command.command("retry", epilog=RETRY_EPILOG)
@click.argument("ids", metavar="[ID]...", nargs=-1, type=NUMBER)
@click.option("--dry-run", is_flag=True, help="Say what would be sent; unlock, record and send nothing.")
def retry(*, ids: tuple[int, ...], dry_run: bool) -> None:
    """Try notices again now: all that wait, or those named, given up or not."""
    from certmgr.operations import notices as operation  # noqa: PLC0415

    call = invocation()
    workspace = call.workspace()
    wanted = [NoticeId(one) for one in ids]
    waiting = operation.retriable(workspace, wanted)
    if dry_run:
        for one in waiting:
            printer.say(f"Notice {one.id} ({one.kind}, {one.audience}) would be sent by {one.channel}.")
        printer.say("Nothing was sent.")
        return
    if not waiting:
        printer.say("No notice waits.")
        return
    failed = 0
    for step in operation.retry(workspace, call.session(workspace), wanted):
        failed += not step.done
        (printer.say if step.done else printer.warn)(step.what)
    if failed:
        raise AttentionError(
            "Not all notices could be sent.", hint="`certmgr notice test` shows what a server answers."
        )


@command.command("test", epilog=TEST_EPILOG)
@click.option(
    "--channel", type=click.Choice([one.value for one in Channel]), help="One channel (default: all configured ones)."
)
@click.option("--to", metavar="ADDRESS", help="Who gets the mail (default: notices.to).")
@click.option("--json", "as_json", is_flag=True, help="Print the answers as JSON.")
def test(*, channel: str | None, to: str | None, as_json: bool) -> None:
    """Send a test notice now, and say what the other side answers."""
    from certmgr.models.notices import Verdict  # noqa: PLC0415
    from certmgr.operations import notices as operation  # noqa: PLC0415

    workspace = invocation().workspace()
    tried = operation.send_test(workspace, channel=Channel(channel) if channel else None, to=to)
    failures = [one for one in tried if one.outcome.verdict is not Verdict.SENT]
    if as_json:
        printer.document(
            TEST_SCHEMA,
            results=[
                {
                    "channel": one.channel,
                    "recipient": one.recipient or None,
                    "sent": one not in failures,
                    "answer": one.outcome.answer,
                }
                for one in tried
            ],
        )
    else:
        for one in tried:
            whom = f"mail to {one.recipient}" if one.recipient else one.channel
            printer.say(f"{whom}: {'sent' if one not in failures else 'not sent'} ({one.outcome.answer})")
    if failures:
        raise CertmgrError(
            f"The test was not taken: {failures[0].outcome.answer}",
            hint="Correct the section [notices] of certmgr.toml, and run `certmgr config check`.",
        )
