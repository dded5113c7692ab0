"""`certmgr server`: what carries a succession of certificates, and what is known of it."""

import click

from certmgr.cli import printer
from certmgr.cli.groups import NounGroup
from certmgr.cli.invocation import invocation
from certmgr.errors import AttentionError, UsageError
from certmgr.models.servers import Protocol

ADD_EPILOG = """\b
`certmgr issue` records a server by itself; add one before that to keep it from being renewed automatically, or to take
a retired one back into service.

\b
Examples:
  certmgr server add portal.corp.internal --owner "Web team" --purpose "Staff portal" --contact web@corp.internal
  certmgr server add printer-3 --owner Facilities --purpose "Print server" --no-auto-renew
"""
LIST_EPILOG = """\b
Examples:
  certmgr server list
  certmgr server list --all --json
"""
SHOW_EPILOG = """\b
Examples:
  certmgr server show portal.corp.internal
  certmgr server show portal.corp.internal --json
"""
EDIT_EPILOG = """\b
A change of owner, purpose or recorded address of a server with a live certificate is to be followed within two natural
days: by a new certificate, or by `certmgr server confirm` where the certificate does not say what changed.

\b
Examples:
  certmgr server edit portal.corp.internal --owner "Portal team"
  certmgr server edit printer-3 --no-auto-renew
  certmgr server edit printer-3 --contact ""
"""
CONFIRM_EPILOG = """\b
Example:
  certmgr server confirm portal.corp.internal --reason "The new owner stands in no certificate"
"""
RETIRE_EPILOG = """\b
Nothing is issued, renewed or installed for a retired server. Its certificates stay good until they are revoked.

\b
Example:
  certmgr server retire printer-3 --confirm printer-3
"""
VERIFY_EPILOG = """\b
Exit 0 where every endpoint serves the newest certificate with its chain, 3 where one does not or cannot be reached.

\b
Examples:
  certmgr server verify portal.corp.internal
  certmgr server verify mail.corp.internal --endpoint mail.corp.internal:25 --protocol smtp --json
"""
PROTOCOLS = [one.value for one in Protocol]


@click.group("server", cls=NounGroup, no_args_is_help=True)
def command() -> None:
    """Record, change, show and retire servers; see what they serve."""


@command.command("add", epilog=ADD_EPILOG)
@click.argument("name")
@click.option("--owner", required=True, help="The unit that answers for it.")
@click.option("--purpose", required=True, help="What it is for.")
@click.option("--contact", default="", help="Whom to tell about it, such as a mail address.")
@click.option("--recorded-ip", default="", metavar="IP", help="Its address, for the record.")
@click.option("--auto-renew/--no-auto-renew", default=True, help="Whether it is renewed by itself (it is).")
@click.option("--dry-run", is_flag=True, help="Say whether it can be recorded; unlock and write nothing.")
def add(  # noqa: PLR0913 - one parameter an option
    *, name: str, owner: str, purpose: str, contact: str, recorded_ip: str, auto_renew: bool, dry_run: bool
) -> None:
    """Record the server NAME, or take it back into service."""
    from certmgr.operations import servers as operation  # noqa: PLC0415 - loads the store

    call = invocation()
    workspace = call.workspace()
    facts = operation.Facts(
        owner=owner, purpose=purpose, contact=contact, recorded_ip=recorded_ip, auto_renew=auto_renew
    )
    if dry_run:
        back = operation.rehearse_add(workspace, name=name, facts=facts)
        printer.say(f"{name} would be {'back in service' if back else 'recorded'}; nothing was done.")
        return
    made = operation.add(workspace, call.session(workspace), name=name, facts=facts)
    printer.say(f"Recorded {made.name}. Next: certmgr issue {made.name} --dns ...")


@command.command("list", epilog=LIST_EPILOG)
@click.option("--all", "retired", is_flag=True, help="Also those that are out of service.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(*, retired: bool, as_json: bool) -> None:
    """List the servers with the newest certificate of each."""
    from certmgr.cli import server_text  # noqa: PLC0415 - loads the models
    from certmgr.queries import servers  # noqa: PLC0415 - loads the store

    workspace = invocation().workspace()
    found = servers.every(workspace, retired=retired)
    if as_json:
        printer.document(server_text.SCHEMA, servers=[server_text.as_json(one) for one, _ in found])
    elif found:
        rows = [server_text.row(one, newest, workspace) for one, newest in found]
        printer.table(["NAME", "RENEWAL", "CERTIFICATE", "UNTIL", "OWNER"], rows)
    else:
        printer.say("No server is on record.")


@command.command("show", epilog=SHOW_EPILOG)
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with certificates, deployments and commitments.")
def show(*, name: str, as_json: bool) -> None:
    """Show the server NAME: facts, certificates, where they go, what is promised."""
    from certmgr.cli import server_text  # noqa: PLC0415 - loads the models
    from certmgr.queries import servers  # noqa: PLC0415 - loads the store

    workspace = invocation().workspace()
    found = servers.get(workspace, name)
    if as_json:
        printer.document(server_text.SCHEMA, servers=[server_text.whole_json(found, workspace)])
    else:
        server_text.print_whole(found, workspace)


@command.command("edit", epilog=EDIT_EPILOG)
@click.argument("name")
@click.option("--owner", help="The unit that answers for it.")
@click.option("--purpose", help="What it is for.")
@click.option("--contact", help="Whom to tell about it; an empty text: nobody.")
@click.option("--recorded-ip", metavar="IP", help="Its address, for the record; an empty text: none.")
@click.option("--auto-renew/--no-auto-renew", default=None, help="Whether it is renewed by itself.")
@click.option("--dry-run", is_flag=True, help="Say what would change; unlock and write nothing.")
def edit(  # noqa: PLR0913 - one parameter an option
    *,
    name: str,
    owner: str | None,
    purpose: str | None,
    contact: str | None,
    recorded_ip: str | None,
    auto_renew: bool | None,
    dry_run: bool,
) -> None:
    """Change facts of the server NAME."""
    from certmgr.operations import servers as operation  # noqa: PLC0415 - loads the store

    call = invocation()
    workspace = call.workspace()
    facts = operation.Facts(
        owner=owner, purpose=purpose, contact=contact, recorded_ip=recorded_ip, auto_renew=auto_renew
    )
    if dry_run:
        edited = operation.rehearse_edit(workspace, name=name, facts=facts)
        printer.say(f"{name}: {', '.join(edited.changed) or 'nothing'} would change; nothing was done.")
        return
    edited = operation.edit(workspace, call.session(workspace), name=name, facts=facts)
    if not edited.changed:
        printer.say(f"{name} stays as it is; nothing was done.")
        return
    printer.say(f"Changed {name}: {', '.join(edited.changed)}.")
    if edited.follow_up:
        days = workspace.config.application.change_days
        printer.say(f"Within {days} natural days: certmgr renew {name} --force --reason TEXT,")
        printer.say(f"or, where the certificate does not say it: certmgr server confirm {name} --reason TEXT")


@command.command("confirm", epilog=CONFIRM_EPILOG)
@click.argument("name")
@click.option("--reason", required=True, help="Why the certificate is right as it is.")
@click.option("--dry-run", is_flag=True, help="Say whether a change waits; unlock and write nothing.")
def confirm(*, name: str, reason: str, dry_run: bool) -> None:
    """Say that the certificate of NAME does not name what changed."""
    from certmgr.operations import servers as operation  # noqa: PLC0415 - loads the store

    call = invocation()
    workspace = call.workspace()
    if dry_run:
        operation.rehearse_confirm(workspace, name=name, reason=reason)
        printer.say(f"The change of {name} would be followed up; nothing was done.")
        return
    operation.confirm(workspace, call.session(workspace), name=name, reason=reason)
    printer.say(f"The change of {name} is followed up.")


@command.command("retire", epilog=RETIRE_EPILOG)
@click.argument("name")
@click.option("--confirm", "typed", metavar="NAME", help="The server's name again; asked for on a terminal.")
@click.option("--dry-run", is_flag=True, help="Say which certificates would be left; unlock and write nothing.")
def retire(*, name: str, typed: str | None, dry_run: bool) -> int:
    """Take the server NAME out of service."""
    from certmgr.operations import servers as operation  # noqa: PLC0415 - loads the store

    call = invocation()
    workspace = call.workspace()
    if dry_run:
        live = operation.rehearse_retire(workspace, name=name)
        printer.say(f"{name} would be out of service, with {len(live)} certificates still good; nothing was done.")
        return 0
    live = operation.retire(workspace, call.session(workspace), name=name, confirm=typed or _ask_name(name))
    printer.say(f"{name} is out of service; nothing is renewed or installed for it any more.")
    for one in live:
        printer.warn(f"Its certificate {one.serial} is good until {one.not_after:%Y-%m-%d}. Revoke it with:")
        printer.say(f"  certmgr revoke serial:{one.serial} --cause no-longer-needed --confirm {name}")
    return AttentionError.exit_code if live else 0


def _ask_name(name: str) -> str:
    if not printer.is_terminal():
        raise UsageError(
            "This needs the server's name as a confirmation, and there is no terminal to ask at.",
            hint=f"Add --confirm {name}",
        )
    return str(click.prompt("Type the server's name to take it out of service", err=True))


@command.command("verify", epilog=VERIFY_EPILOG)
@click.argument("name")
@click.option("--endpoint", metavar="HOST:PORT", help="Look here, not at the recorded endpoints.")
@click.option("--protocol", type=click.Choice(PROTOCOLS), default="tls", help="What --endpoint speaks before TLS.")
@click.option("--sni", metavar="NAME", help="The name to ask --endpoint for; an empty text: none.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(*, name: str, endpoint: str | None, protocol: str, sni: str | None, as_json: bool) -> int:
    """Look what the endpoints of NAME serve; nothing is recorded."""
    from certmgr.cli import server_text  # noqa: PLC0415 - loads the models
    from certmgr.endpoints import parse_endpoint  # noqa: PLC0415
    from certmgr.queries import servers  # noqa: PLC0415 - loads the store

    workspace = invocation().workspace()
    given = parse_endpoint(endpoint, protocol=Protocol(protocol), sni=sni, known_as=[name]) if endpoint else None
    sights = servers.verify(workspace, name, endpoint=given)
    if as_json:
        printer.document(server_text.SIGHT_SCHEMA, endpoints=[server_text.sight_json(one) for one in sights])
    for one in sights:
        if not as_json:
            printer.fields(str(one.endpoint), one.served, server_text.sight_words(one))
        for problem in one.problems:
            printer.warn(problem)
    return 0 if all(one.is_well for one in sights) else AttentionError.exit_code
