"""`certmgr application`: ask for a certificate that people decide on, and decide."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from certmgr.cli import printer
from certmgr.cli.groups import NUMBER, NounGroup
from certmgr.cli.invocation import invocation
from certmgr.codes import Code
from certmgr.errors import Finding, IntegrityError, UsageError
from certmgr.models.applications import GIVEN_EVIDENCE, Application, ApplicationId, ApplicationState, EvidenceKind
from certmgr.models.keys import KeyType

if TYPE_CHECKING:
    from datetime import datetime

    from certmgr.operations.applications import Outcome
    from certmgr.queries.applications import Detail
    from certmgr.workspace import Workspace

SUBMIT_EPILOG = """\b
Evidence is what was verified about the request, and how:
  word=TEXT      a person's word: who said what
  dns=TEXT       what a DNS server answered
  document=TEXT  a document, a ticket, a letter
That the names lie in configured zones, and that a CSR is signed with its own key, is found by itself.

\b
Examples:
  certmgr application submit --dns portal.corp.internal --purpose 'Staff portal' --owner 'Web team'
  certmgr application submit --csr mail.csr --purpose 'Mail relay' --evidence 'word=Li Wei confirmed it by telephone'
"""
LIST_EPILOG = """\b
Examples:
  certmgr application list
  certmgr application list --all --json
"""
SHOW_EPILOG = """\b
Example:
  certmgr application show 12
"""
APPROVE_EPILOG = """\b
The approval is signed with the key of your slot and binds names, key, profile and days. Nobody approves an application
of their own; where the profile asks for two reviewers, two different slots approve. With the last approval that is
needed the certificate is issued.

\b
Examples:
  certmgr --as alice application approve 12 --reason 'Ticket 4711, confirmed by the web team'
  certmgr --as alice --passphrase-file F application approve 12 --reason Confirmed --confirm portal.corp.internal
"""
REJECT_EPILOG = """\b
Example:
  certmgr --as alice application reject 12 --reason 'Nobody there knows this server'
"""
WITHDRAW_EPILOG = """\b
Example:
  certmgr --as bob application withdraw 12
"""


@click.group("application", cls=NounGroup, no_args_is_help=True)
def command() -> None:
    """Ask for certificates that people decide on, and decide."""


@command.command("submit", epilog=SUBMIT_EPILOG)
@click.argument("server", required=False)
@click.option("--dns", multiple=True, help="A DNS name of the server (repeatable); the first names the server.")
@click.option("--ip", multiple=True, help="An address to certify (repeatable); only where clients connect by address.")
@click.option("--csr", "csr_file", help="Use the key of this CSR (- reads standard input); the names too unless given.")
@click.option("--profile", default="server", show_default=True, help="The profile; see `certmgr profile list`.")
@click.option("--days", type=int, help="How long it is valid (default: the profile's).")
@click.option("--key-type", type=click.Choice([kind.value for kind in KeyType]), help="The type of the key made here.")
@click.option("--purpose", default="", help="What the certificate is for.")
@click.option("--owner", default="", help="The unit that is responsible for the server.")
@click.option("--contact", default="", help="How the owner is reached.")
@click.option("--note", default="", help="A note for the record.")
@click.option("--evidence", multiple=True, metavar="KIND=TEXT", help="What was verified, and how (repeatable).")
@click.option("--out", default=".", show_default=True, help="Where the files go: DIR/NAME/live/.")
@click.option("--additional", is_flag=True, help="Apply although the server has a live certificate.")
@click.option("--dry-run", is_flag=True, help="Say whether it could be submitted, or why not; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the application as JSON.")
def submit(**options: Any) -> int:  # noqa: ANN401 - one keyword an option, as click gives them
    """Submit an application for a certificate of SERVER; policy is asked at once."""
    from certmgr.cli.issue import read_wish  # noqa: PLC0415
    from certmgr.operations import applications as operation  # noqa: PLC0415 - loads cryptography

    call = invocation()
    workspace = call.workspace()
    evidence = _read_evidence(options["evidence"])
    wish = read_wish(options)
    if options["dry_run"]:
        from certmgr import applying  # noqa: PLC0415

        judged = operation.check_submission(workspace, wish, additional=options["additional"])
        count = applying.needed(judged.accepted, workspace.config)
        printer.say(f"The application for {judged.accepted.order.server} could be submitted; nothing was recorded.")
        printer.findings(judged.accepted.notices)
        printer.say(f"Approvals that it would need: {count}")
        return 0
    done = operation.submit(
        workspace,
        call.session(workspace),
        wish,
        evidence=evidence,
        destination=Path(options["out"]).absolute(),
        additional=options["additional"],
    )
    printer.findings(done.notices)
    return _report(workspace, done, as_json=options["as_json"])


def _read_evidence(texts: Sequence[str]) -> list[tuple[EvidenceKind, str]]:
    """Return what was verified; raises UsageError with every text that does not say it."""
    known = {one.value: one for one in GIVEN_EVIDENCE}
    found, wrong = [], []
    for text in texts:
        kind, _, words = (part.strip() for part in text.partition("="))
        if kind in known and words:
            found.append((known[kind], words))
        else:
            wrong.append(f"{text[:80]!r} is no evidence.")
    if wrong:
        raise UsageError(
            wrong[0],
            hint=f"Write it as KIND=TEXT, where KIND is one of {', '.join(known)}.",
            findings=[Finding(code=Code.APPLICATION_EVIDENCE, field="evidence", message=one) for one in wrong],
        )
    return found


def _report(workspace: "Workspace", done: "Outcome", *, as_json: bool) -> int:
    """Say what came of an application, and what happens next."""
    found = done.application
    if as_json:
        from certmgr.cli.application_json import document_of  # noqa: PLC0415

        document_of(workspace, [found.id])
    printer.say(f"The application {found.id} for {found.server} is {found.state(workspace.now())}.")
    if done.issued is not None:
        from certmgr.cli.issued_text import print_issued  # noqa: PLC0415

        if as_json:
            printer.say(f"  serial {done.issued.prepared.spec.serial}")
        else:
            print_issued(done.issued)
        return 0
    _say_next(found, workspace.now())
    return 0


def _say_next(found: Application, now: "datetime") -> None:
    state = found.state(now)
    if state is ApplicationState.SUBMITTED:
        left = found.needed - len(found.approvals)
        people = "1 reviewer" if left == 1 else f"{left} reviewers"
        printer.say(f"  It waits for {people} until {found.expires_at:%Y-%m-%d %H:%M} UTC.")
        printer.say(f"Next: certmgr --as NAME application approve {found.id} --reason TEXT")
    elif state is ApplicationState.APPROVED:
        printer.say(f"Next: certmgr issue --application {found.id} (or `certmgr check` issues it)")


@command.command("list", epilog=LIST_EPILOG)
@click.option("--all", "closed", is_flag=True, help="Also those that are over, the newest first.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(*, closed: bool, as_json: bool) -> None:
    """List the open applications, the first to expire first."""
    from certmgr.queries import applications  # noqa: PLC0415 - loads the store

    workspace = invocation().workspace()
    found = applications.every(workspace, closed=closed)
    now = workspace.now()
    if as_json:
        from certmgr.cli import application_json  # noqa: PLC0415

        shown = [application_json.as_json(one, now) for one in found]
        printer.document(application_json.SCHEMA, applications=shown)
    elif found:
        headings = ["ID", "SERVER", "PROFILE", "STATE", "APPROVALS", "BY", "UNTIL (UTC)"]
        printer.table(headings, [_row(one, now) for one in found], right=[0])
    else:
        printer.say("There is no application." if closed else "No application is open.")


def _row(one: Application, now: "datetime") -> list[str]:
    approvals = f"{len(one.approvals)} of {one.needed}"
    until = f"{one.expires_at:%Y-%m-%d %H:%M}"
    return [str(one.id), one.server, one.profile, one.state(now), approvals, one.requested_by, until]


@command.command("show", epilog=SHOW_EPILOG)
@click.argument("identity", metavar="ID", type=NUMBER)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with history.")
def show(*, identity: int, as_json: bool) -> int:
    """Show all that is known of the application ID: content, evidence, decisions, history.

    Exit 7 where a decision is not what its slot signed.
    """
    from certmgr.queries import applications  # noqa: PLC0415 - loads the store

    workspace = invocation().workspace()
    found = applications.detail(workspace, ApplicationId(identity))
    if as_json:
        from certmgr.cli.application_json import SCHEMA, detail_as_json  # noqa: PLC0415

        printer.document(SCHEMA, applications=[detail_as_json(found, workspace.now())])
    else:
        _print(found, workspace.now())
    printer.findings(found.doubts)
    forged = any(item.code == "application.signature" for item in found.doubts)
    return IntegrityError.exit_code if forged else 0


def _print(found: "Detail", now: "datetime") -> None:
    one = found.application
    facts = [
        *content_lines(one),
        ("Contact", found.contact or "-"),
        ("State", one.state(now)),
        ("Applicant", f"{one.requested_by}, {one.submitted_at:%Y-%m-%d %H:%M} UTC"),
        ("Until", f"{one.expires_at:%Y-%m-%d %H:%M} UTC"),
        ("Approvals", f"{len(one.approvals)} of {one.needed}"),
        ("Content", f"sha256 {one.digest}"),
        ("Certificate", found.certificate.serial if found.certificate else "-"),
    ]
    for name, value in facts:
        printer.data(f"{name + ':':<12} {value}")
    printer.data("Verified:")
    for item in one.evidence:
        printer.data(f"  {item.kind}: {item.text} ({item.by}, {item.at:%Y-%m-%d %H:%M} UTC)")
    for decision in one.decisions:
        printer.data(f"Decision:    {decision.verdict} by {decision.by}, {decision.at:%Y-%m-%d %H:%M} UTC")
        printer.data(f"             {decision.reason}")
    printer.data("History:")
    for entry in found.history:
        printer.data(f"  {entry.at[:19]}Z  {entry.action} by {entry.actor}")


def content_lines(one: Application) -> list[tuple[str, str]]:
    """Return what a reviewer decides on, as pairs of a word and a value."""
    return [
        ("Server", one.server),
        ("Names", ", ".join([*one.dns, *one.ip])),
        ("Profile", one.profile),
        ("Days", str(one.days) if one.days else "the profile's"),
        (
            "Key",
            f"from a CSR, sha256 {one.spki_sha256}"
            if one.csr
            else f"made at issue, {one.key_type or 'as the profile has it'}",
        ),
        ("Owner", one.owner or "-"),
        ("Purpose", one.purpose),
        ("Note", one.note or "-"),
    ]


@command.command("approve", epilog=APPROVE_EPILOG)
@click.argument("identity", metavar="ID", type=NUMBER)
@click.option("--reason", default="", metavar="TEXT", help="Why; it stays on record.")
@click.option("--confirm", metavar="NAME", help="The server's name, typed as the intent; asked for on a terminal.")
@click.option("--no-issue", is_flag=True, help="Only approve; `issue --application ID` or `check` issues later.")
@click.option("--dry-run", is_flag=True, help="Say what would be approved, or why not; unlock and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the application as JSON.")
def approve(**options: Any) -> int:  # noqa: ANN401 - one keyword an option, as click gives them
    """Approve the application ID; with the last approval that it needs the certificate is issued."""
    from certmgr.operations import applications as operation  # noqa: PLC0415 - loads cryptography
    from certmgr.queries import applications as queries  # noqa: PLC0415

    call = invocation()
    workspace = call.workspace()
    number = ApplicationId(options["identity"])
    if options["dry_run"]:
        found = operation.check_decision(workspace, number)
        printer.say(f"The application {number} for {found.server} could be approved; nothing was done.")
        return 0
    found = queries.get(workspace, number)
    done = operation.approve(
        workspace,
        call.session(workspace, person=True),
        number,
        reason=options["reason"],
        confirm=options["confirm"] or _ask_name(found, "approve"),
        issue_now=not options["no_issue"],
    )
    return _report(workspace, done, as_json=options["as_json"])


def _ask_name(found: Application, verb: str) -> str:
    if not printer.is_terminal():
        raise UsageError(
            "This needs the server's name as a confirmation, and there is no terminal to ask at.",
            hint=f"Add --confirm {found.server}",
        )
    for name, value in content_lines(found):
        printer.say(f"{name + ':':<12} {value}")
    return str(click.prompt(f"Type the server's name to {verb} it", err=True))


@command.command("reject", epilog=REJECT_EPILOG)
@click.argument("identity", metavar="ID", type=NUMBER)
@click.option("--reason", default="", metavar="TEXT", help="Why; it stays on record.")
@click.option("--confirm", metavar="NAME", help="The server's name, typed as the intent; asked for on a terminal.")
@click.option("--dry-run", is_flag=True, help="Say what would be rejected, or why not; unlock and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the application as JSON.")
def reject(*, identity: int, reason: str, confirm: str | None, dry_run: bool, as_json: bool) -> int:
    """Reject the application ID, which ends it."""
    from certmgr.operations import applications as operation  # noqa: PLC0415 - loads cryptography
    from certmgr.queries import applications as queries  # noqa: PLC0415

    call = invocation()
    workspace = call.workspace()
    number = ApplicationId(identity)
    if dry_run:
        found = operation.check_decision(workspace, number)
        printer.say(f"The application {number} for {found.server} could be rejected; nothing was done.")
        return 0
    typed = confirm or _ask_name(queries.get(workspace, number), "reject")
    done = operation.reject(workspace, call.session(workspace, person=True), number, reason=reason, confirm=typed)
    return _report(workspace, done, as_json=as_json)


@command.command("withdraw", epilog=WITHDRAW_EPILOG)
@click.argument("identity", metavar="ID", type=NUMBER)
@click.option("--dry-run", is_flag=True, help="Say what would be withdrawn, or why not; unlock and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the application as JSON.")
def withdraw(*, identity: int, dry_run: bool, as_json: bool) -> int:
    """Withdraw your own application ID before anything is issued for it."""
    from certmgr.operations import applications as operation  # noqa: PLC0415 - loads cryptography

    call = invocation()
    workspace = call.workspace()
    number = ApplicationId(identity)
    if dry_run:
        found = operation.check_withdrawal(workspace, number)
        printer.say(f"The application {number} for {found.server} could be withdrawn; nothing was done.")
        return 0
    found = operation.withdraw(workspace, call.session(workspace), number)
    if as_json:
        from certmgr.cli.application_json import document_of  # noqa: PLC0415

        document_of(workspace, [found.id])
    printer.say(f"The application {number} for {found.server} is withdrawn.")
    return 0
