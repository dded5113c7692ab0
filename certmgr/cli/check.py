"""`certmgr check`: do all that is due; what cron runs."""

import click

from certmgr.cli import printer
from certmgr.cli.invocation import invocation
from certmgr.errors import AttentionError

EPILOG = """\b
It finishes what a crash left open, carries out verified revocations, publishes CRLs that are due, renews what is due,
sends notices, and names what needs a person: then it exits 3. With nothing to do it exits 0, and under --quiet says
nothing. Each part is tried, whatever became of the others. `certmgr daemon run` does the same without cron.

\b
Example, for cron:
  */15 * * * * certmgr certmgr --quiet check
"""


@click.command("check", epilog=EPILOG)
@click.option("--dry-run", is_flag=True, help="Say what is due; unlock and write nothing.")
@click.option("--quiet", "-q", is_flag=True, help="Say nothing when there is nothing to do.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done and what needs a person as JSON.")
def command(*, dry_run: bool, quiet: bool, as_json: bool) -> int:
    """Do all that is due, and name what needs a person."""
    from certmgr.operations import check as operation  # noqa: PLC0415 - loads cryptography

    call = invocation()
    call.quiet = call.quiet or quiet
    workspace = call.workspace()
    steps = []
    for step in operation.pending(workspace) if dry_run else operation.check(workspace, call.session(workspace)):
        steps.append(step)
        if not as_json:
            printer.data(step.what if step.done else f"Attention: {step.what}")
    if as_json:
        printer.document("certmgr.check/1", steps=[{"what": step.what, "done": step.done} for step in steps])
    elif not steps:
        printer.say("Nothing is due.")
    return 0 if all(step.done for step in steps) else AttentionError.exit_code
