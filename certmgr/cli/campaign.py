"""`certmgr campaign`: renewals that are required by a day, until nothing is left."""

from datetime import date
from typing import TYPE_CHECKING, Any

import click

from certmgr.cli import printer
from certmgr.cli.groups import NounGroup
from certmgr.cli.invocation import invocation
from certmgr.errors import UsageError

if TYPE_CHECKING:
    from certmgr.models.campaigns import Member
    from certmgr.queries.campaigns import CampaignState
    from certmgr.workspace import Workspace

SCHEMA = "certmgr.campaigns/1"
CREATE_EPILOG = """\b
The members are the live certificates that match the filter now (`certmgr help filters`); later ones do not join. Until
the campaign is closed they may be renewed before their window opens, and `certmgr check` renews those of servers that
are set to renew. The deadline is the end of that day in the organisation's time zone.

\b
Examples:
  certmgr campaign create leave-rsa --reason 'RSA is given up' --deadline 2027-03-31 key:rsa
  certmgr campaign create new-issuing --reason 'The old CA ends' --deadline 2027-01-15 ca:issuing-2026-1 --dry-run
"""
LIST_EPILOG = """\b
Examples:
  certmgr campaign list
  certmgr campaign list --all --json
"""
SHOW_EPILOG = """\b
Examples:
  certmgr campaign show leave-rsa
  certmgr campaign show leave-rsa --json
"""
CLOSE_EPILOG = """\b
`certmgr check` closes a campaign by itself when its last member is done. To close one earlier is to give it up: that
needs its name, typed on a terminal or given with --confirm.

\b
Example:
  certmgr --as alice campaign close leave-rsa --confirm leave-rsa
"""


@click.group("campaign", cls=NounGroup, no_args_is_help=True)
def command() -> None:
    """Require the renewal of certificates by a day, and follow it to zero."""


@command.command("create", epilog=CREATE_EPILOG)
@click.argument("name")
@click.argument("filters", nargs=-1, metavar="[FILTER...]")
@click.option("--reason", required=True, help="Why; the notices to the subscribers give it.")
@click.option("--deadline", required=True, metavar="DATE", help="The last day, such as 2027-03-31.")
@click.option("--dry-run", is_flag=True, help="List the members that would be picked; unlock and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def create(  # noqa: PLR0913 - one parameter an option
    *, name: str, filters: tuple[str, ...], reason: str, deadline: str, dry_run: bool, as_json: bool
) -> None:
    """Announce that the certificates which match FILTER are renewed by a deadline."""
    from certmgr.operations import campaigns as operation  # noqa: PLC0415 - loads the store
    from certmgr.queries import campaigns  # noqa: PLC0415

    call = invocation()
    workspace = call.workspace()
    facts: dict[str, Any] = {
        "name": name,
        "reason": reason,
        "deadline": parse_day(deadline),
        "filter_text": " ".join(filters),
    }
    if dry_run:
        picked = operation.rehearse(workspace, **facts)
        if as_json:
            from certmgr.cli.certificate_json import document_of  # noqa: PLC0415

            document_of(workspace, [one.id for one in picked])
        else:
            for one in picked:
                printer.fields(one.server, one.serial, f"{one.not_after.astimezone(workspace.zone):%Y-%m-%d}")
        printer.say(f"{len(picked)} would be members; nothing was recorded.")
        return
    operation.create(workspace, call.session(workspace, person=True), **facts)
    found = campaigns.find(workspace, name)
    if as_json:
        _print_json(workspace, [found], members=False)
    left, day = len(found.progress.left), found.campaign.last_day(workspace.zone)
    printer.say(f"Announced the campaign {name}: {left} to be renewed by the end of {day}.")


@command.command("list", epilog=LIST_EPILOG)
@click.option("--all", "closed", is_flag=True, help="Also those that are closed.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(*, closed: bool, as_json: bool) -> None:
    """List the open campaigns with their progress, the first due first."""
    from certmgr.queries import campaigns  # noqa: PLC0415 - loads the store

    workspace = invocation().workspace()
    found = campaigns.every(workspace, closed=closed)
    if as_json:
        _print_json(workspace, found, members=False)
    elif found:
        rows = [
            [
                one.campaign.name,
                _word(one),
                str(one.progress.members - len(one.progress.left)),
                str(one.progress.members),
                str(one.campaign.last_day(workspace.zone)),
                _left(one, workspace),
            ]
            for one in found
        ]
        printer.table(["NAME", "STATE", "DONE", "OF", "DEADLINE", "DAYS"], rows, right=[2, 3, 5])
    else:
        printer.say("There is no campaign." if closed else "No campaign is open.")


@command.command("show", epilog=SHOW_EPILOG)
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with the members that are left.")
def show(*, name: str, as_json: bool) -> None:
    """Show how far the campaign NAME has come, and what is left of it, soonest expiry first."""
    from certmgr.queries import campaigns  # noqa: PLC0415 - loads the store

    workspace = invocation().workspace()
    found = campaigns.find(workspace, name)
    if as_json:
        _print_json(workspace, [found], members=True)
        return
    one, progress = found.campaign, found.progress
    done = ", ".join(f"{count} {why}" for why, count in progress.done.items() if count) or "none"
    for label, value in (
        ("Campaign", one.name),
        ("Reason", one.reason),
        ("Filter", one.filter or "every live certificate"),
        ("State", _word(found)),
        ("Deadline", f"{one.last_day(workspace.zone)}, 24:00 ({workspace.zone.key})"),
        ("Announced", f"{one.created_at:%Y-%m-%d %H:%M} UTC by {one.created_by}"),
        ("Members", str(progress.members)),
        ("Done", done),
        ("Left", str(len(progress.left))),
    ):
        printer.data(f"{label + ':':<11} {value}")
    if progress.left:
        rows = [_row(member, workspace) for member in progress.left]
        printer.table(["SERVER", "DAYS", "NOT AFTER", "OWNER", "SERIAL"], rows, right=[1])


@command.command("close", epilog=CLOSE_EPILOG)
@click.argument("name")
@click.option("--confirm", metavar="NAME", help="The campaign's name again, needed while members are left.")
@click.option("--dry-run", is_flag=True, help="Say whether it can be closed; unlock and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def close(*, name: str, confirm: str | None, dry_run: bool, as_json: bool) -> None:
    """Close the campaign NAME: finished, or given up."""
    from certmgr.operations import campaigns as operation  # noqa: PLC0415 - loads the store
    from certmgr.queries import campaigns  # noqa: PLC0415

    call = invocation()
    workspace = call.workspace()
    if dry_run:
        typed = confirm or (name if printer.is_terminal() else "")
        left = len(operation.rehearse_close(workspace, name=name, confirm=typed).left)
        printer.say(f"{name} would be closed with {left} left; nothing was done.")
        return
    found = campaigns.find(workspace, name)
    typed = confirm or ""
    if not typed and found.progress.left and found.campaign.closed_at is None and printer.is_terminal():
        printer.say(f"{len(found.progress.left)} of {found.progress.members} are left.")
        typed = str(click.prompt("Type the campaign's name to give it up", err=True))
    operation.close(workspace, call.session(workspace, person=True), name=name, confirm=typed)
    found = campaigns.find(workspace, name)
    if as_json:
        _print_json(workspace, [found], members=False)
    printer.say(f"Closed the campaign {name}: {_word(found)}, {len(found.progress.left)} left.")


def parse_day(text: str) -> date:
    """Return the day that `text` writes as 2027-03-31; raises UsageError."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.max
    # The deadline is the end of the day, so the last day that there is, is none.
    if found == date.max:
        raise UsageError(f"{text[:40]!r} is not a date.", hint="Write it as 2027-03-31.")
    return found


def _word(one: "CampaignState") -> str:
    """Return open or overdue; of a closed one, how it ended: met, breached or void."""
    status = "-" if one.status is None else one.status.value
    if one.campaign.closed_at is not None:
        return status
    return "overdue" if status == "breached" else "open"


def _left(one: "CampaignState", workspace: "Workspace") -> str:
    """Return the natural days to the deadline of an open campaign."""
    if one.campaign.closed_at is not None:
        return "-"
    today = workspace.now().astimezone(workspace.zone).date()
    return str((one.campaign.last_day(workspace.zone) - today).days)


def _row(member: "Member", workspace: "Workspace") -> list[str]:
    from certmgr import lifecycle  # noqa: PLC0415

    one = member.certificate
    left = lifecycle.days_left(one.not_after, workspace.now(), workspace.zone)
    day = f"{one.not_after.astimezone(workspace.zone):%Y-%m-%d}"
    return [one.server, str(left), day, one.owner or "-", one.serial]


def _print_json(
    workspace: "Workspace", found: "tuple[CampaignState, ...] | list[CampaignState]", *, members: bool
) -> None:
    from certmgr.cli.certificate_json import as_json, moment  # noqa: PLC0415

    printer.document(
        SCHEMA,
        campaigns=[
            {
                "id": one.campaign.id,
                "name": one.campaign.name,
                "reason": one.campaign.reason,
                "filter": one.campaign.filter,
                "status": one.status,
                "created_by": one.campaign.created_by,
                "created_at": moment(one.campaign.created_at),
                "deadline": str(one.campaign.last_day(workspace.zone)),
                "due_at": moment(one.campaign.deadline),
                "closed_at": moment(one.campaign.closed_at),
                "finished_at": moment(one.progress.finished_at),
                "members": one.progress.members,
                "done": {why.value: count for why, count in one.progress.done.items()},
                "left": len(one.progress.left),
                **(
                    {"certificates": [as_json(member.certificate, workspace) for member in one.progress.left]}
                    if members
                    else {}
                ),
            }
            for one in found
        ],
    )
