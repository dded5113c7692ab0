"""`certmgr list`: certificates, soonest expiry first."""

from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from certmgr.cli import printer
from certmgr.cli.groups import NUMBER
from certmgr.cli.invocation import invocation
from certmgr.errors import AttentionError

if TYPE_CHECKING:
    from certmgr.models.certificates import Certificate
    from certmgr.workspace import Workspace

EPILOG = """\b
Filters, all of which have to hold:
  portal            part of a server, name, serial or note, or the beginning of a fingerprint
  state:due         valid, due, expired, revoked, held, superseded, pending; or the flags revoking, unaccepted,
                    not-serving
  days<30           natural days left: <, <=, >, >=, =
  profile:server  owner:web  ca:issuing-2026-1  key:ec-p256  serial:0A1B  sha256:9F86
  !state:revoked    not
  /^db[0-9]+/       a regular expression

\b
Examples:
  certmgr list
  certmgr list 'days<30' '!state:revoked'
  certmgr list --status due --json
  certmgr list --sort created --reverse --limit 20
  certmgr list --expiring-within 14 --fail-if-any
"""
MARKS = {
    "valid": ("●", "green"),
    "due": ("▲", "yellow"),
    "expired": ("✗", "red"),
    "revoked": ("⊘", "bright_black"),
    "held": ("◆", "magenta"),
    "superseded": ("◌", "bright_black"),
    "pending": ("○", "cyan"),
}


@click.command("list", epilog=EPILOG)
@click.argument("filters", nargs=-1, metavar="[FILTER]...")
@click.option("--status", multiple=True, help="Only these states (repeatable).")
@click.option(
    "--expiring-within", type=int, metavar="DAYS", help="Only live ones with at most so many natural days left."
)
@click.option(
    "--sort",
    type=click.Choice(["expires", "server", "profile", "owner", "key", "serial", "created"]),
    default="expires",
    show_default=True,
    help="By what they are sorted; equal ones by age.",
)
@click.option("--reverse", is_flag=True, help="Sort the other way round.")
@click.option("--limit", type=NUMBER, help="At most so many.")
@click.option("--fail-if-any", is_flag=True, help="Exit 3 when anything is listed.")
@click.option("--json", "form", flag_value="json", help="Print JSON.")
@click.option("--csv", "form", flag_value="csv", help="Print CSV with a header.")
@click.option("--plain", "form", flag_value="plain", help="Print tab-separated values without a header.")
def command(**options: Any) -> int:  # noqa: ANN401 - one keyword an option, as click gives them
    """List certificates, soonest expiry first unless sorted by something else."""
    from certmgr.queries import certificates  # noqa: PLC0415 - loads the store

    call = invocation()
    workspace = call.workspace()
    found = islice(_matching(workspace, options), options["limit"])
    form = options["form"]
    rows = list(found)
    if form == "json":
        from certmgr.cli.certificate_json import SCHEMA, as_json  # noqa: PLC0415

        printer.document(SCHEMA, certificates=[as_json(one, workspace) for one in rows])
    elif form == "csv":
        _print_csv(rows, workspace)
    elif form == "plain":
        for one in rows:
            printer.fields(*_cells(one, workspace))
    elif rows:
        _print_table(rows, workspace)
    elif certificates.count(workspace, stop_at=1):
        printer.say("No certificate matches.")
    else:
        printer.say("There are no certificates yet. Issue one: certmgr issue --dns NAME --purpose TEXT --owner NAME")
    return AttentionError.exit_code if rows and options["fail_if_any"] else 0


def _matching(workspace: "Workspace", options: dict[str, Any]) -> "Any":  # noqa: ANN401
    from certmgr.queries import certificates  # noqa: PLC0415

    terms = list(options["filters"])
    if options["expiring_within"] is not None:
        terms += [f"days<={options['expiring_within']}", "days>=0", "!state:revoked", "!state:superseded"]
    if options["status"]:
        wanted = {word for text in options["status"] for word in text.split(",")}
        terms.append("state:" + "|".join(sorted(wanted)))
    return certificates.every(workspace, " ".join(terms), sort=options["sort"], descending=options["reverse"])


def _cells(one: "Certificate", workspace: "Workspace") -> list[str]:
    from certmgr import lifecycle  # noqa: PLC0415

    now = workspace.now()
    return [
        lifecycle.state_of(one, now).value,
        one.server,
        str(lifecycle.days_left(one.not_after, now, workspace.zone)),
        f"{one.not_after.astimezone(workspace.zone):%Y-%m-%d}",
        one.profile,
        one.serial,
    ]


def _print_csv(rows: "list[Certificate]", workspace: "Workspace") -> None:
    import csv  # noqa: PLC0415
    import io  # noqa: PLC0415

    from certmgr.reporting.sheets import defused  # noqa: PLC0415 - the other forms are no sheets

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["state", "server", "days_left", "not_after", "profile", "serial", "dns", "ip", "owner", "authority"]
    )
    for one in rows:
        names = (" ".join(one.dns), " ".join(one.ip))
        # The one cell of free words: a spreadsheet shall take it for no formula, and it stays on its line.
        writer.writerow([*_cells(one, workspace), *names, defused(one.owner), one.authority])
    printer.raw(text.getvalue())


def _print_table(rows: "list[Certificate]", workspace: "Workspace") -> None:
    from certmgr import lifecycle  # noqa: PLC0415

    cells = [_cells(one, workspace) for one in rows]
    headings = ["STATE", "SERVER", "DAYS", "NOT AFTER", "PROFILE", "SERIAL"]
    now = workspace.now()
    marked = [
        [f"{MARKS[row[0]][0]} {row[0]}" + "".join(f" ({flag})" for flag in lifecycle.flags_of(one, now)), *row[1:]]
        for row, one in zip(cells, rows, strict=True)
    ]
    printer.table(headings, marked, right=[2])
