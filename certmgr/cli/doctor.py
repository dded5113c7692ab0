"""`certmgr doctor`: examine the home and say what is wrong; changes nothing."""

import click

from certmgr.cli import printer
from certmgr.cli.invocation import invocation
from certmgr.errors import AttentionError, IntegrityError, Severity, UsageError

EPILOG = """\b
Exit codes: 0 all is well; 3 something needs a person; 7 the store or the journal is damaged.

\b
Examples:
  certmgr doctor
  certmgr --as alice doctor --accept-clock --reason 'The clock was a year ahead on 2026-11-20'
"""
MARKS = {Severity.ERROR: ("✗", "red"), Severity.WARNING: ("▲", "yellow"), Severity.NOTICE: ("●", "green")}


@click.command("doctor", epilog=EPILOG)
@click.option(
    "--accept-clock", is_flag=True, help="Accept a clock that stands before the newest entry; needs --reason."
)
@click.option("--reason", default="", help="Why the clock is right; the journal keeps it.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def command(*, accept_clock: bool, reason: str, as_json: bool) -> int:
    """Examine store, journal, keys, permissions, clock, CRLs, CAs and the name constraints; changes nothing."""
    from certmgr.operations import doctor as operation  # noqa: PLC0415 - loads cryptography

    call = invocation()
    workspace = call.workspace()
    if accept_clock:
        if not reason.strip():
            raise UsageError("--accept-clock needs a reason.", hint="Add --reason TEXT; the journal keeps it.")
        operation.accept_clock(workspace, call.session(workspace, person=True), reason=reason)
        printer.say("The clock is accepted.")
        return 0
    found = []
    for item in operation.examine(workspace):
        found.append(item)
        if not as_json:
            mark, colour = MARKS[item.severity]
            printer.emit(f"{click.style(mark, fg=colour)} ", nl=False)
            printer.data(item.message)
    if as_json:
        printer.document("certmgr.doctor/1", findings=[printer.finding_document(item) for item in found])
    if any(item.severity is Severity.ERROR for item in found):
        return IntegrityError.exit_code
    return AttentionError.exit_code if any(item.severity is Severity.WARNING for item in found) else 0
